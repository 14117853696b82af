// Slices of GLib. Objects are on a list through their first word, with their size beside it, because
// a slice is freed one by one and its size has to be told.

#include "../workloads.hpp"

#include <glib.h>

namespace
{

struct Pool {
    struct Link {
        Link *next;
        unsigned size; // not the last byte of an object of 16
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

    void *keep(void *object, size_t size)
    {
        Link *link = static_cast<Link *>(object);
        link->next = newest;
        link->size = static_cast<unsigned>(size);
        newest = link;
        return object;
    }

    void *node()
    {
        return keep(g_slice_alloc(bench::NODE_SIZE), bench::NODE_SIZE);
    }
    void *alloc8(size_t size)
    {
        return keep(g_slice_alloc(size), size);
    }
    void *alloc16(size_t size)
    {
        return keep(g_slice_alloc(size), size);
    }
    void *zeroed(size_t size)
    {
        return keep(g_slice_alloc0(size), size);
    }
    void reset()
    {
        leave(nullptr);
    }

    // Arrays that grow are not slices.
    void *grow(void *object, size_t, size_t new_size)
    {
        return g_realloc(object, new_size);
    }

    Link *enter()
    {
        return newest;
    }

    void leave(Link *mark)
    {
        while (newest != mark) {
            Link *next = newest->next;
            g_slice_free1(newest->size, newest);
            newest = next;
        }
    }
};

} // namespace

BENCH_PEER(Pool)
