// Arrays: what they hold, how they grow, and what a rewind makes of them.

#include <arena/array.h>

#include "support/check.h"

typedef ARENA_ARRAY(int) Ints;

static void push_range(Arena *arena, Ints *ints, int from, int to)
{
    for (int i = from; i < to; i++) {
        int *item = ARENA_PUSH(arena, ints);
        assert_non_null(item);
        *item = i;
    }
}

static void assert_range(const Ints *ints, int from, int to)
{
    assert_int_equal(ints->count, to - from);
    for (int i = from; i < to; i++)
        assert_int_equal(ints->items[i - from], i);
}

static void pushed_items_are_there_in_order(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 10000);
    assert_range(&ints, 0, 10000);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_rewind_restores_an_array_that_was_empty(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    ArenaMark mark = arena_mark(arena);
    push_range(arena, &ints, 0, 100);
    arena_rewind(arena, mark);
    assert_int_equal(ints.count, 0);
    assert_int_equal(ints.capacity, 0);
    assert_null(ints.items);
    push_range(arena, &ints, 0, 100);
    arena_rewind(arena, mark);
    assert_int_equal(ints.count, 0);
    arena_destroy(arena);
}

static void a_rewind_restores_what_was_popped_and_overwritten(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 50);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 20; j++)
            assert_int_equal(*ARENA_POP(arena, &ints), 49 - j);
        push_range(arena, &ints, 1000, 2000);
        assert_true(ARENA_REMOVE(arena, &ints, 3));
        *ARENA_INSERT(arena, &ints, 0) = 7;
        assert_true(ARENA_TRUNCATE(arena, &ints, 5));
        push_range(arena, &ints, 0, 5);
        arena_rewind(arena, mark);
        assert_range(&ints, 0, 50);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushed_items_are_there_in_order),
        cmocka_unit_test(a_rewind_restores_an_array_that_was_empty),
        cmocka_unit_test(a_rewind_restores_what_was_popped_and_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
