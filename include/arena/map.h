// A map from strings to pointers in an arena, which follows its marks. It is also the table that
// interns strings: equal strings, equal pointer.
//
//     ArenaMap names = {0};                                        // empty
//     void **value = arena_map_slot(arena, &names, text, length);  // found, or new and NULL
//     *value = symbol;
//     const char *name = arena_map_intern(arena, &names, text, length);
//     for (size_t i = 0; i < names.count; i++)                     // in order of insertion
//         use(arena_map_at(&names, i)->key);
//
// Keys are bytes, any of them, copied into the arena with a zero after them. Entries never move, so
// an entry, its key and the address of its value are good as long as the entry is there. Nothing is
// removed but by a rewind, which takes out what was inserted since the mark; array.h says what holds
// for all containers. The values of entries that were there at the mark are the user's to remember.
//
// The table never rehashes: with each entry comes one more bucket, for which another one is split in
// two (linear hashing: Litwin, 1980). So it grows without a pause and leaves nothing behind; an entry
// takes 36 bytes, where pointers have 8, and its key. The hash is SipHash-1-3 (Aumasson and Bernstein,
// 2012), with a secret of the process and a seed of the map for a key, so that nobody who chooses
// what is inserted can choose where it goes. There can be 4,294,967,294 entries.

#ifndef ARENA_MAP_H
#define ARENA_MAP_H

#include "array.h"

#ifdef __cplusplus
extern "C" {
#endif

// A key and its value.
typedef struct ArenaMapEntry {
    const char *key; // `length` bytes, and a zero
    size_t length;   // of the key, in bytes
    void *value;     // the user's; NULL in a new entry
} ArenaMapEntry;

// The table, which lives in the arena: a segmented array of entries, in order of insertion. Behind the
// entries of a segment is what finds them.
typedef struct ArenaMapRoot {
    ArenaMapEntry **items; // the segments
    size_t count;          // of entries
    size_t capacity;       // entries that there is room for
    uint64_t epoch;        // of the latest change
    uint64_t seed;         // of the hash
} ArenaMapRoot;

// A map; {0} is an empty one.
typedef struct ArenaMap {
    uint64_t epoch;     // of the latest change; the library's
    ArenaMapRoot *root; // NULL before the first insertion
    size_t count;       // of entries
} ArenaMap;

// The address of the value of `key`: found, or new with the value NULL. NULL on failure.
ARENA_API void **arena_map_slot(Arena *arena, ArenaMap *map, const char *key, size_t length);

// The same: the entry.
ARENA_API ArenaMapEntry *arena_map_entry(Arena *arena, ArenaMap *map, const char *key,
                                         size_t length);

// The same: the map's own copy of the key.
ARENA_API const char *arena_map_intern(Arena *arena, ArenaMap *map, const char *key, size_t length);

// The entry of `key`, or NULL if there is none; that is no failure.
ARENA_API ArenaMapEntry *arena_map_find(const ArenaMap *map, const char *key, size_t length);

// The entry that was inserted as number `index`, from 0; it has to be less than `count`.
ARENA_INLINE ArenaMapEntry *arena_map_at(const ArenaMap *map, size_t index);

// =================================================================================================
// Inline bodies
// =================================================================================================

inline ArenaMapEntry *arena_map_at(const ArenaMap *map, size_t index)
{
    return ARENA_AT(map->root, index);
}

#ifdef __cplusplus
}
#endif

#endif
