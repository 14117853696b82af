// Scratch arenas where the system tells when threads end, and where it does not.

#include "support/check.h"
#include "fake_pages.h"

#include <arena/scratch.h>

// A scope that begins and ends; the arena that it had, which is gone where none is kept.
static Arena *use_scratch(void)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    assert_non_null(scratch.arena);
    new_object(scratch.arena, 1000, 1);
    arena_scratch_end(scratch);
    return scratch.arena;
}

static void count_call(void *context)
{
    ++*(size_t *)context;
}

static int start_over(void **state)
{
    (void)state;
    if (fake_pages.at_thread_end)
        fake_pages.at_thread_end();
    fake_pages_restart();
    return 0;
}

static void the_end_of_a_thread_is_asked_for_once(void **state)
{
    (void)state;
    use_scratch();
    assert_true(fake_pages.thread_ends > 0);
    fake_pages.thread_ends = 0;
    for (size_t i = 0; i < 5; i++)
        use_scratch();
    assert_int_equal(fake_pages.thread_ends, 0);
}

static void the_end_of_a_thread_gives_all_back(void **state)
{
    (void)state;
    size_t ends = 0;
    assert_true(arena_defer(use_scratch(), count_call, &ends));
    fake_pages.at_thread_end();
    assert_int_equal(ends, 1);

    // What runs later in the end of the thread may use scratch arenas.
    fake_pages.thread_ends = 0;
    assert_true(arena_defer(use_scratch(), count_call, &ends));
    assert_true(fake_pages.thread_ends > 0);
    fake_pages.at_thread_end();
    assert_int_equal(ends, 2);
}

// The arenas are gone before the blocks that the thread keeps.
static void no_block_of_theirs_is_kept_then(void **state)
{
    (void)state;
    Arena *arena = use_scratch();
    uintptr_t address = (uintptr_t)arena;
    size_t size = arena->blocks->size;
    fake_pages.at_thread_end();
    void *other = hide_pointer(malloc(size));
    assert_true((uintptr_t)use_scratch() != address);
    free(other);
}

static void where_it_is_not_told_no_arena_is_kept(void **state)
{
    (void)state;
    fake_pages.no_thread_end = true;
    for (size_t i = 0; i < 5; i++) {
        fake_pages.thread_ends = 0;
        ArenaScratch outer = arena_scratch_begin(NULL, 0);
        assert_true(fake_pages.thread_ends > 0);
        ArenaScratch inner = arena_scratch_begin(NULL, 0);
        assert_ptr_equal(inner.arena, outer.arena);
        arena_scratch_end(inner);
        new_object(outer.arena, 1000, 1);
        arena_scratch_end(outer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_end_of_a_thread_is_asked_for_once, start_over),
        cmocka_unit_test_setup(the_end_of_a_thread_gives_all_back, start_over),
        cmocka_unit_test_setup(no_block_of_theirs_is_kept_then, start_over),
        cmocka_unit_test_setup(where_it_is_not_told_no_arena_is_kept, start_over),
    };
    return cmocka_run_group_tests_name("scratch on fake pages", tests, NULL, NULL);
}
