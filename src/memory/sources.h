// The sources that come with the library: where blocks come from unless the user says otherwise.

#ifndef ARENA_SOURCES_H
#define ARENA_SOURCES_H

#include "arena/arena.h"

// Each of these fills in a source in place, which is what keeps the creation of an arena fast.

// source_heap.c: malloc for small blocks, cached mappings with huge pages for large ones. The
// context is a bool, set to whether what was given last is zero.
void arena_heap_source(ArenaSource *source, bool *fresh);
bool arena_is_heap(const ArenaSource *source);

// Whether this is the heap source, and the process holds so few mappings that one which is not filled
// does no harm.
bool arena_heap_spares(const ArenaSource *source);

// Moves a block of the heap source to a larger size, contents included; NULL, and nothing has changed,
// if there is no memory. Pages move without a copy where the system can do that.
void *arena_heap_relocate(void *block, size_t old_size, size_t new_size);

// Gives the pages at the end of a block of the heap source back, where it is mapped and the system
// can do that; both sizes are those of mappings.
bool arena_heap_cut(void *block, size_t old_size, size_t new_size);

// Has `call` run by the calling thread when it ends, before what the thread keeps of blocks is freed.
// It is run with false when the thread goes on, but the library is unloaded or the process ends: what
// is in use stays then. It is the same for all threads. False: the system does not tell.
bool arena_heap_at_thread_end(void (*call)(bool ended));

// Gives the cached mappings of the process back to the system; whether there were any. For whoever
// else has been refused memory: then it pays to ask once more.
bool arena_heap_empty_cache(void);

// source_buffer.c: nothing beyond the caller's buffer.
void arena_buffer_source(ArenaSource *source);
bool arena_is_buffer(const ArenaSource *source);

// source_region.c: one block that grows by committing more of a reservation. Makes the reservation,
// for a block of up to `size` bytes; false if there are no addresses for it.
bool arena_region_source(ArenaSource *source, size_t size);
bool arena_is_region(const ArenaSource *source);

// Decommits the block's pages beyond `size` bytes; returns the bytes that are left.
size_t arena_region_shrink(void *context, size_t size);

#endif
