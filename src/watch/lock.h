// The one lock of src/watch. It is held for a few dozen instructions, and never while anything else is
// called that may take it.

#ifndef ARENA_LOCK_H
#define ARENA_LOCK_H

#include "tools.h"

#include <stdatomic.h>
#include <stdbool.h>

extern atomic_flag arena_watch_lock; // in watch.c

static inline void take_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&arena_watch_lock, memory_order_acquire))
        continue;
    arena_tool_ignore_begin();
}

static inline void release_lock(void)
{
    arena_tool_ignore_end();
    atomic_flag_clear_explicit(&arena_watch_lock, memory_order_release);
}

// For whoever must not wait for good: a report may be made by a thread that was interrupted while it
// had the lock.
static inline bool try_lock(void)
{
    for (int patience = 1 << 20; patience > 0; patience--)
        if (!atomic_flag_test_and_set_explicit(&arena_watch_lock, memory_order_acquire)) {
            arena_tool_ignore_begin();
            return true;
        }
    return false;
}

// Has nobody be within the lock when the process forks, so that a child finds whole what it is for.
// In watch.c; to be called before there is anything.
void arena_lock_around_fork(void);

#endif
