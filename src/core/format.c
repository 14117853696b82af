// Formatted strings.

#include "internal.h"

#include <limits.h>
#include <stdio.h>

char *arena_asprintf(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vasprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

// What was written past the cursor and not claimed is not zero any more.
static void note_scribble(Arena *arena, size_t size)
{
    ArenaBlock *block = arena->current;
    block->dirty = larger(block->dirty, offset_in(block, arena->cursor) + size);
    arena->dirty = block->data + block->dirty;
}

static char *claim(Arena *arena, size_t size)
{
    char *text = (char *)arena->cursor;
    arena->cursor += round_up(size, ARENA_GRANULE);
    return text;
}

char *arena_vasprintf(Arena *arena, const char *format, va_list arguments)
{
    // `on_failure` may jump away, so the copy is of the first pass, which no failure is in.
    va_list first;
    va_copy(first, arguments);
    size_t room = smaller((size_t)(arena->end - arena->cursor), INT_MAX);
    int length = vsnprintf((char *)arena->cursor, room, format, first);
    va_end(first);

    size_t size = (size_t)length + 1;
    if (length >= 0 && size <= room)
        return claim(arena, size);

    note_scribble(arena, room);
    char *text = length < 0 ? arena_fail(arena, 0, errno) : ARENA_NEW_ARRAY(arena, char, size);
    if (text)
        vsnprintf(text, size, format, arguments);
    return text;
}
