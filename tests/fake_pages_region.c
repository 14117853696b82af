// Regions over fake pages: what is reserved, what is committed, and what happens when the system
// refuses either.

#include "fake_pages.h"
#include "support/check.h"

static int start(void **state)
{
    (void)state;
    fake_pages_restart();
    return 0;
}

static int finish(void **state)
{
    (void)state;
    if (fake_pages.mistake)
        print_error("%s\n", fake_pages.mistake);
    return fake_pages.mistakes != 0 || fake_pages.live_ranges != 0 || fake_pages.committed != 0;
}

static void memory_is_committed_no_further_than_it_is_used(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(8 << 20);
    assert_non_null(arena);
    size_t step = fake_pages.committed;
    assert_true(step <= ARENA_TUNE_FIRST + 4 * FAKE_PAGE);
    for (size_t used = 0; used < (4 << 20); used += 1000) {
        new_object(arena, 1000, 1);
        assert_true(fake_pages.committed >= used);
        assert_true(fake_pages.committed <= 4 * used + step + 4 * FAKE_PAGE);
    }
    assert_int_equal(fake_pages.calls[FAKE_RESERVE], 1);
    assert_int_equal(fake_pages.calls[FAKE_MAP], 0);
    arena_destroy(arena);
}

static void trim_decommits_and_what_comes_back_is_zero(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(4 << 20);
    assert_non_null(arena);
    unsigned char *object = new_object(arena, 5000, 1);
    ArenaMark mark = arena_mark(arena);
    for (size_t keep = 0; keep < 300000; keep = 3 * keep + 5000) {
        new_object(arena, 2000000, 2);
        arena_rewind(arena, mark);
        arena_trim(arena, keep);
        assert_true(fake_pages.committed <= 6000 + keep + 4 * FAKE_PAGE);
        assert_filled(object, 5000, 1);
        assert_valid(arena);
        assert_all(hide_pointer(arena_calloc(arena, 2000000)), 2000000, 0);
    }
    arena_destroy(arena);
}

static void a_reservation_that_is_refused_fails_creation(void **state)
{
    (void)state;
    fake_pages.refuse[FAKE_RESERVE] = true;
    errno = 0;
    assert_null(arena_create_region(1 << 20));
    assert_int_equal(errno, ENOMEM);
}

// Both while the arena is created and afterwards.
static void the_nth_commit_fails(void **state)
{
    (void)state;
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        for (size_t n = 1, calls = n; calls >= n; n++) {
            start(state);
            fake_pages.fail_at[FAKE_COMMIT] = n;
            fake_pages.fail_on[FAKE_COMMIT] = fail_on;
            errno = 0;
            Arena *arena = arena_create_region(2 << 20);
            if (!arena)
                assert_int_equal(errno, ENOMEM);
            for (uint32_t i = 0; arena && i < 100; i++) {
                Snapshot before = take_snapshot(arena);
                errno = 0;
                unsigned char *object = hide_pointer(arena_calloc(arena, 10000));
                if (object) {
                    assert_all(object, 10000, 0);
                    memset(object, 1, 10000);
                    continue;
                }
                assert_int_equal(errno, ENOMEM);
                check_unchanged(arena, &before, 1);
            }
            calls = fake_pages.calls[FAKE_COMMIT];
            arena_destroy(arena);
            assert_int_equal(fake_pages.live_ranges, 0);
            assert_null(fake_pages.mistake);
            assert_true(n < 1000);
        }
    }
}

static void the_newest_object_stays_when_a_commit_fails(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(2 << 20);
    assert_non_null(arena);
    unsigned char *object = new_object(arena, 1000, 1);
    fake_pages.refuse[FAKE_COMMIT] = true;
    Snapshot before = take_snapshot(arena);
    assert_null(arena_realloc(arena, object, 1000, 1 << 20));
    check_unchanged(arena, &before, 1);
    assert_filled(object, 1000, 1);
    fake_pages.refuse[FAKE_COMMIT] = false;
    assert_ptr_equal(arena_realloc(arena, object, 1000, 1 << 20), object);
    arena_destroy(arena);
}

static void an_adopted_region_goes_back_to_the_system(void **state)
{
    (void)state;
    Arena *into = new_arena(100), *from = arena_create_region(1 << 20);
    assert_non_null(from);
    unsigned char *object = new_object(from, 100000, 1);
    assert_true(arena_adopt(into, from));
    assert_filled(object, 100000, 1);
    arena_reset(into);
    assert_int_equal(fake_pages.live_ranges, 0);
    arena_destroy(into);
}

// Each step commits a whole block's worth, and the last one all that is left.
static void a_region_is_filled_in_few_commits(void **state)
{
    (void)state;
    enum { SIZE = 32 };
    for (size_t size = (size_t)20 << 10; size <= (size_t)1900 << 10; size += 47 << 10) {
        Arena *arena = arena_create_region(size);
        assert_non_null(arena);
        size_t calls = fake_pages.calls[FAKE_COMMIT], sum = 0;
        while (hide_pointer(arena_alloc(arena, SIZE)))
            sum += SIZE;
        assert_true(sum + SIZE > size);
        assert_true(room_in(arena) < SIZE);
        assert_true(fake_pages.calls[FAKE_COMMIT] - calls <= 10 + size / ARENA_TUNE_MOST);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void fill_cache(void)
{
    Arena *arena = new_arena(3 * ARENA_TUNE_MAPPED);
    arena_destroy(arena);
    assert_true(fake_pages.mapped_bytes >= 3 * ARENA_TUNE_MAPPED);
}

static void the_cache_of_mappings_is_emptied_before_a_region_fails(void **state)
{
    (void)state;
    for (FakeCall call = FAKE_RESERVE; call <= FAKE_COMMIT; call++) {
        fill_cache();
        fake_pages.fail_at[call] = fake_pages.calls[call] + 1;
        Arena *arena = arena_create_region(1 << 20);
        assert_non_null(arena);
        assert_int_equal(fake_pages.mapped_bytes, 0);
        arena_destroy(arena);
    }
    Arena *arena = arena_create_region(4 << 20);
    assert_non_null(arena);
    fill_cache();
    fake_pages.fail_at[FAKE_COMMIT] = fake_pages.calls[FAKE_COMMIT] + 1;
    assert_filled(new_object(arena, 2 << 20, 1), 2 << 20, 1);
    assert_int_equal(fake_pages.mapped_bytes, 0);
    arena_destroy(arena);
}

static void what_cannot_be_decommitted_stays(void **state)
{
    (void)state;
    enum { DIRTY = 1 << 20 };
    Arena *arena = arena_create_region(4 << 20);
    assert_non_null(arena);
    memset(new_object(arena, DIRTY, 1), 0x55, DIRTY);
    arena_reset(arena);
    size_t committed = fake_pages.committed, reserved = arena_stats(arena).reserved;
    fake_pages.refuse[FAKE_DECOMMIT] = true;
    arena_trim(arena, 0);
    assert_true(fake_pages.decommits > 0);
    assert_int_equal(fake_pages.committed, committed);
    assert_int_equal(arena_stats(arena).reserved, reserved);
    assert_valid(arena);

    // Of what the block holds now, the front is handed out, and zero bytes from there on.
    while (room_in(arena) > DIRTY / 2)
        assert_non_null(hide_pointer(arena_alloc(arena, 16)));
    assert_all(hide_pointer(arena_calloc(arena, 2 * DIRTY)), 2 * DIRTY, 0);
    assert_valid(arena);

    arena_reset(arena);
    fake_pages.refuse[FAKE_DECOMMIT] = false;
    arena_trim(arena, 0);
    assert_true(fake_pages.committed < committed / 2);
    assert_all(hide_pointer(arena_calloc(arena, 2 * DIRTY)), 2 * DIRTY, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

#define test_of_pages(function) cmocka_unit_test_setup_teardown(function, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of_pages(memory_is_committed_no_further_than_it_is_used),
        test_of_pages(trim_decommits_and_what_comes_back_is_zero),
        test_of_pages(a_reservation_that_is_refused_fails_creation),
        test_of_pages(the_nth_commit_fails),
        test_of_pages(the_newest_object_stays_when_a_commit_fails),
        test_of_pages(an_adopted_region_goes_back_to_the_system),
        test_of_pages(a_region_is_filled_in_few_commits),
        test_of_pages(what_cannot_be_decommitted_stays),
        test_of_pages(the_cache_of_mappings_is_emptied_before_a_region_fails),
    };
    return cmocka_run_group_tests_name("fake_pages_region", tests, NULL, NULL);
}
