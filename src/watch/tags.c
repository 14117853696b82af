// Memory tags, where Linux on Arm has them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // what Linux alone has, under -std=c11
#endif

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "tags.h"

#if defined(__linux__) && defined(__aarch64__) && defined(__GNUC__) && ARENA_PAGES_POSIX
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#endif

#if defined(PROT_MTE) && defined(HWCAP2_MTE) && defined(PR_MTE_TCF_SYNC)

#include "../core/atomics.h"
#include "../core/sizes.h"
#include "../memory/pages.h"

#include <errno.h>

enum { TAGGED_BYTES = 16 };
static const uint64_t tag_of_none = (uint64_t)1 << 56; // where a pointer has its tag

static atomic_bool are_used;

// Where somebody else uses tags, as some mallocs do, pointers have them.
static bool may_begin(void)
{
    int control = prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0);
    return control >= 0 && (atomic_load(&are_used) || (control & PR_MTE_TCF_MASK) == 0);
}

bool arena_tags_begin(void)
{
    static _Thread_local bool has_begun;
    int error = errno;
    unsigned long control = PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC;
    if (!has_begun && (getauxval(AT_HWCAP2) & HWCAP2_MTE) && may_begin())
        has_begun = prctl(PR_SET_TAGGED_ADDR_CTRL, control, 0, 0, 0) == 0;
    if (has_begun)
        atomic_store(&are_used, true);
    errno = error;
    return has_begun;
}

bool arena_tags_are_used(void)
{
    return atomic_load(&are_used);
}

// Where the system refuses, tags are not kept, and nothing is found.
void arena_tags_cover(const void *start, size_t size)
{
    if (!arena_tags_are_used())
        return;
    uintptr_t page = arena_pages_size();
    uintptr_t first = (uintptr_t)start & ~(page - 1);
    uintptr_t end = ((uintptr_t)start + size + page - 1) & ~(page - 1);
    int error = errno;
    (void)mprotect((void *)first, end - first, PROT_READ | PROT_WRITE | PROT_MTE);
    errno = error;
}

// The instruction is stg x9, [x9], which assemblers know for some processors only.
static void set_tags(uintptr_t from, uintptr_t end, uint64_t tag)
{
    for (; from < end; from += TAGGED_BYTES) {
        register uint64_t tagged __asm__("x9") = from | tag;
        __asm__ volatile(".inst 0xd9200929" : : "r"(tagged) : "memory");
    }
}

void arena_tags_hide(const void *start, size_t size)
{
    if (arena_tags_are_used())
        set_tags(((uintptr_t)start + TAGGED_BYTES - 1) & ~(uintptr_t)(TAGGED_BYTES - 1),
                 ((uintptr_t)start + size) & ~(uintptr_t)(TAGGED_BYTES - 1), tag_of_none);
}

// A thread that was there before the first one asked asks when it gets an object.
void arena_tags_show(const void *start, size_t size)
{
    if (!arena_tags_are_used())
        return;
    (void)arena_tags_begin();
    set_tags((uintptr_t)start & ~(uintptr_t)(TAGGED_BYTES - 1), (uintptr_t)start + size, 0);
}

#else

bool arena_tags_begin(void)
{
    return false;
}

bool arena_tags_are_used(void)
{
    return false;
}

void arena_tags_cover(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

void arena_tags_hide(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

void arena_tags_show(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

#endif

#endif
