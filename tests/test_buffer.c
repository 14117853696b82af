// Arenas in the caller's memory: any alignment and length, no heap, no byte outside.

#include "support/check.h"

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 33) && !UNDER_SANITIZER
#include <malloc.h>
#define HEAP_IN_USE() mallinfo2().uordblks
#endif
#endif
#ifndef HEAP_IN_USE
#define HEAP_IN_USE() ((size_t)0)
#endif

enum { GUARD = 64, GUARD_BYTE = 0xEE };

static unsigned char memory[20000];

// A buffer of `size` bytes that starts `shift` bytes after an aligned address, between guards.
static unsigned char *guarded(size_t shift, size_t size)
{
    assert_true(GUARD + shift + 64 + size + GUARD <= sizeof memory);
    memset(memory, GUARD_BYTE, sizeof memory);
    unsigned char *aligned = memory + GUARD;
    aligned += -(uintptr_t)aligned & 63;
    return aligned + shift;
}

static void assert_guards_intact(const unsigned char *buffer, size_t size)
{
    assert_all(buffer - GUARD, GUARD, GUARD_BYTE);
    assert_all(buffer + size, GUARD, GUARD_BYTE);
}

static void a_buffer_of_any_alignment_and_length_works_or_is_refused(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 64; shift++) {
        size_t refused = 0;
        for (size_t size = 0; size < 1100; size += size < 200 ? 1 : 7) {
            unsigned char *buffer = guarded(shift, size);
            errno = 0;
            Arena *arena = arena_create_in(buffer, size);
            if (arena) {
                assert_valid(arena);
                while (arena_alloc(arena, 8))
                    continue;
                assert_valid(arena);
                arena_destroy(arena);
            } else {
                assert_int_equal(errno, EINVAL);
                refused = size;
            }
            assert_guards_intact(buffer, size);
        }
        assert_true(refused >= 100 && refused < 1000);
    }
}

static void a_buffer_is_used_to_its_last_bytes(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 32; shift++) {
        for (size_t size = 3000; size < 3040; size++) {
            unsigned char *buffer = guarded(shift, size);
            Arena *arena = arena_create_in(buffer, size);
            assert_non_null(arena);
            size_t sum = 0;
            for (unsigned char *object; (object = hide_pointer(arena_new(arena, 8, 8)));) {
                assert_true(object >= buffer && object + 8 <= buffer + size);
                memset(object, 0xFF, 8);
                sum += 8;
            }
            assert_true(sum > size - 1000);
            assert_true(buffer + size - arena->cursor < (ptrdiff_t)MALLOC_ALIGN);
            assert_guards_intact(buffer, size);
            arena_destroy(arena);
        }
    }
}

static void a_full_buffer_fails_and_serves_again_after_a_reset(void **state)
{
    (void)state;
    Arena *arena = arena_create_in(memory, 4000);
    assert_non_null(arena);
    for (size_t round = 0; round < 5; round++) {
        while (arena_alloc(arena, 100))
            continue;
        errno = 0;
        Snapshot before = take_snapshot(arena);
        assert_null(arena_alloc(arena, 5000));
        assert_null(arena_alloc(arena, 100));
        assert_int_equal(errno, ENOMEM);
        check_unchanged(arena, &before, 2);
        assert_int_equal(arena_stats(arena).blocks, 1);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void no_heap_is_used(void **state)
{
    (void)state;
    size_t before = HEAP_IN_USE();
    Arena *arena = arena_create_in(memory, 10000);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 500; i++) {
        void *object = hide_pointer(arena_alloc(arena, i * 7 % 900));
        object = arena_realloc(arena, object, i * 7 % 900, 901);
        (void)object;
        if (i % 50 == 0)
            arena_rewind(arena, mark);
    }
    assert_non_null(hide_pointer(arena_asprintf(arena, "%d", 5)));
    arena_reset(arena);
    arena_trim(arena, 0);
    assert_int_equal(HEAP_IN_USE(), before);
    arena_destroy(arena);
    assert_int_equal(HEAP_IN_USE(), before);
}

static void no_buffer_is_refused(void **state)
{
    (void)state;
    errno = 0;
    assert_null(arena_create_in(NULL, 5000));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_create_in(memory, 0));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_create_with(&(ArenaOptions){.buffer = memory, .buffer_size = 20}));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_create_with(&(ArenaOptions){.buffer_size = 5000}));
    assert_int_equal(errno, EINVAL);
}

static void a_buffer_comes_first_and_then_the_source(void **state)
{
    (void)state;
    TestSource source = {0};
    unsigned char *buffer = guarded(5, 2000);
    Arena *arena = arena_create_with(
        &(ArenaOptions){.buffer = buffer, .buffer_size = 2000, .source = test_source(&source)});
    assert_non_null(arena);
    assert_int_equal(source.calls, 0);
    unsigned char *first = new_object(arena, 500, 1);
    assert_true(first > buffer && first + 500 <= buffer + 2000);
    assert_int_equal(source.calls, 0);
    grow_blocks(arena, 3);
    unsigned char *large = new_object(arena, large_size(arena), 2);
    assert_true(large < buffer || large >= buffer + 2000);
    assert_int_equal(arena_stats(arena).reserved, source.live_bytes + 2000);
    assert_int_equal(arena_stats(arena).blocks, source.live_pieces + 1);
    assert_filled(first, 500, 1);
    assert_valid(arena);
    arena_reset(arena);
    arena_trim(arena, 0);
    assert_int_equal(source.live_pieces, 0);
    assert_guards_intact(buffer, 2000);
    new_object(arena, 500, 3);
    assert_valid(arena);
    arena_destroy(arena);
    assert_guards_intact(buffer, 2000);
    assert_clean(&source);
}

static void the_capacity_is_that_of_the_sources_first_block(void **state)
{
    (void)state;
    TestSource source = {0};
    size_t capacity = ARENA_TUNE_MOST > 30000 ? 30000 : ARENA_TUNE_MOST - 500;
    Arena *arena = arena_create_with(&(ArenaOptions){.buffer = memory,
                                                     .buffer_size = 2000,
                                                     .capacity = capacity,
                                                     .source = test_source(&source)});
    assert_non_null(arena);
    assert_int_equal(source.calls, 0);
    leave_room(arena, 0);
    new_object(arena, 16, 1);
    assert_int_equal(source.acquisitions, 1);
    assert_true(arena->current->capacity >= capacity);
    assert_true(arena->current->capacity < capacity + 200);
    new_object(arena, capacity - 16, 2);
    assert_int_equal(source.acquisitions, 1);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_buffer_is_never_extended_or_released(void **state)
{
    (void)state;
    TestSource source = {.extension = 5000};
    Arena *arena = arena_create_with(
        &(ArenaOptions){.buffer = memory, .buffer_size = 1500, .source = test_source(&source)});
    assert_non_null(arena);
    unsigned char *object = new_object(arena, 100, 1);
    object = arena_realloc(arena, object, 100, 1600);
    assert_filled(object, 100, 1);
    assert_int_equal(source.mistakes, 0);
    assert_int_equal(source.extensions, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_buffer_does_not_count_against_the_limit(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = arena_create_with(&(ArenaOptions){
        .buffer = memory, .buffer_size = 10000, .limit = 9000, .source = test_source(&source)});
    assert_non_null(arena);
    leave_room(arena, 0);
    new_object(arena, 8000, 1);
    assert_null(arena_alloc(arena, 8000));
    assert_true(source.live_bytes <= 9000);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_buffer_with_the_default_source_grows_on_the_heap(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.buffer = memory, .buffer_size = 2000});
    assert_non_null(arena);
    for (uint32_t i = 0; i < 300; i++)
        new_object(arena, 100, i);
    new_object(arena, 100000, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void marks_work_in_a_buffer(void **state)
{
    (void)state;
    Arena *arena = arena_create_in(memory, 3000);
    unsigned char *older = new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 50; i++) {
        assert_true(arena_remember(arena, older, 100));
        memset(older, 0, 100);
        new_object(arena, 1000, 2);
        arena_rewind(arena, mark);
        assert_filled(older, 100, 1);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

// The heap, counted; unlike that of TestSource, what it gives is not written before it is used.
typedef struct CountedHeap {
    size_t acquisitions;
    size_t last_size;
} CountedHeap;

static void *acquire_counted(void *context, size_t *size)
{
    CountedHeap *heap = context;
    heap->acquisitions++;
    heap->last_size = *size;
    return malloc(*size);
}

static void release_counted(void *context, void *block, size_t size)
{
    (void)context;
    (void)size;
    free(block);
}

static Arena *arena_beside_a_buffer(CountedHeap *heap, size_t capacity)
{
    Arena *arena = arena_create_with(
        &(ArenaOptions){.buffer = memory,
                        .buffer_size = 1024,
                        .capacity = capacity,
                        .source = {acquire_counted, NULL, release_counted, heap}});
    assert_non_null(arena);
    return arena;
}

static void a_small_capacity_beside_a_buffer_asks_the_source_seldom(void **state)
{
    (void)state;
    enum { OBJECTS = 10000, SIZE = 32 };
    static const size_t capacities[] = {0, 1, 16, 64, 128, 256, 1000};
    // Where the least block is tiny, objects of this size are large ones anyway.
    if (ARENA_TUNE_LEAST < 1024)
        skip();
    for (size_t i = 0; i < COUNT_OF(capacities); i++) {
        CountedHeap heap = {0};
        Arena *arena = arena_beside_a_buffer(&heap, capacities[i]);
        for (size_t j = 0; j < OBJECTS; j++)
            assert_non_null(hide_pointer(arena_alloc(arena, SIZE)));
        assert_true(heap.acquisitions <= 20 + 2 * OBJECTS * SIZE / ARENA_TUNE_MOST);
        assert_true(arena_stats(arena).wasted <= arena_stats(arena).used / 2);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void a_capacity_beside_a_buffer_may_be_over_the_largest_block(void **state)
{
    (void)state;
    CountedHeap heap = {0};
    size_t capacity = ARENA_TUNE_MOST + 1000;
    Arena *arena = arena_beside_a_buffer(&heap, capacity);
    leave_room(arena, 0);
    new_object(arena, 16, 1);
    assert_int_equal(heap.acquisitions, 1);
    assert_true(heap.last_size >= capacity);
    assert_true(arena->current->capacity >= capacity);
    assert_non_null(hide_pointer(arena_alloc(arena, capacity - 16)));
    assert_int_equal(heap.acquisitions, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void without_a_capacity_a_large_buffer_grows_by_large_blocks(void **state)
{
    (void)state;
    TestSource source = {0};
    ArenaOptions options = {.buffer = memory, .buffer_size = sizeof memory};
    options.source = test_source(&source);
    Arena *arena = arena_create_with(&options);
    assert_non_null(arena);
    leave_room(arena, 0);
    new_object(arena, 16, 1);
    assert_true(source.last_asked > smaller_of(sizeof memory / 2, ARENA_TUNE_MOST) / 2);
    arena_destroy(arena);
    assert_clean(&source);
}

// Which is how a debugger knows one that is gone.
static void a_destroyed_arena_has_no_blocks(void **state)
{
    (void)state;
    Arena *arena = arena_create_in(memory, sizeof memory);
    assert_non_null(arena);
    assert_int_equal(arena->block_count, 1);
    arena_destroy(arena);
    assert_int_equal(arena->block_count, 0);
}

static void half_of_the_chosen_block_is_not_large_and_more_is(void **state)
{
    (void)state;
    const size_t header = sizeof(ArenaBlock) + 2 * (MALLOC_ALIGN - 1);
    const size_t half = 8192;
    for (size_t more = 0; more <= ARENA_GRANULE; more += ARENA_GRANULE) {
        TestSource source = {0};
        ArenaOptions options = {
            .buffer = memory, .buffer_size = 4000, .capacity = 2 * half + header};
        options.source = test_source(&source);
        Arena *arena = arena_create_with(&options);
        assert_non_null(arena);
        leave_room(arena, 0);
        new_object(arena, half + more, 1);
        assert_true((arena->large != NULL) == (more > 0));
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void a_buffer_may_hold_an_arena_and_nothing_else(void **state)
{
    (void)state;
    unsigned char *buffer = guarded(0, 5000);
    size_t size = round_up_to(sizeof(Arena), MALLOC_ALIGN) + sizeof(ArenaBlock);
    assert_null(arena_create_in(buffer, size - 1));
    assert_int_equal(errno, EINVAL);
    Arena *arena = arena_create_in(buffer, size);
    assert_non_null(arena);
    assert_valid(arena);
    assert_int_equal(arena->blocks->capacity, 0);
    assert_null(hide_pointer(arena_new(arena, 1, 1)));
    assert_guards_intact(buffer, size);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_of_any_alignment_and_length_works_or_is_refused),
        cmocka_unit_test(a_buffer_is_used_to_its_last_bytes),
        cmocka_unit_test(a_full_buffer_fails_and_serves_again_after_a_reset),
        cmocka_unit_test(no_heap_is_used),
        cmocka_unit_test(no_buffer_is_refused),
        cmocka_unit_test(a_buffer_comes_first_and_then_the_source),
        cmocka_unit_test(the_capacity_is_that_of_the_sources_first_block),
        cmocka_unit_test(a_buffer_is_never_extended_or_released),
        cmocka_unit_test(a_buffer_does_not_count_against_the_limit),
        cmocka_unit_test(a_buffer_with_the_default_source_grows_on_the_heap),
        cmocka_unit_test(marks_work_in_a_buffer),
        cmocka_unit_test(a_small_capacity_beside_a_buffer_asks_the_source_seldom),
        cmocka_unit_test(a_capacity_beside_a_buffer_may_be_over_the_largest_block),
        cmocka_unit_test(without_a_capacity_a_large_buffer_grows_by_large_blocks),
        cmocka_unit_test(a_destroyed_arena_has_no_blocks),
        cmocka_unit_test(half_of_the_chosen_block_is_not_large_and_more_is),
        cmocka_unit_test(a_buffer_may_hold_an_arena_and_nothing_else),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
