// Pools of talloc. An object has a header and may be freed by itself, so this is more than the others
// do, and takes more.

#include "../workloads.hpp"

#include <talloc.h>

namespace
{

// Bytes that an object takes beside its own, with rounding.
constexpr size_t HEADER = 112;

struct Held {
    void *pool;

    void *node()
    {
        return talloc_named_const(pool, bench::NODE_SIZE, "node");
    }
    void *alloc8(size_t size)
    {
        return talloc_named_const(pool, size, "object");
    }
    void *alloc16(size_t size)
    {
        return talloc_named_const(pool, size, "object");
    }
    void *zeroed(size_t size)
    {
        return _talloc_zero(pool, size, "object");
    }

    void *grow(void *object, size_t, size_t new_size)
    {
        return _talloc_realloc(pool, object, new_size, "array");
    }

    // A scope is a parent below this one, which takes its place.
    void *enter()
    {
        void *outer = pool;
        pool = talloc_named_const(outer, 0, "scope");
        return outer;
    }

    void leave(void *outer)
    {
        talloc_free(pool);
        pool = outer;
    }
};

struct Pool : Held {
    using Handle = Held;

    explicit Pool(size_t expected) : Held{talloc_pool(nullptr, pool_size(expected))}
    {
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        talloc_free(pool);
    }
    void reset()
    {
        talloc_free_children(pool);
    }

    static size_t pool_size(size_t expected)
    {
        return expected ? expected + expected / bench::NODE_SIZE * HEADER : bench::FIRST;
    }
};

} // namespace

BENCH_PEER(Pool)
