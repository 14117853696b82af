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

uint64_t arena_nanoseconds_used(void)
{
    return arena_nanoseconds();
}

#else

#if defined(CLOCK_MONOTONIC)
#define READ_CLOCK(now) clock_gettime(CLOCK_MONOTONIC, now)
#else
#define READ_CLOCK(now) timespec_get(now, TIME_UTC)
#endif

// C's clock() is missing from WASI, and of 32 bits where a long is: it wraps in 36 minutes.
#if defined(CLOCK_PROCESS_CPUTIME_ID)
#define READ_CLOCK_USED(now) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, now)
#else
#define READ_CLOCK_USED(now) READ_CLOCK(now)
#endif

static uint64_t nanoseconds_in(struct timespec moment)
{
    return (uint64_t)moment.tv_sec * 1000000000u + (uint64_t)moment.tv_nsec;
}

uint64_t arena_nanoseconds(void)
{
    struct timespec now = {0};
    READ_CLOCK(&now);
    return nanoseconds_in(now);
}

uint64_t arena_nanoseconds_used(void)
{
    struct timespec used = {0};
    READ_CLOCK_USED(&used);
    return nanoseconds_in(used);
}

#endif

#endif
