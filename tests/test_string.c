// Copies of bytes and strings, and formatted strings.

#include "support/check.h"

#include <stdio.h>
#include <wchar.h>

enum { LONGEST = 6000 };

// A string of `length` letters, which is good until the next call.
static const char *letters(size_t length)
{
    static char text[LONGEST + 1];
    assert_true(length <= LONGEST);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 26);
    text[length] = '\0';
    return text;
}

// Exactly these bytes in memory of their own, so that a checker sees one read too many.
static char *exact_bytes(const char *text, size_t size)
{
    char *bytes = malloc(size ? size : 1);
    assert_non_null(bytes);
    memcpy(bytes, text, size);
    return bytes;
}

static void memdup_copies_the_bytes(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t size = 0; size < 2000; size = size * 3 / 2 + 1) {
        char *bytes = exact_bytes(letters(size), size);
        char *copy = hide_pointer(arena_memdup(arena, bytes, size));
        assert_non_null(copy);
        assert_aligned(copy, MALLOC_ALIGN);
        assert_memory_equal(copy, bytes, size);
        free(bytes);
        assert_memory_equal(copy, letters(size), size);
    }
    arena_destroy(arena);
}

static void memdup_of_no_bytes_reads_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    assert_non_null(hide_pointer(arena_memdup(arena, NULL, hide_size(0))));
    arena_destroy(arena);
}

static void strdup_copies_the_string(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t length = 0; length < 3000; length = length * 3 / 2 + 1) {
        char *text = exact_bytes(letters(length), length + 1);
        char *copy = hide_pointer(arena_strdup(arena, text));
        free(text);
        assert_string_equal(copy, letters(length));
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void strings_pack_to_the_granule(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    char *first = hide_pointer(arena_strdup(arena, "seven77"));
    char *second = hide_pointer(arena_strndup(arena, "eight888", 8));
    char *third = hide_pointer(arena_asprintf(arena, "%d", 3));
    assert_ptr_equal(second, first + 8);
    assert_ptr_equal(third, second + 16);
    assert_int_equal(arena_stats(arena).used, 32);
    arena_destroy(arena);
}

static void strndup_stops_at_the_end_of_the_string(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    static const size_t mosts[] = {5, 6, 50, 100, PTRDIFF_MAX, SIZE_MAX};
    for (size_t i = 0; i < COUNT_OF(mosts); i++) {
        size_t used = arena_stats(arena).used;
        char *copy = hide_pointer(arena_strndup(arena, "seven", hide_size(mosts[i])));
        assert_string_equal(copy, "seven");
        assert_int_equal(arena_stats(arena).used, used + 8);
    }
    arena_destroy(arena);
}

static void strndup_reads_no_further_than_it_is_told(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    for (size_t most = 0; most < 40; most++) {
        char *bytes = exact_bytes(letters(most), most);
        char *copy = hide_pointer(arena_strndup(arena, bytes, most));
        free(bytes);
        assert_string_equal(copy, letters(most));
    }
    arena_destroy(arena);
}

// Nasty lengths are those around what is left in the window and in the block.
static void formatted_lengths_around_the_room_are_whole(void **state)
{
    (void)state;
    for (size_t left = 0; left <= 200; left += ARENA_GRANULE) {
        size_t shortest = left > 3 ? left - 3 : 0;
        for (size_t length = shortest; length < left + 4; length++) {
            Arena *arena = new_arena(1000);
            leave_room(arena, left);
            char *text = hide_pointer(arena_asprintf(arena, "%s", letters(length)));
            assert_string_equal(text, letters(length));
            assert_int_equal(arena_stats(arena).blocks, length < left ? 1 : 2);
            assert_true(arena_owns(arena, text + length));
            unsigned char *next = new_object(arena, 16, 1);
            assert_true(next > (unsigned char *)text + length ||
                        next + 16 <= (unsigned char *)text);
            assert_string_equal(text, letters(length));
            assert_valid(arena);
            arena_destroy(arena);
        }
    }
}

static void formatting_takes_what_it_needs(void **state)
{
    (void)state;
    Arena *arena = new_arena(LONGEST);
    for (size_t length = 0; length < 60; length++) {
        size_t used = arena_stats(arena).used;
        assert_non_null(hide_pointer(arena_asprintf(arena, "%s", letters(length))));
        size_t more = round_up_to(length + 1, ARENA_GRANULE);
        assert_int_equal(arena_stats(arena).used, used + more);
    }
    arena_destroy(arena);
}

static void formats_of_every_kind_agree_with_the_library(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (int i = 0; i < 300; i++) {
        char expected[200];
        snprintf(expected, sizeof expected, "%%%d %c %s %-*d|%.3f", i, 'x', "text", i % 30, i,
                 i / 7.0);
        char *text = hide_pointer(
            arena_asprintf(arena, "%%%d %c %s %-*d|%.3f", i, 'x', "text", i % 30, i, i / 7.0));
        assert_string_equal(text, expected);
    }
    assert_string_equal(hide_pointer(arena_asprintf(arena, "%%")), "%");
    assert_string_equal(hide_pointer(arena_asprintf(arena, "%s", "")), "");
    assert_valid(arena);
    arena_destroy(arena);
}

static char *format_by_list(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vasprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

static void arguments_are_read_twice_where_the_window_is_short(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t i = 0; i < 50; i++) {
        char *text = hide_pointer(
            format_by_list(arena, "%d %s %d %s %lu %g", 1, "two", 3, letters(i * 50), 5ul, 6.5));
        char expected[LONGEST + 50];
        snprintf(expected, sizeof expected, "1 two 3 %s 5 6.5", letters(i * 50));
        assert_string_equal(text, expected);
    }
    arena_destroy(arena);
}

static void output_longer_than_a_block_is_a_large_object(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    int width = (int)(large_size(arena) + 1000);
    char *text = hide_pointer(arena_asprintf(arena, "%*d", width, 7));
    assert_non_null(text);
    assert_int_equal(strlen(text), width);
    assert_non_null(arena->large);
    assert_valid(arena);
    arena_destroy(arena);
}

static void an_argument_may_live_in_the_arena(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    char *text = hide_pointer(arena_strdup(arena, "0"));
    for (int i = 1; i < 100; i++)
        text = hide_pointer(arena_asprintf(arena, "%s,%d", text, i));
    assert_non_null(text);
    assert_memory_equal(text, "0,1,2,3,", 8);
    assert_int_equal(strlen(text), 289);
    arena_destroy(arena);
}

static void a_copy_that_fails_changes_nothing(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 500);
    unsigned char *older = new_object(arena, 40, 1);
    source.refuse = true;
    const char *text = letters(LONGEST);
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(arena_strdup(arena, text));
    assert_null(arena_strndup(arena, text, LONGEST - 1));
    assert_null(arena_memdup(arena, text, LONGEST));
    assert_null(arena_asprintf(arena, "%s", text));
    assert_null(format_by_list(arena, "%s%d", text, 1));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 5);
    assert_filled(older, 40, 1);
    arena_destroy(arena);
    assert_clean(&source);
}

static void a_copy_of_impossible_size_fails(void **state)
{
    (void)state;
    Arena *arena = new_arena(500);
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(arena_memdup(arena, "", hide_size(SIZE_MAX)));
    assert_null(arena_memdup(arena, "", hide_size((size_t)PTRDIFF_MAX + 1)));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 2);
    arena_destroy(arena);
}

// The C locale has no such character.
static void a_format_that_fails_gives_its_own_errno(void **state)
{
    (void)state;
    static const wchar_t invalid[] = {(wchar_t)0x7FFF, 0};
    char buffer[20];
    errno = 0;
    if (snprintf(buffer, sizeof buffer, "%ls", invalid) >= 0)
        skip();
    int expected = errno;
    Arena *arena = new_arena(500);
    unsigned char *older = new_object(arena, 40, 1);
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(arena_asprintf(arena, "text %ls", invalid));
    assert_int_equal(errno, expected);
    check_unchanged(arena, &before, 1);
    assert_filled(older, 40, 1);
    assert_string_equal(hide_pointer(arena_asprintf(arena, "%s", "good")), "good");
    arena_destroy(arena);
}

typedef struct Counter {
    int *hits;
} Counter;

// The compiler sees all of this but the copy, of which it knows what the header promises.
#if defined(__GNUC__)
__attribute__((noinline))
#endif
static int
count_through_a_copy(Arena *arena)
{
    int hits = 1;
    Counter counter = {&hits};
    Counter *copy = arena_memdup(arena, &counter, sizeof counter);
    if (!copy)
        return -1;
    hits = 5;
    *copy->hits = 7;
    return hits;
}

static void what_a_copied_pointer_points_to_may_change(void **state)
{
    (void)state;
    Arena *arena = new_arena(1000);
    assert_int_equal(count_through_a_copy(arena), 7);
    arena_destroy(arena);
}

// What it writes beyond the cursor is not zero any more, so nothing is written twice or in vain.
static void a_text_that_fits_is_written_once(void **state)
{
    (void)state;
    for (size_t length = 0; length < 200; length++) {
        Arena *arena = arena_create_region(100000); // whose memory is zero
        assert_non_null(arena);
        leave_room(arena, 200);
        const unsigned char *dirty = arena->dirty;
        const unsigned char *cursor = arena->cursor;
        char *text = hide_pointer(arena_asprintf(arena, "%*s", (int)length, ""));
        assert_int_equal(strlen(text), length);
        if (arena->stride > 200) {
            assert_ptr_equal(text, cursor);
            assert_ptr_equal(arena->dirty, dirty);
        }
        arena_destroy(arena);
    }
}

static size_t size_that_failed;

static void note_size(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)context;
    size_that_failed = size;
}

static void a_format_that_fails_asks_for_no_bytes(void **state)
{
    (void)state;
    static const wchar_t invalid[] = {(wchar_t)0x7FFF, 0};
    char buffer[20];
    if (snprintf(buffer, sizeof buffer, "%ls", invalid) >= 0)
        skip();
    Arena *arena = arena_create_with(&(ArenaOptions){.on_failure = note_size});
    assert_non_null(arena);
    size_that_failed = 5;
    assert_null(arena_asprintf(arena, "%ls", invalid));
    assert_int_equal(size_that_failed, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memdup_copies_the_bytes),
        cmocka_unit_test(memdup_of_no_bytes_reads_nothing),
        cmocka_unit_test(strdup_copies_the_string),
        cmocka_unit_test(strings_pack_to_the_granule),
        cmocka_unit_test(strndup_stops_at_the_end_of_the_string),
        cmocka_unit_test(strndup_reads_no_further_than_it_is_told),
        cmocka_unit_test(formatted_lengths_around_the_room_are_whole),
        cmocka_unit_test(formatting_takes_what_it_needs),
        cmocka_unit_test(formats_of_every_kind_agree_with_the_library),
        cmocka_unit_test(arguments_are_read_twice_where_the_window_is_short),
        cmocka_unit_test(output_longer_than_a_block_is_a_large_object),
        cmocka_unit_test(an_argument_may_live_in_the_arena),
        cmocka_unit_test(a_copy_that_fails_changes_nothing),
        cmocka_unit_test(a_copy_of_impossible_size_fails),
        cmocka_unit_test(a_format_that_fails_gives_its_own_errno),
        cmocka_unit_test(what_a_copied_pointer_points_to_may_change),
        cmocka_unit_test(a_text_that_fits_is_written_once),
        cmocka_unit_test(a_format_that_fails_asks_for_no_bytes),
    };
    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
