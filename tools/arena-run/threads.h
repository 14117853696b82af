// Which arena a thread allocates from. Arenas of threads that have ended stay, since others may have what
// is in them, and serve the threads that start next.

#ifndef ARENA_RUN_THREADS_H
#define ARENA_RUN_THREADS_H

#include "arena/arena.h"

// The thread's; NULL: it has none yet, or is visiting the library.
extern ARENA_THREAD_LOCAL Arena *mine;

// While a thread is in the arena library, nobody may allocate from its arena: not the C library on behalf
// of that, nor a handler of a signal.
typedef struct Visit {
    bool is_refused; // it is one already; or no arena can be had
    Arena *arena;
    int error; // errno, which a call that succeeds leaves alone
} Visit;

// begin_visit makes the thread's arena if there is none. Every visit is ended, refused or not.
Visit begin_visit(void);
void end_visit(const Visit *visit, bool good);

#endif
