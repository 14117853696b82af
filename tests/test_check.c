// The checker, where no tool sees memory: what it finds, what it says, and that it finds nothing where
// nothing is wrong. What it has sanitizers and Valgrind find is in caught/.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // what is not of C
#endif

#include "support/check.h"
#include "support/reports.h"

#include <arena/array.h>
#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/watch.h>

#include <stdatomic.h>
#include <stdio.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__unix__)
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

static int begin_reports(void **state)
{
    (void)state;
    forget_reports();
    arena_on_report(keep_report, NULL);
    return 0;
}

static int end_reports(void **state)
{
    (void)state;
    arena_on_report(NULL, NULL);
    return 0;
}

static Arena *new_checked(const char *name)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    if (!arena->watch) // as it is where all are checked
        assert_true(arena_watch(arena, arena_checker()));
    return arena;
}

#define assert_reported(count, text)              \
    do {                                          \
        assert_int_equal(reports, (count));       \
        assert_non_null(strstr(message, (text))); \
    } while (0)

// Writes where nobody may, in a way that the compiler cannot see.
static void scribble(void *bytes, ptrdiff_t offset)
{
    ((volatile unsigned char *)hide_pointer(bytes))[offset] ^= 0x55;
}

// Patterns tell of a write only where no tool does.
static bool only_patterns(void)
{
    return !UNDER_SANITIZER;
}

// Bytes that malloc has handed out, where that can be asked.
static size_t bytes_of_heap(void)
{
#if defined(__GLIBC__)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

// ----- Writes beyond an object -----

static void a_write_past_the_end_is_found_when_the_object_goes(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    const ptrdiff_t offsets[] = {20, 21, 23, 24, 31, 39, -1, -8, -16};
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        reports = 0;
        Arena *arena = new_checked("overflow");
        char *object = arena_alloc(arena, 20);
        assert_non_null(hide_pointer(arena_alloc(arena, 20)));
        scribble(object, offsets[i]);
        assert_int_equal(reports, 0);
        arena_reset(arena);
        assert_reported(1, offsets[i] < 0 ? "before an object" : "after the end of an object");
        assert_non_null(strstr(message, "20 bytes at"));
        assert_non_null(strstr(message, "\"overflow\""));
        arena_destroy(arena);
        assert_int_equal(reports, 1);
    }
}

static void a_write_past_the_end_is_found_by_rewind_and_destruction(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked(NULL);
    char *older = arena_alloc(arena, 7);
    ArenaMark mark = arena_mark(arena);
    char *younger = arena_alloc(arena, 7);
    scribble(older, 7);
    arena_rewind(arena, mark);
    assert_int_equal(reports, 0); // the older one is there still
    younger = arena_alloc(arena, 7);
    scribble(younger, 8);
    arena_rewind(arena, mark);
    assert_int_equal(reports, 1);
    arena_destroy(arena);
    assert_int_equal(reports, 2);
}

static void a_resized_object_has_new_bounds(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked(NULL);
    char *object = arena_alloc(arena, 20);
    object = arena_realloc(arena, object, 20, 60);
    memset(object, 1, 60);
    object = arena_realloc(arena, object, 60, 33);
    memset(object, 1, 33);
    char *other = arena_alloc(arena, 10);
    memset(other, 1, 10);
    object = arena_realloc(arena, object, 33, 100);
    memset(object, 1, 100);
    object = arena_realloc(arena, object, 100, 9);
    memset(object, 1, 9);
    arena_reset(arena);
    assert_int_equal(reports, 0);
    object = arena_alloc(arena, 60);
    object = arena_realloc(arena, object, 60, 20);
    scribble(object, 22);
    arena_destroy(arena);
    assert_int_equal(reports, 1);
}

// What is newer than a mark at its end is given back in part: the rest was written before.
static void an_object_that_grew_over_a_mark_keeps_its_bytes(void **state)
{
    (void)state;
    Arena *region = arena_create_region(1 << 16);
    if (!region)
        skip(); // no virtual memory
    assert_true(region->watch || arena_watch(region, arena_checker()));
    unsigned char *object = new_object(region, 22, 1);
    ArenaMark mark = arena_mark(region);
    assert_ptr_equal(arena_realloc(region, object, 22, 59), object);
    fill_bytes(object, 59, 2);
    assert_ptr_equal(arena_realloc(region, object, 59, 56), object);
    assert_filled(object, 56, 2);
    arena_rewind(region, mark);
    arena_destroy(region);
    assert_int_equal(reports, 0);
}

// ----- Use of what is gone -----

static void a_write_to_what_was_taken_back_is_found(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked("tree");
    ArenaMark mark = arena_mark(arena);
    char *object = arena_alloc(arena, 100);
    arena_rewind(arena, mark);
    scribble(object, 50);
    assert_ptr_not_equal(arena_alloc(arena, 100), object); // which lies idle for a while
    assert_int_equal(reports, 0);
    arena_rewind(arena, mark);
    assert_reported(1, "taken back by arena_rewind");
    assert_non_null(strstr(message, "50 bytes into"));
    arena_destroy(arena);
    assert_int_equal(reports, 1);
}

static void a_write_long_after_is_found_at_the_end(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked("tree");
    char *object = arena_alloc(arena, 100);
    arena_reset(arena);
    for (int i = 0; i < 1000; i++) {
        ArenaMark mark = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc(arena, 500)));
        arena_rewind(arena, mark);
    }
    scribble(object, 50);
    assert_int_equal(reports, 0);
    arena_destroy(arena);
    assert_reported(1, "taken back by arena_reset");
}

// The pieces are in several blocks, with each other's marks inside; a large object is not one of them.
static void what_lies_idle_counts_as_free(void **state)
{
    (void)state;
    Arena *arena = new_checked(NULL);
    size_t before = arena_stats(arena).used;
    for (int i = 0; i < 20; i++) {
        ArenaMark outer = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc(arena, 20000)));
        size_t used = arena_stats(arena).used;
        for (int j = 0; j < 20; j++) {
            ArenaMark inner = arena_mark(arena);
            assert_non_null(hide_pointer(arena_alloc(arena, 7000)));
            assert_non_null(hide_pointer(arena_alloc(arena, 1 << 20)));
            arena_rewind(arena, inner);
            assert_int_equal(arena_stats(arena).used, used);
            assert_true(arena_is_valid(arena));
        }
        arena_rewind(arena, outer);
        assert_int_equal(arena_stats(arena).used, before);
    }
    arena_reset(arena);
    assert_int_equal(arena_stats(arena).used, 0);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void memory_does_not_lie_idle_for_good(void **state)
{
    (void)state;
    enum { MOST = 16 << 20 };
    Arena *arena = new_checked(NULL);
    for (int i = 0; i < 1000; i++) {
        unsigned char *object = hide_pointer(arena_alloc(arena, 100000));
        memset(object, 1, 100000);
        arena_reset(arena);
    }
    assert_true(arena_stats(arena).reserved < 3 * MOST);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(hide_pointer(arena_alloc(arena, 100000)));
        arena_rewind(arena, mark);
    }
    assert_true(arena_stats(arena).reserved < 5 * MOST);
    for (int i = 0; i < 1000; i++) {
        ArenaMark newer = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc(arena, 100000)));
        arena_rewind(arena, newer);
    }
    assert_true(arena_stats(arena).reserved < 5 * MOST);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// What lies idle is looked at for the last time when nobody checks any more: from then on the arena
// uses it again.
static void what_nobody_checks_any_more_is_in_use_again(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    if (arena->watch)
        skip();
    ArenaMark first = arena_mark(arena);
    assert_true(arena_watch(arena, arena_checker()));
    ArenaMark mark = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 1000)));
    arena_rewind(arena, mark);
    arena_unwatch(arena, arena_checker());
    arena_rewind(arena, first);
    char *object = hide_pointer(arena_alloc(arena, 4000));
    memset(object, 'x', 4000);
    assert_true(arena_watch(arena, arena_checker()));
    mark = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 10)));
    arena_rewind(arena, mark);
    assert_int_equal(reports, 0);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(object[i], 'x');
    arena_destroy(arena);
}

// Marks that nothing was made after would each leave a note.
static void nothing_is_noted_of_nothing(void **state)
{
    (void)state;
    Arena *arena = new_checked(NULL);
    size_t before = bytes_of_heap();
    for (size_t i = 0; i < 200000; i++)
        arena_rewind(arena, arena_mark(arena));
    assert_true(bytes_of_heap() < before + 1000000);
    arena_destroy(arena);
}

static void a_write_to_an_object_that_moved_is_found(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked(NULL);
    char *object = arena_alloc(arena, 100);
    assert_non_null(hide_pointer(arena_alloc(arena, 8)));
    assert_non_null(hide_pointer(arena_realloc(arena, object, 100, 200)));
    scribble(object, 99);
    arena_destroy(arena);
    assert_reported(1, "had moved");
}

static void what_is_taken_back_does_not_look_as_it_did(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked(NULL);
    unsigned char *object = new_object(arena, 100, 1);
    arena_reset(arena);
    assert_false(bytes_are_filled(object, 100, 1));
    arena_destroy(arena);
}

static void what_is_handed_out_does_not_look_like_zero(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked(NULL);
    unsigned char *object = hide_pointer(arena_alloc(arena, 100));
    for (int i = 0; i < 100; i++)
        assert_int_not_equal(object[i], 0);
    assert_all(hide_pointer(arena_calloc(arena, 100)), 100, 0);
    arena_destroy(arena);
}

// ----- Marks and pointers -----

static void a_stale_mark_is_found_and_nothing_happens(void **state)
{
    (void)state;
    Arena *arena = new_checked("stale");
    ArenaMark older = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    ArenaMark younger = arena_mark(arena);
    arena_rewind(arena, younger);
    arena_rewind(arena, younger);
    arena_rewind(arena, older);
    assert_int_equal(reports, 0);
    unsigned char *object = new_object(arena, 300, 7);
    arena_rewind(arena, younger);
    assert_reported(1, "stale");
    assert_filled(object, 300, 7);
    arena_reset(arena);
    arena_rewind(arena, older);
    assert_reported(2, "stale");
    arena_destroy(arena);
}

static void a_mark_of_another_arena_is_found(void **state)
{
    (void)state;
    Arena *arena = new_checked("right"), *other = new_checked("wrong");
    ArenaMark mark = arena_mark(other);
    arena_rewind(arena, mark);
    assert_reported(1, "not of this arena");
    assert_non_null(strstr(message, "\"right\""));
    arena_destroy(arena);
    arena_destroy(other);
}

static void marks_in_a_loop_stay_good(void **state)
{
    (void)state;
    Arena *arena = new_checked(NULL);
    ArenaMark outer = arena_mark(arena);
    for (int i = 0; i < 1000; i++) {
        ArenaMark mark = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc(arena, 30)));
        if (i % 2)
            arena_rewind(arena, mark);
        if (i % 100 == 0)
            arena_rewind(arena, outer);
    }
    assert_int_equal(reports, 0);
    arena_destroy(arena);
}

static void realloc_of_another_arenas_object_is_found(void **state)
{
    (void)state;
    Arena *arena = new_checked("right"), *other = new_checked("wrong");
    void *object = arena_alloc(other, 100);
    assert_non_null(hide_pointer(arena_realloc(arena, object, 100, 200)));
    assert_reported(1, "no object of this arena");
    assert_non_null(strstr(message, "\"wrong\""));
    arena_destroy(arena);
    arena_destroy(other);
}

static void realloc_with_too_large_an_old_size_is_found(void **state)
{
    (void)state;
    if (!only_patterns())
        skip(); // the copy of it is found before
    Arena *arena = new_checked(NULL);
    void *object = arena_alloc(arena, 100);
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    assert_non_null(hide_pointer(arena_realloc(arena, object, 108, 200)));
    assert_reported(1, "old size of 108 bytes");
    arena_destroy(arena);
}

// ----- Where nothing is wrong -----

static void containers_that_follow_marks_are_in_order(void **state)
{
    (void)state;
    Arena *arena = new_checked(NULL);
    ARENA_ARRAY(int) numbers = {0};
    ArenaMap map = {0};
    for (int round = 0; round < 20; round++) {
        ArenaMark mark = arena_mark(arena);
        for (int i = 0; i < 200; i++) {
            *ARENA_PUSH(arena, &numbers) = i;
            char *key = arena_asprintf(arena, "%d", i * round);
            assert_non_null(arena_map_entry(arena, &map, key, strlen(key)));
        }
        if (round % 3)
            arena_rewind(arena, mark);
    }
    assert_int_equal(numbers.count, 7 * 200);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void an_arena_that_was_there_can_be_checked_from_now_on(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, 100, 1);
    assert_true(arena->watch || arena_watch(arena, arena_checker()));
    assert_filled(object, 100, 1);
    object = arena_realloc(arena, object, 100, 200); // of which the checker knows nothing
    memset(object, 1, 200);
    arena_rewind(arena, mark);
    assert_non_null(hide_pointer(arena_alloc(arena, 500)));
    assert_int_equal(reports, 0);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void adopted_objects_are_known_until_the_reset(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *into = new_checked("into"), *from = new_checked("from");
    char *object = arena_alloc(from, 40);
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    arena_rewind(into, mark);
    assert_int_equal(reports, 0);
    scribble(object, 40);
    arena_reset(into);
    assert_int_equal(reports, 1);
    assert_non_null(strstr(message, "\"from\""));
    arena_destroy(into);
    assert_int_equal(reports, 1);
}

// ----- arena_explain -----

// What it says of an address.
static bool explain(const void *address, char *text, size_t size)
{
    FILE *out = tmpfile();
    assert_non_null(out);
    bool known = arena_explain(address, out);
    rewind(out);
    text[fread(text, 1, size - 1, out)] = 0;
    fclose(out);
    return known;
}

static void an_address_is_explained(void **state)
{
    (void)state;
    char text[4096];
    Arena *arena = new_checked("ast");
    ArenaMark mark = arena_mark(arena);
    char *object = arena_alloc(arena, 48);
    assert_true(explain(object + 16, text, sizeof text));
    assert_non_null(strstr(text, "16 bytes into"));
    assert_non_null(strstr(text, "48 bytes at"));
    assert_non_null(strstr(text, "\"ast\""));
    arena_rewind(arena, mark);
    assert_true(explain(object + 16, text, sizeof text));
    assert_non_null(strstr(text, "taken back by arena_rewind"));
    arena_destroy(arena);
    assert_true(explain(object + 16, text, sizeof text)); // a while longer
    assert_false(explain(text, text, sizeof text));
}

static void scratch_scopes_end_once_and_in_order(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    arena_watch_new(arena_checker());
    ArenaScratch outer = arena_scratch_begin(NULL, 0), inner = arena_scratch_begin(NULL, 0);
    arena_scratch_end(inner);
    assert_int_equal(reports, 0);
    arena_watch_new(NULL);
    assert_non_null(hide_pointer(arena_alloc(outer.arena, 10)));
    arena_rewind(outer.arena, outer.mark);
    arena_rewind(outer.arena, inner.mark);
    assert_reported(1, "the end of a scratch scope that has ended before");
    arena_scratch_end(outer);
    assert_int_equal(reports, 1);
}

static void a_destroyed_arena_is_not_adopted(void **state)
{
    (void)state;
    Arena *arena = new_checked("alive"), *gone = new_checked("gone");
    arena_destroy(gone);
    assert_false(arena_adopt(arena, gone));
    assert_reported(1, "arena_adopt of an arena that was destroyed");
    assert_non_null(strstr(message, "\"gone\""));
    assert_false(arena_adopt(gone, arena));
    assert_int_equal(reports, 2);
    assert_non_null(strstr(message, "\"gone\""));
    assert_false(arena_watch(gone, arena_checker()));
    arena_unwatch(gone, arena_checker());
    arena_destroy(arena);
    assert_int_equal(reports, 2);
}

static ArenaMark made_by_call;

static void mark_and_rewind(void *context)
{
    Arena *arena = context;
    made_by_call = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 10)));
    arena_rewind(arena, made_by_call);
}

static void a_deferred_call_may_mark_and_rewind(void **state)
{
    (void)state;
    Arena *arena = new_checked(NULL);
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_defer(arena, mark_and_rewind, arena));
    arena_rewind(arena, mark);
    assert_int_equal(reports, 0);
    arena_rewind(arena, made_by_call); // after which it is stale
    assert_reported(1, "is stale");
    arena_destroy(arena);
}

// ----- What it knows, and for how long -----

static void zones_are_explained(void **state)
{
    (void)state;
    char text[4096];
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "zones", .capacity = 4000});
    assert_true(arena && (arena->watch || arena_watch(arena, arena_checker())));
    char *first = hide_pointer(arena_alloc(arena, 48));
    char *second = hide_pointer(arena_alloc(arena, 40));
    assert_true(second - first >= 48 + 32);
    assert_true(explain(first - 3, text, sizeof text));
    assert_non_null(strstr(text, "is 3 bytes before\n  48 bytes at"));
    assert_true(explain(first + 50, text, sizeof text));
    assert_non_null(strstr(text, "is 2 bytes after the end of\n  48 bytes at"));
    assert_true(explain(second - 3, text, sizeof text));
    assert_non_null(strstr(text, "is 3 bytes before\n  40 bytes at"));
    void *large = hide_pointer(arena_alloc(arena, large_size(arena)));
    assert_true(explain(large, text, sizeof text));
    assert_non_null(strstr(text, "is 0 bytes into"));
    arena_destroy(arena);
}

// In memory that no arena has had before, of which something might be known.
static void what_is_in_no_object_is_explained(void **state)
{
    (void)state;
    static max_align_t buffer[100];
    char text[4096];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    assert_true(arena && (arena->watch || arena_watch(arena, arena_checker())));
    assert_non_null(hide_pointer(arena_alloc(arena, 40)));
    assert_true(explain((char *)buffer + sizeof buffer - 1, text, sizeof text));
    assert_non_null(strstr(text, "is in a block, and in no object, of\n  arena \"(no name)\""));
    arena_destroy(arena);
}

// Of those that are remembered, the arena that ends first may be the one that was made last.
static void arenas_end_in_any_order(void **state)
{
    (void)state;
    enum { MANY = 300 };
    char text[4096];
    Arena *arenas[MANY];
    void *objects[MANY];
    for (size_t i = 0; i < MANY; i++) {
        arenas[i] = new_checked(i == MANY - 1 ? "last" : "other");
        objects[i] = hide_pointer(arena_alloc(arenas[i], 100));
    }
    for (size_t i = MANY; i > 0; i--)
        arena_destroy(arenas[i - 1]);
    assert_true(explain(objects[0], text, sizeof text));
    assert_non_null(strstr(text, "of arena \"other\", taken back by"));
    Arena *arena = new_checked("new");
    assert_true(explain(hide_pointer(arena_alloc(arena, 10)), text, sizeof text));
    assert_non_null(strstr(text, "\"new\""));
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// Each of these leaves a span of epochs whose marks are dead, and the oldest of so many are forgotten:
// what is reported is reported for certain.
static void stale_marks_are_known_as_long_as_there_is_room(void **state)
{
    (void)state;
    enum { MOST = 65536 };
    Arena *arena = new_checked("marks");
    ArenaMark late = {0};
    uint64_t early = 0;
    for (size_t i = 0; i < MOST + 10; i++) {
        ArenaMark mark = arena_mark(arena);
        late = arena_mark(arena);
        early = i == 0 ? late.epoch : early;
        assert_non_null(hide_pointer(arena_alloc(arena, 1)));
        arena_rewind(arena, mark);
        (void)arena_mark(arena);
    }
    assert_int_equal(reports, 0);
    arena_rewind(arena, late);
    assert_reported(1, "is stale");
    late.epoch = early;
    arena_rewind(arena, late);
    assert_int_equal(reports, 1);
    arena_destroy(arena);
}

// ----- Marks and pointers that are made up -----

static void a_mark_that_cannot_be_is_found(void **state)
{
    (void)state;
    Arena *arena = new_checked("marks");
    ArenaMark good = arena_mark(arena);
    void *object = hide_pointer(arena_alloc(arena, 100));
    size_t used = arena_stats(arena).used;
    ArenaMark behind = good, future = good;
    behind.cursor = good.block->data + good.block->capacity + 8;
    future.epoch += 1000;
    arena_rewind(arena, behind);
    assert_reported(1, "a mark that is not of this arena");
    arena_rewind(arena, future);
    assert_reported(2, "a mark that is not of this arena");
    assert_int_equal(arena_stats(arena).used, used);
    assert_true(arena_owns(arena, object));
    arena_rewind(arena, good);
    assert_int_equal(reports, 2);
    arena_destroy(arena);
}

static void realloc_of_the_middle_of_an_object_is_found(void **state)
{
    (void)state;
    Arena *arena = new_checked("middle");
    unsigned char *object = new_object(arena, 100, 1);
    new_object(arena, 100, 2);
    unsigned char *moved = hide_pointer(arena_realloc(arena, object + 16, 84, 500));
    assert_reported(1, "of what is no object of this arena");
    assert_memory_equal(moved, object + 16, 84);
    unsigned char *other = hide_pointer(arena_realloc(arena, object, 100, 200));
    assert_int_equal(reports, 1);
    assert_filled(other, 100, 1);
    if (only_patterns()) { // else the tool reports that it is read
        assert_non_null(hide_pointer(arena_realloc(arena, object, 100, 300)));
        assert_reported(2, "of what is no object of this arena");
    }
    arena_destroy(arena);
}

// In a region objects have no zones, and grow where they are, also after a mark.
static void what_has_grown_after_a_mark_is_copied_whole(void **state)
{
    (void)state;
    Arena *region = arena_create_region(1 << 20), *into = new_checked("into");
    assert_non_null(region);
    if (!region->watch)
        assert_true(arena_watch(region, arena_checker()));
    unsigned char *object = new_object(region, 24, 1);
    (void)arena_mark(region);
    assert_ptr_equal(arena_realloc(region, object, 24, 100), object);
    fill_bytes(object, 100, 1);
    if (arena_adopt(into, region)) {
        unsigned char *moved = hide_pointer(arena_realloc(into, object, 100, 200));
        assert_ptr_not_equal(moved, object);
        assert_filled(moved, 100, 1);
    }
    assert_int_equal(reports, 0);
    arena_destroy(into);
}

static void a_late_write_to_a_region_is_found_when_it_is_handed_out(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *region = arena_create_region(1 << 20);
    assert_non_null(region);
    assert_true(arena_watch(region, arena_checker()));
    ArenaMark mark = arena_mark(region);
    for (ptrdiff_t offset = 0; offset < 100; offset += 33) {
        unsigned char *object = hide_pointer(arena_alloc(region, 100));
        arena_rewind(region, mark);
        size_t before = reports;
        scribble(object, offset);
        assert_ptr_equal(arena_alloc(region, 100), object);
        assert_reported(before + 1, "wrote to memory that was taken back");
        char expected[40];
        snprintf(expected, sizeof expected, "is %td bytes into", offset);
        assert_non_null(strstr(message, expected));
        arena_rewind(region, mark);
    }
    arena_destroy(region);
}

// ----- What was there before it was checked -----

static void what_was_there_before_may_be_resized(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Arena *arena = new_arena(0), *from = new_arena(0);
        if (arena->watch)
            skip();
        Arena *maker = kind == 2 ? from : arena;
        unsigned char *object = new_object(maker, kind == 1 ? large_size(maker) : 100, 1);
        size_t size = kind == 1 ? large_size(maker) : 100;
        if (kind == 2)
            assert_true(arena_adopt(arena, from));
        if (kind == 3)
            grow_blocks(arena, 1);
        assert_true(arena_watch(arena, arena_checker()));
        object = hide_pointer(arena_realloc(arena, object, size, 2 * size));
        assert_filled(object, 100, 1);
        assert_int_equal(reports, 0);
        arena_destroy(arena);
        if (kind != 2)
            arena_destroy(from);
    }
}

// Nor does the arena that adopts such a one know all that it has.
static void what_an_arena_that_was_checked_late_brings_along_may_be_resized(void **state)
{
    (void)state;
    Arena *from = new_arena(0), *into = new_checked("into");
    if (from->watch)
        skip();
    unsigned char *object = new_object(from, 100, 1);
    assert_true(arena_watch(from, arena_checker()));
    unsigned char *known = new_object(from, 100, 2);
    assert_true(arena_adopt(into, from));
    assert_filled(hide_pointer(arena_realloc(into, object, 100, 200)), 100, 1);
    assert_filled(hide_pointer(arena_realloc(into, known, 100, 200)), 100, 2);
    assert_int_equal(reports, 0);
    arena_destroy(into);
}

// ----- After the end -----

static void what_was_destroyed_is_named_among_those_that_live(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *gone = new_checked("gone");
    ArenaMark mark = arena_mark(gone);
    void *object = hide_pointer(arena_alloc(gone, 100));
    Arena *other = new_checked("other gone"), *alive = new_checked("alive");
    arena_destroy(other);
    arena_destroy(gone);
    gone = hide_pointer(gone);
    assert_null(hide_pointer(arena_realloc(gone, object, 100, 200)));
    assert_reported(1, "arena_realloc of an arena that was destroyed");
    assert_non_null(strstr(message, "arena \"gone\""));
    arena_rewind(gone, mark);
    assert_reported(2, "arena_rewind of an arena that was destroyed");
    assert_non_null(strstr(message, "arena \"gone\""));
    arena_reset(gone);
    assert_reported(3, "arena_reset or arena_destroy of an arena");
    size_t size = 200;
    assert_false(arena_extend(gone, object, 100, 150, &size));
    assert_reported(4, "arena_extend of an arena that was destroyed");
    arena_destroy(alive);
}

// It would be too much to keep.
static void much_memory_of_an_arena_is_given_back_at_its_end(void **state)
{
    (void)state;
    if (!only_patterns() || bytes_of_heap() == 0)
        skip();
    size_t before = bytes_of_heap();
    for (size_t i = 0; i < 10; i++) {
        Arena *arena = arena_create(1 << 19 | 1 << 20);
        assert_non_null(arena);
        assert_true(arena->watch || arena_watch(arena, arena_checker()));
        arena_destroy(arena);
    }
    assert_true(bytes_of_heap() < before + (1 << 20));
    assert_int_equal(reports, 0);
}

// ----- Idle memory, which has bounds -----

static void pieces_that_lie_idle_are_not_counted_for_good(void **state)
{
    (void)state;
    enum { MOST_PIECES = 1 << 17 };
    if (!only_patterns())
        skip();
    Arena *arena = new_checked("pieces");
    unsigned char *last = NULL;
    for (size_t i = 0; i < MOST_PIECES + 10; i++) {
        ArenaMark mark = arena_mark(arena);
        unsigned char *object = hide_pointer(arena_alloc(arena, 8));
        if (i > 0 && i < MOST_PIECES)
            assert_ptr_not_equal(object, last);
        if (i > MOST_PIECES)
            assert_ptr_equal(object, last);
        last = object;
        arena_rewind(arena, mark);
    }
    assert_int_equal(arena_stats(arena).used, 0);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static unsigned char *take_and_give_back(Arena *arena, size_t size)
{
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    arena_rewind(arena, mark);
    return object;
}

// Each has 16 MiB lie idle, and all together 256 MiB.
static void much_memory_does_not_lie_idle(void **state)
{
    (void)state;
    enum { PIECE = 3 << 20, MOST_ARENAS = 40 };
    if (!only_patterns() || sizeof(void *) < 8)
        skip();
    Arena *arenas[MOST_ARENAS];
    size_t count = 0, idle = 0;
    for (bool rests = true; rests; idle += rests ? PIECE : 0) {
        if (idle % (5 * PIECE) == 0) {
            assert_true(count < MOST_ARENAS);
            arenas[count++] = arena_create(64 << 20);
            assert_true(arena_watch(arenas[count - 1], arena_checker()));
        }
        unsigned char *first = take_and_give_back(arenas[count - 1], PIECE);
        unsigned char *second = take_and_give_back(arenas[count - 1], 16);
        rests = second != first;
    }
    assert_true(idle > (240 << 20) && idle <= (256 << 20));
    while (count > 0)
        arena_destroy(arenas[--count]);
    Arena *arena = arena_create(64 << 20);
    assert_true(arena_watch(arena, arena_checker()));
    unsigned char *first = take_and_give_back(arena, 17 << 20); // too much at once
    assert_ptr_equal(take_and_give_back(arena, 1 << 20), first);
    assert_ptr_not_equal(take_and_give_back(arena, 1 << 20), first);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// ----- Where calls call back -----

static Arena *made_meanwhile;

static void allocate_meanwhile(void *context)
{
    *(void **)context = hide_pointer(arena_alloc(made_meanwhile, 24));
}

// What a deferred call does is its own, and not that of who rewinds.
static void stacks_begin_where_a_deferred_call_does(void **state)
{
    (void)state;
    char text[8192];
    void *object = NULL;
    made_meanwhile = new_checked("meanwhile");
    Arena *arena = new_checked("rewound");
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_defer(arena, allocate_meanwhile, &object));
    arena_rewind(arena, mark);
    assert_true(explain(object, text, sizeof text));
    const char *top = strstr(text, "#0 ");
    if (!top || !strstr(text, "stacks_begin_where"))
        skip(); // nobody knows names here
    assert_int_equal(strncmp(top + 3, "allocate_meanwhile", 18), 0);
    arena_destroy(arena);
    arena_destroy(made_meanwhile);
}

// ----- Several arenas -----

// What it had made is nobody's object as far as the checker knows.
static void what_an_arena_that_nobody_checks_brings_along_may_be_resized(void **state)
{
    (void)state;
    Arena *from = new_arena(0);
    if (from->watch)
        skip();
    Arena *into = new_checked("into");
    char *text = arena_strdup(from, "hello");
    assert_true(arena_adopt(into, from));
    assert_non_null(hide_pointer(arena_realloc(into, text, 6, 60)));
    Arena *late = new_arena(0);
    text = arena_strdup(late, "hello");
    assert_true(arena_adopt(late, new_arena(0)));
    assert_true(arena_watch(late, arena_checker()));
    assert_non_null(hide_pointer(arena_realloc(late, text, 6, 60)));
    assert_int_equal(reports, 0);
    arena_destroy(into);
    arena_destroy(late);
}

// One arena had the address and ended; another one has it since, or had it.
static void what_happened_last_explains_an_address(void **state)
{
    (void)state;
    static max_align_t storage[1000];
    char text[4096];
    Arena *arena = NULL;
    void *object = NULL;
    for (size_t i = 0; i < 2; i++) {
        arena = arena_create_with(&(ArenaOptions){
            .name = i ? "second" : "first", .buffer = storage, .buffer_size = sizeof storage});
        assert_non_null(arena);
        if (!arena->watch)
            assert_true(arena_watch(arena, arena_checker()));
        ArenaMark mark = arena_mark(arena);
        object = hide_pointer(arena_alloc(arena, 48));
        assert_true(explain(object, text, sizeof text));
        assert_non_null(strstr(text, i ? "\"second\"" : "\"first\""));
        assert_non_null(strstr(text, "if the buffer that this arena lies in is still there"));
        arena_rewind(arena, mark);
    }
    assert_true(explain(object, text, sizeof text));
    assert_non_null(strstr(text, "of arena \"second\", taken back by arena_rewind"));
    arena_destroy(arena);
}

// As many as there are arenas would take long, and much memory, if each were kept.
static void buffers_that_are_left_cost_nothing(void **state)
{
    (void)state;
    size_t before = 0;
    for (size_t i = 0; i < 20000; i++) {
        max_align_t buffer[100];
        Arena *arena = arena_create_in(buffer, sizeof buffer);
        assert_non_null(arena);
        if (!arena->watch)
            assert_true(arena_watch(arena, arena_checker()));
        assert_non_null(hide_pointer(arena_alloc(arena, 100)));
        before = i == 1000 ? bytes_of_heap() : before;
    }
    assert_true(bytes_of_heap() < before + 1000000);
}

// Those that ended since are more than are remembered, and all were made later.
static void an_arena_that_ended_lately_is_known(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked("program");
    for (size_t i = 0; i < 300; i++)
        arena_destroy(new_checked("other"));
    arena_destroy(arena);
    assert_null(hide_pointer(arena_alloc(hide_pointer(arena), 16)));
    assert_reported(1, "\"program\"");
}

static void a_wrong_old_size_is_found_before_it_is_read(void **state)
{
    (void)state;
    if (!only_patterns())
        skip();
    Arena *arena = new_checked("sizes");
    void *object = hide_pointer(arena_alloc(arena, 48));
    assert_non_null(hide_pointer(arena_realloc(arena, object, (size_t)64 << 20, (size_t)65 << 20)));
    assert_reported(1, "was told an old size of 67108864 bytes");
    arena_destroy(arena);
}

#if defined(__unix__)
static atomic_bool is_enough;

static void *fill_and_empty(void *context)
{
    while (!atomic_load(&is_enough)) {
        Arena *arena = new_checked("of a thread");
        for (size_t i = 0; i < 20000; i++)
            assert_non_null(hide_pointer(arena_alloc(arena, 100)));
        arena_destroy(arena);
    }
    return context;
}

static void an_address_is_explained_while_others_allocate(void **state)
{
    (void)state;
    pthread_t thread;
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    assert_int_equal(pthread_create(&thread, NULL, fill_and_empty, NULL), 0);
    for (size_t i = 0; i < 20000; i++)
        arena_explain(&thread, out);
    atomic_store(&is_enough, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fclose(out);
}
#else
static void an_address_is_explained_while_others_allocate(void **state)
{
    (void)state;
    skip();
}
#endif

// ----- Processes -----

#if defined(__unix__)
static atomic_bool is_over;

static void *explain_all_the_time(void *address)
{
    FILE *out = fopen("/dev/null", "w");
    while (out && !atomic_load(&is_over))
        arena_explain(address, out);
    return out ? (fclose(out), NULL) : NULL;
}

// One of these waits for good where the lock of a thread that is not in the child stays taken.
static bool child_ends(Arena *arena)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(hide_pointer(arena_alloc(arena, 16)) ? 0 : 1);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void a_child_does_not_wait_for_a_thread_of_its_parent(void **state)
{
    (void)state;
    pthread_t thread;
    Arena *arenas[1000]; // so that it takes long to find that an address is nobody's
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arenas[i] = new_checked("parent");
    assert_int_equal(pthread_create(&thread, NULL, explain_all_the_time, arenas), 0);
    for (size_t i = 0; i < 50; i++)
        assert_true(child_ends(arenas[0]));
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_destroy(arenas[i]);
}
#else
static void a_child_does_not_wait_for_a_thread_of_its_parent(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_reports, end_reports)
    const struct CMUnitTest tests[] = {
        TEST(a_write_past_the_end_is_found_when_the_object_goes),
        TEST(a_write_past_the_end_is_found_by_rewind_and_destruction),
        TEST(a_resized_object_has_new_bounds),
        TEST(an_object_that_grew_over_a_mark_keeps_its_bytes),
        TEST(a_write_to_what_was_taken_back_is_found),
        TEST(a_write_long_after_is_found_at_the_end),
        TEST(what_lies_idle_counts_as_free),
        TEST(memory_does_not_lie_idle_for_good),
        TEST(scratch_scopes_end_once_and_in_order),
        TEST(a_destroyed_arena_is_not_adopted),
        TEST(a_deferred_call_may_mark_and_rewind),
        TEST(a_write_to_an_object_that_moved_is_found),
        TEST(what_nobody_checks_any_more_is_in_use_again),
        TEST(nothing_is_noted_of_nothing),
        TEST(a_child_does_not_wait_for_a_thread_of_its_parent),
        TEST(what_an_arena_that_nobody_checks_brings_along_may_be_resized),
        TEST(what_happened_last_explains_an_address),
        TEST(buffers_that_are_left_cost_nothing),
        TEST(an_arena_that_ended_lately_is_known),
        TEST(a_wrong_old_size_is_found_before_it_is_read),
        TEST(an_address_is_explained_while_others_allocate),
        TEST(what_is_taken_back_does_not_look_as_it_did),
        TEST(what_is_handed_out_does_not_look_like_zero),
        TEST(a_stale_mark_is_found_and_nothing_happens),
        TEST(a_mark_of_another_arena_is_found),
        TEST(marks_in_a_loop_stay_good),
        TEST(realloc_of_another_arenas_object_is_found),
        TEST(realloc_with_too_large_an_old_size_is_found),
        TEST(containers_that_follow_marks_are_in_order),
        TEST(an_arena_that_was_there_can_be_checked_from_now_on),
        TEST(adopted_objects_are_known_until_the_reset),
        TEST(an_address_is_explained),
        TEST(zones_are_explained),
        TEST(what_is_in_no_object_is_explained),
        TEST(arenas_end_in_any_order),
        TEST(stale_marks_are_known_as_long_as_there_is_room),
        TEST(a_mark_that_cannot_be_is_found),
        TEST(realloc_of_the_middle_of_an_object_is_found),
        TEST(what_has_grown_after_a_mark_is_copied_whole),
        TEST(a_late_write_to_a_region_is_found_when_it_is_handed_out),
        TEST(what_was_there_before_may_be_resized),
        TEST(what_an_arena_that_was_checked_late_brings_along_may_be_resized),
        TEST(what_was_destroyed_is_named_among_those_that_live),
        TEST(much_memory_of_an_arena_is_given_back_at_its_end),
        TEST(pieces_that_lie_idle_are_not_counted_for_good),
        TEST(much_memory_does_not_lie_idle),
        TEST(stacks_begin_where_a_deferred_call_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
