// Threads: an arena moves freely between them, and arenas of many threads share the cache of
// mappings without harm.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sched_setaffinity
#endif

#include "support/check.h"
#include "support/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 30, MEETINGS = 5000 };

static void *in_thread(void *(*work)(void *context), void *context)
{
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, work, context), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

static void *create(void *context)
{
    (void)context;
    return arena_create(100);
}

static void *use(void *context)
{
    Arena *arena = context;
    ArenaMark mark = arena_mark(arena);
    for (uint32_t i = 0; i < 500; i++) {
        unsigned char *object = hide_pointer(arena_alloc(arena, i));
        if (!object)
            return NULL;
        fill_bytes(object, i, i);
    }
    arena_rewind(arena, mark);
    unsigned char *object = hide_pointer(arena_alloc(arena, 3 * (size_t)ARENA_TUNE_MAPPED));
    if (object)
        fill_bytes(object, 5000, 5);
    return object;
}

static void *destroy(void *context)
{
    arena_destroy(context);
    return NULL;
}

static void an_arena_moves_between_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        Arena *arena = in_thread(create, NULL);
        assert_non_null(arena);
        unsigned char *object = in_thread(use, arena);
        assert_non_null(object);
        assert_filled(object, 5000, 5);
        assert_true(arena_owns(arena, object));
        assert_valid(arena);
        in_thread(destroy, arena);
    }
}

// Mappings that are taken out of the cache, zeroed, written, grown and given back.
static void *use_mappings(void *context)
{
    uint32_t seed = *(const uint32_t *)context;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        size_t size = ARENA_TUNE_MAPPED + (seed * 7 + i) % 5 * 100000;
        Arena *arena = arena_create(100);
        unsigned char *object = arena ? hide_pointer(arena_calloc(arena, size)) : NULL;
        if (!object || !bytes_are_all(object, 4000, 0) ||
            !bytes_are_all(object + size - 4000, 4000, 0))
            return context;
        fill_bytes(object, 4000, seed);
        memset(object + size - 4000, 1, 4000);
        object = arena_realloc(arena, object, size, size * 2);
        if (!object || !bytes_are_filled(object, 4000, seed) || !arena_is_valid(arena))
            return context;
        arena_destroy(arena);
    }
    return NULL;
}

// Little is written, so that the threads meet in the cache as often as they can.
static void *hold_mappings(void *context)
{
    unsigned char mine = *(const unsigned char *)context;
    for (size_t i = 0; i < MEETINGS; i++) {
        Arena *arena = arena_create(100);
        unsigned char *object = arena ? hide_pointer(arena_alloc(arena, ARENA_TUNE_MAPPED)) : NULL;
        if (!object)
            return context;
        memset(object, mine, 64);
        sched_yield();
        if (!bytes_are_all(object, 64, mine))
            return context;
        arena_destroy(arena);
    }
    return NULL;
}

static void no_mapping_is_given_to_two_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    unsigned char marks[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        marks[i] = (unsigned char)(i + 1);
        assert_int_equal(pthread_create(&threads[i], NULL, hold_mappings, &marks[i]), 0);
    }
    bool all_well = true;
    for (size_t i = 0; i < THREADS; i++) {
        void *harmed = NULL;
        assert_int_equal(pthread_join(threads[i], &harmed), 0);
        all_well = all_well && !harmed;
    }
    assert_true(all_well);
}

static void threads_share_the_cache_without_harm(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        assert_int_equal(pthread_create(&threads[i], NULL, use_mappings, &seeds[i]), 0);
    }
    for (size_t i = 0; i < 20; i++)
        arena_cache_limit(i % 2 ? 0 : ARENA_TUNE_CACHE);
    bool all_well = true;
    for (size_t i = 0; i < THREADS; i++) {
        void *harmed = NULL;
        assert_int_equal(pthread_join(threads[i], &harmed), 0);
        all_well = all_well && !harmed;
    }
    assert_true(all_well);
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
}

// More than threads and the heap ever ask for beside them.
#define DISTINCT ((size_t)16 << 20)

static atomic_size_t ready, done;

// All threads are there at once, with heaps of their own, before the first one goes on.
static void *give_mappings_back(void *context)
{
    Arena *kept = arena_create(100);
    atomic_fetch_add(&ready, 1);
    while (atomic_load(&ready) < THREADS)
        sched_yield();
    for (size_t i = 0; i < ROUNDS; i++) {
        Arena *arena = arena_create(100);
        if (!kept || !arena || !hide_pointer(arena_alloc(arena, DISTINCT)))
            context = NULL;
        arena_destroy(arena);
    }
    arena_destroy(kept);
    atomic_fetch_add(&done, 1);
    return context;
}

// Threads that give mappings back, while the cache is forbidden and allowed in turn, to `most`
// bytes.
static void give_back_in_threads(size_t most)
{
    pthread_t threads[THREADS];
    atomic_store(&ready, 0);
    atomic_store(&done, 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, give_mappings_back, threads), 0);
    for (size_t i = 0; atomic_load(&done) < THREADS; i++) {
        arena_cache_limit(i % 2 ? 0 : most);
        sched_yield();
    }
    bool all_well = true;
    for (size_t i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        all_well = all_well && result;
    }
    assert_true(all_well);
}

static void a_cache_without_room_is_empty_once_the_threads_are_done(void **state)
{
    (void)state;
    if (UNDER_SANITIZER || address_bytes() == 0)
        skip();
    // The first time pays for the stacks and the heaps of the threads.
    arena_cache_limit(0);
    give_back_in_threads(0);
    size_t before = address_bytes();
    for (size_t i = 0; i < 10; i++) {
        give_back_in_threads(ARENA_TUNE_CACHE);
        arena_cache_limit(0);
        assert_true(address_bytes() < before + DISTINCT);
    }
    arena_cache_limit(ARENA_TUNE_CACHE);
}

#if defined(__linux__)

static atomic_bool stopped;

// The cache is full of mappings that do not serve, so that it takes long to look through it.
static void *search_cache(void *context)
{
    (void)context;
    while (!atomic_load(&stopped))
        arena_destroy(arena_create(3 * (size_t)ARENA_TUNE_MAPPED));
    return NULL;
}

static void fill_cache(void)
{
    enum { COUNT = 60 };
    Arena *arena = new_arena(100);
    for (size_t i = 0; i < COUNT; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, ARENA_TUNE_MAPPED)));
    arena_destroy(arena);
}

// Sets a limit in the middle of what another thread does, which goes on after that only.
static void limit_amid_a_search(long nanoseconds)
{
    pthread_t thread;
    fill_cache();
    atomic_store(&stopped, false);
    assert_int_equal(pthread_create(&thread, NULL, search_cache, NULL), 0);
    nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL);
    arena_cache_limit(0);
    atomic_store(&stopped, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

// Returns whether the threads of this process share one core from now on.
static bool stay_on_one_core(cpu_set_t *before)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    return sched_getaffinity(0, sizeof *before, before) == 0 &&
           sched_setaffinity(0, sizeof one, &one) == 0;
}

static void a_limit_holds_though_another_thread_has_the_cache(void **state)
{
    (void)state;
    cpu_set_t before;
    if (UNDER_SANITIZER || address_bytes() == 0 || !stay_on_one_core(&before))
        skip();
    limit_amid_a_search(1000000); // pays for the stack and the heap of a thread
    for (long i = 0; i < 50; i++) {
        size_t addresses = address_bytes();
        arena_cache_limit(ARENA_TUNE_CACHE);
        limit_amid_a_search(1000000 + i * 20011);
        assert_true(address_bytes() < addresses + 30 * (size_t)ARENA_TUNE_MAPPED);
    }
    arena_cache_limit(ARENA_TUNE_CACHE);
    sched_setaffinity(0, sizeof before, &before);
}

#else

static void a_limit_holds_though_another_thread_has_the_cache(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_moves_between_threads),
        cmocka_unit_test(no_mapping_is_given_to_two_threads),
        cmocka_unit_test(threads_share_the_cache_without_harm),
        cmocka_unit_test(a_limit_holds_though_another_thread_has_the_cache),
        cmocka_unit_test(a_cache_without_room_is_empty_once_the_threads_are_done),
    };
    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
