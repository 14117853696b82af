// Patterns in memory: what a test writes into objects, and how it finds that somebody else wrote
// there.

#ifndef ARENA_TESTS_BYTES_H
#define ARENA_TESTS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writes the pattern of `seed`. Two seeds give patterns that differ almost everywhere.
void fill_bytes(void *bytes, size_t size, uint32_t seed);

// Whether the pattern of `seed` is still there.
bool bytes_are_filled(const void *bytes, size_t size, uint32_t seed);

// Whether every byte is `value`.
bool bytes_are_all(const void *bytes, size_t size, unsigned char value);

// The same pointer or number, of which the compiler knows nothing any more.
void *hide_pointer(const void *pointer);
size_t hide_size(size_t size);

#endif
