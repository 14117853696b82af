// Marks, and the journal of what a rewind undoes.

#include "internal.h"

// In the middle of its caller it would not have a frame of its own; nor would arena_rewind.
ARENA_OUTLINED ArenaMark arena_mark(Arena *arena)
{
    arena->marked = true;
    arena->floor = arena->cursor;
    arena->large_floor = arena->large;
    arena->journal_floor = arena->journal;
    // The epoch of the mark is the one that it ends: so a mark that lies where a container was does not
    // look like that one to what is undone until there.
    ArenaMark mark = {
        .block = arena->current,
        .cursor = arena->cursor,
        .large = arena->large,
        .journal = arena->journal,
        .epoch = arena->epoch,
        .frame = ARENA_CALLER_FRAME(),
    };
    arena->epoch += ARENA_EPOCH;
    return mark;
}

static void undo_one(ArenaUndo *undo, const ArenaRewind *rewind)
{
    if (undo->call)
        undo->call(undo->target);
    else if (rewind && undo->undo)
        undo->undo(undo->saved, rewind);
    else if (rewind)
        memcpy(undo->target, undo->saved, undo->size);
}

bool arena_undo_until(Arena *arena, ArenaUndo *last, ArenaRewind *rewind)
{
    bool any = arena->journal != last;
    ArenaBlock *large_floor = arena->large_floor;
    ArenaUndo *journal_floor = arena->journal_floor;

    // An entry is off the list before its call runs, which may allocate, defer, or jump away. The
    // marks that it makes end with it.
    while (arena->journal != last) {
        ArenaUndo *undo = arena->journal;
        arena->journal = undo->next;
        if (rewind)
            rewind->now = arena->epoch;
        undo_one(undo, rewind);
        arena->large_floor = large_floor;
        arena->journal_floor = journal_floor;
    }
    return any;
}

// `frame` is where the stack of the caller of arena_rewind ends.
static ARENA_COLD void undo_since(Arena *arena, const ArenaMark *mark, const void *frame)
{
    ArenaRewind rewind = {
        .mark = mark->epoch + ARENA_EPOCH,
        .frame = frame,
        .mark_frame = mark->frame,
        .arena = arena,
    };
    arena_undo_until(arena, mark->journal, &rewind);
}

ARENA_OUTLINED void arena_rewind(Arena *arena, ArenaMark mark)
{
    if (arena->watch && !arena->watch->hooks->rewinding(arena, &mark))
        return;
    // The calls that follow may allocate, so the lists have to be in order already; and resize, but
    // what the journal still points to does not move.
    arena->large_floor = arena->large;
    arena->journal_floor = mark.journal;
    if (arena->journal != mark.journal)
        undo_since(arena, &mark, ARENA_CALLER_FRAME());
    note_peak(arena);
    if (arena->watch)
        arena->watch->hooks->taken_back(arena, &mark, &mark.block, &mark.cursor);
    arena_release_large_until(arena, mark.large);
    arena->large_floor = mark.large;
    arena_leave_block(arena);
    arena_return_to(arena, mark.block, mark.cursor);
    arena->epoch += ARENA_EPOCH;
}

static ArenaUndo *new_entry(Arena *arena, size_t size)
{
    size_t whole = size <= PTRDIFF_MAX - sizeof(ArenaUndo) ? sizeof(ArenaUndo) + size : SIZE_MAX;
    return arena_new(arena, whole, ARENA_ALIGNOF(ArenaUndo));
}

bool arena_defer(Arena *arena, void (*call)(void *context), void *context)
{
    ArenaUndo *undo = new_entry(arena, 0);
    if (!undo)
        return false;
    *undo = (ArenaUndo){.next = arena->journal, .call = call, .target = context};
    arena->journal = undo;
    return true;
}

// Notes `entry`, with a copy of its `size` bytes at `saved`.
static bool save(Arena *arena, const ArenaUndo *entry, const void *saved)
{
    if (!arena->marked)
        return true;
    ArenaUndo *undo = new_entry(arena, entry->size);
    if (!undo)
        return false;
    *undo = *entry;
    undo->next = arena->journal;
    memcpy(undo->saved, saved, entry->size);
    arena->journal = undo;
    return true;
}

bool arena_remember(Arena *arena, void *object, size_t size)
{
    const ArenaUndo entry = {.target = object, .size = size};
    return save(arena, &entry, object);
}

bool arena_on_rewind(Arena *arena, void (*undo)(void *saved, const ArenaRewind *rewind),
                     const void *object, const void *saved, size_t size)
{
    const ArenaUndo entry = {.undo = undo, .target = (void *)(uintptr_t)object, .size = size};
    return save(arena, &entry, saved);
}
