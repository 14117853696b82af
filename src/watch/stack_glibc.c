// Call stacks as glibc finds them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dladdr
#endif

#include "arena/compiler.h"

#if ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "stack.h"
#include "lock.h"
#include "symbols.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_BUCKETS = 4096 };

typedef struct Noted {
    Stack next; // in the same bucket
    uint32_t count;
    void *frames[];
} Noted;

// In pieces that never move, since a report may be reading them; they are cut from larger ones.
enum { PIECE = 1024, PIECES = 4096, CUT = 16 << 10 };

static Noted **pieces[PIECES];
static uint32_t noted; // stacks; numbers begin at 1
static Stack buckets[STACK_BUCKETS];
static unsigned char *uncut;
static size_t uncut_size;

static Noted *noted_at(Stack stack)
{
    return pieces[(stack - 1) / PIECE][(stack - 1) % PIECE];
}

static uint32_t bucket_of_frames(void *const *frames, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32) % STACK_BUCKETS;
}

static bool is_equal(const Noted *entry, void *const *frames, size_t count)
{
    return entry->count == count && memcmp(entry->frames, frames, count * sizeof *frames) == 0;
}

// Room for a stack of so many frames; NULL if there is no memory.
static Noted *cut_noted(size_t count)
{
    size_t size = sizeof(Noted) + count * sizeof(void *);
    if (size > uncut_size) {
        unsigned char *more = malloc(CUT);
        if (!more)
            return NULL;
        uncut = more;
        uncut_size = CUT;
    }
    Noted *entry = (Noted *)uncut;
    uncut += size;
    uncut_size -= size;
    return entry;
}

static Stack add_stack(uint32_t bucket, void *const *frames, size_t count)
{
    Noted ***piece = noted / PIECE < PIECES ? &pieces[noted / PIECE] : NULL;
    if (piece && !*piece)
        *piece = malloc(PIECE * sizeof **piece);
    Noted *entry = piece && *piece ? cut_noted(count) : NULL;
    if (!entry)
        return 0;
    *entry = (Noted){.next = buckets[bucket], .count = (uint32_t)count};
    memcpy(entry->frames, frames, count * sizeof *frames);
    (*piece)[noted % PIECE] = entry;
    noted++;
    buckets[bucket] = noted;
    return noted;
}

static Stack find_or_add(void *const *frames, size_t count)
{
    uint32_t bucket = bucket_of_frames(frames, count);
    Stack stack = buckets[bucket];
    while (stack && !is_equal(noted_at(stack), frames, count))
        stack = noted_at(stack)->next;
    return stack ? stack : add_stack(bucket, frames, count);
}

Stack arena_stack_here(size_t most)
{
    void *frames[STACK_DEEP + 1];
    int count = backtrace(frames, (int)most + 1);
    if (count <= 1)
        return 0;
    take_lock();
    Stack stack = find_or_add(frames + 1, (size_t)count - 1);
    release_lock();
    return stack;
}

size_t arena_stack_frames(Stack stack, void *const **frames)
{
    *frames = NULL;
    if (!stack)
        return 0;
    const Noted *entry = noted_at(stack);
    *frames = entry->frames;
    return entry->count;
}

// A sanitizer's runtime, where there is one, knows the line.
extern void __sanitizer_symbolize_pc(void *address, const char *format, char *text, size_t size)
    __attribute__((weak));

bool arena_stack_is_ours(const char *description)
{
    return strncmp(description, "arena_", 6) == 0 || strncmp(description, "libarena", 8) == 0;
}

// A text for each function that is inlined there, innermost first, and an empty one: it is about the
// first that is not ours.
static void symbolize(void *address, char *text, size_t size)
{
    memset(text, 0, size);
    __sanitizer_symbolize_pc(address, "%f %s:%l", text, size - 1);
    const char *each = text;
    while (*each && arena_stack_is_ours(each))
        each += strlen(each) + 1;
    if (*each)
        memmove(text, each, strlen(each) + 1);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// What the loader knows, where the file cannot be read.
static bool ask_loader(const void *address, Symbol *symbol)
{
    Dl_info info;
    if (!dladdr(address, &info))
        return false;
    *symbol = (Symbol){.file = info.dli_fname ? info.dli_fname : "?",
                       .in_file = (uintptr_t)address - (uintptr_t)info.dli_fbase,
                       .name = info.dli_sname,
                       .start = (uintptr_t)info.dli_saddr};
    return true;
}

void arena_stack_describe(void *address, char *text, size_t size)
{
    Symbol symbol;
    char *call = (char *)address - 1; // the address is where it returns to
    if (__sanitizer_symbolize_pc)
        symbolize(address, text, size);
    else if (!arena_symbol_at(call, &symbol) && !ask_loader(call, &symbol))
        snprintf(text, size, "%p", address);
    else if (symbol.name)
        snprintf(text, size, "%s+0x%zx (%s+0x%zx)", symbol.name,
                 (size_t)((uintptr_t)address - symbol.start), base_name(symbol.file),
                 (size_t)symbol.in_file);
    else
        snprintf(text, size, "%s+0x%zx", base_name(symbol.file), (size_t)symbol.in_file);
}

#endif
