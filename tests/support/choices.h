// Where a random program gets its decisions from: a generator of numbers with a seed, or bytes that
// a fuzzer or a file provides.

#ifndef ARENA_TESTS_CHOICES_H
#define ARENA_TESTS_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Choices {
    uint64_t state;
    const unsigned char *bytes; // NULL: the generator
    size_t left;
} Choices;

Choices choices_from_seed(uint32_t seed);
Choices choices_from_bytes(const unsigned char *bytes, size_t size);

// A number under `bound`, which is not 0. When the bytes are used up, 0.
uint32_t choose(Choices *choices, uint32_t bound);

// Whether there is anything left to decide with.
bool choices_are_left(const Choices *choices);

#endif
