// Reads traces, event by event, and looks at every one of them: what is damaged is found here, so that
// whoever goes on can trust numbers to be of arenas, stacks and frames that are there.

#ifndef REPLAY_TRACE_H
#define REPLAY_TRACE_H

#include "../../src/watch/trace_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An event, with what it leaves out filled in. Of the fields only those are set that its kind has.
typedef struct Event {
    TraceEvent kind;
    uint64_t number; // of the event, from 0
    uint64_t time;   // microseconds since the beginning
    uint32_t thread;
    uint32_t arena;
    uint32_t other;     // ADOPT: the arena that is gone
    uint64_t place;     // ALLOC, RESIZE: the address that the object had
    uint64_t old_place; // RESIZE
    uint64_t size;      // ALLOC, RESIZE, ACQUIRED, RELEASED; CREATE: the first block's capacity
    uint64_t old_size;  // RESIZE
    uint64_t largest;   // CREATE: largest_block; 0: the default
    uint64_t align;     // ALLOC
    uint64_t epoch;     // MARK, REWIND
    uint64_t count;     // MARK
    uint32_t stack;     // CREATE, ALLOC
    TraceSource source; // CREATE
    const char *name;   // CREATE, FRAME: ends with a zero; lives as long as the trace
} Event;

// The stack of a number: its frames, innermost first.
typedef struct TraceStack {
    const uint32_t *frames;
    size_t count;
} TraceStack;

typedef struct Trace Trace;

// Reads a file whole and checks it to its end. NULL, after a message on stderr that has the file, the
// offset of the event that is wrong and the reason, if it is not a trace, or damaged, or cut off.
Trace *trace_open(const char *path);
void trace_close(Trace *trace);

// From the beginning again; and the next event, until there is none but END, which is not returned.
void trace_rewind(Trace *trace);
bool trace_next(Trace *trace, Event *event);

size_t trace_arenas(const Trace *trace); // that were made
size_t trace_stacks(const Trace *trace);
TraceStack trace_stack(const Trace *trace, uint32_t number);
const char *trace_frame(const Trace *trace, uint32_t number); // its name

#endif
