// Arenas that were destroyed. The block that an arena lies in stays for a while, with a window that is
// empty, so that whoever uses the arena comes here.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "lock.h"
#include "watch.h"

enum { GRAVES = 64, MOST_BYTES = 1 << 20 };

// The source of an arena that is being destroyed, and the block that was kept of it.
typedef struct Grave {
    ArenaSource source;
    void *memory;
    size_t size;
    void *data; // of that, where objects were
    size_t capacity;
} Grave;

static const ArenaHooks grave_hooks;
static ArenaWatch grave_watch = {&grave_hooks};
static Grave graves[GRAVES];
static size_t next_grave;
static atomic_bool is_closed; // the process ends, or the library is unloaded

static void *alloc_nothing(Arena *arena, size_t size, size_t align)
{
    (void)size;
    (void)align;
    arena_report_use_after_end(arena, "an allocation");
    return NULL;
}

static void *resize_nothing(Arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    (void)ptr;
    (void)old_size;
    (void)new_size;
    arena_report_use_after_end(arena, "arena_realloc");
    return NULL;
}

static bool extend_nothing(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size)
{
    (void)ptr;
    (void)old_size;
    (void)least;
    (void)size;
    arena_report_use_after_end(arena, "arena_extend");
    return false;
}

static bool rewind_nothing(Arena *arena, const ArenaMark *mark)
{
    arena_report_use_after_end(arena, mark ? "arena_rewind" : "arena_reset or arena_destroy");
    return false;
}

static bool adopt_nothing(Arena *into, Arena *from)
{
    arena_report_use_after_end(into->watch == &grave_watch ? into : from, "arena_adopt");
    return false;
}

static const ArenaHooks grave_hooks = {
    .alloc = alloc_nothing,
    .resize = resize_nothing,
    .extend = extend_nothing,
    .rewinding = rewind_nothing,
    .adopting = adopt_nothing,
};

static void dig(const Grave *grave)
{
    if (!grave->memory)
        return;
    arena_open_memory(grave->data, grave->capacity);
    grave->source.release(grave->source.context, grave->memory, grave->size);
}

// Takes the block in which the arena lies, and gives back the one that was taken longest ago.
static void keep_block(Arena *arena, const ArenaSource *source, void *memory, size_t size)
{
    ArenaBlock *block = arena->blocks;
    arena->watch = &grave_watch;
    arena->end = arena->cursor;
    arena_close_memory(block->data, block->capacity);
    arena_tool_release(graves);
    take_lock();
    Grave *grave = &graves[next_grave++ % GRAVES];
    Grave old = *grave;
    *grave = (Grave){*source, memory, size, block->data, block->capacity};
    release_lock();
    arena_tool_acquire(graves);
    dig(&old);
}

// What was written there since, is found at the end.
ARENA_AT_UNLOAD static void dig_all(void)
{
    Grave all[GRAVES];
    bool locked = try_lock(); // a thread may have ended with it
    memcpy(all, graves, sizeof all);
    memset(graves, 0, sizeof graves);
    is_closed = true;
    if (locked)
        release_lock();
    for (size_t i = 0; i < GRAVES; i++)
        dig(&all[i]);
}

// Only the heap's blocks: nobody knows how long another source is there.
static void release_or_keep(void *context, void *memory, size_t size)
{
    Arena *arena = context;
    bool has_arena = (uintptr_t)arena - (uintptr_t)memory < size;
    bool fresh;
    ArenaSource heap;
    arena_heap_source(&heap, &fresh);
    if (has_arena && size <= MOST_BYTES && !atomic_load(&is_closed))
        keep_block(arena, &heap, memory, size);
    else
        heap.release(heap.context, memory, size);
}

void arena_bury(Arena *arena)
{
    if (!arena_is_heap(&arena->source))
        return;
    arena->source.release = release_or_keep;
    arena->source.context = arena;
}

#endif
