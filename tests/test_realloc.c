// Reallocation: what stays where it is, what moves, and which bytes are copied.

#include "support/check.h"

static void nothing_is_reallocated_by_allocating(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = arena_realloc(arena, NULL, 0, 100);
    assert_non_null(object);
    assert_aligned(object, MALLOC_ALIGN);
    assert_int_equal(arena_stats(arena).used, 104);
    assert_ptr_equal(hide_pointer(arena_new(arena, 8, 8)), object + 104);
    arena_destroy(arena);
}

static void the_newest_object_grows_in_place_while_there_is_room(void **state)
{
    (void)state;
    Arena *arena = new_arena(4096);
    unsigned char *object = new_object(arena, 1, 1);
    size_t room = room_in(arena) + ARENA_GRANULE;
    for (size_t size = 1; size < room; size += 13) {
        fill_bytes(object, size, 1);
        assert_ptr_equal(arena_realloc(arena, object, size, size + 13), object);
        assert_filled(object, size, 1);
        assert_int_equal(arena_stats(arena).used, round_up_to(size + 13, ARENA_GRANULE));
        assert_valid(arena);
        if (size + 26 > room)
            break;
    }
    assert_int_equal(arena_stats(arena).blocks, 1);
    arena_destroy(arena);
}

static void the_newest_object_grows_to_the_last_byte_of_its_block(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 24, 1);
    size_t most = 24 + room_in(arena);
    assert_ptr_equal(arena_realloc(arena, object, 24, most), object);
    assert_int_equal(room_in(arena), 0);
    unsigned char *moved = arena_realloc(arena, object, most, most + 1);
    assert_non_null(moved);
    assert_ptr_not_equal(moved, object);
    assert_filled(moved, 24, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void the_newest_object_shrinks_in_place_and_gives_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 500, 1);
    for (size_t size = 500; size > 0; size -= 20) {
        assert_ptr_equal(arena_realloc(arena, object, size, size - 20), object);
        assert_int_equal(arena_stats(arena).used, round_up_to(size - 20, ARENA_GRANULE));
        assert_filled(object, size - 20, 1);
        assert_valid(arena);
    }
    assert_int_equal(arena_stats(arena).peak, 504);
    assert_ptr_equal(hide_pointer(arena_new(arena, 8, 8)), object);
    arena_destroy(arena);
}

static void an_older_object_moves_when_it_grows(void **state)
{
    (void)state;
    Arena *arena = new_arena(4096);
    unsigned char *older = new_object(arena, 100, 1);
    unsigned char *newer = new_object(arena, 100, 2);
    unsigned char *moved = arena_realloc(arena, older, 100, 101);
    assert_true(moved >= newer + 100);
    assert_aligned(moved, MALLOC_ALIGN);
    assert_filled(moved, 100, 1);
    memset(moved, 0, 101);
    assert_filled(older, 100, 1);
    assert_filled(newer, 100, 2);
    arena_destroy(arena);
}

static void an_older_object_shrinks_in_place_and_gives_nothing_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(4096);
    unsigned char *older = new_object(arena, 100, 1);
    unsigned char *newer = new_object(arena, 100, 2);
    size_t used = arena_stats(arena).used;
    assert_ptr_equal(arena_realloc(arena, older, 100, 10), older);
    assert_int_equal(arena_stats(arena).used, used);
    unsigned char *newest = new_object(arena, 16, 3);
    assert_true(newest > newer);
    assert_filled(older, 100, 1);
    assert_filled(newer, 100, 2);
    arena_destroy(arena);
}

static void a_shrink_needs_no_memory(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 4096);
    unsigned char *older = new_object(arena, 100, 1);
    unsigned char *large = new_object(arena, large_size(arena), 2);
    size_t size = arena->large->used;
    unsigned char *newest = new_object(arena, 100, 3);
    source.refuse = true;
    leave_room(arena, 0);
    assert_ptr_equal(arena_realloc(arena, older, 100, 1), older);
    assert_ptr_equal(arena_realloc(arena, newest, 100, 50), newest);
    assert_ptr_equal(arena_realloc(arena, large, size, size / 2), large);
    assert_filled(large, size / 2, 2);
    assert_int_equal(arena_stats(arena).failures, 0);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

// The target is memory of a known colour, and what follows the source has another one.
static void a_move_copies_the_old_size_and_never_one_byte_more(void **state)
{
    (void)state;
    for (size_t size = 1; size < 80; size++) {
        Arena *arena = new_arena(4096);
        ArenaMark mark = arena_mark(arena);
        unsigned char *all = hide_pointer(arena_alloc(arena, 4000));
        memset(all, 0x5A, 4000);
        arena_rewind(arena, mark);

        unsigned char *older = hide_pointer(arena_alloc(arena, size));
        memset(older, 0x77, round_up_to(size, ARENA_GRANULE));
        unsigned char *newer = hide_pointer(arena_alloc(arena, 200));
        memset(newer, 0x77, 200);
        unsigned char *moved = hide_pointer(arena_realloc(arena, older, size, size + 200));
        assert_ptr_not_equal(moved, older);
        assert_all(moved, size, 0x77);
        assert_all(moved + size, 200, 0x5A);
        arena_destroy(arena);
    }
}

static void old_bytes_stay_as_they_were(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    unsigned char *objects[12];
    unsigned char *object = new_object(arena, 10, 0);
    for (uint32_t i = 0; i < COUNT_OF(objects); i++) {
        objects[i] = object;
        fill_bytes(object, 10 + i * 30, i);
        // Not the newest, and not younger than the mark, so that even a large one is copied.
        new_object(arena, 1, 99);
        arena_mark(arena);
        object = arena_realloc(arena, object, 10 + i * 30, 40 + i * 30);
        assert_non_null(object);
    }
    for (uint32_t i = 0; i < COUNT_OF(objects); i++)
        assert_filled(objects[i], 10 + i * 30, i);
    arena_destroy(arena);
}

static void a_shrink_never_passes_the_latest_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 200, 1);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    assert_ptr_equal(arena_realloc(arena, object, 200, 10), object);
    assert_int_equal(arena_stats(arena).used, used);
    unsigned char *newer = new_object(arena, 100, 2);
    assert_true(newer >= object + 200);
    assert_filled(object, 200, 1);
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).used, used);
    assert_filled(object, 200, 1);
    arena_destroy(arena);
}

static void a_growth_across_a_mark_shrinks_back_to_the_mark_only(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 96, 1);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_stats(arena).used;
    assert_ptr_equal(arena_realloc(arena, object, 96, 400), object);
    assert_ptr_equal(arena_realloc(arena, object, 400, 10), object);
    assert_int_equal(arena_stats(arena).used, used);
    assert_filled(object, 96, 1);
    assert_valid(arena);
    arena_rewind(arena, mark);
    assert_filled(object, 96, 1);
    arena_destroy(arena);
}

static void the_mark_that_was_rewound_to_is_the_latest(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 200, 1);
    ArenaMark mark = arena_mark(arena);
    new_object(arena, 50, 2);
    arena_mark(arena);
    arena_rewind(arena, mark);
    size_t used = arena_stats(arena).used;
    assert_ptr_equal(arena_realloc(arena, object, 200, 8), object);
    assert_int_equal(arena_stats(arena).used, used);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_growth_in_place_leaves_older_marks_good(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    unsigned char *object = new_object(arena, 100, 1);
    ArenaMark mark = arena_mark(arena);
    for (size_t size = 100; size < 3000; size += 100) {
        object = arena_realloc(arena, object, size, size + 100);
        assert_non_null(object);
        fill_bytes(object, size + 100, 1);
    }
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).used, 104);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_size_that_stays_keeps_the_object(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *older = new_object(arena, 33, 1);
    unsigned char *newest = new_object(arena, 33, 2);
    size_t used = arena_stats(arena).used;
    assert_ptr_equal(arena_realloc(arena, older, 33, 33), older);
    assert_ptr_equal(arena_realloc(arena, newest, 33, 33), newest);
    assert_int_equal(arena_stats(arena).used, used);
    arena_destroy(arena);
}

static void objects_of_no_bytes_overlap_nobody(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *none = hide_pointer(arena_alloc(arena, hide_size(0)));
    unsigned char *neighbour = new_object(arena, 32, 1);
    unsigned char *grown = arena_realloc(arena, none, 0, 32);
    assert_true(grown >= neighbour + 32 || grown + 32 <= neighbour);
    memset(grown, 0, 32);
    assert_filled(neighbour, 32, 1);
    arena_destroy(arena);
}

static void a_neighbour_grows_over_an_object_of_no_bytes(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 32, 1);
    unsigned char *none = hide_pointer(arena_alloc(arena, hide_size(0)));
    object = arena_realloc(arena, object, 32, 64);
    fill_bytes(object, 64, 2);
    unsigned char *grown = arena_realloc(arena, none, 0, 16);
    assert_true(grown >= object + 64 || grown + 16 <= object);
    memset(grown, 0, 16);
    assert_filled(object, 64, 2);
    arena_destroy(arena);
}

static void an_object_shrinks_to_nothing_and_grows_again(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 64, 1);
    unsigned char *none = arena_realloc(arena, object, 64, 0);
    assert_non_null(none);
    assert_int_equal(arena_stats(arena).used, 0);
    unsigned char *again = arena_realloc(arena, none, 0, 64);
    assert_non_null(again);
    fill_bytes(again, 64, 2);
    unsigned char *newer = new_object(arena, 64, 3);
    assert_filled(again, 64, 2);
    assert_filled(newer, 64, 3);
    arena_destroy(arena);
}

static void the_last_object_of_an_older_block_is_not_the_newest(void **state)
{
    (void)state;
    Arena *arena = new_arena(400);
    unsigned char *object = new_object(arena, 96, 1);
    ArenaBlock *block = arena->current;
    grow_blocks(arena, 1);
    assert_ptr_not_equal(arena->current, block);
    unsigned char *moved = arena_realloc(arena, object, 96, 104);
    assert_ptr_not_equal(moved, object);
    assert_filled(moved, 96, 1);
    assert_filled(object, 96, 1);
    arena_destroy(arena);
}

static void shrink_then_grow_keeps_the_bytes_across_blocks(void **state)
{
    (void)state;
    Arena *arena = new_arena(256);
    size_t size = 10;
    unsigned char *object = new_object(arena, size, 1);
    for (size_t i = 0; i < 200; i++) {
        size_t next = i % 3 == 2 ? size / 2 + 1 : size + 37;
        if (i % 5 == 0)
            assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        object = arena_realloc(arena, object, size, next);
        assert_non_null(object);
        assert_filled(object, size < next ? size : next, 1);
        fill_bytes(object, next, 1);
        size = next;
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void a_growth_that_fails_leaves_the_object(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1000);
    unsigned char *older = new_object(arena, 100, 1);
    unsigned char *newest = new_object(arena, 100, 2);
    source.refuse = true;
    static const size_t sizes[] = {2000, 100000, PTRDIFF_MAX, SIZE_MAX - 7, SIZE_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        Snapshot before = take_snapshot(arena);
        errno = 0;
        assert_null(arena_realloc(arena, older, 100, hide_size(sizes[i])));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_null(arena_realloc(arena, newest, 100, hide_size(sizes[i])));
        assert_int_equal(errno, ENOMEM);
        check_unchanged(arena, &before, 2);
    }
    assert_filled(older, 100, 1);
    assert_filled(newest, 100, 2);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_moved_object_has_the_alignment_of_malloc(void **state)
{
    (void)state;
    Arena *arena = new_arena(4096);
    for (size_t size = 8; size < 100; size += 8) {
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        unsigned char *object = hide_pointer(arena_new(arena, size, 8));
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        assert_aligned(arena_realloc(arena, object, size, size + 16), MALLOC_ALIGN);
    }
    arena_destroy(arena);
}

static void growing_a_large_object_keeps_its_bytes(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arenas[] = {new_arena(100), new_arena_on(&source, 100)};
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        size_t size = large_size(arenas[i]);
        unsigned char *object = new_object(arenas[i], size, 1);
        for (size_t round = 0; round < 12; round++) {
            object = arena_realloc(arenas[i], object, size, size * 3 / 2);
            assert_non_null(object);
            assert_filled(object, size, 1);
            size = size * 3 / 2;
            fill_bytes(object, size, 1);
            assert_true(arena_owns(arenas[i], object + size - 1));
            assert_valid(arenas[i]);
        }
        arena_destroy(arenas[i]);
    }
    assert_clean(&source);
}

static void a_large_object_older_than_the_mark_is_copied(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = large_size(arena) + 5000;
    unsigned char *object = new_object(arena, size, 1);
    ArenaMark mark = arena_mark(arena);
    unsigned char *grown = arena_realloc(arena, object, size, 4 * size);
    assert_non_null(grown);
    assert_ptr_not_equal(grown, object);
    assert_filled(grown, size, 1);
    memset(grown, 0, 4 * size);
    assert_filled(object, size, 1);
    arena_rewind(arena, mark);
    assert_filled(object, size, 1);
    assert_int_equal(arena_stats(arena).blocks, 2);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_large_object_between_others_grows(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = large_size(arena) * 2;
    unsigned char *oldest = new_object(arena, size, 1);
    unsigned char *middle = new_object(arena, size, 2);
    unsigned char *newest = new_object(arena, size, 3);
    middle = arena_realloc(arena, middle, size, size * 5);
    assert_filled(middle, size, 2);
    memset(middle, 0, size * 5);
    assert_filled(oldest, size, 1);
    assert_filled(newest, size, 3);
    assert_valid(arena);
    arena_destroy(arena);
}

// Down to a part of the least block; nobody looks for smaller ones.
static void a_large_object_that_shrank_has_its_place_still(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    for (size_t part = 2; part <= 4; part++) {
        unsigned char *object = new_object(arena, size, 1);
        new_object(arena, 10, 2);
        assert_ptr_equal(arena_realloc(arena, object, size, ARENA_TUNE_LEAST / part), object);
        assert_ptr_equal(arena_realloc(arena, object, ARENA_TUNE_LEAST / part, size), object);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

// Whether a large object grows without a copy, which would take one block more.
static bool grows_without_copy(Arena *arena, unsigned char *object, size_t size)
{
    size_t blocks = arena->block_count;
    assert_non_null(hide_pointer(arena_realloc(arena, object, size, size + size / 2)));
    assert_valid(arena);
    return arena->block_count == blocks;
}

static bool grows_below(size_t newer, size_t size)
{
    Arena *arena = new_arena(0);
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    for (size_t i = 0; i < newer; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, size)));
    bool grows = grows_without_copy(arena, object, size);
    arena_destroy(arena);
    return grows;
}

// Of the others, not even the newest may be looked at, if a program has very many of them.
static void the_newest_large_objects_grow_without_a_copy(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    arena_destroy(arena);
    assert_true(size < ARENA_TUNE_MAPPED);
    assert_true(grows_below(0, size));
    assert_true(grows_below(32, size));
    assert_false(grows_below(33, size));
    assert_true(grows_below(0, ARENA_TUNE_MAPPED));
    assert_true(grows_below(40, ARENA_TUNE_MAPPED));
}

static void do_nothing(void *context)
{
    (void)context;
}

static void a_note_of_something_else_does_not_make_a_large_object_stay(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    int other = 0;
    (void)arena_mark(arena);
    assert_true(arena_defer(arena, do_nothing, &other));
    assert_true(arena_remember(arena, &other, sizeof other));
    assert_true(grows_without_copy(arena, new_object(arena, size, 1), size));
    unsigned char *noted = new_object(arena, size, 2);
    assert_true(arena_defer(arena, do_nothing, noted + size - 1));
    assert_false(grows_without_copy(arena, noted, size));
    arena_destroy(arena);
}

// The size of a block for a large object, and what it is after the object has become too large for it,
// where the limit leaves so much.
typedef struct Step {
    size_t before;
    size_t after;
} Step;

static Step grow_by_a_step(size_t size, size_t left)
{
    Arena *arena = new_arena(0);
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    ArenaBlock *block = arena->large;
    assert_non_null(block);
    Step step = {.before = block->size};
    size_t limit = arena_stats(arena).reserved + left;
    arena_set_limit(arena, left < SIZE_MAX ? limit : 0);
    assert_non_null(hide_pointer(arena_realloc(arena, object, size, block->capacity + 1)));
    assert_ptr_equal(arena->large->next, NULL);
    assert_true(left == SIZE_MAX || arena_stats(arena).reserved <= limit);
    step.after = arena->large->size;
    assert_valid(arena);
    arena_destroy(arena);
    return step;
}

// Twice its size, as long as no limit is near.
static void a_large_object_that_grows_has_room_for_more(void **state)
{
    (void)state;
    const size_t mapped = ARENA_TUNE_MAPPED;
    Step step = grow_by_a_step(mapped / 4, SIZE_MAX);
    assert_int_equal(step.after, 2 * step.before);
    step = grow_by_a_step(mapped / 4, 4 * mapped);
    assert_int_equal(step.after, 2 * step.before);

    // In whole mappings, from one on.
    step = grow_by_a_step(mapped / 8 * 7, SIZE_MAX);
    assert_int_equal(step.after, 2 * mapped);
    step = grow_by_a_step(mapped / 8 * 7, 4 * mapped);
    assert_int_equal(step.after, 2 * mapped);

    // Of what a limit leaves, a quarter, unless that leaves room for a whole mapping besides.
    const size_t lefts[] = {mapped / 2, mapped, mapped + mapped / 4, mapped + mapped / 3};
    for (size_t i = 0; i < COUNT_OF(lefts); i++) {
        step = grow_by_a_step(mapped / 8 * 7, lefts[i]);
        assert_int_equal(step.after, step.before + lefts[i] / 4);
    }
}

static void a_large_object_fills_its_block_before_that_grows(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    Step step = grow_by_a_step(size, SIZE_MAX);
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    object = hide_pointer(arena_realloc(arena, object, size, size + 100));
    assert_int_equal(arena->large->size, step.after);
    size_t capacity = arena->large->capacity;
    assert_ptr_equal(arena_realloc(arena, object, size + 100, capacity), object);
    assert_int_equal(arena->large->size, step.after);
    assert_int_equal(arena->large->used, capacity);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_reallocated_by_allocating),
        cmocka_unit_test(the_newest_object_grows_in_place_while_there_is_room),
        cmocka_unit_test(the_newest_object_grows_to_the_last_byte_of_its_block),
        cmocka_unit_test(the_newest_object_shrinks_in_place_and_gives_back),
        cmocka_unit_test(an_older_object_moves_when_it_grows),
        cmocka_unit_test(an_older_object_shrinks_in_place_and_gives_nothing_back),
        cmocka_unit_test(a_shrink_needs_no_memory),
        cmocka_unit_test(a_move_copies_the_old_size_and_never_one_byte_more),
        cmocka_unit_test(old_bytes_stay_as_they_were),
        cmocka_unit_test(a_shrink_never_passes_the_latest_mark),
        cmocka_unit_test(a_growth_across_a_mark_shrinks_back_to_the_mark_only),
        cmocka_unit_test(the_mark_that_was_rewound_to_is_the_latest),
        cmocka_unit_test(a_growth_in_place_leaves_older_marks_good),
        cmocka_unit_test(a_size_that_stays_keeps_the_object),
        cmocka_unit_test(objects_of_no_bytes_overlap_nobody),
        cmocka_unit_test(a_neighbour_grows_over_an_object_of_no_bytes),
        cmocka_unit_test(an_object_shrinks_to_nothing_and_grows_again),
        cmocka_unit_test(the_last_object_of_an_older_block_is_not_the_newest),
        cmocka_unit_test(shrink_then_grow_keeps_the_bytes_across_blocks),
        cmocka_unit_test(a_growth_that_fails_leaves_the_object),
        cmocka_unit_test(a_moved_object_has_the_alignment_of_malloc),
        cmocka_unit_test(growing_a_large_object_keeps_its_bytes),
        cmocka_unit_test(a_large_object_older_than_the_mark_is_copied),
        cmocka_unit_test(a_large_object_between_others_grows),
        cmocka_unit_test(a_large_object_that_shrank_has_its_place_still),
        cmocka_unit_test(the_newest_large_objects_grow_without_a_copy),
        cmocka_unit_test(a_note_of_something_else_does_not_make_a_large_object_stay),
        cmocka_unit_test(a_large_object_that_grows_has_room_for_more),
        cmocka_unit_test(a_large_object_fills_its_block_before_that_grows),
    };
    return cmocka_run_group_tests_name("realloc", tests, NULL, NULL);
}
