// A lock that is held for a few dozen instructions.

#ifndef ARENA_LOCK_H
#define ARENA_LOCK_H

#include <stdatomic.h>

typedef struct Lock {
    atomic_flag taken;
} Lock;

static inline void take_lock(Lock *lock)
{
    while (atomic_flag_test_and_set_explicit(&lock->taken, memory_order_acquire))
        continue;
}

static inline void release_lock(Lock *lock)
{
    atomic_flag_clear_explicit(&lock->taken, memory_order_release);
}

#endif
