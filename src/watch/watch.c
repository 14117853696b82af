// Who watches an arena, from when on and until when, and what of the slow path they are told.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "clock.h"
#include "gap.h"
#include "ledger.h"
#include "lock.h"
#include "profile.h"
#include "stats.h"
#include "tools.h"
#include "watching.h"
#include "../memory/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

// ----- The lock -----

atomic_flag arena_watch_lock = ATOMIC_FLAG_INIT;

static void lock_before_fork(void)
{
    arena_ledgers_take();
    take_lock();
}

static void unlock_after_fork(void)
{
    release_lock();
    arena_ledgers_release();
}

void arena_lock_around_fork(void)
{
    static atomic_flag is_asked_for = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&is_asked_for))
        arena_pages_around_fork(lock_before_fork, unlock_after_fork);
}

// ----- Who watches -----

void *arena_state_of(const Arena *arena, const ArenaWatcher *watcher)
{
    const Attached *to = arena->watch ? attached_of(arena, watcher) : NULL;
    return to ? to->state : NULL;
}

// ----- Arenas in buffers -----

enum { LENT_BUCKETS = 256 };
static Watch *lent_watches[LENT_BUCKETS]; // under the lock

static Watch **lent_bucket(const Arena *arena)
{
    uint64_t hash = (uintptr_t)arena * 0x9e3779b97f4a7c15u;
    return &lent_watches[hash >> 32 & (LENT_BUCKETS - 1)];
}

// Takes the watch of an arena that was at this address off the list, and puts another one there, if it
// is not NULL.
static Watch *replace_lent(const Arena *arena, Watch *watch)
{
    take_lock();
    Watch **link = lent_bucket(arena);
    while (*link && (*link)->lent != arena)
        link = &(*link)->next_lent;
    Watch *old = *link;
    if (old)
        *link = old->next_lent;
    if (watch) {
        watch->lent = arena;
        watch->next_lent = *lent_bucket(arena);
        *lent_bucket(arena) = watch;
    }
    release_lock();
    return old;
}

// ----- The end -----

bool arena_is_ending(const Arena *arena)
{
    return watch_of(arena)->is_ending;
}

static void free_watch(Arena *arena)
{
    if (watch_of(arena)->lent)
        replace_lent(arena, NULL);
    arena_forget_idle(watch_of(arena));
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
    arena_set_taking_back(arena, "arena_destroy");
    watch_of(arena)->is_ending = true;
    arena_end_idle_since(arena, 0);
    arena_tell_end(arena);
    arena_release_large_until(arena, NULL);
    arena_tell_released(arena, arena);
    for (size_t i = 0; i < watch_of(arena)->count; i++)
        tell_detached(arena, &watch_of(arena)->attached[i]);
    free_watch(arena);
    if (is_strict)
        arena_bury(arena);
}

// ----- Adoption -----

static const ArenaHooks watch_hooks, brief_hooks, unheard_hooks;

// Whether the arena was destroyed, and graves.c sees to those who use it.
static bool is_buried(const Arena *arena)
{
    const ArenaHooks *hooks = arena->watch ? arena->watch->hooks : NULL;
    return hooks && hooks != &watch_hooks && hooks != &brief_hooks && hooks != &unheard_hooks;
}

// Those who do not watch `into` see the end of what they know.
static bool tell_adopting(Arena *into, Arena *from)
{
    if (is_buried(from))
        return from->watch->hooks->adopting(into, from);
    if (from->watch)
        arena_end_idle_since(from, 0);
    if (into->watch)
        TELL(into, adopted, from);
    for (size_t i = 0; from->watch && i < watch_of(from)->count; i++) {
        const Attached *attached = &watch_of(from)->attached[i];
        bool stays = into->watch && attached_of(into, attached->watcher);
        for (ArenaBlock *block = from->blocks; !stays && block; block = block->next)
            if (attached->watcher->released)
                attached->watcher->released(from, attached->state, block->data, block->capacity);
        tell_detached(from, attached);
    }
    if (from->watch)
        free_watch(from);
    return true;
}

// ----- What the core calls -----

static void tell_moved(Arena *arena, void *old, size_t old_size, void *object, size_t size)
{
    TELL(arena, resized, old, old_size, object, size);
}

static void tell_acquired(Arena *arena, void *start, size_t size)
{
    TELL(arena, acquired, start, size);
}

static void tell_block_released(Arena *arena, void *start, size_t size)
{
    TELL(arena, released, start, size);
}

// Most of what a rewind costs is to know what is freed; where nobody wants to, or does not hear of it at
// all, it costs next to nothing.
#define HOOKS(before_rewind, after_rewind)                                                     \
    {                                                                                          \
        .alloc = arena_alloc_watched, .resize = arena_resize_watched, .zero = arena_tool_zero, \
        .initialised = arena_tool_note_initialised, .extend = arena_extend_watched,            \
        .moved = tell_moved, .rewinding = before_rewind, .taken_back = after_rewind,           \
        .acquired = tell_acquired, .released = tell_block_released, .adopting = tell_adopting, \
        .ending = end_watch,                                                                   \
    }

static const ArenaHooks watch_hooks = HOOKS(arena_tell_rewinding, arena_tell_taken_back);
static const ArenaHooks brief_hooks = HOOKS(NULL, arena_tell_briefly);
static const ArenaHooks unheard_hooks = HOOKS(NULL, arena_take_back_unheard);

// ----- Watchers come and go -----

// Another arena is in its place. The checker and the statistics know that by themselves.
static void end_lent(Arena *arena, Watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        const ArenaWatcher *watcher = watch->attached[i].watcher;
        if (watcher != arena_checker() && watcher != &arena_counter)
            tell_detached(arena, &watch->attached[i]);
    }
    arena_forget_idle(watch);
    free(watch->hidden);
    free(watch);
}

static const ArenaHooks *hooks_for(const Watch *watch)
{
    const ArenaHooks *hooks = &unheard_hooks;
    for (size_t i = 0; i < watch->count; i++) {
        const ArenaWatcher *watcher = watch->attached[i].watcher;
        if (watcher->rewinding || watcher->freed || watcher->released)
            return &watch_hooks;
        if (watcher->rewound)
            hooks = &brief_hooks;
    }
    return hooks;
}

// How far the window reaches, and how wide red zones are, follows from who watches.
static void adjust(Arena *arena)
{
    Watch *watch = watch_of(arena);
    watch->red_zone = 0;
    watch->base.hooks = hooks_for(watch);
    for (size_t i = 0; i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->interval == 0)
            watch->red_zone = larger(watch->red_zone, to->watcher->red_zone);
    }
    watch->red_zone = round_up(smaller(watch->red_zone, 1 << 20), MALLOC_ALIGN);
    arena_forget_newest(arena);
    arena_open_to_next(arena);
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

// Where a generator begins: another one each time, and in each process.
static uint64_t next_seed(void)
{
    static ARENA_ATOMIC(uint64_t) seed;
    uint64_t last = atomic_load_explicit(&seed, memory_order_relaxed);
    if (last == 0)
        atomic_compare_exchange_strong(&seed, &last,
                                       (uint64_t)time(NULL) << 32 ^ arena_nanoseconds_used());
    uint64_t next = atomic_fetch_add_explicit(&seed, 1, memory_order_relaxed);
    return random_bits(&next);
}

static Watch *new_watch(Arena *arena)
{
    Watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->base.hooks = &watch_hooks;
    watch->random = next_seed();
    Watch *predecessor = arena->blocks->memory ? NULL : replace_lent(arena, watch);
    if (predecessor)
        end_lent(arena, predecessor);
    return watch;
}

// Some have others than they say, which change.
static size_t interval_of(const ArenaWatcher *watcher, const void *state)
{
    if (watcher == arena_guard())
        return arena_guard_interval(state, true);
    return watcher == arena_profiler() ? arena_profile_interval_now() : watcher->interval;
}

bool arena_watch(Arena *arena, const ArenaWatcher *watcher)
{
    if (is_buried(arena))
        return arena_fail(arena, 0, EINVAL);
    if (arena->watch && attached_of(arena, watcher))
        return true;
    arena_lock_around_fork();
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
    to->interval = interval_of(watcher, to->state);
    watch->count++;
    tell_what_there_is(arena, to);
    adjust(arena);
    return true;
}

void arena_unwatch(Arena *arena, const ArenaWatcher *watcher)
{
    bool is_watched = arena->watch && !is_buried(arena);
    Attached *to = is_watched ? attached_of(arena, watcher) : NULL;
    if (!to)
        return;
    Watch *watch = watch_of(arena);
    if (watcher == arena_checker())
        arena_end_idle_since(arena, 0);
    Attached gone = *to;
    for (ArenaBlock *block = arena->blocks; watcher->released && block; block = block->next)
        watcher->released(arena, gone.state, block->data, block->capacity);
    for (ArenaBlock *block = arena->large; watcher->released && block; block = block->next)
        watcher->released(arena, gone.state, block->data, block->capacity);
    watch->count--;
    for (; to < watch->attached + watch->count; to++)
        *to = to[1];
    adjust(arena);
    tell_detached(arena, &gone);
    if (watch->count == 0 && arena->hidden == 0) {
        free_watch(arena);
        open_window(arena);
    }
}

#endif
