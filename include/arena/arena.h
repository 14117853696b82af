// An arena: memory for many small objects that die together.
//
//     #include <arena/arena.h>
//     #include <stdio.h>
//
//     typedef struct Point { double x, y; } Point;
//
//     int main(void)
//     {
//         Arena *arena = arena_create(1 << 20);                  // the first block holds 1 MiB
//         if (!arena)
//             return 1;
//         Point *point = ARENA_NEW0(arena, Point);
//         ArenaMark mark = arena_mark(arena);
//         char *text = arena_asprintf(arena, "(%g, %g)", point->x, point->y);
//         puts(text ? text : "out of memory");
//         arena_rewind(arena, mark);                             // `text` is gone, `point` is not
//         arena_destroy(arena);                                  // everything, at once
//         return 0;
//     }
//
// Words. A *block* is what a source of memory gives to an arena; a *page* is what the system gives
// to a source. The *window* is the part of a block that the fast path may hand out. A *mark* is a
// point in the past. A *spare* is a kept block ahead of the cursor. A *large object* has a block of
// its own.
//
// Conventions, which hold wherever a comment does not say otherwise:
// - Sizes are bytes, and any value may be asked for. Size 0 gives a valid, aligned, non-NULL
//   pointer to no bytes. Requests over PTRDIFF_MAX fail.
// - Failure is NULL or false with `errno` ENOMEM, or EINVAL for arguments that make no sense.
//   `arena_stats` counts it. What was handed out, and how much is left, is then as it was; the
//   arena stays usable. Nothing prints or aborts by itself.
// - The arena owns what it hands out, until a rewind, a reset or the destruction of the arena.
//   There is no free.
// - Results are aligned as malloc's are, unless a type or an alignment is named.
// - `arena` is never NULL, except for `arena_destroy`. A string or a buffer that is passed in is
//   read during the call only.
// - An arena has no lock: one owner at a time, free to move between threads.
// - C11 or C++11, and anything newer.

#ifndef ARENA_ARENA_H
#define ARENA_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

// -------------------------------------------------------------------------------------------------
// Types
// -------------------------------------------------------------------------------------------------

typedef struct Arena Arena;
typedef struct ArenaBlock ArenaBlock;

// What only the library looks into.
typedef struct ArenaUndo ArenaUndo;
typedef struct ArenaWatch ArenaWatch;

// Sizes are rounded up to this many bytes, so the cursor is always aligned to it.
#define ARENA_GRANULE 8

// What epochs advance by: a container has a bit of its own below that.
#define ARENA_EPOCH 2

// Up to this many bytes may be added to any address in a window, and the sum is still an address.
#define ARENA_SMALL 4096

// A block, which begins with its header.
//
//     | header | handed out, `used` | free, non-zero up to `dirty` | free and zero | `capacity`
//
// Invariants: used <= capacity, dirty <= capacity, `data` and `capacity` are multiples of malloc's
// alignment, and what is neither handed out nor below `dirty` is zero. A spare's `used` and sums
// are of the past.
struct ArenaBlock {
    ArenaBlock *next; // the next younger block; of a large object, the next older one
    size_t capacity;  // bytes in `data`
    size_t used;      // bytes handed out; of the current block, as of when the arena last left it
    size_t dirty;     // bytes from the start that may not be zero; of a large object, as it was got
    size_t used_before;   // bytes handed out in all blocks before this one
    size_t wasted_before; // bytes left behind in all blocks before this one
    void *memory;         // what the source gave; NULL: the caller's buffer
    size_t size;          // bytes that the source gave, or the caller
    ARENA_ALIGNED unsigned char data[ARENA_FLEXIBLE]; // objects
};

// Where blocks come from. The functions are called within calls that allocate, give memory back or
// end the arena, and may not use it. Limits bound what is asked for.
typedef struct ArenaSource {
    // Gives at least `*size` bytes, of any alignment, and sets `*size` to what it gave; or NULL.
    void *(*acquire)(void *context, size_t *size);
    // Makes a block larger where it stands: at least `*new_size` bytes, which it sets to what it
    // gave; or false, and nothing has changed, but `*new_size` may say what it could have been.
    // May be NULL.
    bool (*extend)(void *context, void *block, size_t old_size, size_t *new_size);
    // Takes a block back; `size` is what was acquired, or extended to.
    void (*release)(void *context, void *block, size_t size);
    void *context; // passed to all of them
} ArenaSource;

// How to make an arena. Zero is the default of each.
typedef struct ArenaOptions {
    const char *name;   // for debuggers and tools; not copied
    size_t capacity;    // bytes that the source's first block holds; 0: the default, 64 KiB
    size_t limit;       // bytes that may be held from the source; 0: no limit
    void *buffer;       // the first block, in memory that outlives the arena; then the source
    size_t buffer_size; // bytes in `buffer`, of which the arena takes a few hundred for itself
    ArenaSource source; // {0}: the heap for small blocks, mappings with huge pages for large ones
    // Called before a request fails, for `size` bytes, or 0 where no size was asked for. It may
    // longjmp or abort; if it returns, the request fails. Not called for the creation of the arena.
    void (*on_failure)(Arena *arena, size_t size, void *context);
    void *on_failure_context; // passed to it
    // Bytes that growth asks for at a time, at most; 0: the default, 64 MiB. Of more than 2 GiB, that.
    size_t largest_block;
} ArenaOptions;

// A position in an arena. Costs nothing to keep and nothing to abandon. To be read by the library
// only.
typedef struct ArenaMark {
    ArenaBlock *block;     // the current one
    unsigned char *cursor; // where the next object went
    ArenaBlock *large;     // the newest large object
    ArenaUndo *journal;    // the newest entry
    uint64_t epoch;        // that it began
    const void *frame;     // where the stack of who called arena_mark ends; NULL: nobody knows
} ArenaMark;

// What a rewind tells the functions that it calls.
typedef struct ArenaRewind {
    uint64_t mark;     // the epoch that began with the mark; what has it or a later one is newer
    uint64_t now;      // the epoch that ends with the rewind
    const void *frame; // where the stack of who called arena_rewind ends; NULL: nobody knows
    const void *mark_frame; // and of who made the mark
    const Arena *arena;     // which is rewound
} ArenaRewind;

// What an arena holds, in bytes but where it says otherwise.
typedef struct ArenaStats {
    size_t used;     // bytes handed out and not taken back, rounding and alignment included
    size_t peak;     // the highest `used` since creation; survives a reset
    size_t reserved; // bytes held from the source or in the buffer, headers included
    size_t wasted;   // bytes at the ends of blocks that were left behind, and of large objects
    size_t blocks;   // blocks and large objects held
    size_t failures; // requests that failed
} ArenaStats;

// An arena.
//
//     blocks -> ... -> current -> spare -> spare          large -> older large object -> ...
//                      [data .. floor .. cursor .. end .. capacity]
//
// To be read by debuggers and by the inline functions below; every write is the library's.
//
// Invariants, checked by arena_is_valid:
//  1. `current` is on the chain that starts at `blocks`.
//  2. current->data <= floor <= cursor <= end <= current->data + current->capacity, and all are
//     multiples of the granule.
//  3. `dirty` is current->data + current->dirty.
//  4. On the chain up to `current`, `used_before` and `wasted_before` are the sums over all blocks
//     before.
//  5. `chain_size` is the sum of the blocks' sizes; `large_size`, `large_capacity` and `large_used`
//     are the sums over large objects; `block_count` counts both.
//  6. `large_floor` and `journal_floor` are on their lists, or NULL.
//  7. `adopted_last` is the last arena on the list of the adopted.
//  8. `epoch` is a multiple of ARENA_EPOCH, and not 0.
//  9. `end` is more than ARENA_SMALL bytes below the last address that there is.
struct Arena {
    unsigned char *cursor; // where the next object goes
    unsigned char *end;    // of the window; only the slow path moves it
    unsigned char *dirty;  // the current block is zero from here on, where nothing was handed out
    unsigned char *floor;  // the cursor at the latest mark, or the block's start; no shrink passes
    ArenaBlock *current;   // holds the window
    ArenaBlock *blocks;    // the oldest
    size_t block_size;     // bytes that the next block will be asked for, at least
    size_t stride;         // bytes that the window opens at a time, at most; SIZE_MAX: all
    ArenaBlock *large;     // large objects, newest first
    ArenaBlock *large_floor;  // `large` at the latest mark
    ArenaUndo *journal;       // what a rewind undoes, newest first
    ArenaUndo *journal_floor; // `journal` at the latest mark
    uint64_t epoch; // a multiple of ARENA_EPOCH; advances with every mark, rewind, reset, adoption
    uint64_t adopted_epoch;  // the epoch that the latest adoption began
    bool marked;             // a mark was made since the last reset
    bool fresh;              // what the source gave last is zero; the built-in sources note it
    uint32_t largest_block;  // bytes that growth asks for at a time, at most; 0: the default
    Arena *adopted;          // the arenas that live and die with this one, newest first
    Arena *adopted_last;     // the end of that list
    ArenaStats adopted_sums; // used, reserved, wasted and blocks of the adopted
    size_t chain_size;       // bytes of the blocks, headers included
    size_t large_size;       // bytes of the large objects' blocks, headers included
    size_t large_capacity;   // bytes that large objects could hold
    size_t large_used;       // bytes handed out as large objects
    size_t block_count;      // blocks and large objects
    size_t peak;             // the highest `used`, as of the last time that the cursor went back
    size_t failures;         // requests that failed
    size_t limit;            // bytes that may be held from the source; SIZE_MAX: no limit
    size_t hidden;           // bytes that count as used, but are only kept free by who watches
    ArenaWatch *watch;       // who watches; NULL: nobody
    const char *name;        // may be NULL
    ArenaSource source;      // where blocks come from
    void (*on_failure)(Arena *arena, size_t size, void *context); // as in ArenaOptions
    void *on_failure_context;                                     // passed to it
};

// -------------------------------------------------------------------------------------------------
// Lifetime
// -------------------------------------------------------------------------------------------------

// An arena whose first block, acquired now, holds `capacity` bytes in one piece; 0 means the
// default. NULL on failure.
ARENA_API Arena *arena_create(size_t capacity);

// As the options say; NULL means all defaults. EINVAL for a buffer too small to hold an arena, for
// a `buffer_size` without a buffer, and for a source that cannot acquire or cannot release.
ARENA_API Arena *arena_create_with(const ArenaOptions *options);

// An arena inside the caller's memory, of any alignment, which outlives it. Uses no heap and never
// grows. EINVAL if `size` is too small to hold an arena.
ARENA_API Arena *arena_create_in(void *buffer, size_t size);

// An arena of one contiguous range of at least `size` bytes, whose memory is committed as it is
// used. No address in it ever moves, and the newest object grows without a copy until the range
// ends. Large objects are in it like all others.
ARENA_API Arena *arena_create_region(size_t size);

// Forgets every object and mark, after running the deferred calls, and keeps the blocks. Large
// objects and adopted arenas are given back. Does not depend on the number of objects.
ARENA_API void arena_reset(Arena *arena);

// Gives spare memory back to the source, beyond the first `keep` bytes of it: the blocks after the
// current one, and of a region what is committed after the cursor.
ARENA_API void arena_trim(Arena *arena, size_t keep);

// Bounds the process's cache of large blocks, in bytes; it starts at 512 MiB. When it is short of
// memory, the system may take what is in it, but for about a quarter. 0 empties it, and has threads
// no longer keep a few small blocks each: the caller at once, others when they next give one back.
// Any thread may call this. It does not wait for a thread that is using the cache, which then brings
// it within the new bound itself.
ARENA_API void arena_cache_limit(size_t bytes);

// Runs the deferred calls, newest first, those of adopted arenas last, and gives all memory back.
// NULL is fine.
ARENA_API void arena_destroy(Arena *arena);

// From now on the memory of `from`, with its deferred calls, lives until `into` is reset or
// destroyed; rewinding `into` does not free it, and it counts in the sums and the limit of `into`.
// `from` is gone, with its marks. False, with EINVAL, if `from` lives in the caller's buffer or is
// `into`. Takes constant time.
ARENA_API bool arena_adopt(Arena *into, Arena *from);

// -------------------------------------------------------------------------------------------------
// Allocation
// -------------------------------------------------------------------------------------------------

// `size` bytes, uninitialised.
ARENA_INLINE ARENA_FRESH ARENA_SIZED(2) void *arena_alloc(Arena *arena, size_t size);

// `size` bytes, zero.
ARENA_INLINE ARENA_FRESH ARENA_SIZED(2) void *arena_calloc(Arena *arena, size_t size);

// `size` bytes at a multiple of `align`; EINVAL if that is not a power of two.
ARENA_API ARENA_FRESH ARENA_SIZED(2) void *arena_alloc_aligned(Arena *arena, size_t size,
                                                               size_t align);

// The first `old_size` or `new_size` bytes of `ptr`, whichever is less, in `new_size` bytes. The
// newest object stays where it is while there is room, and a large object made since the latest
// mark grows without a copy where the system can move pages. Any other object moves when it grows,
// and its old bytes stay as they were, for a mark that saw them; then it is aligned as malloc's
// results are, whatever it was before. A shrink never fails. NULL for `ptr` allocates. `old_size` is
// the size that was last asked for.
ARENA_API ARENA_RESULT ARENA_SIZED(4) void *arena_realloc(Arena *arena, void *ptr, size_t old_size,
                                                          size_t new_size);

// What containers grow by; `*size` is how many bytes one would like to have, at least `least`, and
// becomes how many there are. Fails, and counts as a failure, only if `least` cannot be had.
// arena_grow else does as arena_realloc, and as arena_alloc_aligned for NULL; what moves is aligned to
// `align`. arena_extend only has the newest object grow where it stands; false, and nothing has
// changed, is no failure.
ARENA_API ARENA_RESULT void *arena_grow(Arena *arena, void *ptr, size_t old_size, size_t least,
                                        size_t *size, size_t align);
ARENA_API bool arena_extend(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size);

// One object, or an array of `count`, of type T, with the alignment of T: uninitialised, or zeroed.
// An array too large for memory fails like any other request.
#define ARENA_NEW(arena, T) ((T *)arena_new((arena), sizeof(T), ARENA_ALIGNOF(T)))
#define ARENA_NEW0(arena, T) ((T *)arena_new0((arena), sizeof(T), ARENA_ALIGNOF(T)))
#define ARENA_NEW_ARRAY(arena, T, count) \
    ((T *)arena_new((arena), arena_array_size((count), sizeof(T)), ARENA_ALIGNOF(T)))
#define ARENA_NEW0_ARRAY(arena, T, count) \
    ((T *)arena_new0((arena), arena_array_size((count), sizeof(T)), ARENA_ALIGNOF(T)))

// What the macros above stand on. `align` is a power of two. These carry no size attribute, because
// the compiler would warn of the size that stands for an array too large.
ARENA_INLINE ARENA_FRESH void *arena_new(Arena *arena, size_t size, size_t align);
ARENA_INLINE ARENA_FRESH void *arena_new0(Arena *arena, size_t size, size_t align);

// Bytes in an array; SIZE_MAX, which no arena can give, if they do not fit.
ARENA_INLINE size_t arena_array_size(size_t count, size_t size);

// Copies of `size` bytes, of a string, and of at most `most` characters of a string.
ARENA_API ARENA_RESULT ARENA_SIZED(3) void *arena_memdup(Arena *arena, const void *bytes,
                                                         size_t size);
ARENA_API ARENA_FRESH char *arena_strdup(Arena *arena, const char *text);
ARENA_API ARENA_FRESH char *arena_strndup(Arena *arena, const char *text, size_t most);

// The formatted string. Written straight into the window, in one pass unless it does not fit there.
// If the format itself fails, NULL with the `errno` of vsnprintf.
ARENA_API ARENA_FRESH ARENA_PRINTF(2, 3) char *arena_asprintf(Arena *arena, const char *format,
                                                              ...);
ARENA_API ARENA_FRESH ARENA_PRINTF(2, 0) char *arena_vasprintf(Arena *arena, const char *format,
                                                               va_list arguments);

// -------------------------------------------------------------------------------------------------
// Marks: what a rewind undoes
// -------------------------------------------------------------------------------------------------

// The position now. It stays good until the arena is reset, or rewound to something older.
ARENA_API ArenaMark arena_mark(Arena *arena);

// Undoes, newest first, every defer and remember made since the mark, and takes back every object
// made since. May be done any number of times. Not rewinding is the commit.
ARENA_API void arena_rewind(Arena *arena, ArenaMark mark);

// Has `call(context)` run when the arena is rewound past here, reset or destroyed, while what the
// arena holds is still there. It may allocate and defer, and rewind to marks of its own; not reset,
// destroy, or rewind to an older mark. False if there is no memory to note it.
ARENA_API bool arena_defer(Arena *arena, void (*call)(void *context), void *context);

// Saves `size` bytes at `object`, anywhere in memory; a rewind past here, to any mark, puts them
// back. The object must exist then. Reset and destroy restore nothing. False if there is no memory
// for the copy; true, at no cost, while no mark can be rewound to.
ARENA_API bool arena_remember(Arena *arena, void *object, size_t size);

// Has `undo` called, with a copy of the `size` bytes at `saved`, aligned to the granule, when the arena
// is rewound past here; not when it is reset or destroyed. For containers that follow marks: `object`
// is what `undo` is going to change, and stays where it is meanwhile. It may not use the arena. False
// if there is no memory for the copy; true, at no cost, while no mark can be rewound to.
ARENA_API bool arena_on_rewind(Arena *arena, void (*undo)(void *saved, const ArenaRewind *rewind),
                               const void *object, const void *saved, size_t size);

// The epoch of what is made now, and whether an epoch is that one. It is not 0. A container that was
// changed in this epoch needs nothing more to be remembered.
ARENA_INLINE uint64_t arena_now(const Arena *arena);
ARENA_INLINE bool arena_is_now(const Arena *arena, uint64_t epoch);

// -------------------------------------------------------------------------------------------------
// Inspection
// -------------------------------------------------------------------------------------------------

// Sums over the blocks, large objects and adopted arenas.
ARENA_API ArenaStats arena_stats(const Arena *arena);

// Whether `ptr` points to a byte that the arena has handed out and not taken back. Walks the
// blocks.
ARENA_API bool arena_owns(const Arena *arena, const void *ptr);

// Bounds what the arena may hold from its source, in bytes; 0 lifts the bound. What it holds
// already stays. A source that gives more than it is asked for can take an arena past the bound.
ARENA_API void arena_set_limit(Arena *arena, size_t bytes);

// The invariants of Arena and ArenaBlock, as code; for tests.
ARENA_API bool arena_is_valid(const Arena *arena);

// Counts a failed request of `size` bytes, asks `on_failure` and sets `errno`. NULL. For containers.
ARENA_API ARENA_COLD void *arena_fail(Arena *arena, size_t size, int error);

// Serves a request that did not fit the window. For the inline functions below.
ARENA_API ARENA_COLD void *arena_alloc_slow(Arena *arena, size_t size, size_t align);
ARENA_API ARENA_COLD void *arena_calloc_slow(Arena *arena, size_t size, size_t align);

// =================================================================================================
// Inline bodies. The library also has each of them as an ordinary symbol.
//
// ARENA_LAST is the distance from the first byte of a request to its last one. A request of size 0
// has none: the difference wraps to SIZE_MAX and the request takes the slow path. Nothing is ever
// added to a size that was not seen to fit, or is not known to be small. The compiler hears that a
// cursor is never NULL: a caller's test for that is then part of the slow path only.
// =================================================================================================

// The cursor is a multiple of the granule, so its distance from malloc's alignment is either
// nothing or one granule, and the bit that tells is the distance itself.
#define ARENA_PADDING(cursor) \
    ((uintptr_t)(cursor) & (ARENA_ALIGNOF(max_align_t) - 1) & ~(uintptr_t)(ARENA_GRANULE - 1))

// `size` in whole granules, once it was seen to fit.
#define ARENA_ROUNDED(size) (((size) + (ARENA_GRANULE - 1)) & ~(size_t)(ARENA_GRANULE - 1))

// Of a small size that the compiler knows, it is the address after the object that is compared, which
// cannot overflow and is needed anyway; of any other, the room.
#define ARENA_IS_SMALL(size) \
    (ARENA_IS_CONSTANT(size) && ARENA_LAST(size) < ARENA_SMALL - ARENA_GRANULE)

// Whether `size` bytes fit between two addresses, at once or after padding.
#define ARENA_FITS(from, end, size)                                                     \
    (ARENA_IS_SMALL(size) ? (uintptr_t)(from) + ARENA_ROUNDED(size) <= (uintptr_t)(end) \
                          : ARENA_LAST(size) < (size_t)((end) - (from)))
#define ARENA_FITS_PADDED(from, end, padding, size)                                \
    (ARENA_IS_SMALL(size)                                                          \
         ? (uintptr_t)(from) + (padding) + ARENA_ROUNDED(size) <= (uintptr_t)(end) \
         : (padding) <= (size_t)((end) - (from)) &&                                \
               ARENA_LAST(size) < (size_t)((end) - (from)) - (padding))

inline uint64_t arena_now(const Arena *arena)
{
    return arena->epoch;
}

inline bool arena_is_now(const Arena *arena, uint64_t epoch)
{
    return (epoch & ~(uint64_t)(ARENA_EPOCH - 1)) == arena->epoch;
}

inline size_t arena_array_size(size_t count, size_t size)
{
    return size == 0 || count <= PTRDIFF_MAX / size ? count * size : SIZE_MAX;
}

// The next object's address waits for the cursor, so the cursor is summed up as a number, in the
// order of the fewest steps: a compiler may not do so for pointers.
inline void *arena_alloc(Arena *arena, size_t size)
{
    unsigned char *cursor = arena->cursor;
    ARENA_NEVER_NULL(cursor);
    size_t padding = ARENA_PADDING(cursor);
    if (ARENA_LIKELY(ARENA_FITS_PADDED(cursor, arena->end, padding, size))) {
        arena->cursor = (unsigned char *)((uintptr_t)cursor + ARENA_ROUNDED(size) + padding);
        return cursor + padding;
    }
    return arena_alloc_slow(arena, size, ARENA_ALIGNOF(max_align_t));
}

inline void *arena_calloc(Arena *arena, size_t size)
{
    unsigned char *cursor = arena->cursor;
    ARENA_NEVER_NULL(cursor);
    size_t padding = ARENA_PADDING(cursor);
    if (ARENA_LIKELY(ARENA_FITS_PADDED(cursor, arena->end, padding, size))) {
        unsigned char *object = cursor + padding;
        arena->cursor = (unsigned char *)((uintptr_t)cursor + ARENA_ROUNDED(size) + padding);
        return object < arena->dirty ? memset(object, 0, size) : object;
    }
    return arena_calloc_slow(arena, size, ARENA_ALIGNOF(max_align_t));
}

inline void *arena_new(Arena *arena, size_t size, size_t align)
{
    if (align > ARENA_ALIGNOF(max_align_t))
        return arena_alloc_aligned(arena, size, align);
    if (align > ARENA_GRANULE)
        return arena_alloc(arena, size);

    unsigned char *object = arena->cursor;
    if (ARENA_LIKELY(ARENA_FITS(object, arena->end, size))) {
        ARENA_NEVER_NULL(object);
        arena->cursor = object + ARENA_ROUNDED(size);
        return object;
    }
    return arena_alloc_slow(arena, size, ARENA_GRANULE);
}

inline void *arena_new0(Arena *arena, size_t size, size_t align)
{
    if (align > ARENA_ALIGNOF(max_align_t))
        return arena_calloc_slow(arena, size, align);
    if (align > ARENA_GRANULE)
        return arena_calloc(arena, size);

    unsigned char *object = arena->cursor;
    if (ARENA_LIKELY(ARENA_FITS(object, arena->end, size))) {
        ARENA_NEVER_NULL(object);
        arena->cursor = object + ARENA_ROUNDED(size);
        return object < arena->dirty ? memset(object, 0, size) : object;
    }
    return arena_calloc_slow(arena, size, ARENA_GRANULE);
}

#ifdef __cplusplus
}
#endif

#if ARENA_UNDER_MSAN
#define arena_stats(...) ARENA_RETURNED(ArenaStats, arena_stats(__VA_ARGS__))
#endif

#endif
