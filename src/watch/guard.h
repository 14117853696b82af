// What the guard knows of objects that have pages of their own.

#ifndef ARENA_GUARD_H
#define ARENA_GUARD_H

#include "stack.h"
#include "watch.h"

// An object in the pool, or what was there last; of several slots, in the first of them.
typedef struct Guarded {
    unsigned char *start; // NULL: nothing was
    size_t size;
    uint64_t epoch;
    unsigned char *pages;
    ArenaBlock *block;
    const char *how; // what took it back; NULL: nobody knows
    Stack made;
    Stack freed;
    size_t first; // of its slots
    uint32_t slot_count;
    uint32_t lead; // slots between the first one and this
    bool is_live;
    char name[23]; // of its arena
} Guarded;

// Whether an address is in the pool.
bool arena_guard_has(const void *address);

// Who is, or was, nearest to an address in the pool; NULL if it is not there, or nobody was.
const Guarded *arena_guard_find(const void *address);

#endif
