// What the system refuses before the library has asked for it once: it is asked once in a process, and
// each of these is a process of its own.

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"

#include <arena/map.h>
#include <arena/scratch.h>

#include <pthread.h>

static bool fill_map(void)
{
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    refuse_from(CALL_getentropy, 1);
    const char *first = arena_map_intern(arena, &map, "name", 4);
    bool good = first && calls_of(CALL_getentropy) == 1 &&
                arena_map_intern(arena, &map, "name", 4) == first && map.count == 1;
    arena_destroy(arena);
    return good;
}

static void maps_do_without_entropy(void **state)
{
    (void)state;
    assert_true(child_succeeds(fill_map));
}

static size_t ends;

static void count_end(void *context)
{
    (void)context;
    ends++;
}

static void *use_scratch(void *context)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    *(bool *)context = scratch.arena && arena_alloc(scratch.arena, 100) &&
                       arena_defer(scratch.arena, count_end, NULL);
    arena_scratch_end(scratch);
    return NULL;
}

// Nobody will tell when the thread ends, so nothing of it may be left then.
static bool run_thread(void)
{
    bool good = false;
    pthread_t thread;
    return pthread_create(&thread, NULL, use_scratch, &good) == 0 &&
           pthread_join(thread, NULL) == 0 && good && ends == 1;
}

static bool run_without_key(void)
{
    refuse_from(CALL_pthread_key_create, 1);
    return run_thread() && calls_of(CALL_pthread_key_create) == 1;
}

static bool run_without_value(void)
{
    refuse_from(CALL_pthread_setspecific, 1);
    return run_thread() && calls_of(CALL_pthread_setspecific) > 0;
}

static void threads_keep_nothing_if_nobody_tells_of_their_end(void **state)
{
    (void)state;
    assert_true(child_succeeds(run_without_key));
    assert_true(child_succeeds(run_without_value));
}

// Whatever a child of this process would inherit.
static bool destroy_mapping(void)
{
    refuse_from(CALL_pthread_atfork, 1);
    Arena *arena = arena_create((size_t)ARENA_TUNE_MAPPED + 10000);
    size_t calls = calls_of(CALL_mmap);
    arena_destroy(arena);
    arena = arena_create((size_t)ARENA_TUNE_MAPPED + 10000);
    bool good = arena && calls_of(CALL_mmap) > calls;
    arena_destroy(arena);
    return good;
}

static void nothing_is_cached_that_a_fork_would_inherit(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    assert_true(child_succeeds(destroy_mapping));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_do_without_entropy),
        cmocka_unit_test(threads_keep_nothing_if_nobody_tells_of_their_end),
        cmocka_unit_test(nothing_is_cached_that_a_fork_would_inherit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
