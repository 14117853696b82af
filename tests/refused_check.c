// What the checker, the search for stale pointers and what they stand on do without memory, without
// stacks, and while somebody has their lock.

#include "../src/watch/audit.h"
#include "../src/watch/ledger.h"
#include "../src/watch/report.h"

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"
#include "support/reports.h"

#include <arena/watch.h>

#include <stdio.h>

#define STAND_IN(name, function) stand_in(CALL_##name, (void (*)(void))(function))

static int start(void **state)
{
    (void)state;
    refuse_nothing();
    forget_reports();
    arena_on_report(keep_report, NULL);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    refuse_nothing();
    arena_on_report(NULL, NULL);
    return 0;
}

#define assert_reported(count, text)              \
    do {                                          \
        assert_int_equal(reports, (count));       \
        assert_non_null(strstr(message, (text))); \
    } while (0)

static Arena *new_named(const char *name)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    return arena;
}

static Arena *new_checked(const char *name)
{
    Arena *arena = new_named(name);
    assert_true(arena_watch(arena, arena_checker()));
    return arena;
}

// Which the checker has no memory for. The first of the two is for the watch itself.
static Arena *new_unnoted(const char *name)
{
    Arena *arena = new_named(name);
    refuse(CALL_calloc, 1);
    errno = 0;
    assert_false(arena_watch(arena, arena_checker()));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(arena_stats(arena).failures, 1);
    assert_null(arena->watch);
    refuse(CALL_calloc, 2);
    assert_true(arena_watch(arena, arena_checker()));
    assert_int_equal(calls_of(CALL_calloc), 2);
    refuse_nothing();
    return arena;
}

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

// As an object, which a place in a block is not.
static bool is_known(const void *address)
{
    char text[8192];
    return explain(address, text, sizeof text) && strstr(text, "bytes at");
}

static void scribble(void *bytes, ptrdiff_t offset)
{
    ((volatile unsigned char *)hide_pointer(bytes))[offset] ^= 0x55;
}

// ----- Arenas that are not noted -----

static void without_memory_for_its_objects_an_arena_goes_unchecked(void **state)
{
    (void)state;
    Arena *arena = new_unnoted("unnoted");
    unsigned char *object = new_object(arena, 100, 1);
    assert_false(is_known(object));
    object = hide_pointer(arena_realloc(arena, object, 100, 200));
    assert_filled(object, 100, 1);
    new_object(arena, 10, 2);
    object = hide_pointer(arena_realloc(arena, object, 200, 400));
    assert_filled(object, 100, 1);
    size_t used = arena_stats(arena).used;
    for (int i = 0; i < 3; i++) {
        ArenaMark mark = arena_mark(arena);
        unsigned char *newer = new_object(arena, 100, 3);
        assert_non_null(hide_pointer(arena_alloc(arena, large_size(arena))));
        arena_rewind(arena, mark);
        assert_int_equal(arena_stats(arena).used, used);
        if (!UNDER_SANITIZER)
            scribble(newer, 5);
    }
    arena_reset(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void what_it_brings_along_and_adopts_is_not_checked_either(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        Arena *into = which & 1 ? new_unnoted("into") : new_checked("into");
        Arena *from = which & 2 ? new_unnoted("from") : new_checked("from");
        unsigned char *older = new_object(into, 100, 1), *object = new_object(from, 100, 2);
        assert_true(arena_adopt(into, from));
        assert_filled(hide_pointer(arena_realloc(into, object, 100, 200)), 100, 2);
        assert_int_equal(reports, 0);
        assert_filled(hide_pointer(arena_realloc(into, older, 100, 200)), 100, 1);
        assert_non_null(hide_pointer(arena_realloc(into, older + 8, 10, 20))); // no object
        assert_int_equal(reports, which == 0); // unless there may be others
        arena_destroy(into);
        reports = 0;
    }
}

static void an_arena_that_was_not_noted_has_no_name_after_its_end(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    Arena *arena = new_unnoted("unnoted");
    arena_destroy(arena);
    assert_null(hide_pointer(arena_alloc(hide_pointer(arena), 100)));
    assert_reported(1, "an allocation of an arena that was destroyed\n  used at\n");
}

// ----- Objects that are not noted -----

// The sum of its zones comes first, then it itself, and the run that it begins.
static void what_there_is_no_memory_to_note_is_no_mistake(void **state)
{
    (void)state;
    for (size_t nth = 2; nth <= 3; nth++) {
        Arena *arena = new_checked("full");
        refuse(CALL_realloc, nth);
        unsigned char *object = new_object(arena, 100, 1);
        assert_int_equal(calls_of(CALL_realloc), nth);
        assert_false(is_known(object));
        refuse_nothing();
        unsigned char *other = new_object(arena, 100, 2);
        assert_true(is_known(other));
        assert_filled(hide_pointer(arena_realloc(arena, object, 100, 200)), 100, 1);
        assert_int_equal(reports, 0);
        arena_destroy(arena);
    }
}

static void what_there_is_no_memory_to_remember_is_unknown_when_it_is_gone(void **state)
{
    (void)state;
    char text[8192];
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "forgetful"});
    assert_true(arena_watch(arena, arena_checker()));
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, 100, 1);
    refuse_from(CALL_malloc, 1);
    arena_rewind(arena, mark);
    refuse_nothing();
    assert_true(explain(object, text, sizeof text));
    assert_non_null(strstr(text, "is in a block, and in no object, of\n  arena \"forgetful\""));
    if (!UNDER_SANITIZER) {
        scribble(object, 3);
        arena_reset(arena);
        assert_reported(1, "wrote to memory that was taken back\n  arena \"forgetful\"");
    }
    arena_destroy(arena);
}

// Marks that should be dead pass.
static void without_memory_to_note_them_stale_marks_pass(void **state)
{
    (void)state;
    Arena *arena = new_checked("marks");
    for (int i = 0; i < 2; i++) {
        ArenaMark mark = arena_mark(arena), newer = arena_mark(arena);
        new_object(arena, 100, 1);
        if (i == 0)
            refuse_from(CALL_realloc, 1);
        arena_rewind(arena, mark);
        refuse_nothing();
        size_t before = reports;
        arena_rewind(arena, newer);
        assert_int_equal(reports, before + (i == 1));
    }
    arena_destroy(arena);
}

static void blocks_that_cannot_be_noted_are_not_explained(void **state)
{
    (void)state;
    char text[8192];
    Arena *arena = new_named("blocks");
    refuse_from(CALL_realloc, 1);
    assert_true(arena_watch(arena, arena_checker()));
    refuse_nothing();
    unsigned char *object = new_object(arena, 100, 1);
    assert_true(is_known(object));
    assert_false(explain(object + 200, text, sizeof text));
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// ----- What is kept free -----

// There is a sum for each mark, and room for so many at first.
static void what_cannot_be_noted_as_free_counts_as_used(void **state)
{
    (void)state;
    enum { SUMS = 16 };
    Arena *arena = new_checked("zones");
    refuse(CALL_realloc, 1);
    new_object(arena, 104, 1);
    assert_true(arena_stats(arena).used > 104);
    arena_destroy(arena);
    arena = new_checked("zones");
    for (size_t i = 0; i < SUMS + 2; i++) {
        (void)arena_mark(arena);
        if (i == SUMS)
            refuse(CALL_realloc, 1);
        size_t used = arena_stats(arena).used;
        new_object(arena, 104, 1);
        size_t more = arena_stats(arena).used - used;
        assert_int_equal(more == 104, i != SUMS);
    }
    arena_reset(arena);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_valid(arena);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

// It is in use again at once.
static void what_cannot_be_noted_as_idle_is_not(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    Arena *arena = new_checked("idle");
    new_object(arena, 8, 1);
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, 100, 1);
    refuse_from(CALL_realloc, 1);
    arena_rewind(arena, mark);
    assert_true(calls_of(CALL_realloc) > 0);
    refuse_nothing();
    scribble(object, 3); // and nobody looks at it
    new_object(arena, 100, 1);
    arena_rewind(arena, mark);
    assert_int_equal(reports, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

// ----- Stale pointers -----

static bool no_root_without_memory(void)
{
    static void *root;
    refuse_from(CALL_calloc, 1);
    errno = 0;
    bool good = !arena_audit_root(&root, sizeof root, "root") && errno == ENOMEM;
    refuse_nothing();
    errno = 0;
    return good && arena_audit_root(&root, sizeof root, "root") && errno == 0;
}

static void a_root_needs_memory(void **state)
{
    (void)state;
    assert_true(child_succeeds(no_root_without_memory));
}

static bool no_report_without_memory(void)
{
    static void *root;
    arena_audit_from_now();
    arena_audit_root(&root, sizeof root, "root");
    Arena *arena = new_checked("audited");
    for (int i = 0; i < 2; i++) {
        ArenaMark mark = arena_mark(arena);
        root = hide_pointer(arena_alloc(arena, 100 + (size_t)i));
        if (i == 0)
            refuse_from(CALL_calloc, 1);
        arena_rewind(arena, mark);
        refuse_nothing();
        if (reports != (size_t)i)
            return false;
    }
    return strstr(message, "outlives what arena_rewind takes back") != NULL;
}

static void a_stale_pointer_is_reported_where_there_is_memory(void **state)
{
    (void)state;
    assert_true(child_succeeds(no_report_without_memory));
}

// Objects of which nobody knows where they were made are told apart by where they are.
static bool holders_are_told_apart(void)
{
    arena_audit_from_now();
    Arena *holders = new_checked("holders"), *arena = new_checked("targets");
    refuse_from(CALL_backtrace, 1);
    void **first = arena_calloc(holders, sizeof *first);
    void **second = arena_calloc(holders, sizeof *second);
    for (int i = 0; i < 3; i++) {
        ArenaMark mark = arena_mark(arena);
        *(i == 1 ? second : first) = hide_pointer(arena_alloc(arena, 100));
        arena_rewind(arena, mark);
        *first = *second = NULL;
        if (reports != (i == 0 ? 1 : 2))
            return false;
    }
    return strstr(message, "allocated, nobody knows where\n") != NULL;
}

static void holders_of_unknown_places_are_told_apart(void **state)
{
    (void)state;
    assert_true(child_succeeds(holders_are_told_apart));
}

// Blocks of an arena on one buffer: the first in the middle, the next before it, and one behind it.
static _Alignas(max_align_t) unsigned char buffers[3][8192];
static size_t given;

static void *give_buffer(void *context, size_t *size)
{
    static const size_t order[] = {1, 0, 2};
    (void)context;
    if (given == COUNT_OF(order) || *size > sizeof buffers[0])
        return NULL;
    *size = sizeof buffers[0];
    return buffers[order[given++]];
}

static void take_buffer(void *context, void *block, size_t size)
{
    (void)context;
    (void)block;
    (void)size;
}

// A pointer to what stays is none of these, even if what goes lies on both sides of it.
static bool what_stays_is_not_reported(void)
{
    static void *root;
    arena_audit_from_now();
    arena_audit_root(&root, sizeof root, "root");
    Arena *arena = arena_create_with(&(ArenaOptions){
        .capacity = 4000, .source = {.acquire = give_buffer, .release = take_buffer}});
    if (!arena || !arena_watch(arena, arena_checker()))
        return false;
    root = hide_pointer(arena_alloc(arena, 100));
    ArenaMark mark = arena_mark(arena);
    unsigned char *low = root, *high = root;
    for (size_t i = 0; i < 1000 && (low >= buffers[1] || high < buffers[2]); i++) {
        unsigned char *object = hide_pointer(arena_alloc(arena, 100));
        if (!object)
            return false;
        low = object < low ? object : low;
        high = object > high ? object : high;
    }
    arena_rewind(arena, mark);
    return given == 3 && reports == 0;
}

static void a_pointer_to_what_stays_between_is_not_reported(void **state)
{
    (void)state;
    assert_true(child_succeeds(what_stays_is_not_reported));
}

// ----- Reports -----

static void a_report_says_that_nobody_knows_where(void **state)
{
    (void)state;
    char text[8192];
    refuse_from(CALL_backtrace, 1);
    Arena *arena = new_checked("nowhere");
    ArenaMark mark = arena_mark(arena);
    void *object = hide_pointer(arena_alloc(arena, 48));
    assert_true(explain(object, text, sizeof text));
    assert_non_null(strstr(text, "48 bytes at"));
    assert_non_null(strstr(text, "  allocated, nobody knows where\n"));
    assert_null(strstr(text, "#0"));
    assert_null(arena_report_place(0));
    arena_rewind(arena, mark);
    assert_true(explain(object, text, sizeof text));
    assert_non_null(strstr(text, "  taken back, nobody knows where\n"));
    refuse_nothing();
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static int two_frames(void **frames, int most)
{
    static char code[] = "abc";
    for (int i = 0; i < 3 && i < most; i++)
        frames[i] = code + i;
    return most < 3 ? most : 3;
}

// From the instruction that was interrupted, or all where the stack does not have it.
static void a_stack_is_shown_from_an_instruction_on(void **state)
{
    (void)state;
    STAND_IN(backtrace, two_frames);
    Stack stack = arena_stack_here(STACK_USUAL);
    stand_in(CALL_backtrace, NULL);
    void *const *frames;
    assert_int_equal(arena_stack_frames(stack, &frames), 2);
    const void *from[] = {frames[0], frames[1], NULL};
    static const int shown[] = {2, 1, 2};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        Report report = {0};
        arena_report_add_stack_from(&report, stack, from[i]);
        assert_non_null(strstr(report.text, "#0 "));
        assert_int_equal(strstr(report.text, "#1 ") != NULL, shown[i] == 2);
        assert_null(strstr(report.text, "#2 "));
    }
    assert_null(arena_report_place(stack)); // no frame of it is the library's
    Report report = {0};
    arena_report_add_stack_from(&report, 0, NULL);
    assert_int_equal(report.length, 0);
}

// A thread may have been interrupted while it had it.
static void an_address_is_not_explained_while_the_lock_is_held(void **state)
{
    (void)state;
    Arena *arena = new_checked("locked");
    void *object = hide_pointer(arena_alloc(arena, 100));
    arena_ledgers_take();
    bool known = is_known(object);
    arena_ledgers_release();
    assert_false(known);
    assert_true(is_known(object));
    arena_destroy(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_memory_for_its_objects_an_arena_goes_unchecked),
        TEST(what_it_brings_along_and_adopts_is_not_checked_either),
        TEST(an_arena_that_was_not_noted_has_no_name_after_its_end),
        TEST(what_there_is_no_memory_to_note_is_no_mistake),
        TEST(what_there_is_no_memory_to_remember_is_unknown_when_it_is_gone),
        TEST(without_memory_to_note_them_stale_marks_pass),
        TEST(blocks_that_cannot_be_noted_are_not_explained),
        TEST(what_cannot_be_noted_as_free_counts_as_used),
        TEST(what_cannot_be_noted_as_idle_is_not),
        TEST(a_root_needs_memory),
        TEST(a_stale_pointer_is_reported_where_there_is_memory),
        TEST(holders_of_unknown_places_are_told_apart),
        TEST(a_pointer_to_what_stays_between_is_not_reported),
        TEST(a_report_says_that_nobody_knows_where),
        TEST(a_stack_is_shown_from_an_instruction_on),
        TEST(an_address_is_not_explained_while_the_lock_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
