// What the fast paths do with sizes that the compiler knows, of which it compiles them in another way.
// For C and for C++.

#ifndef ARENA_TESTS_CONSTANTS_H
#define ARENA_TESTS_CONSTANTS_H

#include <arena/arena.h>

#include <stdbool.h>
#include <stdint.h>

// The compiler warns of sizes that no object can have, which is what is wanted here.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Walloc-size-larger-than="
#endif

// An arena of which the block has `left` bytes left. The end of a block is aligned as malloc's.
static inline Arena *arena_with_room(size_t left)
{
    Arena *arena = arena_create(4 * ARENA_SMALL);
    if (!arena)
        return NULL;
    size_t used = (size_t)(arena->cursor - arena->current->data);
    void *rest = arena_alloc_aligned(arena, arena->current->capacity - used - left, 1);
    return rest ? arena : NULL;
}

// Whether the object of `call`, of a size that is known, is at the cursor, if it fits there, and in
// another block if not.
#define IS_PLACED_WITH(room, call, size)                                 \
    do {                                                                 \
        Arena *arena = arena_with_room(room);                            \
        const void *cursor = arena ? arena->cursor : NULL;               \
        const void *object = arena ? (call) : NULL;                      \
        well = well && object && (object == cursor) == ((size) <= room); \
        well = well && arena_is_valid(arena);                            \
        arena_destroy(arena);                                            \
    } while (0)

#define IS_PLACED(size)                                                          \
    do {                                                                         \
        for (size_t room = 4064; room <= 4128; room += 16) {                     \
            IS_PLACED_WITH(room, ARENA_NEW_ARRAY(arena, char, size), size);      \
            IS_PLACED_WITH(room, ARENA_NEW0_ARRAY(arena, char, size), size);     \
            IS_PLACED_WITH(room, arena_alloc(arena, size), size);                \
            IS_PLACED_WITH(room, arena_calloc(arena, size), size);               \
            IS_PLACED_WITH(room + 8, ARENA_NEW_ARRAY(arena, char, size), size);  \
            IS_PLACED_WITH(room + 8, ARENA_NEW0_ARRAY(arena, char, size), size); \
        }                                                                        \
    } while (0)

static inline bool known_sizes_are_placed_where_they_fit(void)
{
    bool well = true;
    IS_PLACED(4080);
    IS_PLACED(4087);
    IS_PLACED(4088);
    IS_PLACED(4089);
    IS_PLACED(4095);
    IS_PLACED(4096);
    IS_PLACED(4097);
    return well;
}

#define IS_REFUSED(size)                                                                       \
    (!arena_new(arena, size, 1) && !arena_new0(arena, size, 8) && !arena_alloc(arena, size) && \
     !arena_calloc(arena, size) && !ARENA_NEW_ARRAY(arena, char, size) &&                      \
     !ARENA_NEW0_ARRAY(arena, char, size))

static inline bool known_sizes_that_wrap_are_refused(Arena *arena)
{
    return IS_REFUSED(SIZE_MAX) && IS_REFUSED(SIZE_MAX - 1) && IS_REFUSED(SIZE_MAX - 2) &&
           IS_REFUSED(SIZE_MAX - 3) && IS_REFUSED(SIZE_MAX - 4) && IS_REFUSED(SIZE_MAX - 5) &&
           IS_REFUSED(SIZE_MAX - 6) && IS_REFUSED(SIZE_MAX - 7) && IS_REFUSED(SIZE_MAX - 8) &&
           IS_REFUSED((size_t)PTRDIFF_MAX + 1) && IS_REFUSED((size_t)PTRDIFF_MAX);
}

// Whether a size fits neither of two empty windows at the last address where a window may end.
#define FITS_NOWHERE(size) \
    (!ARENA_FITS(last, last, size) && !ARENA_FITS_PADDED(last, last, (size_t)ARENA_GRANULE, size))

static inline bool known_sizes_fit_no_window_at_the_last_addresses(void)
{
    uintptr_t most = UINTPTR_MAX - ARENA_SMALL - 1;
    const unsigned char *last = (const unsigned char *)(most & ~(uintptr_t)(ARENA_GRANULE - 1));
    return FITS_NOWHERE((size_t)8) && FITS_NOWHERE((size_t)4080) && FITS_NOWHERE((size_t)4088) &&
           FITS_NOWHERE((size_t)4089) && FITS_NOWHERE((size_t)4096) && FITS_NOWHERE((size_t)4097) &&
           FITS_NOWHERE((size_t)4104) && FITS_NOWHERE((size_t)8192) &&
           FITS_NOWHERE((size_t)65536) && FITS_NOWHERE((size_t)PTRDIFF_MAX) &&
           FITS_NOWHERE(SIZE_MAX - 7) && FITS_NOWHERE(SIZE_MAX);
}

#endif
