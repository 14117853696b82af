// The figures that were chosen by measurement; docs/design.md has the measurements. A build may
// set others, as the tests do to reach every edge with little memory.

#ifndef ARENA_TUNING_H
#define ARENA_TUNING_H

// Bytes that the first block holds where the user names no capacity.
#ifndef ARENA_TUNE_FIRST
#define ARENA_TUNE_FIRST ((size_t)64 << 10)
#endif

// Bytes of the smallest and of the largest block that growth asks for; both powers of two.
#ifndef ARENA_TUNE_LEAST
#define ARENA_TUNE_LEAST ((size_t)4 << 10)
#endif
#ifndef ARENA_TUNE_MOST
#define ARENA_TUNE_MOST ((size_t)64 << 20)
#endif

// From this many bytes on, a block is a mapping with huge pages instead of a piece of the heap.
#ifndef ARENA_TUNE_MAPPED
#define ARENA_TUNE_MAPPED ((size_t)2 << 20)
#endif

// Up to this many bytes, a block that a thread gives back is kept for the next arenas that the thread
// makes; a few each thread. The second and third block of an arena that starts by default are in it.
#ifndef ARENA_TUNE_KEPT
#define ARENA_TUNE_KEPT ((size_t)128 << 10)
#endif

// Bytes of a huge page, to whose ends the window opens; a power of two.
#ifndef ARENA_TUNE_HUGE
#define ARENA_TUNE_HUGE ((size_t)2 << 20)
#endif

// Once an arena holds so many bytes, it asks for a block of a huge page instead of doubling further,
// as long as all arenas together hold less than so many bytes in mappings.
#ifndef ARENA_TUNE_EARLY
#define ARENA_TUNE_EARLY ((size_t)256 << 10)
#endif
#ifndef ARENA_TUNE_EARLY_LIVE
#define ARENA_TUNE_EARLY_LIVE ((size_t)32 << 20)
#endif

// Bytes of released mappings that the process keeps, at most.
#ifndef ARENA_TUNE_CACHE
#define ARENA_TUNE_CACHE ((size_t)512 << 20)
#endif

// How far the window opens at a time, a multiple of the granule. 0 has every allocation seen.
#ifndef ARENA_TUNE_STRIDE
#define ARENA_TUNE_STRIDE SIZE_MAX
#endif

#endif
