// How a container follows marks: what is noted at its first change after one, and put back.

#include "header.h"

bool arena_touch(Arena *arena, const Header *header, UndoHeader *undo)
{
    if (arena_is_now(arena, *header->epoch))
        return true;
    SavedHeader saved = {
        .header = *header,
        .items = get_items(header),
        .count = *header->count,
        .capacity = *header->capacity,
        .epoch = *header->epoch,
        .since = arena->epoch,
        .adopted = arena->adopted_epoch,
    };
    if (!arena_on_rewind(arena, undo, header->epoch, &saved, sizeof saved))
        return false;
    bool is_shared = arena->marked && saved.capacity > 0;
    *header->epoch = arena->epoch | (saved.epoch & EPOCH_CUT) | (is_shared ? EPOCH_SHARED : 0);
    return true;
}

void arena_give_back(Arena *arena, void *object, size_t size)
{
    void *empty = object ? arena_realloc(arena, object, size, 0) : NULL;
    (void)empty;
}

// Whether the address is in what the stack below `frame` is used for now: by functions of the
// library. What lay there is gone, and must not be written to.
static bool is_in_use(const void *address, const void *frame)
{
    enum { MOST = 4096 }; // more than these functions need; no other memory is so near
    return (uintptr_t)frame - (uintptr_t)address - 1 <
           (uintptr_t)frame - (uintptr_t)ARENA_FRAME() + MOST;
}

// A container may be gone by now. If that is known, because it is newer than the mark, it is not
// looked at; one of an arena that was adopted in between may have any epoch. Else its epoch tells: no
// other memory looks like one that this arena had since.
ARENA_UNCHECKED bool arena_header_is_there(const SavedHeader *saved, const ArenaRewind *rewind)
{
    const Header *header = &saved->header;
    if (saved->adopted < rewind->mark && saved->epoch >= rewind->mark)
        return false;
    if (rewind->frame &&
        (is_in_use(header->items, rewind->frame) || is_in_use(header->count, rewind->frame) ||
         is_in_use(header->capacity, rewind->frame) || is_in_use(header->epoch, rewind->frame)))
        return false;
    uint64_t epoch = *header->epoch & ~(uint64_t)(ARENA_EPOCH - 1);
    return saved->since <= epoch && epoch <= rewind->now;
}

ARENA_UNCHECKED void arena_restore_header(void *saved, const ArenaRewind *rewind)
{
    const SavedHeader *old = saved;
    if (!arena_header_is_there(old, rewind))
        return;
    memcpy(old->header.items, &old->items, sizeof old->items);
    *old->header.count = old->count;
    *old->header.capacity = old->capacity;
    *old->header.epoch = old->epoch;
}
