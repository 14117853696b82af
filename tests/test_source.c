// Sources of the user: every size that crosses the seam, and how the arena asks for memory.

#include "support/check.h"

// A program that grows, rewinds, trims and resets, on any source that gives memory.
static void use_arena(Arena *arena)
{
    for (uint32_t round = 0; round < 4; round++) {
        unsigned char *objects[60];
        for (uint32_t i = 0; i < 30; i++)
            objects[i] = new_object(arena, i * i, i);
        ArenaMark mark = arena_mark(arena);
        for (uint32_t i = 30; i < 60; i++)
            objects[i] = new_object(arena, i * i * 3, i);
        for (uint32_t i = 0; i < 60; i++)
            assert_filled(objects[i], i < 30 ? i * i : i * i * 3, i);
        assert_valid(arena);
        arena_rewind(arena, mark);
        arena_trim(arena, 2000);
        for (uint32_t i = 0; i < 30; i++)
            assert_filled(objects[i], i * i, i);
        arena_reset(arena);
        assert_valid(arena);
    }
}

static void memory_of_any_alignment_serves(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 64; shift++) {
        TestSource source = {.shift = shift};
        Arena *arena = new_arena_on(&source, 100);
        use_arena(arena);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void any_surplus_is_used_and_given_back(void **state)
{
    (void)state;
    for (size_t generous = 1; generous < 5000; generous = generous * 3 / 2 + 1) {
        TestSource source = {.generous = generous, .shift = generous % 16};
        Arena *arena = new_arena_on(&source, 100);
        assert_true(room_in(arena) + 2 * MALLOC_ALIGN >= 100 + generous);
        assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
        use_arena(arena);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void less_than_asked_for_is_a_failure_and_goes_back(void **state)
{
    (void)state;
    for (size_t short_by = 1; short_by < 100000; short_by *= 2) {
        TestSource source = {0};
        Arena *arena = new_arena_on(&source, 500);
        leave_room(arena, 0);
        size_t pieces = source.live_pieces;
        source.short_by = short_by;
        Snapshot before = take_snapshot(arena);
        errno = 0;
        assert_null(arena_alloc(arena, 20));
        assert_null(arena_alloc(arena, 20000));
        assert_int_equal(errno, ENOMEM);
        check_unchanged(arena, &before, 2);
        assert_int_equal(source.live_pieces, pieces);
        source.short_by = 0;
        new_object(arena, 20, 1);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void a_source_that_cannot_give_the_ideal_is_asked_for_the_least(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 20000);
    leave_room(arena, 0);
    source.ceiling = 400;
    new_object(arena, 200, 1);
    assert_int_equal(source.calls, 3);
    assert_true(source.last_asked >= 200 + sizeof(ArenaBlock));
    assert_true(source.last_asked <= 200 + sizeof(ArenaBlock) + 2 * MALLOC_ALIGN);
    assert_null(arena->large);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void the_current_block_is_extended_before_anything_else(void **state)
{
    (void)state;
    TestSource source = {.extension = 50000};
    Arena *arena = new_arena_on(&source, 500);
    unsigned char *before = hide_pointer(arena_new(arena, 16, 8));
    leave_room(arena, 16);
    unsigned char *expected = arena->cursor;
    unsigned char *object = new_object(arena, 3000, 1);
    assert_true(object - expected < (ptrdiff_t)MALLOC_ALIGN);
    assert_int_equal(source.extensions, 1);
    assert_int_equal(source.acquisitions, 1);
    assert_int_equal(arena_stats(arena).blocks, 1);
    assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
    assert_true(object > before);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

static void the_newest_object_grows_with_its_block(void **state)
{
    (void)state;
    TestSource source = {.extension = 200000, .shift = 1};
    Arena *arena = new_arena_on(&source, 100);
    unsigned char *object = new_object(arena, 50, 1);
    for (size_t size = 50; size < 80000; size *= 2) {
        assert_ptr_equal(arena_realloc(arena, object, size, 2 * size), object);
        assert_filled(object, size, 1);
        fill_bytes(object, 2 * size, 1);
        assert_valid(arena);
    }
    assert_int_equal(source.acquisitions, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_block_that_cannot_be_extended_is_left(void **state)
{
    (void)state;
    TestSource source = {.extension = 64};
    Arena *arena = new_arena_on(&source, 500);
    use_arena(arena);
    leave_room(arena, 0);
    size_t blocks = arena_stats(arena).blocks;
    new_object(arena, 300, 1);
    assert_true(arena_stats(arena).blocks > blocks || arena->current != arena->blocks);
    arena_destroy(arena);
    assert_clean(&source);
}

static void extensions_of_any_length_are_used_and_given_back(void **state)
{
    (void)state;
    for (size_t extension = 1; extension < 30000; extension = extension * 2 + 1) {
        for (size_t shift = 0; shift < 16; shift += 5) {
            TestSource source = {
                .extension = extension, .shift = shift, .generous = extension % 30};
            Arena *arena = new_arena_on(&source, 100);
            use_arena(arena);
            assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
            arena_destroy(arena);
            assert_int_equal(source.mistakes, 0);
            assert_clean(&source);
        }
    }
}

static void an_extended_block_is_used_to_its_end(void **state)
{
    (void)state;
    TestSource source = {.extension = 400, .shift = 3};
    Arena *arena = new_arena_on(&source, 200);
    size_t sum = 0;
    while (source.acquisitions == 1 && sum < 5000) {
        assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
        sum += 8;
    }
    assert_true(sum + 2 * MALLOC_ALIGN >= 600);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_source_is_left_alone_while_nothing_is_needed(void **state)
{
    (void)state;
    TestSource source = {.extension = 100};
    Arena *arena = new_arena_on(&source, 5000);
    for (uint32_t i = 0; i < 50; i++) {
        ArenaMark mark = arena_mark(arena);
        unsigned char *object = new_object(arena, 80, i);
        object = arena_realloc(arena, object, 80, 500);
        object = arena_realloc(arena, object, 500, 10);
        assert_true(arena_owns(arena, object));
        assert_true(arena_defer(arena, free, NULL));
        assert_true(arena_remember(arena, &mark, sizeof mark));
        assert_non_null(hide_pointer(arena_asprintf(arena, "%d", 5)));
        arena_rewind(arena, mark);
        arena_set_limit(arena, i);
        arena_reset(arena);
        arena_trim(arena, 0);
    }
    assert_int_equal(source.calls, 1);
    assert_int_equal(source.releases, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

// What is given may even be less than there was. The block stays as large as it is, and so do the
// sums; the next block serves.
static void an_extension_that_gives_less_than_asked_for_has_failed(void **state)
{
    (void)state;
    static const size_t shorts[] = {1, 8, 16, 40, 200, 1000, 5000, SIZE_MAX};
    for (size_t i = 0; i < COUNT_OF(shorts); i++) {
        TestSource source = {.extension = 100000, .extend_short = shorts[i]};
        Arena *arena = new_arena_on(&source, 1000);
        const ArenaBlock *first = arena->blocks;
        size_t size = first->size, capacity = first->capacity;
        unsigned char *object = new_object(arena, 100, 1);
        leave_room(arena, 64);
        unsigned char *next = new_object(arena, 200, 2);
        assert_true(source.extensions > 0);
        assert_int_equal(first->size, size);
        assert_int_equal(first->capacity, capacity);
        assert_true(next < first->data || next >= first->data + capacity);
        assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
        assert_valid(arena);
        assert_filled(object, 100, 1);
        assert_filled(next, 200, 2);
        use_arena(arena);
        assert_int_equal(arena_stats(arena).reserved, source.live_bytes);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void where_extensions_give_too_little_and_blocks_nothing_a_request_fails(void **state)
{
    (void)state;
    for (size_t less = 1; less < 3000; less = less * 3 + 1) {
        TestSource source = {.extension = 100000, .extend_short = less};
        Arena *arena = new_arena_on(&source, 1000);
        unsigned char *object = new_object(arena, 100, 1);
        leave_room(arena, 8 * (less % 9));
        arena_set_limit(arena, arena_stats(arena).reserved + 150);
        Snapshot before = take_snapshot(arena);
        // There is no room for a whole block under the limit, only for the extension.
        assert_null(arena_alloc(arena, 100));
        check_unchanged(arena, &before, 1);
        assert_true(source.extensions > 0);
        assert_filled(object, 100, 1);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

// Gives addresses, not memory: whoever writes there crashes.
static void *acquire_last(void *context, size_t *size)
{
    size_t *releases = context;
    (void)releases;
    return (void *)(UINTPTR_MAX - 63 - *size);
}

static void count_release(void *context, void *block, size_t size)
{
    size_t *releases = context;
    (void)block;
    (void)size;
    ++*releases;
}

static void memory_at_the_last_addresses_is_refused(void **state)
{
    (void)state;
    size_t releases = 0;
    ArenaSource source = {acquire_last, NULL, count_release, &releases};
    assert_null(arena_create_with(&(ArenaOptions){.source = source}));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(releases, 1);

    // Also where all of it is so near the end that nothing may be there.
    assert_null(arena_create_with(&(ArenaOptions){.capacity = 1, .source = source}));
    assert_int_equal(releases, 2);

    // Also if it comes as a later block.
    unsigned char buffer[2000];
    Arena *arena = arena_create_with(
        &(ArenaOptions){.buffer = buffer, .buffer_size = sizeof buffer, .source = source});
    assert_non_null(arena);
    assert_null(hide_pointer(arena_alloc(arena, sizeof buffer)));
    assert_valid(arena);
    assert_int_equal(releases, 3);
    arena_destroy(arena);
}

enum { THERE = 8192 };

static void *acquire_a_part(void *context, size_t *size)
{
    *size = 2048;
    return context;
}

// Says that all the rest of the addresses belong to the block.
static bool extend_to_the_last(void *context, void *block, size_t old_size, size_t *new_size)
{
    (void)context;
    (void)old_size;
    *new_size = UINTPTR_MAX - (uintptr_t)block;
    return true;
}

static void release_nothing(void *context, void *block, size_t size)
{
    (void)context;
    (void)block;
    (void)size;
}

static void an_extended_block_ends_before_the_last_addresses(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip(); // no real block is larger than half of all addresses
    void *memory = malloc(THERE);
    assert_non_null(memory);
    ArenaSource source = {acquire_a_part, extend_to_the_last, release_nothing, memory};
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 1000, .source = source});
    assert_non_null(arena);
    leave_room(arena, 0);
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    uintptr_t end = (uintptr_t)arena->current->data + arena->current->capacity;
    assert_true(end > UINTPTR_MAX / 2 && end <= UINTPTR_MAX - ARENA_SMALL);
    assert_true((uintptr_t)arena->end < UINTPTR_MAX - ARENA_SMALL);
    assert_int_equal(arena->current->capacity % MALLOC_ALIGN, 0);
    arena_destroy(arena);
    free(memory);
}

static void check_that_all_fail(Arena *arena, size_t size)
{
    size = hide_size(size);
    Snapshot before = take_snapshot(arena);
    unsigned char *newest = arena->cursor - 40;
    size_t grown = size;
    assert_null(arena_alloc(arena, size));
    assert_null(arena_calloc(arena, size));
    assert_null(arena_new(arena, size, 1));
    assert_null(arena_alloc_aligned(arena, size, 4096));
    assert_null(arena_realloc(arena, newest, 40, size));
    assert_null(arena_grow(arena, newest, 40, size, &grown, 1));
    check_unchanged(arena, &before, 6);
    assert_false(arena_extend(arena, newest, 40, size, &grown));
    check_unchanged(arena, &before, 6);
}

// A source may add something of its own to what it is asked for. All that it is asked for beyond
// PTRDIFF_MAX, it counts as a mistake.
static void no_source_is_asked_for_more_than_there_can_be(void **state)
{
    (void)state;
    for (size_t extension = 0; extension <= 100; extension += 100) {
        unsigned char buffer[3000];
        TestSource source = {.extension = extension};
        ArenaOptions options = {.buffer = buffer, .buffer_size = sizeof buffer};
        options.source = test_source(&source);
        Arena *arenas[] = {arena_create_with(&options), new_arena_on(&source, 1000)};
        for (size_t i = 0; i < COUNT_OF(arenas); i++) {
            leave_room(arenas[i], 0);
            for (size_t less = 0; less < 4000; less++)
                check_that_all_fail(arenas[i], BEYOND_MEMORY - less);
            for (size_t less = 0; less < 100; less++)
                check_that_all_fail(arenas[i], SIZE_MAX - less);
            arena_destroy(arenas[i]);
        }
        assert_clean(&source);
    }
}

// Bytes from the cursor to where the first block of a test source can be extended to.
static size_t room_with_extension(const Arena *arena, const TestSource *source)
{
    const ArenaBlock *block = arena->blocks;
    uintptr_t end = (uintptr_t)block->memory + block->size + source->extension;
    return (size_t)(end - (uintptr_t)arena->cursor) & ~(MALLOC_ALIGN - 1);
}

static void a_block_is_extended_to_the_last_byte_that_there_is(void **state)
{
    (void)state;
    for (size_t old_size = 0; old_size < 200; old_size += 48) {
        TestSource source = {.extension = 10000};
        Arena *arena = new_arena_on(&source, 1000);
        unsigned char *object = old_size > 0 ? new_object(arena, old_size, 1) : NULL;
        unsigned char *expected =
            object ? object : arena->cursor + (uintptr_t)arena->cursor % MALLOC_ALIGN;
        size_t size = room_with_extension(arena, &source) + old_size;
        object = arena_realloc(arena, object, old_size, size);
        assert_ptr_equal(object, expected);
        assert_int_equal(source.acquisitions, 1);
        assert_int_equal(arena_stats(arena).blocks, 1);
        assert_filled(object, old_size, 1);
        assert_valid(arena);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

// However the memory starts, the alignment takes no more than what lies between two multiples.
static void an_aligned_object_asks_for_no_more_than_it_may_need(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 4096; align *= 2) {
        TestSource source = {0};
        Arena *arena = new_arena_on(&source, 1000);
        size_t size = large_size(arena);
        unsigned char *object = arena_alloc_aligned(arena, size, align);
        assert_aligned(object, align);
        assert_non_null(arena->large);
        size_t header = sizeof(ArenaBlock) + 2 * (MALLOC_ALIGN - 1);
        size_t slack = align > MALLOC_ALIGN ? align - MALLOC_ALIGN : 0;
        assert_int_equal(source.last_asked, round_up_to(size, 8) + slack + header);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void a_source_that_cannot_give_the_least_is_not_asked_again(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1000);
    size_t size = large_size(arena);
    source.refuse = true;
    size_t calls = source.calls;
    assert_null(hide_pointer(arena_alloc(arena, size)));
    assert_int_equal(source.calls, calls + 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void an_extension_that_was_refused_is_not_asked_for_again(void **state)
{
    (void)state;
    TestSource source = {.extension = 64};
    Arena *arena = new_arena_on(&source, 1000);
    leave_room(arena, 0);
    new_object(arena, arena->block_size + MALLOC_ALIGN, 1); // for which growth would not do either
    assert_int_equal(source.extensions, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void growth_goes_on_from_what_a_block_was_extended_to(void **state)
{
    (void)state;
    TestSource source = {.extension = 200000};
    Arena *arena = new_arena_on(&source, 1000);
    new_object(arena, 150000, 1);
    assert_int_equal(source.acquisitions, 1);
    size_t reserved = arena_stats(arena).reserved;
    assert_true(arena->block_size > smaller_of(reserved, ARENA_TUNE_MOST) / 2);
    arena_destroy(arena);
    assert_clean(&source);
}

// Whole pages, as a mapping of the library's would be.
static void *acquire_pages(void *context, size_t *size)
{
    (void)context;
    *size = round_up_to(*size, THERE);
    return aligned_alloc(THERE, *size);
}

static void free_pages(void *context, void *block, size_t size)
{
    size_t *freed = context;
    *freed += size;
    free(block);
}

static void whole_pages_of_a_source_are_not_cut_off(void **state)
{
    (void)state;
    size_t freed = 0;
    ArenaSource source = {acquire_pages, NULL, free_pages, &freed};
    Arena *arena = arena_create_with(&(ArenaOptions){.source = source});
    assert_non_null(arena);
    size_t size = 4 * ARENA_TUNE_MAPPED;
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(arena->large);
    size_t reserved = arena_stats(arena).reserved;
    assert_ptr_equal(arena_realloc(arena, object, size, 100), object);
    assert_int_equal(arena_stats(arena).reserved, reserved);
    arena_destroy(arena);
    assert_int_equal(freed, reserved);
}

static void a_large_object_of_a_source_is_not_cut(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1000);
    size_t size = 4 * ARENA_TUNE_MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    assert_non_null(arena->large);
    size_t held = arena->large->size;
    assert_ptr_equal(arena_realloc(arena, object, size, 100), object);
    assert_int_equal(arena->large->size, held);
    assert_valid(arena);
    arena_destroy(arena);
    assert_clean(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_at_the_last_addresses_is_refused),
        cmocka_unit_test(an_extended_block_ends_before_the_last_addresses),
        cmocka_unit_test(no_source_is_asked_for_more_than_there_can_be),
        cmocka_unit_test(memory_of_any_alignment_serves),
        cmocka_unit_test(any_surplus_is_used_and_given_back),
        cmocka_unit_test(less_than_asked_for_is_a_failure_and_goes_back),
        cmocka_unit_test(a_source_that_cannot_give_the_ideal_is_asked_for_the_least),
        cmocka_unit_test(the_current_block_is_extended_before_anything_else),
        cmocka_unit_test(the_newest_object_grows_with_its_block),
        cmocka_unit_test(a_block_that_cannot_be_extended_is_left),
        cmocka_unit_test(extensions_of_any_length_are_used_and_given_back),
        cmocka_unit_test(an_extended_block_is_used_to_its_end),
        cmocka_unit_test(a_source_is_left_alone_while_nothing_is_needed),
        cmocka_unit_test(an_extension_that_gives_less_than_asked_for_has_failed),
        cmocka_unit_test(where_extensions_give_too_little_and_blocks_nothing_a_request_fails),
        cmocka_unit_test(a_block_is_extended_to_the_last_byte_that_there_is),
        cmocka_unit_test(an_aligned_object_asks_for_no_more_than_it_may_need),
        cmocka_unit_test(a_source_that_cannot_give_the_least_is_not_asked_again),
        cmocka_unit_test(an_extension_that_was_refused_is_not_asked_for_again),
        cmocka_unit_test(growth_goes_on_from_what_a_block_was_extended_to),
        cmocka_unit_test(a_large_object_of_a_source_is_not_cut),
        cmocka_unit_test(whole_pages_of_a_source_are_not_cut_off),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
