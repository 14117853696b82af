// Call stacks as glibc finds them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dladdr
#endif

#include "arena/compiler.h"

#if ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "stack.h"
#include "lock.h"
#include "own.h"
#include "symbols.h"
#include "../core/sizes.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Noted {
    Stack next; // in the same bucket
    uint32_t hash;
    uint32_t count;
    void *frames[];
} Noted;

// In pieces that never move, since a report may be reading them; they are cut from larger ones. Beyond
// MOST_STACKS only the first few frames of a stack are told apart.
enum { PIECE = 1024, PIECES = 1280, MOST_STACKS = 1 << 20, FEW_FRAMES = 4, CUT = 16 << 10 };

static Noted **pieces[PIECES];
static uint32_t noted; // stacks; numbers begin at 1
static Stack *buckets;
static size_t bucket_count; // a power of two, or 0 at first
static unsigned char *uncut;
static size_t uncut_size;

static Noted *noted_at(Stack stack)
{
    return pieces[(stack - 1) / PIECE][(stack - 1) % PIECE];
}

static uint32_t hash_of_frames(void *const *frames, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32);
}

static Stack *bucket_of_stack(uint32_t hash)
{
    return &buckets[hash & (bucket_count - 1)];
}

// Without memory for more buckets, those that there are have longer chains.
static void add_buckets(void)
{
    size_t count = bucket_count ? 2 * bucket_count : 4096;
    Stack *more = calloc(count, sizeof *more);
    if (!more)
        return;
    free(buckets);
    buckets = more;
    bucket_count = count;
    for (Stack stack = 1; stack <= noted; stack++) {
        Stack *bucket = bucket_of_stack(noted_at(stack)->hash);
        noted_at(stack)->next = *bucket;
        *bucket = stack;
    }
}

// Room for a stack of so many frames; NULL if there is no memory.
static Noted *cut_noted(size_t count)
{
    size_t size = round_up(sizeof(Noted) + count * sizeof(void *), sizeof(void *));
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

static Stack add_stack(uint32_t hash, void *const *frames, size_t count)
{
    Noted ***piece = noted / PIECE < PIECES ? &pieces[noted / PIECE] : NULL;
    if (piece && !*piece)
        *piece = malloc(PIECE * sizeof **piece);
    Noted *entry = piece && *piece ? cut_noted(count) : NULL;
    if (!entry)
        return 0;
    Stack *bucket = bucket_of_stack(hash);
    *entry = (Noted){.next = *bucket, .hash = hash, .count = (uint32_t)count};
    memcpy(entry->frames, frames, count * sizeof *frames);
    (*piece)[noted % PIECE] = entry;
    *bucket = ++noted;
    return noted;
}

static bool is_equal(const Noted *entry, uint32_t hash, void *const *frames, size_t count)
{
    return entry->hash == hash && entry->count == count &&
           memcmp(entry->frames, frames, count * sizeof *frames) == 0;
}

static Stack find_or_add(void *const *frames, size_t count)
{
    if (noted >= bucket_count)
        add_buckets();
    if (noted >= MOST_STACKS)
        count = smaller(count, FEW_FRAMES);
    uint32_t hash = hash_of_frames(frames, count);
    Stack stack = bucket_count ? *bucket_of_stack(hash) : 0;
    while (stack && !is_equal(noted_at(stack), hash, frames, count))
        stack = noted_at(stack)->next;
    return stack || !bucket_count ? stack : add_stack(hash, frames, count);
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

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, *(const char *const *)right);
}

// The name of the function is all in front of a + or a space. The list is in order.
static bool has_name_of(const char *description, const char *const *list, size_t count)
{
    char name[64];
    size_t length = strcspn(description, "+ ."); // a part of a function has a name such as f.cold
    if (length >= sizeof name)
        return false;
    memcpy(name, description, length);
    name[length] = 0;
    return bsearch(name, list, count, sizeof *list, compare_names);
}

#define IS_ONE_OF(list, description) has_name_of(description, list, sizeof(list) / sizeof *(list))

// libarena.so has no functions but ours, nor has the library of arena-run.
bool arena_stack_is_ours(const char *description)
{
    return strstr(description, "libarena.so") || strstr(description, "libarena-malloc.so") ||
           IS_ONE_OF(own_functions, description);
}

// In order: those that allocate nothing, and call functions of the program, which may.
static const char *const calling_functions[] = {
    "arena_destroy", "arena_fail",        "arena_herd_destroy",   "arena_herd_reset", "arena_reset",
    "arena_rewind",  "arena_scratch_end", "arena_scratch_end_at", "arena_undo_until", "destroy_all",
};

bool arena_stack_calls_back(const char *description)
{
    return IS_ONE_OF(calling_functions, description);
}

// A text for each function that is inlined there, innermost first, and an empty one: it is about the
// first outside of the last that is ours, or that one. Of a file without symbols, its name.
static void symbolize(void *address, char *text, size_t size)
{
    memset(text, 0, size);
    __sanitizer_symbolize_pc(address, "%f %s:%l", text, size - 1);
    if (text[0] == '<')
        __sanitizer_symbolize_pc(address, "%M", text, size - 1);
    const char *shown = text;
    for (const char *each = text, *next; *each; each = next) {
        next = each + strlen(each) + 1;
        if (arena_stack_is_ours(each))
            shown = *next ? next : each;
    }
    memmove(text, shown, strlen(shown) + 1);
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
