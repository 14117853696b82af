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
    *header->epoch = arena->epoch | (is_shared ? EPOCH_SHARED : 0);
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

// Whether the address is on the stack between who rewinds and who made the mark: in the frame of a
// function that was called since. Frames that are far apart may be on two stacks.
static bool is_in_younger_frame(const void *address, const ArenaRewind *rewind)
{
    enum { MOST_DEPTH = 1 << 20 };
    uintptr_t depth = (uintptr_t)rewind->mark_frame - (uintptr_t)rewind->frame;
    return depth < MOST_DEPTH && (uintptr_t)address - (uintptr_t)rewind->frame < depth;
}

// Whether it was a local variable of a function that has returned, as far as that can be told.
static bool is_in_dead_frame(const Header *header, const ArenaRewind *rewind)
{
    const void *parts[] = {header->items, header->count, header->capacity, header->epoch};
    for (size_t i = 0; rewind->frame && i < sizeof parts / sizeof *parts; i++)
        if (is_in_use(parts[i], rewind->frame) || is_in_younger_frame(parts[i], rewind))
            return true;
    return false;
}

// Whether it looks like a container that this arena has had since `saved`.
static ARENA_UNCHECKED bool looks_right(const SavedHeader *saved, const ArenaRewind *rewind)
{
    const Header *header = &saved->header;
    uint64_t epoch = *header->epoch & ~(uint64_t)(ARENA_EPOCH - 1);
    if (epoch < saved->since || epoch > rewind->now)
        return false;
    void *items;
    memcpy(&items, header->items, sizeof items);
    size_t count = *header->count;
    size_t capacity = *header->capacity;
    return count <= capacity && (capacity == 0 || arena_owns(rewind->arena, items));
}

// A container that was changed before the mark was there then, and its user sees to it that it is
// there now; it is looked at all the same, at little cost. One that is known to be newer is left alone.
// Of any other nobody knows: one that was empty may be older than the mark, or newer and gone; and that
// of an arena that was adopted since the mark may have any epoch before that.
bool arena_header_is_there(const SavedHeader *saved, const ArenaRewind *rewind)
{
    bool is_of_now = saved->adopted < rewind->mark || saved->epoch >= saved->adopted;
    bool is_newer = is_of_now && saved->epoch >= rewind->mark;
    return !is_newer && !is_in_dead_frame(&saved->header, rewind) && looks_right(saved, rewind);
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
