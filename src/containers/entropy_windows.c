// Entropy of Windows.

#include "arena/compiler.h"

#if ARENA_PAGES_WINDOWS

#define _CRT_RAND_S

#include "hash.h"

#include <stdlib.h>
#include <windows.h>

static uint64_t random_word(void)
{
    unsigned int high = 0;
    unsigned int low = 0;
    if (rand_s(&high) != 0 || rand_s(&low) != 0) {
        LARGE_INTEGER now;
        QueryPerformanceCounter(&now);
        return (uint64_t)now.QuadPart ^ (uint64_t)(uintptr_t)&now << 16;
    }
    return (uint64_t)high << 32 | low;
}

HashKey arena_entropy(void)
{
    return (HashKey){{random_word(), random_word()}};
}

#endif
