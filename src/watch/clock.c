// The clock that nobody sets: of POSIX, of Windows, or else that of C, which somebody may.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // clock_gettime
#endif

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "clock.h"

#include <time.h>

#if defined(_WIN32)

#include <windows.h>

uint64_t arena_nanoseconds(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)count.QuadPart * 1e9 / (double)frequency.QuadPart);
}

#else

#if defined(CLOCK_MONOTONIC)
#define READ_CLOCK(now) clock_gettime(CLOCK_MONOTONIC, now)
#else
#define READ_CLOCK(now) timespec_get(now, TIME_UTC)
#endif

uint64_t arena_nanoseconds(void)
{
    struct timespec now = {0};
    READ_CLOCK(&now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif

#endif
