// An arena for yyjson.
//
//     yyjson_alc memory = arena_yyjson(arena);
//     yyjson_doc *doc = yyjson_read_opts(text, length, 0, &memory, NULL);
//
// The document need not be freed. yyjson says the old size when it reallocates, so nothing is kept beside
// its objects.

#ifndef ARENA_ADAPTERS_YYJSON_H
#define ARENA_ADAPTERS_YYJSON_H

#include "../arena.h"

#include <yyjson.h>

// -------------------------------------------------------------------------------------------------
// What it stands on
// -------------------------------------------------------------------------------------------------

static inline void *arena_yyjson_malloc(void *arena, size_t size)
{
    return arena_alloc((Arena *)arena, size);
}

static inline void *arena_yyjson_realloc(void *arena, void *object, size_t old_size, size_t size)
{
    return arena_realloc((Arena *)arena, object, old_size, size);
}

static inline void arena_yyjson_free(void *arena, void *object)
{
    (void)arena;
    (void)object;
}

// -------------------------------------------------------------------------------------------------
// An allocator
// -------------------------------------------------------------------------------------------------

// What yyjson's functions want as theirs: a value, which the caller keeps for as long as they need it. The
// arena outlives what they make.
static inline yyjson_alc arena_yyjson(Arena *arena)
{
    yyjson_alc memory = {arena_yyjson_malloc, arena_yyjson_realloc, arena_yyjson_free, arena};
    return memory;
}

#endif
