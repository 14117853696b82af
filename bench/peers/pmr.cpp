// std::pmr::monotonic_buffer_resource. Its buffers come from operator new, which is malloc.

#include "../workloads.hpp"

#include <memory_resource>

namespace
{

struct Pool {
    std::pmr::monotonic_buffer_resource resource;

    explicit Pool(size_t expected)
        : resource(expected ? expected : bench::first_block(1024), std::pmr::new_delete_resource())
    {
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
        resource.release();
    }
};

} // namespace

BENCH_PEER(Pool)
