// The one lock of src/watch. It is held for a few dozen instructions, or a few microseconds where a large
// object is guarded, and never while anything else is
// called that may take it.

#ifndef ARENA_LOCK_H
#define ARENA_LOCK_H

#include "tools.h"
#include "../core/atomics.h"

#include <stdbool.h>

extern atomic_flag arena_watch_lock; // in watch.c

// Lets another thread run. In yield_posix.c and its peers.
void arena_yield(void);

static inline bool get_lock(void)
{
    return !atomic_flag_test_and_set_explicit(&arena_watch_lock, memory_order_acquire);
}

// After the first few times, since who has the lock may be waiting for the processor of this thread.
static inline void wait_for_lock(int times)
{
    if (times > 100)
        arena_yield();
}

static inline void take_lock(void)
{
    for (int times = 1; !get_lock(); times += times <= 100)
        wait_for_lock(times);
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
    enum { PATIENCE = 1 << 16 };
    bool good = false;
    for (int times = 0; !good && times < PATIENCE; times++) {
        wait_for_lock(times);
        good = get_lock();
    }
    if (good)
        arena_tool_ignore_begin();
    return good;
}

// Has nobody be within the lock when the process forks, so that a child finds whole what it is for.
// In watch.c; to be called before there is anything.
void arena_lock_around_fork(void);

#endif
