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
    size_t innermost; // the number of the latest scope that is open, or was left; 0: none is open
    size_t outermost; // the number of the first scope that is open
    ArenaMark mark;   // and where it began
} ScratchArena;

// The scratch arenas of a thread.
typedef struct Desk {
    ScratchArena *arenas;
    size_t open;     // scopes that are open, in all arenas: the number of the latest
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
        if ((*link)->innermost == 0)
            remove_scratch(link);
        else
            link = &(*link)->next;
    }
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

// The arena whose scopes are the youngest, of those with open ones that were all begun after the scope of
// this number; or NULL.
static ScratchArena *youngest_since(size_t number)
{
    ScratchArena *youngest = NULL;
    for (ScratchArena *scratch = desk.arenas; scratch; scratch = scratch->next) {
        bool is_open = scratch->innermost > number && scratch->outermost > number;
        if (is_open && (!youngest || scratch->outermost > youngest->outermost))
            youngest = scratch;
    }
    return youngest;
}

// Ends the scopes that were left by longjmp in other arenas: those begun since the scope of this number,
// where no older one is open. Deferred calls of the younger may use what the older hold.
static void end_left_scopes(size_t number)
{
    for (ScratchArena *scratch; (scratch = youngest_since(number));) {
        arena_rewind(scratch->arena, scratch->mark);
        clear_scratch(scratch->arena);
        scratch->innermost = 0;
    }
}

// A thread that has ended will end no scope any more.
static void clear_desk(bool ended)
{
    if (!ended) {
        arena_scratch_trim();
        return;
    }
    end_left_scopes(0);
    while (desk.arenas)
        remove_scratch(&desk.arenas);
    desk.open = 0;
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

ArenaScratch(arena_scratch_begin)(Arena *const *conflicts, size_t count)
{
    ScratchArena **link = &desk.arenas;
    while (*link && is_conflict((*link)->arena, conflicts, count))
        link = &(*link)->next;
    if (!*link)
        *link = new_scratch();
    if (!*link)
        return (ArenaScratch){0};

    ScratchArena *scratch = *link;
    ArenaScratch scope = {scratch->arena, arena_mark(scratch->arena), ++desk.open};
    if (scratch->innermost == 0) {
        scratch->outermost = scope.depth;
        scratch->mark = scope.mark;
    }
    scratch->innermost = scope.depth;
    return scope;
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
    if (desk.open > scope->depth)
        end_left_scopes(scope->depth);
    arena_rewind(scope->arena, scope->mark);

    ScratchArena **link = find_scratch(scope->arena);
    assert(scope->depth <= (*link)->innermost); // or the scope has ended before
    bool is_outermost = scope->depth == (*link)->outermost;
    if (is_outermost)
        clear_scratch(scope->arena);
    (*link)->innermost = is_outermost ? 0 : scope->depth - 1;
    desk.open = scope->depth - 1;
    if (is_outermost && !desk.is_watched)
        remove_scratch(link);
    scope->arena = NULL;
}

void arena_scratch_end(ArenaScratch scratch)
{
    arena_scratch_end_at(&scratch);
}
