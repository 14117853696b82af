// A machine without virtual memory: what a mapping cannot do there is done by malloc.

#include "support/check.h"

#include "../src/memory/pages.h"
#include "../src/memory/sources.h"

#define MAPPED ((size_t)ARENA_TUNE_MAPPED + 10000)

static void a_large_object_grows_by_realloc_and_stays_when_it_shrinks(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, MAPPED, 1);
    object = arena_realloc(arena, object, MAPPED, 8 * MAPPED);
    assert_filled(object, MAPPED, 1);
    fill_bytes(object, 8 * MAPPED, 2);
    size_t reserved = arena_stats(arena).reserved;
    assert_ptr_equal(arena_realloc(arena, object, 8 * MAPPED, MAPPED), object);
    assert_filled(object, MAPPED, 2);
    assert_int_equal(arena_stats(arena).reserved, reserved);
    assert_valid(arena);
    arena_destroy(arena);
}

// Contents cannot be given up, so what may not stay warm is freed.
static void only_what_is_warm_is_cached(void **state)
{
    (void)state;
    static char bytes[4096];
    assert_false(arena_pages_discard(bytes, sizeof bytes));
    arena_cache_limit(MAPPED);
    arena_destroy(new_arena(MAPPED));
    assert_false(arena_heap_empty_cache());
    arena_cache_limit(8 * MAPPED);
    arena_destroy(new_arena(4 * MAPPED));
    arena_destroy(new_arena(MAPPED));
    assert_true(arena_heap_empty_cache());
}

static void a_region_is_memory_from_the_start(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(MAPPED);
    assert_non_null(arena);
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, MAPPED - 10000, 1);
    arena_rewind(arena, mark);
    arena_trim(arena, 0);
    assert_ptr_equal(arena_calloc(arena, MAPPED - 10000), object);
    assert_all(object, MAPPED - 10000, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_object_grows_by_realloc_and_stays_when_it_shrinks),
        cmocka_unit_test(only_what_is_warm_is_cached),
        cmocka_unit_test(a_region_is_memory_from_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
