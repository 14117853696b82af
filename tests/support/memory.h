// How much memory the process has, as Linux tells it.

#ifndef ARENA_TESTS_MEMORY_H
#define ARENA_TESTS_MEMORY_H

#include <stddef.h>

// Bytes of memory behind the process's addresses now; 0 where nobody tells.
size_t resident_bytes(void);

#endif
