// The default source over fake pages: mappings, their growth, and the cache of those that were
// given back.

#include "fake_pages.h"
#include "support/check.h"

#include <pthread.h>

// A mapping that the cache takes up, and its next ones.
#define MAPPED ((size_t)ARENA_TUNE_MAPPED + 10000)

static int start(void **state)
{
    (void)state;
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
    fake_pages_restart();
    return 0;
}

// All mappings are gone once the cache is empty, and no call was against the contract.
static int finish(void **state)
{
    (void)state;
    arena_cache_limit(0);
    if (fake_pages.mistake)
        print_error("%s\n", fake_pages.mistake);
    return fake_pages.mistakes != 0 || fake_pages.live_ranges != 0 || fake_pages.mapped_bytes != 0;
}

static void blocks_from_the_threshold_on_are_mapped(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *small = new_object(arena, ARENA_TUNE_MAPPED / 2, 1);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 0);
    unsigned char *large = new_object(arena, ARENA_TUNE_MAPPED, 2);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 1);
    assert_filled(small, ARENA_TUNE_MAPPED / 2, 1);
    assert_filled(large, ARENA_TUNE_MAPPED, 2);
    arena_destroy(arena);
}

static void a_young_large_object_grows_by_remapping(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    for (size_t i = 0; i < 5; i++) {
        object = arena_realloc(arena, object, size, size * 2);
        assert_non_null(object);
        assert_filled(object, size, 1);
        size *= 2;
        fill_bytes(object, size, 1);
        assert_valid(arena);
    }
    assert_int_equal(fake_pages.calls[FAKE_MAP], 1);
    assert_true(fake_pages.calls[FAKE_REMAP] >= 2);
    arena_destroy(arena);
}

static void growth_by_small_steps_moves_seldom(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    for (size_t i = 0; i < 500; i++, size += 1000)
        object = arena_realloc(arena, object, size, size + 1000);
    assert_filled(object, MAPPED, 1);
    assert_true(fake_pages.calls[FAKE_REMAP] < 12);
    arena_destroy(arena);
}

static void an_old_large_object_is_not_remapped(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, MAPPED, 1);
    ArenaMark mark = arena_mark(arena);
    unsigned char *grown = arena_realloc(arena, object, MAPPED, 3 * MAPPED);
    assert_filled(grown, MAPPED, 1);
    memset(grown, 0, 3 * MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_REMAP], 0);
    assert_filled(object, MAPPED, 1);
    arena_rewind(arena, mark);
    assert_filled(object, MAPPED, 1);
    arena_destroy(arena);
}

static void where_pages_cannot_move_growth_copies(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    fake_pages.refuse[FAKE_REMAP] = true;
    size_t size = MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    for (size_t i = 0; i < 4; i++) {
        object = arena_realloc(arena, object, size, size * 2);
        assert_non_null(object);
        assert_filled(object, size, 1);
        size *= 2;
        fill_bytes(object, size, 1);
        assert_int_equal(arena_stats(arena).blocks, 2);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void a_growth_that_neither_moves_nor_copies_fails(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, MAPPED, 1);
    fake_pages.refuse[FAKE_REMAP] = fake_pages.refuse[FAKE_MAP] = true;
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(arena_realloc(arena, object, MAPPED, 4 * MAPPED));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 1);
    assert_filled(object, MAPPED, 1);
    arena_destroy(arena);
}

static void a_shrink_stays_where_pages_cannot_be_cut(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, 8 * MAPPED, 1);
    fake_pages.refuse[FAKE_REMAP] = true;
    assert_ptr_equal(arena_realloc(arena, object, 8 * MAPPED, MAPPED), object);
    assert_filled(object, MAPPED, 1);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 1);
    assert_valid(arena);
    arena_destroy(arena);
}

// One program, with the nth call of each kind failing, for every n.
static bool run_program(void)
{
    bool all = true;
    Arena *arena = arena_create(100);
    assert_non_null(arena);
    ArenaMark mark = arena_mark(arena);
    for (uint32_t i = 0; i < 3; i++) {
        size_t size = MAPPED + i * 20000;
        unsigned char *object = hide_pointer(arena_calloc(arena, size));
        all = all && object;
        if (!object)
            continue;
        assert_all(object, size, 0);
        fill_bytes(object, size, i);
        unsigned char *grown = arena_realloc(arena, object, size, 2 * size);
        all = all && grown;
        assert_filled(grown ? grown : object, size, i);
        assert_valid(arena);
        if (i == 1)
            arena_rewind(arena, mark);
    }
    arena_destroy(arena);
    return all;
}

static void the_nth_call_of_each_kind_fails(void **state)
{
    (void)state;
    for (int call = FAKE_MAP; call <= FAKE_REMAP; call++) {
        for (int fail_on = 0; fail_on < 2; fail_on++) {
            for (size_t n = 1, calls = n; calls >= n; n++) {
                start(state);
                fake_pages.fail_at[call] = n;
                fake_pages.fail_on[call] = fail_on;
                bool all = run_program();
                calls = fake_pages.calls[call];
                assert_true(all || calls >= n);
                assert_null(fake_pages.mistake);
                assert_true(n < 100);
            }
        }
    }
}

static void a_block_falls_back_to_less_when_its_ideal_is_refused(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED)
        skip();
    Arena *arena = new_arena(ARENA_TUNE_MAPPED * 2);
    leave_room(arena, 0);
    fake_pages.refuse[FAKE_MAP] = true;
    new_object(arena, 1000, 1);
    assert_int_equal(arena_stats(arena).failures, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// The cache
// -------------------------------------------------------------------------------------------------

static void use_mapping(size_t size)
{
    Arena *arena = new_arena(100);
    unsigned char *object = hide_pointer(arena_calloc(arena, size));
    assert_non_null(object);
    assert_all(object, size, 0);
    memset(object, 0xFF, size);
    arena_destroy(arena);
}

static void what_is_given_back_serves_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++)
        use_mapping(MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 1);
    assert_int_equal(fake_pages.discards, 0);
    assert_true(fake_pages.mapped_bytes > 0);
    fake_pages.discard_keeps = true;
    for (size_t i = 0; i < 3; i++)
        use_mapping(MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 1);
}

static void a_larger_mapping_serves_a_smaller_request(void **state)
{
    (void)state;
    use_mapping(MAPPED * 9 / 8);
    size_t calls = fake_pages.calls[FAKE_MAP];
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls);
}

static void of_two_mappings_the_one_that_fits_better_serves(void **state)
{
    (void)state;
    for (size_t larger_first = 0; larger_first < 2; larger_first++) {
        start(state);
        Arena *one = new_arena(100), *other = new_arena(100);
        new_object(one, larger_first ? MAPPED * 9 / 8 : MAPPED, 1);
        new_object(other, larger_first ? MAPPED : MAPPED * 9 / 8, 1);
        arena_destroy(one);
        arena_destroy(other);
        size_t calls = fake_pages.calls[FAKE_MAP];
        use_mapping(MAPPED);
        assert_int_equal(fake_pages.calls[FAKE_MAP], calls);
        assert_int_equal(fake_pages.calls[FAKE_REMAP], 0);
    }
}

static void the_oldest_mapping_makes_room(void **state)
{
    (void)state;
    Arena *arenas[3];
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        arenas[i] = new_arena(100);
        new_object(arenas[i], MAPPED << i, 1);
    }
    arena_cache_limit(MAPPED * 13 / 2); // of 7
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_destroy(arenas[i]);
    size_t calls = fake_pages.calls[FAKE_MAP];
    use_mapping(MAPPED << 1);
    use_mapping(MAPPED << 2);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls);
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls + 1);
}

static void a_kept_mapping_that_cannot_be_cut_is_given_up(void **state)
{
    (void)state;
    use_mapping(MAPPED * 9 / 8);
    fake_pages.refuse[FAKE_REMAP] = true;
    use_mapping(MAPPED);
    assert_null(fake_pages.mistake);
}

static void a_much_larger_mapping_is_not_wasted(void **state)
{
    (void)state;
    for (size_t times = 2; times <= 5; times += 3) {
        arena_cache_limit(0);
        arena_cache_limit(ARENA_TUNE_CACHE);
        use_mapping(MAPPED * times);
        size_t calls = fake_pages.calls[FAKE_MAP];
        use_mapping(MAPPED);
        assert_int_equal(fake_pages.calls[FAKE_MAP], calls + 1);
    }
}

static void the_cache_keeps_no_more_than_its_limit(void **state)
{
    (void)state;
    size_t limit = 3 * MAPPED + 20000;
    arena_cache_limit(limit);
    Arena *arena = new_arena(100);
    for (uint32_t i = 0; i < 8; i++)
        new_object(arena, MAPPED, i);
    arena_destroy(arena);
    assert_true(fake_pages.mapped_bytes <= limit);
    assert_true(fake_pages.mapped_bytes >= 2 * MAPPED);
    arena_cache_limit(MAPPED + 20000);
    assert_true(fake_pages.mapped_bytes <= MAPPED + 20000);
    assert_true(fake_pages.mapped_bytes >= MAPPED);
    arena_cache_limit(0);
    assert_int_equal(fake_pages.mapped_bytes, 0);
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.mapped_bytes, 0);
}

static void the_cache_holds_many_mappings(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2; round++) {
        Arena *arena = new_arena(100);
        for (uint32_t i = 0; i < 100; i++)
            assert_non_null(hide_pointer(arena_alloc(arena, (size_t)ARENA_TUNE_MAPPED)));
        arena_destroy(arena);
    }
    assert_true(fake_pages.calls[FAKE_MAP] < 200);
}

static void a_child_starts_with_an_empty_cache(void **state)
{
    (void)state;
    use_mapping(MAPPED);
    assert_non_null(fake_pages.at_fork);
    assert_true(fake_pages.mapped_bytes > 0);
    fake_pages.at_fork();
    assert_int_equal(fake_pages.mapped_bytes, 0);
    size_t calls = fake_pages.calls[FAKE_MAP];
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls + 1);
    assert_true(fake_pages.mapped_bytes > 0);
    assert_true(fake_pages.at_forks <= 1);
}

// The first one to run: what is asked for before the cache is used, is asked for once.
static void without_word_of_forks_there_is_no_cache(void **state)
{
    (void)state;
    assert_int_equal(fake_pages.at_forks, 0);
    fake_pages.no_at_fork = true;
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.mapped_bytes, 0);
    assert_null(fake_pages.at_fork);
    fake_pages.no_at_fork = false;

    // What could not be kept does not count as kept.
    arena_cache_limit(6 * MAPPED);
    use_mapping(MAPPED);
    assert_int_equal(fake_pages.discards, 0);
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);

    // A request alone looks into the cache already.
    Arena *arena = new_arena(MAPPED);
    assert_non_null(fake_pages.at_fork);
    size_t times = fake_pages.at_forks;
    arena_destroy(arena);
    assert_true(fake_pages.mapped_bytes > 0);
    assert_int_equal(fake_pages.at_forks, times);
}

// Too large to serve in place of MAPPED or what that grows to, so that it stays in the cache.
static void fill_cache(void)
{
    use_mapping(MAPPED * 10);
    assert_true(fake_pages.mapped_bytes >= MAPPED * 10);
}

static void the_cache_is_emptied_before_a_mapping_fails(void **state)
{
    (void)state;
    fill_cache();
    Arena *arena = new_arena(100);
    size_t calls = fake_pages.calls[FAKE_MAP], unmaps = fake_pages.unmaps;
    fake_pages.fail_at[FAKE_MAP] = calls + 1;
    unsigned char *object = new_object(arena, MAPPED, 1);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls + 2);
    assert_int_equal(fake_pages.unmaps, unmaps + 1);
    assert_true(fake_pages.mapped_bytes < 2 * MAPPED);
    assert_int_equal(arena_stats(arena).failures, 0);
    assert_filled(object, MAPPED, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void the_cache_is_emptied_before_a_growth_copies(void **state)
{
    (void)state;
    fill_cache();
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, MAPPED, 1);
    size_t calls = fake_pages.calls[FAKE_MAP];
    fake_pages.fail_at[FAKE_REMAP] = fake_pages.calls[FAKE_REMAP] + 1;
    object = arena_realloc(arena, object, MAPPED, 2 * MAPPED);
    assert_filled(object, MAPPED, 1);
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls);
    assert_int_equal(fake_pages.calls[FAKE_REMAP], 2);
    assert_true(fake_pages.mapped_bytes < 5 * MAPPED);
    assert_valid(arena);
    arena_destroy(arena);
}

static void with_nothing_in_the_cache_a_mapping_is_tried_once(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    fake_pages.refuse[FAKE_MAP] = true;
    size_t calls = fake_pages.calls[FAKE_MAP];
    assert_null(hide_pointer(arena_alloc(arena, MAPPED)));
    assert_int_equal(fake_pages.calls[FAKE_MAP], calls + 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void forbid_the_cache(void)
{
    arena_cache_limit(0);
}

static void a_limit_that_comes_while_a_mapping_is_given_back_is_not_missed(void **state)
{
    (void)state;
    arena_cache_limit(3 * MAPPED); // a quarter of which stays as it is
    Arena *arena = new_arena(100);
    new_object(arena, MAPPED, 1);
    fake_pages.at_discard = forbid_the_cache;
    arena_destroy(arena);
    assert_int_equal(fake_pages.mapped_bytes, 0);
}

// ----- The small blocks that a thread keeps -----

// Whether a block that is given back is the next arena's, and nobody else's.
static bool is_kept(Arena *arena, size_t capacity)
{
    size_t size = arena->blocks->size;
    uintptr_t address = (uintptr_t)arena;
    arena_destroy(arena);
    void *other = hide_pointer(malloc(size)); // takes the place if it is free
    Arena *next = new_arena(capacity);
    bool kept = (uintptr_t)next == address;
    arena_destroy(next);
    free(other);
    return kept;
}

static void a_thread_keeps_the_first_block_of_an_arena(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    grow_blocks(arena, 3);
    assert_true(is_kept(arena, 100));
    assert_true(is_kept(new_arena(100), 100));
}

static void a_kept_block_serves_its_own_size_only(void **state)
{
    (void)state;
    Arena *small = new_arena(100);
    uintptr_t address = (uintptr_t)small;
    arena_destroy(small);
    Arena *larger = new_arena(200);
    assert_true((uintptr_t)larger != address);
    new_object(larger, 200, 1);
    assert_valid(larger);
    arena_destroy(larger);
}

static void a_block_above_the_bound_is_not_kept(void **state)
{
    (void)state;
    Arena *arena = new_arena(ARENA_TUNE_KEPT);
    if (arena->blocks->size < ARENA_TUNE_MAPPED)
        assert_false(is_kept(arena, ARENA_TUNE_KEPT));
    else
        arena_destroy(arena);
}

static void without_a_cache_no_block_is_kept(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    Arena *other = new_arena(100);
    arena_destroy(other);
    arena_cache_limit(0);
    assert_true(!is_kept(arena, 100));
}

static void *forbid(void *context)
{
    arena_cache_limit(0);
    return context;
}

static void a_limit_of_0_from_elsewhere_is_heard_when_a_block_is_given_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(100), *other = new_arena(100);
    size_t size = arena->blocks->size;
    uintptr_t address = (uintptr_t)arena;
    arena_destroy(arena);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, forbid, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    arena_destroy(other);
    void *places[] = {hide_pointer(malloc(size)), hide_pointer(malloc(size))};
    arena = new_arena(100);
    assert_true((uintptr_t)arena != address);
    arena_destroy(arena);
    free(places[0]);
    free(places[1]);
}

static void a_thread_whose_end_is_not_told_keeps_no_block(void **state)
{
    (void)state;
    fake_pages.no_thread_end = true;
    assert_false(is_kept(new_arena(100), 100));
}

static void the_end_of_a_thread_frees_its_block(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = arena->blocks->size;
    uintptr_t address = (uintptr_t)arena;
    arena_destroy(arena);
    fake_pages.at_thread_end();
    void *other = hide_pointer(malloc(size));
    arena = new_arena(100);
    assert_true((uintptr_t)arena != address);
    fake_pages.at_thread_end();
    free(other);

    // What runs later in the end of the thread may use arenas.
    fake_pages.thread_ends = 0;
    assert_true(is_kept(arena, 100));
    assert_int_equal(fake_pages.thread_ends, 1);
}

static void a_quarter_of_the_cache_stays_as_it_is(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    Arena *first = new_arena(100);
    new_object(first, MAPPED, 1);
    size_t size = fake_pages.mapped_bytes;
    arena_destroy(first);
    arena_cache_limit(COUNT * size);
    for (size_t round = 0; round < 3; round++) {
        Arena *arena = new_arena(100);
        for (uint32_t i = 0; i < COUNT; i++)
            new_object(arena, MAPPED, i);
        fake_pages.discards = 0;
        arena_destroy(arena);
        assert_int_equal(fake_pages.discards, COUNT - COUNT / 4);
        assert_int_equal(fake_pages.mapped_bytes, COUNT * size);
    }
}

static void what_cannot_be_discarded_is_kept_no_further_than_that_quarter(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    fake_pages.no_discard = true;
    Arena *arena = new_arena(100);
    new_object(arena, MAPPED, 0);
    size_t size = fake_pages.mapped_bytes;
    arena_cache_limit(COUNT * size);
    for (uint32_t i = 1; i < COUNT; i++)
        new_object(arena, MAPPED, i);
    arena_destroy(arena);
    assert_int_equal(fake_pages.mapped_bytes, COUNT / 4 * size);
}

static void of_what_a_lower_limit_leaves_a_quarter_stays_as_it_is(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    Arena *arena = new_arena(100);
    new_object(arena, MAPPED, 0);
    size_t size = fake_pages.mapped_bytes;
    arena_cache_limit(4 * COUNT * size);
    for (uint32_t i = 1; i < COUNT; i++)
        new_object(arena, MAPPED, i);
    arena_destroy(arena);
    assert_int_equal(fake_pages.discards, 0);
    assert_int_equal(fake_pages.mapped_bytes, COUNT * size);
    arena_cache_limit(COUNT * size);
    assert_int_equal(fake_pages.discards, 0);
    assert_int_equal(fake_pages.mapped_bytes, COUNT / 4 * size);
}

#define test_of_pages(function) cmocka_unit_test_setup_teardown(function, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_word_of_forks_there_is_no_cache, finish),
        test_of_pages(blocks_from_the_threshold_on_are_mapped),
        test_of_pages(a_young_large_object_grows_by_remapping),
        test_of_pages(growth_by_small_steps_moves_seldom),
        test_of_pages(an_old_large_object_is_not_remapped),
        test_of_pages(where_pages_cannot_move_growth_copies),
        test_of_pages(a_growth_that_neither_moves_nor_copies_fails),
        test_of_pages(a_shrink_stays_where_pages_cannot_be_cut),
        test_of_pages(the_nth_call_of_each_kind_fails),
        test_of_pages(a_block_falls_back_to_less_when_its_ideal_is_refused),
        test_of_pages(what_is_given_back_serves_again),
        test_of_pages(a_larger_mapping_serves_a_smaller_request),
        test_of_pages(of_two_mappings_the_one_that_fits_better_serves),
        test_of_pages(the_oldest_mapping_makes_room),
        test_of_pages(a_kept_mapping_that_cannot_be_cut_is_given_up),
        test_of_pages(a_much_larger_mapping_is_not_wasted),
        test_of_pages(the_cache_keeps_no_more_than_its_limit),
        test_of_pages(the_cache_holds_many_mappings),
        test_of_pages(a_child_starts_with_an_empty_cache),
        test_of_pages(the_cache_is_emptied_before_a_mapping_fails),
        test_of_pages(the_cache_is_emptied_before_a_growth_copies),
        test_of_pages(with_nothing_in_the_cache_a_mapping_is_tried_once),
        test_of_pages(a_limit_that_comes_while_a_mapping_is_given_back_is_not_missed),
        test_of_pages(a_quarter_of_the_cache_stays_as_it_is),
        test_of_pages(what_cannot_be_discarded_is_kept_no_further_than_that_quarter),
        test_of_pages(of_what_a_lower_limit_leaves_a_quarter_stays_as_it_is),
        test_of_pages(a_thread_keeps_the_first_block_of_an_arena),
        test_of_pages(a_kept_block_serves_its_own_size_only),
        test_of_pages(a_block_above_the_bound_is_not_kept),
        test_of_pages(without_a_cache_no_block_is_kept),
        test_of_pages(a_limit_of_0_from_elsewhere_is_heard_when_a_block_is_given_back),
        test_of_pages(a_thread_whose_end_is_not_told_keeps_no_block),
        test_of_pages(the_end_of_a_thread_frees_its_block),
    };
    return cmocka_run_group_tests_name("fake_pages_heap", tests, NULL, NULL);
}
