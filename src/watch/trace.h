// Writes down what arenas do: ARENA_OPTIONS=trace=FILE. trace_format.h says how.

#ifndef ARENA_TRACE_H
#define ARENA_TRACE_H

#include "watch.h"

// The watcher that writes.
extern const ArenaWatcher arena_tracer;

// Opens the file, which the end of the process completes. False, after a message, if it cannot.
bool arena_trace_from_now(const char *file);

#endif
