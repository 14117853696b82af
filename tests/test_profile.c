// The profiler: that its sums are right, whatever becomes of objects. What is written is looked at by
// other programs in profile/.

#include "support/check.h"

#include <arena/watch.h>

#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#include <process.h>
#define number_of_process() ((long)_getpid())
#else
#include <unistd.h>
#define number_of_process() ((long)getpid())
#endif

// Estimates of a thousand samples are within a tenth, but for one in a hundred thousand times.
enum { INTERVAL = 4096, OBJECTS = 60000, SIZE = 88 };

static const char *const kinds[] = {"profile.%p.folded", "profile.%p.peak.folded",
                                    "profile.%p.live.folded"};
enum { TOTAL, PEAK, LIVE };

// The name of the file that is written for one of these.
static void expand(char *name, size_t size, const char *kind)
{
    const char *number = strstr(kind, "%p");
    snprintf(name, size, "%.*s%ld%s", (int)(number - kind), kind, number_of_process(), number + 2);
}

// Bytes that the profile has of arenas of a name.
static double bytes_of(size_t kind, const char *arena)
{
    char name[100], line[8192], begin[100];
    double sum = 0;
    expand(name, sizeof name, kinds[kind]);
    assert_true(arena_profile_write(kinds[kind]));
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t length = (size_t)snprintf(begin, sizeof begin, "arena %s;", arena);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, begin, length) == 0)
            sum += strtod(strrchr(line, ' '), NULL);
    fclose(file);
    remove(name);
    return sum;
}

static void assert_near(double found, double expected)
{
    if (found < 0.9 * expected || found > 1.1 * expected)
        fail_msg("%.0f bytes were found, of %.0f", found, expected);
}

static Arena *new_profiled(const char *name)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    arena_profile_interval(INTERVAL);
    assert_true(arena_watch(arena, arena_profiler()));
    return arena;
}

static void fill(Arena *arena, size_t bytes)
{
    for (size_t i = 0; i < bytes / SIZE; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, SIZE)));
}

static void all_that_was_allocated_is_estimated(void **state)
{
    (void)state;
    const double bytes = (double)OBJECTS * SIZE;
    for (int i = 0; i < 3; i++) {
        Arena *arena = new_profiled("all");
        fill(arena, OBJECTS * SIZE);
        assert_near(bytes_of(TOTAL, "all"), (i + 1) * bytes);
        assert_near(bytes_of(LIVE, "all"), bytes);
        arena_destroy(arena);
        assert_true(bytes_of(LIVE, "all") == 0);
    }
}

// Exactly, where each is certain to be noted.
static void large_objects_are_noted_as_they_are(void **state)
{
    (void)state;
    Arena *arena = new_profiled("large");
    assert_non_null(hide_pointer(arena_alloc(arena, 8 << 20))); // more than the test before had
    assert_true(bytes_of(TOTAL, "large") == 8 << 20);
    ArenaMark mark = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 24 << 20)));
    assert_true(bytes_of(LIVE, "large") == 32 << 20);
    arena_rewind(arena, mark);
    assert_true(bytes_of(LIVE, "large") == 8 << 20);
    arena_reset(arena);
    assert_true(bytes_of(LIVE, "large") == 0);
    assert_true(bytes_of(TOTAL, "large") == 32 << 20);
    assert_true(bytes_of(PEAK, "large") == 32 << 20);
    arena_destroy(arena);
}

static void the_peak_is_when_the_process_had_most(void **state)
{
    (void)state;
    const size_t most = (size_t)64 << 20; // more than any test before
    Arena *first = new_profiled("first");
    Arena *second = new_profiled("second");
    assert_non_null(hide_pointer(arena_alloc(first, most)));
    assert_non_null(hide_pointer(arena_alloc(second, most / 2)));
    arena_reset(first);
    assert_non_null(hide_pointer(arena_alloc(second, most / 4)));
    assert_true(bytes_of(PEAK, "first") == (double)most);
    assert_true(bytes_of(PEAK, "second") == (double)most / 2);
    assert_true(bytes_of(LIVE, "second") == (double)most / 4 * 3);
    arena_destroy(first);
    arena_destroy(second);
    assert_true(bytes_of(PEAK, "first") == (double)most);
}

static void growth_in_place_is_part_of_it(void **state)
{
    (void)state;
    Arena *arena = new_profiled("growth");
    const size_t most = 4 << 20;
    size_t size = 64;
    char *object = arena_alloc(arena, size);
    for (; object && size < most; size += 64)
        object = arena_realloc(arena, object, size, size + 64);
    assert_non_null(hide_pointer(object));
    double moved = bytes_of(TOTAL, "growth"); // with what was left behind
    assert_true(moved > 0.9 * (double)most);
    assert_near(bytes_of(LIVE, "growth"), moved);
    arena_destroy(arena);
    assert_true(bytes_of(LIVE, "growth") == 0);
}

// Of each piece by which it grew something was noted, before other objects and after.
static void what_has_grown_may_shrink(void **state)
{
    (void)state;
    Arena *arena = new_profiled("grown");
    arena_profile_interval(1);
    const size_t most = 1 << 20;
    for (int i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 128)));
    double others = bytes_of(LIVE, "grown");
    char *object = arena_alloc(arena, most); // so that there is room
    assert_non_null(hide_pointer(object));
    object = arena_realloc(arena, object, most, 64);
    for (size_t size = 64; object && size < most; size += 64)
        object = arena_realloc(arena, object, size, size + 64);
    double with_copies = bytes_of(LIVE, "grown");
    object = arena_realloc(arena, object, most, most / 4);
    assert_true(bytes_of(LIVE, "grown") == with_copies - (double)most / 4 * 3);
    object = arena_realloc(arena, object, most / 4, 0);
    assert_true(bytes_of(LIVE, "grown") == with_copies - (double)most);
    assert_true(with_copies - (double)most >= others);
    arena_destroy(arena);
    assert_true(bytes_of(LIVE, "grown") == 0);
}

static void what_shrinks_is_less(void **state)
{
    (void)state;
    Arena *arena = new_profiled("shrink");
    const size_t most = 1 << 20;
    char *object = arena_alloc(arena, most);
    assert_non_null(hide_pointer(object));
    object = arena_realloc(arena, object, most, most / 4);
    assert_true(bytes_of(LIVE, "shrink") == (double)most / 4);
    assert_true(bytes_of(TOTAL, "shrink") == (double)most);
    object = arena_realloc(arena, object, most / 4, 0);
    assert_true(bytes_of(LIVE, "shrink") == 0);
    arena_destroy(arena);
}

// Under the name that it was allocated with, until the other arena is reset.
static void what_is_adopted_stays(void **state)
{
    (void)state;
    Arena *into = new_profiled("into");
    Arena *from = new_profiled("from");
    assert_non_null(hide_pointer(arena_alloc(from, 1 << 20)));
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    arena_rewind(into, mark);
    assert_true(bytes_of(LIVE, "from") == 1 << 20);
    arena_reset(into);
    assert_true(bytes_of(LIVE, "from") == 0);
    arena_destroy(into);
}

static void what_nobody_watches_any_more_is_not_live(void **state)
{
    (void)state;
    Arena *arena = new_profiled("left");
    assert_non_null(hide_pointer(arena_alloc(arena, 1 << 20)));
    arena_unwatch(arena, arena_profiler());
    assert_true(bytes_of(LIVE, "left") == 0);
    assert_true(bytes_of(TOTAL, "left") == 1 << 20);
    arena_destroy(arena);
}

static void names_cannot_break_what_is_written(void **state)
{
    (void)state;
    Arena *arena = new_profiled("a;b\nc");
    assert_non_null(hide_pointer(arena_alloc(arena, 1 << 20)));
    arena_destroy(arena);
    assert_true(bytes_of(TOTAL, "a_b_c") == 1 << 20);
}

static void a_file_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    errno = 0;
    assert_false(arena_profile_write("no such directory/profile"));
    assert_int_equal(errno, ENOENT);
#if defined(__linux__)
    Arena *arena = new_profiled("full");
    assert_non_null(hide_pointer(arena_alloc(arena, 1 << 20)));
    arena_destroy(arena);
    assert_false(arena_profile_write("/dev/full"));
    assert_int_equal(errno, ENOSPC);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_allocated_is_estimated),
        cmocka_unit_test(large_objects_are_noted_as_they_are),
        cmocka_unit_test(the_peak_is_when_the_process_had_most),
        cmocka_unit_test(growth_in_place_is_part_of_it),
        cmocka_unit_test(what_has_grown_may_shrink),
        cmocka_unit_test(what_shrinks_is_less),
        cmocka_unit_test(what_is_adopted_stays),
        cmocka_unit_test(what_nobody_watches_any_more_is_not_live),
        cmocka_unit_test(names_cannot_break_what_is_written),
        cmocka_unit_test(a_file_that_cannot_be_written_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
