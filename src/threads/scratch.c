// Scratch arenas. Each thread has a list of them, oldest first, and a scope takes the first one that
// is no conflict: so the one that is used most is found first, and is warm.

#include "arena/scratch.h"
#include "../memory/sources.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

// Bytes of an arena that are kept while no scope is open in it.
#define SCRATCH_KEPT ((size_t)1 << 20)

typedef struct ScratchArena {
    struct ScratchArena *next; // the next younger one of the thread
    Arena *arena;
    size_t depth; // scopes that are open
} ScratchArena;

// The scratch arenas of a thread.
typedef struct Desk {
    ScratchArena *arenas;
    bool is_watched; // the end of the thread will be told
} Desk;

static ARENA_THREAD_LOCAL Desk desk;

// It is off the list before deferred calls run, which may begin scopes.
static void remove_scratch(ScratchArena **link)
{
    ScratchArena *removed = *link;
    *link = removed->next;
    arena_destroy(removed->arena);
    free(removed);
}

void arena_scratch_trim(void)
{
    ScratchArena **link = &desk.arenas;
    while (*link) {
        if ((*link)->depth == 0)
            remove_scratch(link);
        else
            link = &(*link)->next;
    }
}

// A thread that has ended will end no scope any more.
static void clear_desk(bool ended)
{
    if (!ended) {
        arena_scratch_trim();
        return;
    }
    while (desk.arenas)
        remove_scratch(&desk.arenas);
    desk.is_watched = false;
}

static ScratchArena *new_scratch(void)
{
    ScratchArena *made = malloc(sizeof *made);
    Arena *arena = made ? arena_create_with(&(ArenaOptions){.name = "scratch"}) : NULL;
    if (!arena) {
        free(made);
        errno = ENOMEM;
        return NULL;
    }
    desk.is_watched = desk.is_watched || arena_heap_at_thread_end(clear_desk);
    *made = (ScratchArena){.arena = arena};
    return made;
}

static bool is_conflict(const Arena *arena, Arena *const *conflicts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (conflicts[i] == arena)
            return true;
    return false;
}

ArenaScratch arena_scratch_begin(Arena *const *conflicts, size_t count)
{
    ScratchArena **link = &desk.arenas;
    while (*link && is_conflict((*link)->arena, conflicts, count))
        link = &(*link)->next;
    if (!*link)
        *link = new_scratch();
    if (!*link)
        return (ArenaScratch){0};

    ScratchArena *scratch = *link;
    scratch->depth++;
    return (ArenaScratch){scratch->arena, arena_mark(scratch->arena), scratch->depth};
}

// Leaves an arena in which the last scope is rewound as it was made, but for what is kept.
static void clear_scratch(Arena *arena)
{
    if (arena->adopted) // which no rewind gives back
        arena_reset(arena);
    bool has_room = arena->current->size < SCRATCH_KEPT;
    if (arena->current->next)
        arena_trim(arena, has_room ? SCRATCH_KEPT - arena->current->size : 0);
}

static ScratchArena **find_scratch(const Arena *arena)
{
    ScratchArena **link = &desk.arenas;
    while (*link && (*link)->arena != arena)
        link = &(*link)->next;
    assert(*link); // or the scope was begun by another thread
    return link;
}

// The scope counts as open until the end, since deferred calls may begin others inside of it.
void arena_scratch_end_at(ArenaScratch *scope)
{
    if (!scope->arena)
        return;
    arena_rewind(scope->arena, scope->mark);
    if (scope->depth == 1)
        clear_scratch(scope->arena);

    ScratchArena **link = find_scratch(scope->arena);
    assert(scope->depth <= (*link)->depth); // or the scope has ended before
    (*link)->depth = scope->depth - 1;
    if (scope->depth == 1 && !desk.is_watched)
        remove_scratch(link);
    scope->arena = NULL;
}

void arena_scratch_end(ArenaScratch scratch)
{
    arena_scratch_end_at(&scratch);
}
