// A library that was built without Valgrind's headers never finds it.

#include "requests.h"

#if !ARENA_UNWATCHED && !ARENA_HAS_REQUESTS

#include "tools.h"

bool arena_valgrind_is_there(void)
{
    return false;
}

void arena_valgrind_begin_pool(const void *pool)
{
    (void)pool;
}

void arena_valgrind_end_pool(const void *pool)
{
    (void)pool;
}

void arena_valgrind_alloc(const void *pool, const void *object, size_t size)
{
    (void)pool;
    (void)object;
    (void)size;
}

void arena_valgrind_resize(const void *pool, const void *object, size_t old_size, size_t size)
{
    (void)pool;
    (void)object;
    (void)old_size;
    (void)size;
}

void arena_valgrind_free(const void *pool, const void *object)
{
    (void)pool;
    (void)object;
}

void arena_valgrind_note_initialised(const void *object, size_t size)
{
    (void)object;
    (void)size;
}

void arena_valgrind_hide(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

void arena_valgrind_forget(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

#endif
