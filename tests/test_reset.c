// Reset and trim: a reset keeps the blocks and forgets what is in them, a trim gives spare ones
// back.

#include "support/check.h"

static size_t spare_count(const Arena *arena)
{
    size_t count = 0;
    for (const ArenaBlock *block = arena->current->next; block; block = block->next)
        count++;
    return count;
}

// Uses every block of the chain up with small objects, and no memory from the source.
static void fill_chain(Arena *arena)
{
    while (arena->current->next || room_in(arena) >= 32)
        assert_non_null(hide_pointer(arena_alloc(arena, 32)));
}

static void reset_forgets_every_object(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    for (size_t i = 0; i < 20; i++) {
        unsigned char *first = new_object(arena, 10, 1);
        grow_blocks(arena, 2);
        size_t used = arena_stats(arena).used;
        size_t failures = arena_stats(arena).failures;
        arena_reset(arena);
        ArenaStats stats = arena_stats(arena);
        assert_int_equal(stats.used, 0);
        assert_int_equal(stats.wasted, 0);
        assert_true(stats.peak >= used);
        assert_int_equal(stats.failures, failures);
        assert_valid(arena);
        assert_ptr_equal(hide_pointer(arena_alloc(arena, 10)), first);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void reset_keeps_the_blocks_and_neither_takes_nor_gives(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    grow_blocks(arena, 5);
    size_t calls = source.calls;
    ArenaStats before = arena_stats(arena);
    for (size_t i = 0; i < 10; i++) {
        arena_reset(arena);
        ArenaStats after = arena_stats(arena);
        assert_int_equal(after.reserved, before.reserved);
        assert_int_equal(after.blocks, before.blocks);
        fill_chain(arena);
        assert_valid(arena);
    }
    assert_int_equal(source.calls, calls);
    assert_int_equal(source.releases, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

static void reset_gives_large_objects_back(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    size_t held = source.live_bytes;
    for (uint32_t i = 0; i < 6; i++)
        new_object(arena, 5000 + i, i);
    arena_reset(arena);
    assert_int_equal(source.live_bytes, held);
    assert_int_equal(arena_stats(arena).reserved, held);
    assert_null(arena->large);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void reset_of_an_empty_arena_is_fine(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    arena_reset(arena);
    arena_reset(arena);
    assert_valid(arena);
    new_object(arena, 100, 1);
    assert_int_equal(arena_stats(arena).blocks, 1);
    arena_destroy(arena);
}

static void reset_keeps_the_limit_and_the_name(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "n", .capacity = 100, .limit = 4000});
    assert_non_null(arena);
    arena_reset(arena);
    assert_null(arena_alloc(arena, 4000));
    assert_string_equal(arena->name, "n");
    arena_destroy(arena);
}

static void peak_survives_a_reset(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    new_object(arena, 3000, 1);
    size_t peak = arena_stats(arena).used;
    arena_reset(arena);
    new_object(arena, 10, 1);
    assert_int_equal(arena_stats(arena).peak, peak);
    arena_destroy(arena);
}

// Bytes in all blocks from the first on.
static size_t chain_capacity(const Arena *arena)
{
    size_t bytes = 0;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next)
        bytes += block->capacity;
    return bytes;
}

static void a_spare_that_is_too_small_is_neither_lost_nor_looped_over(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 64);
    grow_blocks(arena, 5);
    size_t last = arena->current->capacity;
    size_t capacity = chain_capacity(arena);
    arena_reset(arena);

    // The first spares do not hold this, so a later one goes in before them.
    size_t size = smaller_of(last, arena->block_size / 2 - sizeof(ArenaBlock) - 2 * MALLOC_ALIGN);
    const ArenaBlock *first_spare = arena->blocks->next, *fits = first_spare;
    while (fits->capacity < size)
        fits = fits->next;
    assert_ptr_not_equal(fits, first_spare);
    size_t calls = source.calls;
    leave_room(arena, 0);
    unsigned char *object = new_object(arena, size, 1);
    assert_int_equal(source.calls, calls);
    assert_ptr_equal(arena->current, fits);
    assert_ptr_equal(fits->next, first_spare);
    assert_int_equal(chain_capacity(arena), capacity);
    assert_valid(arena);

    fill_chain(arena);
    assert_int_equal(source.calls, calls);
    assert_filled(object, size, 1);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_new_block_goes_in_before_spares_that_are_too_small(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, ARENA_TUNE_LEAST * 8);
    size_t whole = arena->block_size / 2 - sizeof(ArenaBlock) - 2 * MALLOC_ALIGN;
    leave_room(arena, 0);
    ArenaMark mark = arena_mark(arena);
    source.ceiling = ARENA_TUNE_LEAST;
    new_object(arena, 8, 1);
    leave_room(arena, 0);
    new_object(arena, 8, 1);
    source.ceiling = 0;
    arena_rewind(arena, mark);
    assert_int_equal(spare_count(arena), 2);
    assert_true(arena->current->next->capacity < whole);

    size_t calls = source.calls;
    unsigned char *object = new_object(arena, whole, 2);
    assert_int_equal(source.calls, calls + 1);
    assert_null(arena->large);
    assert_int_equal(spare_count(arena), 2);
    assert_valid(arena);
    fill_chain(arena);
    assert_int_equal(source.calls, calls + 1);
    assert_filled(object, whole, 2);
    arena_destroy(arena);
    assert_clean(&source);
}

static void trim_gives_every_spare_back(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    grow_blocks(arena, 5);
    arena_reset(arena);
    unsigned char *object = new_object(arena, 50, 1);
    arena_trim(arena, 0);
    assert_int_equal(spare_count(arena), 0);
    assert_int_equal(arena_stats(arena).blocks, 1);
    assert_int_equal(source.live_pieces, 1);
    assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
    assert_filled(object, 50, 1);
    assert_valid(arena);
    grow_blocks(arena, 2);
    arena_destroy(arena);
    assert_clean(&source);
}

static void trim_touches_no_block_in_use(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    unsigned char *first = new_object(arena, 50, 1);
    grow_blocks(arena, 2);
    unsigned char *second = new_object(arena, 16, 2);
    ArenaMark mark = arena_mark(arena);
    grow_blocks(arena, 3);
    arena_trim(arena, 0);
    assert_int_equal(source.releases, 0);
    arena_rewind(arena, mark);
    unsigned char *large = new_object(arena, large_size(arena), 3);
    size_t size = arena->large->used;
    arena_trim(arena, 0);
    assert_int_equal(source.releases, 3);
    assert_filled(first, 50, 1);
    assert_filled(second, 16, 2);
    assert_filled(large, smaller_of(size, 100), 3);
    arena_rewind(arena, mark);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void trim_keeps_the_first_spares_that_it_is_told_to(void **state)
{
    (void)state;
    for (size_t kept = 0; kept <= 5; kept++) {
        TestSource source = {0};
        Arena *arena = new_arena_on(&source, 200);
        grow_blocks(arena, 5);
        arena_reset(arena);
        size_t keep = 0;
        const ArenaBlock *block = arena->current;
        for (size_t i = 0; i < kept; i++) {
            block = block->next;
            keep += block->size;
        }
        arena_trim(arena, keep);
        assert_int_equal(spare_count(arena), kept);
        assert_int_equal(spare_bytes(arena), keep);
        assert_valid(arena);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void trim_never_keeps_more_than_it_is_told_to(void **state)
{
    (void)state;
    for (size_t keep = 0; keep < 20000; keep += keep < 300 ? 1 : 401) {
        Arena *arena = new_arena(200);
        grow_blocks(arena, 4);
        arena_reset(arena);
        arena_trim(arena, keep);
        assert_true(spare_bytes(arena) <= keep);
        assert_valid(arena);
        new_object(arena, 100, 1);
        arena_destroy(arena);
    }
}

static void trim_with_much_to_keep_gives_nothing_back(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    grow_blocks(arena, 4);
    arena_reset(arena);
    arena_trim(arena, SIZE_MAX);
    arena_trim(arena, spare_bytes(arena));
    assert_int_equal(source.releases, 0);
    assert_int_equal(spare_count(arena), 4);
    arena_destroy(arena);
    assert_clean(&source);
}

static void growth_after_a_trim_starts_from_what_is_held(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    size_t size = arena->block_size;
    grow_blocks(arena, 6);
    assert_true(arena->block_size > size || size == ARENA_TUNE_MOST);
    arena_reset(arena);
    arena_trim(arena, 0);
    assert_int_equal(arena->block_size, size);
    arena_destroy(arena);
}

static void a_spare_block_serves_what_just_fits(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    grow_blocks(arena, 4);
    ArenaBlock *second = arena->blocks->next;
    arena_reset(arena);
    leave_room(arena, 0);
    size_t header = sizeof(ArenaBlock) + 2 * MALLOC_ALIGN;
    assert_true(second->capacity + header <= arena->block_size / 2); // so it is not large
    new_object(arena, second->capacity, 1);
    assert_ptr_equal(arena->current, second);
    assert_int_equal(room_in(arena), 0);
    assert_valid(arena);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_forgets_every_object),
        cmocka_unit_test(reset_keeps_the_blocks_and_neither_takes_nor_gives),
        cmocka_unit_test(reset_gives_large_objects_back),
        cmocka_unit_test(reset_of_an_empty_arena_is_fine),
        cmocka_unit_test(reset_keeps_the_limit_and_the_name),
        cmocka_unit_test(peak_survives_a_reset),
        cmocka_unit_test(a_spare_that_is_too_small_is_neither_lost_nor_looped_over),
        cmocka_unit_test(a_new_block_goes_in_before_spares_that_are_too_small),
        cmocka_unit_test(trim_gives_every_spare_back),
        cmocka_unit_test(trim_touches_no_block_in_use),
        cmocka_unit_test(trim_keeps_the_first_spares_that_it_is_told_to),
        cmocka_unit_test(trim_never_keeps_more_than_it_is_told_to),
        cmocka_unit_test(trim_with_much_to_keep_gives_nothing_back),
        cmocka_unit_test(growth_after_a_trim_starts_from_what_is_held),
        cmocka_unit_test(a_spare_block_serves_what_just_fits),
    };
    return cmocka_run_group_tests_name("reset", tests, NULL, NULL);
}
