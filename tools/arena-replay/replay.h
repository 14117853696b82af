// Does what a trace says was done, with other settings or with the same. One thread does it, in the
// order of the trace. Each object is written once, all of it, where it is made, as the program
// would; where it grows, the rest is.

#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "operations.h"

#include <arena/arena.h>
#include <arena/watch.h>

// What is tried. It applies to groups that say so; huge pages and the cache are the whole
// process's.
typedef struct Settings {
    uint64_t capacity;      // of the first block; AS_TRACED
    uint64_t largest_block; // 0: as traced
    uint64_t cache;         // for arena_cache_limit; AS_TRACED: as a process begins
    bool has_small_pages;   // only
    bool has_region;        // instead of blocks
} Settings;

#define AS_TRACED UINT64_MAX

extern const Settings settings_of_trace;

// Bytes of the region for arenas that have had so many.
uint64_t region_size(uint64_t peak);

typedef struct Object {
    void *start;
    size_t size;
} Object;

typedef struct Replay {
    const Operations *operations;
    const Settings *settings;
    Arena **arenas;   // by number; NULL: not yet, or gone
    Object *objects;  // by slot
    ArenaMark *marks; // by slot
    Arena *arena;     // of the operations that come now
    uint32_t number;  // and its number
    uint64_t largest; // largest_block of the next arena in the trace
    Object old;
    Object latest;               // what the latest operation made
    const ArenaWatcher *watcher; // of all arenas, where it is set; objects are not written then
} Replay;

// Bytes of objects at a time that a machine has memory for: half of it, as copies may take as much
// again.
uint64_t replay_most_bytes(void);

// The bytes of its tables, which whoever has it makes and fills with zeroes.
size_t replay_room(const Operations *operations);
void replay_begin(Replay *replay, void *room);

// Does the operations from `first` on, up to the one before `last`; false if there is no memory for
// one.
bool replay_some(Replay *replay, uint32_t first, uint32_t last);

// What is still there is destroyed.
void replay_end(Replay *replay);

#endif
