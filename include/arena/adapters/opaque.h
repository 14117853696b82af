// An arena for hooks that get a pointer of the user's along: here that is the arena.
//
//     z_stream stream = {.zalloc = arena_opaque_items, .zfree = arena_opaque_free, .opaque = arena};
//     ZSTD_customMem memory = {arena_opaque_alloc, arena_opaque_free, arena};
//     BrotliEncoderCreateInstance(arena_opaque_alloc, arena_opaque_free, arena);
//     LZ4F_CustomMem memory = {arena_opaque_alloc, arena_opaque_calloc, arena_opaque_free, arena};
//     ProtobufCAllocator memory = {arena_opaque_alloc, arena_opaque_free, arena};
//     pcre2_general_context_create(arena_opaque_last_alloc, arena_opaque_last_free, arena);
//     GumboOptions: .allocator = arena_opaque_alloc, .deallocator = arena_opaque_free, .userdata = arena
//
// Nothing is freed before the arena is rewound, reset or destroyed. Then contexts need not be freed either;
// one that is used again and again is better made once, on malloc or in an arena of its own.

#ifndef ARENA_ADAPTERS_OPAQUE_H
#define ARENA_ADAPTERS_OPAQUE_H

#include "../arena.h"

// `size` bytes, aligned as malloc's; NULL if there is no memory, as for all of these.
static inline void *arena_opaque_alloc(void *arena, size_t size)
{
    return arena_alloc((Arena *)arena, size);
}

// `size` zero bytes.
static inline void *arena_opaque_calloc(void *arena, size_t size)
{
    return arena_calloc((Arena *)arena, size);
}

// `count` times `size` bytes, as zlib asks.
static inline void *arena_opaque_items(void *arena, unsigned count, unsigned size)
{
    return arena_alloc((Arena *)arena, arena_array_size(count, size));
}

// Does nothing: the object ends with its arena.
static inline void arena_opaque_free(void *arena, void *object)
{
    (void)arena;
    (void)object;
}

// `size` bytes, for hooks that get the arena last, as those of PCRE2.
static inline void *arena_opaque_last_alloc(size_t size, void *arena)
{
    return arena_alloc((Arena *)arena, size);
}

// Does nothing.
static inline void arena_opaque_last_free(void *object, void *arena)
{
    (void)object;
    (void)arena;
}

#endif
