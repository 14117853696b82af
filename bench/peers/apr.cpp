// Pools of the Apache Portable Runtime, each with an allocator of its own, without a lock, which
// keeps all that it ever had: what servers do for a thread. APR aligns to 8.

#include "../workloads.hpp"

#include <apr_general.h>
#include <apr_pools.h>

namespace
{

// Where blocks wait for the next pool of this thread.
struct Allocator {
    apr_allocator_t *allocator;

    Allocator()
    {
        static bool started = apr_initialize() == APR_SUCCESS;
        bench::use(&started);
        apr_allocator_create(&allocator);
        apr_allocator_max_free_set(allocator, APR_ALLOCATOR_MAX_FREE_UNLIMITED);
    }
    ~Allocator()
    {
        apr_allocator_destroy(allocator);
    }
};

thread_local Allocator of_thread;

struct Held {
    apr_pool_t *pool;

    void *node()
    {
        return apr_palloc(pool, bench::NODE_SIZE);
    }
    void *alloc8(size_t size)
    {
        return apr_palloc(pool, size);
    }
    void *zeroed(size_t size)
    {
        return apr_pcalloc(pool, size);
    }

    // A scope is a pool below this one, which takes its place.
    apr_pool_t *enter()
    {
        apr_pool_t *outer = pool;
        apr_pool_create(&pool, outer);
        return outer;
    }

    void leave(apr_pool_t *outer)
    {
        apr_pool_destroy(pool);
        pool = outer;
    }
};

struct Pool : Held {
    using Handle = Held;

    explicit Pool(size_t)
    {
        apr_pool_create_unmanaged_ex(&pool, nullptr, of_thread.allocator);
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        apr_pool_destroy(pool);
    }
    void reset()
    {
        apr_pool_clear(pool);
    }
};

} // namespace

BENCH_PEER(Pool)
