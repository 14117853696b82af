// The limit of first fills and of fills again: as many bytes as the objects have, mapped with huge
// pages where the system grants them, each touched at its end and then written by memset while it is
// in the cache, which is what the best arena could do. What was mapped once is there for good.

#include "../workloads.hpp"

#include <algorithm>

#include <sys/mman.h>

namespace
{

constexpr size_t HUGE = 2 << 20;

char *map(size_t size)
{
    void *mapping =
        mmap(nullptr, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        abort();
    char *bytes =
        static_cast<char *>(mapping) + (-reinterpret_cast<uintptr_t>(mapping) & (HUGE - 1));
    madvise(bytes, size, MADV_HUGEPAGE);
    return bytes;
}

struct Pool {
    explicit Pool(size_t)
    {
    }
    void reset()
    {
    }
};

} // namespace

namespace bench
{

template <> struct Loops<Pool> {
    [[gnu::noinline]] static void fill(Pool &, size_t count)
    {
        size_t size = count / SIZES * sizes.sum;
        for (size_t i = 0; i < count % SIZES; i++)
            size += sizes.whole[i];
        static thread_local char *bytes = map(size);
        for (size_t page = 0; page < size; page += HUGE) {
            size_t part = std::min(HUGE, size - page);
            bytes[page + part - 1] = 1; // the system clears a page faster than from its start
            memset(bytes + page, 1, part);
        }
        use(bytes);
    }
};

} // namespace bench

int main(int argc, char **argv)
{
    bench::register_fresh<Pool>();
    bench::register_steady<Pool>();
    bench::register_threads_large<Pool>();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
