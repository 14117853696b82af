// One contiguous block: addresses are reserved at once, and memory is put behind them as the block
// is extended.
//
//     | Region | the arena's block ... committed | reserved ... |

#include "sources.h"
#include "pages.h"
#include "../core/tuning.h"

typedef struct Region {
    size_t reserved;  // bytes of addresses
    size_t committed; // bytes with memory behind them
    bool taken;       // the block has been acquired
} Region;

// Bytes before the block.
static size_t region_lead(void)
{
    size_t align = ARENA_ALIGNOF(max_align_t);
    return (sizeof(Region) + align - 1) & ~(align - 1);
}

// Before either is refused, the system gets back what the process keeps.
static void *reserve_addresses(size_t size)
{
    void *pages = arena_pages_reserve(size, true);
    return pages || !arena_heap_empty_cache() ? pages : arena_pages_reserve(size, true);
}

static bool commit_pages(void *pages, size_t size)
{
    return arena_pages_commit(pages, size) ||
           (arena_heap_empty_cache() && arena_pages_commit(pages, size));
}

// Puts memory behind the first `size` bytes of the block.
static bool commit_region(Region *region, size_t size)
{
    if (size > region->reserved - region_lead())
        return false;
    size_t wanted = arena_whole_pages(region_lead() + size);
    if (wanted <= region->committed)
        return true;
    unsigned char *pages = (unsigned char *)region + region->committed;
    if (!commit_pages(pages, wanted - region->committed))
        return false;
    region->committed = wanted;
    return true;
}

static void release_region(void *context, void *block, size_t size)
{
    Region *region = context;
    (void)block;
    (void)size;
    arena_pages_unmap(region, region->reserved);
}

// The arena acquires its block when it starts; there is no second one.
static void *acquire_region(void *context, size_t *size)
{
    Region *region = context;
    if (region->taken)
        return NULL;
    if (!commit_region(region, *size)) {
        release_region(region, NULL, 0);
        return NULL;
    }
    region->taken = true;
    return (unsigned char *)region + region_lead();
}

static bool extend_region(void *context, void *block, size_t old_size, size_t *new_size)
{
    Region *region = context;
    (void)block;
    (void)old_size;
    if (commit_region(region, *new_size))
        return true;
    *new_size = region->reserved - region_lead();
    return false;
}

bool arena_region_source(ArenaSource *source, size_t size)
{
    size_t page = arena_pages_size();
    if (size > PTRDIFF_MAX - region_lead() - page)
        return false;

    size_t reserved = arena_whole_pages(region_lead() + size);
    Region *region = reserve_addresses(reserved);
    if (!region)
        return false;
    if (!commit_pages(region, page)) {
        arena_pages_unmap(region, reserved);
        return false;
    }
    *region = (Region){.reserved = reserved, .committed = page};
    *source = (ArenaSource){
        .acquire = acquire_region,
        .extend = extend_region,
        .release = release_region,
        .context = region,
    };
    return true;
}

bool arena_is_region(const ArenaSource *source)
{
    return source->acquire == acquire_region;
}

size_t arena_region_shrink(void *context, size_t size)
{
    Region *region = context;
    size_t wanted = arena_whole_pages(region_lead() + size);
    unsigned char *pages = (unsigned char *)region + wanted;
    if (wanted < region->committed && arena_pages_decommit(pages, region->committed - wanted, true))
        region->committed = wanted;
    return region->committed - region_lead();
}
