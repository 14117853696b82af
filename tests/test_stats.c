// What an arena says of itself: figures, ownership, limits, and that damage is noticed.

#include "support/check.h"

static void used_is_the_sum_of_what_was_handed_out(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    size_t sum = 0;
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * 13 % 150;
        assert_non_null(hide_pointer(arena_new(arena, size, 8)));
        sum += round_up_to(size, ARENA_GRANULE);
        assert_int_equal(arena_stats(arena).used, sum);
    }
    size_t size = large_size(arena);
    new_object(arena, size, 1);
    assert_int_equal(arena_stats(arena).used, sum + round_up_to(size, ARENA_GRANULE));
    arena_destroy(arena);
}

static void peak_is_the_highest_use(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    size_t highest = 0;
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 100; i++) {
        new_object(arena, i * 37 % 1000, 1);
        size_t used = arena_stats(arena).used;
        highest = used > highest ? used : highest;
        assert_int_equal(arena_stats(arena).peak, highest);
        if (i % 3 == 0)
            arena_rewind(arena, mark);
        if (i % 11 == 0) {
            arena_reset(arena);
            mark = arena_mark(arena);
        }
        assert_int_equal(arena_stats(arena).peak, highest);
    }
    arena_destroy(arena);
}

static void peak_counts_large_objects_and_shrunk_ones(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    ArenaMark mark = arena_mark(arena);
    new_object(arena, 20000, 1);
    size_t highest = arena_stats(arena).used;
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).peak, highest);
    arena_destroy(arena);

    arena = new_arena(2000);
    unsigned char *object = new_object(arena, 1600, 1);
    object = arena_realloc(arena, object, 1600, 8);
    assert_non_null(object);
    assert_int_equal(arena_stats(arena).used, 8);
    assert_int_equal(arena_stats(arena).peak, 1600);
    arena_destroy(arena);
}

static void reserved_is_what_the_source_gave(void **state)
{
    (void)state;
    TestSource source = {.generous = 40, .extension = 500};
    Arena *arena = new_arena_on(&source, 300);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < 300; i++) {
        new_object(arena, i * 71 % 3000, 1);
        assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
        assert_int_equal(arena_stats(arena).blocks, source.live_pieces);
        if (i % 50 == 49)
            arena_rewind(arena, mark);
        if (i % 70 == 69)
            arena_trim(arena, 1000);
        assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
        assert_int_equal(arena_stats(arena).blocks, source.live_pieces);
        assert_valid(arena);
    }
    arena_destroy(arena);
    assert_clean(&source);
}

static void wasted_is_what_was_left_behind(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    assert_int_equal(arena_stats(arena).wasted, 0);
    leave_room(arena, 24);
    assert_int_equal(arena_stats(arena).wasted, 0);
    assert_non_null(hide_pointer(arena_new(arena, 32, 8)));
    assert_int_equal(arena_stats(arena).wasted, 24);
    leave_room(arena, 8);
    assert_non_null(hide_pointer(arena_new(arena, 16, 8)));
    assert_int_equal(arena_stats(arena).wasted, 32);
    arena_destroy(arena);
}

static void failures_are_counted_once_each(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    leave_room(arena, 0);
    source.refuse = true;
    size_t count = 0;
    arena_mark(arena);
    assert_null(arena_alloc(arena, 100));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_calloc(arena, 100));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_new(arena, 100, 8));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_new0(arena, 100, 8));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_alloc_aligned(arena, 100, 64));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_alloc_aligned(arena, 100, hide_size(7)));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_realloc(arena, NULL, 0, 100));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_strdup(arena, "a string"));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_null(arena_asprintf(arena, "a string of %d", 20));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_false(arena_defer(arena, free, NULL));
    assert_int_equal(arena_stats(arena).failures, ++count);
    assert_false(arena_remember(arena, &count, sizeof count));
    assert_int_equal(arena_stats(arena).failures, ++count);
    arena_destroy(arena);
    assert_clean(&source);
}

// -------------------------------------------------------------------------------------------------
// Ownership
// -------------------------------------------------------------------------------------------------

static void every_byte_handed_out_is_owned(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t i = 0; i < 100; i++) {
        size_t size = 1 + i * 17 % 400;
        unsigned char *object = new_object(arena, size, 1);
        for (size_t j = 0; j < size; j++)
            assert_true(arena_owns(arena, object + j));
    }
    size_t size = large_size(arena);
    unsigned char *large = new_object(arena, size, 1);
    assert_true(arena_owns(arena, large));
    assert_true(arena_owns(arena, large + size - 1));
    assert_false(arena_owns(arena, large + round_up_to(size, MALLOC_ALIGN)));
    assert_false(arena_owns(arena, large - 1));
    arena_destroy(arena);
}

static void nothing_else_is_owned(void **state)
{
    (void)state;
    static int global;
    Arena *arena = new_arena(300), *other = new_arena(300);
    unsigned char *object = new_object(arena, 104, 1);
    assert_false(arena_owns(arena, NULL));
    assert_false(arena_owns(arena, &global));
    assert_false(arena_owns(arena, &arena));
    assert_false(arena_owns(arena, arena));
    assert_false(arena_owns(arena, object - 1));
    assert_false(arena_owns(arena, object + 104));
    assert_false(arena_owns(other, object));
    assert_false(arena_owns(arena, (void *)UINTPTR_MAX));
    arena_destroy(arena);
    arena_destroy(other);
}

static void what_was_taken_back_is_not_owned(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    unsigned char *older = new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    unsigned char *newer = new_object(arena, 100, 2);
    grow_blocks(arena, 2);
    unsigned char *far = new_object(arena, 16, 3);
    arena_rewind(arena, mark);
    assert_true(arena_owns(arena, older + 99));
    assert_false(arena_owns(arena, newer));
    assert_false(arena_owns(arena, far));
    arena_reset(arena);
    assert_false(arena_owns(arena, older));
    arena_destroy(arena);
}

static void the_end_of_a_block_that_was_left_is_not_owned(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    leave_room(arena, 32);
    unsigned char *end = arena->cursor;
    new_object(arena, 64, 1);
    assert_true(arena_owns(arena, end - 1));
    assert_false(arena_owns(arena, end));
    assert_false(arena_owns(arena, end + 31));
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Limits
// -------------------------------------------------------------------------------------------------

static void the_limit_is_never_passed(void **state)
{
    (void)state;
    for (size_t limit = 2000; limit < 60000; limit = limit * 5 / 4) {
        for (size_t extension = 0; extension < 2000; extension += 900) {
            TestSource source = {.extension = extension};
            Arena *arena = arena_create_with(
                &(ArenaOptions){.capacity = 100, .limit = limit, .source = test_source(&source)});
            assert_non_null(arena);
            for (size_t i = 0; i < 3000; i++) {
                void *object = hide_pointer(arena_alloc(arena, i * 7 % 100));
                assert_true(source.live_bytes <= limit);
                if (!object)
                    break;
            }
            assert_true(arena_stats(arena).failures == 1);
            assert_true(source.live_bytes > limit - 300);
            assert_valid(arena);
            arena_destroy(arena);
            assert_clean(&source);
        }
    }
}

static void a_block_is_asked_for_what_the_limit_leaves(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 10000);
    size_t left = arena->block_size / 2;
    arena_set_limit(arena, source.live_bytes + left);
    leave_room(arena, 0);
    new_object(arena, 16, 1);
    assert_int_equal(source.last_asked, left);
    assert_int_equal(source.calls, 2);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_lifted_limit_bounds_nothing(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 100, .limit = 3000});
    assert_non_null(arena);
    errno = 0;
    assert_null(arena_alloc(arena, 3000));
    assert_int_equal(errno, ENOMEM);
    arena_set_limit(arena, 0);
    new_object(arena, 300000, 1);
    arena_destroy(arena);
}

static void a_limit_below_what_is_held_takes_nothing_away(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1000);
    unsigned char *object = new_object(arena, 500, 1);
    arena_set_limit(arena, 1);
    new_object(arena, 400, 2);
    assert_filled(object, 500, 1);
    Snapshot before = take_snapshot(arena);
    assert_null(arena_alloc(arena, 400));
    check_unchanged(arena, &before, 1);
    assert_int_equal(source.calls, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void spares_serve_whatever_the_limit(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    grow_blocks(arena, 3);
    arena_reset(arena);
    arena_set_limit(arena, 1);
    while (arena->current->next)
        assert_non_null(hide_pointer(arena_alloc(arena, 32)));
    assert_int_equal(arena_stats(arena).failures, 0);
    arena_destroy(arena);
}

static void a_limit_bounds_large_objects_and_their_growth(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 100, .limit = 200000});
    assert_non_null(arena);
    size_t size = large_size(arena);
    unsigned char *object = new_object(arena, size, 1);
    for (;;) {
        unsigned char *grown = arena_realloc(arena, object, size, size + size / 2);
        assert_true(arena_stats(arena).reserved <= 200000);
        if (!grown)
            break;
        object = grown;
        size += size / 2;
        fill_bytes(object, size, 1);
    }
    assert_filled(object, size, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Damage
// -------------------------------------------------------------------------------------------------

// The damage is seen, and gone when it is repaired.
#define assert_notices(arena, field, value)  \
    do {                                     \
        __typeof__(field) intact = (field);  \
        (field) = (value);                   \
        assert_false(arena_is_valid(arena)); \
        (field) = intact;                    \
        assert_valid(arena);                 \
    } while (0)

static void note_nothing(void *context)
{
    (void)context;
}

// An arena with everything: blocks before and after the current one, marks, a journal, large
// objects, adopted arenas.
static Arena *rich_arena(void)
{
    Arena *arena = new_arena(300);
    grow_blocks(arena, 4);
    arena_reset(arena);
    new_object(arena, 300, 1);
    new_object(arena, large_size(arena), 1);
    assert_true(arena_defer(arena, note_nothing, NULL));
    while (arena->current == arena->blocks)
        new_object(arena, 24, 1);
    arena_mark(arena);
    new_object(arena, large_size(arena), 1);
    assert_true(arena_defer(arena, note_nothing, NULL));
    new_object(arena, 24, 1);
    for (size_t i = 0; i < 2; i++) {
        Arena *from = new_arena(100);
        new_object(from, 50, 1);
        assert_true(arena_adopt(arena, from));
    }
    assert_non_null(arena->current->next);
    assert_valid(arena);
    return arena;
}

static void damage_to_the_window_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    ArenaBlock *block = arena->current;
    assert_notices(arena, arena->cursor, arena->cursor + 1);
    assert_notices(arena, arena->cursor, block->data - 8);
    assert_notices(arena, arena->cursor, arena->end + 8);
    assert_notices(arena, arena->cursor, arena->floor - 8);
    assert_notices(arena, arena->end, block->data + block->capacity + 8);
    assert_notices(arena, arena->end, arena->end + 4);
    assert_notices(arena, arena->end, arena->cursor - 8);
    assert_notices(arena, arena->floor, arena->cursor + 8);
    assert_notices(arena, arena->floor, block->data - 8);
    assert_notices(arena, arena->floor, arena->floor + 2);
    assert_notices(arena, arena->dirty, arena->dirty + 8);
    assert_notices(arena, arena->dirty, NULL);
    assert_notices(arena, arena->epoch, 0);
    assert_notices(arena, arena->epoch, arena->epoch + 1);
    arena_destroy(arena);
}

static void damage_to_the_chain_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    ArenaBlock *first = arena->blocks, *current = arena->current;
    assert_notices(arena, arena->current, arena->large);
    assert_notices(arena, arena->blocks, first->next);
    assert_notices(arena, first->next, first->next->next);
    assert_notices(arena, current->next, NULL);
    assert_notices(arena, current->next, current->next->next);
    assert_notices(arena, current->used_before, current->used_before + 8);
    assert_notices(arena, current->wasted_before, current->wasted_before + 8);
    assert_notices(arena, first->used_before, 8);
    assert_notices(arena, first->used, first->used - 8);
    assert_notices(arena, first->used, first->capacity + 8);
    assert_notices(arena, first->capacity, first->capacity + 1);
    assert_notices(arena, first->capacity, first->size);
    assert_notices(arena, first->capacity, first->capacity + MALLOC_ALIGN);
    assert_notices(arena, first->capacity, round_up_to(first->size, MALLOC_ALIGN) + MALLOC_ALIGN);
    assert_notices(arena, current->dirty, current->capacity + 8);
    assert_notices(arena, current->size, current->size + 8);
    arena_destroy(arena);

    Arena *plain = new_arena(300);
    new_object(plain, large_size(plain), 1);
    assert_notices(plain, plain->current, plain->large);
    arena_destroy(plain);
}

static void damage_to_the_sums_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    assert_notices(arena, arena->chain_size, arena->chain_size + 1);
    assert_notices(arena, arena->large_size, arena->large_size - 1);
    assert_notices(arena, arena->large_used, arena->large_used + 8);
    assert_notices(arena, arena->large_capacity, arena->large_capacity + 8);
    assert_notices(arena, arena->block_count, arena->block_count + 1);
    arena_destroy(arena);
}

static void damage_to_the_lists_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    assert_notices(arena, arena->large, NULL);
    assert_notices(arena, arena->large, arena->large->next);
    assert_notices(arena, arena->large_floor, arena->blocks);
    assert_notices(arena, arena->large->used, arena->large->capacity + 8);
    assert_notices(arena, arena->large->dirty, arena->large->capacity + 8);
    assert_notices(arena, arena->journal_floor, (ArenaUndo *)arena);
    assert_notices(arena, arena->journal, NULL);
    assert_notices(arena, arena->adopted_last, arena);
    assert_notices(arena, arena->adopted_last, arena->adopted);
    assert_notices(arena, arena->adopted->adopted, NULL);
    arena_destroy(arena);
}

// Not even where one byte more would complete a granule.
static void a_limit_that_is_reached_bounds_extensions(void **state)
{
    (void)state;
    for (size_t capacity = 1000; capacity < 1016; capacity++) {
        TestSource source = {.extension = 1000};
        Arena *arena = new_arena_on(&source, capacity);
        leave_room(arena, 0);
        size_t reserved = arena_stats(arena).reserved;
        arena_set_limit(arena, reserved);
        assert_null(hide_pointer(arena_new(arena, 8, 8)));
        arena_set_limit(arena, reserved - 1);
        assert_null(hide_pointer(arena_new(arena, 8, 8)));
        assert_int_equal(arena_stats(arena).reserved, reserved);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void a_block_is_extended_to_the_limit(void **state)
{
    (void)state;
    for (size_t capacity = 1000; capacity < 1016; capacity++) {
        TestSource source = {.extension = 1000};
        Arena *arena = new_arena_on(&source, capacity);
        leave_room(arena, 0);
        const ArenaBlock *block = arena->blocks;
        uintptr_t needed = (uintptr_t)block->data + block->capacity + MALLOC_ALIGN;
        size_t limit = (size_t)(needed - (uintptr_t)block->memory);
        arena_set_limit(arena, limit);
        new_object(arena, MALLOC_ALIGN, 1);
        assert_int_equal(arena_stats(arena).reserved, limit);
        assert_int_equal(source.acquisitions, 1);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

// Where two figures are wrong, the second one must not make up for the first.
#define assert_notices_both(arena, field, value, other, other_value) \
    do {                                                             \
        size_t intact_other = (other);                               \
        size_t damaged_other = (other_value);                        \
        size_t intact_field = (field);                               \
        (field) = (value);                                           \
        (other) = damaged_other;                                     \
        assert_false(arena_is_valid(arena));                         \
        (field) = intact_field;                                      \
        (other) = intact_other;                                      \
        assert_valid(arena);                                         \
    } while (0)

static void damage_to_a_spare_block_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    ArenaBlock *spare = arena->current->next;
    assert_notices_both(arena, spare->capacity, spare->capacity - ARENA_GRANULE, spare->dirty, 0);
    assert_notices(arena, spare->capacity, spare->capacity + 2 * MALLOC_ALIGN);
    assert_notices(arena, spare->capacity, SIZE_MAX - (MALLOC_ALIGN - 1));
    assert_notices(arena, spare->dirty, spare->capacity + ARENA_GRANULE);

    // What was used of it, when it was, says nothing.
    spare->used = SIZE_MAX;
    assert_valid(arena);
    arena_destroy(arena);
}

static void damage_that_is_counted_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    ArenaBlock *last = arena->current;
    while (last->next)
        last = last->next;
    assert_notices_both(arena, last->dirty, last->capacity + 8, arena->block_count,
                        arena->block_count - 1);

    // All after the first block, and the large ones, are not counted, or only the former.
    ArenaBlock *first = arena->blocks, *current = arena->current;
    size_t chain = blocks_in_chain(arena);
    assert_ptr_equal(first->next, current);
    assert_notices_both(arena, current->used_before, 8, arena->block_count,
                        arena->block_count - chain + 1);
    size_t over = first->capacity + 8;
    assert_notices_both(arena, first->used, over, arena->block_count, arena->block_count - chain);

    ArenaBlock *large = arena->large;
    over = large->capacity + 8;
    assert_notices_both(arena, large->used, over, arena->large_used,
                        arena->large_used + over - large->used);
    while (large->next)
        large = large->next;
    assert_notices_both(arena, large->dirty, large->capacity + 8, arena->block_count,
                        arena->block_count - 1);
    arena_destroy(arena);
}

static void a_block_that_holds_more_than_it_can_is_noticed(void **state)
{
    (void)state;
    Arena *arena = rich_arena();
    ArenaBlock *first = arena->blocks, *current = arena->current;
    ArenaBlock intact_first, intact_current;
    intact_first = *first;
    intact_current = *current;
    first->used = first->capacity + 8;
    current->used_before = first->used;
    current->wasted_before = first->capacity - first->used;
    assert_false(arena_is_valid(arena));
    first->used = intact_first.used;
    current->used_before = intact_current.used_before;
    current->wasted_before = intact_current.wasted_before;
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_window_in_another_arena_is_noticed(void **state)
{
    (void)state;
    Arena *arena = new_arena(100), *other = new_arena(100);
    Arena intact = *arena;
    arena->current = other->current;
    arena->cursor = other->cursor;
    arena->end = other->end;
    arena->floor = other->floor;
    arena->dirty = other->dirty;
    assert_false(arena_is_valid(arena));
    *arena = intact;
    assert_valid(arena);
    arena_destroy(other);
    arena_destroy(arena);
}

static void a_limit_may_be_used_up(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1000);
    size_t size = large_size(arena);
    new_object(arena, size, 1);
    size_t needed = source.last_asked;
    arena_reset(arena);
    arena_set_limit(arena, arena_stats(arena).reserved + needed - 1);
    assert_null(hide_pointer(arena_alloc(arena, size)));
    arena_set_limit(arena, arena_stats(arena).reserved + needed);
    new_object(arena, size, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_limit_may_be_used_up_by_growth(void **state)
{
    (void)state;
    for (size_t less = 0; less <= 1; less++) {
        Arena *arena = new_arena(0);
        size_t size = round_up_to(large_size(arena), ARENA_GRANULE);
        unsigned char *object = new_object(arena, size, 1);
        new_object(arena, 8, 2);
        size_t blocks = arena->block_count;
        arena_set_limit(arena, arena_stats(arena).reserved + size - less);
        object = hide_pointer(arena_realloc(arena, object, size, 2 * size));
        assert_true((object != NULL) == (less == 0));
        assert_int_equal(arena->block_count, blocks);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(used_is_the_sum_of_what_was_handed_out),
        cmocka_unit_test(peak_is_the_highest_use),
        cmocka_unit_test(peak_counts_large_objects_and_shrunk_ones),
        cmocka_unit_test(reserved_is_what_the_source_gave),
        cmocka_unit_test(wasted_is_what_was_left_behind),
        cmocka_unit_test(failures_are_counted_once_each),
        cmocka_unit_test(every_byte_handed_out_is_owned),
        cmocka_unit_test(nothing_else_is_owned),
        cmocka_unit_test(what_was_taken_back_is_not_owned),
        cmocka_unit_test(the_end_of_a_block_that_was_left_is_not_owned),
        cmocka_unit_test(the_limit_is_never_passed),
        cmocka_unit_test(a_block_is_asked_for_what_the_limit_leaves),
        cmocka_unit_test(a_lifted_limit_bounds_nothing),
        cmocka_unit_test(a_limit_below_what_is_held_takes_nothing_away),
        cmocka_unit_test(spares_serve_whatever_the_limit),
        cmocka_unit_test(a_limit_bounds_large_objects_and_their_growth),
        cmocka_unit_test(damage_to_the_window_is_noticed),
        cmocka_unit_test(damage_to_the_chain_is_noticed),
        cmocka_unit_test(damage_to_the_sums_is_noticed),
        cmocka_unit_test(damage_to_the_lists_is_noticed),
        cmocka_unit_test(a_limit_that_is_reached_bounds_extensions),
        cmocka_unit_test(a_block_is_extended_to_the_limit),
        cmocka_unit_test(damage_to_a_spare_block_is_noticed),
        cmocka_unit_test(damage_that_is_counted_is_noticed),
        cmocka_unit_test(a_block_that_holds_more_than_it_can_is_noticed),
        cmocka_unit_test(a_window_in_another_arena_is_noticed),
        cmocka_unit_test(a_limit_may_be_used_up),
        cmocka_unit_test(a_limit_may_be_used_up_by_growth),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
