// Where no sanitizer can be found at run time.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED && !ARENA_HAS_WEAK

#include "tools.h"

bool arena_tool_is_there(void)
{
    return arena_valgrind_is_there();
}

bool arena_tool_sees_memory(void)
{
    return arena_valgrind_is_there();
}

void arena_tool_begin_pool(const void *pool)
{
    arena_valgrind_begin_pool(pool);
}

void arena_tool_end_pool(const void *pool)
{
    arena_valgrind_end_pool(pool);
}

void arena_tool_begin_arena(const void *pool, const Arena *arena)
{
    (void)pool;
    (void)arena;
}

void arena_tool_end_arena(const void *pool, const Arena *arena)
{
    (void)pool;
    (void)arena;
}

void arena_tool_alloc(const void *pool, const void *object, size_t size)
{
    arena_valgrind_alloc(pool, object, size);
}

void arena_tool_resize(const void *pool, const void *object, size_t old_size, size_t size)
{
    arena_valgrind_resize(pool, object, old_size, size);
}

void arena_tool_free(const void *pool, const void *object, size_t size)
{
    (void)size;
    arena_valgrind_free(pool, object);
}

void *arena_tool_zero(void *object, size_t size)
{
    return memset(object, 0, size);
}

void arena_tool_note_initialised(const void *object, size_t size)
{
    arena_valgrind_note_initialised(object, size);
}

void arena_tool_hide(const void *start, size_t size)
{
    arena_valgrind_hide(start, size);
}

void arena_tool_forget(const void *start, size_t size)
{
    arena_valgrind_forget(start, size);
}

void arena_tool_note_use(const Arena *arena)
{
    (void)arena;
}

void arena_tool_ignore_begin(void)
{
}

void arena_tool_ignore_end(void)
{
}

void arena_tool_release(const void *what)
{
    (void)what;
}

void arena_tool_acquire(const void *what)
{
    (void)what;
}

void arena_tool_note_write(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

void arena_tool_on_report(void (*call)(const void *address))
{
    (void)call;
}

#endif
