// Memory that was taken back and lies idle for a while, so that its use is found: nobody else has it yet.

#ifndef ARENA_IDLE_H
#define ARENA_IDLE_H

#include "watch.h"

// Part of a block, all of which is idle, since this epoch.
typedef struct Piece {
    unsigned char *start;
    size_t size;
    uint64_t epoch;
} Piece;

// Of one arena, in the order of its blocks and addresses, so with rising epochs.
typedef struct Idle {
    Piece *pieces;
    size_t count;
    size_t capacity;
    size_t bytes;
} Idle;

// Whether so many bytes more may lie idle, in this arena and in all of them.
bool arena_idle_has_room(const Idle *idle, size_t bytes);

// The first piece that has lain there since a later epoch; those after it have, too.
size_t arena_idle_since(const Idle *idle, uint64_t epoch);

// Drops what comes from `first` on; and adds a piece at the end, where there is memory to note it.
void arena_idle_cut(Idle *idle, size_t first);
void arena_idle_add(Idle *idle, Piece piece);

#endif
