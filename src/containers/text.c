// Texts. What is written may be made of the text itself, as a string, so nothing is written over that
// or its zero until all was read: it goes one byte further, and then moves down.

#include "arena/text.h"
#include "header.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

extern ARENA_API inline bool arena_text_append(Arena *arena, ArenaText *text, const void *bytes,
                                               size_t size);
extern ARENA_API inline bool arena_text_append_char(Arena *arena, ArenaText *text, char character);

static bool grow_text(Arena *arena, ArenaText *text, size_t more)
{
    return arena_array_grow(ARENA_ARRAY_PARTS(arena, text), more);
}

bool arena_text_append_slow(Arena *arena, ArenaText *text, const void *bytes, size_t size)
{
    return ARENA_APPEND(arena, text, (const char *)bytes, size);
}

bool arena_text_append_string(Arena *arena, ArenaText *text, const char *string)
{
    return arena_text_append(arena, text, string, strlen(string));
}

// ----- What is not copied in one piece -----

static char *text_end(const ArenaText *text)
{
    return text->items + text->count;
}

// Where the zero of the text's own string is not in the way, in a text that has room there.
static char *place_behind(const ArenaText *text)
{
    return text->items + text->count + 1;
}

// Bytes that can be written behind the text's own zero, for which one is left free.
static size_t room_behind(const ArenaText *text)
{
    size_t room = text->capacity - text->count;
    return room > 0 ? room - 1 : 0;
}

// A place for `size` bytes that moves nothing: behind the text if it can grow where it stands, or
// else elsewhere; NULL if there is no memory. The text has been touched.
static char *place_for(Arena *arena, ArenaText *text, size_t size)
{
    size_t behind = text->count + 1;
    size_t least = size <= PTRDIFF_MAX - behind ? behind + size : SIZE_MAX;
    size_t roomy = text->capacity > least / 2 ? 2 * text->capacity : least;
    if (size > room_behind(text)) {
        if (!arena_extend(arena, text->items, text->capacity, least, &roomy))
            return ARENA_NEW_ARRAY(arena, char, size);
        text->capacity = roomy;
    }
    return place_behind(text);
}

// Makes the first `size` of the `whole` bytes at such a place the end of the text. A place elsewhere may be
// right behind the text, too: what tells is whether the text has the room.
static bool take_over(Arena *arena, ArenaText *text, char *place, size_t size, size_t whole)
{
    if (whole > room_behind(text)) {
        bool good = arena_text_append(arena, text, place, size);
        arena_give_back(arena, place, whole);
        return good;
    }
    memmove(text_end(text), place, size);
    text->count += size;
    return true;
}

bool arena_text_vprintf(Arena *arena, ArenaText *text, const char *format, va_list arguments)
{
    if (!grow_text(arena, text, 0))
        return false;

    // A failure may jump away, so the copy is of the first pass, which none is in.
    va_list first;
    va_copy(first, arguments);
    size_t room = room_behind(text) < INT_MAX ? room_behind(text) : INT_MAX;
    char *place = room > 0 ? place_behind(text) : NULL;
    int length = vsnprintf(place, room, format, first);
    va_end(first);
    if (length < 0)
        return arena_fail(arena, 0, errno);

    size_t size = (size_t)length + 1;
    if (size > room) {
        place = place_for(arena, text, size);
        if (!place)
            return false;
        vsnprintf(place, size, format, arguments);
    }
    return take_over(arena, text, place, size - 1, size);
}

bool arena_text_printf(Arena *arena, ArenaText *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool good = arena_text_vprintf(arena, text, format, arguments);
    va_end(arguments);
    return good;
}

// Bytes of all strings and what is between them; SIZE_MAX if that is more than there can be.
static size_t joined_size(const char *separator, const char *const *strings, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count && size < SIZE_MAX; i++) {
        size_t piece = strlen(strings[i]) + (i > 0 ? strlen(separator) : 0);
        size = piece <= PTRDIFF_MAX - size ? size + piece : SIZE_MAX;
    }
    return size;
}

static char *copy_string(char *to, const char *string)
{
    size_t size = strlen(string);
    memcpy(to, string, size);
    return to + size;
}

bool arena_text_join(Arena *arena, ArenaText *text, const char *separator,
                     const char *const *strings, size_t count)
{
    size_t size = joined_size(separator, strings, count);
    if (size == 0)
        return true;
    char *place = grow_text(arena, text, 0) ? place_for(arena, text, size) : NULL;
    if (!place)
        return false;

    char *end = place;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            end = copy_string(end, separator);
        end = copy_string(end, strings[i]);
    }
    return take_over(arena, text, place, size, size);
}

// ----- The end -----

const char *arena_text_string(Arena *arena, ArenaText *text)
{
    if (!grow_text(arena, text, 1))
        return NULL;
    *text_end(text) = 0;
    return text->items;
}

char *arena_text_finish(Arena *arena, ArenaText *text)
{
    if (!arena_text_string(arena, text))
        return NULL;
    char *string = arena_realloc(arena, text->items, text->capacity, text->count + 1);
    text->items = NULL;
    text->count = 0;
    text->capacity = 0;
    return string;
}
