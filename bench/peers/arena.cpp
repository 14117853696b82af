// This library.

#include "../workloads.hpp"

#include <arena/arena.h>

namespace
{

struct Node {
    Node *left, *right;
    size_t kind, value;
};

struct Held {
    Arena *arena;

    void *node()
    {
        return ARENA_NEW(arena, Node);
    }
    void *alloc8(size_t size)
    {
        return arena_new(arena, size, 8);
    }
    void *alloc16(size_t size)
    {
        return arena_alloc(arena, size);
    }
    void *zeroed(size_t size)
    {
        return arena_new0(arena, size, 8);
    }

    void *grow(void *object, size_t old_size, size_t new_size)
    {
        return arena_realloc(arena, object, old_size, new_size);
    }

    ArenaMark enter()
    {
        return arena_mark(arena);
    }
    void leave(ArenaMark mark)
    {
        arena_rewind(arena, mark);
    }
};

struct Pool : Held {
    using Handle = Held;

    explicit Pool(size_t expected) : Held{arena_create(expected)}
    {
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        arena_destroy(arena);
    }
    void reset()
    {
        arena_reset(arena);
    }
};

} // namespace

BENCH_PEER(Pool)
