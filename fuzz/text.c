// Formatted strings and texts in arenas with little room, against snprintf of the C library.

#include "fuzz.h"

#include <arena/text.h>

#include "../tests/support/choices.h"

#include <string.h>

enum { LONGEST = 6000, MARKS = 8 };

// A conversion with its argument, which is one of these.
typedef struct Conversion {
    char format[64];
    char kind; // i, l, z, f, s, p, or % for none
    int number;
    long long_number;
    size_t size;
    double real;
    char string[64];
} Conversion;

// Calls FUNCTION with the arguments in front, the format, and the argument that it wants.
#define FORMAT(c, FUNCTION, ...)                                                  \
    ((c)->kind == 'i'   ? FUNCTION(__VA_ARGS__, (c)->format, (c)->number)         \
     : (c)->kind == 'l' ? FUNCTION(__VA_ARGS__, (c)->format, (c)->long_number)    \
     : (c)->kind == 'z' ? FUNCTION(__VA_ARGS__, (c)->format, (c)->size)           \
     : (c)->kind == 'f' ? FUNCTION(__VA_ARGS__, (c)->format, (c)->real)           \
     : (c)->kind == 's' ? FUNCTION(__VA_ARGS__, (c)->format, (c)->string)         \
     : (c)->kind == 'p' ? FUNCTION(__VA_ARGS__, (c)->format, (void *)(c)->string) \
                        : FUNCTION(__VA_ARGS__, (c)->format))

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static void put(Conversion *conversion, const char *text)
{
    strcat(conversion->format, text);
}

static void choose_width(Choices *choices, Conversion *conversion, const char *before,
                         uint32_t most)
{
    char digits[16];
    if (choose(choices, 2) == 0)
        return;
    snprintf(digits, sizeof digits, "%s%u", before, (unsigned)choose(choices, most));
    put(conversion, digits);
}

static Conversion choose_conversion(Choices *choices)
{
    static const char *const flags[] = {"", "-", "+", "0", "#", " "};
    static const struct {
        char kind;
        const char *text;
    } kinds[] = {{'i', "d"},  {'i', "x"}, {'i', "c"}, {'l', "ld"}, {'l', "lo"},
                 {'z', "zu"}, {'f', "f"}, {'f', "g"}, {'f', "e"},  {'f', "a"},
                 {'s', "s"},  {'p', "p"}, {'%', "%"}};
    Conversion conversion = {.format = ""};
    uint32_t kind = choose(choices, sizeof kinds / sizeof *kinds);
    conversion.kind = kinds[kind].kind;
    conversion.number = (int)choose(choices, UINT32_MAX);
    conversion.long_number = (long)((uint64_t)choose(choices, UINT32_MAX) << 20);
    conversion.size = (size_t)conversion.long_number;
    conversion.real = (double)conversion.number / (1 + choose(choices, 1000));
    uint32_t length = choose(choices, sizeof conversion.string);
    for (uint32_t i = 0; i < length; i++)
        conversion.string[i] = (char)(1 + choose(choices, 255));
    put(&conversion, choose(choices, 2) ? "a=" : "");
    put(&conversion, "%");
    if (conversion.kind != '%') {
        put(&conversion, flags[choose(choices, sizeof flags / sizeof *flags)]);
        choose_width(choices, &conversion, "", 900);
        if (strchr("ilzfs", conversion.kind))
            choose_width(choices, &conversion, ".", 300);
    }
    put(&conversion, kinds[kind].text);
    put(&conversion, choose(choices, 2) ? "" : "%%;");
    return conversion;
}

// The text as it should be, at each mark too.
typedef struct Expected {
    char bytes[LONGEST];
    size_t count;
} Expected;

static void check_text(const ArenaText *text, const Expected *expected)
{
    CHECK(text->count == expected->count && text->count <= text->capacity);
    CHECK(text->count == 0 || memcmp(text->items, expected->bytes, text->count) == 0);
}

static void append_expected(Expected *expected, const char *bytes, size_t size)
{
    memcpy(expected->bytes + expected->count, bytes, size);
    expected->count += size;
}

static Arena *choose_arena(Choices *choices)
{
    static max_align_t buffer[4096 / sizeof(max_align_t)];
    uint32_t kind = choose(choices, 4);
    if (kind == 0)
        return arena_create_in(buffer, 1000 + choose(choices, 3000));
    if (kind == 1)
        return arena_create_region(65536);
    ArenaOptions options = {.capacity = 1 + choose(choices, 2000)};
    options.limit = kind == 2 ? 3000 + choose(choices, 9000) : 0;
    return arena_create_with(&options);
}

// One call, and what it has to have done. One that fails has to have changed nothing.
static void change(Choices *choices, Arena *arena, ArenaText *text, Expected *expected)
{
    char bytes[2000];
    uint32_t action = choose(choices, 5);
    if (action == 0) {
        Conversion conversion = choose_conversion(choices);
        int length = FORMAT(&conversion, snprintf, bytes, sizeof bytes);
        CHECK(length >= 0 && (size_t)length < sizeof bytes);
        if (!FORMAT(&conversion, arena_text_printf, arena, text))
            return;
        append_expected(expected, bytes, (size_t)length);
    } else if (action == 1) { // the text itself, in part
        size_t count = text->count ? choose(choices, (uint32_t)text->count) : 0;
        count = count < 500 ? count : 500;
        if (!arena_text_append(arena, text, text->items, count))
            return;
        append_expected(expected, expected->bytes, count);
    } else if (action == 2) {
        static const char *const strings[] = {"one", "", "three"};
        static const char *const joined[] = {"", "one", "one, ", "one, , three"};
        uint32_t count = choose(choices, 4);
        if (!arena_text_join(arena, text, ", ", strings, count))
            return;
        append_expected(expected, joined[count], strlen(joined[count]));
    } else if (action == 3) {
        char character = (char)choose(choices, 256);
        if (!arena_text_append_char(arena, text, character))
            return;
        append_expected(expected, &character, 1);
    } else {
        size_t kept = choose(choices, (uint32_t)text->count + 1);
        if (!ARENA_TRUNCATE(arena, text, kept))
            return;
        expected->count = kept;
    }
}

static void check_strings(Choices *choices, Arena *arena)
{
    char bytes[2000];
    Conversion conversion = choose_conversion(choices);
    int length = FORMAT(&conversion, snprintf, bytes, sizeof bytes);
    size_t failures = arena_stats(arena).failures;
    char *string = FORMAT(&conversion, arena_asprintf, arena);
    CHECK(string || arena_stats(arena).failures == failures + 1);
    CHECK(!string ||
          (strlen(string) <= (size_t)length && memcmp(string, bytes, (size_t)length + 1) == 0));
    const char *copy = string ? arena_strdup(arena, string) : NULL;
    CHECK(!copy || strcmp(copy, string) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_size)
{
    static Expected expected, marked[MARKS];
    Choices choices = choices_from_bytes(input, input_size);
    Arena *arena = choose_arena(&choices);
    if (!arena)
        return 0;
    ArenaText text = {0};
    ArenaMark marks[MARKS];
    size_t depth = 0;
    expected.count = 0;
    while (choices_are_left(&choices) && expected.count < LONGEST - 2100) {
        uint32_t action = choose(&choices, 10);
        if (action < 7) {
            change(&choices, arena, &text, &expected);
        } else if (action == 7 && depth < MARKS) {
            marks[depth] = arena_mark(arena);
            marked[depth++] = expected;
        } else if (action == 8 && depth > 0) {
            depth--;
            arena_rewind(arena, marks[depth]);
            expected = marked[depth];
        } else {
            check_strings(&choices, arena);
        }
        check_text(&text, &expected);
        CHECK(arena_is_valid(arena));
    }
    const char *string = arena_text_string(arena, &text);
    CHECK(!string ||
          (memcmp(string, expected.bytes, expected.count) == 0 && string[expected.count] == 0));
    arena_destroy(arena);
    return 0;
}
