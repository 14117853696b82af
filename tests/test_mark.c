// Marks and rewinds: what was there at the mark is there again, and nothing else.

#include "support/check.h"

static void rewind_keeps_older_pointers(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    unsigned char *objects[40];
    for (uint32_t i = 0; i < COUNT_OF(objects); i++)
        objects[i] = new_object(arena, 60 + i, i);
    ArenaMark mark = arena_mark(arena);
    for (uint32_t i = 0; i < 200; i++)
        new_object(arena, 30 + i % 90, 1000 + i);
    arena_rewind(arena, mark);
    for (uint32_t i = 0; i < COUNT_OF(objects); i++)
        assert_filled(objects[i], 60 + i, i);
    assert_valid(arena);
    arena_destroy(arena);
}

static void rewind_takes_back_what_is_newer(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    ArenaStats before = arena_stats(arena);
    unsigned char *first = new_object(arena, 64, 2);
    grow_blocks(arena, 3);
    size_t peak = arena_stats(arena).peak;
    arena_rewind(arena, mark);
    ArenaStats after = arena_stats(arena);
    assert_int_equal(after.used, before.used);
    assert_int_equal(after.wasted, before.wasted);
    assert_int_equal(after.peak, peak);
    assert_ptr_equal(new_object(arena, 64, 3), first);
    arena_destroy(arena);
}

static void a_mark_costs_nothing(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 300);
    new_object(arena, 24, 1);
    ArenaStats before = arena_stats(arena);
    unsigned char *cursor = arena->cursor;
    for (size_t i = 0; i < 10000; i++)
        arena_mark(arena);
    ArenaStats after = arena_stats(arena);
    assert_memory_equal(&before, &after, sizeof before);
    assert_ptr_equal(arena->cursor, cursor);
    assert_int_equal(source.calls, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_mark_may_be_rewound_to_any_number_of_times(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    unsigned char *older = new_object(arena, 50, 1);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t j = 0; j < i; j++)
            new_object(arena, j * 7 % 200, j);
        arena_rewind(arena, mark);
        assert_int_equal(arena_stats(arena).used, used);
        assert_filled(older, 50, 1);
        assert_valid(arena);
    }
    arena_rewind(arena, mark);
    arena_destroy(arena);
}

static void marks_nest(void **state)
{
    (void)state;
    enum { DEPTH = 50 };
    ArenaMark marks[DEPTH];
    size_t used[DEPTH];
    unsigned char *objects[DEPTH];
    Arena *arena = new_arena(200);
    for (uint32_t i = 0; i < DEPTH; i++) {
        marks[i] = arena_mark(arena);
        used[i] = arena_stats(arena).used;
        objects[i] = new_object(arena, 40 + i, i);
    }
    for (uint32_t i = DEPTH; i-- > 0;) {
        for (uint32_t j = 0; j <= i; j++)
            assert_filled(objects[j], 40 + j, j);
        arena_rewind(arena, marks[i]);
        assert_int_equal(arena_stats(arena).used, used[i]);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void an_outer_mark_may_skip_inner_ones(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    ArenaMark outer = arena_mark(arena);
    unsigned char *first = new_object(arena, 80, 1);
    for (uint32_t i = 0; i < 30; i++) {
        arena_mark(arena);
        new_object(arena, 80, i);
    }
    arena_rewind(arena, outer);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_ptr_equal(new_object(arena, 80, 2), first);
    ArenaMark inner = arena_mark(arena);
    new_object(arena, 80, 3);
    arena_rewind(arena, inner);
    assert_filled(first, 80, 2);
    arena_rewind(arena, outer);
    assert_valid(arena);
    arena_destroy(arena);
}

static void an_older_mark_stays_good_after_a_newer_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    ArenaMark outer = arena_mark(arena);
    new_object(arena, 300, 1);
    ArenaMark inner = arena_mark(arena);
    new_object(arena, 3000, 2);
    arena_rewind(arena, inner);
    new_object(arena, 300, 3);
    arena_rewind(arena, outer);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void not_rewinding_is_the_commit(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    unsigned char *objects[100];
    for (uint32_t i = 0; i < COUNT_OF(objects); i++) {
        arena_mark(arena);
        objects[i] = new_object(arena, 33, i);
    }
    for (uint32_t i = 0; i < COUNT_OF(objects); i++)
        assert_filled(objects[i], 33, i);
    arena_destroy(arena);
}

static void rewind_keeps_the_blocks_as_spares(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    ArenaMark mark = arena_mark(arena);
    grow_blocks(arena, 4);
    size_t calls = source.calls;
    for (size_t i = 0; i < 10; i++) {
        arena_rewind(arena, mark);
        assert_ptr_equal(arena->current, arena->blocks);
        while (arena->current->next)
            assert_non_null(hide_pointer(arena_alloc(arena, 32)));
    }
    assert_int_equal(source.calls, calls);
    assert_int_equal(source.releases, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

static void rewind_gives_newer_large_objects_back_and_keeps_older_ones(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    unsigned char *older = new_object(arena, 5000, 1);
    ArenaMark mark = arena_mark(arena);
    size_t held = source.live_bytes;
    ArenaStats before = arena_stats(arena);
    for (uint32_t i = 0; i < 5; i++)
        new_object(arena, 5000 + i, i);
    assert_int_equal(arena_stats(arena).blocks, before.blocks + 5);
    arena_rewind(arena, mark);
    ArenaStats after = arena_stats(arena);
    assert_int_equal(source.live_bytes, held);
    assert_int_equal(after.reserved, before.reserved);
    assert_int_equal(after.blocks, before.blocks);
    assert_int_equal(after.used, before.used);
    assert_int_equal(after.wasted, before.wasted);
    assert_filled(older, 5000, 1);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void rewind_goes_back_over_blocks_and_a_large_object(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    unsigned char *older = new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    ArenaBlock *block = arena->current;
    size_t used = arena_stats(arena).used;
    grow_blocks(arena, 3);
    new_object(arena, large_size(arena), 2);
    new_object(arena, 10, 3);
    arena_rewind(arena, mark);
    assert_ptr_equal(arena->current, block);
    assert_int_equal(arena_stats(arena).used, used);
    assert_null(arena->large);
    assert_filled(older, 100, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_mark_at_the_end_of_a_block_is_good(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    leave_room(arena, 0);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    grow_blocks(arena, 2);
    arena_rewind(arena, mark);
    assert_int_equal(room_in(arena), 0);
    assert_int_equal(arena_stats(arena).used, used);
    new_object(arena, 20, 1);
    arena_rewind(arena, mark);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_mark_in_an_empty_arena_is_good(void **state)
{
    (void)state;
    Arena *arena = new_arena(1);
    ArenaMark mark = arena_mark(arena);
    arena_rewind(arena, mark);
    new_object(arena, 100, 1);
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_rewind_to_where_the_arena_is_changes_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    unsigned char *object = new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    ArenaStats before = arena_stats(arena);
    arena_rewind(arena, mark);
    ArenaStats after = arena_stats(arena);
    assert_memory_equal(&before, &after, sizeof before);
    assert_filled(object, 100, 1);
    arena_destroy(arena);
}

static void every_mark_rewind_and_reset_advances_the_epoch(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    uint64_t epoch = arena->epoch;
    for (size_t i = 0; i < 10; i++) {
        ArenaMark mark = arena_mark(arena);
        assert_true(arena->epoch > epoch);
        epoch = arena->epoch;
        new_object(arena, 10, 1);
        assert_int_equal(arena->epoch, epoch);
        arena_rewind(arena, mark);
        assert_true(arena->epoch > epoch);
        epoch = arena->epoch;
        arena_reset(arena);
        assert_true(arena->epoch > epoch);
        epoch = arena->epoch;
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewind_keeps_older_pointers),
        cmocka_unit_test(rewind_takes_back_what_is_newer),
        cmocka_unit_test(a_mark_costs_nothing),
        cmocka_unit_test(a_mark_may_be_rewound_to_any_number_of_times),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(an_outer_mark_may_skip_inner_ones),
        cmocka_unit_test(an_older_mark_stays_good_after_a_newer_rewind),
        cmocka_unit_test(not_rewinding_is_the_commit),
        cmocka_unit_test(rewind_keeps_the_blocks_as_spares),
        cmocka_unit_test(rewind_gives_newer_large_objects_back_and_keeps_older_ones),
        cmocka_unit_test(rewind_goes_back_over_blocks_and_a_large_object),
        cmocka_unit_test(a_mark_at_the_end_of_a_block_is_good),
        cmocka_unit_test(a_mark_in_an_empty_arena_is_good),
        cmocka_unit_test(a_rewind_to_where_the_arena_is_changes_nothing),
        cmocka_unit_test(every_mark_rewind_and_reset_advances_the_epoch),
    };
    return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
