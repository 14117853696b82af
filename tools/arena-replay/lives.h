// What is alive: which objects of which arenas a rewind, a reset, an adoption and the end of an
// arena have left there. Objects and marks are known by the numbers of the operations that made
// them, and only operations that come later ask about them.

#ifndef REPLAY_LIVES_H
#define REPLAY_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOBODY UINT32_MAX

// Marks that were made at once.
typedef struct LivingMarks {
    uint64_t epoch; // of the first
    uint64_t count;
    uint64_t own; // bytes that the arena had
    uint32_t operation;
} LivingMarks;

// What operations between these two, both left out, have made is gone.
typedef struct Undone {
    uint32_t mark;
    uint32_t rewind;
} Undone;

typedef struct ArenaLife {
    LivingMarks *marks; // oldest first
    size_t mark_count;
    size_t mark_room;
    Undone *undone; // oldest first
    size_t undone_count;
    size_t undone_room;
    uint64_t own;     // bytes of its objects
    uint64_t adopted; // and of those that it has adopted
    uint64_t peak;
    uint32_t owner;        // who adopted it
    uint32_t adopted_at;   // the operation that did; later, that by which the owner has it
    uint32_t latest_reset; // 0: none, and none before an arena's first operation
    uint32_t latest_mark;
    bool is_gone; // with all its memory
} ArenaLife;

// Of all arenas of a trace, by number.
typedef struct Lives {
    ArenaLife *items;
    size_t count;
} Lives;

bool lives_begin(Lives *lives, size_t count);
void lives_free(Lives *lives);
bool life_is_over(Lives *lives, uint32_t arena, uint32_t operation);

// False if there is no memory.
bool life_mark(ArenaLife *life, LivingMarks marks);
bool life_rewind(ArenaLife *life, const LivingMarks *marks, uint32_t operation);
LivingMarks *life_find(const ArenaLife *life, uint64_t epoch);

void life_reset(ArenaLife *life, uint32_t operation);
void life_adopt(Lives *lives, uint32_t into, uint32_t from, uint32_t operation);
void life_end(ArenaLife *life);

#endif
