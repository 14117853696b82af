// Blocks: how they come from the source, how the arena goes from one to the next, and how they go
// back.

#include "internal.h"
#include "../memory/sources.h"
#include "atomics.h"

ARENA_ATOMIC(ArenaTakeBack *) arena_take_back;

// Bytes that a block may have: it ends so far below the last address that the fast path can add a
// small size to the cursor.
static size_t bytes_above(const void *memory)
{
    size_t above = UINTPTR_MAX - (uintptr_t)memory;
    return above > ARENA_SMALL ? above - ARENA_SMALL : 0;
}

ArenaBlock *arena_place_block(void *memory, size_t size, size_t lead, bool zero)
{
    size_t header = padding(memory, MALLOC_ALIGN) + lead + sizeof(ArenaBlock);
    if (size < header || size > bytes_above(memory))
        return NULL;

    // One call clears all that is in front of the data, at a length that the compiler does not
    // know: it would write a slow loop for one that it does.
    memset(memory, 0, header);
    ArenaBlock *block = (ArenaBlock *)((unsigned char *)memory + header - sizeof(ArenaBlock));
    block->memory = memory;
    set_block_size(block, size);
    block->dirty = zero ? 0 : block->capacity;
    return block;
}

// Bytes of the largest block that growth asks for.
static size_t largest_of(const Arena *arena)
{
    return arena->largest_block ? arena->largest_block : ARENA_TUNE_MOST;
}

// The largest power of two that does not exceed what the blocks hold, so that each block about
// doubles the arena.
void arena_plan_next_block(Arena *arena)
{
    size_t most = smaller(arena->chain_size, largest_of(arena));
    arena->block_size = bit_floor(larger(most, ARENA_TUNE_LEAST));
}

// Bytes that the limit still lets the arena take from its source. A buffer does not count, nor what only
// watchers have asked for.
static size_t allowance(const Arena *arena)
{
    size_t buffer = arena->blocks->memory ? 0 : arena->blocks->size;
    size_t held = arena->chain_size + arena->large_size + arena->adopted_sums.reserved - buffer;
    held -= smaller(held, arena->hidden);
    return held < arena->limit ? arena->limit - held : 0;
}

// One block from the source, of `ideal` bytes, or else of `least`. A source may add to what it is
// asked for, so it never hears of more than there can be.
static ArenaBlock *acquire_block(Arena *arena, size_t ideal, size_t least)
{
    size_t most = smaller(allowance(arena), PTRDIFF_MAX);
    if (least > most)
        return NULL;

    size_t asked = smaller(larger(ideal, least), most);
    size_t given = asked;
    void *memory = arena->source.acquire(arena->source.context, &given);
    if (!memory && asked > least) {
        asked = given = least;
        memory = arena->source.acquire(arena->source.context, &given);
    }
    if (!memory)
        return NULL;
    ArenaBlock *block = given < asked ? NULL : arena_place_block(memory, given, 0, arena->fresh);
    if (!block) {
        arena->source.release(arena->source.context, memory, given);
        return NULL;
    }
    if (arena->watch)
        arena->watch->hooks->acquired(arena, block->data, block->capacity);
    return block;
}

void arena_release_block(Arena *arena, ArenaBlock *block)
{
    arena->block_count--;
    if (arena->watch)
        arena->watch->hooks->released(arena, block->data, block->capacity);
    if (block->memory) {
        arena->source.release(arena->source.context, block->memory, block->size);
    } else {
        ArenaTakeBack *take_back = atomic_load(&arena_take_back);
        if (take_back)
            take_back(arena, block);
    }
}

// ----- The chain -----

// A system that clears a huge page begins with the half that was not touched, and goes towards what
// was, from both ends; where the last byte is touched, it goes upwards all the way, which takes less
// than half the time. So that is written first, page by page: what lies behind is not touched before
// it is needed. Blocks that hold no huge page are left alone, and memory that is not known to be zero
// counts as used, so nothing is ever written there.
size_t arena_begin_page(Arena *arena, size_t room)
{
    size_t used = arena->cursor < arena->dirty ? (size_t)(arena->dirty - arena->cursor) : 0;
    size_t reach = used + room_in_page(arena->cursor + used);
    if (reach > room || arena->current->size < ARENA_TUNE_HUGE)
        return room;
    arena->cursor[reach - 1] = 0;
    return reach;
}

void arena_leave_block(Arena *arena)
{
    ArenaBlock *block = arena->current;
    block->used = offset_in(block, arena->cursor);
    block->dirty = larger(block->dirty, block->used);
}

void arena_return_to(Arena *arena, ArenaBlock *block, unsigned char *cursor)
{
    arena->current = block;
    arena->cursor = cursor;
    arena->floor = cursor;
    arena->dirty = block->data + block->dirty;
    open_window(arena);
}

// Continues in the block after the current one.
static void enter_next_block(Arena *arena)
{
    ArenaBlock *left = arena->current;
    ArenaBlock *block = left->next;
    arena_leave_block(arena);
    block->used_before = left->used_before + left->used;
    block->wasted_before = left->wasted_before + left->capacity - left->used;
    arena_return_to(arena, block, block->data);
}

bool arena_enter_spare_block(Arena *arena, size_t payload)
{
    for (ArenaBlock **link = &arena->current->next; *link; link = &(*link)->next) {
        ArenaBlock *spare = *link;
        if (payload <= spare->capacity) {
            *link = spare->next;
            spare->next = arena->current->next;
            arena->current->next = spare;
            enter_next_block(arena);
            return true;
        }
    }
    return false;
}

// Bytes that the next block is asked for. From where one huge page costs less than the small ones
// that it replaces, if the arena is to double once more, it is a huge page, while the process has few
// of them and the limit leaves room for a whole one.
static size_t ideal_size(const Arena *arena)
{
    size_t size = arena->block_size;
    bool early = size >= ARENA_TUNE_EARLY && size < ARENA_TUNE_MAPPED &&
                 largest_of(arena) >= ARENA_TUNE_MAPPED && allowance(arena) >= ARENA_TUNE_MAPPED &&
                 arena_heap_spares(&arena->source);
    return early ? ARENA_TUNE_MAPPED : size;
}

bool arena_enter_new_block(Arena *arena, size_t payload)
{
    ArenaBlock *block = acquire_block(arena, ideal_size(arena), block_size_for(payload));
    if (!block)
        return false;
    block->next = arena->current->next;
    arena->current->next = block;
    arena->block_count++;
    arena->chain_size += block->size;
    arena_plan_next_block(arena);
    enter_next_block(arena);
    return true;
}

// Has the source extend a block to at least `wanted` bytes; `*size` is then what it gave, or, after
// a refusal, what it says that it could give.
static bool extend_to(const ArenaSource *source, const ArenaBlock *block, size_t wanted,
                      size_t *size)
{
    *size = wanted;
    return source->extend(source->context, block->memory, block->size, size) && *size >= wanted;
}

// Extends a block to `ideal` bytes, or to what is possible, from `least` bytes on.
static bool extend_between(const ArenaSource *source, const ArenaBlock *block, size_t least,
                           size_t ideal, size_t *size)
{
    if (extend_to(source, block, ideal, size))
        return true;
    size_t possible = *size < ideal ? larger(*size, least) : least;
    return possible < ideal && extend_to(source, block, possible, size);
}

bool arena_extend_block(Arena *arena, size_t more)
{
    ArenaBlock *block = arena->current;
    if (!arena->source.extend || !block->memory || more > PTRDIFF_MAX - block->size)
        return false;

    size_t header = (size_t)(block->data - (unsigned char *)block->memory);
    size_t least = header + round_up(offset_in(block, arena->cursor) + more, MALLOC_ALIGN);
    size_t possible = smaller(bytes_above(block->memory), PTRDIFF_MAX) - block->size;
    size_t most = smaller(allowance(arena), possible);
    if (least - block->size > most)
        return false;
    size_t ideal = larger(least, block->size + smaller(arena->block_size, most));
    size_t size;
    if (!extend_between(&arena->source, block, least, ideal, &size))
        return false;

    size_t capacity = block->capacity;
    arena->chain_size += size - block->size;
    arena_plan_next_block(arena);
    set_block_size(block, size);
    block->capacity = smaller(block->capacity, bytes_above(block->data) & ~(MALLOC_ALIGN - 1));
    if (!arena->fresh)
        block->dirty = block->capacity;
    arena->dirty = block->data + block->dirty;
    if (arena->watch)
        arena->watch->hooks->acquired(arena, block->data + capacity, block->capacity - capacity);
    open_window(arena);
    return true;
}

// ----- Large objects -----

static void count_large(Arena *arena, const ArenaBlock *block)
{
    arena->large_size += block->size;
    arena->large_capacity += block->capacity;
    arena->large_used += block->used;
}

static void discount_large(Arena *arena, const ArenaBlock *block)
{
    arena->large_size -= block->size;
    arena->large_capacity -= block->capacity;
    arena->large_used -= block->used;
}

void arena_add_large(Arena *arena, ArenaBlock *block, size_t used)
{
    block->used = used;
    block->next = arena->large;
    arena->large = block;
    arena->block_count++;
    count_large(arena, block);
}

ArenaBlock *arena_acquire_large(Arena *arena, size_t payload)
{
    ArenaBlock *block = acquire_block(arena, 0, block_size_for(payload));
    if (block)
        arena_add_large(arena, block, payload);
    return block;
}

// Below the size of a mapping, growth without a copy saves little, and only the newest objects are
// worth a look: a program may have very many of them.
ArenaBlock **arena_find_young_large(Arena *arena, const void *ptr, size_t size)
{
    size_t patience = size < ARENA_TUNE_MAPPED ? 32 : SIZE_MAX;
    for (ArenaBlock **link = &arena->large; *link != arena->large_floor; link = &(*link)->next) {
        if (ptr == (*link)->data)
            return link;
        if ((*link)->memory && patience-- == 0) // those that the guard has put here do not count
            break;
    }
    return NULL;
}

// A saved value goes back to where it was, and the context of a call is used where it is, so their
// memory may not move.
static bool is_in_journal(const Arena *arena, const ArenaBlock *block)
{
    for (ArenaUndo *undo = arena->journal; undo != arena->journal_floor; undo = undo->next)
        if (offset_in(block, undo->target) < block->capacity)
            return true;
    return false;
}

// Twice the size of a large object, so that one that grows by small steps moves seldom, but no more
// than a part of what a limit leaves for all others. In whole mappings, which the system aligns.
static size_t roomy_size(const ArenaBlock *block, size_t least, size_t most)
{
    size_t more = smaller(block->size, most / 4);
    size_t size = block->size + more;
    bool spacious = most > ARENA_TUNE_MAPPED && more < most - ARENA_TUNE_MAPPED;
    if (size >= ARENA_TUNE_MAPPED && spacious)
        size = round_up(size, ARENA_TUNE_MAPPED);
    return larger(size, least);
}

// Takes down where the memory of a large object is now. The block is `lead` bytes into it: the heap
// aligns as we need it on every system that matters; elsewhere the block may have to shift.
static void settle_large(ArenaBlock **link, unsigned char *memory, size_t lead, size_t size)
{
    ArenaBlock *block = (ArenaBlock *)(memory + padding(memory, MALLOC_ALIGN));
    if ((unsigned char *)block != memory + lead)
        memmove(block, memory + lead, size - lead - MALLOC_ALIGN);
    block->memory = memory;
    set_block_size(block, size);
    *link = block;
}

static size_t lead_of(const ArenaBlock *block)
{
    return (size_t)((const unsigned char *)block - (const unsigned char *)block->memory);
}

// Moves the pages of a large object, or its bytes where they are few, into `size` bytes.
static bool relocate_large(ArenaBlock **link, size_t size)
{
    ArenaBlock *block = *link;
    size_t lead = lead_of(block);
    void *memory = arena_heap_relocate(block->memory, block->size, size);
    if (memory)
        settle_large(link, memory, lead, size);
    return memory != NULL;
}

// Makes a large object hold `payload` bytes; `link` is what points to its block.
static bool grow_large(Arena *arena, ArenaBlock **link, size_t payload)
{
    ArenaBlock *block = *link;
    size_t least = block_size_for(payload);
    size_t most = smaller(allowance(arena), PTRDIFF_MAX - block->size);
    if (least > block->size + most || is_in_journal(arena, block))
        return false;
    return relocate_large(link, roomy_size(block, least, most)) || relocate_large(link, least);
}

// Cuts pages off a large object that needs less than half of them, where it stands.
static void cut_large(const Arena *arena, ArenaBlock *block, size_t payload)
{
    size_t size = larger(block_size_for(payload), ARENA_TUNE_MAPPED);
    if (size <= block->size / 2 && !is_in_journal(arena, block) &&
        arena_heap_cut(block->memory, block->size, size)) {
        set_block_size(block, size);
        block->dirty = smaller(block->dirty, block->capacity);
    }
}

bool arena_resize_large(Arena *arena, ArenaBlock **link, size_t payload)
{
    ArenaBlock before;
    before = **link; // as an initialiser, tcc would want one of the flexible array
    bool movable = before.memory && arena_is_heap(&arena->source);
    if (payload > before.capacity && (!movable || !grow_large(arena, link, payload)))
        return false;
    note_peak(arena);
    if (payload < before.used && movable)
        cut_large(arena, *link, payload);
    discount_large(arena, &before);
    (*link)->used = payload;
    count_large(arena, *link);
    return true;
}

bool arena_release_young_large(Arena *arena, ArenaBlock *block)
{
    ArenaBlock **link = &arena->large;
    if (is_in_journal(arena, block))
        return false;
    while (*link != block)
        link = &(*link)->next;
    *link = block->next;
    discount_large(arena, block);
    arena_release_block(arena, block);
    return true;
}

void arena_release_large_until(Arena *arena, ArenaBlock *last)
{
    while (arena->large != last) {
        ArenaBlock *block = arena->large;
        arena->large = block->next;
        discount_large(arena, block);
        arena_release_block(arena, block);
    }
}
