// Creation and destruction: what an arena holds before anything was asked of it, and which
// arguments it refuses.

#include "support/check.h"

static void first_block_holds_the_capacity_in_one_piece(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity < 70000; capacity += capacity / 3 + 1) {
        Arena *arena = new_arena(capacity);
        new_object(arena, capacity, 1);
        assert_int_equal(arena_stats(arena).blocks, 1);
        assert_null(arena->large);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void first_block_is_acquired_at_once(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 5000);
    assert_int_equal(source.calls, 1);
    new_object(arena, 5000, 1);
    assert_int_equal(source.calls, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_source_of_any_alignment_still_holds_the_capacity(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 32; shift++) {
        TestSource source = {.shift = shift};
        Arena *arena = new_arena_on(&source, 1000);
        new_object(arena, 1000, 1);
        assert_int_equal(source.calls, 1);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void no_capacity_means_the_default(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t first = ARENA_TUNE_FIRST;
    new_object(arena, first, 1);
    assert_int_equal(arena_stats(arena).blocks, 1);
    assert_true(arena_stats(arena).reserved >= first);
    assert_true(arena_stats(arena).reserved < first + 1024);
    arena_destroy(arena);
}

static void a_new_arena_is_empty(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    ArenaStats stats = arena_stats(arena);
    assert_int_equal(stats.used, 0);
    assert_int_equal(stats.peak, 0);
    assert_int_equal(stats.wasted, 0);
    assert_int_equal(stats.blocks, 1);
    assert_int_equal(stats.failures, 0);
    arena_destroy(arena);
}

static void no_options_mean_the_defaults(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(NULL);
    Arena *other = arena_create_with(&(ArenaOptions){0});
    assert_non_null(arena);
    assert_non_null(other);
    assert_valid(arena);
    assert_int_equal(arena_stats(arena).reserved, arena_stats(other).reserved);
    arena_destroy(arena);
    arena_destroy(other);
}

static void the_name_is_kept_and_not_copied(void **state)
{
    (void)state;
    const char *name = "symbols";
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    assert_ptr_equal(arena->name, name);
    arena_destroy(arena);
}

static void a_capacity_beyond_memory_fails(void **state)
{
    (void)state;
    const size_t bases[] = {SIZE_MAX, BEYOND_MEMORY, (size_t)PTRDIFF_MAX + 1000};
    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        for (size_t less = 0; less < 1000; less += less < 100 ? 1 : 50) {
            errno = 0;
            assert_null(arena_create(hide_size(bases[i] - less)));
            assert_int_equal(errno, ENOMEM);
        }
    }
}

static void a_capacity_beyond_the_limit_fails(void **state)
{
    (void)state;
    TestSource source = {0};
    ArenaOptions options = {.capacity = 5000, .limit = 5000, .source = test_source(&source)};
    errno = 0;
    assert_null(arena_create_with(&options));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(source.live_pieces, 0);
    assert_clean(&source);
}

static void a_failing_source_fails_creation_and_leaks_nothing(void **state)
{
    (void)state;
    TestSource source = {.refuse = true};
    errno = 0;
    assert_null(arena_create_with(&(ArenaOptions){.source = test_source(&source)}));
    assert_int_equal(errno, ENOMEM);
    assert_clean(&source);
}

static void a_source_that_gives_less_fails_creation_and_leaks_nothing(void **state)
{
    (void)state;
    for (size_t short_by = 1; short_by < 2000; short_by *= 3) {
        TestSource source = {.short_by = short_by};
        errno = 0;
        assert_null(
            arena_create_with(&(ArenaOptions){.capacity = 1000, .source = test_source(&source)}));
        assert_int_equal(errno, ENOMEM);
        assert_clean(&source);
    }
}

static void half_a_source_is_refused(void **state)
{
    (void)state;
    TestSource test = {.extension = 1};
    ArenaSource whole = test_source(&test);
    ArenaSource halves[] = {
        {.acquire = whole.acquire},
        {.release = whole.release},
        {.extend = whole.extend},
        {.acquire = whole.acquire, .extend = whole.extend},
    };
    for (size_t i = 0; i < COUNT_OF(halves); i++) {
        errno = 0;
        assert_null(arena_create_with(&(ArenaOptions){.source = halves[i]}));
        assert_int_equal(errno, EINVAL);
    }
    assert_int_equal(test.calls, 0);
}

static void destroying_nothing_is_fine(void **state)
{
    (void)state;
    arena_destroy(NULL);
}

static void destroying_gives_every_block_back(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    grow_blocks(arena, 5);
    new_object(arena, large_size(arena), 1);
    assert_true(source.live_pieces >= 7);
    arena_destroy(arena);
    assert_int_equal(source.releases, source.acquisitions);
    assert_clean(&source);
}

static void a_failing_source_fails_creation_whatever_the_options(void **state)
{
    (void)state;
    TestSource source = {.refuse = true};
    ArenaOptions options = {
        .name = "none", .limit = 100000, .largest_block = 5000, .source = test_source(&source)};
    assert_null(arena_create_with(&options));
    assert_int_equal(errno, ENOMEM);
    assert_clean(&source);
}

static void the_first_block_is_asked_for_at_most_the_limit(void **state)
{
    (void)state;
    TestSource source = {0};
    size_t capacity = ARENA_TUNE_FIRST / 4;
    Arena *arena = new_arena_on(&source, capacity);
    size_t needed = source.last_asked;
    arena_destroy(arena);

    ArenaOptions options = {.capacity = capacity, .limit = needed, .source = test_source(&source)};
    arena = arena_create_with(&options);
    assert_non_null(arena);
    assert_int_equal(source.last_asked, needed);
    arena_destroy(arena);
    options.limit = needed - 1;
    assert_null(arena_create_with(&options));

    // Nobody has asked for the default, so less than that will do.
    options.capacity = 0;
    arena = arena_create_with(&options);
    assert_non_null(arena);
    assert_int_equal(source.last_asked, needed - 1);
    arena_destroy(arena);
    assert_clean(&source);
}

// The header of the arena is added to the capacity, and is a part of what there can be.
static void no_first_block_is_larger_than_there_can_be(void **state)
{
    (void)state;
    size_t most = 0;
    for (size_t less = 0; less < 1000; less++) {
        TestSource source = {0};
        ArenaOptions options = {.capacity = PTRDIFF_MAX - less, .source = test_source(&source)};
        if (sizeof(void *) >= 8)
            assert_null(arena_create_with(&options));
        else
            arena_destroy(arena_create_with(&options));
        assert_clean(&source);
        if (most < source.last_asked)
            most = source.last_asked;
    }
    assert_int_equal(most, PTRDIFF_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_block_holds_the_capacity_in_one_piece),
        cmocka_unit_test(first_block_is_acquired_at_once),
        cmocka_unit_test(a_source_of_any_alignment_still_holds_the_capacity),
        cmocka_unit_test(no_capacity_means_the_default),
        cmocka_unit_test(a_new_arena_is_empty),
        cmocka_unit_test(no_options_mean_the_defaults),
        cmocka_unit_test(the_name_is_kept_and_not_copied),
        cmocka_unit_test(a_capacity_beyond_memory_fails),
        cmocka_unit_test(a_capacity_beyond_the_limit_fails),
        cmocka_unit_test(a_failing_source_fails_creation_and_leaks_nothing),
        cmocka_unit_test(a_source_that_gives_less_fails_creation_and_leaks_nothing),
        cmocka_unit_test(half_a_source_is_refused),
        cmocka_unit_test(destroying_nothing_is_fine),
        cmocka_unit_test(destroying_gives_every_block_back),
        cmocka_unit_test(a_failing_source_fails_creation_whatever_the_options),
        cmocka_unit_test(the_first_block_is_asked_for_at_most_the_limit),
        cmocka_unit_test(no_first_block_is_larger_than_there_can_be),
    };
    return cmocka_run_group_tests_name("create", tests, NULL, NULL);
}
