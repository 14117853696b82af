// Adoption: the memory of one arena lives and dies with another one.

#include "support/check.h"

static size_t calls[8];
static size_t call_count;

static void note_call(void *context)
{
    if (call_count < COUNT_OF(calls))
        calls[call_count] = (size_t)(uintptr_t)context;
    call_count++;
}

static void adopted_bytes_live_on(void **state)
{
    (void)state;
    enum { ARENAS = 20 };
    unsigned char *objects[ARENAS][3];
    Arena *into = new_arena(100);
    for (uint32_t i = 0; i < ARENAS; i++) {
        Arena *from = new_arena(100);
        objects[i][0] = new_object(from, 80, i);
        grow_blocks(from, 2);
        objects[i][1] = new_object(from, 24, i);
        objects[i][2] = new_object(from, 10000, i);
        assert_true(arena_adopt(into, from));
        assert_valid(into);
        new_object(into, 200, 99);
    }
    for (uint32_t i = 0; i < ARENAS; i++) {
        assert_filled(objects[i][0], 80, i);
        assert_filled(objects[i][1], 24, i);
        assert_filled(objects[i][2], 10000, i);
        for (size_t j = 0; j < 3; j++)
            assert_true(arena_owns(into, objects[i][j]));
    }
    arena_destroy(into);
}

static void adoption_asks_no_source(void **state)
{
    (void)state;
    TestSource ours = {0}, theirs = {0};
    Arena *into = new_arena_on(&ours, 100), *from = new_arena_on(&theirs, 100);
    grow_blocks(from, 5);
    leave_room(into, 0);
    size_t before = theirs.calls;
    ours.refuse = theirs.refuse = true;
    assert_true(arena_adopt(into, from));
    assert_int_equal(ours.calls, 1);
    assert_int_equal(theirs.calls, before);
    assert_int_equal(theirs.releases, 0);
    arena_destroy(into);
    assert_clean(&ours);
    assert_clean(&theirs);
}

static void each_block_goes_back_to_its_own_source(void **state)
{
    (void)state;
    TestSource ours = {0}, theirs = {.shift = 8};
    for (size_t by_reset = 0; by_reset < 2; by_reset++) {
        Arena *into = new_arena_on(&ours, 100), *from = new_arena_on(&theirs, 100);
        new_object(from, 10000, 1);
        assert_true(arena_adopt(into, from));
        grow_blocks(into, 3);
        new_object(into, 10000, 1);
        if (by_reset) {
            arena_reset(into);
            assert_int_equal(theirs.live_pieces, 0);
            assert_int_equal(arena_stats(into).reserved, ours.live_bytes);
            assert_int_equal(arena_stats(into).used, 0);
            assert_valid(into);
        }
        arena_destroy(into);
        assert_clean(&ours);
        assert_clean(&theirs);
    }
}

static void rewinding_does_not_free_what_was_adopted(void **state)
{
    (void)state;
    TestSource theirs = {0};
    Arena *into = new_arena(100), *from = new_arena_on(&theirs, 100);
    ArenaMark mark = arena_mark(into);
    unsigned char *object = new_object(from, 5000, 1);
    call_count = 0;
    assert_true(arena_defer(from, note_call, NULL));
    size_t theirs_used = arena_stats(from).used;
    new_object(into, 100, 2);
    assert_true(arena_adopt(into, from));
    new_object(into, 1000, 2);
    arena_rewind(into, mark);
    assert_int_equal(theirs.releases, 0);
    assert_int_equal(call_count, 0);
    assert_filled(object, 5000, 1);
    assert_true(arena_owns(into, object));
    assert_int_equal(arena_stats(into).used, theirs_used);
    assert_valid(into);
    arena_destroy(into);
    assert_int_equal(call_count, 1);
    assert_clean(&theirs);
}

static void deferred_calls_are_adopted_too(void **state)
{
    (void)state;
    for (size_t by_reset = 0; by_reset < 2; by_reset++) {
        Arena *into = new_arena(100), *from = new_arena(100);
        call_count = 0;
        for (size_t i = 1; i <= 3; i++)
            assert_true(arena_defer(from, note_call, (void *)(uintptr_t)i));
        assert_true(arena_defer(into, note_call, (void *)4));
        assert_true(arena_adopt(into, from));
        assert_int_equal(call_count, 0);
        if (by_reset)
            arena_reset(into);
        arena_destroy(into);
        assert_int_equal(call_count, 4);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(calls[i], 4 - i);
    }
}

static void remembered_bytes_of_the_adopted_are_not_restored(void **state)
{
    (void)state;
    Arena *into = new_arena(100), *from = new_arena(100);
    int value = 1;
    arena_mark(from);
    assert_true(arena_remember(from, &value, sizeof value));
    value = 2;
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    arena_rewind(into, mark);
    assert_int_equal(value, 2);
    arena_destroy(into);
    assert_int_equal(value, 2);
}

static void the_figures_add_up(void **state)
{
    (void)state;
    Arena *into = new_arena(100), *from = new_arena(100);
    new_object(into, 300, 1);
    grow_blocks(from, 3);
    new_object(from, 9000, 1);
    ArenaStats ours = arena_stats(into), theirs = arena_stats(from);
    assert_true(arena_adopt(into, from));
    ArenaStats sum = arena_stats(into);
    assert_int_equal(sum.used, ours.used + theirs.used);
    assert_int_equal(sum.reserved, ours.reserved + theirs.reserved);
    assert_int_equal(sum.wasted, ours.wasted + theirs.wasted);
    assert_int_equal(sum.blocks, ours.blocks + theirs.blocks);
    assert_true(sum.peak >= sum.used);
    arena_reset(into);
    sum = arena_stats(into);
    assert_int_equal(sum.used, 0);
    assert_int_equal(sum.wasted, 0);
    assert_true(sum.peak >= ours.used + theirs.used);
    assert_valid(into);
    arena_destroy(into);
}

static void adopters_are_adopted_with_what_they_adopted(void **state)
{
    (void)state;
    TestSource sources[5] = {{0}};
    Arena *arenas[5];
    unsigned char *objects[5];
    for (uint32_t i = 0; i < 5; i++) {
        arenas[i] = new_arena_on(&sources[i], 100);
        objects[i] = new_object(arenas[i], 700, i);
    }
    assert_true(arena_adopt(arenas[3], arenas[4]));
    assert_true(arena_adopt(arenas[1], arenas[2]));
    assert_true(arena_adopt(arenas[1], arenas[3]));
    assert_valid(arenas[1]);
    assert_true(arena_adopt(arenas[0], arenas[1]));
    assert_valid(arenas[0]);
    size_t blocks = 0, reserved = 0;
    for (uint32_t i = 0; i < 5; i++) {
        assert_filled(objects[i], 700, i);
        assert_true(arena_owns(arenas[0], objects[i]));
        blocks += sources[i].live_pieces;
        reserved += sources[i].live_bytes;
    }
    assert_int_equal(arena_stats(arenas[0]).blocks, blocks);
    assert_int_equal(arena_stats(arenas[0]).reserved, reserved);
    arena_reset(arenas[0]);
    for (size_t i = 1; i < 5; i++)
        assert_clean(&sources[i]);
    arena_destroy(arenas[0]);
    assert_clean(&sources[0]);
}

static void a_reset_arena_adopts_again(void **state)
{
    (void)state;
    TestSource theirs = {0};
    Arena *into = new_arena(100);
    for (uint32_t i = 0; i < 10; i++) {
        for (uint32_t j = 0; j < 3; j++) {
            Arena *from = new_arena_on(&theirs, 100);
            new_object(from, 100, j);
            assert_true(arena_adopt(into, from));
        }
        assert_valid(into);
        arena_reset(into);
        assert_int_equal(theirs.live_pieces, 0);
        assert_valid(into);
    }
    arena_destroy(into);
    assert_clean(&theirs);
}

static void an_arena_in_a_buffer_is_not_adopted(void **state)
{
    (void)state;
    static unsigned char buffer[2][4000];
    TestSource source = {0};
    Arena *into = new_arena(100);
    Arena *froms[] = {
        arena_create_in(buffer[0], sizeof buffer[0]),
        arena_create_with(&(ArenaOptions){
            .buffer = buffer[1], .buffer_size = sizeof buffer[1], .source = test_source(&source)}),
    };
    for (size_t i = 0; i < 2; i++) {
        unsigned char *object = new_object(froms[i], 100, 1);
        ArenaStats ours = arena_stats(into), theirs = arena_stats(froms[i]);
        errno = 0;
        assert_false(arena_adopt(into, froms[i]));
        assert_int_equal(errno, EINVAL);
        assert_int_equal(arena_stats(into).reserved, ours.reserved);
        assert_int_equal(arena_stats(froms[i]).used, theirs.used);
        assert_filled(object, 100, 1);
        new_object(froms[i], 100, 1);
        assert_valid(into);
        assert_valid(froms[i]);
        arena_destroy(froms[i]);
    }
    arena_destroy(into);
    assert_clean(&source);
}

static void an_arena_in_a_buffer_adopts(void **state)
{
    (void)state;
    static unsigned char buffer[2000];
    TestSource theirs = {0};
    Arena *into = arena_create_in(buffer, sizeof buffer), *from = new_arena_on(&theirs, 100);
    assert_non_null(into);
    unsigned char *object = new_object(from, 3000, 1);
    assert_true(arena_adopt(into, from));
    assert_filled(object, 3000, 1);
    assert_valid(into);
    arena_destroy(into);
    assert_clean(&theirs);
}

static void a_region_is_adopted(void **state)
{
    (void)state;
    Arena *into = new_arena(100), *from = arena_create_region(1 << 20);
    assert_non_null(from);
    unsigned char *object = new_object(from, 200000, 1);
    assert_true(arena_adopt(into, from));
    assert_filled(object, 200000, 1);
    assert_true(arena_owns(into, object));
    assert_valid(into);
    arena_reset(into);
    arena_destroy(into);
}

static void an_arena_does_not_adopt_itself(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    errno = 0;
    assert_false(arena_adopt(arena, arena));
    assert_int_equal(errno, EINVAL);
    assert_valid(arena);
    new_object(arena, 50, 1);
    arena_destroy(arena);
}

static void adopted_memory_counts_against_the_limit(void **state)
{
    (void)state;
    Arena *into = new_arena(100), *from = new_arena(50000);
    arena_set_limit(into, 40000);
    assert_true(arena_adopt(into, from));
    Snapshot before = take_snapshot(into);
    assert_null(arena_alloc(into, 20000));
    check_unchanged(into, &before, 1);
    arena_reset(into);
    new_object(into, 20000, 1);
    arena_destroy(into);
}

static void an_adoption_advances_the_epoch_beyond_both(void **state)
{
    (void)state;
    for (size_t ours = 0; ours < 4; ours++) {
        for (size_t theirs = 0; theirs < 4; theirs++) {
            Arena *into = new_arena(100), *from = new_arena(100);
            for (size_t i = 0; i < ours; i++)
                arena_mark(into);
            for (size_t i = 0; i < theirs; i++)
                arena_mark(from);
            uint64_t epochs[] = {into->epoch, from->epoch};
            assert_true(arena_adopt(into, from));
            assert_true(into->epoch > epochs[0]);
            assert_true(into->epoch > epochs[1]);
            arena_destroy(into);
        }
    }
}

// A number that is remembered before it changes for the first time since a mark.
typedef struct Noted {
    int number;
    uint64_t epoch;
} Noted;

static void set_noted(Arena *arena, Noted *noted, int number)
{
    if (noted->epoch != arena->epoch) {
        assert_true(arena_remember(arena, noted, sizeof *noted));
        noted->epoch = arena->epoch;
    }
    noted->number = number;
}

static void what_was_remembered_in_the_adopted_is_remembered_anew(void **state)
{
    (void)state;
    for (size_t marks = 0; marks < 4; marks++) {
        Arena *into = new_arena(100), *from = new_arena(100);
        Noted noted = {0};
        for (size_t i = 0; i <= marks; i++)
            arena_mark(from);
        set_noted(from, &noted, 1);
        assert_true(arena_adopt(into, from));
        ArenaMark mark = arena_mark(into);
        set_noted(into, &noted, 2);
        arena_rewind(into, mark);
        assert_int_equal(noted.number, 1);
        arena_destroy(into);
    }
}

// An arena whose deferred call has `into` adopt the next one like it, until there are enough.
typedef struct Heritage {
    Arena *into;
    size_t left;
} Heritage;

static void adopt_and_defer(void *context);

static Arena *heir(Heritage *heritage)
{
    Arena *arena = new_arena(100);
    assert_true(arena_defer(arena, note_call, NULL));
    assert_true(arena_defer(arena, adopt_and_defer, heritage));
    return arena;
}

static void adopt_and_defer(void *context)
{
    Heritage *heritage = context;
    assert_true(arena_defer(heritage->into, note_call, NULL));
    if (heritage->left-- > 0)
        assert_true(arena_adopt(heritage->into, heir(heritage)));
    else
        heritage->left = 0;
}

// The first call is one of `into` itself, or one of an arena that it has adopted.
static void calls_that_adopt_and_defer_have_all_others_run(void **state)
{
    (void)state;
    for (size_t way = 0; way < 4; way++) {
        enum { GENERATIONS = 6 };
        bool own = way / 2, by_reset = way % 2;
        Arena *into = new_arena(100);
        Heritage heritage = {into, GENERATIONS};
        call_count = 0;
        if (own)
            assert_true(arena_defer(into, adopt_and_defer, &heritage));
        else
            assert_true(arena_adopt(into, heir(&heritage)));
        if (by_reset) {
            arena_reset(into);
            assert_valid(into);
            assert_null(into->adopted);
        }
        size_t before_the_end = call_count;
        arena_destroy(into);
        // Every heir has a call that notes, and every call that adopts defers another one.
        assert_int_equal(call_count, own ? 2 * GENERATIONS + 1 : 2 * (GENERATIONS + 1));
        assert_int_equal(before_the_end, by_reset ? call_count : 0);
    }
}

typedef struct Growth {
    Arena *arena;
    unsigned char *object;
    size_t size;
    size_t more_blocks;
    bool is_whole;
} Growth;

static void grow_object(void *context)
{
    Growth *growth = context;
    size_t blocks = growth->arena->block_count;
    unsigned char *grown =
        arena_realloc(growth->arena, growth->object, growth->size, 2 * growth->size);
    growth->more_blocks = growth->arena->block_count - blocks;
    growth->is_whole = grown && bytes_are_filled(grown, growth->size, 1);
}

// While its calls run, nothing in it has to be kept for a mark, and what was noted before is gone.
static void calls_of_the_adopted_run_after_its_marks_are_gone(void **state)
{
    (void)state;
    Arena *into = new_arena(0);
    Arena *from = new_arena(0);
    size_t size = large_size(from);
    Growth growth = {from, new_object(from, size, 1), size, SIZE_MAX, false};
    assert_true(arena_defer(from, grow_object, &growth));
    (void)arena_mark(from);
    assert_true(arena_adopt(into, from));
    arena_destroy(into);
    assert_true(growth.is_whole);
    assert_int_equal(growth.more_blocks, 0);
}

static size_t size_that_failed;

static void note_size(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)context;
    size_that_failed = size;
}

static void an_adoption_that_is_refused_asks_for_no_bytes(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.on_failure = note_size});
    assert_non_null(arena);
    size_that_failed = 5;
    assert_false(arena_adopt(arena, arena));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(size_that_failed, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adopted_bytes_live_on),
        cmocka_unit_test(adoption_asks_no_source),
        cmocka_unit_test(each_block_goes_back_to_its_own_source),
        cmocka_unit_test(rewinding_does_not_free_what_was_adopted),
        cmocka_unit_test(deferred_calls_are_adopted_too),
        cmocka_unit_test(remembered_bytes_of_the_adopted_are_not_restored),
        cmocka_unit_test(the_figures_add_up),
        cmocka_unit_test(adopters_are_adopted_with_what_they_adopted),
        cmocka_unit_test(a_reset_arena_adopts_again),
        cmocka_unit_test(an_arena_in_a_buffer_is_not_adopted),
        cmocka_unit_test(an_arena_in_a_buffer_adopts),
        cmocka_unit_test(a_region_is_adopted),
        cmocka_unit_test(an_arena_does_not_adopt_itself),
        cmocka_unit_test(adopted_memory_counts_against_the_limit),
        cmocka_unit_test(an_adoption_advances_the_epoch_beyond_both),
        cmocka_unit_test(what_was_remembered_in_the_adopted_is_remembered_anew),
        cmocka_unit_test(calls_that_adopt_and_defer_have_all_others_run),
        cmocka_unit_test(calls_of_the_adopted_run_after_its_marks_are_gone),
        cmocka_unit_test(an_adoption_that_is_refused_asks_for_no_bytes),
    };
    return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
