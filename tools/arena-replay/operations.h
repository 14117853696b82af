// What a replay does: the events of a trace as a list of operations that is short, and needs no
// look at addresses. Objects that are resized later, and marks that are rewound to, are known by
// slots, which are used again; all others need none.
//
// In a trace, an object that has another size may be found again as it was, after a rewind; so what
// a resize gives has a slot of its own. Resizes of objects that nobody has heard of allocate new
// ones. An operation has the arena of the ARENA or CREATE before it.
//
//     | operation | slot                             | size                                |
//     |-----------|----------------------------------|-------------------------------------|
//     | LARGEST   |                                  | largest_block of the next to CREATE |
//     | CREATE    | the arena                        | capacity of the first block         |
//     | ARENA     | the arena that is next           |                                     |
//     | ALLOC     | the object, or NO_SLOT           | of the object                       |
//     | OLD       | what is resized next, or NO_SLOT |                                     |
//     | GROW      | the new object, or NO_SLOT       | of that; the trace has a copy       |
//     | EXTEND    | the new object, or NO_SLOT       | of that; the trace has no copy      |
//     | SHRINK    | the new object, or NO_SLOT       | of that                             |
//     | UNKNOWN   |                                  | a RESIZE that its ALLOC says all of |
//     | MARK      | the last of them, or NO_SLOT     | how many marks                      |
//     | REWIND    | the mark                         | marks from the trace's to that one  |
//     | RESET     |                                  |                                     |
//     | ADOPT     | the arena that is gone           |                                     |
//     | DESTROY   |                                  |                                     |
//     | NOTHING   |                                  |                                     |

#ifndef REPLAY_OPERATIONS_H
#define REPLAY_OPERATIONS_H

#include "trace.h"

typedef enum OperationKind {
    OP_NOTHING,
    OP_LARGEST,
    OP_CREATE,
    OP_ARENA,
    OP_ALLOC,
    OP_OLD,
    OP_GROW,
    OP_EXTEND,
    OP_SHRINK,
    OP_UNKNOWN,
    OP_MARK,
    OP_REWIND,
    OP_RESET,
    OP_ADOPT,
    OP_DESTROY,
} OperationKind;

#define NO_SLOT UINT32_MAX

// More marks in a row are replayed as so many: they cost time, and change nothing.
#define MOST_MARKS 65536

typedef struct Operation {
    uint8_t kind;
    uint8_t log_align;
    uint32_t slot;
    uint64_t size;
} Operation;

// Arenas of one name, and of one kind of source.
typedef struct Group {
    const char *name;
    TraceSource source;
    uint32_t arenas;
    uint64_t capacity; // of the first block; of the first arena where they differ
    uint64_t allocations;
    uint64_t bytes;
    uint64_t resizes;
    uint64_t peak; // the most bytes that one of them had
    uint64_t rewinds;
    uint64_t resets;
    bool is_tuned; // settings apply to them
} Group;

typedef struct Operations {
    Operation *items;
    uint32_t count;
    uint32_t room;
    uint32_t peak_at;   // the operation after which all arenas together had the most bytes
    uint64_t peak;      // how many those were
    uint32_t *group_of; // by arena
    uint32_t arenas;
    uint32_t objects; // slots
    uint32_t marks;   // slots
    Group *groups;
    uint32_t group_count;
    uint64_t unknown; // resizes of objects that nobody has heard of, with that size
} Operations;

// Goes through the trace from its beginning. False, after a message, if there is no memory.
bool operations_read(Operations *operations, Trace *trace, const char *path);
void operations_free(Operations *operations);

#endif
