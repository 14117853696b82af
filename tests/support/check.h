// What the tests check with: cmocka, and the checks that many of them share.

#ifndef ARENA_TESTS_CHECK_H
#define ARENA_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include <arena/arena.h>

#include "../../src/core/tuning.h"
#include "bytes.h"
#include "source.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__)
#define UNDER_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER 1
#endif
#endif
#ifndef UNDER_THREAD_SANITIZER
#define UNDER_THREAD_SANITIZER 0
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Sizes up to 5000 under this fit no machine. A 32-bit one may well have almost PTRDIFF_MAX bytes.
#define BEYOND_MEMORY ((size_t)PTRDIFF_MAX + (sizeof(void *) >= 8 ? 0 : 10000))

// What arena_alloc aligns to.
#ifndef MALLOC_ALIGN // nor has src/core/internal.h been here
#define MALLOC_ALIGN ((size_t) _Alignof(max_align_t))
#endif

#define assert_valid(arena) assert_true(arena_is_valid(arena))
#define assert_aligned(pointer, align) assert_int_equal((uintptr_t)(pointer) % (align), 0)
#define assert_filled(bytes, size, seed) assert_true(bytes_are_filled(bytes, size, seed))
#define assert_all(bytes, size, value) assert_true(bytes_are_all(bytes, size, value))
#define assert_clean(source) assert_true(test_source_is_clean(source))

static inline size_t round_up_to(size_t size, size_t align)
{
    return (size + align - 1) / align * align;
}

static inline size_t smaller_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

// A new arena, or the test ends here.
static inline Arena *new_arena(size_t capacity)
{
    Arena *arena = arena_create(capacity);
    assert_non_null(arena);
    assert_valid(arena);
    return arena;
}

static inline Arena *new_arena_on(TestSource *test, size_t capacity)
{
    Arena *arena =
        arena_create_with(&(ArenaOptions){.capacity = capacity, .source = test_source(test)});
    assert_non_null(arena);
    assert_valid(arena);
    return arena;
}

// `size` bytes that must be there, are aligned as malloc's and carry the pattern of `seed`.
static inline unsigned char *new_object(Arena *arena, size_t size, uint32_t seed)
{
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    assert_aligned(object, MALLOC_ALIGN);
    fill_bytes(object, size, seed);
    return object;
}

// Bytes between the cursor and the end of the current block, whatever the window is.
static inline size_t room_in(const Arena *arena)
{
    const ArenaBlock *block = arena->current;
    return block->capacity - (size_t)(arena->cursor - block->data);
}

// Takes all but `left` bytes of the current block, which is a multiple of the granule.
static inline void leave_room(Arena *arena, size_t left)
{
    size_t room = room_in(arena);
    assert_true(room >= left);
    if (room > left)
        assert_non_null(hide_pointer(arena_new(arena, room - left, 1)));
    assert_int_equal(room_in(arena), left);
}

// The size of the smallest object that has to be a large one.
static inline size_t large_size(const Arena *arena)
{
    size_t room = room_in(arena);
    return (room > arena->block_size ? room : arena->block_size) + MALLOC_ALIGN;
}

static inline size_t blocks_in_chain(const Arena *arena)
{
    size_t count = 0;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next)
        count++;
    return count;
}

static inline size_t spare_bytes(const Arena *arena)
{
    size_t bytes = 0;
    for (const ArenaBlock *block = arena->current->next; block; block = block->next)
        bytes += block->size;
    return bytes;
}

// Fills blocks until there are `count` more of them.
static inline void grow_blocks(Arena *arena, size_t count)
{
    size_t target = arena->block_count + count;
    while (arena->block_count < target)
        assert_non_null(hide_pointer(arena_alloc(arena, arena->block_size / 8)));
}

// What a failed call must leave as it was.
typedef struct Snapshot {
    ArenaStats stats;
    Arena arena;
    size_t chain;
} Snapshot;

static inline Snapshot take_snapshot(const Arena *arena)
{
    return (Snapshot){arena_stats(arena), *arena, blocks_in_chain(arena)};
}

// Nothing but the count of failures, which grew by `failures`, has changed.
static inline void check_unchanged(const Arena *arena, const Snapshot *before, size_t failures)
{
    ArenaStats stats = arena_stats(arena);
    assert_valid(arena);
    assert_int_equal(stats.failures, before->stats.failures + failures);
    assert_int_equal(stats.used, before->stats.used);
    assert_int_equal(stats.peak, before->stats.peak);
    assert_int_equal(stats.reserved, before->stats.reserved);
    assert_int_equal(stats.wasted, before->stats.wasted);
    assert_int_equal(stats.blocks, before->stats.blocks);
    assert_ptr_equal(arena->cursor, before->arena.cursor);
    assert_ptr_equal(arena->floor, before->arena.floor);
    assert_ptr_equal(arena->current, before->arena.current);
    assert_ptr_equal(arena->large, before->arena.large);
    assert_ptr_equal(arena->journal, before->arena.journal);
    assert_int_equal(arena->block_size, before->arena.block_size);
    assert_int_equal(arena->epoch, before->arena.epoch);
    assert_int_equal(blocks_in_chain(arena), before->chain);
}

#endif
