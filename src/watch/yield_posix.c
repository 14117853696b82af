// How a thread lets another one run, by POSIX.

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX && !ARENA_UNWATCHED

#include "lock.h"

#include <sched.h>

void arena_yield(void)
{
    sched_yield();
}

#endif
