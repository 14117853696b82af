// Alignment: of addresses, not of offsets; paid once, by the object that asks for it.

#include "support/check.h"

enum { MOST_ALIGN = 4096 };

static void every_power_of_two_is_honoured(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    for (size_t align = 1; align <= (size_t)1 << 20; align *= 2) {
        for (size_t size = 0; size < 200; size += 7) {
            unsigned char *object = hide_pointer(arena_alloc_aligned(arena, size, align));
            assert_non_null(object);
            assert_aligned(object, align);
            memset(object, 1, size);
            assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        }
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void addresses_are_aligned_and_not_offsets(void **state)
{
    (void)state;
    static unsigned char memory[3 * MOST_ALIGN + 2000];
    for (size_t shift = 0; shift < 64; shift++) {
        Arena *arena = arena_create_in(memory + shift, sizeof memory - 64);
        assert_non_null(arena);
        assert_aligned(hide_pointer(arena_alloc(arena, 1)), MALLOC_ALIGN);
        for (size_t align = 1; align <= MOST_ALIGN / 2; align *= 2)
            assert_aligned(hide_pointer(arena_alloc_aligned(arena, 1, align)), align);
        arena_destroy(arena);
    }
}

static void alloc_keeps_the_promise_of_malloc_after_any_object(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    for (size_t size = 1; size < 100; size++) {
        assert_non_null(hide_pointer(arena_new(arena, size, 1)));
        assert_aligned(hide_pointer(arena_alloc(arena, size)), MALLOC_ALIGN);
        assert_non_null(hide_pointer(arena_new(arena, size, 1)));
        assert_aligned(hide_pointer(arena_calloc(arena, size)), MALLOC_ALIGN);
    }
    arena_destroy(arena);
}

static void typed_objects_have_the_alignment_of_their_type(void **state)
{
    (void)state;
    typedef struct Page {
        _Alignas(512) unsigned char bytes[512];
    } Page;
    Arena *arena = new_arena(0);
    for (size_t i = 0; i < 20; i++) {
        assert_non_null(hide_pointer(ARENA_NEW(arena, char)));
        assert_aligned(hide_pointer(ARENA_NEW(arena, Page)), 512);
        assert_non_null(hide_pointer(ARENA_NEW(arena, char)));
        Page *pages = hide_pointer(ARENA_NEW0_ARRAY(arena, Page, 3));
        assert_aligned(pages, 512);
        assert_all(pages, sizeof *pages * 3, 0);
        assert_aligned(hide_pointer(ARENA_NEW(arena, long double)), _Alignof(long double));
    }
    arena_destroy(arena);
}

static void padding_is_counted_once(void **state)
{
    (void)state;
    Arena *arena = new_arena(4 * MOST_ALIGN);
    for (size_t align = 8; align <= MOST_ALIGN / 4; align *= 2) {
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        size_t padding = (size_t)(-(uintptr_t)arena->cursor & (align - 1));
        size_t used = arena_stats(arena).used;
        unsigned char *cursor = arena->cursor;
        unsigned char *object = hide_pointer(arena_alloc_aligned(arena, 24, align));
        assert_ptr_equal(object, cursor + padding);
        assert_int_equal(arena_stats(arena).used, used + padding + 24);
    }
    arena_destroy(arena);
}

static void one_over_aligned_object_does_not_align_later_ones(void **state)
{
    (void)state;
    Arena *arena = new_arena(4 * MOST_ALIGN);
    unsigned char *aligned = hide_pointer(arena_alloc_aligned(arena, 8, MOST_ALIGN));
    unsigned char *next = hide_pointer(arena_new(arena, 8, 8));
    unsigned char *last = hide_pointer(arena_alloc(arena, 8));
    assert_ptr_equal(next, aligned + 8);
    assert_ptr_equal(last, aligned + 16);
    arena_destroy(arena);
}

static void padding_is_in_the_room_check(void **state)
{
    (void)state;
    static _Alignas(256) unsigned char memory[4096];
    for (size_t align = 16; align <= 256; align *= 2) {
        Arena *arena = arena_create_in(memory, sizeof memory);
        assert_non_null(arena);
        // What is left is `align` bytes, which start half way between two aligned addresses.
        unsigned char *target = memory + sizeof memory - 512 - align / 2;
        assert_non_null(hide_pointer(arena_new(arena, (size_t)(target - arena->cursor), 1)));
        leave_room(arena, round_up_to(align, MALLOC_ALIGN));
        size_t padding = (size_t)(-(uintptr_t)arena->cursor & (align - 1));
        size_t fits = room_in(arena) - padding;
        assert_null(arena_alloc_aligned(arena, fits + 1, align));
        unsigned char *object = hide_pointer(arena_alloc_aligned(arena, fits, align));
        assert_non_null(object);
        assert_aligned(object, align);
        assert_int_equal(room_in(arena), 0);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void alignments_that_are_no_powers_of_two_fail(void **state)
{
    (void)state;
    static const size_t crooked[] = {0, 3, 5, 24, 48, 100, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2};
    Arena *arena = new_arena(1000);
    Snapshot before = take_snapshot(arena);
    for (size_t i = 0; i < COUNT_OF(crooked); i++) {
        for (size_t size = 0; size < 3; size++) {
            errno = 0;
            assert_null(arena_alloc_aligned(arena, hide_size(size), hide_size(crooked[i])));
            assert_int_equal(errno, EINVAL);
        }
        errno = 0;
        assert_null(arena_new0(arena, hide_size(8), hide_size(crooked[i] | 32 | 3)));
        assert_int_equal(errno, EINVAL);
    }
    check_unchanged(arena, &before, 4 * COUNT_OF(crooked));
    arena_destroy(arena);
}

static void alignments_that_no_memory_has_fail(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    Snapshot before = take_snapshot(arena);
    size_t highest = SIZE_MAX / 2 + 1;
    for (size_t align = highest; align > highest >> 2; align /= 2) {
        for (size_t size = 0; size < 3; size++) {
            errno = 0;
            void *object = hide_pointer(arena_alloc_aligned(arena, size + 1, hide_size(align)));
            assert_null(object);
            assert_int_equal(errno, ENOMEM);
        }
    }
    check_unchanged(arena, &before, 6);
    arena_destroy(arena);
}

static void large_objects_are_aligned_too(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 40; shift += 13) {
        TestSource source = {.shift = shift};
        Arena *arena = new_arena_on(&source, 100);
        for (size_t align = 1; align <= MOST_ALIGN; align *= 2) {
            size_t size = large_size(arena);
            unsigned char *object = hide_pointer(arena_alloc_aligned(arena, size, align));
            assert_non_null(object);
            assert_aligned(object, align);
            fill_bytes(object, size, 1);
            assert_true(arena_owns(arena, object + size - 1));
            assert_valid(arena);
        }
        arena_destroy(arena);
        assert_clean(&source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_power_of_two_is_honoured),
        cmocka_unit_test(addresses_are_aligned_and_not_offsets),
        cmocka_unit_test(alloc_keeps_the_promise_of_malloc_after_any_object),
        cmocka_unit_test(typed_objects_have_the_alignment_of_their_type),
        cmocka_unit_test(padding_is_counted_once),
        cmocka_unit_test(one_over_aligned_object_does_not_align_later_ones),
        cmocka_unit_test(padding_is_in_the_room_check),
        cmocka_unit_test(alignments_that_are_no_powers_of_two_fail),
        cmocka_unit_test(alignments_that_no_memory_has_fail),
        cmocka_unit_test(large_objects_are_aligned_too),
    };
    return cmocka_run_group_tests_name("align", tests, NULL, NULL);
}
