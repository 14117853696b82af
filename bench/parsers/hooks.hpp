// Functions with the shapes of malloc, calloc, realloc and free over an arena, for the hooks of
// parsers. A hook is not told which arena is meant, so there is one current arena.
//
// All results are aligned to 8, not to 16 as malloc's are: what cJSON, jansson, expat, libxml2,
// cmark and Lua put into memory are pointers, integers, doubles and bytes. A library with long
// double or vectors in its structs would need arena_alloc in the place of arena_new.
//
// The plain form is an arena's own: no header. The sized form keeps the size in eight bytes before
// the object, for hooks whose realloc is not told the old size; the newest object then grows in
// place. Nothing is freed.

#ifndef ARENA_BENCH_HOOKS_HPP
#define ARENA_BENCH_HOOKS_HPP

#include <arena/arena.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bench
{

constexpr size_t HOOK_ALIGN = 8;

inline Arena *current_arena;

inline void arena_free(void *)
{
}

// ----- Plain -----

inline void *plain_malloc(size_t size)
{
    return arena_new(current_arena, size, HOOK_ALIGN);
}

// What Lua wants: the old size is known, and size 0 frees.
inline void *plain_realloc(void *object, size_t old_size, size_t new_size)
{
    if (new_size == 0)
        return nullptr;
    if (!object)
        return plain_malloc(new_size);
    return arena_realloc(current_arena, object, old_size, new_size);
}

// ----- Sized -----

struct Header {
    size_t size; // of the object, without this
};

static_assert(sizeof(Header) % HOOK_ALIGN == 0, "the object after a header would not be aligned");

// A size that does not fit is one that no arena can give.
inline size_t with_header(size_t size)
{
    return size > PTRDIFF_MAX ? SIZE_MAX : size + sizeof(Header);
}

inline void *after_header(void *memory, size_t size)
{
    if (!memory)
        return nullptr;
    Header *header = static_cast<Header *>(memory);
    header->size = size;
    return header + 1;
}

inline void *sized_malloc(size_t size)
{
    return after_header(arena_new(current_arena, with_header(size), HOOK_ALIGN), size);
}

inline void *sized_calloc(size_t count, size_t size)
{
    size_t whole = arena_array_size(count, size);
    return after_header(arena_new0(current_arena, with_header(whole), HOOK_ALIGN), whole);
}

inline void *sized_realloc(void *object, size_t size)
{
    if (!object)
        return sized_malloc(size);
    Header *header = static_cast<Header *>(object) - 1;
    size_t old_size = with_header(header->size);
    return after_header(arena_realloc(current_arena, header, old_size, with_header(size)), size);
}

inline char *sized_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    void *copy = sized_malloc(size);
    return static_cast<char *>(copy ? memcpy(copy, text, size) : nullptr);
}

} // namespace bench

#endif
