// How much memory the process has, as Linux tells it.

#ifndef ARENA_TESTS_MEMORY_H
#define ARENA_TESTS_MEMORY_H

#include <stddef.h>

// Bytes of memory behind the process's addresses now; 0 where nobody tells.
size_t resident_bytes(void);

// Bytes of addresses that the process has now, and the number of pieces that they are in; 0 where
// nobody tells.
size_t address_bytes(void);
size_t mapping_count(void);

#endif
