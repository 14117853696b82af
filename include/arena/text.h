// A text that is built in an arena, and follows its marks.
//
//     ArenaText text = {0};
//     arena_text_append(arena, &text, bytes, size);
//     arena_text_printf(arena, &text, "%s:%d: ", path, line);
//     char *message = arena_text_finish(arena, &text);      // a string of the arena; NULL: no memory
//
// A text is an array of characters: all of array.h works on it, and what array.h says of marks and
// of growth holds here. There is no zero at its end until arena_text_finish puts one there.
//
// Each call either does all of its work, or returns false (or NULL) and leaves the text as it was.
// What is passed in may be a part of the text itself.

#ifndef ARENA_TEXT_H
#define ARENA_TEXT_H

#include "array.h"

#ifdef __cplusplus
extern "C" {
#endif

// Characters, of which `items` has `count`; {0} is an empty text.
typedef ARENA_ARRAY(char) ArenaText;

// Adds `size` bytes, a string, one character.
ARENA_INLINE bool arena_text_append(Arena *arena, ArenaText *text, const void *bytes, size_t size);
ARENA_API bool arena_text_append_string(Arena *arena, ArenaText *text, const char *string);
ARENA_INLINE bool arena_text_append_char(Arena *arena, ArenaText *text, char character);

// Adds what the format says, written straight to where it stays, in one pass while there is room.
// If the format itself fails, false with the `errno` of vsnprintf.
ARENA_API ARENA_PRINTF(3, 4) bool arena_text_printf(Arena *arena, ArenaText *text,
                                                    const char *format, ...);
ARENA_API ARENA_PRINTF(3, 0) bool arena_text_vprintf(Arena *arena, ArenaText *text,
                                                     const char *format, va_list arguments);

// Adds `count` strings with `separator` between them.
ARENA_API bool arena_text_join(Arena *arena, ArenaText *text, const char *separator,
                               const char *const *strings, size_t count);

// The text as a string, good until the text is changed, even if a rewind undoes that. NULL if there is no memory for its end.
ARENA_API const char *arena_text_string(Arena *arena, ArenaText *text);

// The text as a string that lives as long as other objects of the arena, without a copy; room that
// it does not need is given back if nothing was allocated since. The text is empty then, and begins
// anew. NULL if there is no memory for its end.
ARENA_API char *arena_text_finish(Arena *arena, ArenaText *text);

// Appends what did not fit. For the inline function below.
ARENA_API ARENA_COLD bool arena_text_append_slow(Arena *arena, ArenaText *text, const void *bytes,
                                                 size_t size);

// =================================================================================================
// Inline bodies
// =================================================================================================

inline bool arena_text_append(Arena *arena, ArenaText *text, const void *bytes, size_t size)
{
    if (size - 1 < text->capacity - text->count && arena_is_now(arena, text->epoch)) {
        memcpy(text->items + text->count, bytes, size);
        text->count += size;
        return true;
    }
    return arena_text_append_slow(arena, text, bytes, size);
}

inline bool arena_text_append_char(Arena *arena, ArenaText *text, char character)
{
    char *last = ARENA_PUSH(arena, text);
    if (last)
        *last = character;
    return last != NULL;
}

#ifdef __cplusplus
}
#endif

#endif
