// This library.

#include "../workloads.hpp"

#include <arena/arena.h>

namespace
{

struct Node {
    Node *left, *right;
    size_t kind, value;
};

// Any request can fail, and who uses this library has to ask; the allocators of C++ and of Rust throw
// or abort instead.
inline void *tested(void *object)
{
    if (!object)
        abort();
    return object;
}

struct Held {
    Arena *arena;

    void *node()
    {
        return tested(ARENA_NEW(arena, Node));
    }
    void *alloc8(size_t size)
    {
        return tested(arena_new(arena, size, 8));
    }
    void *alloc16(size_t size)
    {
        return tested(arena_alloc(arena, size));
    }
    void *zeroed(size_t size)
    {
        return tested(arena_new0(arena, size, 8));
    }

    void *grow(void *object, size_t old_size, size_t new_size)
    {
        return tested(arena_realloc(arena, object, old_size, new_size));
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

    explicit Pool(size_t expected) : Held{static_cast<Arena *>(tested(arena_create(expected)))}
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

// A call site that hands the pointer on without asking, as those of other peers do.
extern "C" [[gnu::noinline]] void *bench_one_node(Held handle)
{
    return ARENA_NEW(handle.arena, Node);
}

int main(int argc, char **argv)
{
    return bench::run<Pool>(argc, argv, bench_one_node);
}
