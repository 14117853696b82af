// The guard: objects at the ends of pages, which are inaccessible once they are taken back. That such an
// access is reported, test_fault.c and caught/ have.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // MAP_ANONYMOUS
#endif

#include "support/check.h"

#include <arena/array.h>
#include <arena/array.h>
#include <arena/watch.h>

#include "support/guard.h"
#include "support/reports.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_LIVE = 16384, LARGEST = 8 << 20 };

static int begin(void **state)
{
    (void)state;
    forget_reports();
    arena_guard_one_in(1);
    arena_on_report(keep_report, NULL);
    return 0;
}

static Arena *new_guarded(void)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "guarded"});
    assert_non_null(arena);
    assert_true(arena_watch(arena, arena_guard()));
    return arena;
}

static size_t guarded_so_far(void)
{
    return arena_guard_counts().guarded;
}

// Bytes from the end of an object to the end of its page.
static size_t slack_of(const void *object, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size_t)(-((uintptr_t)object + size) & (page - 1));
}

static void an_object_ends_where_its_page_does(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    size_t before = guarded_so_far();
    for (size_t size = 1; size < 20000; size += 1 + size / 3) {
        unsigned char *object = hide_pointer(arena_alloc(arena, size));
        assert_non_null(object);
        assert_int_equal((uintptr_t)object % ARENA_ALIGNOF(max_align_t), 0);
        assert_true(slack_of(object, size) < ARENA_ALIGNOF(max_align_t));
        assert_true(arena_owns(arena, object));
        memset(object, 0xff, size);
        assert_true(arena_is_valid(arena));
    }
    assert_true(guarded_so_far() > before + 20);
    char *aligned = hide_pointer(arena_alloc_aligned(arena, 3, 512));
    assert_int_equal((uintptr_t)aligned % 512, 0);
    assert_true(slack_of(aligned, 3) < 512);
    unsigned char *zeroed = hide_pointer(arena_calloc(arena, 5000));
    assert_true(bytes_are_all(zeroed, 5000, 0));
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void assert_as_unguarded(const Arena *arena, const Arena *twin)
{
    ArenaStats stats = arena_stats(arena), expected = arena_stats(twin);
    assert_int_equal(stats.used, expected.used);
    assert_int_equal(stats.peak, expected.peak);
    assert_int_equal(stats.wasted, expected.wasted);
    assert_int_equal(stats.reserved, expected.reserved);
    assert_int_equal(stats.blocks, expected.blocks);
}

static void statistics_are_those_of_the_program(void **state)
{
    (void)state;
    Arena *arenas[] = {new_guarded(), arena_create(0)};
    ArenaMark marks[2];
    for (int i = 0; i < 2; i++) {
        assert_non_null(hide_pointer(arena_alloc(arenas[i], 100)));
        marks[i] = arena_mark(arenas[i]);
        assert_non_null(hide_pointer(arena_alloc(arenas[i], 1000)));
        assert_non_null(hide_pointer(arena_alloc(arenas[i], 1000000)));
    }
    assert_as_unguarded(arenas[0], arenas[1]);
    for (int i = 0; i < 2; i++)
        arena_rewind(arenas[i], marks[i]);
    assert_as_unguarded(arenas[0], arenas[1]);
    for (int i = 0; i < 2; i++)
        arena_reset(arenas[i]);
    assert_as_unguarded(arenas[0], arenas[1]);
    for (int i = 0; i < 2; i++)
        arena_destroy(arenas[i]);
    assert_int_equal(arena_guard_counts().live, 0);
}

// By so many bytes each time, to and fro.
static void resize_in(Arena *arena, size_t step, size_t most)
{
    unsigned char *object = hide_pointer(arena_alloc(arena, step));
    memset(object, 7, step);
    size_t size = step;
    for (; size < most; size += step) {
        object = hide_pointer(arena_realloc(arena, object, size, size + step));
        assert_non_null(object);
        assert_true(object[0] == 7 && object[size - 1] == 7);
        memset(object + size, 7, step);
    }
    assert_ptr_equal(arena_realloc(arena, object, size, size / 3), object);
    object = hide_pointer(arena_realloc(arena, object, size / 3, size / 2));
    assert_true(bytes_are_all(object, size / 3, 7));
    assert_true(arena_is_valid(arena) && arena_owns(arena, object));
}

static void sums_are_as_they_would_be_after_resizing(void **state)
{
    (void)state;
    const size_t steps[] = {16, 1000, 50000, 300000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        Arena *arenas[] = {new_guarded(), arena_create(0)};
        for (int j = 0; j < 2; j++) {
            resize_in(arenas[j], steps[i], 64 * steps[i]);
            ArenaMark mark = arena_mark(arenas[j]);
            resize_in(arenas[j], steps[i], 8 * steps[i]);
            arena_rewind(arenas[j], mark);
            resize_in(arenas[j], steps[i], 8 * steps[i]);
        }
        assert_as_unguarded(arenas[0], arenas[1]);
        arena_destroy(arenas[0]);
        arena_destroy(arenas[1]);
    }
    assert_int_equal(reports, 0);
}

static void a_late_shrink_changes_no_sums(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    for (size_t size = 1024; size < 9000; size += 16) {
        void *object = hide_pointer(arena_alloc(arena, size));
        assert_non_null(hide_pointer(arena_alloc(arena, 16)));
        size_t used = arena_stats(arena).used;
        assert_ptr_equal(arena_realloc(arena, object, size, size / 2), object);
        assert_int_equal(arena_stats(arena).used, used);
    }
    arena_destroy(arena);
}

static void adopted_sums_are_as_they_would_be(void **state)
{
    (void)state;
    size_t counts[2];
    for (int i = 0; i < 2; i++) {
        Arena *into = arena_create_with(&(ArenaOptions){.limit = 1 << 20});
        Arena *from = i == 0 ? new_guarded() : arena_create(0);
        for (int j = 0; j < 300; j++)
            assert_non_null(hide_pointer(arena_alloc(from, 16)));
        assert_true(arena_adopt(into, from));
        counts[i] = 0;
        while (hide_pointer(arena_alloc(into, 100)))
            counts[i]++;
        arena_destroy(into);
    }
    assert_int_equal(counts[0], counts[1]);
}

static void a_limit_is_as_it_would_be(void **state)
{
    (void)state;
    size_t counts[2];
    for (int i = 0; i < 2; i++) {
        Arena *arena = arena_create_with(&(ArenaOptions){.limit = 100000, .name = "limited"});
        assert_true(i == 0 || arena_watch(arena, arena_guard()));
        counts[i] = 0;
        while (hide_pointer(arena_alloc(arena, 24)))
            counts[i]++;
        arena_destroy(arena);
    }
    assert_int_equal(counts[0], counts[1]);
}

static void addresses_are_not_used_again_soon(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    uintptr_t last = 0;
    for (int i = 0; i < 1000; i++) {
        uintptr_t now = (uintptr_t)hide_pointer(arena_alloc(arena, 64));
        assert_true(now > last);
        last = now;
        arena_reset(arena);
    }
    assert_int_equal(arena_guard_counts().live, 0);
    arena_destroy(arena);
}

// Lines of /proc/self/maps; 0 where there is none.
static size_t count_mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    size_t count = 0;
    for (int c = 0; file && (c = getc(file)) != EOF;)
        count += c == '\n';
    if (file)
        fclose(file);
    return count;
}

static void what_was_taken_back_is_no_mapping(void **state)
{
    (void)state;
    size_t before = count_mappings();
    if (before == 0) {
        print_message("skipped: this system does not tell which mappings a process has\n");
        skip();
    }
    Arena *arena = new_guarded();
    for (int i = 0; i < 40000; i++) {
        assert_non_null(hide_pointer(arena_alloc(arena, i % 64 == 0 ? 3000000 : 100)));
        if (i % 8 == 0)
            arena_reset(arena);
    }
    arena_destroy(arena);
    assert_in_range(count_mappings(), 1, before + 100);
}

// In a child, which ends by a signal if the object is not there any more.
static void use_after_mappings_are_gone(void)
{
    Arena *arena = new_guarded();
    volatile char *object = hide_pointer(arena_alloc(arena, 100));
    for (int i = 0; i < 1 << 20; i++)
        if (mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
            MAP_FAILED)
            break;
    arena_reset(arena);
    signal(SIGSEGV, SIG_DFL);
    object[0] = 1;
    _exit(0);
}

static void what_was_taken_back_is_inaccessible_without_mappings(void **state)
{
    (void)state;
    if (count_mappings() == 0) {
        print_message("skipped: this system does not bound the number of mappings\n");
        skip();
    }
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        use_after_mappings_are_gone();
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void when_the_budget_is_gone_objects_go_unguarded(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    ArenaGuardCounts before = arena_guard_counts();
    for (int i = 0; i < MOST_LIVE + 1000; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 16)));
    ArenaGuardCounts after = arena_guard_counts();
    assert_int_equal(after.guarded - before.guarded + after.missed - before.missed,
                     MOST_LIVE + 1000);
    assert_true(after.missed - before.missed >= 1000);
    assert_true(arena_stats(arena).used >= 16 * (MOST_LIVE + 1000));
    void *huge = hide_pointer(arena_alloc(arena, (size_t)64 << 20));
    assert_true(huge && arena_owns(arena, huge));
    arena_reset(arena);
    assert_int_equal(arena_guard_counts().live, 0);
    before = arena_guard_counts();
    assert_non_null(hide_pointer(arena_alloc(arena, 16)));
    assert_int_equal(guarded_so_far(), before.guarded + 1);
    arena_destroy(arena);
}

// For most there is no time. Each of those is counted for sixteen, so that six standard deviations are
// 6 * 16 * sqrt(20000 / 16).
static void one_in_so_many_is_chosen_whatever_its_size(void **state)
{
    (void)state;
    enum { COUNT = 2000000, ONE_IN = 100 };
    arena_guard_one_in(ONE_IN);
    for (size_t size = 32; size < 2000; size *= 7) {
        Arena *arena = new_guarded();
        ArenaGuardCounts before = arena_guard_counts();
        for (int i = 0; i < COUNT; i++) {
            assert_non_null(hide_pointer(arena_alloc(arena, size)));
            if (i % 1000 == 0)
                arena_reset(arena);
        }
        ArenaGuardCounts after = arena_guard_counts();
        assert_in_range(after.guarded - before.guarded + after.missed - before.missed, 16600,
                        23400);
        assert_true(arena_is_valid(arena));
        arena_destroy(arena);
    }
}

// Some of the storage that it moves out of is guarded, and cannot grow where it stands.
static void an_array_grows_out_of_what_is_guarded(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    arena_guard_one_in(5);
    size_t before = guarded_so_far();
    for (int round = 0; round < 50; round++) {
        Arena *arena = new_guarded();
        ARENA_ARRAY(int) numbers = {0};
        for (int i = 0; i < COUNT; i++) {
            int *number = ARENA_PUSH(arena, &numbers);
            assert_non_null(number);
            *number = i;
        }
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(numbers.items[i], i);
        assert_valid(arena);
        arena_destroy(arena);
    }
    assert_true(guarded_so_far() > before);
}

// One that fills its pages begins where large objects do, but in no memory of the heap's.
static void an_array_moves_out_of_pages_that_it_fills(void **state)
{
    (void)state;
    static const ArenaWatcher seldom = {.interval = SIZE_MAX / 4};
    Arena *arena = new_guarded();
    size_t size = 4 * (size_t)sysconf(_SC_PAGESIZE) - sizeof(ArenaBlock);
    size_t grown_size = 2 * size;
    unsigned char *bytes = hide_pointer(arena_alloc_aligned(arena, size, ARENA_GRANULE));
    assert_true(bytes && bytes == arena->large->data && !arena->large->memory);
    memset(bytes, 7, size);
    arena_unwatch(arena, arena_guard()); // which has every allocation seen
    assert_true(arena_watch(arena, &seldom));
    unsigned char *grown = hide_pointer(arena_grow(arena, bytes, size, 2 * size, &grown_size, 1));
    assert_true(grown && grown != bytes && grown_size >= 2 * size);
    assert_true(bytes_are_all(grown, size, 7) && bytes_are_all(bytes, size, 7));
    assert_valid(arena);
    arena_destroy(arena);
}

// When all other addresses were used.
static void a_large_object_is_stepped_over(void **state)
{
    (void)state;
    Arena *lasting = new_guarded(), *arena = new_guarded();
    assert_non_null(hide_pointer(arena_alloc(lasting, LARGEST)));
    ArenaGuardCounts before = arena_guard_counts();
    assert_int_equal(before.live, 1);
    for (int i = 0; i < 1200; i++) {
        assert_non_null(hide_pointer(arena_alloc(arena, LARGEST / 2)));
        arena_reset(arena);
    }
    ArenaGuardCounts after = arena_guard_counts();
    assert_int_equal(after.guarded - before.guarded, 1200);
    assert_int_equal(after.missed, before.missed);
    arena_destroy(arena);
    arena_destroy(lasting);
}

static void what_is_too_large_or_too_aligned_is_missed(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    size_t before = arena_guard_counts().missed;
    void *large = hide_pointer(arena_alloc(arena, LARGEST + 1));
    void *aligned = hide_pointer(arena_alloc_aligned(arena, 64, 1 << 17));
    assert_int_equal(arena_guard_counts().missed - before, (large != NULL) + (aligned != NULL));
    assert_int_equal(arena_guard_counts().live, 0);
    arena_destroy(arena);
}

static void an_arena_keeps_its_share(void **state)
{
    (void)state;
    Arena *all = new_guarded();
    arena_guard_one_in(1000000);
    Arena *few = new_guarded();
    size_t before = guarded_so_far();
    for (int i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(all, 64)));
    assert_int_equal(guarded_so_far() - before, 100);
    arena_guard_one_in(1);
    for (int i = 0; i < 1000; i++)
        assert_non_null(hide_pointer(arena_alloc(few, 64)));
    assert_in_range(guarded_so_far() - before, 100, 101);
    arena_destroy(few);
    arena_destroy(all);
}

static void one_in_more_than_there_are_is_none(void **state)
{
    (void)state;
    const size_t counts[] = {SIZE_MAX, SIZE_MAX / 32 + 1, SIZE_MAX / 512 + 1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        arena_guard_one_in(counts[i]);
        Arena *arena = new_guarded();
        size_t before = guarded_so_far();
        for (int j = 0; j < 1000; j++)
            assert_non_null(hide_pointer(arena_alloc(arena, 64)));
        assert_int_equal(guarded_so_far(), before);
        arena_destroy(arena);
    }
}

// How many objects are guarded in a fifth of a second of work.
static size_t samples_of_a_while(void)
{
    size_t before = guarded_so_far();
    clock_t begun = clock();
    Arena *arena = new_guarded();
    while (clock() - begun < CLOCKS_PER_SEC / 5) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(hide_pointer(arena_alloc(arena, 64)));
        arena_reset(arena);
    }
    arena_destroy(arena);
    return guarded_so_far() - before;
}

// 2, and 10 more in each while.
static void samples_begin_anew_with_each_choice_and_child(void **state)
{
    (void)state;
    assert_true(samples_of_a_while() > 1000); // which are no samples
    assert_true(samples_of_a_while() > 1000);
    arena_guard_one_in(10);
    assert_in_range(samples_of_a_while(), 6, 13);
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        size_t samples = samples_of_a_while();
        _exit(samples >= 6 && samples <= 13 ? 0 : 1);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_in_range(samples_of_a_while(), 6, 13);
}

static void a_guarded_object_can_be_resized(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    unsigned char *object = hide_pointer(arena_alloc(arena, 5000));
    memset(object, 1, 5000);
    assert_ptr_equal(arena_realloc(arena, object, 5000, 4000), object);
    unsigned char *larger = hide_pointer(arena_realloc(arena, object, 4000, 9000));
    assert_true(bytes_are_all(larger, 4000, 1));
    memset(larger, 2, 9000);
    ArenaMark mark = arena_mark(arena);
    assert_ptr_equal(arena_realloc(arena, larger, 9000, 100), larger);
    arena_rewind(arena, mark); // which takes back that it has shrunk
    assert_true(bytes_are_all(larger, 9000, 2));
    memset(larger, 3, 9000);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// With the checker: else old bytes stay as they were.
static void what_an_object_has_left_is_taken_back(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    assert_true(arena_watch(arena, arena_checker()) && arena_watch(arena, arena_guard()));
    char *object = hide_pointer(arena_alloc(arena, 100));
    char *moved = hide_pointer(arena_realloc(arena, object, 100, 200));
    assert_int_equal(arena_guard_counts().live, 1);
    assert_true(arena_stats(arena).used >= 304); // what was left counts as before

    ArenaMark mark = arena_mark(arena); // what it saw has to be there
    moved = hide_pointer(arena_realloc(arena, moved, 200, 300));
    assert_int_equal(arena_guard_counts().live, 2);
    assert_true(arena_remember(arena, moved, 300));
    assert_non_null(hide_pointer(arena_realloc(arena, moved, 300, 400)));
    arena_rewind(arena, mark); // which writes to what it was
    assert_int_equal(arena_guard_counts().live, 1);
    assert_true(arena_is_valid(arena));
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// With objects after it that nobody has looked at, its place in the arena is the newest no more.
static void a_guarded_object_that_is_not_the_newest_is_resized(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        arena_guard_one_in(100);
        Arena *arena = new_guarded();
        size_t before = guarded_so_far();
        unsigned char *object = NULL;
        while (guarded_so_far() == before)
            object = new_object(arena, 100, 1);
        unsigned char *next = new_object(arena, 8, 2);
        assert_ptr_equal(arena_realloc(arena, object, 100, 60), object);
        object = hide_pointer(arena_realloc(arena, object, 60, 1000));
        assert_filled(object, 60, 1);
        assert_filled(next, 8, 2);
        memset(object, 3, 1000);
        assert_filled(next, 8, 2);
        assert_valid(arena);
        arena_destroy(arena);
    }
    assert_int_equal(reports, 0);
}

static void containers_grow_in_guarded_pages(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    ARENA_ARRAY(int) numbers = {0};
    for (int i = 0; i < 20000; i++) {
        int *slot = ARENA_PUSH(arena, &numbers);
        assert_non_null(slot);
        *slot = i;
    }
    for (int i = 0; i < 20000; i++)
        assert_int_equal(numbers.items[i], i);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void guarded_objects_are_adopted(void **state)
{
    (void)state;
    Arena *into = arena_create(0), *from = new_guarded();
    unsigned char *object = hide_pointer(arena_alloc(from, 40));
    memset(object, 7, 40);
    assert_int_equal(arena_guard_counts().live, 1);
    assert_true(arena_adopt(into, from));
    assert_true(bytes_are_all(object, 40, 7) && arena_owns(into, object));
    arena_reset(into);
    assert_int_equal(arena_guard_counts().live, 0);
    arena_destroy(into);
}

static void detached_its_objects_stay(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    unsigned char *object = hide_pointer(arena_alloc(arena, 5000));
    arena_unwatch(arena, arena_guard());
    size_t before = guarded_so_far();
    assert_non_null(hide_pointer(arena_alloc(arena, 40)));
    assert_int_equal(guarded_so_far(), before);
    memset(object, 7, 5000);
    unsigned char *grown = hide_pointer(arena_realloc(arena, object, 5000, 9000));
    assert_true(bytes_are_all(grown, 5000, 7));
    assert_int_equal(arena_guard_counts().live, 1);
    arena_destroy(arena);
    assert_int_equal(arena_guard_counts().live, 0);
}

static void other_memory_is_left_alone(void **state)
{
    (void)state;
    static max_align_t buffer[500];
    size_t before = guarded_so_far();
    Arena *arenas[] = {arena_create_in(buffer, sizeof buffer), arena_create_region(1 << 20)};
    for (size_t i = 0; i < 2; i++) {
        assert_true(arena_watch(arenas[i], arena_guard()));
        char *first = hide_pointer(arena_alloc(arenas[i], 32));
        assert_ptr_equal(hide_pointer(arena_alloc(arenas[i], 32)), first + 32);
        arena_destroy(arenas[i]);
    }
    assert_int_equal(guarded_so_far(), before);
}

// ----- What is found -----

static void scribble(unsigned char *bytes, ptrdiff_t offset)
{
    ((volatile unsigned char *)hide_pointer(bytes))[offset] ^= 0x55;
}

static void writes_within_the_page_are_found_later(void **state)
{
    (void)state;
    const ptrdiff_t offsets[] = {-1, -64, 13, 15};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        Arena *arena = new_guarded();
        scribble(arena_alloc(arena, 13), offsets[i]);
        arena_reset(arena);
        assert_int_equal(reports, i + 1);
        assert_non_null(strstr(message, "somebody wrote beyond an object"));
        assert_non_null(strstr(message, "13 bytes at"));
        arena_destroy(arena);
    }
}

static void what_was_taken_back_is_known(void **state)
{
    (void)state;
    Arena *arena = new_guarded();
    ArenaMark mark = arena_mark(arena);
    char *object = hide_pointer(arena_alloc(arena, 48));
    FILE *out = tmpfile();
    assert_true(arena_explain(object + 20, out));
    arena_rewind(arena, mark);
    assert_true(arena_explain(object + 20, out));
    char text[8192] = "";
    rewind(out);
    assert_true(fread(text, 1, sizeof text - 1, out) > 0);
    fclose(out);
    const char *live = strstr(text, "is 20 bytes into\n  48 bytes at");
    assert_non_null(live);
    assert_non_null(strstr(live, "of arena \"guarded\", in guarded pages"));
    assert_non_null(strstr(live, "of arena \"guarded\", taken back by arena_rewind"));
    arena_destroy(arena);
}

// ----- In processes of their own, in which there is no pool yet -----

static int status_of(int (*program)(size_t limit, size_t share), size_t limit, size_t share)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        exit(program(limit, share));
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int is_here(size_t limit, size_t share)
{
    (void)limit;
    (void)share;
    return guard_is_here();
}

static size_t address_bytes(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// In 32 MiB.
static int size_of_pool(size_t limit, size_t share)
{
    size_t before = address_bytes();
    struct rlimit most = {before + limit, before + limit};
    if (limit > 0)
        setrlimit(RLIMIT_AS, &most);
    arena_guard_one_in(share);
    Arena *arena = arena_create(0);
    arena_watch(arena, arena_guard());
    return (int)((address_bytes() - before) >> 25);
}

static int pools[3];

static void the_pool_leaves_the_program_its_addresses(void **state)
{
    (void)state;
    if (address_bytes() == 0) {
        print_message("skipped: this system does not tell how many addresses a process has\n");
        skip();
    }
    assert_int_equal(pools[0], sizeof(size_t) > 4 ? 128 : 4);
    assert_int_equal(pools[1], pools[0] / 16);
    assert_int_equal(pools[2], 4);
}

int main(void)
{
    if (!status_of(is_here, 0, 0))
        return 77;
    pools[0] = status_of(size_of_pool, 0, 1);
    pools[1] = status_of(size_of_pool, 0, 1000);
    pools[2] = status_of(size_of_pool, ((size_t)1 << 30) + (1 << 20), 1);
    if (!guard_is_here())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_object_ends_where_its_page_does, begin),
        cmocka_unit_test_setup(statistics_are_those_of_the_program, begin),
        cmocka_unit_test_setup(sums_are_as_they_would_be_after_resizing, begin),
        cmocka_unit_test_setup(a_late_shrink_changes_no_sums, begin),
        cmocka_unit_test_setup(adopted_sums_are_as_they_would_be, begin),
        cmocka_unit_test_setup(a_limit_is_as_it_would_be, begin),
        cmocka_unit_test_setup(addresses_are_not_used_again_soon, begin),
        cmocka_unit_test_setup(the_pool_leaves_the_program_its_addresses, begin),
        cmocka_unit_test_setup(what_was_taken_back_is_no_mapping, begin),
        cmocka_unit_test_setup(what_was_taken_back_is_inaccessible_without_mappings, begin),
        cmocka_unit_test_setup(when_the_budget_is_gone_objects_go_unguarded, begin),
        cmocka_unit_test_setup(one_in_so_many_is_chosen_whatever_its_size, begin),
        cmocka_unit_test_setup(an_array_grows_out_of_what_is_guarded, begin),
        cmocka_unit_test_setup(an_array_moves_out_of_pages_that_it_fills, begin),
        cmocka_unit_test_setup(a_large_object_is_stepped_over, begin),
        cmocka_unit_test_setup(what_is_too_large_or_too_aligned_is_missed, begin),
        cmocka_unit_test_setup(an_arena_keeps_its_share, begin),
        cmocka_unit_test_setup(one_in_more_than_there_are_is_none, begin),
        cmocka_unit_test_setup(samples_begin_anew_with_each_choice_and_child, begin),
        cmocka_unit_test_setup(a_guarded_object_can_be_resized, begin),
        cmocka_unit_test_setup(what_an_object_has_left_is_taken_back, begin),
        cmocka_unit_test_setup(a_guarded_object_that_is_not_the_newest_is_resized, begin),
        cmocka_unit_test_setup(containers_grow_in_guarded_pages, begin),
        cmocka_unit_test_setup(guarded_objects_are_adopted, begin),
        cmocka_unit_test_setup(detached_its_objects_stay, begin),
        cmocka_unit_test_setup(other_memory_is_left_alone, begin),
        cmocka_unit_test_setup(writes_within_the_page_are_found_later, begin),
        cmocka_unit_test_setup(what_was_taken_back_is_known, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
