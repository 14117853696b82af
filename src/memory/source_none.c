// The sources of a system without a heap and without pages: only the caller's memory is left.
// Stands in for source_heap.c and source_region.c in a freestanding build.

#include "sources.h"

void arena_heap_source(ArenaSource *source, bool *fresh)
{
    (void)fresh;
    arena_buffer_source(source);
}

bool arena_is_heap(const ArenaSource *source)
{
    (void)source;
    return false;
}

bool arena_heap_spares(const ArenaSource *source)
{
    (void)source;
    return false;
}

void *arena_heap_relocate(void *block, size_t old_size, size_t new_size)
{
    (void)block;
    (void)old_size;
    (void)new_size;
    return NULL;
}

bool arena_heap_cut(void *block, size_t old_size, size_t new_size)
{
    (void)block;
    (void)old_size;
    (void)new_size;
    return false;
}

bool arena_region_source(ArenaSource *source, size_t size)
{
    (void)source;
    (void)size;
    return false;
}

bool arena_is_region(const ArenaSource *source)
{
    (void)source;
    return false;
}

size_t arena_region_shrink(void *context, size_t size)
{
    (void)context;
    return size;
}

void arena_cache_limit(size_t bytes)
{
    (void)bytes;
}
