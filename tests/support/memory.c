// The figures of memory.h.

#include "memory.h"

#include <stdio.h>

#if defined(__linux__)

enum { PAGE = 4096 }; // of the machines that this is asked on

// The field of /proc/self/statm with this number, in bytes.
static size_t memory_figure(size_t field)
{
    unsigned long pages[2] = {0, 0};
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    int read = fscanf(file, "%lu %lu", &pages[0], &pages[1]);
    fclose(file);
    return read == 2 ? (size_t)pages[field] * PAGE : 0;
}

size_t address_bytes(void)
{
    return memory_figure(0);
}

size_t resident_bytes(void)
{
    return memory_figure(1);
}

size_t mapping_count(void)
{
    size_t lines = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    if (!file)
        return 0;
    for (int byte = getc(file); byte != EOF; byte = getc(file))
        lines += byte == '\n';
    fclose(file);
    return lines;
}

#else

size_t address_bytes(void)
{
    return 0;
}

size_t resident_bytes(void)
{
    return 0;
}

size_t mapping_count(void)
{
    return 0;
}

#endif
