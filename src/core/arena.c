// The lifetime of an arena: how it starts, starts again, changes hands and ends.
//
// An arena lives in its own first block, in front of the block's header:
//
//     | Arena | ArenaBlock | data ... |

#include "internal.h"
#include "../memory/sources.h"
#include "atomics.h"

ARENA_ATOMIC(ArenaOnCreate *) arena_on_create = ARENA_UNWATCHED ? NULL : arena_first_create;

// Bytes in front of the first block's header.
static size_t arena_size(void)
{
    return round_up(sizeof(Arena), MALLOC_ALIGN);
}

// Numbers that no other arena has for long, and that nothing else in memory looks like.
static uint64_t first_epoch(const Arena *arena)
{
    return ((uint64_t)(uintptr_t)arena << 12) + ARENA_EPOCH;
}

// Makes an arena in memory that is its first block; NULL if that is too small.
static Arena *start(void *memory, size_t size, bool zero)
{
    ArenaBlock *block = arena_place_block(memory, size, arena_size(), zero);
    if (!block)
        return NULL;

    Arena *arena = (Arena *)((unsigned char *)block - arena_size());
    arena->cursor = block->data;
    arena->blocks = block;
    arena->stride = ARENA_TUNE_STRIDE;
    arena->chain_size = block->size;
    arena->block_count = 1;
    arena->limit = SIZE_MAX;
    arena->epoch = first_epoch(arena);
    arena_plan_next_block(arena);
    arena_return_to(arena, block, block->data);
    return arena;
}

static Arena *start_in_buffer(void *buffer, size_t size)
{
    Arena *arena = buffer ? start(buffer, size, false) : NULL;
    if (!arena) {
        set_errno(EINVAL);
        return NULL;
    }
    arena->blocks->memory = NULL;
    return arena;
}

// Bytes that the first block asks the source for; SIZE_MAX if that is more than there can be. A
// limit cuts the default short.
static size_t first_size(size_t capacity, size_t limit)
{
    size_t block = block_size_for(capacity ? capacity : ARENA_TUNE_FIRST);
    size_t size = block <= PTRDIFF_MAX - arena_size() ? block + arena_size() : SIZE_MAX;
    if (size <= limit)
        return size;
    return capacity ? SIZE_MAX : limit;
}

// Makes an arena in a block from the source; `zero` says, after the source was asked, whether that
// gave zeroes.
static Arena *start_in_block(const ArenaSource *source, size_t size, const bool *zero)
{
    size_t given = size;
    void *memory = size == SIZE_MAX ? NULL : source->acquire(source->context, &given);
    Arena *arena = memory && given >= size ? start(memory, given, *zero) : NULL;
    if (!arena) {
        if (memory)
            source->release(source->context, memory, given);
        set_errno(ENOMEM);
    }
    return arena;
}

// ----- Creation -----

static bool makes_sense(const ArenaOptions *options)
{
    const ArenaSource *source = &options->source;
    bool has_source = source->acquire && source->release;
    bool has_none = !source->acquire && !source->release && !source->extend;
    return (has_source || has_none) && (options->buffer || options->buffer_size == 0);
}

// Applies what does not concern the first block.
static void configure(Arena *arena, const ArenaOptions *options)
{
    arena->name = options->name;
    arena->limit = options->limit ? options->limit : SIZE_MAX;
    arena->on_failure = options->on_failure;
    arena->on_failure_context = options->on_failure_context;
    if (options->buffer && options->capacity)
        arena->block_size = larger(block_size_for(options->capacity), ARENA_TUNE_LEAST);
    if (options->source.acquire)
        arena->source = options->source;
    else
        arena_heap_source(&arena->source, &arena->fresh);
}

// Apart from what all arenas need, so that those without options are made as fast as before.
static void bound_growth(Arena *arena, size_t largest)
{
    arena->largest_block = (uint32_t)smaller(largest, UINT32_MAX);
    arena_plan_next_block(arena);
}

static Arena *create(const ArenaOptions *options, size_t capacity)
{
    if (options->buffer)
        return start_in_buffer(options->buffer, options->buffer_size);

    bool fresh = false;
    ArenaSource heap;
    arena_heap_source(&heap, &fresh);
    const ArenaSource *source = options->source.acquire ? &options->source : &heap;
    size_t size = first_size(capacity, options->limit ? options->limit : SIZE_MAX);
    Arena *arena = start_in_block(source, size, &fresh);
    if (arena)
        arena->fresh = fresh;
    return arena;
}

static const ArenaOptions defaults;

// The end of each creation.
static inline Arena *announce(Arena *arena)
{
    ArenaOnCreate *call = atomic_load_explicit(&arena_on_create, memory_order_acquire);
    if (call && arena)
        call(arena);
    return arena;
}

Arena *arena_create(size_t capacity)
{
    Arena *arena = create(&defaults, capacity);
    if (arena)
        configure(arena, &defaults);
    return announce(arena);
}

Arena *arena_create_with(const ArenaOptions *options)
{
    if (!options)
        options = &defaults;
    if (!makes_sense(options)) {
        set_errno(EINVAL);
        return NULL;
    }
    Arena *arena = create(options, options->capacity);
    if (arena)
        configure(arena, options);
    if (arena && options->largest_block)
        bound_growth(arena, options->largest_block);
    return announce(arena);
}

Arena *arena_create_in(void *buffer, size_t size)
{
    Arena *arena = start_in_buffer(buffer, size);
    if (arena)
        arena_buffer_source(&arena->source);
    return announce(arena);
}

Arena *arena_create_region(size_t size)
{
    const bool zero = true;
    ArenaSource source;
    size_t whole = first_size(larger(size, 1), SIZE_MAX);
    if (whole == SIZE_MAX || !arena_region_source(&source, whole)) {
        set_errno(ENOMEM);
        return NULL;
    }
    Arena *arena = start_in_block(&source, smaller(whole, first_size(0, SIZE_MAX)), &zero);
    if (arena) {
        arena->source = source;
        arena->fresh = true;
    }
    return announce(arena);
}

// ----- The end -----

// Runs the deferred calls, those of the adopted last. A call may defer another one, or have another
// arena adopted, so this goes on until there is nothing left.
static void run_deferred(Arena *arena)
{
    bool any = true;
    while (any) {
        arena->large_floor = NULL; // a call of an adopted arena may have made a mark
        arena->journal_floor = NULL;
        any = arena_undo_until(arena, NULL, NULL);
        for (Arena *adopted = arena->adopted; adopted; adopted = adopted->adopted) {
            adopted->large_floor = NULL;
            adopted->journal_floor = NULL;
            any = arena_undo_until(adopted, NULL, NULL) || any;
        }
    }
}

// Gives all blocks back, the arena's own last.
static void release_blocks(Arena *arena)
{
    if (arena->large)
        arena_release_large_until(arena, NULL);
    while (arena->blocks->next) {
        ArenaBlock *block = arena->blocks->next;
        arena->blocks->next = block->next;
        arena_release_block(arena, block);
    }
    arena_release_block(arena, arena->blocks);
}

static void release_adopted(Arena *arena)
{
    while (arena->adopted) {
        Arena *adopted = arena->adopted;
        arena->adopted = adopted->adopted;
        release_blocks(adopted);
    }
    arena->adopted_sums = (ArenaStats){0};
}

static ARENA_COLD void destroy_all(Arena *arena)
{
    if (arena->watch && !may_take_back(arena, NULL))
        return;
    if (arena->journal || arena->adopted)
        run_deferred(arena);
    if (arena->watch)
        arena->watch->hooks->ending(arena);
    if (arena->adopted)
        release_adopted(arena);
    release_blocks(arena);
}

// An arena of one block, which nobody watches and where nothing is deferred, is most of them. What is
// left of it says that it has no blocks.
void arena_destroy(Arena *arena)
{
    if (!arena)
        return;
    ArenaBlock *block = arena->blocks;
    if (arena->watch || arena->journal || arena->adopted || arena->large || block->next) {
        destroy_all(arena);
        return;
    }
    arena->block_count = 0;
    if (block->memory)
        arena->source.release(arena->source.context, block->memory, block->size);
}

void arena_reset(Arena *arena)
{
    if (arena->watch && !may_take_back(arena, NULL))
        return;
    run_deferred(arena);
    note_peak(arena);
    ArenaBlock *block = arena->blocks;
    unsigned char *cursor = block->data;
    if (arena->watch)
        arena->watch->hooks->taken_back(arena, NULL, &block, &cursor);
    release_adopted(arena);
    arena_release_large_until(arena, NULL);
    arena_leave_block(arena);
    arena_return_to(arena, block, cursor);
    arena->marked = false;
    arena->epoch += ARENA_EPOCH;
}

// ----- Changes -----

// Decommits a region beyond `keep` bytes after the cursor.
static void trim_region(Arena *arena, size_t keep)
{
    ArenaBlock *block = arena->current;
    size_t header = (size_t)(block->data - (unsigned char *)block->memory);
    size_t needed = header + offset_in(block, arena->cursor);
    size_t wanted = needed + smaller(keep, block->size - needed);
    if (wanted == block->size)
        return;

    unsigned char *rest = (unsigned char *)block->memory + wanted;
    if (arena->watch) // as long as it is there
        arena->watch->hooks->released(arena, rest, block->size - wanted);
    size_t size = smaller(block->size, arena_region_shrink(arena->source.context, wanted));
    if (arena->watch && size > wanted)
        arena->watch->hooks->acquired(arena, rest, size - wanted);
    arena->chain_size -= block->size - size;
    set_block_size(block, size);
    block->dirty = smaller(block->dirty, block->capacity);
    arena->dirty = block->data + block->dirty;
    if (arena->end > end_of(block))
        arena->end = end_of(block);
    arena_plan_next_block(arena);
}

void arena_trim(Arena *arena, size_t keep)
{
    ArenaBlock **link = &arena->current->next;
    while (*link) {
        ArenaBlock *spare = *link;
        if (spare->size <= keep) {
            keep -= spare->size;
            link = &spare->next;
        } else {
            *link = spare->next;
            arena->chain_size -= spare->size;
            arena_release_block(arena, spare);
            arena_plan_next_block(arena);
        }
    }
    if (arena_is_region(&arena->source))
        trim_region(arena, keep);
}

bool arena_adopt(Arena *into, Arena *from)
{
    if (from == into || !from->blocks->memory)
        return arena_fail(into, 0, EINVAL);
    const ArenaWatch *watch = into->watch ? into->watch : from->watch;
    if (watch && !watch->hooks->adopting(into, from))
        return false;

    ArenaStats sums = arena_stats(from);
    into->adopted_sums.used += sums.used;
    into->adopted_sums.reserved += sums.reserved;
    into->adopted_sums.wasted += sums.wasted;
    into->adopted_sums.blocks += sums.blocks;

    // A container of `from` must not take the epoch of `into` for the one that it was made in.
    into->epoch = (into->epoch > from->epoch ? into->epoch : from->epoch) + ARENA_EPOCH;
    into->adopted_epoch = into->epoch;
    into->large_floor = into->large; // what containers note from now on may point into these

    // `from` goes in front, and those that it has adopted come after it.
    Arena *last = from->adopted ? from->adopted_last : from;
    last->adopted = into->adopted;
    if (!into->adopted)
        into->adopted_last = last;
    into->adopted = from;
    return true;
}

void arena_set_limit(Arena *arena, size_t bytes)
{
    arena->limit = bytes ? bytes : SIZE_MAX;
}
