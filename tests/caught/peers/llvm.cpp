// LLVM's BumpPtrAllocator, which tells AddressSanitizer and MemorySanitizer what it hands out where it
// is compiled with them, as it is here. It has no marks, and no realloc.

#include <llvm/Support/Allocator.h>

typedef llvm::BumpPtrAllocator Pool;

static Pool *create_pool()
{
    return new Pool;
}

static void reset_pool(Pool *pool)
{
    pool->Reset();
}

static void destroy_pool(Pool *pool)
{
    delete pool;
}

static void *pool_alloc(Pool *pool, size_t size)
{
    return pool->Allocate(size, llvm::Align(16));
}

#include "pool.h"

static void write_past_aligned()
{
    Pool *pool = create_pool();
    void *object = hide(pool->Allocate(256, llvm::Align(256)));
    pool->Allocate(256, llvm::Align(256));
    write_at(object, wrong ? 256 : 255); // bug
    destroy_pool(pool);
}

// A scope has an allocator of its own.
static void write_after_scope()
{
    void *object;
    {
        Pool scratch;
        object = get(&scratch, 48);
    }
    if (wrong)
        write_at(object, 16); // bug
    Pool scratch;
    get(&scratch, 48);
}

static void *leave_a_pool(void *)
{
    Pool *pool = create_pool(); // bug
    write_at(get(pool, 48), 16);
    if (!wrong)
        destroy_pool(pool);
    return nullptr;
}

// clang-format off
#define BUGS(_)                                                \
    POOL_BUGS(_)                                               \
    _(write_past_an_aligned_object, write_past_aligned())      \
    _(write_after_scratch_end, write_after_scope())            \
    _(arena_never_destroyed, run_and_end(leave_a_pool))
// clang-format on

PEER(BUGS)
