// Pointers that outlive what they point to: that they are reported, that nothing else is, and that the
// program goes on.

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200112L // setenv
#endif

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // what is not of C
#endif

#include "support/check.h"
#include "support/reports.h"

#include <arena/array.h>
#include <arena/map.h>
#include <arena/text.h>
#include <arena/watch.h>

#include <pthread.h>
#include <stdio.h>

#if defined(__unix__)
#include <sys/mman.h>
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

static Arena *new_named(const char *name)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    assert_non_null(arena->watch);
    return arena;
}

#define assert_reported(count, text)              \
    do {                                          \
        assert_int_equal(reports, (count));       \
        assert_non_null(strstr(message, (text))); \
    } while (0)

// Pointers, and other things around them.
typedef struct Node {
    size_t number;
    char *text;
    struct Node *next;
} Node;

// Where the compiler cannot see that nobody reads what is written there.
//
// The same pointer in the same place is reported once, so each test has a node of its own place: `number`
// is how many words are before it.
static Node *new_node(Arena *arena, size_t number)
{
    uintptr_t *words = hide_pointer(arena_calloc(arena, number * sizeof *words + sizeof(Node)));
    assert_non_null(words);
    return (Node *)(void *)(words + number);
}

// ----- What is reported -----

static void a_pointer_to_what_a_rewind_takes_back_is_reported(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 0);
    ArenaMark mark = arena_mark(tmp);
    node->text = arena_alloc(tmp, 32);
    arena_rewind(tmp, mark);
    assert_reported(1, "outlives what arena_rewind takes back");
    assert_non_null(strstr(message, "at offset 8 of"));
    assert_non_null(strstr(message, "24 bytes at"));
    assert_non_null(strstr(message, "\"ast\""));
    assert_non_null(strstr(message, "points 0 bytes into"));
    assert_non_null(strstr(message, "32 bytes at"));
    assert_non_null(strstr(message, "\"tmp\""));
    arena_destroy(tmp);
    arena_destroy(ast);
    assert_int_equal(reports, 1);
}

static void a_pointer_within_one_arena_is_reported(void **state)
{
    (void)state;
    Arena *arena = new_named("one");
    Node *node = new_node(arena, 1);
    ArenaMark mark = arena_mark(arena);
    char *text = arena_alloc(arena, 40);
    node->text = text + 39; // into it
    arena_rewind(arena, mark);
    assert_reported(1, "points 39 bytes into");
    arena_destroy(arena);
}

static void a_pointer_to_what_a_reset_takes_back_is_reported(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 2);
    node->next = new_node(tmp, 2);
    arena_reset(tmp);
    assert_reported(1, "arena_reset or arena_destroy");
    arena_destroy(tmp);
    assert_int_equal(reports, 1); // it has nothing more
    arena_destroy(ast);
}

static void a_pointer_to_what_a_destruction_takes_back_is_reported(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 3);
    node->next = new_node(tmp, 3);
    arena_destroy(tmp);
    assert_reported(1, "arena_reset or arena_destroy");
    arena_destroy(ast);
    assert_int_equal(reports, 1);
}

static void large_objects_are_searched_and_found(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    size_t size = large_size(ast);
    char **table = hide_pointer(arena_calloc(ast, size));
    ArenaMark mark = arena_mark(tmp);
    size_t length = large_size(tmp);
    char *text = arena_alloc(tmp, length);
    table[size / sizeof *table - 1] = text + length - 1;
    arena_rewind(tmp, mark);
    char expected[64];
    snprintf(expected, sizeof expected, "points %zu bytes into", length - 1);
    assert_reported(1, expected);
    arena_destroy(tmp);
    arena_destroy(ast);
}

static void the_same_is_reported_once(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    for (int i = 0; i < 10; i++) {
        Node *node = new_node(ast, 4);
        ArenaMark mark = arena_mark(tmp);
        node->text = arena_alloc(tmp, 32);
        arena_rewind(tmp, mark);
        node->text = NULL;
    }
    assert_int_equal(reports, 1);
    new_node(ast, 4)->next = new_node(tmp, 4); // at another offset
    arena_reset(tmp);
    assert_int_equal(reports, 2);
    Node *nodes[] = {new_node(ast, 4), new_node(ast, 4)}; // of two places
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        nodes[i]->text = arena_alloc(tmp, 32);
        arena_reset(tmp);
        nodes[i]->text = NULL;
    }
    assert_int_equal(reports, 4);
    arena_destroy(tmp);
    arena_destroy(ast);
}

static void adopted_objects_are_searched(void **state)
{
    (void)state;
    Arena *into = new_named("into"), *from = new_named("from");
    Node *node = new_node(from, 5);
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    node->text = arena_alloc(into, 32);
    arena_rewind(into, mark);
    assert_reported(1, "\"from\"");
    arena_destroy(into);
    assert_int_equal(reports, 1); // they go with it
}

static void pointers_to_adopted_objects_are_reported(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *into = new_named("into"), *from = new_named("from");
    Node *node = new_node(ast, 6);
    node->text = arena_alloc(from, 32);
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    arena_rewind(into, mark);
    assert_int_equal(reports, 0); // it is there still
    arena_reset(into);
    assert_reported(1, "\"from\"");
    arena_destroy(into);
    arena_destroy(ast);
}

// ----- Roots -----

static void roots_are_searched_until_they_are_forgotten(void **state)
{
    (void)state;
    Node globals[3] = {{0}};
    Arena *tmp = new_named("tmp");
    assert_true(arena_audit_root(globals, sizeof globals, "globals"));
    globals[2].text = arena_alloc(tmp, 32);
    arena_reset(tmp);
    assert_reported(1, "the root \"globals\"");
    assert_non_null(strstr(message, "at offset 56 of"));
    arena_audit_forget(globals);
    arena_audit_forget(globals); // it is none any more
    globals[1].text = arena_alloc(tmp, 32);
    arena_reset(tmp);
    assert_int_equal(reports, 1);
    arena_destroy(tmp);
}

static void a_root_takes_the_place_of_one_that_starts_there(void **state)
{
    (void)state;
    Node globals[3] = {{0}};
    Arena *tmp = new_named("tmp");
    assert_true(arena_audit_root(globals, sizeof globals, NULL));
    assert_true(arena_audit_root(globals, sizeof globals[0], "fewer"));
    globals[2].text = arena_alloc(tmp, 32);
    arena_reset(tmp);
    assert_int_equal(reports, 0);
    globals[0].next = new_node(tmp, 0);
    arena_reset(tmp);
    assert_reported(1, "\"fewer\"");
    arena_audit_forget(globals);
    arena_destroy(tmp);
}

// Of any alignment, and any length.
static void only_whole_words_of_a_root_are_searched(void **state)
{
    (void)state;
    _Alignas(uintptr_t) unsigned char bytes[4 * sizeof(uintptr_t)] = {0};
    Arena *tmp = new_named("tmp");
    assert_true(arena_audit_root(bytes + 1, sizeof bytes - 2, "odd"));
    void *object = arena_alloc(tmp, 32);
    memcpy(bytes, &object, sizeof object);
    memcpy(bytes + sizeof bytes - sizeof object, &object, sizeof object);
    memcpy(bytes + sizeof object + 4, &object, sizeof object); // unaligned
    arena_reset(tmp);
    assert_int_equal(reports, 0);
    object = arena_alloc(tmp, 32);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + sizeof object, &object, sizeof object);
    arena_reset(tmp);
    assert_reported(1, "at offset 7 of");
    arena_audit_forget(bytes + 1);
    arena_destroy(tmp);
}

// ----- What is not reported -----

static void nothing_is_reported_where_the_holder_goes_too(void **state)
{
    (void)state;
    Arena *arena = new_named("list");
    ArenaMark mark = arena_mark(arena);
    Node *last = NULL;
    for (int i = 0; i < 100; i++) {
        Node *node = new_node(arena, 0);
        node->next = last;
        last = node;
    }
    arena_rewind(arena, mark);
    Arena *from = new_named("from");
    last = new_node(arena, 0);
    last->next = new_node(from, 0);
    last->next->next = last;
    assert_true(arena_adopt(arena, from));
    arena_reset(arena);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}

static void nothing_is_reported_of_what_stays(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 0);
    node->text = arena_alloc(tmp, 32);
    node->next = new_node(ast, 0);
    ArenaMark mark = arena_mark(tmp);
    assert_non_null(hide_pointer(arena_alloc(tmp, 32)));
    arena_rewind(tmp, mark);
    assert_int_equal(reports, 0);
    arena_destroy(ast);
    arena_destroy(tmp);
    assert_int_equal(reports, 0);
}

static void nothing_is_reported_of_what_was_cleared(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 0);
    ArenaMark mark = arena_mark(tmp);
    node->text = arena_alloc(tmp, 32);
    node->text = NULL;
    arena_rewind(tmp, mark);
    mark = arena_mark(ast);
    assert_true(arena_remember(ast, &node->text, sizeof node->text));
    node->text = arena_alloc(ast, 32);
    arena_rewind(ast, mark);
    arena_destroy(tmp);
    arena_destroy(ast);
    assert_int_equal(reports, 0);
}

static void the_end_of_an_object_is_not_in_it(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 0);
    char *text = arena_alloc(tmp, 32);
    node->text = text + 32;
    assert_non_null(hide_pointer(arena_alloc(tmp, 32))); // behind that
    arena_reset(tmp);
    assert_int_equal(reports, 0);
    arena_destroy(tmp);
    arena_destroy(ast);
}

// What lay there before does not count, under tools either.
static void nothing_is_reported_of_what_was_never_written(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    ArenaMark mark = arena_mark(ast);
    Node *node = new_node(ast, 0);
    node->text = arena_alloc(tmp, 32);
    arena_rewind(ast, mark);
    void *again = arena_alloc(ast, sizeof(Node)); // the memory of the node
    again = arena_realloc(ast, again, sizeof(Node), 4 * sizeof(Node));
    arena_reset(tmp);
    assert_int_equal(reports, 0);
    assert_non_null(hide_pointer(again));
    arena_destroy(tmp);
    arena_destroy(ast);
}

static void nothing_is_reported_of_what_realloc_has_left(void **state)
{
    (void)state;
    Arena *ast = new_named("ast"), *tmp = new_named("tmp");
    Node *node = new_node(ast, 0);
    node->text = arena_alloc(tmp, 32);
    assert_non_null(hide_pointer(arena_alloc(ast, 8)));
    Node *moved = arena_realloc(ast, node, sizeof *node, 2 * sizeof *node);
    assert_non_null(moved);
    moved->text = NULL;
    memset(moved + 1, 0, sizeof *moved);
    arena_reset(tmp);
    assert_int_equal(reports, 0);
    arena_destroy(tmp);
    arena_destroy(ast);
}

// It was not destroyed, which in a buffer is no mistake.
static void what_was_in_a_buffer_before_is_not_searched(void **state)
{
    (void)state;
    static unsigned char buffer[4096];
    for (size_t i = 0; i < 2; i++) {
        Arena *arena = arena_create_in(buffer, sizeof buffer);
        Node *node = new_node(arena, 0);
        node->next = new_node(arena, 0);
        if (i > 0)
            arena_destroy(arena);
    }
    assert_int_equal(reports, 0);
}

#if defined(__unix__)
// Nobody has to destroy the arena before the memory is given back.
static void a_buffer_may_be_gone(void **state)
{
    (void)state;
    const size_t size = 1 << 16;
    void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(buffer, MAP_FAILED);
    Arena *gone = arena_create_in(buffer, size);
    Node *node = new_node(gone, 0);
    assert_int_equal(munmap(buffer, size), 0);
    Arena *arena = arena_create(0);
    assert_non_null(new_node(arena, 0));
    arena_reset(arena);
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_true(arena_explain(hide_pointer(node), out));
    assert_false(arena_explain(&out, out));
    fclose(out);
    arena_destroy(arena);
    assert_int_equal(reports, 0);
}
#else
static void a_buffer_may_be_gone(void **state)
{
    (void)state;
    skip();
}
#endif

// An empty table may have no address.
static void a_root_of_nothing_is_a_root(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(arena_audit_root(NULL, 0, "nothing"));
    arena_audit_forget(NULL);
    arena_audit_forget(NULL);
}

// ----- Containers -----

typedef ARENA_ARRAY(char *) Names;

// Arrays and tables keep what was pushed, behind their counts.
static void texts_that_follow_marks_are_in_order(void **state)
{
    (void)state;
    for (size_t count = 1; count < 40; count += 3) {
        Arena *arena = new_named("containers");
        ArenaText text = {0};
        ArenaMark mark = arena_mark(arena);
        for (size_t i = 0; i < 2 * count; i++) {
            if (i == count)
                mark = arena_mark(arena);
            char *name = arena_asprintf(arena, "name %zu", i);
            assert_true(arena_text_printf(arena, &text, "%s, ", name));
        }
        arena_rewind(arena, mark);
        assert_int_equal(reports, 0);
        arena_destroy(arena);
        assert_int_equal(reports, 0);
    }
}

// The place is not that of another test, and the item is not behind those that are there.
static void an_item_that_is_there_is_reported(void **state)
{
    (void)state;
    Arena *arena = new_named("items");
    Names names = {0};
    *ARENA_PUSH(arena, &names) = NULL;
    ArenaMark mark = arena_mark(arena);
    *ARENA_PUSH(arena, &names) = NULL;
    names.items[0] = arena_alloc(arena, 32);
    arena_rewind(arena, mark);
    assert_reported(1, "at offset 0 of");
    arena_destroy(arena);
}

// ----- Many -----

// In an arena of its own, of lists that go as a whole.
static void *work(void *context)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "worker"});
    bool good = arena != NULL;
    for (size_t i = 0; good && i < 100; i++) {
        ArenaMark mark = arena_mark(arena);
        Node *last = NULL;
        size_t count = i % 50 == 49 ? 5000 : 30; // for which a ledger has to grow
        for (size_t j = 0; good && j < count; j++) {
            Node *node = hide_pointer(ARENA_NEW0(arena, Node));
            good = node != NULL;
            if (good)
                node->next = last;
            last = node;
        }
        if (i % 10)
            arena_rewind(arena, mark);
        else
            arena_reset(arena);
    }
    arena_destroy(arena);
    return good ? context : NULL;
}

static void threads_change_their_arenas_meanwhile(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, threads), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    assert_int_equal(reports, 0);
}

static void so_many_reports_are_enough(void **state)
{
    (void)state;
    enum { MOST = 100, COUNT = 300 };
    static void *roots[COUNT];
    Arena *tmp = new_named("tmp");
    for (int round = 0; round < 2; round++) {
        reports = 0;
        for (size_t i = 0; i < COUNT; i++) {
            roots[i] = arena_alloc(tmp, 16);
            assert_true(arena_audit_root(&roots[i], sizeof roots[i], NULL));
        }
        arena_reset(tmp);
        if (round == 0) {
            assert_in_range(reports, 50, MOST + 1); // with those of other tests
            assert_non_null(strstr(message, "more pointers"));
        } else {
            assert_int_equal(reports, 0);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        arena_audit_forget(&roots[i]);
    arena_destroy(tmp);
}

int main(void)
{
    if (setenv("ARENA_OPTIONS", "check=audit", 1) != 0)
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_reports, end_reports)
    const struct CMUnitTest tests[] = {
        TEST(a_pointer_to_what_a_rewind_takes_back_is_reported),
        TEST(a_pointer_within_one_arena_is_reported),
        TEST(a_pointer_to_what_a_reset_takes_back_is_reported),
        TEST(a_pointer_to_what_a_destruction_takes_back_is_reported),
        TEST(large_objects_are_searched_and_found),
        TEST(the_same_is_reported_once),
        TEST(adopted_objects_are_searched),
        TEST(pointers_to_adopted_objects_are_reported),
        TEST(roots_are_searched_until_they_are_forgotten),
        TEST(a_root_takes_the_place_of_one_that_starts_there),
        TEST(only_whole_words_of_a_root_are_searched),
        TEST(nothing_is_reported_where_the_holder_goes_too),
        TEST(nothing_is_reported_of_what_stays),
        TEST(nothing_is_reported_of_what_was_cleared),
        TEST(the_end_of_an_object_is_not_in_it),
        TEST(nothing_is_reported_of_what_was_never_written),
        TEST(nothing_is_reported_of_what_realloc_has_left),
        TEST(what_was_in_a_buffer_before_is_not_searched),
        TEST(a_buffer_may_be_gone),
        TEST(a_root_of_nothing_is_a_root),
        TEST(texts_that_follow_marks_are_in_order),
        TEST(an_item_that_is_there_is_reported),
        TEST(threads_change_their_arenas_meanwhile),
        TEST(so_many_reports_are_enough), // after which there are none
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
