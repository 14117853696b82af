// The cache of mappings while another thread has it, which is a matter of nanoseconds: here the test takes
// it, with the source of the library in this file.

#include "../src/memory/source_heap.c"

#include "support/check.h"

#define MAPPED ((size_t)ARENA_TUNE_MAPPED + 10000)

static Cache *taken;

static int start(void **state)
{
    (void)state;
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
    return 0;
}

static void take(void)
{
    taken = atomic_exchange(&cache, NULL);
    assert_non_null(taken);
}

static void give_back(void)
{
    atomic_store(&cache, taken);
}

static void without_the_cache_mappings_come_from_the_system_and_go_there(void **state)
{
    (void)state;
    Arena *arena = new_arena(MAPPED);
    arena_destroy(new_arena(2 * MAPPED));
    size_t held = cache_storage.held, bytes_warm = atomic_load(&warm);
    take();
    new_object(arena, MAPPED, 1);
    assert_false(arena_heap_empty_cache());
    arena_destroy(arena);
    assert_int_equal(cache_storage.held, held);
    assert_int_equal(atomic_load(&warm), bytes_warm);
    give_back();
    arena_destroy(new_arena(MAPPED));
}

static void what_was_discarded_in_vain_goes_to_the_system(void **state)
{
    (void)state;
    arena_destroy(new_arena(MAPPED)); // so that as much may be kept
    arena_cache_limit(MAPPED);
    arena_heap_empty_cache();
    arena_cache_limit(2 * MAPPED); // of which a quarter may stay warm
    Arena *arena = new_arena(MAPPED);
    take();
    arena_destroy(arena);
    assert_int_equal(cache_storage.count, 0);
    assert_int_equal(atomic_load(&warm), 0);
    give_back();
}

// Which would not know in what state the other thread was.
static void a_child_leaves_what_another_thread_had(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    arena_destroy(new_arena(MAPPED));
    assert_int_equal(cache_storage.count, 1);
    Mapping lost = cache_storage.mappings[0];
    take();
    forget_cache();
    assert_ptr_equal(atomic_load(&cache), &cache_storage);
    assert_int_equal(cache_storage.count, 0);
    *(char *)lost.pages = 1; // it is still there
    arena_pages_unmap(lost.pages, lost.size);

    arena_destroy(new_arena(MAPPED));
    assert_int_equal(cache_storage.count, 1);
    forget_cache();
    assert_int_equal(cache_storage.count, 0);
    assert_int_equal(atomic_load(&warm), 0);
}

static void make_room_for(size_t bytes)
{
    arena_destroy(new_arena(bytes)); // the cache holds as much as was live at once
    assert_true(arena_heap_empty_cache());
}

// Those that are not warm stay where they are: they cost the system nothing.
static void a_lower_limit_takes_the_warm_ones(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    make_room_for(16 * MAPPED);
    arena_cache_limit(8 * MAPPED);
    Arena *arenas[3];
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arenas[i] = new_arena(MAPPED);
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_destroy(arenas[i]);
    assert_int_equal(cache_storage.count, 3);
    assert_true(cache_storage.mappings[0].is_warm);
    assert_false(cache_storage.mappings[2].is_warm);

    Mapping first = remove_mapping(&cache_storage, 0); // now it goes behind those that are not
    assert_true(keep_mapping(first.pages, first.size));
    assert_false(cache_storage.mappings[0].is_warm && cache_storage.mappings[1].is_warm);
    arena_cache_limit(cache_storage.held);
    for (size_t i = 0; i < cache_storage.count; i++)
        assert_false(cache_storage.mappings[i].is_warm);
    assert_true(cache_storage.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_the_cache_mappings_come_from_the_system_and_go_there, start),
        cmocka_unit_test_setup(what_was_discarded_in_vain_goes_to_the_system, start),
        cmocka_unit_test_setup(a_child_leaves_what_another_thread_had, start),
        cmocka_unit_test_setup(a_lower_limit_takes_the_warm_ones, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
