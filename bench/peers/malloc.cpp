// malloc and free: what the C library has, or jemalloc or mimalloc where they are linked in. Objects
// are on a list through their first word, as those of a program are on one or in a tree, because
// each has to be found to be freed.

#include "../workloads.hpp"

namespace
{

struct Pool {
    struct Link {
        Link *next;
    };
    static constexpr bool LINKED = true;
    Link *newest = nullptr;

    explicit Pool(size_t)
    {
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        leave(nullptr);
    }

    void *keep(void *object)
    {
        Link *link = static_cast<Link *>(object);
        link->next = newest;
        newest = link;
        return object;
    }

    void *node()
    {
        return keep(malloc(bench::NODE_SIZE));
    }
    void *alloc8(size_t size)
    {
        return keep(malloc(size));
    }
    void *alloc16(size_t size)
    {
        return keep(malloc(size));
    }
    void *zeroed(size_t size)
    {
        return keep(calloc(1, size));
    }
    void reset()
    {
        leave(nullptr);
    }

    void *grow(void *object, size_t, size_t new_size)
    {
        return realloc(object, new_size);
    }

    Link *enter()
    {
        return newest;
    }

    void leave(Link *mark)
    {
        while (newest != mark) {
            Link *next = newest->next;
            free(newest);
            newest = next;
        }
    }
};

} // namespace

BENCH_PEER(Pool)
