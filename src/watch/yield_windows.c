// How a thread lets another one run, on Windows.

#include "arena/compiler.h"

#if ARENA_PAGES_WINDOWS && !ARENA_UNWATCHED

#include "lock.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

void arena_yield(void)
{
    SwitchToThread();
}

#endif
