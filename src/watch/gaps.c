// Who hears of an allocation: whose gap it does not fit into.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "gap.h"
#include "watching.h"

// Has the window reach as far as the least gap, from where it is to open.
static void set_stride(Arena *arena, unsigned char *cursor)
{
    Watch *watch = watch_of(arena);
    size_t stride = ARENA_TUNE_STRIDE;
    for (size_t i = 0; i < watch->count; i++)
        stride = smaller(stride, watch->attached[i].gap & ~(size_t)(ARENA_GRANULE - 1));
    watch->opened = cursor;
    arena->stride = stride;
}

// Draws all gaps anew.
static void draw_gaps(Watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        Attached *to = &watch->attached[i];
        to->gap = to->interval ? random_gap(&watch->random, to->interval) : 0;
    }
}

void arena_move_gaps(Arena *arena, unsigned char *cursor)
{
    Watch *watch = watch_of(arena);
    size_t passed = (size_t)(arena->cursor - watch->opened);
    size_t least = ARENA_TUNE_STRIDE;
    for (size_t i = 0; i < watch->count; i++) {
        Attached *to = &watch->attached[i];
        to->gap -= smaller(to->gap, passed);
        least = smaller(least, to->gap);
    }
    watch->opened = cursor;
    arena->stride = least & ~(size_t)(ARENA_GRANULE - 1);
}

// Who does not see every allocation has nothing against a byte that is written in front of them.
void arena_open_to_next(Arena *arena)
{
    ArenaWatch *watch = arena->watch;
    draw_gaps(watch_of(arena));
    set_stride(arena, arena->cursor);
    if (arena->stride > 0)
        arena->watch = NULL;
    open_window(arena);
    arena->watch = watch;
}

// Those in whose gap the allocation does not fit; for the guard, its first bytes, so that large objects
// are not chosen more often.
void arena_note_who_is_due(Arena *arena, size_t size)
{
    Watch *watch = watch_of(arena);
    arena_move_gaps(arena, arena->cursor);
    for (size_t i = 0; i < watch->count; i++) {
        Attached *to = &watch->attached[i];
        size_t length = to->watcher == arena_guard() ? smaller(size, ARENA_GUARD_SHARE) : size;
        to->is_due = to->interval == 0 || length > to->gap;
    }
}

void arena_tell_allocated(Arena *arena, void *object, size_t size)
{
    Watch *watch = watch_of(arena);
    for (size_t i = 0; i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->is_due && to->watcher->allocated)
            to->watcher->allocated(arena, to->state, object, size);
    }
}

#endif
