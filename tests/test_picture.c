// Pictures of arenas: XML whatever the name is, in which every block is, with the sums of the arena.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // MAP_ANONYMOUS
#endif

#include "support/check.h"

#include <arena/watch.h>
#include <stdio.h>

#if defined(__unix__)
#include <sys/mman.h>
#endif

// -------------------------------------------------------------------------------------------------
// Reading a picture
// -------------------------------------------------------------------------------------------------

// All that was written to the file, which is closed. To be freed.
static char *read_all(FILE *file)
{
    long size = ftell(file);
    assert_true(size > 0);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = 0;
    fclose(file);
    return text;
}

static char *draw_to_text(const Arena *arena)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(arena_picture(arena, file));
    return read_all(file);
}

static const char *skip_to(const char *text, const char *what)
{
    const char *found = strstr(text, what);
    assert_non_null(found);
    return found + strlen(what);
}

// 1,234,567
static size_t read_figure(const char **text)
{
    size_t value = 0;
    for (; **text == ',' || (**text >= '0' && **text <= '9'); ++*text)
        if (**text != ',')
            value = value * 10 + (size_t)(**text - '0');
        else if ((*text)[1] == ' ')
            break;
    return value;
}

// -------------------------------------------------------------------------------------------------
// Is it XML?
// -------------------------------------------------------------------------------------------------

// Elements that are open, by where their names begin.
typedef struct Elements {
    const char *names[16];
    size_t count;
} Elements;

static size_t name_length(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz");
}

// An entity, and no more of it than a number.
static const char *check_entity(const char *text)
{
    assert_int_equal(text[0], '&');
    assert_int_equal(text[1], '#');
    size_t digits = strspn(text + 2, "0123456789");
    assert_true(digits > 0);
    assert_int_equal(text[2 + digits], ';');
    return text + 3 + digits;
}

static const char *check_attributes(const char *text)
{
    while (*text == ' ') {
        text += 1 + strcspn(text + 1, "=<>\"");
        assert_int_equal(text[0], '=');
        assert_int_equal(text[1], '"');
        for (text += 2; *text != '"';) {
            assert_true(*text && *text != '<');
            text = *text == '&' ? check_entity(text) : text + 1;
        }
        text++;
    }
    return text;
}

static const char *check_tag(const char *text, Elements *open)
{
    bool closes = text[1] == '/';
    const char *name = text + 1 + closes;
    size_t length = name_length(name);
    assert_true(length > 0);
    text = check_attributes(name + length);
    if (closes) {
        assert_true(open->count > 0);
        const char *opened = open->names[--open->count];
        assert_int_equal(name_length(opened), length);
        assert_memory_equal(opened, name, length);
    } else if (*text == '/') {
        text++;
    } else {
        assert_true(open->count < COUNT_OF(open->names));
        open->names[open->count++] = name;
    }
    assert_int_equal(*text, '>');
    return text + 1;
}

static void check_xml(const char *text)
{
    Elements open = {.count = 0};
    do {
        if (*text == '<') {
            text = check_tag(text, &open);
        } else if (*text == '&') {
            text = check_entity(text);
        } else {
            assert_true((unsigned char)*text >= 32 || *text == '\n');
            text++;
        }
    } while (open.count > 0);
    assert_string_equal(text, "\n");
}

// -------------------------------------------------------------------------------------------------
// Does it add up?
// -------------------------------------------------------------------------------------------------

// What the boxes say that they hold, and the tenths of pixels that were drawn for it in a picture of
// this height.
typedef struct Sums {
    size_t height;
    size_t boxes;
    size_t blocks;
    size_t bytes[5];
    size_t widths[5];
} Sums;

static const char *const classes[] = {"used", "wasted", "free", "spare", "header"};
static const char *const labels[] = {"handed out", "wasted", "free", "spare", "headers"};

// Block 3: 8 bytes free, or Blocks 4 to 8, summed up: 16 bytes handed out, 8 bytes free
static const char *read_title(const char *text, Sums *sums)
{
    text += strncmp(text, "Blocks ", 7) == 0 ? 7 : 6;
    size_t first = read_figure(&text);
    size_t last = first;
    if (strncmp(text, " to ", 4) == 0) {
        text += 4;
        last = read_figure(&text);
    }
    sums->boxes++;
    sums->blocks += last - first + 1;
    text = strchr(text, ':');
    while (*text != '<') {
        text += 2;
        size_t bytes = read_figure(&text);
        text = skip_to(text, " bytes ");
        size_t kind = 0;
        while (strncmp(text, labels[kind], strlen(labels[kind])) != 0)
            assert_true(++kind < COUNT_OF(labels));
        sums->bytes[kind] += bytes;
        text += strlen(labels[kind]);
    }
    return text;
}

// Rectangles, such as M160 20h30v4h-30z, of one class, which lie within the margins.
static const char *read_path(const char *text, Sums *sums)
{
    size_t kind = 0;
    while (strncmp(text, classes[kind], strlen(classes[kind])) != 0)
        if (++kind == COUNT_OF(classes))
            return text;
    for (text = skip_to(text, " d=\""); *text == 'M'; text = skip_to(text, "z")) {
        text++;
        size_t left = read_figure(&text);
        text++;
        size_t top = read_figure(&text);
        text = skip_to(text, "h");
        size_t width = read_figure(&text);
        assert_true(left >= 160 && left + width <= 3840 && top + 140 < sums->height);
        sums->widths[kind] += width;
    }
    return text;
}

static const char *read_paths(const char *text, Sums *sums)
{
    size_t left = strlen(skip_to(text, "</g>"));
    const char *path = strstr(text, "<path class=\"");
    for (; path && strlen(path) > left; path = strstr(text, "<path class=\""))
        text = read_path(path + strlen("<path class=\""), sums);
    return text;
}

static Sums read_sums(const char *text)
{
    Sums sums = {.boxes = 0};
    text = skip_to(text, "viewBox=\"0 0 4000 ");
    sums.height = read_figure(&text);
    while ((text = strstr(text, "<g><title>")) != NULL) {
        text = read_title(text + strlen("<g><title>"), &sums);
        text = read_paths(text, &sums);
    }
    return sums;
}

// Each box rounds where a part of it begins and ends.
static void check_widths(const Sums *sums, const char *text)
{
    text = skip_to(text, "a full row ");
    text = skip_to(text, "<title>");
    size_t row = read_figure(&text);
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        double width = (double)sums->bytes[i] * 3680 / (double)row;
        assert_true((double)sums->widths[i] <= width + (double)sums->boxes);
        assert_true((double)sums->widths[i] >= width - (double)sums->boxes);
    }
}

// To be freed.
static char *check_picture(const Arena *arena)
{
    char *text = draw_to_text(arena);
    check_xml(text);
    Sums sums = read_sums(text);
    ArenaStats stats = arena_stats(arena);
    assert_int_equal(sums.blocks, stats.blocks);
    assert_int_equal(sums.bytes[0], stats.used);
    assert_int_equal(sums.bytes[1], stats.wasted);
    size_t reserved = 0;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        reserved += sums.bytes[i];
    assert_int_equal(reserved, stats.reserved);
    check_widths(&sums, text);
    return text;
}

// The arena is gone then.
static void check_and_destroy(Arena *arena)
{
    assert_non_null(arena);
    free(check_picture(arena));
    arena_destroy(arena);
}

static void an_empty_arena_has_a_picture(void **state)
{
    (void)state;
    check_and_destroy(new_arena(0));
    check_and_destroy(new_arena(1));
    Arena *arena = new_arena(300);
    assert_null(arena_alloc(arena, SIZE_MAX));
    char *text = check_picture(arena);
    assert_non_null(strstr(text, ", 1 block, 1 failure\""));
    assert_non_null(strstr(text, ">(no name)<"));
    free(text);
    arena_destroy(arena);
}

static void every_block_is_in_it(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t count = 0; count < 6; count++) {
        grow_blocks(arena, 1);
        new_object(arena, large_size(arena), 1);
        free(check_picture(arena));
    }
    leave_room(arena, 8);
    new_object(arena, 64, 1);
    free(check_picture(arena));
    arena_reset(arena);
    assert_true(spare_bytes(arena) > 0);
    check_and_destroy(arena);
}

static void regions_and_buffers_have_pictures(void **state)
{
    (void)state;
    static unsigned char buffer[5000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    assert_non_null(arena);
    new_object(arena, 500, 1);
    check_and_destroy(arena);
    arena = arena_create_region(1 << 20);
    assert_non_null(arena);
    new_object(arena, 50000, 1);
    check_and_destroy(arena);
}

// A block that would begin at the very end of a row begins the next one.
static void blocks_may_begin_anywhere_in_a_row(void **state)
{
    (void)state;
    for (size_t count = 1; count < 60; count++) {
        Arena *arena = new_arena(300 + 40 * count);
        for (size_t i = 0; i < count; i++)
            new_object(arena, large_size(arena) + 8 * i * count, 1);
        check_and_destroy(arena);
    }
}

#if defined(__unix__)
enum { GIGABYTES = 2048 };

// Addresses, of which only the first may be used.
static void *reserve_much(void *context, size_t *size)
{
    (void)context;
    *size = (size_t)GIGABYTES << 30;
    void *pages = mmap(NULL, *size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    return mprotect(pages, 1 << 20, PROT_READ | PROT_WRITE) == 0 ? pages : NULL;
}

static void give_much_back(void *context, void *pages, size_t size)
{
    (void)context;
    munmap(pages, size);
}

// There is no unit above it.
static void a_block_may_be_of_thousands_of_gigabytes(void **state)
{
    (void)state;
    const ArenaSource source = {.acquire = reserve_much, .release = give_much_back};
    Arena *arena = arena_create_with(&(ArenaOptions){.source = source});
    if (!arena)
        skip(); // the system has no such addresses
    new_object(arena, 1000, 1);
    char *text = draw_to_text(arena);
    check_xml(text);
    assert_non_null(strstr(text, ">2048 GiB</text>"));
    free(text);
    arena_destroy(arena);
}
#else
static void a_block_may_be_of_thousands_of_gigabytes(void **state)
{
    (void)state;
    skip();
}
#endif

static void adopted_arenas_are_in_it(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    for (size_t i = 0; i < 5; i++) {
        Arena *from = new_arena(100);
        grow_blocks(from, i);
        new_object(from, large_size(from), 1);
        Arena *older = new_arena(100);
        assert_true(arena_adopt(from, older));
        assert_true(arena_adopt(arena, from));
        free(check_picture(arena));
    }
    char *text = check_picture(arena);
    assert_non_null(strstr(text, " blocks of adopted arenas"));
    free(text);
    arena_destroy(arena);
}

static void thousands_of_blocks_are_summed_up(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 4000, .largest_block = 4096});
    assert_non_null(arena);
    grow_blocks(arena, 3000);
    char *text = check_picture(arena);
    assert_non_null(strstr(text, " summed up, under lines<"));
    assert_non_null(strstr(text, ", summed up: "));
    assert_true(strlen(text) < 100000);
    free(text);
    arena_destroy(arena);
}

static void a_small_block_beside_a_large_one_is_in_it(void **state)
{
    (void)state;
    Arena *arena = new_arena(4000);
    assert_non_null(hide_pointer(arena_alloc(arena, (size_t)256 << 20)));
    check_and_destroy(arena);
}

static void what_watchers_keep_free_is_told(void **state)
{
    (void)state;
    const ArenaWatcher watcher = {.red_zone = 32};
    Arena *arena = new_arena(3000);
    assert_true(arena_watch(arena, &watcher));
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    char *text = draw_to_text(arena);
    check_xml(text);
    assert_true(arena->hidden > 0);
    assert_int_equal(read_sums(text).bytes[0], arena_stats(arena).used + arena->hidden);
    assert_non_null(strstr(text, "red zones"));
    free(text);
    arena_unwatch(arena, &watcher);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Names
// -------------------------------------------------------------------------------------------------

#if ARENA_HAS_BACKTRACE
// Two functions, each of which is told apart by who has called the library.
static ARENA_OUTLINED void fill_first(Arena *arena)
{
    for (size_t i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 64)));
}

static ARENA_OUTLINED void fill_second(Arena *arena)
{
    for (size_t i = 0; i < 300; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 64)));
}

// Every object is noted, so that all that was handed out is somebody's, in one piece each.
static void who_has_asked_for_it_is_shown_where_a_profile_is(void **state)
{
    (void)state;
    Arena *arena = new_arena(1 << 16);
    arena_profile_interval(1);
    assert_true(arena_watch(arena, arena_profiler()));
    fill_first(arena);
    fill_second(arena);
    char *text = check_picture(arena);
    assert_non_null(strstr(text, "as a profile estimates"));
    assert_non_null(strstr(text, "fill_second 18.7 KiB"));
    assert_non_null(strstr(text, "fill_first 6.2 KiB"));
    assert_non_null(strstr(text, "19,200 bytes or about that, by fill_second"));
    assert_non_null(strstr(text, "6,400 bytes or about that, by fill_first"));
    free(text);
    arena_destroy(arena);
}
// Ten functions, of which seven have a colour; the second has two calls.
#define FILL(name, count, ...)                                     \
    static ARENA_OUTLINED void fill_##name(Arena *arena)           \
    {                                                              \
        for (size_t i = 0; i < (count); i++)                       \
            assert_non_null(hide_pointer(arena_alloc(arena, 64))); \
        __VA_ARGS__;                                               \
    }
FILL(a, 300, (void)0)
FILL(b, 100, assert_non_null(hide_pointer(arena_alloc(arena, 6400))))
FILL(c, 250, (void)0)
FILL(d, 1, (void)0)
FILL(e, 220, (void)0)
FILL(f, 150, (void)0)
FILL(g, 160, (void)0)
FILL(h, 3, (void)0)
FILL(i, 170, (void)0)
FILL(j, 180, (void)0)
#undef FILL

static void functions_with_the_most_bytes_are_named(void **state)
{
    (void)state;
    static void (*const fills[])(Arena *) = {fill_a, fill_b, fill_c, fill_d, fill_e,
                                             fill_f, fill_g, fill_h, fill_i, fill_j};
    Arena *arena = new_arena(1 << 17);
    arena_profile_interval(1);
    assert_true(arena_watch(arena, arena_profiler()));
    for (size_t i = 0; i < COUNT_OF(fills); i++)
        fills[i](arena);
    char *text = check_picture(arena);
    static const char *const shown[] = {"fill_a 18.7 KiB", "fill_c 15.6 KiB", "fill_e 13.7 KiB",
                                        "fill_b 12.5 KiB", "fill_j 11.2 KiB", "fill_i 10.6 KiB",
                                        "fill_g 10 KiB"};
    const char *at = skip_to(text, "as a profile estimates");
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        at = skip_to(at, shown[i]);
    at = skip_to(at, "other functions 9.6 KiB"); // 154 objects
    assert_null(strstr(at, "KiB</text>\n<text class=\"letter\""));
    assert_non_null(strstr(text, "64 bytes or about that, by other functions"));
    assert_null(strstr(text, ", by fill_f"));
    assert_null(strstr(text, ", by fill_h"));
    free(text);
    arena_destroy(arena);
}

// What lies between two objects is shown as the nearer one's, and what nobody has noted as nobody's.
static void what_is_not_noted_is_nobodys_or_the_nearest(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    grow_blocks(arena, 2);
    size_t before = arena_stats(arena).used;
    arena_profile_interval(1);
    assert_true(arena_watch(arena, arena_profiler()));
    fill_d(arena);
    size_t after = arena_stats(arena).used;
    assert_non_null(hide_pointer(arena_alloc_aligned(arena, 64, 4096)));
    fill_h(arena);
    char *text = check_picture(arena);
    assert_non_null(strstr(text, "by fill_d"));
    assert_non_null(strstr(text, "by fill_h"));
    size_t sum = 0;
    for (const char *at = text; (at = strstr(at, "<title>")) != NULL;) {
        at += strlen("<title>");
        const char *figure = at;
        size_t bytes = read_figure(&figure);
        const char *end = strstr(at, "</title>");
        const char *by = strstr(at, " bytes or about that, by ");
        sum += by && by < end ? bytes : 0;
    }
    size_t used = arena_stats(arena).used;
    assert_true(after > before && sum > 0 && sum <= used && sum >= used - after);
    free(text);
    arena_destroy(arena);
}
#else
static void who_has_asked_for_it_is_shown_where_a_profile_is(void **state)
{
    (void)state;
    skip();
}

static void functions_with_the_most_bytes_are_named(void **state)
{
    (void)state;
    skip();
}

static void what_is_not_noted_is_nobodys_or_the_nearest(void **state)
{
    (void)state;
    skip();
}
#endif

static void any_bytes_are_a_name(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"plain", "plain"},
        {"", "(no name)"},
        {"a<&>\"'", "a&#60;&#38;&#62;&#34;'"},
        {"]]></text>", "]]&#62;&#60;/text&#62;"},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"\xE9t\xE9", "?t?"},
        {"cut \xE2\x82", "cut ??"},
        {"overlong \xC0\xAF \xE0\x80\xAF", "overlong ?? ???"},
        {"surrogate \xED\xA0\x80", "surrogate ???"},
        {"no character \xEF\xBF\xBF", "no character ???"},
        {"too far \xF4\x90\x80\x80 \xF9\x90\x80\x80", "too far ???? ????"},
        {"control \x01\x1B\t\n\x7F\xC2\x85", "control ???????"},
        {"%s%n", "%s%n"},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char shown[200];
        Arena *arena = arena_create_with(&(ArenaOptions){.name = names[i][0]});
        assert_non_null(arena);
        char *text = check_picture(arena);
        snprintf(shown, sizeof shown, ">%s<title>%s</title></text>", names[i][1], names[i][1]);
        assert_non_null(strstr(text, shown));
        snprintf(shown, sizeof shown, "arena %s: ", names[i][1]);
        assert_non_null(strstr(text, shown));
        free(text);
        arena_destroy(arena);
    }
}

static void a_long_name_is_cut_and_whole_in_its_title(void **state)
{
    (void)state;
    char name[1000], whole[1100];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    assert_non_null(arena);
    char *text = check_picture(arena);
    snprintf(whole, sizeof whole, "xxx...<title>%s</title>", name);
    assert_non_null(strstr(text, whole));
    free(text);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Several, and failure
// -------------------------------------------------------------------------------------------------

static char *draw_all_to_text(Arena *const *arenas, size_t count, const char *heading)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(arena_picture_all(arenas, count, heading, file));
    char *text = read_all(file);
    check_xml(text);
    return text;
}

static void several_arenas_are_one_picture(void **state)
{
    (void)state;
    Arena *arenas[] = {new_arena(300), new_arena(3000)};
    new_object(arenas[0], 100, 1);
    grow_blocks(arenas[1], 3);
    char *text = draw_all_to_text(arenas, 2, "a <heading>");
    Sums sums = read_sums(text);
    size_t used = arena_stats(arenas[0]).used + arena_stats(arenas[1]).used;
    assert_int_equal(sums.bytes[0], used);
    assert_non_null(strstr(text, ">a &#60;heading&#62;</text>"));
    free(text);
    free(draw_all_to_text(arenas, 2, NULL));
    free(draw_all_to_text(NULL, 0, "none"));
    arena_destroy(arenas[0]);
    arena_destroy(arenas[1]);
}

// `file` takes nothing; on a system where it is missing there is nothing to see.
static void check_refused(const Arena *arena, const char *file, const char *mode, int error)
{
    FILE *out = fopen(file, mode);
    if (!out)
        return;
    errno = 0;
    assert_false(arena_picture(arena, out));
    assert_int_equal(errno, error);
    fclose(out);
}

// Where all fits into what is kept back.
static void check_refused_at_last(const Arena *arena)
{
    static char kept[1 << 20];
    FILE *out = fopen("/dev/full", "w");
    if (!out)
        return;
    assert_int_equal(setvbuf(out, kept, _IOFBF, sizeof kept), 0);
    errno = 0;
    assert_false(arena_picture(arena, out));
    assert_int_equal(errno, ENOSPC);
    fclose(out);
}

static void what_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    check_refused(arena, "/dev/full", "w", ENOSPC);
    check_refused(arena, "/dev/null", "r", EBADF);
    check_refused_at_last(arena);
    Snapshot before = take_snapshot(arena);
    free(draw_to_text(arena));
    check_unchanged(arena, &before, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_arena_has_a_picture),
        cmocka_unit_test(every_block_is_in_it),
        cmocka_unit_test(regions_and_buffers_have_pictures),
        cmocka_unit_test(a_block_may_be_of_thousands_of_gigabytes),
        cmocka_unit_test(blocks_may_begin_anywhere_in_a_row),
        cmocka_unit_test(adopted_arenas_are_in_it),
        cmocka_unit_test(thousands_of_blocks_are_summed_up),
        cmocka_unit_test(a_small_block_beside_a_large_one_is_in_it),
        cmocka_unit_test(what_watchers_keep_free_is_told),
        cmocka_unit_test(who_has_asked_for_it_is_shown_where_a_profile_is),
        cmocka_unit_test(what_is_not_noted_is_nobodys_or_the_nearest),
        cmocka_unit_test(functions_with_the_most_bytes_are_named),
        cmocka_unit_test(any_bytes_are_a_name),
        cmocka_unit_test(a_long_name_is_cut_and_whole_in_its_title),
        cmocka_unit_test(several_arenas_are_one_picture),
        cmocka_unit_test(what_cannot_be_written_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
