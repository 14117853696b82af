// What a trace looks like: what arenas did, from the first that was made to the end of the process, in
// the order in which they did it. Written by trace.c, read by tools/arena-replay.
//
// TRACE_MAGIC, then events. Each begins with a byte, of which the lower five bits say what it is and the
// upper three what is left out. Numbers have seven bits in each byte, the lowest first, and the eighth
// bit set in all but the last; signed ones are n >= 0 ? 2 * n : -2 * n - 1. A text is its length and its
// bytes.
//
// Arenas, threads, stacks and frames are known by numbers, which begin at 0 and are given in order. A
// *place* is an address, as a signed difference from the place of the arena's event before, the first of
// an arena from 0; in RESIZE the second place is from the first. The first stack is one that nobody
// knows. An *epoch* is what marks are known by.
//
//     | event        | numbers and texts                                                        |
//     |--------------|--------------------------------------------------------------------------|
//     | CREATE       | kind, capacity of the first block, largest_block, name, stack; the next  |
//     |              | arena                                                                    |
//     | ALLOC        | arena, size, logarithm of the alignment, place, stack                    |
//     | RESIZE       | arena, old place, old size, place, size                                  |
//     | MARK         | arena, epoch, count: so many marks, of this epoch and those after it     |
//     | REWIND       | arena, epoch of the mark                                                 |
//     | RESET        | arena                                                                    |
//     | ADOPT        | arena, the other one, which is gone                                      |
//     | DESTROY      | arena, which is gone                                                     |
//     | ACQUIRED     | arena, bytes that it has got from its source                             |
//     | RELEASED     | arena, bytes that it has given back                                      |
//     | THREAD       | the thread whose events follow                                           |
//     | TIME         | microseconds since the last TIME, or the beginning                       |
//     | FRAME        | name of a function, or its file and the offset in it; the next frame     |
//     | STACK        | count, and so many frames, innermost first; the next stack               |
//     | END          | events before this one; nothing follows                                  |
//
// An object that was copied in order to grow has an ALLOC, and the next event of the arena is RESIZE, with
// the place of that. What the first block holds is told twice: by CREATE, and by the ACQUIRED that
// follows. What the other arena has belongs to who adopts it. A trace without END was cut off.

#ifndef ARENA_TRACE_FORMAT_H
#define ARENA_TRACE_FORMAT_H

#define TRACE_MAGIC "arena trace 2\n"

typedef enum TraceEvent {
    TRACE_END,
    TRACE_CREATE,
    TRACE_ALLOC,
    TRACE_RESIZE,
    TRACE_MARK,
    TRACE_REWIND,
    TRACE_RESET,
    TRACE_ADOPT,
    TRACE_DESTROY,
    TRACE_ACQUIRED,
    TRACE_RELEASED,
    TRACE_THREAD,
    TRACE_TIME,
    TRACE_FRAME,
    TRACE_STACK,
    TRACE_EVENTS, // how many there are
} TraceEvent;

// What is left out: the arena is that of the event before which had one; the stack is that of the ALLOC
// before; the place is where the arena's object before ends, its size rounded up to 8.
enum {
    TRACE_KIND = 0x1f,
    TRACE_SAME_ARENA = 0x20,
    TRACE_SAME_STACK = 0x40,
    TRACE_NEXT_PLACE = 0x80
};

// Where an arena's memory is from.
typedef enum TraceSource {
    TRACE_HEAP,
    TRACE_BUFFER,
    TRACE_REGION,
    TRACE_OWN,
    TRACE_SOURCES
} TraceSource;

#endif
