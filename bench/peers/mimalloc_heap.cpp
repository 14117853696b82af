// Heaps of mimalloc: each is destroyed at once, with all objects in it.

#include "../workloads.hpp"

#include <mimalloc.h>

namespace
{

struct Held {
    mi_heap_t *heap;

    void *node()
    {
        return mi_heap_malloc_small(heap, bench::NODE_SIZE);
    }
    void *alloc8(size_t size)
    {
        return mi_heap_malloc(heap, size);
    }
    void *alloc16(size_t size)
    {
        return mi_heap_malloc(heap, size);
    }
    void *zeroed(size_t size)
    {
        return mi_heap_zalloc(heap, size);
    }

    void *grow(void *object, size_t, size_t new_size)
    {
        return mi_heap_realloc(heap, object, new_size);
    }

    // A scope is a heap of its own.
    mi_heap_t *enter()
    {
        mi_heap_t *outer = heap;
        heap = mi_heap_new();
        return outer;
    }

    void leave(mi_heap_t *outer)
    {
        mi_heap_destroy(heap);
        heap = outer;
    }
};

struct Pool : Held {
    using Handle = Held;

    explicit Pool(size_t) : Held{mi_heap_new()}
    {
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        mi_heap_destroy(heap);
    }

    void reset()
    {
        mi_heap_destroy(heap);
        heap = mi_heap_new();
    }
};

} // namespace

BENCH_PEER(Pool)
