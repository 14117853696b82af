// Marks, and the journal of what a rewind undoes.

#include "internal.h"

ArenaMark arena_mark(Arena *arena)
{
    arena->marked = true;
    arena->floor = arena->cursor;
    arena->large_floor = arena->large;
    arena->journal_floor = arena->journal;
    arena->epoch++;
    return (ArenaMark){
        .block = arena->current,
        .cursor = arena->cursor,
        .large = arena->large,
        .journal = arena->journal,
        .epoch = arena->epoch,
    };
}

void arena_rewind(Arena *arena, ArenaMark mark)
{
    // The calls that follow may allocate, so the lists have to be in order already.
    arena->large_floor = mark.large;
    arena->journal_floor = mark.journal;
    arena_undo_until(arena, mark.journal, true);
    note_peak(arena);
    arena_release_large_until(arena, mark.large);
    arena_leave_block(arena);
    arena_return_to(arena, mark.block, mark.cursor);
    arena->epoch++;
}

bool arena_undo_until(Arena *arena, ArenaUndo *last, bool restore)
{
    bool any = arena->journal != last;
    ArenaBlock *large_floor = arena->large_floor;
    ArenaUndo *journal_floor = arena->journal_floor;

    // An entry is off the list before its call runs, which may allocate, defer, or jump away. The
    // marks that it makes end with it.
    while (arena->journal != last) {
        ArenaUndo *undo = arena->journal;
        arena->journal = undo->next;
        if (undo->call)
            undo->call(undo->target);
        else if (restore)
            memcpy(undo->target, undo->saved, undo->size);
        arena->large_floor = large_floor;
        arena->journal_floor = journal_floor;
    }
    return any;
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

bool arena_remember(Arena *arena, void *object, size_t size)
{
    if (!arena->marked)
        return true;
    ArenaUndo *undo = new_entry(arena, size);
    if (!undo)
        return false;
    *undo = (ArenaUndo){.next = arena->journal, .target = object, .size = size};
    memcpy(undo->saved, object, size);
    arena->journal = undo;
    return true;
}
