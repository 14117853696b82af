// The figures of memory.h.

#include "memory.h"
#include "../../src/memory/pages.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// By the library that it puts before all others.
bool under_valgrind(void)
{
    const char *first = getenv("LD_PRELOAD");
    return first && strstr(first, "vgpreload");
}

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

// The KiB on the line of /proc/self/smaps_rollup that begins with `key`; -1 if there is none.
static long sum_of(const char *key)
{
    char line[256];
    long kibibytes = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && kibibytes < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            sscanf(line + strlen(key), "%ld", &kibibytes);
    if (file)
        fclose(file);
    return kibibytes;
}

size_t discarded_bytes(void)
{
    long kibibytes = sum_of("LazyFree:");
    return kibibytes < 0 ? 0 : (size_t)kibibytes * 1024;
}

bool discarded_is_told(void)
{
    return sum_of("LazyFree:") >= 0;
}

bool is_to_be_huge(const void *address)
{
    char line[512];
    bool found = false, huge = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long long from, to;
        if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
            found = from <= (uintptr_t)address && (uintptr_t)address < to;
        else if (found && strncmp(line, "VmFlags:", 8) == 0)
            huge = strstr(line, " hg") != NULL;
    }
    if (file)
        fclose(file);
    return huge;
}

bool huge_pages_are_told(void)
{
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file)
        fclose(file);
    return file && sum_of("Rss:") >= 0;
}

#else

size_t discarded_bytes(void)
{
    return 0;
}

bool discarded_is_told(void)
{
    return false;
}

bool is_to_be_huge(const void *address)
{
    (void)address;
    return false;
}

bool huge_pages_are_told(void)
{
    return false;
}

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

bool blocks_are_mapped(void)
{
    return !arena_pages_are_unseen();
}
