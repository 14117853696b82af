// The replay. A big switch, so that little else is measured than arenas.

#define _DEFAULT_SOURCE

#include "replay.h"

#include <string.h>
#include <unistd.h>

const Settings settings_of_trace = {.capacity = AS_TRACED, .cache = AS_TRACED};

// Reserved addresses cost next to nothing, and alignment and other growth may need more.
uint64_t region_size(uint64_t peak)
{
    uint64_t size = (uint64_t)1 << 20;
    while (size / 4 < peak && size < (uint64_t)1 << 46)
        size *= 2;
    return size;
}

uint64_t replay_most_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 2 : UINT64_MAX;
}

size_t replay_room(const Operations *operations)
{
    return operations->arenas * sizeof(Arena *) + operations->objects * sizeof(Object) +
           operations->marks * sizeof(ArenaMark) + 1;
}

void replay_begin(Replay *replay, void *room)
{
    replay->marks = room;
    replay->objects = (Object *)(replay->marks + replay->operations->marks);
    replay->arenas = (Arena **)(replay->objects + replay->operations->objects);
}

// ----- Arenas -----

// What has no blocks that are known has those of the heap.
static Arena *create_arena(const Replay *replay, const Operation *operation)
{
    const Operations *operations = replay->operations;
    const Group *group = &operations->groups[operations->group_of[operation->slot]];
    const Settings *settings = group->is_tuned ? replay->settings : &settings_of_trace;
    if (group->source == TRACE_REGION || settings->has_region)
        return arena_create_region((size_t)region_size(group->peak));
    uint64_t capacity = settings->capacity == AS_TRACED ? operation->size : settings->capacity;
    ArenaOptions options = {
        .name = group->name,
        .capacity = (size_t)capacity,
        .largest_block =
            (size_t)(settings->largest_block ? settings->largest_block : replay->largest),
    };
    return arena_create_with(&options);
}

static void enter(Replay *replay, uint32_t number)
{
    replay->number = number;
    replay->arena = replay->arenas[number];
}

static bool do_create(Replay *replay, const Operation *operation)
{
    Arena *arena = create_arena(replay, operation);
    replay->largest = 0;
    replay->arenas[operation->slot] = arena;
    enter(replay, operation->slot);
    return arena && (!replay->watcher || arena_watch(arena, replay->watcher));
}

static bool do_adopt(Replay *replay, const Operation *operation)
{
    Arena *from = replay->arenas[operation->slot];
    replay->arenas[operation->slot] = NULL;
    return arena_adopt(replay->arena, from);
}

static void do_destroy(Replay *replay)
{
    replay->arenas[replay->number] = NULL;
    arena_destroy(replay->arena);
    replay->arena = NULL;
}

// ----- Objects -----

static void *allocate(Arena *arena, size_t size, unsigned log_align)
{
    if (log_align <= 3)
        return arena_new(arena, size, ARENA_GRANULE);
    if (log_align == 4)
        return arena_alloc(arena, size);
    return arena_alloc_aligned(arena, size, (size_t)1 << log_align);
}

// Writes what has come to an object.
static bool finish_object(Replay *replay, const Operation *operation, unsigned char *start,
                          size_t written)
{
    size_t size = (size_t)operation->size;
    if (!start)
        return false;
    if (!replay->watcher && size > written)
        memset(start + written, 1, size - written);
    replay->latest = (Object){start, size};
    if (operation->slot != NO_SLOT)
        replay->objects[operation->slot] = replay->latest;
    return true;
}

static bool do_alloc(Replay *replay, const Operation *operation)
{
    void *start = allocate(replay->arena, (size_t)operation->size, operation->log_align);
    return finish_object(replay, operation, start, 0);
}

static bool do_grow(Replay *replay, const Operation *operation)
{
    Object old = replay->old;
    size_t size = (size_t)operation->size;
    void *start = arena_grow(replay->arena, old.start, old.size, size, &size,
                             (size_t)1 << operation->log_align);
    return finish_object(replay, operation, start, old.size);
}

// As growth, but where all is watched arena_grow copies large objects, which the trace's did not.
static bool do_extend(Replay *replay, const Operation *operation)
{
    Object old = replay->old;
    size_t size = (size_t)operation->size;
    if (!replay->watcher)
        return do_grow(replay, operation);
    void *start = old.start;
    if (!arena_extend(replay->arena, old.start, old.size, size, &size))
        start = arena_realloc(replay->arena, old.start, old.size, size);
    return finish_object(replay, operation, start, old.size);
}

static bool do_shrink(Replay *replay, const Operation *operation)
{
    size_t size = (size_t)operation->size;
    void *start = arena_realloc(replay->arena, replay->old.start, replay->old.size, size);
    return finish_object(replay, operation, start, size);
}

// ----- Marks -----

static void do_mark(Replay *replay, const Operation *operation)
{
    ArenaMark mark = arena_mark(replay->arena);
    for (uint64_t i = 1; i < operation->size; i++)
        mark = arena_mark(replay->arena);
    if (operation->slot != NO_SLOT)
        replay->marks[operation->slot] = mark;
}

// ----- All of it -----

static bool do_operation(Replay *replay, const Operation *operation)
{
    switch (operation->kind) {
    case OP_LARGEST: replay->largest = operation->size; return true;
    case OP_CREATE: return do_create(replay, operation);
    case OP_ARENA: enter(replay, operation->slot); return true;
    case OP_ALLOC: return do_alloc(replay, operation);
    case OP_OLD:
        replay->old = operation->slot == NO_SLOT ? (Object){0} : replay->objects[operation->slot];
        return true;
    case OP_GROW: return do_grow(replay, operation);
    case OP_EXTEND: return do_extend(replay, operation);
    case OP_SHRINK: return do_shrink(replay, operation);
    case OP_MARK: do_mark(replay, operation); return true;
    case OP_REWIND: arena_rewind(replay->arena, replay->marks[operation->slot]); return true;
    case OP_RESET: arena_reset(replay->arena); return true;
    case OP_ADOPT: return do_adopt(replay, operation);
    case OP_DESTROY: do_destroy(replay); return true;
    default: return true;
    }
}

bool replay_some(Replay *replay, uint32_t first, uint32_t last)
{
    const Operation *items = replay->operations->items;
    for (uint32_t i = first; i < last; i++)
        if (!do_operation(replay, &items[i]))
            return false;
    return true;
}

void replay_end(Replay *replay)
{
    for (uint32_t i = 0; i < replay->operations->arenas; i++)
        arena_destroy(replay->arenas[i]);
}
