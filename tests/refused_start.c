// What the system refuses before the library has asked for it once: it is asked once in a process, and
// each of these is a process of its own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction, sigsetjmp
#endif

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"

#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/watch.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

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

#define STAND_IN(name, function) stand_in(CALL_##name, (void (*)(void))(function))

int __real_sched_yield(void);

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

// ----- At once -----

static atomic_bool has_waited;
static pthread_t other_thread;

static int note_yield(void)
{
    atomic_store(&has_waited, true);
    return 0;
}

static int wait_for(atomic_bool *flag)
{
    while (!atomic_load(flag))
        __real_sched_yield();
    return 0;
}

static void *create_in_thread(void *context)
{
    Arena *arena = arena_create(0);
    *(bool *)context = arena && arena->watch;
    arena_destroy(arena);
    return NULL;
}

static bool other_is_watched;

// While the first thread reads it another one comes, and waits.
static char *read_when_other_waits(const char *name)
{
    static char options[] = "check";
    if (strcmp(name, "ARENA_OPTIONS") != 0 ||
        pthread_create(&other_thread, NULL, create_in_thread, &other_is_watched) != 0)
        return NULL;
    wait_for(&has_waited);
    return options;
}

static bool create_in_two_threads(void)
{
    STAND_IN(secure_getenv, read_when_other_waits);
    STAND_IN(sched_yield, note_yield);
    Arena *arena = arena_create(0);
    bool good = arena && arena->watch && pthread_join(other_thread, NULL) == 0 && other_is_watched;
    arena_destroy(arena);
    return good;
}

static void options_are_read_before_the_first_arena_of_any_thread(void **state)
{
    (void)state;
    assert_true(child_succeeds(create_in_two_threads));
}

// ----- A report that does not end -----

static atomic_bool is_reporting, has_left;
static sigjmp_buf away;
static atomic_int pauses;

static int count_pause(void *files, unsigned long count, int timeout)
{
    (void)files;
    (void)count;
    atomic_fetch_add(&pauses, timeout > 0);
    return 0;
}

// Until the other thread has its fault behind it.
static void report_for_long(const char *text, void *context)
{
    (void)text;
    (void)context;
    atomic_store(&is_reporting, true);
    wait_for(&has_left);
    _exit(atomic_load(&pauses) == 300 ? 0 : 2);
}

static void leave(int number)
{
    (void)number;
    siglongjmp(away, 1);
}

static unsigned char *new_stale(void)
{
    Arena *arena = arena_create(0);
    if (!arena || !arena_watch(arena, arena_guard()))
        _exit(3);
    unsigned char *object = hide_pointer(arena_alloc(arena, 32));
    arena_destroy(arena);
    return object;
}

static void *fault_first(void *object)
{
    *(volatile unsigned char *)object = 1;
    return NULL;
}

static bool fault_in_two_threads(void)
{
    struct sigaction action = {.sa_handler = leave};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    unsigned char *objects[] = {new_stale(), new_stale()};
    arena_on_report(report_for_long, NULL);
    if (pthread_create(&other_thread, NULL, fault_first, objects[0]) != 0)
        return false;
    wait_for(&is_reporting);
    STAND_IN(poll, count_pause);
    if (sigsetjmp(away, 1) == 0)
        fault_first(objects[1]);
    atomic_store(&has_left, true);
    pthread_join(other_thread, NULL);
    return false; // the report ends the process
}

static void a_fault_does_not_wait_for_good_for_the_report_of_another(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    assert_true(child_succeeds(fault_in_two_threads));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_do_without_entropy),
        cmocka_unit_test(threads_keep_nothing_if_nobody_tells_of_their_end),
        cmocka_unit_test(nothing_is_cached_that_a_fork_would_inherit),
        cmocka_unit_test(options_are_read_before_the_first_arena_of_any_thread),
        cmocka_unit_test(a_fault_does_not_wait_for_good_for_the_report_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
