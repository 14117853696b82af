// Sums with sizes and addresses. What begins with //@ is for the proof.

#ifndef ARENA_SIZES_H
#define ARENA_SIZES_H

#include "arena/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

// The largest power of two up to `number`, which is not 0.
static inline size_t bit_floor(size_t number)
{
    //@ loop invariant 0 < number <= \at(number, Pre); loop assigns number; loop variant number;
    while (number & (number - 1))
        number &= number - 1;
    return number;
}

// `number` is at most PTRDIFF_MAX.
static inline size_t round_up(size_t number, size_t align)
{
    return (number + (align - 1)) & ~(align - 1);
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Bytes from `address` to the next multiple of `align`.
static inline size_t padding(const void *address, size_t align)
{
    return (align - ((uintptr_t)address & (align - 1))) & (align - 1);
}

#endif
