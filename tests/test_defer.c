// Deferred calls: run once, newest first, while what the arena holds is still there.

#include "support/check.h"

enum { MOST_CALLS = 20000 };

static size_t order[MOST_CALLS];
static size_t call_count;

// The context is a number.
static void note_call(void *context)
{
    assert_true(call_count < MOST_CALLS);
    order[call_count++] = (size_t)(uintptr_t)context;
}

static void defer_number(Arena *arena, size_t number)
{
    assert_true(arena_defer(arena, note_call, (void *)(uintptr_t)number));
}

static int forget_calls(void **state)
{
    (void)state;
    call_count = 0;
    return 0;
}

// The numbers from `first` down to `last` were called, in this order, from call `from` on.
static void assert_called_down(size_t from, size_t first, size_t last)
{
    assert_int_equal(call_count, from + first - last + 1);
    for (size_t i = 0; i <= first - last; i++)
        assert_int_equal(order[from + i], first - i);
}

static void destroy_runs_calls_newest_first(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 1; i <= 500; i++) {
        defer_number(arena, i);
        new_object(arena, i % 50, 1);
    }
    assert_int_equal(call_count, 0);
    assert_valid(arena);
    arena_destroy(arena);
    assert_called_down(0, 500, 1);
}

static void reset_runs_calls_once(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 1; i <= 100; i++)
        defer_number(arena, i);
    arena_reset(arena);
    assert_called_down(0, 100, 1);
    arena_reset(arena);
    arena_destroy(arena);
    assert_int_equal(call_count, 100);
}

static void rewind_runs_what_was_deferred_since(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    defer_number(arena, 1);
    defer_number(arena, 2);
    ArenaMark outer = arena_mark(arena);
    defer_number(arena, 3);
    ArenaMark inner = arena_mark(arena);
    defer_number(arena, 4);
    defer_number(arena, 5);
    arena_rewind(arena, inner);
    assert_called_down(0, 5, 4);
    arena_rewind(arena, inner);
    assert_int_equal(call_count, 2);
    defer_number(arena, 4);
    arena_rewind(arena, outer);
    assert_called_down(2, 4, 3);
    assert_valid(arena);
    arena_destroy(arena);
    assert_called_down(4, 2, 1);
}

static void an_abandoned_mark_keeps_the_calls(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 1; i <= 20; i++) {
        arena_mark(arena);
        defer_number(arena, i);
    }
    assert_int_equal(call_count, 0);
    arena_destroy(arena);
    assert_called_down(0, 20, 1);
}

static void calls_are_many_as_memory_allows(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 1; i <= MOST_CALLS; i++)
        defer_number(arena, i);
    arena_destroy(arena);
    assert_called_down(0, MOST_CALLS, 1);
}

typedef struct Witness {
    unsigned char *bytes;
    size_t size;
    bool intact;
} Witness;

static void look_at_bytes(void *context)
{
    Witness *witness = context;
    witness->intact = bytes_are_filled(witness->bytes, witness->size, 77);
}

// Three witnesses: of a small object, of one in an older block, and of a large one; all of them
// newer than the deferred call.
static void check_witnesses(void (*end)(Arena *arena, ArenaMark mark))
{
    Witness witnesses[3] = {{0}};
    Arena *arena = new_arena(100);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 3; i++)
        assert_true(arena_defer(arena, look_at_bytes, &witnesses[i]));
    witnesses[0] = (Witness){new_object(arena, 40, 77), 40, false};
    grow_blocks(arena, 2);
    size_t size = large_size(arena);
    witnesses[1] = (Witness){new_object(arena, size, 77), size, false};
    witnesses[2] = (Witness){new_object(arena, 40, 77), 40, false};
    end(arena, mark);
    for (size_t i = 0; i < 3; i++)
        assert_true(witnesses[i].intact);
}

static void rewind_and_destroy(Arena *arena, ArenaMark mark)
{
    arena_rewind(arena, mark);
    arena_destroy(arena);
}

static void reset_and_destroy(Arena *arena, ArenaMark mark)
{
    (void)mark;
    arena_reset(arena);
    arena_destroy(arena);
}

static void only_destroy(Arena *arena, ArenaMark mark)
{
    (void)mark;
    arena_destroy(arena);
}

static void calls_see_what_the_arena_holds(void **state)
{
    (void)state;
    check_witnesses(rewind_and_destroy);
    check_witnesses(reset_and_destroy);
    check_witnesses(only_destroy);
}

static void own_calls_see_adopted_memory_and_run_first(void **state)
{
    (void)state;
    TestSource source = {0};
    Witness witness = {0};
    Arena *into = new_arena(100), *from = new_arena_on(&source, 100);
    witness = (Witness){new_object(from, 300, 77), 300, false};
    defer_number(from, 1);
    defer_number(into, 2);
    assert_true(arena_adopt(into, from));
    assert_true(arena_defer(into, look_at_bytes, &witness));
    defer_number(into, 3);
    arena_reset(into);
    assert_true(witness.intact);
    assert_called_down(0, 3, 1);
    arena_destroy(into);
    assert_int_equal(call_count, 3);
    assert_clean(&source);
}

// Uses the arena that is being undone: small and large objects, and one more deferred call.
static void use_while_undone(void *context)
{
    Arena *arena = context;
    note_call((void *)1);
    assert_true(arena_owns(arena, new_object(arena, 2000, 1)));
    new_object(arena, large_size(arena), 2);
    defer_number(arena, 2);
    assert_valid(arena);
}

// Marks and rewinds within itself, above what the undoing is about to take back.
static void mark_while_undone(void *context)
{
    Arena *arena = context;
    note_call((void *)1);
    ArenaMark mark = arena_mark(arena);
    new_object(arena, large_size(arena), 2);
    defer_number(arena, 2);
    arena_rewind(arena, mark);
    mark = arena_mark(arena);
    assert_valid(arena);
}

static void a_call_may_mark_and_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t round = 0; round < 4; round++) {
        ArenaMark mark = arena_mark(arena);
        new_object(arena, large_size(arena), 1);
        defer_number(arena, 3);
        assert_true(arena_defer(arena, mark_while_undone, arena));
        if (round % 2 == 0)
            arena_rewind(arena, mark);
        else
            arena_reset(arena);
        assert_valid(arena);

        // A search of all large objects, of which there is none, has to end.
        unsigned char *object = new_object(arena, 3000, 4);
        new_object(arena, 8, 5);
        object = arena_realloc(arena, object, 3000, 5000);
        assert_filled(object, 3000, 4);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void a_call_may_use_the_arena(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    unsigned char *older = new_object(arena, 50, 3);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    for (size_t round = 0; round < 3; round++) {
        call_count = 0;
        assert_true(arena_defer(arena, use_while_undone, arena));
        defer_number(arena, 3);
        if (round < 2)
            arena_rewind(arena, mark);
        else
            arena_reset(arena);
        static const size_t expected[] = {3, 1, 2};
        assert_int_equal(call_count, 3);
        assert_memory_equal(order, expected, sizeof expected);
        assert_int_equal(arena_stats(arena).used, round < 2 ? used : 0);
        if (round < 2)
            assert_filled(older, 50, 3);
        assert_valid(arena);
    }
    assert_true(arena_defer(arena, use_while_undone, arena));
    arena_destroy(arena);
    assert_int_equal(call_count, 5);
    assert_clean(&source);
}

static void a_call_that_cannot_be_noted_is_refused(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 300);
    defer_number(arena, 1);
    leave_room(arena, 0);
    source.refuse = true;
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_false(arena_defer(arena, note_call, (void *)2));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 1);
    arena_destroy(arena);
    assert_called_down(0, 1, 1);
    assert_clean(&source);
}

// Makes a large object and has it grow, in an arena that is being undone or has been left half
// undone.
static void grow_a_large_object(void *context)
{
    Arena *arena = context;
    note_call((void *)1);
    assert_valid(arena);
    size_t size = large_size(arena);
    unsigned char *object = new_object(arena, size, 5);
    assert_valid(arena);
    object = arena_realloc(arena, object, size, 3 * size);
    assert_non_null(object);
    assert_filled(object, size, 5);
    assert_valid(arena);
}

// The mark at the end makes everything before it old, which is over once the undoing begins.
static Arena *arena_with_a_growing_call(TestSource *source, ArenaMark *mark, size_t larges)
{
    Arena *arena = source ? new_arena_on(source, 100) : new_arena(100);
    new_object(arena, large_size(arena), 1);
    *mark = arena_mark(arena);
    assert_true(arena_defer(arena, grow_a_large_object, arena));
    for (size_t i = 0; i < larges; i++)
        new_object(arena, large_size(arena), 2);
    defer_number(arena, 2);
    arena_mark(arena);
    return arena;
}

static void check_growing_calls(void (*end)(Arena *arena, ArenaMark mark))
{
    for (size_t larges = 0; larges < 3; larges++) {
        for (size_t custom = 0; custom < 2; custom++) {
            TestSource source = {0};
            ArenaMark mark;
            call_count = 0;
            Arena *arena = arena_with_a_growing_call(custom ? &source : NULL, &mark, larges);
            end(arena, mark);
            assert_called_down(0, 2, 1);
            assert_clean(&source);
        }
    }
}

static void rewind_and_look(Arena *arena, ArenaMark mark)
{
    size_t reserved = 0;
    for (size_t round = 0; round < 2; round++) {
        arena_rewind(arena, mark);
        assert_valid(arena);
        assert_true(round == 0 || arena_stats(arena).reserved == reserved);
        reserved = arena_stats(arena).reserved;
    }
    arena_destroy(arena);
}

static void reset_and_look(Arena *arena, ArenaMark mark)
{
    (void)mark;
    arena_reset(arena);
    assert_valid(arena);
    assert_int_equal(arena_stats(arena).used, 0);
    assert_null(arena->large);
    arena_destroy(arena);
}

static void a_call_may_make_and_grow_large_objects(void **state)
{
    (void)state;
    check_growing_calls(rewind_and_look);
    check_growing_calls(reset_and_look);
    check_growing_calls(only_destroy);
}

static jmp_buf way_out;

static void jump_out(void *context)
{
    assert_valid((Arena *)context);
    longjmp(way_out, 1);
}

static void undo(Arena *arena, ArenaMark mark, bool by_reset)
{
    if (by_reset)
        arena_reset(arena);
    else
        arena_rewind(arena, mark);
}

static void undo_until_a_jump(Arena *arena, ArenaMark mark, bool by_reset)
{
    if (!setjmp(way_out))
        undo(arena, mark, by_reset);
}

// What the jump left undone is done by the next one who undoes.
static void a_call_may_jump_out(void **state)
{
    (void)state;
    for (int by_reset = 0; by_reset < 2; by_reset++) {
        ArenaMark mark;
        call_count = 0;
        Arena *arena = arena_with_a_growing_call(NULL, &mark, 2);
        assert_true(arena_defer(arena, jump_out, arena));
        defer_number(arena, 3);
        arena_mark(arena);
        undo_until_a_jump(arena, mark, by_reset);
        assert_valid(arena);
        assert_int_equal(call_count, 1);
        call_count = 0;
        grow_a_large_object(arena);
        call_count = 0;
        undo(arena, mark, by_reset);
        assert_called_down(0, 2, 1);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

#define test_of_calls(function) cmocka_unit_test_setup(function, forget_calls)

static void a_call_costs_as_much_as_remembering_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(5000);
    ArenaMark mark = arena_mark(arena);
    size_t start = arena_stats(arena).used;
    assert_true(arena_defer(arena, note_call, NULL));
    size_t middle = arena_stats(arena).used;
    assert_true(arena_remember(arena, &start, 0));
    assert_int_equal(arena_stats(arena).used - middle, middle - start);
    arena_rewind(arena, mark);
    arena_destroy(arena);
}

typedef struct Relay {
    Arena *arena;
    unsigned char *object;
    size_t size;
    size_t more_blocks;
} Relay;

static void make_object_and_mark(void *context)
{
    Relay *relay = context;
    relay->object = hide_pointer(arena_alloc(relay->arena, relay->size));
    arena_mark(relay->arena);
}

static void grow_object_of_relay(void *context)
{
    Relay *relay = context;
    size_t blocks = relay->arena->block_count;
    relay->object =
        hide_pointer(arena_realloc(relay->arena, relay->object, relay->size, 2 * relay->size));
    relay->more_blocks = relay->arena->block_count - blocks;
}

static void a_mark_of_a_call_is_none_for_the_next_one(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Relay relay = {.arena = arena, .size = large_size(arena), .more_blocks = SIZE_MAX};
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_defer(arena, grow_object_of_relay, &relay));
    assert_true(arena_defer(arena, make_object_and_mark, &relay));
    arena_rewind(arena, mark);
    assert_non_null(relay.object);
    assert_int_equal(relay.more_blocks, 0);
    assert_null(arena->large);
    assert_valid(arena);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of_calls(destroy_runs_calls_newest_first),
        test_of_calls(reset_runs_calls_once),
        test_of_calls(rewind_runs_what_was_deferred_since),
        test_of_calls(an_abandoned_mark_keeps_the_calls),
        test_of_calls(calls_are_many_as_memory_allows),
        test_of_calls(calls_see_what_the_arena_holds),
        test_of_calls(own_calls_see_adopted_memory_and_run_first),
        test_of_calls(a_call_may_use_the_arena),
        test_of_calls(a_call_may_mark_and_rewind),
        test_of_calls(a_call_that_cannot_be_noted_is_refused),
        test_of_calls(a_call_may_make_and_grow_large_objects),
        test_of_calls(a_call_may_jump_out),
        cmocka_unit_test(a_call_costs_as_much_as_remembering_nothing),
        cmocka_unit_test(a_mark_of_a_call_is_none_for_the_next_one),
    };
    return cmocka_run_group_tests_name("defer", tests, NULL, NULL);
}
