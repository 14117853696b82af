// What the files of src/watch share. The arrows run one way:
//
//     options.c ──► check.c  guard.c   stats.c  profile.c ──► watch.c ──► core/
//                      │        │         │         │            │
//                   audit.c  fault.c      │      pprof.c      serve.c  taken_back.c  graves.c
//                      │        │         │      folded.c        │         │
//                   ledger.c  report.c ◄──┴────── output.c    gaps.c  hidden.c  idle.c
//                      │        │
//                    stack.c  tools.c
//
// But for check.c, guard.c and profile.c: these watchers are known by name, and what is declared of them
// below is called by those who tell them.

#ifndef ARENA_WATCH_INTERNAL_H
#define ARENA_WATCH_INTERNAL_H

#include "arena/watch.h"
#include "stack.h"
#include "../core/internal.h"
#include "../memory/sources.h"

// watch.c

// What a watcher has returned for the arena; NULL if it does not watch that.
void *arena_state_of(const Arena *arena, const ArenaWatcher *watcher);

// Whether the arena is being destroyed, so that all is taken back for good.
bool arena_is_ending(const Arena *arena);

// serve.c

// Bytes that are free before and after the object that was allocated last.
size_t arena_red_zone(const Arena *arena);

// The alignment that was asked for of the object that is being allocated, or was last.
size_t arena_align_of_latest(const Arena *arena);

// Whether an object that was resized is a new one, which was heard of when it was allocated, if at all.
bool arena_was_copied(const Arena *arena, const void *old, const void *object, size_t size);

// taken_back.c

// What takes back what an arena gives up at present, and where it was called.
Stack arena_taking_back(const Arena *arena, const char **how);
void arena_set_taking_back(Arena *arena, const char *how);

// hidden.c

// Has so many bytes not count as used, until what is newer than the latest mark is taken back.
void arena_hide(Arena *arena, size_t bytes);

// What `hidden` of the arena, which is watched, is once it was rewound to the mark.
size_t arena_hidden_at(const Arena *arena, const ArenaMark *mark);

// graves.c

// Has what remains of an arena stay for a while, when its blocks go back to the source, so that its use
// is reported.
void arena_bury(Arena *arena);

// check.c

// The arena was destroyed, and somebody calls `function` with it.
void arena_report_use_after_end(const Arena *arena, const char *function);

// How many bytes of an object may be copied, of those that its user says it has: no more than the checker
// knows of, who will report it.
size_t arena_checked_size(const Arena *arena, const void *ptr, size_t size);

// That nobody has written to what was taken back from the arena, if that can be seen.
void arena_check_freed(const Arena *arena, unsigned char *start, size_t size);

// Nobody may use the memory, until it is opened again; then, where no tool has seen to it, it is
// reported if somebody has.
void arena_close_memory(void *start, size_t size);
void arena_open_memory(void *start, size_t size);

// guard.c

// An object in pages of its own, and on the arena's list of large ones, if the budget lets it. And how
// many bytes lie between those that it has, where no object counts as more than so many: a larger figure
// has fewer looked at in vain, and small objects chosen less often.
// `state` is what the guard has of the arena. After one for which there was no time, so many times as many are not looked at.
enum { ARENA_GUARD_SHARE = 32, ARENA_GUARD_PATIENCE = 16 };
void *arena_guard_place(Arena *arena, size_t size, size_t align);
size_t arena_guard_interval(const void *state, bool has_time);

#endif
