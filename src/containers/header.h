// What all containers share: four members that follow the marks of an arena.

#ifndef ARENA_CONTAINERS_HEADER_H
#define ARENA_CONTAINERS_HEADER_H

#include "arena/arena.h"

// The four members, which may lie anywhere in the container.
typedef struct Header {
    void *items; // the address of the pointer, of whatever type that is
    size_t *count;
    size_t *capacity;
    uint64_t *epoch;
} Header;

// What a container notes in its epoch below the arena's: its storage may be older than the latest
// mark, and the items in it are then not to be overwritten. The storage is not the newest object
// then, since the note was made after it, and does not grow where it stands.
enum { EPOCH_SHARED = 1 };

// A header as a rewind will put it back, and the epoch that the container had from then on.
typedef struct SavedHeader {
    Header header;
    void *items;
    size_t count;
    size_t capacity;
    uint64_t epoch;
    uint64_t since;
    uint64_t adopted; // the epoch of the latest adoption then
} SavedHeader;

typedef void UndoHeader(void *saved, const ArenaRewind *rewind);

static inline void *get_items(const Header *header)
{
    void *items;
    memcpy(&items, header->items, sizeof items);
    return items;
}

static inline void set_items(const Header *header, void *items)
{
    memcpy(header->items, &items, sizeof items);
}

// Has to come before each change: the first one after a mark has the header noted, and `undo` called
// with a SavedHeader. False if there is no memory for that.
bool arena_touch(Arena *arena, const Header *header, UndoHeader *undo);

// Takes an object back that is of no use any more, if nothing was allocated since. NULL is fine.
void arena_give_back(Arena *arena, void *object, size_t size);

// For `undo`: whether the container was there at the mark and is there now, and what most do then.
bool arena_header_is_there(const SavedHeader *saved, const ArenaRewind *rewind);
void arena_restore_header(void *saved, const ArenaRewind *rewind);

#endif
