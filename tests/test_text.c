// Texts: what they hold, arguments that are parts of them, and what a rewind makes of them.

#include <arena/text.h>

#include "support/check.h"

static void pieces_join_to_one_string(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaText text = {0};
    assert_true(arena_text_append_string(arena, &text, "one"));
    assert_true(arena_text_append_char(arena, &text, ','));
    assert_true(arena_text_printf(arena, &text, " %s %d", "two", 3));
    const char *strings[] = {"a", "", "b"};
    assert_true(arena_text_join(arena, &text, "; ", strings, 3));
    assert_string_equal(arena_text_finish(arena, &text), "one, two 3a; ; b");
    assert_int_equal(text.count, 0);
    arena_destroy(arena);
}

static void arguments_may_be_the_text_itself(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaText text = {0};
    arena_text_append_string(arena, &text, "ab");
    for (int i = 0; i < 10; i++) {
        const char *own = arena_text_string(arena, &text);
        assert_true(arena_text_printf(arena, &text, "%s", own));
    }
    assert_int_equal(text.count, 2048);
    for (int i = 0; i < 10; i++) {
        const char *own[] = {arena_text_string(arena, &text), "c"};
        assert_true(arena_text_join(arena, &text, "", own, 2));
    }
    assert_int_equal(text.count, 2048 * 1024 + 1023);
    char *string = arena_text_finish(arena, &text);
    assert_int_equal(strlen(string), 2048 * 1024 + 1023);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_to_one_string),
        cmocka_unit_test(arguments_may_be_the_text_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
