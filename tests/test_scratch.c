// Scratch arenas: scopes, conflicts, and what a thread keeps and gives back.

#ifdef __GNUC__
#pragma GCC diagnostic error "-Wpedantic" // of the macros, in C11
#endif

#include "support/check.h"
#include "support/child.h"

#include <arena/scratch.h>
#include <arena/watch.h>

#include <pthread.h>

enum { KEPT = 1 << 20, MANY = 50 };

static void count_call(void *context)
{
    ++*(size_t *)context;
}

static void run_in_thread(void *(*work)(void *context), void *context)
{
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, work, context), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, context);
}

// A scope that must be there.
static ArenaScratch begin(Arena *const *conflicts, size_t count)
{
    ArenaScratch scratch = arena_scratch_begin(conflicts, count);
    assert_non_null(scratch.arena);
    assert_valid(scratch.arena);
    return scratch;
}

// ----- Scopes -----

static void the_end_takes_back_what_was_allocated_since(void **state)
{
    (void)state;
    ArenaScratch outer = begin(NULL, 0);
    unsigned char *older = new_object(outer.arena, 1000, 1);
    size_t used = arena_stats(outer.arena).used;
    ArenaScratch inner = begin(NULL, 0);
    assert_ptr_equal(inner.arena, outer.arena);
    unsigned char *newer = new_object(inner.arena, 100000, 2);
    arena_scratch_end(inner);
    assert_false(arena_owns(outer.arena, newer));
    assert_int_equal(arena_stats(outer.arena).used, used);
    assert_filled(older, 1000, 1);
    arena_scratch_end(outer);

    ArenaScratch again = begin(NULL, 0);
    assert_ptr_equal(again.arena, outer.arena);
    assert_int_equal(arena_stats(again.arena).used, 0);
    arena_scratch_end(again);
}

static void a_scope_says_how_deep_it_is(void **state)
{
    (void)state;
    ArenaScratch first = begin(NULL, 0);
    ArenaScratch other = begin(&first.arena, 1);
    ArenaScratch second = begin(&other.arena, 1);
    assert_int_equal(first.depth, 1);
    assert_int_equal(other.depth, 2);
    assert_int_equal(second.depth, 3);
    arena_scratch_end(second);
    arena_scratch_end(other);
    arena_scratch_end(first);
}

static void the_end_of_every_scope_undoes(void **state)
{
    (void)state;
    int value = 1;
    size_t calls = 0;
    ArenaScratch outer = begin(NULL, 0);
    assert_true(arena_remember(outer.arena, &value, sizeof value));
    assert_true(arena_defer(outer.arena, count_call, &calls));
    value = 2;
    ArenaScratch inner = begin(NULL, 0);
    assert_true(arena_remember(inner.arena, &value, sizeof value));
    assert_true(arena_defer(inner.arena, count_call, &calls));
    value = 3;
    arena_scratch_end(inner);
    assert_int_equal(value, 2);
    assert_int_equal(calls, 1);
    arena_scratch_end(outer);
    assert_int_equal(value, 1);
    assert_int_equal(calls, 2);
}

static void what_was_adopted_dies_with_the_outermost_scope(void **state)
{
    (void)state;
    size_t calls = 0;
    ArenaScratch outer = begin(NULL, 0);
    ArenaScratch inner = begin(NULL, 0);
    Arena *adopted = new_arena(100);
    assert_true(arena_defer(adopted, count_call, &calls));
    assert_true(arena_adopt(inner.arena, adopted));
    arena_scratch_end(inner);
    assert_int_equal(calls, 0);
    arena_scratch_end(outer);
    assert_int_equal(calls, 1);
}

// Begins scopes of its own, in whatever arena.
static void use_scratch(void *context)
{
    ArenaScratch outer = arena_scratch_begin(NULL, 0);
    ArenaScratch inner = arena_scratch_begin(NULL, 0);
    if (outer.arena && inner.arena && hide_pointer(arena_alloc(inner.arena, 100)))
        count_call(context);
    arena_scratch_end(inner);
    arena_scratch_end(outer);
}

static void a_deferred_call_may_begin_scopes(void **state)
{
    (void)state;
    size_t calls = 0;
    ArenaScratch scratch = begin(NULL, 0);
    Arena *adopted = new_arena(100);
    assert_true(arena_defer(adopted, use_scratch, &calls));
    assert_true(arena_adopt(scratch.arena, adopted));
    assert_true(arena_defer(scratch.arena, use_scratch, &calls));
    arena_scratch_end(scratch);
    assert_int_equal(calls, 2);

    scratch = begin(NULL, 0);
    assert_int_equal(scratch.depth, 1);
    assert_int_equal(arena_stats(scratch.arena).used, 0);
    arena_scratch_end(scratch);
}

static void scopes_that_were_jumped_over_end_with_the_one_around(void **state)
{
    (void)state;
    jmp_buf back;
    ArenaScratch outer = begin(NULL, 0);
    if (setjmp(back) == 0) {
        begin(NULL, 0);
        new_object(begin(NULL, 0).arena, 1000, 1);
        longjmp(back, 1);
    }
    arena_scratch_end(outer);

    ArenaScratch again = begin(NULL, 0);
    assert_int_equal(again.depth, 1);
    assert_int_equal(arena_stats(again.arena).used, 0);
    arena_scratch_end(again);
}

static void jump_over_scopes(void)
{
    jmp_buf back;
    ArenaScratch outer = begin(NULL, 0);
    if (setjmp(back) == 0) {
        ArenaScratch inner = begin(&outer.arena, 1);
        new_object(inner.arena, 1 << 20, 1);
        new_object(begin(&outer.arena, 1).arena, 1 << 20, 2);
        longjmp(back, 1);
    }
    arena_scratch_end(outer);
}

static void scopes_that_were_jumped_over_end_in_other_arenas_too(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        jump_over_scopes();
        ArenaScratch first = begin(NULL, 0);
        ArenaScratch second = begin(&first.arena, 1);
        assert_int_equal(second.depth, 2);
        assert_int_equal(arena_stats(second.arena).used, 0);
        assert_true(arena_stats(second.arena).reserved <= KEPT);
        arena_scratch_end(second);
        arena_scratch_end(first);
    }
}

static void the_end_of_a_scope_without_an_arena_is_nothing(void **state)
{
    (void)state;
    arena_scratch_end((ArenaScratch){0});
}

// ----- Conflicts -----

// A callee of the usual kind: its results go to its caller, its drafts do not.
static unsigned char *work(Arena *results, Arena *const *conflicts, size_t count)
{
    ArenaScratch scratch = begin(conflicts, count);
    new_object(scratch.arena, 300, 1);
    unsigned char *result = new_object(results, 200, 2);
    arena_scratch_end(scratch);
    return result;
}

static void a_callee_that_names_its_results_as_a_conflict_does_not_lose_them(void **state)
{
    (void)state;
    ArenaScratch caller = begin(NULL, 0);
    unsigned char *result = work(caller.arena, &caller.arena, 1);
    assert_true(arena_owns(caller.arena, result));
    new_object(caller.arena, 300, 3);
    assert_filled(result, 200, 2);
    arena_scratch_end(caller);
}

static void a_callee_that_does_not_loses_them(void **state)
{
    (void)state;
    ArenaScratch caller = begin(NULL, 0);
    unsigned char *result = work(caller.arena, NULL, 0);
    assert_false(arena_owns(caller.arena, result));
    arena_scratch_end(caller);
}

static void there_is_an_arena_beside_any_number_of_conflicts(void **state)
{
    (void)state;
    Arena *conflicts[MANY];
    ArenaScratch scopes[MANY];
    for (size_t i = 0; i < MANY; i++) {
        scopes[i] = begin(conflicts, i);
        conflicts[i] = scopes[i].arena;
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(conflicts[i], conflicts[k]);
        new_object(conflicts[i], 100 * i, (uint32_t)i);
    }
    for (size_t i = MANY; i-- > 0;) {
        assert_int_equal(scopes[i].depth, i + 1);
        arena_scratch_end(scopes[i]);
    }
}

static void conflicts_may_be_anything(void **state)
{
    (void)state;
    Arena *other = new_arena(100);
    ArenaScratch first = begin((Arena *const[]){NULL, other, other}, 3);
    ArenaScratch second = begin((Arena *const[]){other, first.arena, NULL, first.arena}, 4);
    assert_ptr_not_equal(first.arena, second.arena);
    assert_ptr_not_equal(first.arena, other);
    assert_ptr_not_equal(second.arena, other);
    arena_scratch_end(second);
    arena_scratch_end(first);
    arena_destroy(other);
}

static void an_arena_without_conflict_is_not_made_twice(void **state)
{
    (void)state;
    ArenaScratch first = begin(NULL, 0);
    ArenaScratch second = begin(&first.arena, 1);
    arena_scratch_end(second);
    ArenaScratch third = begin(&first.arena, 1);
    assert_ptr_equal(third.arena, second.arena);
    arena_scratch_end(third);
    arena_scratch_end(first);
}

// ----- The scope that ends itself -----

#if ARENA_HAS_CLEANUP

static size_t ended;

static int leave_by_return(bool early)
{
    ARENA_SCRATCH(scratch);
    assert_true(arena_defer(scratch.arena, count_call, &ended));
    if (early)
        return 1;
    new_object(scratch.arena, 100, 1);
    return 2;
}

static void a_scope_ends_with_its_block(void **state)
{
    (void)state;
    ended = 0;
    assert_int_equal(leave_by_return(true), 1);
    assert_int_equal(ended, 1);
    assert_int_equal(leave_by_return(false), 2);
    assert_int_equal(ended, 2);
    for (size_t i = 0; i < 3; i++) {
        ARENA_SCRATCH(scratch);
        assert_int_equal(scratch.depth, 1);
        assert_true(arena_defer(scratch.arena, count_call, &ended));
        if (i == 0)
            continue;
        if (i == 1)
            goto out;
    }
out:
    assert_int_equal(ended, 4);
}

static void a_scope_names_its_conflicts(void **state)
{
    (void)state;
    ARENA_SCRATCH(first);
    ARENA_SCRATCH(second, first.arena);
    ARENA_SCRATCH(third, first.arena, second.arena);
    ARENA_SCRATCH(again);
    assert_non_null(third.arena);
    assert_ptr_not_equal(first.arena, second.arena);
    assert_ptr_not_equal(first.arena, third.arena);
    assert_ptr_not_equal(second.arena, third.arena);
    assert_ptr_equal(first.arena, again.arena);
}

static void a_scope_may_end_before_its_block(void **state)
{
    (void)state;
    ended = 0;
    {
        ARENA_SCRATCH(scratch);
        assert_true(arena_defer(scratch.arena, count_call, &ended));
        arena_scratch_end_at(&scratch);
        assert_int_equal(ended, 1);
        assert_null(scratch.arena);
    }
    ArenaScratch after = begin(NULL, 0);
    assert_int_equal(after.depth, 1);
    arena_scratch_end(after);
}

#endif

// ----- What is kept -----

static void memory_is_kept_for_the_next_scope(void **state)
{
    (void)state;
    ArenaScratch scratch = begin(NULL, 0);
    while (arena_stats(scratch.arena).blocks < 3)
        new_object(scratch.arena, scratch.arena->block_size / 4, 1);
    size_t reserved = arena_stats(scratch.arena).reserved;
    arena_scratch_end(scratch);
    scratch = begin(NULL, 0);
    assert_int_equal(arena_stats(scratch.arena).reserved, reserved);
    arena_scratch_end(scratch);
}

// In objects that are none of them large, and in one that is.
static void no_more_is_kept_than_the_bound(void **state)
{
    (void)state;
    ArenaScratch scratch = begin(NULL, 0);
    while (arena_stats(scratch.arena).reserved < 6 * KEPT)
        new_object(scratch.arena, scratch.arena->block_size / 16, 1);
    ArenaScratch inner = begin(NULL, 0);
    new_object(inner.arena, 3 * KEPT, 2);
    arena_scratch_end(inner);
    assert_true(arena_stats(scratch.arena).reserved >= 6 * KEPT);
    arena_scratch_end(scratch);

    scratch = begin(NULL, 0);
    assert_valid(scratch.arena);
    assert_true(arena_stats(scratch.arena).reserved <= KEPT);
    arena_scratch_end(scratch);
}

// The checker has an arena go on behind what was taken back, here in a block that is larger than that.
static void no_more_is_kept_where_an_arena_is_checked(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < 4 * KEPT)
        skip();
    arena_scratch_trim();
    ArenaScratch scratch = begin(NULL, 0);
    assert_true(arena_watch(scratch.arena, arena_checker()));
    for (int i = 0; i < 3; i++) {
        while (scratch.arena->current->size < 2 * KEPT)
            new_object(scratch.arena, scratch.arena->block_size / 16, 1);
        grow_blocks(scratch.arena, 1);
        arena_scratch_end(scratch);
        assert_null(scratch.arena->current->next);
        scratch = begin(NULL, 0);
        assert_valid(scratch.arena);
    }
    arena_scratch_end(scratch);
    arena_scratch_trim();
}

// So where that block has all that may be kept, and a spare one behind it.
static void a_spare_is_not_kept_behind_a_block_that_is_large_enough(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < 4 * KEPT)
        skip();
    arena_scratch_trim();
    ArenaScratch scratch = begin(NULL, 0);
    while (scratch.arena->current->size < 2 * KEPT)
        new_object(scratch.arena, scratch.arena->block_size / 16, 1);
    ArenaMark mark = arena_mark(scratch.arena);
    grow_blocks(scratch.arena, 1);
    arena_rewind(scratch.arena, mark);
    assert_non_null(scratch.arena->current->next);
    assert_true(arena_watch(scratch.arena, arena_checker()));
    arena_scratch_end(scratch);
    scratch = begin(NULL, 0);
    assert_true(scratch.arena->current->size >= 2 * KEPT);
    assert_null(scratch.arena->current->next);
    assert_valid(scratch.arena);
    arena_scratch_end(scratch);
    arena_scratch_trim();
}

// Notes the end of an arena in which no scope is open: who would do so in a program has gone wrong.
static void note_end_of(Arena *arena, size_t *ends)
{
    assert_true(arena_defer(arena, count_call, ends));
}

static void a_trim_gives_back_what_is_not_in_use(void **state)
{
    (void)state;
    size_t ends = 0;
    arena_scratch_trim();
    ArenaScratch used = begin(NULL, 0);
    ArenaScratch first = begin(&used.arena, 1);
    ArenaScratch last = begin((Arena *const[]){used.arena, first.arena}, 2);
    unsigned char *object = new_object(used.arena, 1000, 1);
    arena_scratch_end(last);
    arena_scratch_end(first);
    note_end_of(first.arena, &ends);
    note_end_of(last.arena, &ends);
    arena_scratch_trim();
    assert_int_equal(ends, 2);
    assert_filled(object, 1000, 1);
    arena_scratch_end(used);
    note_end_of(used.arena, &ends);
    arena_scratch_trim();
    assert_int_equal(ends, 3);
}

// ----- Threads -----

static void *use_another(void *context)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    bool good = scratch.arena && scratch.arena != *(Arena **)context && scratch.depth == 1;
    unsigned char *object = good ? hide_pointer(arena_alloc(scratch.arena, 1000)) : NULL;
    if (object)
        fill_bytes(object, 1000, 9);
    arena_scratch_end(scratch);
    return object ? context : NULL;
}

static void each_thread_has_arenas_of_its_own(void **state)
{
    (void)state;
    ArenaScratch scratch = begin(NULL, 0);
    unsigned char *object = new_object(scratch.arena, 1000, 1);
    for (size_t i = 0; i < 10; i++)
        run_in_thread(use_another, &scratch.arena);
    assert_filled(object, 1000, 1);
    arena_scratch_end(scratch);
}

// Of three arenas the second one has an open scope when the thread ends, and the first one two.
static void *leave_scopes_open(void *context)
{
    ArenaScratch first = arena_scratch_begin(NULL, 0);
    ArenaScratch second = arena_scratch_begin(&first.arena, 1);
    ArenaScratch last = arena_scratch_begin((Arena *const[]){first.arena, second.arena}, 2);
    if (!first.arena || !second.arena || !last.arena || !arena_scratch_begin(NULL, 0).arena)
        return NULL;
    arena_scratch_end(last);
    bool noted = arena_defer(first.arena, count_call, context) &&
                 arena_defer(second.arena, count_call, context) &&
                 arena_defer(last.arena, count_call, context);
    return noted ? context : NULL;
}

static void a_thread_that_ends_gives_all_back(void **state)
{
    (void)state;
    size_t ends = 0;
    for (size_t i = 0; i < 5; i++)
        run_in_thread(leave_scopes_open, &ends);
    assert_int_equal(ends, 15);
}

static pthread_key_t late_key;

// Is called when the library was told already that the thread has ended, or before.
static void end_late(void *context)
{
    use_scratch(context);
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    if (scratch.arena && arena_defer(scratch.arena, count_call, context))
        return;
    *(size_t *)context = SIZE_MAX;
}

static void *end_with_late_use(void *context)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    arena_scratch_end(scratch);
    return pthread_setspecific(late_key, context) == 0 ? context : NULL;
}

static void what_ends_later_than_the_arenas_may_use_them(void **state)
{
    (void)state;
    size_t calls = 0;
    arena_scratch_end(begin(NULL, 0));
    assert_int_equal(pthread_key_create(&late_key, end_late), 0);
    run_in_thread(end_with_late_use, &calls);
    assert_int_equal(calls, 2);
    assert_int_equal(pthread_key_delete(late_key), 0);
}

// ----- Processes -----

static ArenaScratch of_parent;

static bool use_in_child(void)
{
    size_t calls = 0;
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    if (scratch.arena != of_parent.arena || scratch.depth != 2 ||
        !hide_pointer(arena_alloc(scratch.arena, 100000)))
        return false;
    arena_scratch_end(scratch);
    arena_scratch_end(of_parent);
    use_scratch(&calls);

    pthread_t thread;
    return pthread_create(&thread, NULL, leave_scopes_open, &calls) == 0 &&
           pthread_join(thread, NULL) == 0 && calls == 4;
}

static void a_forked_child_goes_on(void **state)
{
    (void)state;
    of_parent = begin(NULL, 0);
    new_object(of_parent.arena, 1000, 1);
    assert_true(child_succeeds(use_in_child));
    assert_valid(of_parent.arena);
    arena_scratch_end(of_parent);
}

static void note_string(void *context)
{
    const char **seen = context;
    seen[1] = seen[0] ? seen[0] : "gone";
}

static void forget_string(void *context)
{
    const char **seen = context;
    seen[0] = NULL;
}

// Outer scopes hold what deferred calls of inner ones use.
static void scopes_that_were_left_end_with_the_youngest(void **state)
{
    (void)state;
    const char *seen[] = {"there", NULL};
    ArenaScratch first = begin(NULL, 0);
    ArenaScratch second = begin(&first.arena, 1);
    assert_true(arena_defer(second.arena, forget_string, seen));
    Arena *const both[] = {first.arena, second.arena};
    ArenaScratch third = begin(both, 2);
    assert_true(arena_defer(third.arena, note_string, seen));
    arena_scratch_end(first); // the others were left by longjmp, as far as it knows
    assert_string_equal(seen[1], "there");
    assert_null(seen[0]);
}

// The arena that comes first may have been left last.
static void scopes_that_were_left_end_in_the_order_of_their_age(void **state)
{
    (void)state;
    const char *seen[] = {"there", NULL};
    ArenaScratch first = begin(NULL, 0);
    ArenaScratch second = begin(&first.arena, 1);
    Arena *const both[] = {first.arena, second.arena};
    arena_scratch_end(second);
    arena_scratch_end(first);

    ArenaScratch outer = begin(both, 2);
    second = begin(both, 1);
    assert_ptr_equal(second.arena, both[1]);
    assert_true(arena_defer(second.arena, forget_string, seen));
    first = begin(NULL, 0);
    assert_ptr_equal(first.arena, both[0]);
    assert_true(arena_defer(first.arena, note_string, seen));
    arena_scratch_end(outer); // the others were left by longjmp, as far as it knows
    assert_string_equal(seen[1], "there");
    assert_null(seen[0]);
}

static void *leave_scopes(void *context)
{
    ArenaScratch first = begin(NULL, 0);
    assert_true(arena_defer(first.arena, forget_string, context));
    ArenaScratch second = begin(&first.arena, 1);
    assert_true(arena_defer(second.arena, note_string, context));
    return context;
}

static void scopes_that_a_thread_leaves_end_with_the_youngest(void **state)
{
    (void)state;
    const char *seen[] = {"there", NULL};
    run_in_thread(leave_scopes, seen);
    assert_string_equal(seen[1], "there");
    assert_null(seen[0]);
}

static void an_arena_whose_inner_scope_has_ended_is_in_use(void **state)
{
    (void)state;
    ArenaScratch outer = begin(NULL, 0);
    unsigned char *object = new_object(outer.arena, 1000, 1);
    ArenaScratch inner = begin(NULL, 0);
    assert_ptr_equal(inner.arena, outer.arena);
    arena_scratch_end(inner);
    arena_scratch_trim();
    ArenaScratch again = begin(NULL, 0);
    assert_ptr_equal(again.arena, outer.arena);
    assert_filled(object, 1000, 1);
    arena_scratch_end(again);
    arena_scratch_end(outer);
}

static void an_older_scope_is_not_ended_with_those_that_were_left(void **state)
{
    (void)state;
    ArenaScratch oldest = begin(NULL, 0);
    unsigned char *object = new_object(oldest.arena, 1000, 1);
    size_t used = arena_stats(oldest.arena).used;
    ArenaScratch other = begin(&oldest.arena, 1);
    ArenaScratch left = begin(&other.arena, 1);
    assert_ptr_equal(left.arena, oldest.arena);
    new_object(left.arena, 1000, 2);
    arena_scratch_end(other);
    assert_true(arena_stats(oldest.arena).used >= used);
    assert_true(arena_owns(oldest.arena, object));
    assert_filled(object, 1000, 1);
    arena_scratch_end(oldest);
}

// Fills an arena with blocks of which none is a huge page.
static void fill_with_small_blocks(Arena *arena)
{
    arena_set_limit(arena, ARENA_TUNE_MAPPED - 1);
    while (hide_pointer(arena_alloc(arena, 4096)))
        continue;
    arena_set_limit(arena, 0);
    assert_true(arena_stats(arena).reserved > KEPT);
}

static void much_is_kept_and_no_more_than_the_bound(void **state)
{
    (void)state;
    if (ARENA_TUNE_MAPPED <= KEPT)
        skip();
    arena_scratch_trim();
    ArenaScratch scope = begin(NULL, 0);
    fill_with_small_blocks(scope.arena);
    arena_scratch_end(scope);
    scope = begin(NULL, 0);
    size_t reserved = arena_stats(scope.arena).reserved;
    assert_true(reserved > KEPT / 5 * 2 && reserved <= KEPT);
    arena_scratch_end(scope);

    // So of one whose scope was left.
    scope = begin(NULL, 0);
    ArenaScratch left = begin(&scope.arena, 1);
    fill_with_small_blocks(left.arena);
    arena_scratch_end(scope);
    scope = begin(NULL, 0);
    left = begin(&scope.arena, 1);
    assert_true(arena_stats(left.arena).reserved <= KEPT);
    arena_scratch_end(left);
    arena_scratch_end(scope);
    arena_scratch_trim();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_takes_back_what_was_allocated_since),
        cmocka_unit_test(a_scope_says_how_deep_it_is),
        cmocka_unit_test(the_end_of_every_scope_undoes),
        cmocka_unit_test(what_was_adopted_dies_with_the_outermost_scope),
        cmocka_unit_test(a_deferred_call_may_begin_scopes),
        cmocka_unit_test(scopes_that_were_jumped_over_end_with_the_one_around),
        cmocka_unit_test(scopes_that_were_jumped_over_end_in_other_arenas_too),
        cmocka_unit_test(scopes_that_were_jumped_over_end_in_other_arenas_too),
        cmocka_unit_test(the_end_of_a_scope_without_an_arena_is_nothing),
        cmocka_unit_test(a_callee_that_names_its_results_as_a_conflict_does_not_lose_them),
        cmocka_unit_test(a_callee_that_does_not_loses_them),
        cmocka_unit_test(there_is_an_arena_beside_any_number_of_conflicts),
        cmocka_unit_test(conflicts_may_be_anything),
        cmocka_unit_test(an_arena_without_conflict_is_not_made_twice),
#if ARENA_HAS_CLEANUP
        cmocka_unit_test(a_scope_ends_with_its_block),
        cmocka_unit_test(a_scope_names_its_conflicts),
        cmocka_unit_test(a_scope_may_end_before_its_block),
#endif
        cmocka_unit_test(memory_is_kept_for_the_next_scope),
        cmocka_unit_test(no_more_is_kept_than_the_bound),
        cmocka_unit_test(no_more_is_kept_where_an_arena_is_checked),
        cmocka_unit_test(a_spare_is_not_kept_behind_a_block_that_is_large_enough),
        cmocka_unit_test(a_trim_gives_back_what_is_not_in_use),
        cmocka_unit_test(each_thread_has_arenas_of_its_own),
        cmocka_unit_test(a_thread_that_ends_gives_all_back),
        cmocka_unit_test(what_ends_later_than_the_arenas_may_use_them),
        cmocka_unit_test(a_forked_child_goes_on),
        cmocka_unit_test(scopes_that_were_left_end_with_the_youngest),
        cmocka_unit_test(scopes_that_were_left_end_in_the_order_of_their_age),
        cmocka_unit_test(scopes_that_a_thread_leaves_end_with_the_youngest),
        cmocka_unit_test(an_arena_whose_inner_scope_has_ended_is_in_use),
        cmocka_unit_test(an_older_scope_is_not_ended_with_those_that_were_left),
        cmocka_unit_test(much_is_kept_and_no_more_than_the_bound),
    };
    return cmocka_run_group_tests_name("scratch", tests, NULL, NULL);
}
