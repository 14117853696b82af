// The sanitizers, by the functions of their runtimes; these are there, or they are not.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED && ARENA_HAS_WEAK

#include "tags.h"
#include "tools.h"

// What <sanitizer/asan_interface.h>, <sanitizer/msan_interface.h> and the instrumentation of
// ThreadSanitizer declare.
extern ARENA_WEAK void __asan_poison_memory_region(void const volatile *start, size_t size);
extern ARENA_WEAK void __asan_unpoison_memory_region(void const volatile *start, size_t size);
extern ARENA_WEAK void __asan_set_error_report_callback(void (*call)(const char *report));
extern ARENA_WEAK void *__asan_get_report_address(void);
extern ARENA_WEAK void __msan_allocated_memory(const volatile void *start, size_t size);
extern ARENA_WEAK void __msan_unpoison(const volatile void *start, size_t size);
extern ARENA_WEAK void *__msan_memset(void *start, int value, size_t size);
extern ARENA_WEAK void __tsan_write8(void *address);
extern ARENA_WEAK void __tsan_write_range(void *start, size_t size);
extern ARENA_WEAK void __tsan_acquire(void *what);
extern ARENA_WEAK void __tsan_release(void *what);
extern ARENA_WEAK void AnnotateIgnoreReadsBegin(const char *file, int line);
extern ARENA_WEAK void AnnotateIgnoreReadsEnd(const char *file, int line);
extern ARENA_WEAK void AnnotateIgnoreWritesBegin(const char *file, int line);
extern ARENA_WEAK void AnnotateIgnoreWritesEnd(const char *file, int line);

bool arena_tool_is_there(void)
{
    return arena_tool_sees_memory() || __tsan_write8;
}

bool arena_tool_sees_memory(void)
{
    return __asan_poison_memory_region || __msan_allocated_memory || arena_valgrind_is_there() ||
           arena_tags_are_used();
}

void arena_tool_begin_pool(const void *pool)
{
    arena_valgrind_begin_pool(pool);
}

void arena_tool_end_pool(const void *pool)
{
    arena_valgrind_end_pool(pool);
}

// Who looks for leaks in what malloc gives knows the arena already; Valgrind leaves out what has objects.
void arena_tool_begin_arena(const void *pool, const Arena *arena)
{
    arena_valgrind_alloc(pool, arena, sizeof *arena);
    arena_valgrind_note_initialised(arena, sizeof *arena);
}

void arena_tool_end_arena(const void *pool, const Arena *arena)
{
    arena_valgrind_free(pool, arena);
    arena_valgrind_note_initialised(arena, sizeof *arena);
}

static void show(const void *start, size_t size)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(start, size);
    if (__msan_allocated_memory)
        __msan_allocated_memory(start, size);
    arena_tags_show(start, size);
}

static void hide(const void *start, size_t size)
{
    if (__asan_poison_memory_region)
        __asan_poison_memory_region(start, size);
    if (__msan_allocated_memory)
        __msan_allocated_memory(start, size);
    arena_tags_hide(start, size);
}

void arena_tool_alloc(const void *pool, const void *object, size_t size)
{
    show(object, size);
    arena_valgrind_alloc(pool, object, size);
}

void arena_tool_resize(const void *pool, const void *object, size_t old_size, size_t size)
{
    const char *bytes = object;
    if (size > old_size)
        show(bytes + old_size, size - old_size);
    else
        hide(bytes + size, old_size - size);
    arena_valgrind_resize(pool, object, old_size, size);
}

void arena_tool_free(const void *pool, const void *object, size_t size)
{
    hide(object, size);
    arena_valgrind_free(pool, object);
}

void *arena_tool_zero(void *object, size_t size)
{
    return __msan_memset ? __msan_memset(object, 0, size) : memset(object, 0, size);
}

void arena_tool_note_initialised(const void *object, size_t size)
{
    if (__msan_unpoison)
        __msan_unpoison(object, size);
    arena_valgrind_note_initialised(object, size);
}

void arena_tool_hide(const void *start, size_t size)
{
    hide(start, size);
    arena_valgrind_hide(start, size);
}

void arena_tool_forget(const void *start, size_t size)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(start, size);
    arena_tags_show(start, size);
    arena_valgrind_forget(start, size);
}

void arena_tool_note_use(const Arena *arena)
{
    if (__tsan_write8)
        __tsan_write8((void *)(uintptr_t)&arena->end);
}

void arena_tool_note_write(const void *start, size_t size)
{
    if (__tsan_write_range)
        __tsan_write_range((void *)(uintptr_t)start, size);
}

// Others have functions of these names too, and ThreadSanitizer has them all.
void arena_tool_ignore_begin(void)
{
    if (__tsan_write8) {
        AnnotateIgnoreReadsBegin("", 0);
        AnnotateIgnoreWritesBegin("", 0);
    }
}

void arena_tool_ignore_end(void)
{
    if (__tsan_write8) {
        AnnotateIgnoreWritesEnd("", 0);
        AnnotateIgnoreReadsEnd("", 0);
    }
}

void arena_tool_release(const void *what)
{
    if (__tsan_release)
        __tsan_release((void *)(uintptr_t)what);
}

void arena_tool_acquire(const void *what)
{
    if (__tsan_acquire)
        __tsan_acquire((void *)(uintptr_t)what);
}

static void (*on_report)(const void *address);

static void pass_address_on(const char *report)
{
    (void)report;
    on_report(__asan_get_report_address());
}

void arena_tool_on_report(void (*call)(const void *address))
{
    on_report = call;
    if (__asan_set_error_report_callback)
        __asan_set_error_report_callback(pass_address_on);
}

#endif
