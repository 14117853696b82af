// bumpalo. The loops are those of bumpalo.rs; nothing of a Rust library can be inlined here.

#include "../workloads.hpp"

struct Bump;

extern "C" {
Bump *bump_create(size_t expected);
void bump_destroy(Bump *bump);
void bump_reset(Bump *bump);
void bump_hot_typed(Bump *bump, size_t count);
void bump_hot_mixed8(Bump *bump, size_t count, const unsigned char *sizes);
void bump_hot_mixed16(Bump *bump, size_t count, const unsigned char *sizes);
void bump_request(size_t count, size_t first);
void bump_fill(Bump *bump, size_t count, const unsigned char *sizes);
size_t bump_fill_whole(Bump *bump, size_t bytes, const unsigned char *sizes);
void bump_zero(Bump *bump, size_t count);
void bump_zero_large(Bump *bump, size_t count);
void bump_grow_tokens(Bump *bump);
void bump_grow_text(Bump *bump, const unsigned char *sizes);
void bump_grow_interleaved(Bump *bump);
}

namespace
{

struct Held {
    Bump *bump;
};

struct Pool : Held {
    using Handle = Held;

    explicit Pool(size_t expected) : Held{bump_create(expected)}
    {
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        bump_destroy(bump);
    }

    void reset()
    {
        bump_reset(bump);
    }
    void *alloc16(size_t)
    {
        return nullptr;
    } // there is a loop for it
};

} // namespace

extern "C" void *bench_one_node(Held handle);

namespace bench
{

template <> struct Loops<Pool> {
    static void hot_typed(Pool &pool)
    {
        bump_hot_typed(pool.bump, HOT_OBJECTS);
    }
    static void hot_mixed8(Pool &pool)
    {
        bump_hot_mixed8(pool.bump, HOT_OBJECTS, sizes.mixed);
    }
    static void hot_mixed16(Pool &pool)
    {
        bump_hot_mixed16(pool.bump, HOT_OBJECTS, sizes.mixed);
    }
    static void request(size_t count)
    {
        bump_request(count, first_block(0));
    }
    static void fill(Pool &pool, size_t count)
    {
        bump_fill(pool.bump, count, sizes.mixed);
    }
    static void zero(Pool &pool, size_t count)
    {
        bump_zero(pool.bump, count);
    }
    static void zero_large(Pool &pool, size_t count)
    {
        bump_zero_large(pool.bump, count);
    }
    static void grow_tokens(Pool &pool)
    {
        bump_grow_tokens(pool.bump);
    }
    static void grow_text(Pool &pool)
    {
        bump_grow_text(pool.bump, sizes.mixed);
    }
    static void grow_interleaved(Pool &pool)
    {
        bump_grow_interleaved(pool.bump);
    }

    static size_t fill_whole(Pool &pool, size_t bytes)
    {
        return bump_fill_whole(pool.bump, bytes, sizes.whole);
    }
};

} // namespace bench

int main(int argc, char **argv)
{
    return bench::run<Pool>(argc, argv, bench_one_node);
}
