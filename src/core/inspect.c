// What an arena says of itself.

#include "internal.h"

// Of large objects, those that a source has not given: only watchers have asked for these.
static void leave_out_guarded(ArenaStats *stats, const ArenaBlock *large)
{
    for (; large; large = large->next) {
        stats->reserved -= large->memory ? 0 : large->size;
        stats->blocks -= large->memory ? 0 : 1;
    }
}

ArenaStats(arena_stats)(const Arena *arena)
{
    const ArenaStats *adopted = &arena->adopted_sums;
    size_t used = bytes_used(arena);
    ArenaStats stats = {
        .used = used,
        .peak = larger(arena->peak, used),
        .reserved = arena->chain_size + arena->large_size + adopted->reserved,
        .wasted = arena->current->wasted_before + arena->large_capacity - arena->large_used +
                  adopted->wasted,
        .blocks = arena->block_count + adopted->blocks,
        .failures = arena->failures,
    };
    if (arena->hidden > 0)
        leave_out_guarded(&stats, arena->large);
    return stats;
}

// ----- Ownership -----

static bool chain_owns(const Arena *arena, const void *ptr)
{
    for (const ArenaBlock *block = arena->blocks; block != arena->current; block = block->next)
        if (offset_in(block, ptr) < block->used)
            return true;
    return offset_in(arena->current, ptr) < offset_in(arena->current, arena->cursor);
}

static bool large_owns(const Arena *arena, const void *ptr)
{
    for (const ArenaBlock *block = arena->large; block; block = block->next)
        if (offset_in(block, ptr) < block->used)
            return true;
    return false;
}

bool arena_owns(const Arena *arena, const void *ptr)
{
    for (; arena; arena = arena->adopted)
        if (chain_owns(arena, ptr) || large_owns(arena, ptr))
            return true;
    return false;
}

// ----- Invariants, in the order in which arena.h numbers them -----

static bool block_is_valid(const ArenaBlock *block)
{
    bool aligned = ((uintptr_t)block->data | block->capacity) % MALLOC_ALIGN == 0;
    bool inside = block->capacity <= block->size;
    if (block->memory)
        inside = inside &&
                 (uintptr_t)block->data + block->capacity <= (uintptr_t)block->memory + block->size;
    return aligned && inside && block->dirty <= block->capacity;
}

static bool window_is_valid(const Arena *arena)
{
    const ArenaBlock *block = arena->current;
    size_t floor = offset_in(block, arena->floor);
    size_t cursor = offset_in(block, arena->cursor);
    size_t end = offset_in(block, arena->end);
    bool aligned = (floor | cursor | end) % ARENA_GRANULE == 0;
    bool ordered = floor <= cursor && cursor <= end && end <= block->capacity;
    bool below_top = (uintptr_t)arena->end < UINTPTR_MAX - ARENA_SMALL;
    bool has_epoch = arena->epoch != 0 && arena->epoch % ARENA_EPOCH == 0;
    return aligned && ordered && below_top && has_epoch &&
           arena->dirty == block->data + block->dirty;
}

// Walks the whole chain; the sums hold up to the current block.
static bool chain_is_valid(const Arena *arena, size_t *count)
{
    size_t used = 0;
    size_t wasted = 0;
    size_t size = 0;
    bool passed_current = false;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next) {
        if (!block_is_valid(block))
            return false;
        if (!passed_current && (block->used_before != used || block->wasted_before != wasted))
            return false;
        if (block == arena->current)
            passed_current = true;
        else if (!passed_current && block->used > block->capacity)
            return false;
        used += block->used;
        wasted += block->capacity - block->used;
        size += block->size;
        *count += 1;
    }
    return passed_current && size == arena->chain_size;
}

static bool large_is_valid(const Arena *arena, size_t *count)
{
    size_t size = 0;
    size_t capacity = 0;
    size_t used = 0;
    bool passed_floor = arena->large_floor == NULL;
    for (const ArenaBlock *block = arena->large; block; block = block->next) {
        if (!block_is_valid(block) || block->used > block->capacity)
            return false;
        passed_floor = passed_floor || block == arena->large_floor;
        size += block->size;
        capacity += block->capacity;
        used += block->used;
        *count += 1;
    }
    return passed_floor && size == arena->large_size && capacity == arena->large_capacity &&
           used == arena->large_used;
}

static bool journal_is_valid(const Arena *arena)
{
    const ArenaUndo *undo = arena->journal;
    while (undo && undo != arena->journal_floor)
        undo = undo->next;
    return undo == arena->journal_floor;
}

static bool adopted_are_valid(const Arena *arena)
{
    const Arena *last = arena->adopted;
    while (last && last->adopted)
        last = last->adopted;
    return !last || last == arena->adopted_last;
}

bool arena_is_valid(const Arena *arena)
{
    size_t count = 0;
    return chain_is_valid(arena, &count) && window_is_valid(arena) &&
           large_is_valid(arena, &count) && count == arena->block_count &&
           journal_is_valid(arena) && adopted_are_valid(arena);
}
