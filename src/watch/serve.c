// Where objects of a watched arena are. Where every allocation is seen, they get red zones:
//
//     | zone | object .. | zone | zone | object ... | zone |    cursor = end

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "guard.h"
#include "watching.h"

// ----- Allocation -----

static unsigned char *serve_between_zones(Arena *arena, size_t size, size_t align)
{
    Watch *watch = watch_of(arena);
    size_t zone = watch->red_zone;
    if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 4)
        return NULL;
    size_t front = round_up(zone, larger(align, MALLOC_ALIGN));
    size_t whole = front + round_up(size, ARENA_GRANULE) + zone;
    const ArenaBlock *block = arena->current;
    unsigned char *cursor = arena->cursor;
    unsigned char *start = arena_serve(arena, whole, larger(align, MALLOC_ALIGN));
    if (!start)
        return NULL;
    bool is_at_cursor = start + whole == arena->cursor; // which is not so after a large object
    unsigned char *before = arena->current == block ? cursor : arena->current->data;
    arena_hide(arena, front + zone + (is_at_cursor ? (size_t)(start - before) : 0));
    watch->zone = zone;
    if (is_at_cursor)
        watch->newest = start + front;
    watch->newest_epoch = arena->epoch;
    return start + front;
}

// No bytes, but an address that no other object has.
static void *serve_apart(Arena *arena, size_t align)
{
    void *object = watch_of(arena)->red_zone > 0 ? arena_serve(arena, 1, align) : NULL;
    if (object)
        arena_hide(arena, ARENA_GRANULE);
    return object;
}

void arena_forget_newest(Arena *arena)
{
    Watch *watch = watch_of(arena);
    watch->newest = watch->guarded = watch->place = NULL;
}

static void *serve_own(Arena *arena, size_t size, size_t align)
{
    arena_forget_newest(arena);
    watch_of(arena)->zone = 0;
    void *object = has_red_zones(arena) ? serve_between_zones(arena, size, align) : NULL;
    if (!object && size == 0)
        object = serve_apart(arena, align);
    return object ? object : arena_serve(arena, size, align);
}

static void note_guarded(Arena *arena, void *object, void *place)
{
    Watch *watch = watch_of(arena);
    watch->newest = NULL;
    watch->zone = 0;
    watch->guarded = object;
    watch->place = place;
    TELL(arena, acquired, arena->large->data, arena->large->capacity);
}

// In pages of its own instead, if the guard is there and wants it; in the arena its place stays empty, so
// that limits and sums are as they would be. Objects on a source of the program's stay where they are.
static void *serve_guarded(Arena *arena, void *place, size_t size, size_t align)
{
    Attached *guard = attached_of(arena, arena_guard());
    if (!guard || !guard->is_due || !arena_is_heap(&arena->source))
        return NULL;
    void *object = arena_guard_place(arena, size, align);
    guard->interval = arena_guard_interval(guard->state, object != NULL);
    if (object)
        note_guarded(arena, object, place);
    return object;
}

static void *serve_watched(Arena *arena, size_t size, size_t align)
{
    void *object = serve_own(arena, size, align);
    void *guarded = object ? serve_guarded(arena, object, size, align) : NULL;
    return guarded ? guarded : object;
}

void *arena_alloc_watched(Arena *arena, size_t size, size_t align)
{
    arena_note_who_is_due(arena, size);
    watch_of(arena)->align = align;
    void *object = serve_watched(arena, size, align);
    watch_of(arena)->latest = object;
    if (object)
        arena_tell_allocated(arena, object, size);
    arena_open_to_next(arena);
    return object;
}

size_t arena_align_of_latest(const Arena *arena)
{
    return watch_of(arena)->align;
}

// In the window, where nobody has heard of it, an object that is new is the newest.
bool arena_was_copied(const Arena *arena, const void *old, const void *object, size_t size)
{
    bool is_newest = (const unsigned char *)object + round_up(size, ARENA_GRANULE) == arena->cursor;
    return object != old && object != watch_of(arena)->place &&
           (object == watch_of(arena)->latest || is_newest);
}

size_t arena_red_zone(const Arena *arena)
{
    return watch_of(arena)->zone;
}

// ----- Other sizes -----

// Between red zones only what is newer than the latest mark: what the mark saw there has to be there
// after the rewind, the zone included.
static bool may_resize_newest(const Arena *arena, const void *ptr)
{
    const Watch *watch = watch_of(arena);
    return ptr == watch->newest && watch->newest_epoch == arena->epoch;
}

static bool resize_between_zones(Arena *arena, void *ptr, size_t size)
{
    if (!may_resize_newest(arena, ptr) || size > PTRDIFF_MAX / 2)
        return false;
    return arena_resize_newest(arena, ptr,
                               round_up(size, ARENA_GRANULE) + watch_of(arena)->red_zone);
}

static void *move_watched(Arena *arena, const void *ptr, size_t old_size, size_t new_size)
{
    void *object = arena_alloc(arena, new_size);
    size_t size = arena_checked_size(arena, ptr, smaller(old_size, new_size));
    return object ? memcpy(object, ptr, size) : NULL;
}

// In other pages, and its place in the arena becomes what it would be if the object were there, which it
// is if there are no such pages.
static void *resize_guarded(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    void *place = arena_resize_without_copy(arena, watch_of(arena)->place, old_size, new_size);
    watch_of(arena)->place = place;
    if (new_size <= old_size)
        return ptr;
    if (!place)
        return move_watched(arena, ptr, old_size, new_size);
    void *object = arena_guard_place(arena, new_size, MALLOC_ALIGN);
    if (object)
        note_guarded(arena, object, place);
    else
        watch_of(arena)->guarded = NULL;
    return memcpy(object ? object : place, ptr, old_size);
}

// What has pages of its own is no large object of a source's, though it is on the list of these.
static void *resize_without_zones(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (ptr == watch_of(arena)->guarded && watch_of(arena)->place)
        return resize_guarded(arena, ptr, old_size, new_size);
    if (!arena_guard_has(ptr))
        return arena_resize(arena, ptr, old_size, new_size);
    return new_size <= old_size ? ptr : move_watched(arena, ptr, old_size, new_size);
}

void *arena_resize_watched(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    unsigned char *cursor = arena->cursor;
    void *object = ptr;
    if (!has_red_zones(arena))
        object = resize_without_zones(arena, ptr, old_size, new_size);
    else if (!resize_between_zones(arena, ptr, new_size) && new_size > old_size)
        object = move_watched(arena, ptr, old_size, new_size);
    arena_open_to_next(arena);
    if (object)
        TELL(arena, resized, ptr, old_size, object, new_size);
    if (object == ptr && arena->cursor < cursor)
        TELL(arena, freed, arena->cursor, (size_t)(cursor - arena->cursor));
    return object;
}

// Between red zones, as far as there is room for both.
static bool extend_between_zones(Arena *arena, void *ptr, size_t least, size_t *size)
{
    if (resize_between_zones(arena, ptr, *size))
        return true;
    size_t room =
        may_resize_newest(arena, ptr)
            ? (size_t)(end_of(arena->current) - (unsigned char *)ptr) - watch_of(arena)->red_zone
            : 0;
    *size = larger(least, room);
    return resize_between_zones(arena, ptr, *size);
}

bool arena_extend_watched(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    bool good = has_red_zones(arena) ? ptr && extend_between_zones(arena, ptr, least, size)
                                     : arena_extend_newest(arena, ptr, old_size, least, size);
    arena_open_to_next(arena);
    if (good)
        TELL(arena, resized, ptr, old_size, ptr, *size);
    return good;
}

#endif
