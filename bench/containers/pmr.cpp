// A scope on the stack: std::pmr::monotonic_buffer_resource with a buffer of 4 KiB.

#include "containers.hpp"

#include <memory_resource>

namespace
{

struct Scope {
    alignas(16) char buffer[4096];
    std::pmr::monotonic_buffer_resource resource{buffer, sizeof buffer};

    void *alloc8(size_t size)
    {
        return resource.allocate(size, 8);
    }
};

struct Kit {
    using Scope = ::Scope;
};

} // namespace

BENCH_CONTAINERS(Kit)
