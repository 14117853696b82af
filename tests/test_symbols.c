// The inline functions exist as ordinary symbols as well, for those who call them by address or
// from another language.
// The pointers are volatile, so that the compiler calls what it would else inline.

#include "support/check.h"

static void inline_functions_can_be_called_by_address(void **state)
{
    (void)state;
    void *(*volatile alloc)(Arena *, size_t) = arena_alloc;
    void *(*volatile zeroed)(Arena *, size_t) = arena_calloc;
    void *(*volatile typed)(Arena *, size_t, size_t) = arena_new;
    void *(*volatile typed_zeroed)(Arena *, size_t, size_t) = arena_new0;
    size_t (*volatile array_size)(size_t, size_t) = arena_array_size;

    Arena *arena = new_arena(1000);
    unsigned char *first = alloc(arena, 24);
    assert_non_null(first);
    memset(first, 1, 24);
    unsigned char *second = zeroed(arena, 24);
    assert_aligned(second, MALLOC_ALIGN);
    assert_all(second, 24, 0);
    unsigned char *third = typed(arena, 10, 4);
    assert_ptr_equal(third, second + 24);
    unsigned char *fourth = typed_zeroed(arena, 10, 4);
    assert_ptr_equal(fourth, third + 16);
    assert_all(fourth, 10, 0);
    assert_int_equal(array_size(3, 8), 24);
    assert_int_equal(array_size(SIZE_MAX, 8), SIZE_MAX);
    assert_valid(arena);
    arena_destroy(arena);
}

static void the_slow_path_can_be_called_at_any_time(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    for (size_t size = 0; size < 300; size += 7) {
        unsigned char *object = hide_pointer(arena_alloc_slow(arena, size, 8));
        assert_non_null(object);
        fill_bytes(object, size, 1);
        unsigned char *zeroed = hide_pointer(arena_calloc_slow(arena, size, 16));
        assert_all(zeroed, size, 0);
        assert_filled(object, size, 1);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inline_functions_can_be_called_by_address),
        cmocka_unit_test(the_slow_path_can_be_called_at_any_time),
    };
    return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
