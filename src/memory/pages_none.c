// Pages where the system has none: everything comes from malloc, and a reservation is memory from
// the start.

#include "arena/compiler.h"

#if ARENA_PAGES_NONE

#include "pages.h"

#include <stdlib.h>

// Pages are a fiction here; a small one wastes little.
enum { FICTIONAL_PAGE = 4096 };

size_t arena_pages_size(void)
{
    return FICTIONAL_PAGE;
}

void *arena_pages_map(size_t size)
{
    return calloc(1, size);
}

void *arena_pages_remap(void *pages, size_t old_size, size_t new_size)
{
    return new_size < old_size ? NULL : realloc(pages, new_size);
}

void arena_pages_unmap(void *pages, size_t size)
{
    (void)size;
    free(pages);
}

bool arena_pages_discard(void *pages, size_t size)
{
    (void)pages;
    (void)size;
    return false;
}

void *arena_pages_reserve(size_t size, bool huge)
{
    (void)huge;
    return arena_pages_map(size);
}

bool arena_pages_commit(void *pages, size_t size)
{
    (void)pages;
    (void)size;
    return true;
}

bool arena_pages_decommit(void *pages, size_t size, bool huge)
{
    (void)pages;
    (void)size;
    (void)huge;
    return false;
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
    (void)call; // Where memory is not virtual, a process is not forked.
    return true;
}

void arena_pages_around_fork(void (*before)(void), void (*after)(void))
{
    (void)before;
    (void)after;
}

bool arena_pages_at_thread_end(void (*call)(void))
{
    (void)call;
    return false;
}

#endif
