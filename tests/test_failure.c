// Failure: every acquisition fails once, in two ways; what is asked before a request fails; errno.

#include "support/check.h"

// -------------------------------------------------------------------------------------------------
// The nth acquisition fails
// -------------------------------------------------------------------------------------------------

typedef struct Trial {
    TestSource source;
    Arena *arena;
    size_t failures; // that were seen
    Snapshot before;
} Trial;

static size_t deferred_calls;

static void count_call(void *context)
{
    (void)context;
    deferred_calls++;
}

static void prepare(Trial *trial)
{
    trial->before = take_snapshot(trial->arena);
    errno = 0;
}

// A call failed or not; if it did, nothing has changed.
static bool served(Trial *trial, bool success)
{
    if (success) {
        assert_valid(trial->arena);
        return true;
    }
    assert_int_equal(errno, ENOMEM);
    check_unchanged(trial->arena, &trial->before, 1);
    trial->failures++;
    return false;
}

// Each line of the program is one kind of request that may need memory.
static void run_requests(Trial *trial, uint32_t round)
{
    Arena *arena = trial->arena;
    static unsigned char outside[700];
    size_t size = 150 + round * 90;
    fill_bytes(outside, sizeof outside, round);

    prepare(trial);
    unsigned char *first = hide_pointer(arena_alloc(arena, size));
    if (served(trial, first != NULL))
        fill_bytes(first, size, 1);
    prepare(trial);
    unsigned char *second = hide_pointer(arena_calloc(arena, size));
    if (served(trial, second != NULL))
        assert_all(second, size, 0);
    prepare(trial);
    unsigned char *third = hide_pointer(arena_alloc_aligned(arena, size, 256));
    if (served(trial, third != NULL))
        fill_bytes(third, size, 3);
    prepare(trial);
    unsigned char *large = hide_pointer(arena_alloc(arena, 60000));
    if (served(trial, large != NULL))
        fill_bytes(large, 60000, 4);

    prepare(trial);
    unsigned char *moved = first ? arena_realloc(arena, first, size, size * 3) : NULL;
    if (first && served(trial, moved != NULL))
        assert_filled(moved, size, 1);
    prepare(trial);
    unsigned char *grown = large ? arena_realloc(arena, large, 60000, 90000) : NULL;
    if (large && served(trial, grown != NULL))
        assert_filled(grown, 60000, 4);
    if (large && !grown)
        assert_filled(large, 60000, 4);

    prepare(trial);
    char *text = hide_pointer(arena_asprintf(arena, "%0*d", (int)size, 5));
    if (served(trial, text != NULL))
        assert_int_equal(strlen(text), size);
    prepare(trial);
    served(trial, hide_pointer(arena_memdup(arena, outside, sizeof outside)) != NULL);
    prepare(trial);
    served(trial, arena_remember(arena, outside, sizeof outside));
    prepare(trial);
    size_t before = deferred_calls;
    if (served(trial, arena_defer(arena, count_call, NULL)))
        assert_int_equal(deferred_calls, before);
    if (first)
        assert_filled(first, size, 1);
    if (third)
        assert_filled(third, size, 3);
}

static void run_program(Trial *trial)
{
    ArenaMark mark = arena_mark(trial->arena);
    for (uint32_t round = 0; round < 5; round++) {
        run_requests(trial, round);
        if (round % 2) {
            arena_rewind(trial->arena, mark);
            assert_valid(trial->arena);
        }
        if (round == 3) {
            arena_trim(trial->arena, 500);
            arena_reset(trial->arena);
            mark = arena_mark(trial->arena);
            assert_valid(trial->arena);
        }
    }
}

// Runs the program with the nth call of the source failing, for every n, until none fails.
static void fail_every_call(bool fail_on, size_t extension)
{
    bool any_failed = true;
    for (size_t n = 1; any_failed; n++) {
        Trial trial = {.source = {.fail_at = n, .fail_on = fail_on, .extension = extension}};
        errno = 0;
        trial.arena = arena_create_with(
            &(ArenaOptions){.capacity = 300, .source = test_source(&trial.source)});
        assert_int_equal(trial.arena == NULL, n == 1);
        if (trial.arena) {
            run_program(&trial);
            assert_int_equal(arena_stats(trial.arena).failures, trial.failures);
            any_failed = trial.source.calls >= n;
            arena_destroy(trial.arena);
        } else {
            assert_int_equal(errno, ENOMEM);
        }
        // Where it fails from then on, somebody was told.
        assert_true(!fail_on || !any_failed || n == 1 || trial.failures > 0);
        assert_clean(&trial.source);
        assert_true(n < 1000);
    }
}

static void the_nth_acquisition_fails_once(void **state)
{
    (void)state;
    fail_every_call(false, 0);
}

static void every_acquisition_from_the_nth_on_fails(void **state)
{
    (void)state;
    fail_every_call(true, 0);
}

static void the_nth_call_of_an_extending_source_fails_once(void **state)
{
    (void)state;
    fail_every_call(false, 3000);
}

static void every_call_of_an_extending_source_from_the_nth_on_fails(void **state)
{
    (void)state;
    fail_every_call(true, 3000);
}

static void a_refused_ideal_size_is_no_failure(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 5000);
    leave_room(arena, 0);
    source.fail_at = source.calls + 1;
    new_object(arena, 50, 1);
    assert_int_equal(arena_stats(arena).failures, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

// -------------------------------------------------------------------------------------------------
// on_failure
// -------------------------------------------------------------------------------------------------

typedef struct Handler {
    Arena *arena;
    size_t size, calls, failures;
    jmp_buf *target;
} Handler;

static void handle_failure(Arena *arena, size_t size, void *context)
{
    Handler *handler = context;
    handler->arena = arena;
    handler->size = size;
    handler->calls++;
    handler->failures = arena_stats(arena).failures;
    errno = 12345;
    if (handler->target)
        longjmp(*handler->target, 1);
}

static Arena *arena_with(Handler *handler, TestSource *source)
{
    Arena *arena = arena_create_with(&(ArenaOptions){
        .capacity = 500,
        .source = test_source(source),
        .on_failure = handle_failure,
        .on_failure_context = handler,
    });
    assert_non_null(arena);
    source->refuse = true;
    return arena;
}

static void the_handler_is_asked_before_a_request_fails(void **state)
{
    (void)state;
    TestSource source = {0};
    Handler handler = {0};
    Arena *arena = arena_with(&handler, &source);
    Snapshot before = take_snapshot(arena);
    assert_null(arena_alloc(arena, 7777));
    assert_int_equal(errno, ENOMEM);
    assert_ptr_equal(handler.arena, arena);
    assert_int_equal(handler.size, 7777);
    assert_int_equal(handler.calls, 1);
    check_unchanged(arena, &before, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void the_handler_hears_of_every_kind_of_failure_once(void **state)
{
    (void)state;
    TestSource source = {0};
    Handler handler = {0};
    Arena *arena = arena_with(&handler, &source);
    unsigned char *object = new_object(arena, 10, 1);
    size_t calls = 0;
    arena_mark(arena);
    leave_room(arena, 0);
    assert_null(arena_alloc(arena, hide_size(SIZE_MAX)));
    assert_int_equal(handler.calls, ++calls);
    assert_null(arena_calloc(arena, 5000));
    assert_int_equal(handler.calls, ++calls);
    assert_null(arena_alloc_aligned(arena, 8, hide_size(3)));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(handler.calls, ++calls);
    assert_null(arena_realloc(arena, object, 10, 5000));
    assert_int_equal(handler.calls, ++calls);
    assert_int_equal(handler.size, 5000);
    assert_null(arena_strdup(arena, "a string that is longer"));
    assert_int_equal(handler.calls, ++calls);
    assert_null(arena_asprintf(arena, "%5000d", 1));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(handler.calls, ++calls);
    assert_false(arena_defer(arena, count_call, NULL));
    assert_int_equal(handler.calls, ++calls);
    assert_false(arena_remember(arena, object, 10));
    assert_int_equal(handler.calls, ++calls);
    assert_int_equal(arena_stats(arena).failures, calls);
    arena_destroy(arena);
    assert_clean(&source);
}

static void the_handler_is_not_asked_while_there_is_memory(void **state)
{
    (void)state;
    TestSource source = {0};
    Handler handler = {0};
    Arena *arena = arena_with(&handler, &source);
    source.refuse = false;
    for (uint32_t i = 0; i < 500; i++)
        new_object(arena, i, i);
    assert_int_equal(handler.calls, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

// Each kind of request in turn; all of them fail.
static void fail_by(Arena *arena, int kind, void *object)
{
    switch (kind) {
    case 0: object = arena_alloc(arena, 5000); break;
    case 1: object = arena_calloc(arena, 50000); break;
    case 2: object = arena_realloc(arena, object, 40, 5000); break;
    case 3: object = arena_asprintf(arena, "%5000d", 1); break;
    case 4: arena_remember(arena, object, 40); break;
    case 5: arena_defer(arena, count_call, object); break;
    default: object = arena_alloc_aligned(arena, 1, hide_size(6)); break;
    }
    (void)object;
    fail();
}

static void a_handler_may_jump_away(void **state)
{
    (void)state;
    TestSource source = {0};
    jmp_buf target;
    static Handler handler;
    static Snapshot before;
    static volatile int kind;
    handler = (Handler){.target = &target};
    Arena *arena = arena_with(&handler, &source);
    unsigned char *object = new_object(arena, 40, 1);
    arena_mark(arena);
    leave_room(arena, 0);
    for (kind = 0; kind < 7; kind++) {
        before = take_snapshot(arena);
        if (setjmp(target) == 0)
            fail_by(arena, kind, object);
        check_unchanged(arena, &before, 1);
        assert_int_equal(handler.calls, kind + 1);
        assert_filled(object, 40, 1);
    }
    source.refuse = false;
    new_object(arena, 5000, 2);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void success_leaves_errno_alone(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    errno = 4711;
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, 50, 1);
    object = arena_realloc(arena, object, 50, 100);
    assert_true(arena_owns(arena, object));
    assert_true(arena_defer(arena, count_call, NULL));
    assert_true(arena_remember(arena, object, 10));
    arena_rewind(arena, mark);
    arena_reset(arena);
    assert_int_equal(errno, 4711);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_acquisition_fails_once),
        cmocka_unit_test(every_acquisition_from_the_nth_on_fails),
        cmocka_unit_test(the_nth_call_of_an_extending_source_fails_once),
        cmocka_unit_test(every_call_of_an_extending_source_from_the_nth_on_fails),
        cmocka_unit_test(a_refused_ideal_size_is_no_failure),
        cmocka_unit_test(the_handler_is_asked_before_a_request_fails),
        cmocka_unit_test(the_handler_hears_of_every_kind_of_failure_once),
        cmocka_unit_test(the_handler_is_not_asked_while_there_is_memory),
        cmocka_unit_test(a_handler_may_jump_away),
        cmocka_unit_test(success_leaves_errno_alone),
    };
    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
