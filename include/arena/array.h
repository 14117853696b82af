// Arrays that grow in an arena, and follow its marks.
//
//     typedef ARENA_ARRAY(Token) Tokens;
//
//     Tokens tokens = {0};                                  // empty; no arena is needed for that
//     *ARENA_PUSH(arena, &tokens) = token;                  // NULL if there is no memory
//     ArenaMark mark = arena_mark(arena);
//     ...                                                   // push, pop, insert, remove
//     arena_rewind(arena, mark);                            // the items of the mark, in their order
//     for (size_t i = 0; i < tokens.count; i++)
//         use(&tokens.items[i]);
//
// An array is any struct with the members `items`, `count`, `capacity` and `epoch`, of the types that
// ARENA_ARRAY gives them, best with `epoch` first: what a compiler puts where an array has been writes
// over that, and is not taken for one. They are the user's to read; to empty an array, truncate it. Storage is the arena's: it grows in place while
// it is the newest object; otherwise it moves, twice as large, and leaves the old storage behind.
// Items are moved as bytes. A *segmented* array never moves an item and leaves nothing behind: the
// better one where several arrays grow by turns, or something points to items.
//
// Marks. When an array is changed for the first time after a mark, the arena remembers its members;
// and nothing below overwrites an item that was there at the mark. So an array that was there is,
// after the rewind, what it was then, whatever was done to it. What the user writes into old items is
// the user's to remember. While no mark was made this costs nothing; after one, about a hundred bytes
// for each array that is changed, and a copy of the items if some are taken away.
//
// An array that was made after the mark may be gone when it is rewound to: it is recognised by what
// lies there, and left alone. So its bytes have to be memory still: those of a local variable are, when
// its function has returned, but not those of a thread or a coroutine that has ended, and not what was
// freed. An array that is made as `{.epoch = arena_now(arena)}` instead of `{0}` is known to be newer
// than every mark so far: rewinds to these never look at it, wherever it was, and do not empty it. What
// tells locals apart is where they lie on the stack; so do not make a mark on the stack of one thread or
// coroutine and rewind to it on that of another.
//
// From its first change after a mark an array stays where it is until the mark is rewound to, or of no
// more use; a copy of it is another array, and only one of them may be changed. After a reset the array
// is to be made anew.
//
// `array` is a pointer; it, `arena` and an `index` may be evaluated more than once. What is assigned to
// a new item may not be read from the array in the same expression, since that may move: take it to a
// variable first, or append it. What fails leaves the items as
// they were: NULL or false, with EINVAL for an index beyond the items, and else as any request.

#ifndef ARENA_ARRAY_H
#define ARENA_ARRAY_H

#include "arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// -------------------------------------------------------------------------------------------------
// Arrays in one piece
// -------------------------------------------------------------------------------------------------

// An array of items of type T; {0} is an empty one.
#define ARENA_ARRAY(T)                                             \
    struct {                                                       \
        uint64_t epoch;  /* of the latest change; the library's */ \
        T *items;        /* move when the array grows */           \
        size_t count;    /* of items */                            \
        size_t capacity; /* items that there is room for */        \
    }

// A pointer to a new last item, uninitialised.
#define ARENA_PUSH(arena, array)                                                       \
    ((((array)->count < (array)->capacity && arena_is_now((arena), (array)->epoch)) || \
      arena_array_grow(ARENA_ARRAY_PARTS(arena, array), 1))                            \
         ? ((array)->count++, &(array)->items[(array)->count - 1])                     \
         : NULL)

// A pointer to what was the last item, good until the next change. NULL, with EINVAL, if there is
// none.
#define ARENA_POP(arena, array)                                                  \
    (((array)->count > 0 && (array)->epoch == (arena)->epoch)                    \
         ? ((array)->count--, &(array)->items[(array)->count])                   \
     : arena_array_truncate(ARENA_ARRAY_PARTS(arena, array), (array)->count - 1) \
         ? ((void)0, &(array)->items[(array)->count])                            \
         : NULL)

// A pointer to `more` new items at the end, uninitialised: to read into, for example.
#define ARENA_EXTEND(arena, array, more) \
    ((ARENA_TYPEOF((array)->items))arena_array_extend(ARENA_ARRAY_PARTS(arena, array), (more)))

// Copies `more` items to the end; they may be items of the array itself. False on failure.
#define ARENA_APPEND(arena, array, source, more) \
    arena_array_append(ARENA_ARRAY_PARTS(arena, array), (1 ? (source) : (array)->items), (more))

// Has room for `total` items in all, so that no push up to there can fail before the next mark, adoption
// or removal. False on failure.
#define ARENA_RESERVE(arena, array, total) \
    arena_array_reserve(ARENA_ARRAY_PARTS(arena, array), (total))

// A pointer to a new item, uninitialised, at `index`; those from there on move up by one.
#define ARENA_INSERT(arena, array, index) \
    ((ARENA_TYPEOF((array)->items))arena_array_insert(ARENA_ARRAY_PARTS(arena, array), (index)))

// Takes out the item at `index`; those after it move down by one. False on failure.
#define ARENA_REMOVE(arena, array, index) \
    arena_array_remove(ARENA_ARRAY_PARTS(arena, array), (index))

// Takes away all items but the first `kept`. False on failure.
#define ARENA_TRUNCATE(arena, array, kept) \
    arena_array_truncate(ARENA_ARRAY_PARTS(arena, array), (kept))

// -------------------------------------------------------------------------------------------------
// Segmented arrays
// -------------------------------------------------------------------------------------------------

// Segments of 8, 16, 32 ... items, so the address of an item never changes. Items can be added and
// taken back by a rewind, not removed.
#define ARENA_SEGMENTED(T)                                         \
    struct {                                                       \
        uint64_t epoch;  /* of the latest change; the library's */ \
        T **items;       /* the segments */                        \
        size_t count;    /* of items */                            \
        size_t capacity; /* items that there is room for */        \
    }

// A pointer to a new last item, uninitialised.
#define ARENA_ADD(arena, array)                                                           \
    ((((array)->count < (array)->capacity && arena_is_now((arena), (array)->epoch)) ||    \
      arena_segmented_grow((arena), &(array)->items, &(array)->count, &(array)->capacity, \
                           &(array)->epoch, sizeof **(array)->items,                      \
                           ARENA_ALIGNOF_TARGET(*(array)->items)))                        \
         ? ((array)->count++, ARENA_AT((array), (array)->count - 1))                      \
         : NULL)

// A pointer to the item at `index`, which has to be less than `capacity`.
#define ARENA_AT(array, index) \
    (&(array)->items[arena_segment_of(index)][arena_place_in_segment(index)])

// -------------------------------------------------------------------------------------------------
// What the macros stand on. The four parts of an array are passed one by one, since they may be
// anywhere in a struct; `items` is the address of that member.
// -------------------------------------------------------------------------------------------------

// The parts of an array, as the functions want them.
#define ARENA_ARRAY_PARTS(arena, array)                                                     \
    (arena), (void *)&(array)->items, &(array)->count, &(array)->capacity, &(array)->epoch, \
        sizeof *(array)->items, ARENA_ALIGNOF_TARGET((array)->items)

// Room for `more` items than there are.
ARENA_API ARENA_COLD bool arena_array_grow(Arena *arena, void *items, size_t *count,
                                           size_t *capacity, uint64_t *epoch, size_t size,
                                           size_t align, size_t more);
ARENA_API bool arena_array_reserve(Arena *arena, void *items, size_t *count, size_t *capacity,
                                   uint64_t *epoch, size_t size, size_t align, size_t total);
ARENA_API void *arena_array_extend(Arena *arena, void *items, size_t *count, size_t *capacity,
                                   uint64_t *epoch, size_t size, size_t align, size_t more);
ARENA_API bool arena_array_append(Arena *arena, void *items, size_t *count, size_t *capacity,
                                  uint64_t *epoch, size_t size, size_t align, const void *source,
                                  size_t more);
ARENA_API void *arena_array_insert(Arena *arena, void *items, size_t *count, size_t *capacity,
                                   uint64_t *epoch, size_t size, size_t align, size_t index);
ARENA_API bool arena_array_remove(Arena *arena, void *items, size_t *count, size_t *capacity,
                                  uint64_t *epoch, size_t size, size_t align, size_t index);
ARENA_API bool arena_array_truncate(Arena *arena, void *items, size_t *count, size_t *capacity,
                                    uint64_t *epoch, size_t size, size_t align, size_t kept);
ARENA_API ARENA_COLD bool arena_segmented_grow(Arena *arena, void *items, size_t *count,
                                               size_t *capacity, uint64_t *epoch, size_t size,
                                               size_t align);

// Item `index` is number `index + 8` of a row in which segment s begins at number 8 << s.
ARENA_INLINE size_t arena_segment_of(size_t index);
ARENA_INLINE size_t arena_place_in_segment(size_t index);

// =================================================================================================
// Inline bodies
// =================================================================================================

inline size_t arena_segment_of(size_t index)
{
    return ARENA_LOG2(index + 8) - 3;
}

inline size_t arena_place_in_segment(size_t index)
{
    return index + 8 - ((size_t)1 << ARENA_LOG2(index + 8));
}

#ifdef __cplusplus
}
#endif

#endif
