// Allocation: sizes from nothing to impossible, how blocks grow, and what failure leaves behind.

#include "support/check.h"
#include "support/constants.h"

typedef struct Wide {
    uint64_t words[3];
} Wide;

static void objects_keep_their_bytes(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static unsigned char *objects[COUNT];
    Arena *arena = new_arena(0);
    for (uint32_t i = 0; i < COUNT; i++)
        objects[i] = new_object(arena, i * 37 % 900, i);
    assert_valid(arena);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_filled(objects[i], i * 37 % 900, i);
    arena_destroy(arena);
}

static void sizes_are_rounded_up_to_the_granule(void **state)
{
    (void)state;
    Arena *arena = new_arena(10000);
    for (size_t size = 1; size < 100; size++) {
        size_t used = arena_stats(arena).used;
        assert_non_null(hide_pointer(arena_new(arena, size, 1)));
        assert_int_equal(arena_stats(arena).used, used + round_up_to(size, ARENA_GRANULE));
    }
    arena_destroy(arena);
}

typedef struct Quad {
    max_align_t word;
    uint64_t other[2];
} Quad;

typedef struct Bulk {
    char bytes[4080];
} Bulk;

typedef struct Page {
    char bytes[4096];
} Page;

typedef struct Above {
    char bytes[4097];
} Above;

// Whether an object that was made where `left` bytes were left is in them, as it has to be if it fits.
static void assert_placed(Arena *arena, size_t left, void *object, size_t size, size_t align)
{
    const ArenaBlock *block = arena->blocks;
    uintptr_t from = (uintptr_t)block->data + block->capacity - left;
    size_t padding = (size_t)(-from & (align - 1));
    bool fits = padding + round_up_to(size, ARENA_GRANULE) <= left;
    assert_int_equal((uintptr_t)object - from < left, fits);
    assert_int_equal((uintptr_t)object % align, 0);
    memset(object, 1, size);
    assert_valid(arena);
    arena_destroy(arena);
}

// The compiler knows the size of a type, and then compares otherwise than for a size that it does
// not know.
#define assert_typed_placed(T, left)                                                           \
    do {                                                                                       \
        Arena *arena = new_arena(10000);                                                       \
        leave_room(arena, left);                                                               \
        assert_placed(arena, left, hide_pointer(ARENA_NEW(arena, T)), sizeof(T), _Alignof(T)); \
        arena = new_arena(10000);                                                              \
        leave_room(arena, left);                                                               \
        void *object = hide_pointer(arena_alloc(arena, sizeof(T)));                            \
        assert_placed(arena, left, object, sizeof(T), _Alignof(max_align_t));                  \
        arena = new_arena(10000);                                                              \
        leave_room(arena, left);                                                               \
        object = hide_pointer(arena_calloc(arena, sizeof(T)));                                 \
        assert_placed(arena, left, object, sizeof(T), _Alignof(max_align_t));                  \
    } while (0)

static void a_known_size_fills_the_window_to_its_end(void **state)
{
    (void)state;
    for (size_t left = 0; left <= 80; left += ARENA_GRANULE) {
        assert_typed_placed(char, left);
        assert_typed_placed(uint64_t, left);
        assert_typed_placed(Wide, left);
        assert_typed_placed(Quad, left);
    }
    for (size_t left = 4064; left <= 4160; left += ARENA_GRANULE) {
        assert_typed_placed(Bulk, left);
        assert_typed_placed(Page, left);
        assert_typed_placed(Above, left);
    }
}

static void typed_objects_stand_side_by_side(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    char *first = hide_pointer(ARENA_NEW(arena, char));
    uint64_t *second = hide_pointer(ARENA_NEW(arena, uint64_t));
    Wide *third = hide_pointer(ARENA_NEW_ARRAY(arena, Wide, 2));
    char *fourth = hide_pointer(ARENA_NEW(arena, char));
    assert_ptr_equal(second, first + 8);
    assert_ptr_equal(third, second + 1);
    assert_ptr_equal(fourth, third + 2);
    arena_destroy(arena);
}

static void size_zero_gives_an_aligned_pointer(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 0; i < 50; i++) {
        size_t none = hide_size(0);
        void *pointers[] = {arena_alloc(arena, none), arena_calloc(arena, none),
                            arena_realloc(arena, NULL, 0, none), arena_memdup(arena, "", none)};
        for (size_t j = 0; j < COUNT_OF(pointers); j++) {
            assert_non_null(pointers[j]);
            assert_aligned(pointers[j], MALLOC_ALIGN);
        }
        assert_non_null(hide_pointer(ARENA_NEW_ARRAY(arena, Wide, none)));
        assert_non_null(hide_pointer(ARENA_NEW0_ARRAY(arena, Wide, none)));
        assert_aligned(arena_alloc_aligned(arena, none, 64), 64);
        assert_non_null(hide_pointer(arena_new(arena, 1, 1)));
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void size_zero_costs_no_more_than_alignment(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    assert_non_null(hide_pointer(arena_new(arena, 8, 8)));
    for (size_t i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, hide_size(0))));
    assert_true(arena_stats(arena).used <= MALLOC_ALIGN);
    arena_destroy(arena);
}

static void size_zero_fits_a_full_block(void **state)
{
    (void)state;
    static unsigned char buffer[2000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    assert_non_null(arena);
    leave_room(arena, 0);
    unsigned char *none = hide_pointer(arena_alloc(arena, hide_size(0)));
    assert_non_null(none);
    assert_aligned(none, MALLOC_ALIGN);
    assert_true(none <= buffer + sizeof buffer);
    assert_null(arena_alloc(arena, 1));
    assert_valid(arena);
    arena_destroy(arena);
}

static void the_last_byte_of_a_block_can_be_had(void **state)
{
    (void)state;
    for (size_t left = MALLOC_ALIGN; left < 200; left += ARENA_GRANULE) {
        Arena *arena = new_arena(1000);
        leave_room(arena, left);
        size_t fits = left - (left % MALLOC_ALIGN);
        unsigned char *end = arena->cursor + left;
        unsigned char *object = hide_pointer(arena_alloc(arena, fits));
        assert_ptr_equal(object + fits, end);
        assert_int_equal(room_in(arena), 0);
        assert_int_equal(arena_stats(arena).blocks, 1);
        arena_destroy(arena);
    }
}

static void one_byte_too_many_takes_another_block(void **state)
{
    (void)state;
    for (size_t left = 0; left < 200; left += MALLOC_ALIGN) {
        Arena *arena = new_arena(1000);
        leave_room(arena, left);
        const ArenaBlock *block = arena->current;
        unsigned char *object = new_object(arena, left + 1, 1);
        assert_int_equal(arena_stats(arena).blocks, 2);
        assert_true(object < block->data || object >= block->data + block->capacity);
        arena_destroy(arena);
    }
}

// The largest power of two that is not above what the blocks hold, within the tuned bounds.
static size_t expected_block_size(const Arena *arena)
{
    size_t total = 0;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next)
        total += block->size;
    size_t size = ARENA_TUNE_LEAST;
    while (size < ARENA_TUNE_MOST && size * 2 <= total)
        size *= 2;
    return size;
}

static void each_block_about_doubles_the_arena(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 64);
    for (size_t i = 0; i < 9; i++) {
        size_t expected = expected_block_size(arena);
        assert_int_equal(arena->block_size, expected);
        grow_blocks(arena, 1);
        assert_int_equal(source.last_asked, expected);
        assert_int_equal(arena->current->size, expected);
        assert_valid(arena);
    }
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_tiny_arena_does_not_grow_by_tiny_blocks(void **state)
{
    (void)state;
    // Where the least block is hardly more than its header, every object is a large one.
    if (ARENA_TUNE_LEAST < 4 * (sizeof(ArenaBlock) + 2 * MALLOC_ALIGN))
        skip();
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 1);
    grow_blocks(arena, 1);
    assert_true(source.last_asked >= ARENA_TUNE_LEAST);
    arena_destroy(arena);
    assert_clean(&source);
}

static void no_block_grows_beyond_the_most(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST > (size_t)1 << 20)
        skip();
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, ARENA_TUNE_MOST * 2);
    for (size_t i = 0; i < 5; i++) {
        grow_blocks(arena, 1);
        assert_int_equal(source.last_asked, ARENA_TUNE_MOST);
    }
    arena_destroy(arena);
    assert_clean(&source);
}

static void no_block_grows_beyond_the_largest_that_was_chosen(void **state)
{
    (void)state;
    const size_t largest = 2 * ARENA_TUNE_LEAST;
    const size_t surplus[] = {0, 1, largest - 1};
    for (size_t i = 0; i < COUNT_OF(surplus); i++) {
        TestSource source = {0};
        ArenaOptions options = {.source = test_source(&source),
                                .largest_block = largest + surplus[i]};
        Arena *arena = arena_create_with(&options);
        for (size_t blocks = 0; blocks < 5; blocks++) {
            grow_blocks(arena, 1);
            assert_true(source.last_asked <= largest);
            assert_true(arena->block_size <= largest);
        }
        assert_int_equal(arena->block_size, largest);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

// As it would be to get huge pages early.
static void small_blocks_stay_small_if_they_were_chosen(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < ARENA_TUNE_MAPPED)
        skip();
    Arena *arena = arena_create_with(&(ArenaOptions){.largest_block = ARENA_TUNE_EARLY});
    for (size_t i = 0; i < 5; i++) {
        grow_blocks(arena, 1);
        assert_true(arena->current->size <= ARENA_TUNE_EARLY);
    }
    arena_destroy(arena);
}

static void the_default_growth_stops_at_the_most(void **state)
{
    (void)state;
    if (ARENA_TUNE_MOST < (size_t)1 << 20 || sizeof(void *) < 8)
        skip();
    Arena *arena = new_arena(ARENA_TUNE_MOST);
    for (size_t i = 0; i < 3; i++)
        grow_blocks(arena, 1);
    assert_int_equal(arena->block_size, ARENA_TUNE_MOST);
    assert_int_equal(arena->current->size, ARENA_TUNE_MOST);
    arena_destroy(arena);
}

static void a_large_object_does_not_displace_the_current_block(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *before = hide_pointer(arena_new(arena, 16, 8));
    ArenaBlock *current = arena->current;
    new_object(arena, large_size(arena) * 3, 1);
    unsigned char *after = hide_pointer(arena_new(arena, 16, 8));
    assert_ptr_equal(arena->current, current);
    assert_ptr_equal(after, before + 16);
    assert_int_equal(arena_stats(arena).blocks, 2);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_large_object_does_not_feed_growth(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 100);
    new_object(arena, 10, 1);
    size_t size = arena->block_size;
    new_object(arena, 1000000, 2);
    assert_int_equal(arena->block_size, size);
    grow_blocks(arena, 1);
    new_object(arena, 10, 3);
    assert_true(source.live_bytes < 1000000 + 2 * size + 4096);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_large_request_is_served_from_the_current_block_if_it_fits(void **state)
{
    (void)state;
    Arena *arena = new_arena(100000);
    size_t size = arena->block_size * 3 / 4;
    new_object(arena, size, 1);
    assert_null(arena->large);
    assert_int_equal(arena_stats(arena).blocks, 1);
    arena_destroy(arena);
}

static void a_request_of_half_a_block_is_not_large(void **state)
{
    (void)state;
    Arena *arena = new_arena(4000);
    size_t half = arena->block_size / 2;
    leave_room(arena, 0);
    new_object(arena, half - sizeof(ArenaBlock) - 2 * MALLOC_ALIGN, 1);
    assert_null(arena->large);
    leave_room(arena, 0);
    new_object(arena, arena->block_size / 2 + 1, 1);
    assert_non_null(arena->large);
    assert_valid(arena);
    arena_destroy(arena);
}

static void requests_over_the_largest_difference_fail(void **state)
{
    (void)state;
    const size_t bases[] = {BEYOND_MEMORY, SIZE_MAX};
    Arena *arena = new_arena(1000);
    new_object(arena, 40, 1);
    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        for (size_t less = 0; less < 200; less++) {
            size_t size = hide_size(bases[i] - less);
            Snapshot before = take_snapshot(arena);
            errno = 0;
            assert_null(arena_alloc(arena, size));
            assert_int_equal(errno, ENOMEM);
            assert_null(arena_calloc(arena, size));
            assert_null(arena_new(arena, size, 4));
            assert_null(arena_new0(arena, size, 4));
            assert_null(arena_realloc(arena, NULL, 0, size));
            check_unchanged(arena, &before, 5);
        }
    }
    arena_destroy(arena);
}

static void sizes_just_over_the_largest_difference_fail(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    for (size_t more = 1; more < 100; more++) {
        assert_null(arena_alloc(arena, hide_size((size_t)PTRDIFF_MAX + more)));
        assert_null(arena_calloc(arena, hide_size((size_t)PTRDIFF_MAX + more)));
    }
    assert_int_equal(arena_stats(arena).failures, 198);
    assert_valid(arena);
    arena_destroy(arena);
}

static void sizes_that_the_compiler_knows_are_as_good_as_any(void **state)
{
    (void)state;
    assert_true(known_sizes_are_placed_where_they_fit());
    assert_true(known_sizes_fit_no_window_at_the_last_addresses());
    Arena *arena = new_arena(10000);
    new_object(arena, 40, 1);
    Snapshot before = take_snapshot(arena);
    assert_true(known_sizes_that_wrap_are_refused(arena));
    check_unchanged(arena, &before, 66);
    arena_destroy(arena);
}

static void array_sizes_are_checked(void **state)
{
    (void)state;
    assert_int_equal(arena_array_size(0, 8), 0);
    assert_int_equal(arena_array_size(8, 0), 0);
    assert_int_equal(arena_array_size(SIZE_MAX, 0), 0);
    assert_int_equal(arena_array_size(1000, 24), 24000);
    assert_int_equal(arena_array_size(PTRDIFF_MAX, 1), PTRDIFF_MAX);
    assert_int_equal(arena_array_size((size_t)PTRDIFF_MAX + 1, 1), SIZE_MAX);
    assert_int_equal(arena_array_size(SIZE_MAX / 8 + 1, 8), SIZE_MAX);
    assert_int_equal(arena_array_size(SIZE_MAX / 8 + 2, 8), SIZE_MAX);
    assert_int_equal(arena_array_size(SIZE_MAX, SIZE_MAX), SIZE_MAX);
}

static void an_array_whose_product_wraps_fails(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    Snapshot before = take_snapshot(arena);
    size_t wrapping[] = {SIZE_MAX / sizeof(Wide) + 1, SIZE_MAX / sizeof(Wide) + 2, SIZE_MAX,
                         SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < COUNT_OF(wrapping); i++) {
        size_t count = hide_size(wrapping[i]);
        errno = 0;
        assert_null(ARENA_NEW_ARRAY(arena, Wide, count));
        assert_null(ARENA_NEW0_ARRAY(arena, Wide, count));
        assert_int_equal(errno, ENOMEM);
    }
    check_unchanged(arena, &before, 2 * COUNT_OF(wrapping));
    arena_destroy(arena);
}

static void failure_leaves_the_arena_as_it_was_and_usable(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 500);
    unsigned char *older = new_object(arena, 100, 1);
    source.refuse = true;
    for (size_t size = 600; size < 100000; size *= 2) {
        Snapshot before = take_snapshot(arena);
        errno = 0;
        assert_null(arena_alloc(arena, size));
        assert_int_equal(errno, ENOMEM);
        check_unchanged(arena, &before, 1);
    }
    assert_filled(older, 100, 1);
    new_object(arena, 50, 2);
    source.refuse = false;
    new_object(arena, 100000, 3);
    assert_filled(older, 100, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_keep_their_bytes),
        cmocka_unit_test(sizes_are_rounded_up_to_the_granule),
        cmocka_unit_test(a_known_size_fills_the_window_to_its_end),
        cmocka_unit_test(typed_objects_stand_side_by_side),
        cmocka_unit_test(size_zero_gives_an_aligned_pointer),
        cmocka_unit_test(size_zero_costs_no_more_than_alignment),
        cmocka_unit_test(size_zero_fits_a_full_block),
        cmocka_unit_test(the_last_byte_of_a_block_can_be_had),
        cmocka_unit_test(one_byte_too_many_takes_another_block),
        cmocka_unit_test(each_block_about_doubles_the_arena),
        cmocka_unit_test(a_tiny_arena_does_not_grow_by_tiny_blocks),
        cmocka_unit_test(no_block_grows_beyond_the_most),
        cmocka_unit_test(no_block_grows_beyond_the_largest_that_was_chosen),
        cmocka_unit_test(small_blocks_stay_small_if_they_were_chosen),
        cmocka_unit_test(the_default_growth_stops_at_the_most),
        cmocka_unit_test(a_large_object_does_not_displace_the_current_block),
        cmocka_unit_test(a_large_object_does_not_feed_growth),
        cmocka_unit_test(a_large_request_is_served_from_the_current_block_if_it_fits),
        cmocka_unit_test(a_request_of_half_a_block_is_not_large),
        cmocka_unit_test(requests_over_the_largest_difference_fail),
        cmocka_unit_test(sizes_just_over_the_largest_difference_fail),
        cmocka_unit_test(sizes_that_the_compiler_knows_are_as_good_as_any),
        cmocka_unit_test(array_sizes_are_checked),
        cmocka_unit_test(an_array_whose_product_wraps_fails),
        cmocka_unit_test(failure_leaves_the_arena_as_it_was_and_usable),
    };
    return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
