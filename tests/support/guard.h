// What the tests of the guard begin with.

#ifndef ARENA_TESTS_GUARD_H
#define ARENA_TESTS_GUARD_H

#include "bytes.h"

#include <arena/watch.h>

#include <stdbool.h>
#include <stdio.h>

// Whether there are guarded objects; not under a tool that sees memory. Says so if not.
static inline bool guard_is_here(void)
{
    Arena *arena = arena_create(0);
    bool is_here = arena && arena_watch(arena, arena_guard()) &&
                   hide_pointer(arena_alloc(arena, 32)) && arena_guard_counts().live == 1;
    arena_destroy(arena);
    if (!is_here)
        puts("skipped: a tool that sees memory has the guard do nothing");
    return is_here;
}

#endif
