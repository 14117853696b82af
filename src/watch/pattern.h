// What is written where nobody may write, so that it shows if somebody has.

#ifndef ARENA_PATTERN_H
#define ARENA_PATTERN_H

#include <stddef.h>
#include <stdint.h>

// It differs from byte to byte, so that a copy of a neighbour does not look like it.
static inline unsigned char red_byte(const unsigned char *address)
{
    return (unsigned char)(0x5c ^ ((uintptr_t)address * 0x9d));
}

static inline void paint_red(unsigned char *start, size_t size)
{
    for (size_t i = 0; i < size; i++)
        start[i] = red_byte(start + i);
}

// The first byte that is not as it was painted; or NULL.
static inline const unsigned char *first_not_red(const unsigned char *start, size_t size)
{
    size_t i = 0;
    while (i < size && start[i] == red_byte(start + i))
        i++;
    return i < size ? start + i : NULL;
}

#endif
