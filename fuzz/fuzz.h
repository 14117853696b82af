// What a target of the fuzzer is made of: the function that libFuzzer calls, and how it says that
// something is wrong. replay.c calls the same function for each file of a corpus.

#ifndef ARENA_FUZZ_H
#define ARENA_FUZZ_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Ends the program, so that the fuzzer keeps the bytes.
#define CHECK(claim)                                                                        \
    do {                                                                                    \
        if (!(claim)) {                                                                     \
            fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #claim); \
            abort();                                                                        \
        }                                                                                   \
    } while (0)

#endif
