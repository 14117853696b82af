// Contracts of the inline functions, and of what they call.

#ifndef PROOF_ARENA_H
#define PROOF_ARENA_H

#include "window.h"

// What the slow path may write, besides memory that the source gives it meanwhile.
#define SLOW_PATH                                                                               \
    *arena, arena->current->next, arena->current->used, arena->current->dirty,                   \
        arena->current->capacity, arena->current->size, arena->cursor[0 .. room(arena) - 1]

// The window, in pieces.
#define HAS_WINDOW                                                                              \
    ensures apart(arena);                                                                        \
    ensures in_block(arena->current, arena->cursor);                                             \
    ensures placed(arena);                                                                       \
    ensures counted(arena);                                                                      \
    ensures granular(arena);                                                                     \
    ensures strided(arena);                                                                      \
    ensures in_block(arena->current, arena->end);                                                \
    ensures opened(arena);                                                                       \
    ensures ordered(arena);

// The invariants, before and after.
#define KEEPS                                                                                   \
    requires window(arena) && quiet(arena) && known_zero(arena);                                 \
    HAS_WINDOW                                                                                   \
    ensures quiet(arena);                                                                        \
    ensures clean: known_zero(arena);

// A request gets memory that is aligned, there, and apart from all that was handed out of the block:
// the cursor has passed it, or has not moved, where the object is a large one. Or there is no memory,
// and nothing has changed.
#define SERVES(size, align)                                                                     \
    assigns SLOW_PATH;                                                                           \
    ensures aligned: \result != \null ==>                                                       \
      0 < (uintptr_t)\result && (uintptr_t)\result % (align) == 0;                             \
    ensures there: \result != \null ==> \valid((unsigned char *)\result + (0 .. (size) - 1));    \
    ensures disjoint: \result != \null ==> \separated((unsigned char *)\result + (0 .. (size) - 1), \
      start{Pre}(arena) + (0 .. \old(arena->cursor) - start{Pre}(arena) - 1));                   \
    ensures passed: \result != \null && \old(arena->current) == arena->current ==>               \
      passed{Pre,Post}(arena, (unsigned char *)\result, size) || same_window{Pre,Post}(arena);   \
    ensures failed: \result == \null ==> same_window{Pre,Post}(arena);                           \
    ensures full: \result == \null && pow2(align) ==> nothing_fits{Pre}(arena, size, align);

#define ZEROED(size)                                                                            \
    ensures zero: \result != \null ==> all_are((unsigned char *)\result, size, 0);

/*@ assigns \nothing; */
int arena_is_constant(size_t value);

/*@ assigns \nothing;
    ensures \result == (size == 0 ? SIZE_MAX : size - 1); */
size_t arena_last(size_t size);

/*@ assigns \nothing;
    ensures \result == (count * size <= PTRDIFF_MAX ? count * size : SIZE_MAX); */
size_t arena_array_size(size_t count, size_t size);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align) */
void *arena_alloc_slow(Arena *arena, size_t size, size_t align);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align)
    ZEROED(size) */
void *arena_calloc_slow(Arena *arena, size_t size, size_t align);

/*@ KEEPS
    SERVES(size, align)
    ensures \result != \null ==> pow2(align); */
void *arena_alloc_aligned(Arena *arena, size_t size, size_t align);

/*@ KEEPS
    SERVES(size, 16) */
void *arena_alloc(Arena *arena, size_t size);

/*@ KEEPS
    SERVES(size, 16)
    ZEROED(size) */
void *arena_calloc(Arena *arena, size_t size);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align) */
void *arena_new(Arena *arena, size_t size, size_t align);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align)
    ZEROED(size) */
void *arena_new0(Arena *arena, size_t size, size_t align);

#endif
