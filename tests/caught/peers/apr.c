// Pools of the Apache Portable Runtime, with the allocator that they have if none is named. A mark is a
// pool below another one, and to rewind is to destroy it. There is no realloc, and no alignment but the
// one; what is left belongs to the pool above, so nothing is ever lost. Debian builds the library so that
// its memory is mapped, and without debugging of pools (APR_POOL_DEBUG), where each object is malloc's.

#include "../program.h"

#include <apr_general.h>
#include <apr_pools.h>

typedef apr_pool_t Pool;

static Pool *create_below(Pool *parent)
{
    Pool *pool = NULL; // which MemorySanitizer does not see APR write to
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, parent) != APR_SUCCESS)
        exit(2);
    return pool;
}

static Pool *create_pool(void)
{
    return create_below(NULL);
}

static void reset_pool(Pool *pool)
{
    apr_pool_clear(pool);
}

static void destroy_pool(Pool *pool)
{
    apr_pool_destroy(pool);
}

static void *pool_alloc(Pool *pool, size_t size)
{
    return apr_palloc(pool, size);
}

#include "pool.h"

static void use_after_rewind(void (*use)(void *object, ptrdiff_t offset))
{
    Pool *pool = create_pool(), *mark = create_below(pool);
    void *object = get_zeroed(mark, 48);
    destroy_pool(mark);
    if (wrong)
        use(object, 16); // bug
    get(pool, 100);
    destroy_pool(pool);
}

static void write_after_rewind_and_reuse(void)
{
    Pool *pool = create_pool(), *mark = create_below(pool);
    void *object = get(mark, 48);
    destroy_pool(mark);
    get(create_below(pool), 48);
    if (wrong)
        write_at(object, 16); // bug
    destroy_pool(pool);
}

static void write_after_rewind_of_large(void)
{
    Pool *pool = create_pool(), *mark = create_below(pool);
    void *object = get(mark, 5 << 20);
    destroy_pool(mark);
    if (wrong)
        write_at(object, 1 << 20); // bug
    destroy_pool(pool);
}

static void write_after_reset_of_parent(void)
{
    Pool *pool = create_pool();
    void *object = get(create_below(pool), 48);
    reset_pool(pool);
    if (wrong)
        write_at(object, 16); // bug
    destroy_pool(pool);
}

// The older one takes the younger one with it.
static void rewind_out_of_order(void)
{
    Pool *pool = create_pool(), *older = create_below(pool), *younger = create_below(older);
    get(younger, 48);
    destroy_pool(wrong ? older : younger);
    destroy_pool(wrong ? younger : older); // bug
    destroy_pool(pool);
}

static void rewind_after_reset(void)
{
    Pool *pool = create_pool(), *mark = create_below(pool);
    get(mark, 48);
    reset_pool(pool);
    if (wrong)
        destroy_pool(mark); // bug
    destroy_pool(pool);
}

static void rewind_twice(void)
{
    Pool *pool = create_pool(), *outer = create_below(pool), *inner = create_below(outer);
    destroy_pool(inner);
    get(outer, 48);
    destroy_pool(outer);
    if (wrong)
        destroy_pool(inner); // bug
    destroy_pool(pool);
}

// clang-format off
#define BUGS(_)                                                    \
    POOL_BUGS(_)                                                   \
    _(write_after_rewind, use_after_rewind(write_at))              \
    _(read_after_rewind, use_after_rewind(read_at))                \
    _(write_after_rewind_and_reuse, write_after_rewind_and_reuse()) \
    _(write_after_rewind_of_large, write_after_rewind_of_large())  \
    _(write_after_reset_of_adopted, write_after_reset_of_parent()) \
    _(write_after_scratch_end, use_after_rewind(write_at))         \
    _(stale_mark, rewind_out_of_order())                           \
    _(mark_from_before_a_reset, rewind_after_reset())              \
    _(scratch_scope_ended_twice, rewind_twice())                   \
    _(scratch_scopes_ended_out_of_order, rewind_out_of_order())
// clang-format on

PEER(BUGS)
