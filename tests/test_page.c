// Huge pages: in which order they are touched, and when an arena asks for its first one.

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE // mincore
#endif

#include "support/check.h"
#include "support/memory.h"

#include <stdint.h>
#if defined(__linux__)
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#endif

#define HUGE ARENA_TUNE_HUGE

// Blocks of this build hold whole huge pages, and the system is one that says what it has touched.
#if defined(__linux__) && !defined(ARENA_VARIANT_TINY)
enum { SAYS_WHAT_IS_TOUCHED = 1 };

static bool is_touched(const void *address)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char touched = 0;
    void *start = (void *)((uintptr_t)address & ~(page - 1));
    assert_int_equal(mincore(start, page, &touched), 0);
    return touched & 1;
}

// Has the system give small pages only; or all kinds again.
static void avoid_huge_pages(bool avoid)
{
    assert_int_equal(prctl(PR_SET_THP_DISABLE, avoid ? 1L : 0L, 0L, 0L, 0L), 0);
}
#else
enum { SAYS_WHAT_IS_TOUCHED = 0 };

static bool is_touched(const void *address)
{
    (void)address;
    return false;
}

static void avoid_huge_pages(bool avoid)
{
    (void)avoid;
}
#endif

static int empty_cache(void **state)
{
    (void)state;
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
    return 0;
}

static unsigned char *end_of_page(const unsigned char *address)
{
    return (unsigned char *)(((uintptr_t)address | (HUGE - 1)) + 1);
}

static const unsigned char *larger_of(const unsigned char *a, const unsigned char *b)
{
    return a > b ? a : b;
}

static void a_huge_page_is_touched_at_its_end_first_and_the_next_one_not_at_all(void **state)
{
    (void)state;
    if (!SAYS_WHAT_IS_TOUCHED || !blocks_are_mapped())
        skip();
    Arena *arena = new_arena(4 * HUGE);
    for (size_t i = 0; i < 3; i++) {
        unsigned char *end = end_of_page(arena->cursor);
        assert_true(is_touched(end - 1));
        assert_false(is_touched(end));
        assert_true(arena->end <= end);
        size_t rest = (size_t)(end - arena->cursor);
        assert_non_null(hide_pointer(arena_new(arena, rest + 8, 8)));
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void what_was_used_before_is_one_window(void **state)
{
    (void)state;
    Arena *arena = new_arena(4 * HUGE);
    assert_non_null(hide_pointer(arena_alloc(arena, 4 * HUGE)));
    arena_reset(arena);
    if (arena->stride == SIZE_MAX)
        assert_true((size_t)(arena->end - arena->cursor) >= 4 * HUGE);
    arena_destroy(arena);
}

static void the_window_reaches_to_the_end_of_a_page(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(16 * (size_t)HUGE);
    assert_non_null(arena);
    assert_non_null(hide_pointer(arena_new(arena, 9 * (size_t)HUGE + HUGE / 2, 8)));
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        if (arena->stride == SIZE_MAX && room_in(arena) > 2 * HUGE) {
            assert_int_equal((uintptr_t)arena->end % HUGE, 0);
            assert_true(arena->end > arena->cursor && arena->end > arena->dirty);
            assert_true(arena->end <= end_of_page(larger_of(arena->cursor, arena->dirty)));
        }
        // Once more, where some of it was used before.
        assert_non_null(hide_pointer(arena_new(arena, 3 * (size_t)HUGE + 4096, 8)));
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

static void the_end_of_a_page_stays_zero_until_it_is_handed_out(void **state)
{
    (void)state;
    for (size_t size = 8; size <= 4096; size = size * 3 / 2 / 8 * 8 + 8) {
        Arena *arena = new_arena(4 * HUGE);
        unsigned char *before = NULL;
        for (size_t taken = 0; taken + 2 * size < 4 * HUGE; taken += size) {
            unsigned char *object = hide_pointer(arena_new0(arena, size, 8));
            assert_all(object, size, 0);
            memset(object, 1, size);
            if (before)
                assert_all(before, size, 1);
            before = object;
        }
        assert_valid(arena);
        arena_destroy(arena);
    }
}

// With small pages one sees where it is touched beside its header. Of the others, nothing is.
static void the_first_huge_page_of_a_mapping_is_touched_at_its_end(void **state)
{
    (void)state;
    if (!SAYS_WHAT_IS_TOUCHED || !blocks_are_mapped())
        skip();
    avoid_huge_pages(true);
    Arena *arena = new_arena(100);
    unsigned char *object = hide_pointer(arena_alloc(arena, 3 * HUGE));
    avoid_huge_pages(false);
    assert_non_null(object);
    unsigned char *end = end_of_page(object);
    assert_true(is_touched(end - 1));
    assert_false(is_touched(end - HUGE / 2));
    assert_false(is_touched(end));
    assert_false(is_touched(end + HUGE - 1));
    arena_destroy(arena);
}

// The system's huge pages are of 2 MiB, whatever the size is that this build takes for theirs.
static void huge_pages_are_asked_for_wherever_one_fits(void **state)
{
    (void)state;
    if (!blocks_are_mapped())
        skip();
    size_t mebibyte = (size_t)1 << 20;
    if (!huge_pages_are_told())
        skip();
    Arena *arena = new_arena(4 * mebibyte), *region = arena_create_region(4 * mebibyte);
    assert_non_null(region);
    assert_true(is_to_be_huge(arena));
    assert_true(is_to_be_huge(region));
    unsigned char *object = new_object(arena, 5 * mebibyte, 1);
    assert_true(is_to_be_huge(object));
    arena_destroy(region);
    arena_destroy(arena);
}

// Where mappings start smaller, none are asked for before.
static void what_grows_to_a_huge_page_asks_for_it(void **state)
{
    (void)state;
    if (!huge_pages_are_told() || !blocks_are_mapped())
        skip();
    Arena *arena = new_arena(100);
    size_t size = ARENA_TUNE_MAPPED, large = (size_t)5 << 20;
    unsigned char *object = new_object(arena, size, 1);
    object = arena_realloc(arena, object, size, large);
    assert_non_null(object);
    assert_true(is_to_be_huge(object));
    arena_destroy(arena);
}

// Allocates until the next block would double the arena from EARLY on.
static void grow_to_early(Arena *arena)
{
    while (arena->chain_size < ARENA_TUNE_EARLY)
        assert_non_null(hide_pointer(arena_alloc(arena, 4096)));
    assert_int_equal(arena->block_size, ARENA_TUNE_EARLY);
}

// The bytes of the block after that.
static size_t next_block(Arena *arena)
{
    size_t before = arena->chain_size;
    while (arena->chain_size == before)
        assert_non_null(hide_pointer(arena_alloc(arena, 4096)));
    assert_valid(arena);
    return arena->chain_size - before;
}

static void growth_goes_from_small_blocks_to_a_huge_page(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED)
        skip();
    Arena *arena = new_arena(0);
    grow_to_early(arena);
    assert_int_equal(next_block(arena), ARENA_TUNE_MAPPED);
    arena_destroy(arena);
    arena = new_arena(2 * ARENA_TUNE_EARLY);
    assert_int_equal(next_block(arena), ARENA_TUNE_MAPPED);
    arena_destroy(arena);
}

static void growth_goes_to_a_huge_page_that_is_just_allowed(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED)
        skip();
    ArenaOptions options = {.largest_block = ARENA_TUNE_MAPPED};
    Arena *arena = arena_create_with(&options);
    assert_non_null(arena);
    grow_to_early(arena);
    assert_int_equal(next_block(arena), ARENA_TUNE_MAPPED);
    arena_destroy(arena);

    arena = new_arena(0);
    grow_to_early(arena);
    arena_set_limit(arena, arena_stats(arena).reserved + ARENA_TUNE_MAPPED);
    assert_int_equal(next_block(arena), ARENA_TUNE_MAPPED);
    arena_destroy(arena);
}

static void growth_goes_on_from_a_huge_page_by_doubling(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < 2 * ARENA_TUNE_MAPPED)
        skip();
    Arena *arena = new_arena(2 * ARENA_TUNE_MAPPED);
    assert_int_equal(arena->block_size, 2 * ARENA_TUNE_MAPPED);
    assert_non_null(hide_pointer(arena_alloc(arena, 2 * ARENA_TUNE_MAPPED)));
    assert_int_equal(next_block(arena), 2 * ARENA_TUNE_MAPPED);
    arena_destroy(arena);
}

static void a_process_of_many_mappings_doubles_instead(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED || !blocks_are_mapped())
        skip();
    enum { ARENAS = 40 };
    Arena *arenas[ARENAS];
    for (size_t i = 0; i < ARENAS; i++) {
        arenas[i] = new_arena(0);
        grow_to_early(arenas[i]);
    }
    size_t huge = 0;
    for (size_t i = 0; i < ARENAS; i++)
        huge += next_block(arenas[i]) == ARENA_TUNE_MAPPED;
    assert_int_equal(huge, ARENA_TUNE_EARLY_LIVE / ARENA_TUNE_MAPPED);
    for (size_t i = 0; i < ARENAS; i++)
        arena_destroy(arenas[i]);
}

// What is live is counted right, however mappings grow, shrink and go.
static void growth_goes_to_a_huge_page_after_many_cycles_too(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED || !blocks_are_mapped())
        skip();
    for (size_t i = 0; i < 100; i++) {
        Arena *arena = new_arena(100);
        size_t size = ARENA_TUNE_MAPPED;
        unsigned char *object = new_object(arena, size, 1);
        object = arena_realloc(arena, object, size, 4 * size);
        assert_non_null(object);
        object = arena_realloc(arena, object, 4 * size, size);
        assert_non_null(object);
        arena_destroy(arena);
    }
    growth_goes_from_small_blocks_to_a_huge_page(state);
    a_process_of_many_mappings_doubles_instead(state);
}

static void a_limit_is_kept_where_a_huge_page_would_pass_it(void **state)
{
    (void)state;
    size_t limit = ARENA_TUNE_EARLY * 3;
    Arena *arena = arena_create_with(&(ArenaOptions){.limit = limit});
    assert_non_null(arena);
    if (ARENA_TUNE_MOST >= ARENA_TUNE_MAPPED) {
        grow_to_early(arena);
        assert_int_equal(next_block(arena), ARENA_TUNE_EARLY);
    }
    while (hide_pointer(arena_alloc(arena, 1000)))
        continue;
    ArenaStats stats = arena_stats(arena);
    assert_true(stats.reserved <= limit);
    assert_true(stats.used > limit / 2);
    assert_valid(arena);
    arena_destroy(arena);
}

#define test_of_pages(function) cmocka_unit_test_setup_teardown(function, empty_cache, empty_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of_pages(a_huge_page_is_touched_at_its_end_first_and_the_next_one_not_at_all),
        test_of_pages(what_was_used_before_is_one_window),
        test_of_pages(the_window_reaches_to_the_end_of_a_page),
        test_of_pages(the_end_of_a_page_stays_zero_until_it_is_handed_out),
        test_of_pages(the_first_huge_page_of_a_mapping_is_touched_at_its_end),
        test_of_pages(huge_pages_are_asked_for_wherever_one_fits),
        test_of_pages(what_grows_to_a_huge_page_asks_for_it),
        test_of_pages(growth_goes_from_small_blocks_to_a_huge_page),
        test_of_pages(growth_goes_to_a_huge_page_that_is_just_allowed),
        test_of_pages(growth_goes_on_from_a_huge_page_by_doubling),
        test_of_pages(a_process_of_many_mappings_doubles_instead),
        test_of_pages(growth_goes_to_a_huge_page_after_many_cycles_too),
        test_of_pages(a_limit_is_kept_where_a_huge_page_would_pass_it),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
