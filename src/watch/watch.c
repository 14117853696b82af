// Who watches an arena, and how the slow path tells them. Where every allocation is seen, objects get
// red zones:
//
//     | zone | object .. | zone | zone | object ... | zone |    cursor = end

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "gap.h"
#include "idle.h"
#include "lock.h"
#include "tools.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_WATCHERS = 4 };

atomic_flag arena_watch_lock = ATOMIC_FLAG_INIT;

typedef struct Attached {
    const ArenaWatcher *watcher;
    void *state;
    size_t interval;
    size_t gap;  // bytes from `opened` to the next allocation that it hears of
    bool is_due; // it hears of the present one
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
    uint64_t random;       // the state of a generator
    unsigned char *opened; // the cursor when the gaps were drawn
    bool hears_of_rewinds; // somebody does
    const char *how;       // what takes back at present, or did last, and where; 0: not asked yet
    Stack here;
    size_t red_zone;       // bytes, in multiples of malloc's alignment
    unsigned char *newest; // the latest object with red zones, which may be resized where it stands
    uint64_t newest_epoch; // when it was made
    size_t zone;           // bytes before and after the object that was allocated last
    Hidden *hidden;        // of each epoch with such objects, as long as they are there
    size_t hidden_count;
    size_t hidden_capacity;
    Idle idle;
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

// ----- Who hears of an allocation -----

// Has the window reach as far as the least gap, from where it is to open.
static void set_stride(Arena *arena, unsigned char *cursor)
{
    Watch *watch = watch_of(arena);
    size_t stride = ARENA_TUNE_STRIDE;
    for (size_t i = 0; i < watch->count; i++)
        stride = smaller(stride, watch->attached[i].gap & ~(size_t)(ARENA_GRANULE - 1));
    watch->opened = cursor;
    arena->stride = stride;
}

// Draws all gaps anew.
static void draw_gaps(Watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        Attached *to = &watch->attached[i];
        to->gap = to->interval ? random_gap(&watch->random, to->interval) : 0;
    }
}

// Takes off what was handed out since.
static void shorten_gaps(const Arena *arena)
{
    Watch *watch = watch_of(arena);
    size_t passed = (size_t)(arena->cursor - watch->opened);
    for (size_t i = 0; i < watch->count; i++)
        watch->attached[i].gap -= smaller(watch->attached[i].gap, passed);
    watch->opened = arena->cursor;
}

// Who does not see every allocation has nothing against a byte that is written in front of them.
static void open_to_next(Arena *arena)
{
    ArenaWatch *watch = arena->watch;
    draw_gaps(watch_of(arena));
    set_stride(arena, arena->cursor);
    if (arena->stride > 0)
        arena->watch = NULL;
    open_window(arena);
    arena->watch = watch;
}

// Those in whose gap the allocation does not fit; for the guard, its first bytes, so that large objects
// are not chosen more often.
static void note_who_is_due(const Arena *arena, size_t size)
{
    Watch *watch = watch_of(arena);
    shorten_gaps(arena);
    for (size_t i = 0; i < watch->count; i++) {
        Attached *to = &watch->attached[i];
        size_t length = to->watcher == arena_guard() ? smaller(size, ARENA_GUARD_SHARE) : size;
        to->is_due = to->interval == 0 || length > to->gap;
    }
}

static void tell_allocated(Arena *arena, void *object, size_t size)
{
    Watch *watch = watch_of(arena);
    for (size_t i = 0; i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->is_due && to->watcher->allocated)
            to->watcher->allocated(arena, to->state, object, size);
    }
}

// ----- What is hidden -----

// The bytes of a red zone are gone, with all that is newer than the mark, when that is rewound to; so
// each epoch has its own sum. If there is no memory for that, the latest one has it too.
void arena_hide(Arena *arena, size_t bytes)
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

static size_t find(const Arena *arena, const ArenaWatcher *watcher)
{
    size_t i = 0;
    while (i < watch_of(arena)->count && watch_of(arena)->attached[i].watcher != watcher)
        i++;
    return i;
}

static const Attached *attached_of(const Arena *arena, const ArenaWatcher *watcher)
{
    size_t i = find(arena, watcher);
    return i < watch_of(arena)->count ? &watch_of(arena)->attached[i] : NULL;
}

static void *serve_own(Arena *arena, size_t size, size_t align)
{
    watch_of(arena)->newest = NULL;
    watch_of(arena)->zone = 0;
    void *object = has_red_zones(arena) ? serve_between_zones(arena, size, align) : NULL;
    if (!object && size == 0)
        object = serve_apart(arena, align);
    return object ? object : arena_serve(arena, size, align);
}

// In pages of its own instead, if the guard is there and wants it; in the arena its place stays empty, so
// that limits and sums are as they would be. Objects on a source of the program's stay where they are.
static void *serve_guarded(Arena *arena, size_t size, size_t align)
{
    const Attached *guard = attached_of(arena, arena_guard());
    if (!guard || !guard->is_due || !arena_is_heap(&arena->source))
        return NULL;
    void *object = arena_guard_place(arena, size, align);
    if (!object)
        return NULL;
    watch_of(arena)->newest = NULL;
    watch_of(arena)->zone = 0;
    TELL(arena, acquired, arena->large->data, arena->large->capacity);
    return object;
}

static void *serve_watched(Arena *arena, size_t size, size_t align)
{
    void *object = serve_own(arena, size, align);
    void *guarded = object ? serve_guarded(arena, size, align) : NULL;
    return guarded ? guarded : object;
}

static void *alloc_watched(Arena *arena, size_t size, size_t align)
{
    note_who_is_due(arena, size);
    void *object = serve_watched(arena, size, align);
    open_to_next(arena);
    if (object)
        tell_allocated(arena, object, size);
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
    open_to_next(arena);
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
    open_to_next(arena);
    if (good)
        TELL(arena, resized, ptr, old_size, ptr, *size);
    return good;
}

static void tell_moved(Arena *arena, void *old, size_t old_size, void *object, size_t size)
{
    TELL(arena, resized, old, old_size, object, size);
}

// ----- What is taken back -----

void arena_set_taking_back(Arena *arena, const char *how)
{
    watch_of(arena)->how = how;
    watch_of(arena)->here = 0;
}

static bool tell_rewinding(Arena *arena, const ArenaMark *mark)
{
    Watch *watch = watch_of(arena);
    bool good = true;
    arena_set_taking_back(arena, mark ? "arena_rewind" : "arena_reset or arena_destroy");
    for (size_t i = 0; watch->hears_of_rewinds && i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->watcher->rewinding)
            good = to->watcher->rewinding(arena, to->state, mark) && good;
    }
    return good;
}

Stack arena_taking_back(const Arena *arena, const char **how)
{
    Watch *watch = arena->watch ? watch_of(arena) : NULL;
    *how = watch ? watch->how : NULL;
    if (!watch || !watch->here) {
        Stack here = arena_stack_here();
        if (watch)
            watch->here = here;
        return here;
    }
    return watch->here;
}

// ----- What lies idle -----

static size_t position(const ArenaBlock *block, const unsigned char *cursor)
{
    return block->used_before + offset_in(block, cursor);
}

// What lies idle in the arena since a later epoch, and has to be as it was left; then it does no more.
static void end_idle_since(Arena *arena, uint64_t epoch)
{
    Idle *idle = &watch_of(arena)->idle;
    size_t first = arena_idle_since(idle, epoch);
    for (size_t i = first; i < idle->count; i++)
        arena_check_freed(arena, idle->pieces[i].start, idle->pieces[i].size);
    arena_idle_cut(idle, first);
}

// A write is found soon where it happens much: in what was taken back last.
static void check_latest_idle(Arena *arena)
{
    enum { A_LITTLE = 1 << 14 };
    const Idle *idle = &watch_of(arena)->idle;
    if (idle->count == 0)
        return;
    const Piece *piece = &idle->pieces[idle->count - 1];
    size_t size = smaller(piece->size, A_LITTLE);
    arena_check_freed(arena, piece->start + piece->size - size, size);
}

static void tell_piece(Arena *arena, unsigned char *start, unsigned char *end)
{
    if (start < end)
        TELL(arena, freed, start, (size_t)(end - start));
}

// Tells of what is used in a block from `start` to `end` and was not idle until now; those pieces that
// were begin at `first`, and the first one that is not in the block is returned.
static size_t tell_around_idle(Arena *arena, unsigned char *start, unsigned char *end, size_t first)
{
    const Idle *idle = &watch_of(arena)->idle;
    for (; first < idle->count; first++) {
        unsigned char *piece = idle->pieces[first].start;
        if ((uintptr_t)piece - (uintptr_t)start >= (uintptr_t)end - (uintptr_t)start)
            break;
        tell_piece(arena, start, piece);
        start = piece + idle->pieces[first].size;
    }
    tell_piece(arena, start, end);
    return first;
}

static unsigned char *used_end(const Arena *arena, ArenaBlock *block)
{
    return block == arena->current ? arena->cursor : block->data + block->used;
}

// Has all that is used from a position on lie idle: the arena goes on after it.
static void rest(Arena *arena, ArenaBlock *block, unsigned char *start, uint64_t epoch)
{
    Idle *idle = &watch_of(arena)->idle;
    size_t first = arena_idle_since(idle, epoch);
    size_t next = first;
    unsigned char *from = start;
    for (ArenaBlock *each = block;; each = each->next, from = each->data) {
        next = tell_around_idle(arena, from, used_end(arena, each), next);
        if (each == arena->current)
            break;
    }
    arena_idle_cut(idle, first);
    for (; block != arena->current; block = block->next, start = block->data)
        arena_idle_add(idle,
                       (Piece){start, (size_t)(used_end(arena, block) - start), arena->epoch});
    arena_idle_add(idle, (Piece){start, (size_t)(arena->cursor - start), arena->epoch});
}

// Only where the checker knows what is idle, and memory is not missed.
static bool may_rest(Arena *arena, const ArenaBlock *block, const unsigned char *cursor,
                     uint64_t epoch)
{
    const Idle *idle = &watch_of(arena)->idle;
    if (!has_red_zones(arena) || !arena_is_heap(&arena->source) ||
        !arena_state_of(arena, arena_checker()))
        return false;
    size_t bytes = position(arena->current, arena->cursor) - position(block, cursor);
    for (size_t i = arena_idle_since(idle, epoch); i < idle->count; i++)
        bytes -= idle->pieces[i].size;
    return arena_idle_has_room(idle, bytes);
}

// ----- What is taken back, and where the arena goes on -----

static void tell_large_freed(Arena *arena, const Arena *owner, const ArenaBlock *last)
{
    for (ArenaBlock *block = owner->large; block != last; block = block->next)
        TELL(arena, freed, block->data, block->used);
}

// What one of the arena itself or of an adopted one has used after a position.
static void tell_freed(Arena *arena, const Arena *owner, ArenaBlock *block, unsigned char *start)
{
    for (; block != owner->current; block = block->next, start = block->data)
        TELL(arena, freed, start, (size_t)(block->data + block->used - start));
    TELL(arena, freed, start, (size_t)(owner->cursor - start));
}

static void tell_released(Arena *arena, const Arena *owner)
{
    for (ArenaBlock *block = owner->blocks; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
    for (ArenaBlock *block = owner->large; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
}

static void tell_adopted_freed(Arena *arena)
{
    for (Arena *adopted = arena->adopted; adopted; adopted = adopted->adopted) {
        tell_freed(arena, adopted, adopted->blocks, adopted->blocks->data);
        tell_large_freed(arena, adopted, NULL);
        tell_released(arena, adopted);
    }
}

static void tell_end(Arena *arena)
{
    const ArenaMark *none = NULL;
    TELL(arena, rewound, none);
    tell_freed(arena, arena, arena->blocks, arena->blocks->data);
    tell_large_freed(arena, arena, NULL);
    tell_adopted_freed(arena);
}

// Returns whether the arena is to go on where it is.
static bool tell_rewound(Arena *arena, const ArenaMark *mark, ArenaBlock *block,
                         unsigned char *cursor)
{
    uint64_t epoch = mark ? mark->epoch : 0;
    bool rests = may_rest(arena, block, cursor, epoch);
    check_latest_idle(arena);
    if (!rests)
        end_idle_since(arena, epoch);
    TELL(arena, rewound, mark);
    if (rests)
        rest(arena, block, cursor, epoch);
    else
        tell_freed(arena, arena, block, cursor);
    tell_large_freed(arena, arena, mark ? mark->large : NULL);
    if (!mark)
        tell_adopted_freed(arena);
    return rests;
}

static void tell_taken_back(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                            unsigned char **cursor)
{
    Watch *watch = watch_of(arena);
    bool rests = watch->hears_of_rewinds && tell_rewound(arena, mark, *block, *cursor);
    if (arena->hidden > 0)
        unhide_until(arena, mark);
    if (rests) {
        arena_hide(arena, position(arena->current, arena->cursor) - position(*block, *cursor));
        *block = arena->current;
        *cursor = arena->cursor;
    }
    watch->newest = NULL;
    shorten_gaps(arena);
    set_stride(arena, *cursor);
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
    arena_idle_cut(&watch_of(arena)->idle, 0);
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
    end_idle_since(arena, 0);
    tell_end(arena);
    arena_release_large_until(arena, NULL);
    tell_released(arena, arena);
    for (size_t i = 0; i < watch_of(arena)->count; i++)
        tell_detached(arena, &watch_of(arena)->attached[i]);
    free_watch(arena);
    if (is_strict)
        arena_bury(arena);
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

static const ArenaHooks hooks;

// Whether the arena was destroyed, and graves.c sees to those who use it.
static bool is_buried(const Arena *arena)
{
    return arena->watch && arena->watch->hooks != &hooks;
}

// Those who do not watch `into` see the end of what they know.
static bool tell_adopting(Arena *into, Arena *from)
{
    if (is_buried(from))
        return from->watch->hooks->adopting(into, from);
    if (from->watch)
        end_idle_since(from, 0);
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
    return true;
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
    watch->red_zone = 0;
    watch->hears_of_rewinds = false;
    for (size_t i = 0; i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->interval == 0)
            watch->red_zone = larger(watch->red_zone, to->watcher->red_zone);
        if (to->watcher->rewinding || to->watcher->rewound || to->watcher->freed ||
            to->watcher->released)
            watch->hears_of_rewinds = true;
    }
    watch->red_zone = round_up(smaller(watch->red_zone, 1 << 20), MALLOC_ALIGN);
    watch->newest = NULL;
    open_to_next(arena);
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

static Watch *new_watch(const Arena *arena)
{
    Watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->base.hooks = &hooks;
        watch->random = (uint64_t)time(NULL) << 32 ^ (uint64_t)clock() ^ arena->epoch;
    }
    return watch;
}

bool arena_watch(Arena *arena, const ArenaWatcher *watcher)
{
    if (is_buried(arena))
        return arena_fail(arena, 0, EINVAL);
    Watch *watch = arena->watch ? watch_of(arena) : new_watch(arena);
    if (!watch || watch->count == MOST_WATCHERS)
        return arena_fail(arena, 0, ENOMEM);
    arena_leave_block(arena); // the checker writes on what was used before
    arena->dirty = arena->current->data + arena->current->dirty;
    arena->watch = &watch->base;
    Attached *to = &watch->attached[watch->count];
    *to = (Attached){.watcher = watcher, .state = watcher->context};
    if (watcher->attached)
        to->state = watcher->attached(arena, watcher->context);
    to->interval = watcher == arena_guard() ? arena_guard_interval() : watcher->interval;
    watch->count++;
    tell_what_there_is(arena, to);
    adjust(arena);
    return true;
}

void arena_unwatch(Arena *arena, const ArenaWatcher *watcher)
{
    bool is_watched = arena->watch && !is_buried(arena);
    size_t index = is_watched ? find(arena, watcher) : 0;
    if (!is_watched || index == watch_of(arena)->count)
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
