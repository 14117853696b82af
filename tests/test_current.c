// The current arena of a thread, and the functions in the shapes of malloc's.

#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#include "support/check.h"

#include <pthread.h>

static void nothing_is_current_at_first(void **state)
{
    (void)state;
    assert_null(arena_current());
    errno = 0;
    assert_null(arena_current_malloc(8));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_current_calloc(1, 8));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_current_strdup("text"));
    assert_int_equal(errno, EINVAL);
    arena_current_free(NULL);
}

static void scopes_nest(void **state)
{
    (void)state;
    Arena *first = new_arena(0), *second = new_arena(0);
    ArenaCurrent outer, inner, none;
    arena_current_push(&outer, first);
    assert_ptr_equal(arena_current(), first);
    arena_current_push(&inner, second);
    assert_ptr_equal(arena_current(), second);
    assert_true(arena_owns(second, arena_current_malloc(8)));
    arena_current_push(&none, NULL);
    assert_null(arena_current());
    arena_current_pop(&none);
    arena_current_pop(&inner);
    assert_ptr_equal(arena_current(), first);
    arena_current_pop(&outer);
    assert_null(arena_current());
    arena_destroy(first);
    arena_destroy(second);
}

static jmp_buf failed;

static void jump_away(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)size;
    (void)context;
    longjmp(failed, 1);
}

static ARENA_OUTLINED void use_up(Arena *arena, int depth)
{
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    if (depth > 0)
        use_up(arena, depth - 1);
    while (arena_current_malloc(100))
        continue;
    arena_current_pop(&scope);
}

static void a_pop_also_pops_what_longjmp_has_left(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.limit = 100000, .on_failure = jump_away});
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    if (setjmp(failed) == 0) {
        use_up(arena, 3);
        fail();
    }
    assert_ptr_not_equal(arena_current(), NULL);
    arena_current_pop(&scope);
    assert_null(arena_current());
    arena_destroy(arena);
}

static void *see_current(void *context)
{
    (void)context;
    return arena_current();
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    pthread_t thread;
    void *seen = arena;
    assert_int_equal(pthread_create(&thread, NULL, see_current, NULL), 0);
    assert_int_equal(pthread_join(thread, &seen), 0);
    assert_null(seen);
    arena_current_pop(&scope);
    arena_destroy(arena);
}

static void objects_are_as_those_of_malloc(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    for (size_t size = 0; size < 100; size++) {
        assert_aligned(arena_current_malloc(size), MALLOC_ALIGN);
        unsigned char *object = arena_sized_malloc(size);
        assert_aligned(object, MALLOC_ALIGN);
        assert_int_equal(arena_sized_size(object), size);
        fill_bytes(object, size, 1);
        assert_all(arena_current_calloc(size, 3), 3 * size, 0);
        assert_all(arena_sized_calloc(size, 3), 3 * size, 0);
        assert_filled(object, size, 1);
    }
    assert_string_equal(arena_current_strdup("text"), "text");
    char *copy = arena_sized_strdup("text");
    assert_string_equal(copy, "text");
    assert_int_equal(arena_sized_size(copy), 5);
    assert_int_equal(arena_sized_size(NULL), 0);
    arena_current_pop(&scope);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_realloc_keeps_bytes_and_arena(void **state)
{
    (void)state;
    Arena *arena = new_arena(0), *other = new_arena(0);
    ArenaCurrent scope, inner;
    arena_current_push(&scope, arena);
    unsigned char *object = arena_sized_malloc(100);
    fill_bytes(object, 100, 1);
    arena_current_push(&inner, other);
    size_t before = arena_stats(other).used;
    for (size_t size = 200; size < 100000; size *= 2) {
        object = arena_sized_realloc(object, size);
        assert_filled(object, 100, 1);
        assert_int_equal(arena_sized_size(object), size);
        assert_true(arena_owns(arena, object + size - 1));
    }
    assert_int_equal(arena_stats(other).used, before);
    object = arena_sized_realloc(object, 10);
    assert_filled(object, 10, 1);
    object = arena_sized_realloc(object, 0);
    assert_non_null(object);
    assert_int_equal(arena_sized_size(object), 0);
    assert_true(arena_owns(other, arena_sized_realloc(NULL, 8)));
    arena_current_pop(&inner);
    arena_current_pop(&scope);
    assert_valid(arena);
    arena_destroy(arena);
    arena_destroy(other);
}

static void what_is_newest_and_freed_is_taken_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    void *kept = arena_sized_malloc(100);
    size_t before = arena_stats(arena).used;
    for (size_t i = 0; i < 100; i++)
        arena_sized_free(arena_sized_malloc(1000));
    assert_true(arena_stats(arena).used <= before + 16);
    arena_sized_free(kept);
    arena_sized_free(NULL);
    arena_current_pop(&scope);
    assert_valid(arena);
    arena_destroy(arena);
}

static void what_is_freed_is_so_in_its_own_arena(void **state)
{
    (void)state;
    Arena *arena = new_arena(0), *other = new_arena(0);
    ArenaCurrent scope, inner;
    arena_current_push(&scope, arena);
    size_t before = arena_stats(arena).used;
    void *object = arena_sized_malloc(1000);
    arena_current_push(&inner, other);
    Snapshot untouched = take_snapshot(other);
    arena_sized_free(object);
    check_unchanged(other, &untouched, 0);
    assert_true(arena_stats(arena).used <= before + 16);
    arena_current_pop(&inner);
    arena_current_pop(&scope);
    arena_destroy(arena);
    arena_destroy(other);
}

static void a_limit_fails_and_loses_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    unsigned char *object = arena_sized_malloc(100);
    fill_bytes(object, 100, 1);
    arena_set_limit(arena, 1);
    errno = 0;
    assert_null(arena_sized_realloc(object, 10 << 20));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(arena_sized_size(object), 100);
    assert_filled(object, 100, 1);
    assert_null(arena_sized_malloc(10 << 20));
    assert_null(arena_current_malloc(10 << 20));
    arena_set_limit(arena, 0);
    object = arena_sized_realloc(object, 10 << 20);
    assert_filled(object, 100, 1);
    arena_current_pop(&scope);
    assert_valid(arena);
    arena_destroy(arena);
}

static void without_an_arena_the_sized_form_is_malloc(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    unsigned char *before = arena_sized_malloc(100);
    fill_bytes(before, 100, 1);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    before = arena_sized_realloc(before, 1000);
    assert_false(arena_owns(arena, before));
    assert_filled(before, 100, 1);
    void *inside = arena_sized_malloc(8);
    arena_current_pop(&scope);
    arena_sized_free(before);
    assert_true(arena_owns(arena, arena_sized_realloc(inside, 100)));
    unsigned char *zero = arena_sized_calloc(10, 10);
    assert_all(zero, 100, 0);
    arena_sized_free(zero);
    arena_destroy(arena);
}

static void what_cannot_be_had_is_null(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaCurrent scope;
    for (size_t i = 0; i < 2; i++) {
        arena_current_push(&scope, i ? arena : NULL);
        for (size_t size = SIZE_MAX - 40; size != 0; size++) {
            assert_null(arena_sized_malloc(size));
            assert_null(arena_sized_calloc(size, 1));
        }
        assert_null(arena_sized_calloc(SIZE_MAX / 2, 3));
        assert_null(arena_sized_calloc(SIZE_MAX / 2 + 2, 2)); // which wraps to 2
        assert_null(arena_sized_malloc(PTRDIFF_MAX - 15));
        unsigned char *object = arena_sized_malloc(100);
        fill_bytes(object, 100, 1);
        errno = 0;
        assert_null(arena_sized_realloc(object, SIZE_MAX));
        assert_int_equal(errno, ENOMEM);
        assert_int_equal(arena_sized_size(object), 100);
        assert_filled(object, 100, 1);
        arena_sized_free(object);
        arena_current_pop(&scope);
    }
    arena_current_push(&scope, arena);
    assert_null(arena_current_calloc(SIZE_MAX / 2, 3));
    assert_null(arena_current_calloc(SIZE_MAX / 2 + 2, 2));
    assert_null(arena_current_malloc(SIZE_MAX));
    arena_set_limit(arena, 1);
    leave_room(arena, 0);
    assert_null(arena_current_strdup("text"));
    assert_null(arena_sized_strdup("text"));
    arena_current_pop(&scope);
    assert_valid(arena);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_current_at_first),
        cmocka_unit_test(scopes_nest),
        cmocka_unit_test(a_pop_also_pops_what_longjmp_has_left),
        cmocka_unit_test(each_thread_has_its_own),
        cmocka_unit_test(objects_are_as_those_of_malloc),
        cmocka_unit_test(a_realloc_keeps_bytes_and_arena),
        cmocka_unit_test(what_is_newest_and_freed_is_taken_back),
        cmocka_unit_test(what_is_freed_is_so_in_its_own_arena),
        cmocka_unit_test(a_limit_fails_and_loses_nothing),
        cmocka_unit_test(without_an_arena_the_sized_form_is_malloc),
        cmocka_unit_test(what_cannot_be_had_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
