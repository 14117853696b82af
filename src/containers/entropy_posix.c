// Entropy of a system with getentropy.

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#define _DARWIN_C_SOURCE

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX

#include "hash.h"

#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

// Without it, as in a sandbox that forbids the call: the time, and where the system put things.
HashKey arena_entropy(void)
{
    HashKey key;
    if (getentropy(&key, sizeof key) == 0)
        return key;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    key.words[0] = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    key.words[1] = (uint64_t)(uintptr_t)&key << 16 ^ (uint64_t)(uintptr_t)&arena_entropy;
    return key;
}

#endif
