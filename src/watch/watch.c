// Who watches an arena, and how the slow path tells them. Where every allocation is seen, objects get
// red zones:
//
//     | zone | object .. | zone | zone | object ... | zone |    cursor = end

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "lock.h"
#include "tools.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>

enum { MOST_WATCHERS = 4 };

atomic_flag arena_watch_lock = ATOMIC_FLAG_INIT;

typedef struct Attached {
    const ArenaWatcher *watcher;
    void *state;
} Attached;

// How many bytes of red zones there were when an epoch ended, or so far.
typedef struct Hidden {
    uint64_t epoch;
    size_t bytes;
} Hidden;

typedef struct Watch {
    ArenaWatch base;
    Attached attached[MOST_WATCHERS];
    size_t count;
    size_t red_zone;       // bytes, in multiples of malloc's alignment
    unsigned char *newest; // the latest object with red zones, which may be resized where it stands
    uint64_t newest_epoch; // when it was made
    size_t zone;           // bytes before and after the object that was allocated last
    Hidden *hidden;        // of each epoch with such objects, as long as they are there
    size_t hidden_count;
    size_t hidden_capacity;
} Watch;

static Watch *watch_of(const Arena *arena)
{
    return (Watch *)arena->watch;
}

#define TELL(arena, function, ...)                                  \
    for (size_t i = 0, n = watch_of(arena)->count; i < n; i++) {    \
        const Attached *to = &watch_of(arena)->attached[i];         \
        if (to->watcher->function)                                  \
            to->watcher->function((arena), to->state, __VA_ARGS__); \
    }

// ----- What is hidden -----

// The bytes of a red zone are gone, with all that is newer than the mark, when that is rewound to; so
// each epoch has its own sum. If there is no memory for that, the latest one has it too.
static void hide(Arena *arena, size_t bytes)
{
    Watch *watch = watch_of(arena);
    size_t count = watch->hidden_count;
    bool is_new = count == 0 || watch->hidden[count - 1].epoch != arena->epoch;
    if (is_new && count == watch->hidden_capacity) {
        size_t capacity = count ? 2 * count : 16;
        Hidden *more = realloc(watch->hidden, capacity * sizeof *more);
        if (more) {
            watch->hidden = more;
            watch->hidden_capacity = capacity;
        }
    }
    if (is_new && count == watch->hidden_capacity)
        return;
    arena->hidden += bytes;
    watch->hidden_count = count + is_new;
    watch->hidden[watch->hidden_count - 1] = (Hidden){arena->epoch, arena->hidden};
}

// How many of the sums a rewind to the mark leaves.
static size_t hidden_count_at(const Watch *watch, const ArenaMark *mark)
{
    size_t count = watch->hidden_count;
    while (count > 0 && (!mark || watch->hidden[count - 1].epoch > mark->epoch))
        count--;
    return count;
}

size_t arena_hidden_at(const Arena *arena, const ArenaMark *mark)
{
    size_t count = hidden_count_at(watch_of(arena), mark);
    return count ? watch_of(arena)->hidden[count - 1].bytes : 0;
}

static void unhide_until(Arena *arena, const ArenaMark *mark)
{
    arena->hidden = arena_hidden_at(arena, mark);
    watch_of(arena)->hidden_count = hidden_count_at(watch_of(arena), mark);
}

// ----- Allocation -----

// Red zones are memory that the program has not asked for. In the caller's buffer, or a region, it would
// miss them; a limit does not count them.
static bool has_red_zones(const Arena *arena)
{
    return watch_of(arena)->red_zone > 0 && !arena_is_buffer(&arena->source) &&
           !arena_is_region(&arena->source);
}

static unsigned char *serve_between_zones(Arena *arena, size_t size, size_t align)
{
    Watch *watch = watch_of(arena);
    size_t zone = watch->red_zone;
    if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 4)
        return NULL;
    size_t front = larger(zone, align);
    size_t whole = front + round_up(size, ARENA_GRANULE) + zone;
    const unsigned char *before = arena->cursor;
    unsigned char *start = arena_serve(arena, whole, larger(align, MALLOC_ALIGN));
    if (!start)
        return NULL;
    size_t skipped = (size_t)((uintptr_t)start - (uintptr_t)before);
    hide(arena, front + zone + (skipped < larger(align, MALLOC_ALIGN) ? skipped : 0));
    watch->zone = zone;
    if (start + whole == arena->cursor) // which is not so after a large object
        watch->newest = start + front;
    watch->newest_epoch = arena->epoch;
    return start + front;
}

// No bytes, but an address that no other object has.
static void *serve_apart(Arena *arena, size_t align)
{
    void *object = watch_of(arena)->red_zone > 0 ? arena_serve(arena, 1, align) : NULL;
    if (object)
        hide(arena, ARENA_GRANULE);
    return object;
}

static void *alloc_watched(Arena *arena, size_t size, size_t align)
{
    watch_of(arena)->newest = NULL;
    watch_of(arena)->zone = 0;
    void *object = has_red_zones(arena) ? serve_between_zones(arena, size, align) : NULL;
    if (!object && size == 0)
        object = serve_apart(arena, align);
    if (!object)
        object = arena_serve(arena, size, align);
    if (object)
        TELL(arena, allocated, object, size);
    return object;
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

static void *move(Arena *arena, const void *ptr, size_t old_size, size_t new_size)
{
    void *object = arena_alloc(arena, new_size);
    return object ? memcpy(object, ptr, smaller(old_size, new_size)) : NULL;
}

static void *resize_watched(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    unsigned char *cursor = arena->cursor;
    void *object = ptr;
    if (!has_red_zones(arena))
        object = arena_resize(arena, ptr, old_size, new_size);
    else if (!resize_between_zones(arena, ptr, new_size) && new_size > old_size)
        object = move(arena, ptr, old_size, new_size);
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

static bool extend_watched(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    bool good = has_red_zones(arena) ? ptr && extend_between_zones(arena, ptr, least, size)
                                     : arena_extend_newest(arena, ptr, old_size, least, size);
    if (good)
        TELL(arena, resized, ptr, old_size, ptr, *size);
    return good;
}

static void tell_moved(Arena *arena, void *old, size_t old_size, void *object, size_t size)
{
    TELL(arena, resized, old, old_size, object, size);
}

// ----- What is taken back -----

static bool tell_rewinding(Arena *arena, const ArenaMark *mark)
{
    bool good = true;
    for (size_t i = 0; i < watch_of(arena)->count; i++) {
        const Attached *to = &watch_of(arena)->attached[i];
        if (to->watcher->rewinding)
            good = to->watcher->rewinding(arena, to->state, mark) && good;
    }
    return good;
}

// What one of the arena itself or of an adopted one has used after a position.
static void tell_freed(Arena *arena, const Arena *owner, ArenaBlock *block, unsigned char *start,
                       const ArenaBlock *large)
{
    for (; block != owner->current; block = block->next, start = block->data)
        TELL(arena, freed, start, (size_t)(block->data + block->used - start));
    TELL(arena, freed, start, (size_t)(owner->cursor - start));
    for (ArenaBlock *last = owner->large; last != large; last = last->next)
        TELL(arena, freed, last->data, last->used);
}

static void tell_released(Arena *arena, const Arena *owner)
{
    for (ArenaBlock *block = owner->blocks; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
    for (ArenaBlock *block = owner->large; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
}

static void tell_taken_back(Arena *arena, const ArenaMark *mark)
{
    TELL(arena, rewound, mark);
    if (mark) {
        tell_freed(arena, arena, mark->block, mark->cursor, mark->large);
    } else {
        tell_freed(arena, arena, arena->blocks, arena->blocks->data, NULL);
        for (Arena *adopted = arena->adopted; adopted; adopted = adopted->adopted) {
            tell_freed(arena, adopted, adopted->blocks, adopted->blocks->data, NULL);
            tell_released(arena, adopted);
        }
    }
    unhide_until(arena, mark);
    watch_of(arena)->newest = NULL;
}

static void tell_acquired(Arena *arena, void *start, size_t size)
{
    TELL(arena, acquired, start, size);
}

static void tell_block_released(Arena *arena, void *start, size_t size)
{
    TELL(arena, released, start, size);
}

// ----- The end -----

static void free_watch(Arena *arena)
{
    free(watch_of(arena)->hidden);
    free(watch_of(arena));
    arena->watch = NULL;
}

static void tell_detached(Arena *arena, const Attached *attached)
{
    if (attached->watcher->detached)
        attached->watcher->detached(arena, attached->state);
}

static void end_watch(Arena *arena)
{
    bool is_strict = watch_of(arena)->red_zone > 0;
    tell_taken_back(arena, NULL);
    tell_released(arena, arena);
    for (size_t i = 0; i < watch_of(arena)->count; i++)
        tell_detached(arena, &watch_of(arena)->attached[i]);
    free_watch(arena);
    if (is_strict)
        arena_bury(arena);
}

static size_t find(const Arena *arena, const ArenaWatcher *watcher)
{
    size_t i = 0;
    while (i < watch_of(arena)->count && watch_of(arena)->attached[i].watcher != watcher)
        i++;
    return i;
}

void *arena_state_of(const Arena *arena, const ArenaWatcher *watcher)
{
    size_t i = arena->watch ? find(arena, watcher) : 0;
    return arena->watch && i < watch_of(arena)->count ? watch_of(arena)->attached[i].state : NULL;
}

size_t arena_red_zone(const Arena *arena)
{
    return watch_of(arena)->zone;
}

// Those who do not watch `into` see the end of what they know.
static void tell_adopting(Arena *into, Arena *from)
{
    if (into->watch)
        TELL(into, adopted, from);
    for (size_t i = 0; from->watch && i < watch_of(from)->count; i++) {
        const Attached *attached = &watch_of(from)->attached[i];
        bool stays = into->watch && find(into, attached->watcher) < watch_of(into)->count;
        for (ArenaBlock *block = from->blocks; !stays && block; block = block->next)
            if (attached->watcher->released)
                attached->watcher->released(from, attached->state, block->data, block->capacity);
        tell_detached(from, attached);
    }
    if (from->watch)
        free_watch(from);
}

// ----- Watchers come and go -----

static const ArenaHooks hooks = {
    .alloc = alloc_watched,
    .resize = resize_watched,
    .zero = arena_tool_zero,
    .initialised = arena_tool_note_initialised,
    .extend = extend_watched,
    .moved = tell_moved,
    .rewinding = tell_rewinding,
    .taken_back = tell_taken_back,
    .acquired = tell_acquired,
    .released = tell_block_released,
    .adopting = tell_adopting,
    .ending = end_watch,
};

// How far the window reaches, and how wide red zones are, follows from who watches.
static void adjust(Arena *arena)
{
    Watch *watch = watch_of(arena);
    size_t stride = ARENA_TUNE_STRIDE;
    watch->red_zone = 0;
    for (size_t i = 0; i < watch->count; i++) {
        const ArenaWatcher *watcher = watch->attached[i].watcher;
        stride = smaller(stride, watcher->interval & ~(size_t)(ARENA_GRANULE - 1));
        if (watcher->interval == 0)
            watch->red_zone = larger(watch->red_zone, watcher->red_zone);
    }
    watch->red_zone = round_up(smaller(watch->red_zone, 1 << 20), MALLOC_ALIGN);
    watch->newest = NULL;
    arena->stride = stride;
    open_window(arena);
}

// What is free, as far as anybody knows.
static void tell_what_there_is(Arena *arena, const Attached *to)
{
    if (!to->watcher->acquired)
        return;
    to->watcher->acquired(arena, to->state, arena->cursor,
                          (size_t)(end_of(arena->current) - arena->cursor));
    for (ArenaBlock *block = arena->current->next; block; block = block->next)
        to->watcher->acquired(arena, to->state, block->data, block->capacity);
}

bool arena_watch(Arena *arena, const ArenaWatcher *watcher)
{
    Watch *watch = arena->watch ? watch_of(arena) : calloc(1, sizeof *watch);
    if (!watch || watch->count == MOST_WATCHERS)
        return arena_fail(arena, 0, ENOMEM);
    arena_leave_block(arena); // the checker writes on what was used before
    arena->dirty = arena->current->data + arena->current->dirty;
    watch->base.hooks = &hooks;
    arena->watch = &watch->base;
    void *state = watcher->context;
    if (watcher->attached)
        state = watcher->attached(arena, watcher->context);
    watch->attached[watch->count] = (Attached){watcher, state};
    tell_what_there_is(arena, &watch->attached[watch->count++]);
    adjust(arena);
    return true;
}

void arena_unwatch(Arena *arena, const ArenaWatcher *watcher)
{
    size_t index = arena->watch ? find(arena, watcher) : 0;
    if (!arena->watch || index == watch_of(arena)->count)
        return;
    Watch *watch = watch_of(arena);
    Attached gone = watch->attached[index];
    for (ArenaBlock *block = arena->blocks; watcher->released && block; block = block->next)
        watcher->released(arena, gone.state, block->data, block->capacity);
    for (ArenaBlock *block = arena->large; watcher->released && block; block = block->next)
        watcher->released(arena, gone.state, block->data, block->capacity);
    watch->count--;
    for (size_t i = index; i < watch->count; i++)
        watch->attached[i] = watch->attached[i + 1];
    adjust(arena);
    tell_detached(arena, &gone);
    if (watch->count == 0 && arena->hidden == 0) {
        free_watch(arena);
        open_window(arena);
    }
}

#endif
