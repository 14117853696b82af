// Zeroed memory: zero whatever the memory was used for before.

#include "support/check.h"

static void fresh_memory_is_zero(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    for (size_t size = 0; size < 3000; size += 17) {
        unsigned char *object = hide_pointer(arena_calloc(arena, size));
        assert_non_null(object);
        assert_all(object, size, 0);
        memset(object, 0xFF, size);
    }
    assert_valid(arena);
    arena_destroy(arena);
}

static void every_zeroing_call_zeroes_dirty_memory(void **state)
{
    (void)state;
    Arena *arena = new_arena(4000);
    ArenaMark mark = arena_mark(arena);
    for (size_t size = 1; size < 600; size += 5) {
        new_object(arena, 1500, 7);
        arena_rewind(arena, mark);
        assert_all(hide_pointer(arena_calloc(arena, size)), size, 0);
        assert_all(hide_pointer(arena_new0(arena, size, 1)), size, 0);
        assert_all(hide_pointer(arena_new0(arena, size, 64)), size, 0);
        arena_rewind(arena, mark);
    }
    typedef struct Pair {
        uint64_t first, second;
    } Pair;
    new_object(arena, 1500, 7);
    arena_rewind(arena, mark);
    assert_all(hide_pointer(ARENA_NEW0(arena, Pair)), sizeof(Pair), 0);
    assert_all(hide_pointer(ARENA_NEW0_ARRAY(arena, Pair, 5)), sizeof(Pair[5]), 0);
    arena_destroy(arena);
}

static void memory_that_is_partly_dirty_is_zeroed(void **state)
{
    (void)state;
    for (size_t dirty = 0; dirty <= 320; dirty += 8) {
        Arena *arena = new_arena(1000);
        ArenaMark mark = arena_mark(arena);
        new_object(arena, dirty, 9);
        arena_rewind(arena, mark);
        unsigned char *object = hide_pointer(arena_calloc(arena, 160));
        assert_all(object, 160, 0);
        assert_all(hide_pointer(arena_calloc(arena, 160)), 160, 0);
        arena_destroy(arena);
    }
}

static void memory_is_zero_again_after_a_reset(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < 300; i++) {
            size_t size = i * 31 % 500;
            unsigned char *object = hide_pointer(arena_calloc(arena, size));
            assert_all(object, size, 0);
            memset(object, 0x5A, size);
        }
        arena_reset(arena);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void memory_of_blocks_that_were_left_is_zeroed_after_a_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    ArenaMark mark = arena_mark(arena);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            unsigned char *object = hide_pointer(arena_calloc(arena, 48));
            assert_all(object, 48, 0);
            memset(object, 0x5A, 48);
        }
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

static void bytes_that_a_shrink_gave_back_are_zeroed(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 400, 3);
    assert_ptr_equal(arena_realloc(arena, object, 400, 16), object);
    assert_all(hide_pointer(arena_calloc(arena, 500)), 500, 0);
    arena_destroy(arena);
}

static void bytes_of_a_growth_in_place_are_zeroed_after_a_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    unsigned char *object = new_object(arena, 16, 3);
    ArenaMark mark = arena_mark(arena);
    object = arena_realloc(arena, object, 16, 600);
    fill_bytes(object, 600, 3);
    arena_rewind(arena, mark);
    assert_all(hide_pointer(arena_calloc(arena, 500)), 500, 0);
    arena_destroy(arena);
}

// Formatting writes into the window before it knows whether the text fits.
static void format_in_vain(Arena *arena, size_t left, size_t length)
{
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    leave_room(arena, left);
    ArenaMark mark = arena_mark(arena);
    char *copy = hide_pointer(arena_asprintf(arena, "%s", text));
    if (copy)
        assert_string_equal(copy, text);
    free(text);
    arena_rewind(arena, mark);
    assert_all(hide_pointer(arena_calloc(arena, left)), left, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void bytes_that_formatting_wrote_in_vain_are_zeroed(void **state)
{
    (void)state;
    for (size_t left = 16; left < 300; left += 16) {
        // In a block that was dirty, in fresh pages, with and without a block of its own, and with
        // no memory for the text at all.
        format_in_vain(new_arena(1000), left, 400);
        arena_cache_limit(0);
        format_in_vain(new_arena(ARENA_TUNE_MAPPED), left, 400);
        format_in_vain(new_arena(ARENA_TUNE_MAPPED), left, (size_t)ARENA_TUNE_MAPPED * 2);
        Arena *arena = arena_create_region(20000);
        assert_non_null(arena);
        arena_set_limit(arena, 1);
        format_in_vain(arena, smaller_of(left, room_in(arena)), 50000);
    }
    arena_cache_limit(ARENA_TUNE_CACHE);
}

static void a_source_that_gives_dirty_memory_is_not_trusted(void **state)
{
    (void)state;
    TestSource source = {.extension = 4000};
    Arena *arena = new_arena_on(&source, 200);
    for (size_t i = 0; i < 300; i++)
        assert_all(hide_pointer(arena_calloc(arena, 56)), 56, 0);
    for (size_t i = 0; i < 3; i++) {
        size_t size = large_size(arena) + 5000;
        assert_all(hide_pointer(arena_calloc(arena, size)), size, 0);
    }
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_dirty_buffer_is_not_trusted(void **state)
{
    (void)state;
    unsigned char buffer[3000];
    memset(buffer, 0xC3, sizeof buffer);
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    assert_non_null(arena);
    assert_all(hide_pointer(arena_calloc(arena, 900)), 900, 0);
    assert_all(hide_pointer(arena_new0(arena, 900, 8)), 900, 0);
    arena_destroy(arena);
}

static void a_region_is_zero_after_rewind_reset_and_trim(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(1 << 20);
    assert_non_null(arena);
    for (size_t round = 0; round < 4; round++) {
        ArenaMark mark = arena_mark(arena);
        new_object(arena, 300000, 5);
        arena_rewind(arena, mark);
        if (round % 2)
            arena_trim(arena, 50000);
        assert_all(hide_pointer(arena_calloc(arena, 400000)), 400000, 0);
        new_object(arena, 100000, 5);
        arena_reset(arena);
        if (round > 1)
            arena_trim(arena, 0);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void mappings_from_the_cache_are_zeroed(void **state)
{
    (void)state;
    size_t size = ARENA_TUNE_MAPPED + 100000;
    for (size_t round = 0; round < 3; round++) {
        Arena *arena = new_arena(100);
        unsigned char *object = hide_pointer(arena_calloc(arena, size));
        assert_non_null(object);
        assert_all(object, size, 0);
        memset(object, 0xDB, size);
        arena_destroy(arena);
        arena = new_arena(size);
        object = hide_pointer(arena_calloc(arena, size));
        assert_all(object, size, 0);
        memset(object, 0xDB, size);
        arena_destroy(arena);
    }
}

typedef struct Aligned {
    _Alignas(16) unsigned char bytes[16];
} Aligned;

// Types that are aligned to more than the granule have a path of their own.
static void a_zeroed_type_of_malloc_alignment_is_zero_and_aligned(void **state)
{
    (void)state;
    Arena *arena = new_arena(5000);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 500; i++) {
            assert_non_null(hide_pointer(arena_new(arena, 8 * (i % 3), 8)));
            unsigned char *object = hide_pointer(ARENA_NEW0(arena, Aligned));
            assert_aligned(object, _Alignof(Aligned));
            assert_all(object, sizeof(Aligned), 0);
            memset(object, 0xFF, sizeof(Aligned));
            unsigned char *array = hide_pointer(ARENA_NEW0_ARRAY(arena, Aligned, i % 7 + 1));
            assert_aligned(array, _Alignof(Aligned));
            assert_all(array, (i % 7 + 1) * sizeof(Aligned), 0);
            memset(array, 0xFF, (i % 7 + 1) * sizeof(Aligned));
        }
        assert_valid(arena);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_memory_is_zero),
        cmocka_unit_test(every_zeroing_call_zeroes_dirty_memory),
        cmocka_unit_test(memory_that_is_partly_dirty_is_zeroed),
        cmocka_unit_test(memory_is_zero_again_after_a_reset),
        cmocka_unit_test(memory_of_blocks_that_were_left_is_zeroed_after_a_rewind),
        cmocka_unit_test(bytes_that_a_shrink_gave_back_are_zeroed),
        cmocka_unit_test(bytes_of_a_growth_in_place_are_zeroed_after_a_rewind),
        cmocka_unit_test(bytes_that_formatting_wrote_in_vain_are_zeroed),
        cmocka_unit_test(a_source_that_gives_dirty_memory_is_not_trusted),
        cmocka_unit_test(a_dirty_buffer_is_not_trusted),
        cmocka_unit_test(a_region_is_zero_after_rewind_reset_and_trim),
        cmocka_unit_test(mappings_from_the_cache_are_zeroed),
        cmocka_unit_test(a_zeroed_type_of_malloc_alignment_is_zero_and_aligned),
    };
    return cmocka_run_group_tests_name("calloc", tests, NULL, NULL);
}
