// What containers grow by: as many bytes as one would like, or else as few as will do.

#include "support/check.h"

#include <arena/watch.h>

// A large object under one that is newer, so that it is not the newest.
static unsigned char *large_object(Arena *arena, size_t size, size_t align)
{
    unsigned char *object = hide_pointer(arena_alloc_aligned(arena, size, align));
    assert_non_null(object);
    assert_non_null(arena->large);
    fill_bytes(object, size, 1);
    new_object(arena, 8, 2);
    return object;
}

static void the_newest_object_gets_what_one_would_like(void **state)
{
    (void)state;
    Arena *arena = new_arena(10000);
    unsigned char *object = new_object(arena, 100, 1);
    size_t used = arena_stats(arena).used;
    size_t size = 1000;
    assert_true(arena_extend(arena, object, 100, 200, &size));
    assert_int_equal(size, 1000);
    assert_int_equal(arena_stats(arena).used - used, 1000 - round_up_to(100, ARENA_GRANULE));
    size = 3000;
    assert_ptr_equal(arena_grow(arena, object, 1000, 2000, &size, 8), object);
    assert_int_equal(size, 3000);
    assert_filled(object, 100, 1);
    arena_destroy(arena);
}

static void an_object_that_moves_gets_what_one_would_like(void **state)
{
    (void)state;
    Arena *arena = new_arena(10000);
    unsigned char *older = new_object(arena, 100, 1);
    new_object(arena, 100, 2);
    size_t size = 1000;
    unsigned char *grown = arena_grow(arena, older, 100, 200, &size, 8);
    assert_int_equal(size, 1000);
    assert_ptr_not_equal(grown, older);
    assert_filled(grown, 100, 1);

    // Also if it is the newest, in a block that has not even enough for the least.
    leave_room(arena, 160);
    unsigned char *newest = hide_pointer(arena_new(arena, 80, 8));
    size = 1000;
    grown = arena_grow(arena, newest, 80, 400, &size, 8);
    assert_ptr_not_equal(grown, newest);
    assert_int_equal(size, 1000);
    arena_destroy(arena);
}

static void a_large_object_grows_where_it_is(void **state)
{
    (void)state;
    for (size_t align = 1; align <= MALLOC_ALIGN; align *= 2) {
        Arena *arena = new_arena(0);
        size_t size = large_size(arena);
        unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
        size_t blocks = arena->block_count, more = 2 * size;
        object = arena_grow(arena, object, size, size + 1, &more, align);
        assert_int_equal(more, 2 * size);
        assert_int_equal(arena->block_count, blocks);
        assert_filled(object, size, 1);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void a_large_object_grows_by_the_least_where_a_limit_is_near(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
    size_t blocks = arena->block_count, more = 3 * size;
    arena_set_limit(arena, arena_stats(arena).reserved + size);
    object = arena_grow(arena, object, size, size + size / 2, &more, 8);
    assert_non_null(object);
    assert_int_equal(more, size + size / 2);
    assert_int_equal(arena->block_count, blocks);
    assert_true(arena->large->capacity >= more);
    assert_filled(object, size, 1);
    arena_destroy(arena);
}

static void a_large_object_is_aligned_as_it_is_asked_for(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    for (size_t align = 2 * MALLOC_ALIGN; align <= 4096; align *= 2) {
        size_t size = large_size(arena);
        unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
        for (size_t doubled = 2 * size; doubled < 10 * size; doubled *= 2) {
            size_t more = doubled;
            object = arena_grow(arena, object, doubled / 2, doubled, &more, align);
            assert_non_null(object);
            assert_aligned(object, align);
            assert_filled(object, size, 1);
        }
    }
    assert_valid(arena);
    arena_destroy(arena);
}

static void sizes_beyond_memory_are_not_taken_for_small_ones(void **state)
{
    (void)state;
    for (size_t less = 0; less < 20; less++) {
        Arena *arena = new_arena(0);
        size_t size = large_size(arena);
        unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
        Snapshot before = take_snapshot(arena);
        size_t more = hide_size(SIZE_MAX - less);
        assert_null(arena_grow(arena, object, size, more, &more, 8));
        check_unchanged(arena, &before, 1);

        // To like more than there can be is no mistake.
        more = hide_size(SIZE_MAX - less);
        size_t least = arena->large->capacity + 1;
        object = arena_grow(arena, object, size, least, &more, 8);
        assert_non_null(object);
        assert_int_equal(more, least);
        assert_true(arena->large->used >= more);
        assert_filled(object, size, 1);
        arena_destroy(arena);
    }
}

// What the last call of a watcher was told of an object that has another size.
typedef struct Told {
    size_t calls;
    void *old;
    void *object;
    size_t old_size;
    size_t size;
} Told;

static void *attach(Arena *arena, void *context)
{
    (void)arena;
    return context;
}

static void note_resized(Arena *arena, void *state, void *old, size_t old_size, void *object,
                         size_t size)
{
    (void)arena;
    Told *told = state;
    *told = (Told){told->calls + 1, old, object, old_size, size};
}

static void a_large_object_that_is_seldom_looked_at_grows_where_it_is(void **state)
{
    (void)state;
    const ArenaWatcher seldom = {.interval = SIZE_MAX / 4};
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    assert_true(arena_watch(arena, &seldom));
    unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
    size_t blocks = arena->block_count, more = 2 * size;
    object = arena_grow(arena, object, size, size + 1, &more, 8);
    assert_non_null(object);
    if (ARENA_TUNE_STRIDE > 0)
        assert_int_equal(arena->block_count, blocks);
    assert_filled(object, size, 1);
    arena_destroy(arena);
}

// So that who still has a pointer to where it was can be found out.
static void a_large_object_that_is_looked_at_moves(void **state)
{
    (void)state;
    const ArenaWatcher watcher = {.context = NULL};
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    assert_true(arena_watch(arena, &watcher));
    unsigned char *object = large_object(arena, size, MALLOC_ALIGN);
    size_t blocks = arena->block_count, more = 2 * size;
    unsigned char *grown = arena_grow(arena, object, size, size + 1, &more, 8);
    assert_non_null(grown);
    assert_int_equal(arena->block_count, blocks + 1);
    assert_filled(grown, size, 1);
    arena_destroy(arena);
}

static void who_watches_is_told_where_an_object_has_gone(void **state)
{
    (void)state;
    Told told = {0};
    const ArenaWatcher watcher = {.context = &told, .attached = attach, .resized = note_resized};
    Arena *arena = new_arena(0);
    assert_true(arena_watch(arena, &watcher));
    unsigned char *object = new_object(arena, 100, 1);
    new_object(arena, 8, 2);

    // Nothing, if it goes nowhere.
    arena_set_limit(arena, 1);
    size_t more = 2 * large_size(arena);
    assert_null(arena_grow(arena, object, 100, more, &more, 8));
    assert_int_equal(told.calls, 0);
    assert_filled(object, 100, 1);

    arena_set_limit(arena, 0);
    more = 1000;
    unsigned char *grown = arena_grow(arena, object, 100, 500, &more, 8);
    assert_int_equal(told.calls, 1);
    assert_ptr_equal(told.old, object);
    assert_int_equal(told.old_size, 100);
    assert_ptr_equal(told.object, grown);
    assert_int_equal(told.size, 1000);
    assert_filled(grown, 100, 1);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_object_gets_what_one_would_like),
        cmocka_unit_test(an_object_that_moves_gets_what_one_would_like),
        cmocka_unit_test(a_large_object_grows_where_it_is),
        cmocka_unit_test(a_large_object_grows_by_the_least_where_a_limit_is_near),
        cmocka_unit_test(a_large_object_is_aligned_as_it_is_asked_for),
        cmocka_unit_test(sizes_beyond_memory_are_not_taken_for_small_ones),
        cmocka_unit_test(a_large_object_that_is_seldom_looked_at_grows_where_it_is),
        cmocka_unit_test(a_large_object_that_is_looked_at_moves),
        cmocka_unit_test(who_watches_is_told_where_an_object_has_gone),
    };
    return cmocka_run_group_tests_name("grow", tests, NULL, NULL);
}
