// Pages by VirtualAlloc. Huge pages need a privilege that programs do not have, so none are asked
// for, and pages cannot be moved.

#include "arena/compiler.h"

#if ARENA_PAGES_WINDOWS

#include "pages.h"

#include <stdint.h>

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

bool arena_pages_discard(void *pages, size_t size)
{
    return VirtualAlloc(pages, size, MEM_RESET, PAGE_READWRITE) != NULL;
}

void *arena_pages_reserve(size_t size, bool huge)
{
    (void)huge;
    return VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
}

bool arena_pages_commit(void *pages, size_t size)
{
    return VirtualAlloc(pages, size, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

bool arena_pages_decommit(void *pages, size_t size, bool huge)
{
    (void)huge;
    return VirtualFree(pages, size, MEM_DECOMMIT) != 0;
}

size_t arena_pages_room(void)
{
    return SIZE_MAX;
}

bool arena_pages_are_unseen(void)
{
    return false;
}

bool arena_pages_at_fork(void (*call)(void))
{
    (void)call; // There is no fork.
    return true;
}

void arena_pages_around_fork(void (*before)(void), void (*after)(void))
{
    (void)before;
    (void)after;
}

// A fiber is more than a thread, but the callback runs when a thread ends, too; one for threads
// alone would have to be in the image's header.
static INIT_ONCE thread_end_once = INIT_ONCE_STATIC_INIT;
static DWORD thread_end_slot = FLS_OUT_OF_INDEXES;

static void WINAPI run_at_thread_end(void *call)
{
    ((void (*)(void))(uintptr_t)call)();
}

static BOOL CALLBACK make_thread_end_slot(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    (void)context;
    thread_end_slot = FlsAlloc(run_at_thread_end);
    return TRUE;
}

bool arena_pages_at_thread_end(void (*call)(void))
{
    InitOnceExecuteOnce(&thread_end_once, make_thread_end_slot, NULL, NULL);
    return thread_end_slot != FLS_OUT_OF_INDEXES &&
           FlsSetValue(thread_end_slot, (void *)(uintptr_t)call);
}

#endif
