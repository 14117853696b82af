// How much memory the process has, as Linux tells it.

#ifndef ARENA_TESTS_MEMORY_H
#define ARENA_TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

// Bytes of memory behind the process's addresses now; 0 where nobody tells.
size_t resident_bytes(void);

// Bytes of addresses that the process has now, and the number of pieces that they are in; 0 where
// nobody tells.
size_t address_bytes(void);
size_t mapping_count(void);

// Whether the program runs under Valgrind, which has memory of its own among these, and no guard.
bool under_valgrind(void);

// Whether large blocks are mappings; not where a tool looks for leaks.
bool blocks_are_mapped(void);

// Bytes that the system may take back; and whether it tells.
size_t discarded_bytes(void);
bool discarded_is_told(void);

// Whether huge pages are asked for at an address; and whether the system has any, and tells.
bool is_to_be_huge(const void *address);
bool huge_pages_are_told(void);

#endif
