// Pages by VirtualAlloc. Huge pages need a privilege that programs do not have, so none are asked
// for, and pages cannot be moved.

#include "arena/compiler.h"

#if ARENA_PAGES_WINDOWS

#include "pages.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

size_t arena_pages_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

void *arena_pages_map(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void *arena_pages_remap(void *pages, size_t old_size, size_t new_size)
{
    (void)pages;
    (void)old_size;
    (void)new_size;
    return NULL;
}

void arena_pages_unmap(void *pages, size_t size)
{
    (void)size; // A release is always of the whole.
    VirtualFree(pages, 0, MEM_RELEASE);
}

void arena_pages_discard(void *pages, size_t size)
{
    VirtualAlloc(pages, size, MEM_RESET, PAGE_READWRITE);
}

void *arena_pages_reserve(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
}

bool arena_pages_commit(void *pages, size_t size)
{
    return VirtualAlloc(pages, size, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

bool arena_pages_decommit(void *pages, size_t size)
{
    return VirtualFree(pages, size, MEM_DECOMMIT) != 0;
}

void arena_pages_at_fork(void (*call)(void))
{
    (void)call; // There is no fork.
}

#endif
