// What the checker knows of an arena: its objects, and the latest of those that are gone.

#ifndef ARENA_LEDGER_H
#define ARENA_LEDGER_H

#include "watch.h"
#include "stack.h"

enum { LEDGER_NAME = 40 };

// In the order in which they were made, so with rising epochs, and rising addresses within a run.
typedef struct Object {
    unsigned char *start;
    size_t size;
    uint64_t epoch;
    Stack made;
    uint32_t zone : 30;    // bytes of a red zone before and after it
    uint32_t is_loose : 1; // it has grown, and a mark will take that back; `size` is as before
    uint32_t is_left : 1;  // it has moved, and nobody is to use what it was
    uint64_t sum;          // of its bytes then
} Object;

// Objects in one block, one after the other.
typedef struct Run {
    size_t first;
} Run;

typedef struct Gone {
    unsigned char *start;
    size_t size;
    Stack made;
    Stack freed;
    const char *how; // what took it back
    uint64_t number; // of all that went, in order
} Gone;

// Memory that objects may be in.
typedef struct Extent {
    unsigned char *start;
    size_t size;
} Extent;

// Epochs of marks that are no good any more: after the first, up to the last.
typedef struct Span {
    uint64_t after;
    uint64_t until;
} Span;

// A pointer to a ledger which who looks for leaks takes for none: an arena that nobody knows any more but
// the checker is lost.
typedef struct Veiled {
    uintptr_t negated;
} Veiled;

typedef struct Ledger {
    Veiled next; // of all
    Veiled previous;
    Veiled next_at_home;       // of those that are there, in the same bucket
    struct Ledger *next_ended; // of those that have ended, in the order in which they did
    struct Ledger *adopted;
    const Arena *arena; // NULL once it is gone
    const void *was;    // where it was
    char name[LEDGER_NAME];
    Stack made;
    Stack ended;
    bool is_whole;   // every object of the arena is known
    bool is_lent;    // the arena lies in the caller's buffer, which may be something else by now
    bool is_adopted; // by the arena of another ledger, which ends it
    bool is_going; // its objects are about to be dropped; while audit.c looks for pointers to them

    Object *objects;
    size_t count;
    size_t capacity;
    Run *runs;
    size_t run_count;
    size_t run_capacity;
    Gone *gone; // the latest GONE of them, in a ring
    size_t gone_count;
    Extent *extents;
    size_t extent_count;
    size_t extent_capacity;
    Span *dead;
    size_t dead_count;
    size_t dead_capacity;
} Ledger;

static inline Veiled veil(const Ledger *ledger)
{
    return (Veiled){0 - (uintptr_t)ledger};
}

static inline Ledger *unveil(Veiled veiled)
{
    return (Ledger *)(0 - veiled.negated);
}

// No ledger changes while somebody else looks into it, and the list of all does not. The one lock may be
// taken after this one, but not before. False: it was not to be had, after a while.
void arena_ledgers_take(void);
bool arena_ledgers_try(void);
void arena_ledgers_release(void);

// A ledger for an arena, on the list of all; NULL if there is no memory. If another arena was there, in
// the caller's buffer, that has ended.
Ledger *arena_ledger_begin(const Arena *arena);

// The arena is gone; the ledger is kept for a while, for what is asked later.
void arena_ledger_end(Ledger *ledger);

// `from` is an arena that `into` has adopted.
void arena_ledger_adopt(Ledger *into, Ledger *from);

// An object more. False if there is no memory to note it.
bool arena_ledger_add(Ledger *ledger, Object object);

// The object at this address, or in whose bytes and red zones it lies; NULL if there is none.
Object *arena_ledger_find(const Ledger *ledger, const void *address);

// Objects that are newer than a mark are gone: `how`, and where.
void arena_ledger_note_gone(Ledger *ledger, const Object *object, const char *how, Stack freed);
void arena_ledger_drop_newest(Ledger *ledger);

// The latest of those gone that covered the address; or NULL.
const Gone *arena_ledger_find_gone(const Ledger *ledger, const void *address);

// The source has given memory for objects, or has it back.
void arena_ledger_add_extent(Ledger *ledger, unsigned char *start, size_t size);
void arena_ledger_remove_extent(Ledger *ledger, const unsigned char *start, size_t size);

// Marks that were made after this epoch are no good any more; and whether one is.
void arena_ledger_kill_marks(Ledger *ledger, uint64_t after, uint64_t until);
bool arena_ledger_mark_is_dead(const Ledger *ledger, uint64_t epoch);

// The first on the list of all.
Ledger *arena_ledger_newest(void);

// Calls for each ledger, newest first, until one returns true; then true. Nothing of them changes
// meanwhile.
bool arena_ledger_any(bool (*call)(Ledger *ledger, void *context), void *context);

#endif
