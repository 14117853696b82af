// A current arena for each thread, for libraries whose hooks are not told where to allocate: functions in
// the shapes of malloc, calloc, realloc, free and strdup, which take from it.
//
//     ArenaCurrent scope;
//     arena_current_push(&scope, arena);
//     cJSON *tree = cJSON_Parse(text);      // all of it is in `arena`
//     ...
//     arena_current_pop(&scope);
//
// One C file of the program has ARENA_CURRENT_IMPLEMENTATION defined before it includes this.
//
// There are two forms. The plain one has no header, for hooks without a realloc; its free does nothing, so
// what was allocated has to be an arena's, and without a current arena there is NULL, with EINVAL. The sized
// one keeps size and arena in 16 bytes before each object: its realloc knows the old size and its free takes
// back the newest object, in the arena that the object is from, whichever is the current one: so no other
// thread may use that meanwhile. Without a current arena it is malloc, for what a library keeps beyond the
// scope. Both fail as malloc does.
//
// A library that calls its hooks from a thread of its own finds no current arena there.

#ifndef ARENA_ADAPTERS_CURRENT_H
#define ARENA_ADAPTERS_CURRENT_H

#include "../arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// An arena that is the current one of the thread until it is popped. The caller's, who does not look into
// it.
typedef struct ArenaCurrent {
    Arena *arena;               // what it makes the current one
    struct ArenaCurrent *outer; // what was pushed before; NULL: nothing
} ArenaCurrent;

// Makes an arena the current one of the calling thread; NULL: none. `scope` stays where it is until it is
// popped, which is done by the same thread, in the opposite order; to pop one also pops those that were
// pushed since and left by longjmp. So setjmp comes after the push, and who was jumped to pops: a scope
// that nobody pops stays the current one, in a frame of the stack that is gone.
void arena_current_push(ArenaCurrent *scope, Arena *arena);
void arena_current_pop(ArenaCurrent *scope);

// The current arena of the calling thread; NULL: none.
Arena *arena_current(void);

// The plain form.
void *arena_current_malloc(size_t size);
void *arena_current_calloc(size_t count, size_t size);
char *arena_current_strdup(const char *text);
void arena_current_free(void *object);

// The sized form. A realloc to 0 bytes leaves an object of none.
void *arena_sized_malloc(size_t size);
void *arena_sized_calloc(size_t count, size_t size);
void *arena_sized_realloc(void *object, size_t size);
char *arena_sized_strdup(const char *text);
void arena_sized_free(void *object);

// The bytes that were last asked for; 0 for NULL.
size_t arena_sized_size(const void *object);

#ifdef __cplusplus
}
#endif

#endif

// -------------------------------------------------------------------------------------------------
// Implementation
// -------------------------------------------------------------------------------------------------

#if defined(ARENA_CURRENT_IMPLEMENTATION) && !defined(ARENA_CURRENT_IMPLEMENTED)
#define ARENA_CURRENT_IMPLEMENTED

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
static thread_local ArenaCurrent *arena_current_scope;
#else
static _Thread_local ArenaCurrent *arena_current_scope;
#endif

void arena_current_push(ArenaCurrent *scope, Arena *arena)
{
    scope->arena = arena;
    scope->outer = arena_current_scope;
    arena_current_scope = scope;
}

void arena_current_pop(ArenaCurrent *scope)
{
    arena_current_scope = scope->outer;
}

Arena *arena_current(void)
{
    return arena_current_scope ? arena_current_scope->arena : NULL;
}

// ----- Plain -----

static Arena *arena_current_or_fail(void)
{
    Arena *arena = arena_current();
    if (!arena)
        errno = EINVAL;
    return arena;
}

void *arena_current_malloc(size_t size)
{
    Arena *arena = arena_current_or_fail();
    return arena ? arena_alloc(arena, size) : NULL;
}

void *arena_current_calloc(size_t count, size_t size)
{
    Arena *arena = arena_current_or_fail();
    return arena ? arena_calloc(arena, arena_array_size(count, size)) : NULL;
}

char *arena_current_strdup(const char *text)
{
    Arena *arena = arena_current_or_fail();
    return arena ? arena_strdup(arena, text) : NULL;
}

void arena_current_free(void *object)
{
    (void)object;
}

// ----- Sized -----

typedef struct ArenaSizedHeader {
    size_t size;  // of the object
    Arena *arena; // NULL: it is malloc's
} ArenaSizedHeader;

// The object after it is aligned as malloc's are.
#define ARENA_SIZED_HEADER 16

static ArenaSizedHeader *arena_sized_header(const void *object)
{
    return (ArenaSizedHeader *)((uintptr_t)object - ARENA_SIZED_HEADER);
}

// With the header; SIZE_MAX, which nobody can give, where that does not fit.
static size_t arena_sized_whole(size_t size)
{
    return size <= PTRDIFF_MAX - ARENA_SIZED_HEADER ? size + ARENA_SIZED_HEADER : SIZE_MAX;
}

static void *arena_sized_after(void *memory, Arena *arena, size_t size)
{
    if (!memory)
        return NULL;
    ArenaSizedHeader *header = (ArenaSizedHeader *)memory;
    header->size = size;
    header->arena = arena;
    return (char *)memory + ARENA_SIZED_HEADER;
}

void *arena_sized_malloc(size_t size)
{
    Arena *arena = arena_current();
    size_t whole = arena_sized_whole(size);
    return arena_sized_after(arena ? arena_alloc(arena, whole) : malloc(whole), arena, size);
}

void *arena_sized_calloc(size_t count, size_t size)
{
    Arena *arena = arena_current();
    size_t bytes = arena_array_size(count, size);
    size_t whole = arena_sized_whole(bytes);
    return arena_sized_after(arena ? arena_calloc(arena, whole) : calloc(1, whole), arena, bytes);
}

void *arena_sized_realloc(void *object, size_t size)
{
    if (!object)
        return arena_sized_malloc(size);
    ArenaSizedHeader *header = arena_sized_header(object);
    Arena *arena = header->arena;
    size_t whole = arena_sized_whole(size);
    void *memory = arena ? arena_realloc(arena, header, arena_sized_whole(header->size), whole)
                         : realloc(header, whole);
    return arena_sized_after(memory, arena, size);
}

char *arena_sized_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    void *copy = arena_sized_malloc(size);
    return (char *)(copy ? memcpy(copy, text, size) : NULL);
}

// To no bytes: the newest object leaves its room, a large one its pages, and the checker knows of any that
// it is not to be used.
void arena_sized_free(void *object)
{
    if (!object)
        return;
    ArenaSizedHeader *header = arena_sized_header(object);
    if (header->arena) {
        void *rest = arena_realloc(header->arena, header, arena_sized_whole(header->size), 0);
        (void)rest;
    } else {
        free(header);
    }
}

size_t arena_sized_size(const void *object)
{
    return object ? arena_sized_header(object)->size : 0;
}

#endif
