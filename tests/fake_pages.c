// The fake pages of fake_pages.h.

#include "fake_pages.h"

#include "../src/memory/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES = 4096, UNCOMMITTED = 0xCD };

typedef struct Range {
    unsigned char *pages;
    void *whole; // what malloc gave
    size_t size;
    unsigned char *committed; // of a reservation: a byte for each page
} Range;

FakePages fake_pages;

static Range ranges[RANGES];
static size_t range_count;

static bool mistake(const char *sentence)
{
    fake_pages.mistakes++;
    if (!fake_pages.mistake)
        fake_pages.mistake = sentence;
    return false;
}

void fake_pages_restart(void)
{
    FakePages fresh = {0};
    fresh.live_ranges = fake_pages.live_ranges;
    fresh.mapped_bytes = fake_pages.mapped_bytes;
    fresh.committed = fake_pages.committed;
    fresh.at_fork = fake_pages.at_fork;
    fresh.at_thread_end = fake_pages.at_thread_end;
    fake_pages = fresh;
}

static bool call_fails(FakeCall call)
{
    size_t number = ++fake_pages.calls[call];
    size_t fail_at = fake_pages.fail_at[call];
    if (fake_pages.refuse[call])
        return true;
    return fail_at != 0 && (fake_pages.fail_on[call] ? number >= fail_at : number == fail_at);
}

static bool is_whole(size_t size)
{
    return (size != 0 && size % FAKE_PAGE == 0 && size <= PTRDIFF_MAX) ||
           mistake("a size is no whole number of pages");
}

static Range *add_range(size_t size, int fill)
{
    size_t align = fake_pages.huge_aligned && size >= ARENA_HUGE_PAGE ? ARENA_HUGE_PAGE : FAKE_PAGE;
    // No range is aligned to more than a page by chance.
    size_t shift = align == FAKE_PAGE ? FAKE_PAGE : 0;
    if (range_count == RANGES || size > SIZE_MAX / 4)
        return NULL;
    void *whole = malloc(size + 2 * align + shift);
    if (!whole)
        return NULL;
    unsigned char *pages = (unsigned char *)whole + (-(uintptr_t)whole & (2 * align - 1)) + shift;
    memset(pages, fill, size);
    ranges[range_count] = (Range){.pages = pages, .whole = whole, .size = size};
    fake_pages.live_ranges++;
    return &ranges[range_count++];
}

static Range *find_range(const void *address)
{
    for (size_t i = 0; i < range_count; i++) {
        size_t offset = (size_t)((uintptr_t)address - (uintptr_t)ranges[i].pages);
        if (offset < ranges[i].size)
            return &ranges[i];
    }
    mistake("an address is of no range");
    return NULL;
}

static void remove_range(Range *range)
{
    free(range->whole);
    free(range->committed);
    fake_pages.live_ranges--;
    *range = ranges[--range_count];
}

size_t arena_pages_size(void)
{
    return FAKE_PAGE;
}

void *arena_pages_map(size_t size)
{
    if (!is_whole(size) || call_fails(FAKE_MAP))
        return NULL;
    Range *range = add_range(size, 0);
    if (!range)
        return NULL;
    fake_pages.mapped_bytes += size;
    return range->pages;
}

// All of a mapping, as it is now.
static Range *find_mapping(const void *pages, size_t size)
{
    Range *range = find_range(pages);
    if (range && (range->pages != pages || range->size != size || range->committed)) {
        mistake("what is remapped or unmapped is not what was mapped");
        return NULL;
    }
    return range;
}

void *arena_pages_remap(void *pages, size_t old_size, size_t new_size)
{
    Range *range = find_mapping(pages, old_size);
    if (!is_whole(new_size) || !range || call_fails(FAKE_REMAP))
        return NULL;
    if (new_size <= old_size) {
        fake_pages.mapped_bytes -= old_size - new_size;
        range->size = new_size;
        return pages;
    }
    Range *moved = add_range(new_size, 0);
    if (!moved)
        return NULL;
    unsigned char *place = moved->pages;
    memcpy(place, pages, old_size < new_size ? old_size : new_size);
    memset(pages, UNCOMMITTED, old_size);
    remove_range(find_range(pages));
    fake_pages.mapped_bytes += new_size - old_size;
    return place;
}

// What was not committed must not have been written.
static void check_uncommitted(const Range *range, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!range->committed[i / FAKE_PAGE] && range->pages[i] != UNCOMMITTED)
            mistake("something wrote to a page that was not committed");
}

static size_t committed_bytes(const Range *range)
{
    size_t bytes = 0;
    for (size_t page = 0; page < range->size / FAKE_PAGE; page++)
        bytes += range->committed[page] ? FAKE_PAGE : 0;
    return bytes;
}

void arena_pages_unmap(void *pages, size_t size)
{
    Range *range = find_range(pages);
    fake_pages.unmaps++;
    if (!is_whole(size) || !range)
        return;
    if (range->pages != pages || range->size != size) {
        mistake("what is unmapped is not all of what was mapped");
        return;
    }
    if (range->committed) {
        check_uncommitted(range, 0, size);
        fake_pages.committed -= committed_bytes(range);
    } else {
        fake_pages.mapped_bytes -= size;
    }
    remove_range(range);
}

bool arena_pages_discard(void *pages, size_t size)
{
    fake_pages.discards++;
    void (*call)(void) = fake_pages.at_discard;
    fake_pages.at_discard = NULL;
    if (call)
        call();
    if (!is_whole(size) || !find_range(pages) || fake_pages.no_discard)
        return false;
    for (size_t at = 0; at < size && !fake_pages.discard_keeps; at += 2 * FAKE_PAGE)
        memset((unsigned char *)pages + at, 0, FAKE_PAGE);
    return true;
}

void *arena_pages_reserve(size_t size, bool huge)
{
    (void)huge;
    if (!is_whole(size) || call_fails(FAKE_RESERVE))
        return NULL;
    Range *range = add_range(size, UNCOMMITTED);
    if (!range)
        return NULL;
    range->committed = calloc(size / FAKE_PAGE, 1);
    if (!range->committed) {
        remove_range(range);
        return NULL;
    }
    return range->pages;
}

// The reservation that these pages are a part of.
static Range *find_reservation(const unsigned char *pages, size_t size)
{
    Range *range = find_range(pages);
    if (!is_whole(size) || !range)
        return NULL;
    size_t offset = (size_t)(pages - range->pages);
    if (!range->committed || offset % FAKE_PAGE != 0 || size > range->size - offset) {
        mistake("what is committed or decommitted is no part of a reservation");
        return NULL;
    }
    return range;
}

bool arena_pages_commit(void *pages, size_t size)
{
    Range *range = find_reservation(pages, size);
    if (!range || call_fails(FAKE_COMMIT))
        return false;
    size_t offset = (size_t)((unsigned char *)pages - range->pages);
    check_uncommitted(range, offset, offset + size);
    for (size_t at = offset; at < offset + size; at += FAKE_PAGE) {
        if (range->committed[at / FAKE_PAGE])
            continue;
        memset(range->pages + at, 0, FAKE_PAGE);
        range->committed[at / FAKE_PAGE] = 1;
        fake_pages.committed += FAKE_PAGE;
    }
    return true;
}

bool arena_pages_decommit(void *pages, size_t size, bool huge)
{
    (void)huge;
    Range *range = find_reservation(pages, size);
    fake_pages.decommits++;
    if (!range || call_fails(FAKE_DECOMMIT))
        return false;
    size_t offset = (size_t)((unsigned char *)pages - range->pages);
    for (size_t at = offset; at < offset + size; at += FAKE_PAGE) {
        if (range->committed[at / FAKE_PAGE])
            fake_pages.committed -= FAKE_PAGE;
        range->committed[at / FAKE_PAGE] = 0;
        memset(range->pages + at, UNCOMMITTED, FAKE_PAGE);
    }
    return true;
}

size_t arena_pages_room(void)
{
    return 0;
}

bool arena_pages_are_unseen(void)
{
    return false;
}

bool arena_pages_at_fork(void (*call)(void))
{
    fake_pages.at_forks++;
    if (fake_pages.no_at_fork)
        return false;
    fake_pages.at_fork = call;
    return true;
}

void arena_pages_around_fork(void (*before)(void), void (*after)(void))
{
    (void)before;
    (void)after;
}

bool arena_pages_at_thread_end(void (*call)(void))
{
    fake_pages.thread_ends++;
    fake_pages.at_thread_end = call;
    return !fake_pages.no_thread_end;
}
