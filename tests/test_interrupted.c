// Signals that come while the library is doing something that takes long, and children that are forked while
// other threads do.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction, setitimer and fork
#endif

#include "support/bytes.h"
#include "support/check.h"
#include "support/child.h"

#include <arena/herd.h>
#include <arena/scratch.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

// ----- Signals -----

enum { SIGNALS = 300, MICROSECONDS = 300 };

// Of the handler only: in memory of its own, so that it asks nobody for any.
static Arena *of_handler;
static volatile sig_atomic_t signals;
static volatile sig_atomic_t mistakes;

static void use_own_arena(int number)
{
    (void)number;
    ArenaMark mark = arena_mark(of_handler);
    for (uint32_t i = 0; i < 20; i++) {
        size_t size = 1 + 13 * i;
        unsigned char *bytes = arena_alloc(of_handler, size);
        if (bytes)
            fill_bytes(bytes, size, i);
        mistakes += !bytes || !bytes_are_filled(bytes, size, i);
    }
    arena_rewind(of_handler, mark);
    signals++;
}

static void interrupt(void (*handler)(int number), int microseconds)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerval never = {{0, 0}, {0, 0}};
    struct itimerval every = {{0, microseconds}, {0, microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

// Nothing but what goes to the source and back: blocks, growth, large objects, regions, adoption.
static bool go_to_the_source(uint32_t seed)
{
    Arena *arena = seed % 2 ? arena_create(0) : arena_create_region(1 << 22);
    Arena *other = arena_create(1 << (seed % 20));
    size_t size = 1 + seed * 977 % 100000;
    unsigned char *small = arena_alloc(arena, size);
    if (!small || !other)
        return false;
    fill_bytes(small, size, seed);
    ArenaMark mark = arena_mark(arena);
    unsigned char *large = arena_alloc(other, 3 * size);
    unsigned char *zero = arena_calloc(arena, 2 * size);
    if (!large || !zero || !bytes_are_all(zero, 2 * size, 0))
        return false;
    fill_bytes(large, 3 * size, seed + 1);
    fill_bytes(zero, 2 * size, seed + 2);
    large = arena_realloc(other, large, 3 * size, 9 * size);
    bool good = large && bytes_are_filled(large, 3 * size, seed + 1);
    arena_rewind(arena, mark);
    arena_trim(arena, 0);
    good = good && bytes_are_filled(small, size, seed) && arena_adopt(arena, other) &&
           bytes_are_filled(large, 3 * size, seed + 1);
    arena_destroy(arena);
    return good;
}

static void a_signal_may_come_at_any_time(void **state)
{
    (void)state;
    static unsigned char memory[16384];
    of_handler = arena_create_in(memory, sizeof memory);
    assert_non_null(of_handler);
    interrupt(use_own_arena, MICROSECONDS);
    bool good = true;
    for (uint32_t seed = 1; good && signals < SIGNALS; seed++)
        good = go_to_the_source(seed);
    interrupt(SIG_DFL, 0);
    assert_true(good);
    assert_int_equal(mistakes, 0);
    arena_destroy(of_handler);
}

// ----- Forks -----

enum { THREADS = 3, FORKS = 60 };

static ArenaHerd *herd;
static atomic_bool is_over;
static atomic_size_t rounds[THREADS];

static void use_all(uint32_t seed)
{
    (void)go_to_the_source(seed);
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    (void)hide_pointer(arena_alloc(scratch.arena, 100 + seed % 1000));
    arena_scratch_end(scratch);
    (void)hide_pointer(arena_alloc(arena_herd_member(herd), 50));
}

static void *use_until_over(void *context)
{
    atomic_size_t *mine = context;
    while (!atomic_load(&is_over))
        use_all((uint32_t)atomic_fetch_add(mine, 1));
    return NULL;
}

// Whoever had a lock when the process forked is not there to give it back. AddressSanitizer's malloc has
// such locks.
#if defined(__SANITIZE_ADDRESS__)
#define MALLOC_MAY_HANG true
#else
#define MALLOC_MAY_HANG false
#endif

static bool use_in_child(void)
{
    alarm(60);
    for (uint32_t seed = 1; seed <= 10; seed++) {
        use_all(seed);
        if (!go_to_the_source(seed))
            return false;
    }
    arena_cache_limit(0);
    return true;
}

static void a_child_may_be_forked_while_others_allocate(void **state)
{
    (void)state;
    if (MALLOC_MAY_HANG)
        skip();
    pthread_t threads[THREADS];
    herd = arena_herd_create(NULL);
    assert_non_null(herd);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_until_over, &rounds[i]), 0);
    for (int i = 0; i < THREADS; i++)
        while (atomic_load(&rounds[i]) == 0)
            sched_yield();
    bool good = true;
    for (int i = 0; good && i < FORKS; i++)
        good = child_succeeds(use_in_child);
    atomic_store(&is_over, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    arena_herd_destroy(herd);
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_may_come_at_any_time),
        cmocka_unit_test(a_child_may_be_forked_while_others_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
