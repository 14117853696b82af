// Valgrind, by its client requests, where its headers were there when the library was built, and
// know the processor.

#include "requests.h"

#if !ARENA_UNWATCHED && ARENA_HAS_REQUESTS

#include "tools.h"

// Only the tool that looks at memory answers this; a profiler, for one, should see the program as it is.
bool arena_valgrind_is_there(void)
{
    char probe;
    return VALGRIND_MAKE_MEM_UNDEFINED(&probe, 1) != 0;
}

void arena_valgrind_begin_pool(const void *pool)
{
    VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

void arena_valgrind_end_pool(const void *pool)
{
    VALGRIND_DESTROY_MEMPOOL(pool);
}

void arena_valgrind_alloc(const void *pool, const void *object, size_t size)
{
    VALGRIND_MEMPOOL_ALLOC(pool, object, size);
}

void arena_valgrind_resize(const void *pool, const void *object, size_t old_size, size_t size)
{
    const char *bytes = object;
    VALGRIND_MEMPOOL_CHANGE(pool, object, object, size);
    if (size > old_size)
        VALGRIND_MAKE_MEM_UNDEFINED(bytes + old_size, size - old_size);
    else
        VALGRIND_MAKE_MEM_NOACCESS(bytes + size, old_size - size);
}

void arena_valgrind_free(const void *pool, const void *object)
{
    VALGRIND_MEMPOOL_FREE(pool, object);
}

void arena_valgrind_note_initialised(const void *object, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(object, size);
}

void arena_valgrind_hide(const void *start, size_t size)
{
    VALGRIND_MAKE_MEM_NOACCESS(start, size);
}

void arena_valgrind_forget(const void *start, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(start, size);
}

#endif
