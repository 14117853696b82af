// What the files of src/watch share. The arrows run one way:
//
//     options.c ──► check.c ──► watch.c ──► core/
//          │           │
//          │       audit.c  report.c  stack.c  tools.c
//          └────► stats.c

#ifndef ARENA_WATCH_INTERNAL_H
#define ARENA_WATCH_INTERNAL_H

#include "arena/watch.h"
#include "../core/internal.h"
#include "../memory/sources.h"

// watch.c

// What a watcher has returned for the arena; NULL if it does not watch that.
void *arena_state_of(const Arena *arena, const ArenaWatcher *watcher);

// What `hidden` of the arena, which is watched, is once it was rewound to the mark.
size_t arena_hidden_at(const Arena *arena, const ArenaMark *mark);

// graves.c

// Has what remains of an arena stay for a while, when its blocks go back to the source, so that its use
// is reported.
void arena_bury(Arena *arena);

// check.c

// The arena was destroyed, and somebody calls `function` with it.
void arena_report_use_after_end(const Arena *arena, const char *function);

// Nobody may use the memory, until it is opened again; then, where no tool has seen to it, it is
// reported if somebody has.
void arena_close_memory(void *start, size_t size);
void arena_open_memory(void *start, size_t size);

// Bytes that are free before and after the object that was allocated last.
size_t arena_red_zone(const Arena *arena);

#endif
