// The sources of a system without a heap and without pages: only the caller's memory is left.
// Stands in for source_heap.c and source_region.c in a freestanding build.

#include "sources.h"

ArenaSource arena_heap_source(bool *fresh)
{
    (void)fresh;
    return arena_buffer_source();
}

bool arena_is_heap(const ArenaSource *source)
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

ArenaSource arena_region_source(size_t size)
{
    (void)size;
    return (ArenaSource){0};
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
