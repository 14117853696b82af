// Many threads, one lifetime: a plain arena for each thread, joined in the end.
//
//     ArenaHerd *herd = arena_herd_create(NULL);
//     ... in each thread:
//         Arena *arena = arena_herd_member(herd);     // its own: no lock, no atomic operation
//         arena_herd_number(herd, chunk);             // its place in the order, if that matters
//     ... when they are done:
//     arena_herd_join(herd, results);                 // all memory lives with `results` now
//     arena_herd_destroy(herd);
//
// Threads may come and go; what a thread allocated stays when it ends. Each call below says whether
// other threads may use the herd meanwhile. Where they may not, it is the user who sees to that: with
// a barrier, or by waiting for the threads to end. The arenas are the herd's: their threads do with
// them what they like, but do not destroy them or have others adopt them.

#ifndef ARENA_HERD_H
#define ARENA_HERD_H

#include "arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// To be looked into by the library only.
typedef struct ArenaHerd ArenaHerd;

// A herd without members. Each member is made as the options say, which are copied; a source of the
// user is then used by several threads at once. NULL means all defaults. EINVAL for options with a
// buffer, which could not be shared.
ARENA_API ArenaHerd *arena_herd_create(const ArenaOptions *options);

// The arena of the calling thread, made when it is asked for the first time, and the same until the
// herd is joined or destroyed. NULL, and nothing has changed, if it cannot be made. Any thread may
// call this at any time.
ARENA_API Arena *arena_herd_member(ArenaHerd *herd);

// Gives the calling thread's member a number. Members are joined in the order of their numbers, those
// with the same number in the order in which they were made; who was given none comes last. False if
// the member cannot be made. Any thread may call this at any time.
ARENA_API bool arena_herd_number(ArenaHerd *herd, uint64_t number);

// From now on the memory of all members lives until `into` is reset or destroyed: adopts them, in
// their order. The herd is empty then, and may be used again. False, with EINVAL and nothing changed,
// if `into` is a member; else it cannot fail. No other thread may use the herd or `into` meanwhile.
ARENA_API bool arena_herd_join(ArenaHerd *herd, Arena *into);

// Resets each member; the threads keep theirs. No other thread may use the herd meanwhile.
ARENA_API void arena_herd_reset(ArenaHerd *herd);

// The sums over all members, peaks included. No other thread may allocate from a member meanwhile.
ARENA_API ArenaStats arena_herd_stats(const ArenaHerd *herd);

// Destroys all members. NULL is fine. No other thread may use the herd meanwhile.
ARENA_API void arena_herd_destroy(ArenaHerd *herd);

#ifdef __cplusplus
}
#endif

#if ARENA_UNDER_MSAN
#define arena_herd_stats(...) ARENA_RETURNED(ArenaStats, arena_herd_stats(__VA_ARGS__))
#endif

#endif
