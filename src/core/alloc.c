// The slow path: what happens when a request does not fit the window; and realloc, which is nothing
// else.

#include "internal.h"

// The ordinary symbols of the inline functions.
extern ARENA_API inline size_t arena_array_size(size_t count, size_t size);
extern ARENA_API inline uint64_t arena_now(const Arena *arena);
extern ARENA_API inline bool arena_is_now(const Arena *arena, uint64_t epoch);
extern ARENA_API inline void *arena_alloc(Arena *arena, size_t size);
extern ARENA_API inline void *arena_calloc(Arena *arena, size_t size);
extern ARENA_API inline void *arena_new(Arena *arena, size_t size, size_t align);
extern ARENA_API inline void *arena_new0(Arena *arena, size_t size, size_t align);

void *arena_fail(Arena *arena, size_t size, int error)
{
    arena->failures++;
    set_errno(error);
    if (arena->on_failure) {
        arena->on_failure(arena, size, arena->on_failure_context);
        set_errno(error);
    }
    return NULL;
}

// Whether the current block has the room, in the window or behind it.
static bool fits(const Arena *arena, size_t size, size_t align)
{
    size_t room = (size_t)(end_of(arena->current) - arena->cursor);
    size_t pad = padding(arena->cursor, align);
    return pad <= room && size <= room - pad;
}

static void *take(Arena *arena, size_t size, size_t align)
{
    unsigned char *object = arena->cursor + padding(arena->cursor, align);
    arena->cursor = object + round_up(size, ARENA_GRANULE);
    open_window(arena);
    return object;
}

// Bytes of a fresh block that are enough, however far from alignment it starts.
static size_t payload_for(size_t size, size_t align)
{
    size_t slack = align > MALLOC_ALIGN ? align - MALLOC_ALIGN : 0;
    return round_up(size, ARENA_GRANULE) + slack;
}

// Bytes that the request takes at the cursor.
static size_t payload_here(const Arena *arena, size_t size, size_t align)
{
    return padding(arena->cursor, align) + round_up(size, ARENA_GRANULE);
}

// A large object that displaced the current block would waste its rest, and feed growth.
static bool is_large(const Arena *arena, size_t payload)
{
    return block_size_for(payload) > arena->block_size / 2;
}

static void *alloc_large(Arena *arena, size_t size, size_t align)
{
    ArenaBlock *block = arena_acquire_large(arena, payload_for(size, align));
    return block ? block->data + padding(block->data, align) : NULL;
}

void *arena_serve(Arena *arena, size_t size, size_t align)
{
    if (fits(arena, size, align))
        return take(arena, size, align);
    if (align > PTRDIFF_MAX / 2 || size > PTRDIFF_MAX - align - ARENA_GRANULE)
        return NULL;

    size_t payload = payload_for(size, align);
    if (!arena_extend_block(arena, payload_here(arena, size, align))) {
        if (is_large(arena, payload))
            return alloc_large(arena, size, align);
        if (!arena_enter_spare_block(arena, payload) && !arena_enter_new_block(arena, payload))
            return NULL;
    }
    return take(arena, size, align); // cannot miss now
}

// NULL if there is no memory, which nobody has heard of then.
static void *try_alloc(Arena *arena, size_t size, size_t align)
{
    if (arena->watch)
        return arena->watch->hooks->alloc(arena, size, align);
    return arena_serve(arena, size, align);
}

void *arena_alloc_slow(Arena *arena, size_t size, size_t align)
{
    void *object = try_alloc(arena, size, align);
    return object ? object : arena_fail(arena, size, ENOMEM);
}

void *arena_calloc_slow(Arena *arena, size_t size, size_t align)
{
    unsigned char *object = arena_alloc_aligned(arena, size, align);
    if (!object || size == 0)
        return object;
    if (arena->watch) // who may have written there, or minds who does
        return arena->watch->hooks->zero(object, size);

    bool in_window = offset_in(arena->current, object) < arena->current->capacity;
    bool dirty = in_window ? object < arena->dirty : arena->large->dirty > 0;
    return dirty ? memset(object, 0, size) : object;
}

void *arena_alloc_aligned(Arena *arena, size_t size, size_t align)
{
    if (!is_power_of_two(align))
        return arena_fail(arena, size, EINVAL);

    size_t room = (size_t)(arena->end - arena->cursor);
    size_t pad = padding(arena->cursor, align);
    if (ARENA_LIKELY(pad <= room && ARENA_LAST(size) < room - pad)) {
        unsigned char *object = arena->cursor + pad;
        arena->cursor = object + round_up(size, ARENA_GRANULE);
        return object;
    }
    return arena_alloc_slow(arena, size, align);
}

// ----- realloc -----

// Whether the object ends where the next one would go.
static bool is_newest(const Arena *arena, const void *ptr, size_t size)
{
    return (uintptr_t)arena->cursor - (uintptr_t)ptr == round_up(size, ARENA_GRANULE);
}

// Grows the newest object as far as its block goes, or shrinks it, but not below the latest mark.
static inline bool resize_newest(Arena *arena, unsigned char *object, size_t size)
{
    size_t held = (size_t)(arena->cursor - object);
    size_t payload = round_up(size, ARENA_GRANULE);
    size_t room = (size_t)(end_of(arena->current) - object);
    if (payload > room && !arena_extend_block(arena, payload - held))
        return false;

    note_peak(arena);
    arena_leave_block(arena);
    arena->dirty = arena->current->data + arena->current->dirty;
    arena->cursor = object + payload;
    if (arena->cursor < arena->floor)
        arena->cursor = arena->floor;
    open_window(arena);
    return true;
}

bool arena_resize_newest(Arena *arena, void *object, size_t size)
{
    return resize_newest(arena, object, size);
}

// Resizes a large object that was made since the latest mark; NULL if `ptr` is none, or cannot grow
// without a copy. No large object starts smaller than a part of the least block, so small ones need
// no search.
static void *resize_large(Arena *arena, const void *ptr, size_t old_size, size_t new_size)
{
    if (old_size < ARENA_TUNE_LEAST / 4)
        return NULL;
    ArenaBlock **link = arena_find_young_large(arena, ptr, old_size);
    if (!link || !arena_resize_large(arena, link, round_up(new_size, ARENA_GRANULE)))
        return NULL;
    return (*link)->data;
}

static void *move(Arena *arena, const void *ptr, size_t old_size, size_t new_size)
{
    void *moved = arena_alloc(arena, new_size);
    return moved ? memcpy(moved, ptr, old_size) : NULL;
}

static inline void *resize(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (is_newest(arena, ptr, old_size) && resize_newest(arena, ptr, new_size))
        return ptr;

    void *resized = resize_large(arena, ptr, old_size, new_size);
    if (resized)
        return resized;
    return new_size <= old_size ? ptr : move(arena, ptr, old_size, new_size);
}

void *arena_resize(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    return resize(arena, ptr, old_size, new_size);
}

void *arena_resize_without_copy(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (is_newest(arena, ptr, old_size) && arena_resize_newest(arena, ptr, new_size))
        return ptr;
    return resize_large(arena, ptr, old_size, new_size);
}

void *arena_realloc(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (!ptr)
        return arena_alloc(arena, new_size);
    if (new_size > PTRDIFF_MAX - ARENA_GRANULE)
        return arena_fail(arena, new_size, ENOMEM);
    if (new_size == old_size)
        return ptr;
    if (arena->watch)
        return arena->watch->hooks->resize(arena, ptr, old_size, new_size);
    return resize(arena, ptr, old_size, new_size);
}

// ----- Growth by what there is -----

bool arena_extend_newest(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    if (!ptr || !is_newest(arena, ptr, old_size) || least > PTRDIFF_MAX - ARENA_GRANULE)
        return false;
    if (*size <= PTRDIFF_MAX - ARENA_GRANULE && resize_newest(arena, ptr, *size))
        return true;
    *size = larger(least, (size_t)(end_of(arena->current) - (unsigned char *)ptr));
    return resize_newest(arena, ptr, *size);
}

bool arena_extend(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    if (arena->watch)
        return arena->watch->hooks->extend(arena, ptr, old_size, least, size);
    return arena_extend_newest(arena, ptr, old_size, least, size);
}

// Makes new room for `*size` bytes, or else for `least`.
static void *alloc_at_least(Arena *arena, size_t least, size_t *size, size_t align)
{
    void *object = try_alloc(arena, *size, align);
    if (!object) {
        *size = least;
        object = arena_alloc_slow(arena, least, align);
    }
    return object;
}

// The same for a large object that grows without a copy, if `ptr` is one.
static void *resize_at_least(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    void *resized = resize_large(arena, ptr, old_size, *size);
    if (!resized) {
        resized = resize_large(arena, ptr, old_size, least);
        *size = resized ? least : *size;
    }
    return resized;
}

void *arena_grow(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size, size_t align)
{
    if (least > PTRDIFF_MAX - ARENA_GRANULE)
        return arena_fail(arena, least, ENOMEM);
    size_t wanted = *size <= PTRDIFF_MAX - ARENA_GRANULE ? *size : least;
    if (arena_extend(arena, ptr, old_size, least, size))
        return ptr;
    *size = wanted;
    bool may_be_large = ptr && align <= MALLOC_ALIGN && (!arena->watch || arena->stride > 0);
    void *grown = may_be_large ? resize_at_least(arena, ptr, old_size, least, size) : NULL;
    if (!grown) {
        grown = alloc_at_least(arena, least, size, align);
        if (grown && ptr)
            memcpy(grown, ptr, old_size);
    }
    if (grown && ptr && arena->watch)
        arena->watch->hooks->moved(arena, ptr, old_size, grown, *size);
    return grown;
}
