// Contracts of the steps in which a region gets its memory. They come after the source, where its
// struct is known.

#include "logic.h"

#include "../src/memory/source_region.c"

/*@ axiomatic Pages {
      logic integer page reads \nothing;
      axiom page_size: pow2(page) && 16 <= page <= 0x1000000;
    } */

/*@ assigns \nothing;
    ensures \result == page; */
size_t arena_pages_size(void);

/*@ requires size + page <= SIZE_MAX;
    assigns \nothing;
    ensures \result == next_multiple(size, page); */
static inline size_t arena_whole_pages(size_t size);

/*@ assigns \nothing;
    ensures sizeof(Region) <= \result < sizeof(Region) + 16 && \result % 16 == 0; */
static size_t region_lead(void);

// Bytes from the region's start on that have memory behind them.
//@ ghost size_t backed;

/*@ assigns backed;
    ensures backed == \old(backed) + (\result != 0 ? size : 0); */
static bool commit_pages(void *pages, size_t size);

/*@ requires \valid(region) && region->committed <= region->reserved <= PTRDIFF_MAX;
    requires region->committed % page == 0 && region->reserved % page == 0;
    requires sizeof(Region) + 16 <= region->reserved;
    requires region->committed == backed && \separated(region, &backed);
    assigns region->committed, backed;
    ensures backed: region->committed == backed;
    ensures region->committed % page == 0 && region->committed <= region->reserved;
    ensures \old(region->committed) <= region->committed;
    ensures done: \result != 0 ==> sizeof(Region) + size <= region->committed;
    ensures refused: \result == 0 ==> region->committed == \old(region->committed); */
static bool commit_region(Region *region, size_t size);
