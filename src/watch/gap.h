// How far it is to the next allocation that is looked at. Exponentially distributed, so that each byte
// has the same chance, whatever came before it: what is left of a gap is distributed as a whole one, and
// another may be drawn at any time. Heap profilers have done so since tcmalloc.

#ifndef ARENA_GAP_H
#define ARENA_GAP_H

#include "arena/compiler.h"

#include <stddef.h>
#include <stdint.h>

// The generator splitmix64, by Sebastiano Vigna.
static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t bits = *state += 0x9e3779b97f4a7c15u;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

// -ln(number / 2^64), to the sixth digit: that of the power of two, and by the series of artanh that of
// the rest, which is between 1 and 2. A library of mathematics would be one to link.
static inline double minus_log(uint64_t number)
{
    size_t power = ARENA_LOG2(number);
    double rest = (double)number / (double)((uint64_t)1 << power);
    double x = (rest - 1) / (rest + 1);
    double y = x * x;
    double log = 2 * x * (1 + y * (1.0 / 3 + y * (1.0 / 5 + y * (1.0 / 7 + y / 9))));
    return (double)(64 - power) * 0.69314718055994531 - log;
}

static inline size_t random_gap(uint64_t *state, size_t mean)
{
    double gap = minus_log(random_bits(state) | 1) * (double)mean;
    return gap < (double)(PTRDIFF_MAX / 2) ? (size_t)gap : PTRDIFF_MAX / 2;
}

// The chance that a gap ends within so many bytes, 1 - exp(-size / mean): by the series where that is
// small, and from there by 1 - exp(-2 x) = c (2 - c), where c is what it is for x.
static inline double chance_within(size_t size, size_t mean)
{
    double x = (double)size / (double)mean;
    int doublings = 0;
    if (x > 40)
        return 1;
    for (; x > 1.0 / 64; x /= 2)
        doublings++;
    double chance = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4)));
    for (; doublings > 0; doublings--)
        chance *= 2 - chance;
    return chance;
}

#endif
