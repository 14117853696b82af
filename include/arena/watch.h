// Watching arenas: what each one hands out and takes back, in the binary as it is, and at no cost
// where nobody watches.
//
//     static void count(Arena *arena, void *state, void *object, size_t size)
//     {
//         *(size_t *)state += size;
//     }
//
//     size_t bytes = 0;
//     ArenaWatcher counter = {.context = &bytes, .allocated = count};
//     arena_watch(arena, &counter);
//     ...                                                   // every allocation is counted
//     arena_unwatch(arena, &counter);                       // full speed again
//
// The *checker* is a watcher that comes with the library. It finds writes beyond an object, use of
// what a rewind, a reset or a destruction took back, marks that are stale or another arena's, and more;
// it says which object of which arena that was, and aborts. It makes AddressSanitizer,
// MemorySanitizer and Valgrind see objects instead of blocks, and is there by itself under them; else
//
//     ARENA_OPTIONS=check program                           // ARENA_OPTIONS=help says what else
//
// How it works: an allocation that does not fit the window is seen, and a watcher decides how far the
// window reaches. Functions of a watcher may not use the arena that they are told of.

#ifndef ARENA_WATCH_H
#define ARENA_WATCH_H

#include "arena.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a watcher is told, and how much of it. Functions that are NULL are not called. `state` is what
// `attached` returned for that arena, or `context` where there is no such function.
typedef struct ArenaWatcher {
    void *context; // passed to `attached`
    // Bytes between the allocations that it hears of, on average; 0: every one. They are chosen at
    // random: an object of `size` bytes with a probability of 1 - exp(-size / interval).
    size_t interval;
    // Bytes that are left free before and after each object, where every allocation is seen: at least
    // so many, and enough for the object's alignment. None in an arena that cannot grow.
    size_t red_zone;

    // The arena is watched from now on: it is new, or was there. NULL for failure is no state.
    void *(*attached)(Arena *arena, void *context);
    // And no more: it was destroyed, or its memory has a new owner, or arena_unwatch was called.
    void (*detached)(Arena *arena, void *state);

    // An object of `size` bytes was handed out.
    void (*allocated)(Arena *arena, void *state, void *object, size_t size);
    // An object has another size, and maybe another place, `object`.
    void (*resized)(Arena *arena, void *state, void *old, size_t old_size, void *object,
                    size_t size);
    // A rewind to `mark`, or a reset or the end of the arena where that is NULL, is about to begin.
    // False: the mark is no good, and nothing is to happen.
    bool (*rewinding)(Arena *arena, void *state, const ArenaMark *mark);
    // All was undone, and objects that are newer than the mark are gone. Then `freed` for each piece of
    // memory that they were in, and which is still there; also when the newest object shrinks.
    void (*rewound)(Arena *arena, void *state, const ArenaMark *mark);
    void (*freed)(Arena *arena, void *state, void *start, size_t size);
    // `from` is gone; what it held belongs to `arena` now, until a reset.
    void (*adopted)(Arena *arena, void *state, Arena *from);

    // Memory for objects has come from the source, and will go back to it.
    void (*acquired)(Arena *arena, void *state, void *start, size_t size);
    void (*released)(Arena *arena, void *state, void *start, size_t size);
} ArenaWatcher;

// Attaches a watcher, which stays where it is until it is detached. Up to eight can be attached to an
// arena; they hear of things in the order in which they were. One that is attached stays as it is. False,
// with ENOMEM, if there is no memory.
ARENA_API bool arena_watch(Arena *arena, const ArenaWatcher *watcher);

// Detaches it. What it has had red zones of keeps them.
ARENA_API void arena_unwatch(Arena *arena, const ArenaWatcher *watcher);

// Attaches a watcher to every arena that is made from now on, by any thread; NULL: to none. One at a
// time, besides those of ARENA_OPTIONS.
ARENA_API void arena_watch_new(const ArenaWatcher *watcher);

// -------------------------------------------------------------------------------------------------
// The checker
// -------------------------------------------------------------------------------------------------

// To be attached as any other watcher.
ARENA_API const ArenaWatcher *arena_checker(void);

// Has `report` called with what the checker found, instead of a message on stderr and the end of the
// process. If it returns, the program goes on, without the call that was found wrong where that can be
// left out; after an access to guarded pages, which is reported by the handler of its signal, it ends.
// NULL: as before.
ARENA_API void arena_on_report(void (*report)(const char *message, void *context), void *context);

// Writes what is at an address: the arena, the object, where it was made, and what took it back. False
// if neither an arena that is checked nor the guard knows it.
ARENA_API bool arena_explain(const void *address, FILE *out);

// -------------------------------------------------------------------------------------------------
// Pointers that outlive
// -------------------------------------------------------------------------------------------------

// With ARENA_OPTIONS=check=audit the objects that stay, of all arenas that are checked, are searched for
// pointers to what a rewind, a reset or a destruction takes back, and the program goes on. Of other
// memory it has to be said that it is to be searched: a *root*, `size` bytes that are there until they
// are forgotten. `name`, which is copied, is shown in reports; it may be NULL. A root that starts where
// another one does takes its place. Any thread may call these; without the option they only take note.
ARENA_API bool arena_audit_root(const void *start, size_t size, const char *name);
ARENA_API void arena_audit_forget(const void *start);

// -------------------------------------------------------------------------------------------------
// The guard
// -------------------------------------------------------------------------------------------------

// A watcher that gives objects pages of their own: each ends where memory does, and what was taken back
// is inaccessible, so a use of either ends the process at that instruction, with a report of the object.
// With arena_guard_one_in(1000) only one object in a thousand is chosen, at random, and no more than 50
// for each second that the process works, which is cheap enough for production. Arenas in the caller's
// buffer, on a source of the program's and in regions have their objects where they belong; where a tool
// sees memory, all have.
ARENA_API const ArenaWatcher *arena_guard(void);

// Says how many objects share a guarded one, in arenas that the guard watches from now on. 1, as it
// begins: all. Those of less than 32 bytes are chosen less often, in proportion. The 50 for each second
// are counted from here on, and anew in each process that is forked.
ARENA_API void arena_guard_one_in(size_t count);

// Addresses are used again when 4 GiB of others were (128 MiB with pointers of 4 bytes), a sixteenth of
// that if less than all were to be guarded when the first arena came to be watched, and never more than
// an eighth of what a limit of the process leaves. 16,384 objects may have pages at a time, of
// at most 8 MiB each. What was chosen, but is too much, too large or aligned too
// widely, is counted as missed.
typedef struct ArenaGuardCounts {
    size_t guarded; // objects, since the process began
    size_t missed;  // about, where one in so many is chosen
    size_t live;    // of those guarded, not taken back
} ArenaGuardCounts;

// Of all arenas of the process, now.
ARENA_API ArenaGuardCounts arena_guard_counts(void);

// -------------------------------------------------------------------------------------------------
// The profiler
// -------------------------------------------------------------------------------------------------

// A watcher that notes the call stacks of a few allocations, at random: one for each 512 KiB on average,
// and fewer where that would take more than half a percent of the time. From these follows, for each
// stack and each name of an arena, how much was allocated in all, how much of it was there when the
// process had most, and how much is there now. With ARENA_OPTIONS=profile=FILE all arenas are watched so,
// and what was found is written at the end.
ARENA_API const ArenaWatcher *arena_profiler(void);

// Has it note one allocation for each so many bytes on average, however long that takes; 0: as it begins.
// For arenas that it watches from now on.
ARENA_API void arena_profile_interval(size_t bytes);

// Writes what it has found so far: stacks in the collapsed form that flame graphs are drawn from if the
// name of the file ends in .folded, with the bytes that were allocated in all, or of those at the peak if
// it ends in .peak.folded, or now if in .live.folded; else a profile of pprof's kind, which has all of
// them. In the name %p stands for the number of the process. False, with errno, if that cannot be done.
ARENA_API bool arena_profile_write(const char *file);

// -------------------------------------------------------------------------------------------------
// The picture
// -------------------------------------------------------------------------------------------------

// Writes a drawing of an arena as SVG: its sums, and every block to scale, with what of it was handed
// out, is wasted, free, or in a spare; then large objects and adopted arenas. Blocks that are too small
// to be seen are summed up, and it says so. Pieces tell their exact bytes under the pointer. The name of
// the arena may be any bytes. False, with errno, if it could not be written.
ARENA_API bool arena_picture(const Arena *arena, FILE *out);

// Draws several arenas below one another, each to a scale of its own, below a heading, which may be
// NULL.
ARENA_API bool arena_picture_all(Arena *const *arenas, size_t count, const char *heading,
                                 FILE *out);

#ifdef __cplusplus
}
#endif

#if ARENA_UNDER_MSAN
#define arena_guard_counts(...) ARENA_RETURNED(ArenaGuardCounts, arena_guard_counts(__VA_ARGS__))
#endif

#endif
