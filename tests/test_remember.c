// Remembered bytes: a rewind puts them back, wherever they are; nothing else does.

#include "support/check.h"

static void rewind_restores_bytes_anywhere(void **state)
{
    (void)state;
    static unsigned char global[50];
    unsigned char local[50];
    unsigned char *heap = malloc(50);
    assert_non_null(heap);
    Arena *arena = new_arena(300);
    unsigned char *objects[] = {global, local, heap, new_object(arena, 50, 0)};
    for (uint32_t i = 0; i < 4; i++)
        fill_bytes(objects[i], 50, i);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 4; i++) {
        assert_true(arena_remember(arena, objects[i], 50));
        memset(objects[i], 0, 50);
    }
    arena_rewind(arena, mark);
    for (uint32_t i = 0; i < 4; i++)
        assert_filled(objects[i], 50, i);
    assert_valid(arena);
    free(heap);
    arena_destroy(arena);
}

static void only_the_given_bytes_are_restored(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t offset = 0; offset < 20; offset++) {
        for (size_t size = 0; size < 20; size++) {
            unsigned char bytes[40];
            memset(bytes, 1, sizeof bytes);
            ArenaMark mark = arena_mark(arena);
            assert_true(arena_remember(arena, bytes + offset, size));
            memset(bytes, 2, sizeof bytes);
            arena_rewind(arena, mark);
            assert_all(bytes, offset, 2);
            assert_all(bytes + offset, size, 1);
            assert_all(bytes + offset + size, sizeof bytes - offset - size, 2);
        }
    }
    arena_destroy(arena);
}

static void bytes_remembered_twice_are_as_at_the_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    int value = 1;
    ArenaMark mark = arena_mark(arena);
    for (int i = 2; i < 200; i++) {
        assert_true(arena_remember(arena, &value, sizeof value));
        value = i;
    }
    arena_rewind(arena, mark);
    assert_int_equal(value, 1);
    arena_destroy(arena);
}

static void each_mark_restores_its_own_state(void **state)
{
    (void)state;
    enum { DEPTH = 60 };
    ArenaMark marks[DEPTH];
    Arena *arena = new_arena(100);
    int value = 0;
    for (int i = 0; i < DEPTH; i++) {
        marks[i] = arena_mark(arena);
        assert_true(arena_remember(arena, &value, sizeof value));
        value = i + 1;
    }
    for (int i = DEPTH - 1; i > DEPTH / 2; i--) {
        arena_rewind(arena, marks[i]);
        assert_int_equal(value, i);
    }
    arena_rewind(arena, marks[3]);
    assert_int_equal(value, 3);
    arena_rewind(arena, marks[0]);
    assert_int_equal(value, 0);
    arena_destroy(arena);
}

static void a_mark_restores_again_what_is_remembered_again(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    int value = 5;
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 20; i++) {
        assert_true(arena_remember(arena, &value, sizeof value));
        value = 100 + i;
        arena_rewind(arena, mark);
        assert_int_equal(value, 5);
    }
    value = 6;
    arena_rewind(arena, mark);
    assert_int_equal(value, 6);
    arena_destroy(arena);
}

static void remembering_without_a_mark_costs_nothing(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    leave_room(arena, 0);
    source.refuse = true;
    Snapshot before = take_snapshot(arena);
    int value = 1;
    for (size_t i = 0; i < 100; i++)
        assert_true(arena_remember(arena, &value, sizeof value));
    check_unchanged(arena, &before, 0);
    assert_int_equal(source.calls, 1);
    arena_mark(arena);
    arena_reset(arena);
    leave_room(arena, 0);
    assert_true(arena_remember(arena, &value, sizeof value));
    assert_null(arena->journal);
    arena_destroy(arena);
    assert_clean(&source);
}

static void reset_and_destroy_restore_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    int value = 1;
    arena_mark(arena);
    assert_true(arena_remember(arena, &value, sizeof value));
    value = 2;
    arena_reset(arena);
    assert_int_equal(value, 2);
    arena_mark(arena);
    assert_true(arena_remember(arena, &value, sizeof value));
    value = 3;
    arena_destroy(arena);
    assert_int_equal(value, 3);
}

static void what_was_remembered_before_a_reset_is_forgotten(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    int value = 1;
    arena_mark(arena);
    assert_true(arena_remember(arena, &value, sizeof value));
    arena_reset(arena);
    ArenaMark mark = arena_mark(arena);
    value = 2;
    arena_rewind(arena, mark);
    assert_int_equal(value, 2);
    arena_destroy(arena);
}

static int remembered;
static int seen[3];
static size_t seen_count;

static void look_at_remembered(void *context)
{
    (void)context;
    seen[seen_count++] = remembered;
}

static void calls_and_bytes_are_undone_newest_first(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    remembered = 10;
    seen_count = 0;
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        assert_true(arena_defer(arena, look_at_remembered, NULL));
        assert_true(arena_remember(arena, &remembered, sizeof remembered));
        remembered++;
    }
    arena_rewind(arena, mark);
    assert_int_equal(seen_count, 3);
    assert_int_equal(seen[0], 12);
    assert_int_equal(seen[1], 11);
    assert_int_equal(seen[2], 10);
    assert_int_equal(remembered, 10);
    arena_destroy(arena);
}

static void large_amounts_are_remembered(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    unsigned char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    fill_bytes(bytes, SIZE, 1);
    Arena *arena = new_arena(100);
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_remember(arena, bytes, SIZE));
    memset(bytes, 0, SIZE);
    arena_rewind(arena, mark);
    assert_filled(bytes, SIZE, 1);
    assert_null(arena->large);
    assert_valid(arena);
    free(bytes);
    arena_destroy(arena);
}

static void objects_newer_than_the_mark_may_be_remembered(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *older = new_object(arena, 64, 1);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    unsigned char *small = new_object(arena, 64, 2);
    size_t size = large_size(arena);
    unsigned char *large = new_object(arena, size, 3);
    assert_true(arena_remember(arena, small, 64));
    assert_true(arena_remember(arena, large, size));
    memset(small, 0, 64);
    memset(large, 0, size);
    arena_rewind(arena, mark);
    assert_filled(older, 64, 1);
    assert_int_equal(arena_stats(arena).used, used);
    assert_valid(arena);
    arena_destroy(arena);
}

// Growth by moving pages would leave the saved bytes without the place that they belong to.
static void a_remembered_large_object_is_still_there_at_the_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    ArenaMark outer = arena_mark(arena);
    size_t size = ARENA_TUNE_MAPPED + 5000;
    unsigned char *large = new_object(arena, size, 1);
    assert_true(arena_remember(arena, large + 100, 64));
    memset(large + 100, 0, 64);
    unsigned char *grown = arena_realloc(arena, large, size, 3 * size);
    assert_non_null(grown);
    arena_rewind(arena, outer);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void bytes_that_cannot_be_saved_are_refused(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 300);
    static unsigned char bytes[5000];
    fill_bytes(bytes, sizeof bytes, 1);
    ArenaMark mark = arena_mark(arena);
    source.refuse = true;
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_false(arena_remember(arena, bytes, sizeof bytes));
    assert_false(arena_remember(arena, bytes, hide_size(SIZE_MAX)));
    assert_false(arena_remember(arena, bytes, hide_size(SIZE_MAX - 40)));
    assert_false(arena_remember(arena, bytes, hide_size(PTRDIFF_MAX)));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 4);
    memset(bytes, 0, sizeof bytes);
    arena_rewind(arena, mark);
    assert_all(bytes, sizeof bytes, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewind_restores_bytes_anywhere),
        cmocka_unit_test(only_the_given_bytes_are_restored),
        cmocka_unit_test(bytes_remembered_twice_are_as_at_the_mark),
        cmocka_unit_test(each_mark_restores_its_own_state),
        cmocka_unit_test(a_mark_restores_again_what_is_remembered_again),
        cmocka_unit_test(remembering_without_a_mark_costs_nothing),
        cmocka_unit_test(reset_and_destroy_restore_nothing),
        cmocka_unit_test(what_was_remembered_before_a_reset_is_forgotten),
        cmocka_unit_test(calls_and_bytes_are_undone_newest_first),
        cmocka_unit_test(large_amounts_are_remembered),
        cmocka_unit_test(objects_newer_than_the_mark_may_be_remembered),
        cmocka_unit_test(a_remembered_large_object_is_still_there_at_the_rewind),
        cmocka_unit_test(bytes_that_cannot_be_saved_are_refused),
    };
    return cmocka_run_group_tests_name("remember", tests, NULL, NULL);
}
