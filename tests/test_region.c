// Regions: one contiguous range, whose memory is committed as it is used.

#include "support/check.h"
#include "support/memory.h"

enum { SIZE = 4 << 20 };

static Arena *new_region(size_t size)
{
    Arena *arena = arena_create_region(size);
    assert_non_null(arena);
    assert_valid(arena);
    return arena;
}

static void objects_stand_side_by_side_over_the_whole_range(void **state)
{
    (void)state;
    Arena *arena = new_region(SIZE);
    unsigned char *last = hide_pointer(arena_alloc(arena, 48));
    for (size_t i = 1; i < SIZE / 48 - 1; i++) {
        unsigned char *object = hide_pointer(arena_alloc(arena, 48));
        assert_ptr_equal(object, last + 48);
        object[0] = object[47] = 1;
        last = object;
    }
    assert_int_equal(arena_stats(arena).blocks, 1);
    assert_int_equal(arena_stats(arena).wasted, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void the_range_holds_its_size_in_one_piece(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 4095, 4096, 4097, 65536, 100001, SIZE, SIZE + 1};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        Arena *arena = new_region(sizes[i]);
        new_object(arena, sizes[i], 1);
        assert_null(arena->large);
        assert_int_equal(arena_stats(arena).blocks, 1);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void the_newest_object_grows_until_the_range_ends(void **state)
{
    (void)state;
    Arena *arena = new_region(SIZE);
    size_t size = 10;
    unsigned char *object = new_object(arena, size, 1);
    while (size * 2 <= SIZE) {
        assert_ptr_equal(arena_realloc(arena, object, size, size * 2), object);
        assert_filled(object, size, 1);
        size *= 2;
        fill_bytes(object, size, 1);
        assert_valid(arena);
    }
    errno = 0;
    Snapshot before = take_snapshot(arena);
    assert_null(arena_realloc(arena, object, size, 2 * SIZE));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 1);
    assert_filled(object, size, 1);
    arena_destroy(arena);
}

static void the_end_of_the_range_is_the_end(void **state)
{
    (void)state;
    Arena *arena = new_region(100000);
    unsigned char *first = hide_pointer(arena_alloc(arena, 16)), *object = first;
    size_t count = 0;
    while (object) {
        assert_true(object >= first && object < first + 200000);
        memset(object, 1, 16);
        count++;
        errno = 0;
        object = hide_pointer(arena_alloc(arena, 16));
    }
    assert_int_equal(errno, ENOMEM);
    assert_true(count >= 100000 / 16);
    assert_int_equal(arena_stats(arena).blocks, 1);
    assert_int_equal(arena_stats(arena).failures, 1);
    arena_reset(arena);
    assert_ptr_equal(hide_pointer(arena_alloc(arena, 16)), first);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_request_beyond_the_range_fails_and_smaller_ones_go_on(void **state)
{
    (void)state;
    Arena *arena = new_region(100000);
    unsigned char *object = new_object(arena, 50000, 1);
    Snapshot before = take_snapshot(arena);
    assert_null(arena_alloc(arena, 200000));
    assert_null(arena_alloc(arena, hide_size(PTRDIFF_MAX)));
    check_unchanged(arena, &before, 2);
    new_object(arena, 40000, 2);
    assert_filled(object, 50000, 1);
    arena_destroy(arena);
}

static void a_range_beyond_memory_fails(void **state)
{
    (void)state;
    for (size_t less = 0; less < 5000; less += less < 64 ? 1 : 500) {
        errno = 0;
        assert_null(arena_create_region(hide_size(SIZE_MAX - less)));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_null(arena_create_region(hide_size(BEYOND_MEMORY - less)));
        assert_int_equal(errno, ENOMEM);
    }
}

static void a_range_of_no_bytes_is_an_arena(void **state)
{
    (void)state;
    Arena *arena = new_region(0);
    assert_non_null(hide_pointer(arena_alloc(arena, hide_size(0))));
    // Nor does it get what an arena without a capacity has.
    size_t page = 65536; // the largest there is
    assert_null(hide_pointer(
        arena_alloc(arena, hide_size(ARENA_TUNE_FIRST > page ? ARENA_TUNE_FIRST : page))));
    assert_valid(arena);
    arena_destroy(arena);
}

static void rewinding_and_resetting_go_back_in_the_range(void **state)
{
    (void)state;
    Arena *arena = new_region(SIZE);
    unsigned char *older = new_object(arena, 1000, 1);
    ArenaMark mark = arena_mark(arena);
    unsigned char *newer = NULL;
    for (uint32_t i = 0; i < 10; i++) {
        unsigned char *object = new_object(arena, 1000000 + i * 1000, i);
        assert_true(!newer || object == newer);
        newer = object;
        new_object(arena, 1000000, i);
        arena_rewind(arena, mark);
        assert_filled(older, 1000, 1);
        assert_valid(arena);
    }
    arena_reset(arena);
    assert_ptr_equal(new_object(arena, 1000, 1), older);
    arena_destroy(arena);
}

static void trim_gives_committed_memory_back(void **state)
{
    (void)state;
    Arena *arena = new_region(SIZE);
    unsigned char *object = new_object(arena, 1000, 1);
    ArenaMark mark = arena_mark(arena);
    for (size_t keep = 0; keep < 200000; keep = keep * 3 + 100) {
        new_object(arena, 3000000, 2);
        arena_rewind(arena, mark);
        size_t before = arena_stats(arena).reserved;
        arena_trim(arena, keep);
        size_t after = arena_stats(arena).reserved;
        assert_true(after < before);
        assert_true(after <= 1000 + keep + 2 * 65536);
        assert_true(arena->block_size <= after || arena->block_size == ARENA_TUNE_LEAST);
        assert_filled(object, 1000, 1);
        assert_valid(arena);
        assert_all(hide_pointer(arena_calloc(arena, 3000000)), 3000000, 0);
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

static void memory_is_committed_as_it_is_used(void **state)
{
    (void)state;
    if (UNDER_SANITIZER || resident_bytes() == 0 || sizeof(void *) < 8)
        skip();
    size_t before = resident_bytes();
    Arena *arena = new_region((size_t)4 << 30);
    for (size_t i = 0; i < 100; i++)
        new_object(arena, 1000, 1);
    assert_true(resident_bytes() - before < (size_t)16 << 20);
    assert_true(arena_stats(arena).reserved < (size_t)16 << 20);
    arena_destroy(arena);
}

static void a_limit_bounds_what_is_committed(void **state)
{
    (void)state;
    Arena *arena = new_region(SIZE);
    arena_set_limit(arena, 1000000);
    size_t count = 0;
    while (arena_alloc(arena, 1000))
        count++;
    assert_true(count > 800 && count <= 1000);
    assert_true(arena_stats(arena).reserved <= 1000000);
    arena_set_limit(arena, 0);
    new_object(arena, 1000000, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_request_that_never_fits_leaves_no_trace(void **state)
{
    (void)state;
    Arena *arena = new_region(64 * SIZE);
    assert_null(hide_pointer(arena_alloc(arena, 65 * SIZE)));
    arena_set_limit(arena, SIZE);
    for (size_t i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 1000)));
    assert_true(arena_stats(arena).reserved <= SIZE);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_range_is_committed_whole_where_little_is_left(void **state)
{
    (void)state;
    enum { RANGE = 1 << 20 };
    Arena *arena = new_region(RANGE);
    new_object(arena, RANGE / 4 * 3, 1);
    leave_room(arena, 0);
    new_object(arena, 16, 2);
    size_t next = arena->block_size;
    assert_true(arena_stats(arena).reserved >= smaller_of(RANGE, RANGE / 4 * 3 + next));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_stand_side_by_side_over_the_whole_range),
        cmocka_unit_test(the_range_holds_its_size_in_one_piece),
        cmocka_unit_test(the_newest_object_grows_until_the_range_ends),
        cmocka_unit_test(the_end_of_the_range_is_the_end),
        cmocka_unit_test(a_request_beyond_the_range_fails_and_smaller_ones_go_on),
        cmocka_unit_test(a_range_beyond_memory_fails),
        cmocka_unit_test(a_range_of_no_bytes_is_an_arena),
        cmocka_unit_test(rewinding_and_resetting_go_back_in_the_range),
        cmocka_unit_test(trim_gives_committed_memory_back),
        cmocka_unit_test(memory_is_committed_as_it_is_used),
        cmocka_unit_test(a_limit_bounds_what_is_committed),
        cmocka_unit_test(a_request_that_never_fits_leaves_no_trace),
        cmocka_unit_test(a_range_is_committed_whole_where_little_is_left),
    };
    return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
