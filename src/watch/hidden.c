// What counts as used in a watched arena, but is only kept free.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "watching.h"

#include <stdlib.h>

// The bytes of a red zone are gone, with all that is newer than the mark, when that is rewound to; so
// each epoch has its own sum. Where there is no memory for that, they count as used.
void arena_hide(Arena *arena, size_t bytes)
{
    if (bytes == 0)
        return;
    Watch *watch = watch_of(arena);
    size_t count = watch->hidden_count;
    bool is_new = count == 0 || watch->hidden[count - 1].epoch != arena->epoch;
    if (is_new && count == watch->hidden_capacity) {
        size_t capacity = count ? 2 * count : 16;
        Hidden *more = realloc(watch->hidden, capacity * sizeof *more);
        if (more) {
            watch->hidden = more;
            watch->hidden_capacity = capacity;
        }
    }
    if (is_new && count == watch->hidden_capacity)
        return;
    arena->hidden += bytes;
    watch->hidden_count = count + is_new;
    watch->hidden[watch->hidden_count - 1] = (Hidden){arena->epoch, arena->hidden};
}

// How many of the sums a rewind to the mark leaves.
static size_t hidden_count_at(const Watch *watch, const ArenaMark *mark)
{
    size_t count = watch->hidden_count;
    while (count > 0 && (!mark || watch->hidden[count - 1].epoch > mark->epoch))
        count--;
    return count;
}

size_t arena_hidden_at(const Arena *arena, const ArenaMark *mark)
{
    size_t count = hidden_count_at(watch_of(arena), mark);
    return count ? watch_of(arena)->hidden[count - 1].bytes : 0;
}

void arena_unhide_until(Arena *arena, const ArenaMark *mark)
{
    arena->hidden = arena_hidden_at(arena, mark);
    watch_of(arena)->hidden_count = hidden_count_at(watch_of(arena), mark);
}

#endif
