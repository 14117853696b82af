// This library as a std::pmr::memory_resource.

#include "../workloads.hpp"

#include <arena/adapters/resource.hpp>

namespace
{

struct Pool {
    Arena *arena;
    arena::resource resource;

    explicit Pool(size_t expected) : arena(arena_create(expected)), resource(arena)
    {
        if (!arena)
            abort();
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        arena_destroy(arena);
    }

    void *node()
    {
        return resource.allocate(bench::NODE_SIZE, 8);
    }
    void *alloc8(size_t size)
    {
        return resource.allocate(size, 8);
    }
    void *alloc16(size_t size)
    {
        return resource.allocate(size, 16);
    }
    void reset()
    {
        arena_reset(arena);
    }
};

} // namespace

BENCH_PEER(Pool)
