// Texts: what they hold, arguments that are parts of them, and what a rewind makes of them.

#include <arena/text.h>

#include <limits.h>
#include <stdio.h>
#include <wchar.h>

#include "support/check.h"

// A text of `count` letters with no more room than it needs, or with `room` bytes more.
static ArenaText new_text(Arena *arena, size_t count, size_t room)
{
    ArenaText text = {0};
    text.items = ARENA_NEW_ARRAY(arena, char, count + room);
    assert_non_null(text.items);
    for (size_t i = 0; i < count; i++)
        text.items[i] = (char)('a' + i % 26);
    text.count = count;
    text.capacity = count + room;
    text.epoch = arena_now(arena);
    return text;
}

static void assert_letters(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != (char)('a' + i % 26))
            fail_msg("byte %zu is %d", i, bytes[i]);
}

static void assert_text(const ArenaText *text, const char *expected)
{
    assert_int_equal(text->count, strlen(expected));
    assert_true(text->capacity >= text->count);
    assert_memory_equal(text->items, expected, text->count);
}

// Where the text stands when it has to grow.
enum { NEWEST, BLOCKED, MARKED, CUT, PLACES };

static ArenaText text_in_place(Arena *arena, int place, size_t count, size_t room)
{
    ArenaText text = new_text(arena, place == CUT ? count + 5 : count, room);
    if (place == BLOCKED)
        new_object(arena, 8, 1);
    if (place == MARKED || place == CUT)
        arena_mark(arena);
    if (place == CUT)
        assert_true(ARENA_TRUNCATE(arena, &text, count));
    return text;
}

// -------------------------------------------------------------------------------------------------
// What a text holds
// -------------------------------------------------------------------------------------------------

static void pieces_join_to_one_string(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    assert_true(arena_text_append_string(arena, &text, "one"));
    assert_true(arena_text_append_char(arena, &text, ','));
    assert_true(arena_text_printf(arena, &text, " %s %d", "two", 3));
    const char *strings[] = {"a", "", "b"};
    assert_true(arena_text_join(arena, &text, "; ", strings, 3));
    assert_true(arena_text_append(arena, &text, "\0x", 2));
    assert_int_equal(text.count, 18);
    assert_true(ARENA_TRUNCATE(arena, &text, 16));
    assert_string_equal(arena_text_string(arena, &text), "one, two 3a; ; b");
    assert_string_equal(arena_text_finish(arena, &text), "one, two 3a; ; b");
    assert_int_equal(text.count, 0);
    arena_destroy(arena);
}

static void empty_pieces_add_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    const char *empty[] = {"", ""};
    for (int i = 0; i < 2; i++) {
        size_t count = text.count;
        assert_true(arena_text_append(arena, &text, NULL, 0));
        assert_true(arena_text_append_string(arena, &text, ""));
        assert_true(arena_text_printf(arena, &text, "%s", ""));
        assert_true(arena_text_join(arena, &text, "", empty, 2));
        assert_true(arena_text_join(arena, &text, "x", NULL, 0));
        assert_true(arena_text_join(arena, &text, "x", empty, 1));
        assert_int_equal(text.count, count);
        assert_true(arena_text_join(arena, &text, "x", empty, 2));
    }
    assert_string_equal(arena_text_finish(arena, &text), "xx");
    arena_destroy(arena);
}

static void the_string_of_an_empty_text_is_empty(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    assert_string_equal(arena_text_string(arena, &text), "");
    assert_int_equal(text.count, 0);
    assert_string_equal(arena_text_finish(arena, &text), "");
    assert_string_equal(arena_text_finish(arena, &text), "");
    arena_destroy(arena);
}

static void a_string_is_no_part_of_the_text(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    for (int i = 0; i < 500; i++) {
        assert_int_equal(strlen(arena_text_string(arena, &text)), i);
        assert_true(arena_text_append_char(arena, &text, (char)('a' + i % 26)));
    }
    assert_int_equal(text.count, 500);
    assert_letters(text.items, 500);
    arena_destroy(arena);
}

// Just below what is left, exactly that, and just above, whatever stands behind the text.
static void a_formatted_text_fits_at_every_length(void **state)
{
    (void)state;
    for (int place = 0; place < PLACES; place++) {
        for (size_t room = 0; room < 40; room++) {
            for (int length = 0; length < 45; length++) {
                Arena *arena = new_arena(600);
                ArenaText text = text_in_place(arena, place, 26, room);
                assert_true(arena_text_printf(arena, &text, "%.*s", length,
                                              "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw"));
                assert_int_equal(text.count, 26 + length);
                assert_letters(text.items, text.count);
                assert_int_equal(strlen(arena_text_string(arena, &text)), text.count);
                assert_valid(arena);
                arena_destroy(arena);
            }
        }
    }
}

static void a_formatted_text_fits_at_every_end_of_a_block(void **state)
{
    (void)state;
    for (size_t left = 0; left < 300; left += 8) {
        Arena *arena = new_arena(2000);
        ArenaText text = new_text(arena, 26, 6);
        leave_room(arena, left);
        for (int i = 0; i < 20; i++)
            assert_true(arena_text_printf(arena, &text, "%s%s", "abcdefghijklm", "nopqrstuvwxyz"));
        assert_int_equal(text.count, 21 * 26);
        assert_letters(text.items, text.count);
        arena_destroy(arena);
    }
}

static void a_text_grows_where_it_stands_while_it_is_newest(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(16 << 20);
    ArenaText text = {0};
    const char *piece[] = {"abcdefghijklm", "nopqrstuvwxyz"};
    assert_true(arena_text_append_string(arena, &text, ""));
    assert_true(arena_text_join(arena, &text, "", piece, 2));
    const char *items = text.items;
    while (text.count < 3000000) {
        assert_true(arena_text_join(arena, &text, "", piece, 2));
        assert_true(arena_text_printf(arena, &text, "%s%s", piece[0], piece[1]));
        assert_true(arena_text_append(arena, &text, items, 26));
    }
    assert_letters(text.items, text.count);
    assert_true(arena_stats(arena).used < 2 * text.count + 200);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Arguments that are the text itself
// -------------------------------------------------------------------------------------------------

static void arguments_may_be_the_text_itself(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
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

static void append_itself(Arena *arena, ArenaText *text)
{
    assert_true(arena_text_append_string(arena, text, arena_text_string(arena, text)));
}

static void append_itself_as_bytes(Arena *arena, ArenaText *text)
{
    assert_true(arena_text_append(arena, text, text->items, text->count));
}

static void print_itself(Arena *arena, ArenaText *text)
{
    assert_true(arena_text_printf(arena, text, "%s", arena_text_string(arena, text)));
}

static void print_itself_in_parts(Arena *arena, ArenaText *text)
{
    const char *own = arena_text_string(arena, text);
    size_t half = text->count / 2;
    assert_true(arena_text_printf(arena, text, "%.*s%s", (int)half, own, own + half));
}

static void join_itself(Arena *arena, ArenaText *text)
{
    const char *own[] = {"", arena_text_string(arena, text)};
    assert_true(arena_text_join(arena, text, "", own, 2));
}

// At all sizes around the capacity, and wherever the text has to go.
static void a_text_may_be_doubled_by_itself_at_every_size(void **state)
{
    (void)state;
    static void (*const ways[])(Arena *, ArenaText *) = {
        append_itself, append_itself_as_bytes, print_itself, print_itself_in_parts, join_itself,
    };
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (int place = 0; place < PLACES; place++) {
            for (size_t room = 0; room < 70; room += room < 20 || room > 45 ? 1 : 7) {
                Arena *arena = new_arena(way % 2 ? 4000 : 100);
                ArenaText text = text_in_place(arena, place, 52, room);
                ways[way](arena, &text);
                assert_int_equal(text.count, 104);
                assert_letters(text.items, 104);
                ways[way](arena, &text);
                assert_int_equal(text.count, 208);
                assert_letters(text.items, 208);
                assert_valid(arena);
                arena_destroy(arena);
            }
        }
    }
}

static void a_separator_may_be_the_text_itself(void **state)
{
    (void)state;
    for (size_t room = 0; room < 60; room++) {
        Arena *arena = new_arena(400);
        ArenaText text = new_text(arena, 26, room);
        const char *own = arena_text_string(arena, &text);
        const char *strings[] = {own, own + 26, "", own};
        assert_true(arena_text_join(arena, &text, own, strings, 4));
        assert_int_equal(text.count, 26 * 6);
        assert_letters(text.items, 26 * 6);
        arena_destroy(arena);
    }
}

static void large_texts_may_be_doubled_by_themselves(void **state)
{
    (void)state;
    for (int place = 0; place < PLACES; place++) {
        Arena *arena = new_arena(0);
        size_t size = (size_t)26 * 180000;
        ArenaText text = text_in_place(arena, place, size, 0);
        print_itself(arena, &text);
        join_itself(arena, &text);
        append_itself(arena, &text);
        assert_int_equal(text.count, 8 * size);
        assert_letters(text.items, text.count);
        print_itself_in_parts(arena, &text);
        assert_int_equal(text.count, 16 * size);
        assert_letters(text.items, text.count);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

// -------------------------------------------------------------------------------------------------
// Failure
// -------------------------------------------------------------------------------------------------

static void a_format_that_fails_changes_nothing(void **state)
{
    (void)state;
    static const wchar_t invalid[] = {L'x', (wchar_t)0x7FFFFFF0, 0};
    if (snprintf(NULL, 0, "%ls", invalid) >= 0)
        skip(); // this C library refuses none
    for (size_t room = 0; room < 60; room += 10) {
        Arena *arena = new_arena(0);
        ArenaText text = new_text(arena, 26, room);
        assert_string_equal(arena_text_string(arena, &text), "abcdefghijklmnopqrstuvwxyz");
        ArenaText copy = text;
        Snapshot before = take_snapshot(arena);
        errno = 0;
        assert_false(arena_text_printf(arena, &text, "%d %ls", 5, invalid));
        assert_int_equal(errno, EILSEQ);
        check_unchanged(arena, &before, 1);
        assert_memory_equal(&text, &copy, sizeof text);
        assert_string_equal(text.items, "abcdefghijklmnopqrstuvwxyz");
        arena_destroy(arena);
    }
}

static bool try_append(Arena *arena, ArenaText *text)
{
    return arena_text_append_string(arena, text, "abcdefghijklmnopqrstuvwxyz");
}

static bool try_char(Arena *arena, ArenaText *text)
{
    return arena_text_append_char(arena, text, (char)('a' + text->count % 26));
}

static bool try_print(Arena *arena, ArenaText *text)
{
    return arena_text_printf(arena, text, "%s%s", "abcdefghijklm", "nopqrstuvwxyz");
}

static bool try_join(Arena *arena, ArenaText *text)
{
    const char *pieces[] = {"", "nopqrstuvwxyz"};
    return arena_text_join(arena, text, "abcdefghijklm", pieces, 2);
}

static bool try_string(Arena *arena, ArenaText *text)
{
    return arena_text_string(arena, text) != NULL;
}

static bool (*const tries[])(Arena *, ArenaText *) = {try_append, try_print, try_join, try_string};

static void a_text_that_cannot_grow_stays_as_it_was(void **state)
{
    (void)state;
    for (size_t way = 0; way < COUNT_OF(tries); way++) {
        for (size_t room = 0; room < 240; room += 8) {
            TestSource source = {0};
            Arena *arena = new_arena_on(&source, 2000);
            ArenaText text = new_text(arena, 260, 0);
            leave_room(arena, room);
            source.refuse = true;
            Snapshot before = take_snapshot(arena);
            ArenaText copy = text;
            bool good = tries[way](arena, &text);
            if (!good) {
                before.stats.peak = arena_stats(arena).peak; // it was built elsewhere, in vain
                check_unchanged(arena, &before, 1);
                assert_int_equal(errno, ENOMEM);
                assert_memory_equal(&text, &copy, sizeof text);
            }
            assert_letters(text.items, text.count);
            arena_destroy(arena);
            assert_clean(&source);
        }
    }
}

static void the_nth_acquisition_fails_and_the_text_is_whole(void **state)
{
    (void)state;
    bool any = true;
    for (size_t n = 2; any; n++) {
        TestSource source = {.fail_at = n, .extension = n % 2 ? 500 : 0};
        Arena *arena = new_arena_on(&source, 200);
        ArenaText text = {0};
        size_t failures = 0;
        for (size_t i = 0; i < 60; i++) {
            size_t count = text.count;
            if (i % 9 == 0)
                arena_mark(arena);
            bool good = tries[i % COUNT_OF(tries)](arena, &text);
            failures += !good;
            assert_true(good || text.count == count);
            assert_letters(text.items, text.count);
            assert_valid(arena);
        }
        any = source.calls >= n;
        assert_int_equal(arena_stats(arena).failures, failures);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void a_character_that_has_no_room_is_refused(void **state)
{
    (void)state;
    _Alignas(16) unsigned char buffer[1000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    ArenaText text = {0};
    while (arena_text_append_char(arena, &text, (char)('a' + text.count % 26)))
        assert_true(text.count <= sizeof buffer);
    assert_int_equal(text.count, text.capacity);
    assert_letters(text.items, text.count);
    errno = 0;
    assert_false(arena_text_append_char(arena, &text, 'x'));
    assert_int_equal(errno, ENOMEM);

    ArenaText other = {.epoch = 0}; // cannot even be noted
    arena_mark(arena);
    assert_false(try_join(arena, &other));
    assert_int_equal(other.count, 0);
    arena_destroy(arena);
}

static void a_character_of_after_a_mark_is_undone(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = new_text(arena, 10, 10);
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_text_append_char(arena, &text, 'x'));
    assert_text(&text, "abcdefghijx");
    arena_rewind(arena, mark);
    assert_text(&text, "abcdefghij");
    arena_destroy(arena);
}

// More room than vsnprintf can be told of, none of which is written to.
static void a_format_may_have_more_room_than_an_int_can_say(void **state)
{
    (void)state;
    if (UNDER_SANITIZER || sizeof(void *) < 8)
        skip();
    Arena *arena = arena_create_region((size_t)5 << 30);
    if (!arena)
        skip(); // the machine has no such addresses
    ArenaText text = {0};
    assert_true(ARENA_RESERVE(arena, &text, (size_t)INT_MAX + 100));
    assert_true(arena_text_printf(arena, &text, "%s-%d", "room", 1));
    assert_text(&text, "room-1");
    arena_destroy(arena);
}

static void a_text_takes_what_there_is_in_a_buffer(void **state)
{
    (void)state;
    static unsigned char buffer[10000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    size_t room = room_in(arena);
    ArenaText text = {0};
    while (try_append(arena, &text))
        continue;
    while (try_char(arena, &text))
        continue;
    assert_int_equal(text.count, room);
    assert_letters(text.items, room);
    assert_null(arena_text_finish(arena, &text));
    assert_int_equal(text.count, room);
    assert_non_null(ARENA_POP(arena, &text));
    assert_int_equal(strlen(arena_text_finish(arena, &text)), room - 1);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// The end
// -------------------------------------------------------------------------------------------------

static void a_finished_text_is_where_it_was_built(void **state)
{
    (void)state;
    Arena *arena = new_arena(4000);
    ArenaText text = {0};
    for (size_t count = 0; count < 200; count++) {
        assert_true(ARENA_RESERVE(arena, &text, 300));
        for (size_t i = 0; i < count; i++)
            assert_true(arena_text_append_char(arena, &text, (char)('a' + i % 26)));
        const char *items = text.items;
        char *string = arena_text_finish(arena, &text);
        assert_ptr_equal(string, items);
        assert_int_equal(strlen(string), count);
        assert_letters(string, count);
        assert_int_equal(text.count, 0);
        assert_int_equal(text.capacity, 0);
        assert_null(text.items);
    }
    arena_destroy(arena);
}

static void a_finished_text_gives_unused_room_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(20000);
    ArenaText text = {0};
    assert_true(ARENA_RESERVE(arena, &text, 10000));
    assert_true(arena_text_append_string(arena, &text, "seven.."));
    assert_non_null(arena_text_finish(arena, &text));
    assert_int_equal(arena_stats(arena).used, 8);
    assert_true(arena_text_append_string(arena, &text, "eight..."));
    assert_non_null(arena_text_finish(arena, &text));
    assert_int_equal(arena_stats(arena).used, 24);
    arena_destroy(arena);
}

static void a_finished_text_stays_when_the_next_one_is_built(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    const char *strings[100];
    for (int i = 0; i < 100; i++) {
        if (i % 7 == 0)
            arena_mark(arena);
        assert_true(arena_text_printf(arena, &text, "%0*d", 1 + i, i));
        strings[i] = arena_text_finish(arena, &text);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(strlen(strings[i]), i + 1);
        assert_int_equal(atoi(strings[i]), i);
    }
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Marks
// -------------------------------------------------------------------------------------------------

static void change_text(Arena *arena, ArenaText *text)
{
    const char *pieces[] = {"one", "two", arena_text_string(arena, text)};
    assert_true(arena_text_join(arena, text, ", ", pieces, 3));
    assert_true(ARENA_TRUNCATE(arena, text, text->count / 2));
    assert_true(arena_text_printf(arena, text, "%d%s", 12345, arena_text_string(arena, text)));
    assert_non_null(ARENA_POP(arena, text));
    assert_true(arena_text_append_char(arena, text, '!'));
    *ARENA_INSERT(arena, text, 0) = '?';
}

static void a_rewind_restores_a_text(void **state)
{
    (void)state;
    for (size_t count = 0; count < 150; count += 7) {
        Arena *arena = new_arena(200);
        ArenaText text = {0};
        for (size_t i = 0; i < count; i++)
            assert_true(try_char(arena, &text));
        ArenaMark outer = arena_mark(arena);
        for (int round = 0; round < 3; round++) {
            change_text(arena, &text);
            ArenaMark inner = arena_mark(arena);
            size_t changed = text.count;
            change_text(arena, &text);
            arena_rewind(arena, inner);
            assert_int_equal(text.count, changed);
            assert_int_equal(text.items[0], '?');
            arena_rewind(arena, outer);
            assert_int_equal(text.count, count);
            assert_letters(text.items, count);
        }
        arena_destroy(arena);
    }
}

static void a_text_that_was_finished_after_the_mark_is_there_again(void **state)
{
    (void)state;
    for (int changed = 0; changed < 4; changed++) {
        Arena *arena = new_arena(0);
        ArenaText text = {0};
        assert_true(arena_text_append_string(arena, &text, "before"));
        ArenaMark mark = arena_mark(arena);
        for (int round = 0; round < 3; round++) {
            if (changed & 1)
                assert_true(arena_text_append_string(arena, &text, " and after"));
            if (changed & 2)
                assert_true(ARENA_TRUNCATE(arena, &text, 3));
            assert_non_null(arena_text_finish(arena, &text));
            assert_int_equal(text.count, 0);
            assert_true(arena_text_append_string(arena, &text, "something else"));
            assert_text(&text, "something else");
            assert_string_equal(arena_text_finish(arena, &text), "something else");
            arena_rewind(arena, mark);
            assert_text(&text, "before");
        }
        arena_destroy(arena);
    }
}

static void a_string_of_before_the_mark_outlives_the_rewind(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaText text = {0};
    assert_true(arena_text_append_string(arena, &text, "first"));
    const char *first = arena_text_finish(arena, &text);
    ArenaMark mark = arena_mark(arena);
    assert_true(arena_text_append_string(arena, &text, "second"));
    assert_string_equal(arena_text_finish(arena, &text), "second");
    arena_rewind(arena, mark);
    assert_string_equal(first, "first");
    assert_int_equal(text.count, 0);
    assert_null(text.items);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_to_one_string),
        cmocka_unit_test(empty_pieces_add_nothing),
        cmocka_unit_test(the_string_of_an_empty_text_is_empty),
        cmocka_unit_test(a_string_is_no_part_of_the_text),
        cmocka_unit_test(a_formatted_text_fits_at_every_length),
        cmocka_unit_test(a_formatted_text_fits_at_every_end_of_a_block),
        cmocka_unit_test(a_text_grows_where_it_stands_while_it_is_newest),
        cmocka_unit_test(arguments_may_be_the_text_itself),
        cmocka_unit_test(a_text_may_be_doubled_by_itself_at_every_size),
        cmocka_unit_test(a_separator_may_be_the_text_itself),
        cmocka_unit_test(large_texts_may_be_doubled_by_themselves),
        cmocka_unit_test(a_format_that_fails_changes_nothing),
        cmocka_unit_test(a_text_that_cannot_grow_stays_as_it_was),
        cmocka_unit_test(the_nth_acquisition_fails_and_the_text_is_whole),
        cmocka_unit_test(a_character_that_has_no_room_is_refused),
        cmocka_unit_test(a_character_of_after_a_mark_is_undone),
        cmocka_unit_test(a_format_may_have_more_room_than_an_int_can_say),
        cmocka_unit_test(a_text_takes_what_there_is_in_a_buffer),
        cmocka_unit_test(a_finished_text_is_where_it_was_built),
        cmocka_unit_test(a_finished_text_gives_unused_room_back),
        cmocka_unit_test(a_finished_text_stays_when_the_next_one_is_built),
        cmocka_unit_test(a_rewind_restores_a_text),
        cmocka_unit_test(a_text_that_was_finished_after_the_mark_is_there_again),
        cmocka_unit_test(a_string_of_before_the_mark_outlives_the_rewind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
