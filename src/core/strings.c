// Copies of what the caller has.

#include "internal.h"

void *arena_memdup(Arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_alloc(arena, size);
    return copy && size > 0 ? memcpy(copy, bytes, size) : copy;
}

// A string needs no alignment, so it packs tighter than arena_alloc.
static char *copy_text(Arena *arena, const char *text, size_t length)
{
    char *copy = ARENA_NEW_ARRAY(arena, char, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (arena->watch)
        arena->watch->hooks->initialised(copy, length + 1);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
    return copy_text(arena, text, string_length(text));
}

char *arena_strndup(Arena *arena, const char *text, size_t most)
{
    return copy_text(arena, text, string_length_within(text, smaller(most, PTRDIFF_MAX)));
}
