// What lies in front of an object that malloc gives.
//
//     start                    object
//     | ... lead ... | header  | size bytes ...
//
// `start` is where it begins for whoever gave the memory; the lead takes as much as alignment needs, and
// the header is its end. Where the lead is as short as it can be, only the latter half of the header is
// there.

#ifndef ARENA_RUN_OBJECT_H
#define ARENA_RUN_OBJECT_H

#include "arena/arena.h"

// Whose memory it is, in numbers that are unlikely to be there by chance.
typedef enum Owner {
    OWNER_THREAD = 0xa7e1, // the arena of a thread; the lead is a short one
    OWNER_THREAD_WIDE,     // the same, with a whole header
    OWNER_ITSELF,          // an arena of its own
    OWNER_SYSTEM,          // the C library's malloc
} Owner;

// A large object and the arena that has nothing else in it.
typedef struct Large {
    Arena *arena;
    size_t lead;
} Large;

typedef struct Header {
    union {
        size_t lead;
        Large *large;
    };
    uint64_t size_and_owner; // 48 bits, and 16
} Header;

// Bytes of the shortest lead, and what malloc and arenas align to.
#define SHORT_LEAD sizeof(uint64_t)
#define ALIGN ((size_t)16)

// No object is larger, alignment included.
#define MOST_BYTES ((size_t)(PTRDIFF_MAX < (INT64_C(1) << 46) ? PTRDIFF_MAX / 2 : INT64_C(1) << 46))

static inline Header *header_of(void *object)
{
    return (Header *)object - 1;
}

static inline Owner owner_of(void *object)
{
    return (Owner)(header_of(object)->size_and_owner >> 48);
}

static inline size_t size_of(void *object)
{
    return (size_t)(header_of(object)->size_and_owner & ((UINT64_C(1) << 48) - 1));
}

static inline void set_size(void *object, size_t size, Owner owner)
{
    header_of(object)->size_and_owner = (uint64_t)owner << 48 | size;
}

// Bytes from `start`, a multiple of the granule, to the first place for an object.
static inline size_t lead_at(const void *start, size_t align)
{
    return SHORT_LEAD + (size_t)(-((uintptr_t)start + SHORT_LEAD) & (align - 1));
}

// Of an object in an arena of a thread, or of the system.
static inline size_t lead_of_object(void *object)
{
    return owner_of(object) == OWNER_THREAD ? SHORT_LEAD : header_of(object)->lead;
}

#endif
