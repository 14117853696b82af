// Temporary memory: arenas that each thread keeps for work whose results go elsewhere.
//
//     char *shout(Arena *results, const char *text)
//     {
//         ArenaScratch scratch = arena_scratch_begin(&results, 1);   // any arena, but not `results`
//         char *draft = arena_strdup(scratch.arena, text);
//         ...
//         char *loud = arena_strdup(results, draft);
//         arena_scratch_end(scratch);                                // `draft` is gone
//         return loud;
//     }
//
// Scopes nest, and end in the opposite order. Two scopes may be given the same arena: what the inner
// one allocates is gone when it ends. So a function that allocates its results in an arena of its
// caller names that arena as a *conflict*, since it might be a scratch arena of the same thread, and
// its results would be gone with its drafts. However many conflicts there are, there is an arena that
// is none of them.
//
// Between outermost scopes a thread keeps up to 1 MiB of each arena, and gives all back when it ends;
// where the system does not tell when threads end, it keeps nothing. The arenas are the library's: who
// has a scope allocates, marks and rewinds, but does not reset, destroy or hand on.

#ifndef ARENA_SCRATCH_H
#define ARENA_SCRATCH_H

#include "arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// A scope that is open.
typedef struct ArenaScratch {
    Arena *arena;   // NULL if there is no memory
    ArenaMark mark; // where it began
    size_t depth;   // scopes that are open in the thread, this one included
} ArenaScratch;

// Begins a scope in an arena of the calling thread that is none of the `count` conflicts, of which any
// may be NULL. Its `arena` is NULL, with ENOMEM, if there is no memory for one.
ARENA_API ArenaScratch arena_scratch_begin(Arena *const *conflicts, size_t count);

// Ends a scope, in the thread that began it: takes back what was allocated since, and undoes what a
// rewind would. Scopes that were begun since and are open, left by longjmp, end with it, in the other
// arenas of the thread too, arena by arena, the youngest first; but in an arena where an older scope is
// open, with that one. One whose arena is NULL is fine.
ARENA_API void arena_scratch_end(ArenaScratch scratch);

// The same without a copy, and leaves NULL for the arena: ends a scope of ARENA_SCRATCH before its
// block does.
ARENA_API void arena_scratch_end_at(ArenaScratch *scratch);

// Gives back what the calling thread keeps of arenas in which no scope is open.
ARENA_API void arena_scratch_trim(void);

#ifdef __cplusplus
}
#endif

#if ARENA_UNDER_MSAN
#define arena_scratch_begin(...) ARENA_RETURNED(ArenaScratch, arena_scratch_begin(__VA_ARGS__))
#endif

// A scope with this name that ends itself when the block around it is left, by `return` and `goto`
// too, but not by longjmp. The conflicts follow, if there are any. For gcc and clang.
//
//     ARENA_SCRATCH(scratch, results);
//     char *draft = arena_strdup(scratch.arena, text);
#if ARENA_HAS_CLEANUP
#define ARENA_SCRATCH(...)              \
    ARENA_CLEANUP(arena_scratch_end_at) \
    ArenaScratch ARENA_SCRATCH_FIRST(__VA_ARGS__, 0) = ARENA_SCRATCH_BEGIN(__VA_ARGS__, NULL)

// The list ends with a NULL, which is no arena, so that neither it nor a list of arguments is empty.
#define ARENA_SCRATCH_FIRST(first, ...) first
#if defined(__cplusplus)
#define ARENA_SCRATCH_BEGIN(name, ...) arena_scratch_begin_beside({__VA_ARGS__})
template <size_t Count>
inline ArenaScratch arena_scratch_begin_beside(Arena *const (&conflicts)[Count])
{
    return arena_scratch_begin(conflicts, Count);
}
#else
#define ARENA_SCRATCH_BEGIN(name, ...)                 \
    arena_scratch_begin((Arena *const[]){__VA_ARGS__}, \
                        sizeof((Arena *const[]){__VA_ARGS__}) / sizeof(Arena *))
#endif
#endif

#endif
