// The limit of all that allocates by moving a pointer: one that stays in a register, and is never
// compared with anything.

#include "../workloads.hpp"

namespace
{

struct Held {
    char *cursor;

    void *alloc8(size_t size)
    {
        char *object = cursor;
        cursor += (size + 7) & ~static_cast<size_t>(7);
        return object;
    }

    void *node()
    {
        return alloc8(bench::NODE_SIZE);
    }
};

struct Pool : Held {
    using Handle = Held;

    std::unique_ptr<char[]> memory;

    explicit Pool(size_t expected) : Held{nullptr}, memory(std::make_unique<char[]>(expected))
    {
        cursor = memory.get();
    }

    void reset()
    {
    }
};

} // namespace

int main(int argc, char **argv)
{
    bench::register_hot<Pool>();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
