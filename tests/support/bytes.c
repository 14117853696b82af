// The patterns of bytes.h.

#include "bytes.h"

static unsigned char pattern_at(uint32_t seed, size_t index)
{
    uint32_t mixed = ((uint32_t)index + 1) * 2654435761u ^ seed * 2246822519u;
    return (unsigned char)(mixed >> 13 ^ mixed >> 24);
}

void fill_bytes(void *bytes, size_t size, uint32_t seed)
{
    unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        at[i] = pattern_at(seed, i);
}

bool bytes_are_filled(const void *bytes, size_t size, uint32_t seed)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        if (at[i] != pattern_at(seed, i))
            return false;
    return true;
}

bool bytes_are_all(const void *bytes, size_t size, unsigned char value)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        if (at[i] != value)
            return false;
    return true;
}

void *hide_pointer(const void *pointer)
{
    const void *volatile hidden = pointer;
    return (void *)(uintptr_t)hidden;
}

size_t hide_size(size_t size)
{
    volatile size_t hidden = size;
    return hidden;
}
