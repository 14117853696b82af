// llvm::BumpPtrAllocator. Its slabs come from malloc, SLAB bytes at first, twice as much every 128.

#include "../workloads.hpp"

#include <llvm/Support/Allocator.h>

namespace
{

struct Pool {
    llvm::BumpPtrAllocatorImpl<llvm::MallocAllocator, SLAB> allocator;

    explicit Pool(size_t)
    {
    }

    void *node()
    {
        return allocator.Allocate(bench::NODE_SIZE, llvm::Align(8));
    }
    void *alloc8(size_t size)
    {
        return allocator.Allocate(size, llvm::Align(8));
    }
    void *alloc16(size_t size)
    {
        return allocator.Allocate(size, llvm::Align(16));
    }
    void reset()
    {
        allocator.Reset();
    }
};

} // namespace

BENCH_PEER(Pool)
