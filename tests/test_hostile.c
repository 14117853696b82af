// Nasty cases: arguments and orders that have broken other arenas. Those with a home elsewhere are
// there: misaligned buffers in test_buffer.c, sources of any alignment in test_source.c, dirty
// memory in test_calloc.c, formatted lengths in test_string.c, failing acquisitions in
// test_failure.c.

#include "support/check.h"

static void the_largest_sizes_fail_at_every_alignment(void **state)
{
    (void)state;
    static unsigned char buffer[3000];
    TestSource source = {.extension = 100};
    Arena *arenas[] = {new_arena(500), arena_create_in(buffer, sizeof buffer),
                       arena_create_region(100000), new_arena_on(&source, 500)};
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        unsigned char *object = new_object(arenas[i], 40, 1);
        Snapshot before = take_snapshot(arenas[i]);
        size_t failures = 0;
        for (size_t align = 1; align <= 4096; align *= 2) {
            for (size_t less = 0; less <= 64; less++, failures++) {
                errno = 0;
                size_t size = hide_size(SIZE_MAX - less);
                assert_null(arena_alloc_aligned(arenas[i], size, align));
                assert_int_equal(errno, ENOMEM);
            }
        }
        check_unchanged(arenas[i], &before, failures);
        assert_filled(object, 40, 1);
        arena_destroy(arenas[i]);
    }
    assert_clean(&source);
}

static void a_size_that_wraps_with_what_is_used_fails(void **state)
{
    (void)state;
    Arena *arena = new_arena(500);
    new_object(arena, 200, 1);
    Snapshot before = take_snapshot(arena);
    uintptr_t cursor = (uintptr_t)arena->cursor;
    uintptr_t end = (uintptr_t)arena->end;
    size_t wrapping[] = {
        (size_t)(0 - cursor), (size_t)(0 - cursor) + 8, (size_t)(0 - end), (size_t)(0 - cursor) - 8,
        SIZE_MAX - 200,       SIZE_MAX - 207,           SIZE_MAX - 208};
    for (size_t i = 0; i < COUNT_OF(wrapping); i++) {
        assert_null(arena_alloc(arena, hide_size(wrapping[i])));
        assert_null(arena_calloc(arena, hide_size(wrapping[i])));
        assert_null(arena_new(arena, hide_size(wrapping[i]), 8));
        assert_null(arena_alloc_aligned(arena, hide_size(wrapping[i]), 64));
    }
    check_unchanged(arena, &before, 4 * COUNT_OF(wrapping));
    arena_destroy(arena);
}

static void products_that_wrap_on_some_machines_fail_or_fit(void **state)
{
    (void)state;
    typedef struct Thing {
        unsigned char bytes[48];
    } Thing;
    Arena *arena = new_arena(500);
    static const uint32_t counts[] = {0x5555556u, 0x10000001u, 0x5555557u, 0x2AAAAAABu};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        uint64_t exact = (uint64_t)counts[i] * sizeof(Thing);
        size_t size = arena_array_size(counts[i], sizeof(Thing));
        if (exact <= PTRDIFF_MAX)
            assert_int_equal(size, exact);
        else
            assert_int_equal(size, SIZE_MAX);
    }
    assert_null(ARENA_NEW_ARRAY(arena, Thing, hide_size(SIZE_MAX / 48 + 1)));
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_fresh_block_serves_the_request_that_asked_for_it(void **state)
{
    (void)state;
    static const size_t capacities[] = {100, 5000, 40000};
    for (size_t i = 0; i < COUNT_OF(capacities); i++) {
        for (size_t align = 1; align <= 4096; align *= 2) {
            for (size_t delta = 0; delta < 400; delta += 3) {
                Arena *arena = new_arena(capacities[i]);
                leave_room(arena, 0);
                // Around half of a block, and around a whole one.
                size_t base = delta % 2 ? arena->block_size / 2 : arena->block_size;
                if (base + delta < 300)
                    base += 300;
                size_t size = base + delta - 200;
                unsigned char *object = hide_pointer(arena_alloc_aligned(arena, size, align));
                assert_non_null(object);
                assert_aligned(object, align);
                object[0] = object[size - 1] = 1;
                assert_int_equal(arena_stats(arena).blocks, 2);
                assert_true(arena_owns(arena, object + size - 1));
                assert_valid(arena);
                arena_destroy(arena);
            }
        }
    }
}

static void the_first_block_serves_sizes_around_its_payload(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 4096; align *= 4) {
        for (size_t size = 800; size < 1300; size += 3) {
            Arena *arena = new_arena(1000);
            unsigned char *object = hide_pointer(arena_alloc_aligned(arena, size, align));
            assert_non_null(object);
            assert_aligned(object, align);
            fill_bytes(object, size, 1);
            unsigned char *next = new_object(arena, 16, 2);
            assert_true(next >= object + size || next + 16 <= object);
            assert_filled(object, size, 1);
            assert_valid(arena);
            arena_destroy(arena);
        }
    }
}

static void an_exact_fit_with_padding_fits_and_one_byte_more_does_not(void **state)
{
    (void)state;
    for (size_t align = 16; align <= 1024; align *= 2) {
        Arena *arena = new_arena(8192);
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        size_t padding = (size_t)(-(uintptr_t)arena->cursor & (align - 1));
        size_t exact = room_in(arena) - padding;
        ArenaMark mark = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc_aligned(arena, exact, align)));
        assert_int_equal(room_in(arena), 0);
        assert_int_equal(arena_stats(arena).blocks, 1);
        arena_rewind(arena, mark);
        assert_non_null(hide_pointer(arena_alloc_aligned(arena, exact + 1, align)));
        assert_int_equal(arena_stats(arena).blocks, 2);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void an_object_of_no_bytes_at_a_blocks_end_overlaps_nobody(void **state)
{
    (void)state;
    Arena *arena = new_arena(500);
    leave_room(arena, 0);
    unsigned char *none = hide_pointer(arena_alloc(arena, hide_size(0)));
    assert_non_null(none);
    unsigned char *neighbour = new_object(arena, 32, 1);
    unsigned char *grown = arena_realloc(arena, none, 0, 64);
    assert_non_null(grown);
    fill_bytes(grown, 64, 2);
    assert_filled(neighbour, 32, 1);
    neighbour = arena_realloc(arena, neighbour, 32, 64);
    fill_bytes(neighbour, 64, 3);
    assert_filled(grown, 64, 2);
    assert_valid(arena);
    arena_destroy(arena);
}

static void an_object_of_no_bytes_grows_where_its_block_ends(void **state)
{
    (void)state;
    Arena *arena = new_arena(500);
    leave_room(arena, 0);
    unsigned char *none = hide_pointer(arena_alloc(arena, hide_size(0)));
    unsigned char *grown = arena_realloc(arena, none, 0, 64);
    assert_non_null(grown);
    assert_aligned(grown, MALLOC_ALIGN);
    fill_bytes(grown, 64, 2);
    assert_true(arena_owns(arena, grown + 63));
    assert_valid(arena);
    arena_destroy(arena);
}

static void marks_out_of_order_end_where_they_say(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    ArenaMark marks[6];
    size_t used[6];
    for (size_t i = 0; i < 6; i++) {
        marks[i] = arena_mark(arena);
        used[i] = arena_stats(arena).used;
        grow_blocks(arena, 1);
        new_object(arena, large_size(arena), 1);
    }
    static const size_t order[] = {5, 3, 3, 2, 0, 0};
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        arena_rewind(arena, marks[order[i]]);
        assert_int_equal(arena_stats(arena).used, used[order[i]]);
        assert_valid(arena);
        grow_blocks(arena, 1);
        new_object(arena, large_size(arena), 1);
    }
    arena_destroy(arena);
}

static void the_list_of_large_objects_may_be_long(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    ArenaMark middle = {0};
    for (uint32_t i = 0; i < 400; i++) {
        if (i == 200)
            middle = arena_mark(arena);
        new_object(arena, 9000, i);
    }
    arena_rewind(arena, middle);
    assert_int_equal(source.live_pieces, 201);
    arena_reset(arena);
    assert_int_equal(source.live_pieces, 1);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void deep_journals_are_undone(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    static unsigned char bytes[256];
    memset(bytes, 0, sizeof bytes);
    ArenaMark mark = arena_mark(arena);
    for (uint32_t i = 0; i < 50000; i++) {
        assert_true(arena_remember(arena, &bytes[i % 256], 1));
        bytes[i % 256]++;
    }
    assert_valid(arena);
    arena_rewind(arena, mark);
    assert_all(bytes, sizeof bytes, 0);
    assert_int_equal(arena_stats(arena).used, 0);
    arena_destroy(arena);
}

// The sum of the two is small again.
static void sizes_and_alignments_that_wrap_together_fail(void **state)
{
    (void)state;
    const size_t align = hide_size(SIZE_MAX / 2 + 1);
    Arena *arena = new_arena(100000);
    for (size_t less = 0; less < 3; less++)
        for (size_t more = 0; more < 200; more++) {
            assert_null(hide_pointer(arena_alloc_aligned(arena, (align >> less) + more, align)));
            assert_null(hide_pointer(arena_alloc_aligned(arena, align + more, align >> less)));
            assert_null(hide_pointer(arena_alloc_aligned(arena, more, align)));
            assert_int_equal(errno, ENOMEM);
        }
    assert_valid(arena);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_sizes_fail_at_every_alignment),
        cmocka_unit_test(a_size_that_wraps_with_what_is_used_fails),
        cmocka_unit_test(products_that_wrap_on_some_machines_fail_or_fit),
        cmocka_unit_test(a_fresh_block_serves_the_request_that_asked_for_it),
        cmocka_unit_test(the_first_block_serves_sizes_around_its_payload),
        cmocka_unit_test(an_exact_fit_with_padding_fits_and_one_byte_more_does_not),
        cmocka_unit_test(an_object_of_no_bytes_at_a_blocks_end_overlaps_nobody),
        cmocka_unit_test(an_object_of_no_bytes_grows_where_its_block_ends),
        cmocka_unit_test(marks_out_of_order_end_where_they_say),
        cmocka_unit_test(the_list_of_large_objects_may_be_long),
        cmocka_unit_test(deep_journals_are_undone),
        cmocka_unit_test(sizes_and_alignments_that_wrap_together_fail),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
