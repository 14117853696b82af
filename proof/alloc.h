// Contracts of src/core/alloc.c, and of what it calls.

#ifndef PROOF_ALLOC_H
#define PROOF_ALLOC_H

#include "arena.h"

#include "../src/core/internal.h"

// ----- src/core/internal.h -----

// WP looks at what bits.mlw says of wrapping only where one of its words occurs.
/*@ requires 0 <= (uintptr_t)address <= UINTPTR_MAX && pow2(16);
    requires 0 <= (uintptr_t)&block->data[0] <= UINTPTR_MAX;
    assigns \nothing;
    ensures \result == (uintptr_t)address - (uintptr_t)&block->data[0] ||
            \result == (uintptr_t)address - (uintptr_t)&block->data[0] + SIZE_MAX + 1; */
static inline size_t offset_in(const ArenaBlock *block, const void *address);

/*@ requires \valid_read(&block->capacity);
    assigns \nothing;
    ensures \result == &block->data[block->capacity]; */
static inline unsigned char *end_of(ArenaBlock *block);

/*@ requires \valid_read(arena) && \valid_read(&arena->current->used_before);
    assigns \nothing; */
static inline size_t bytes_used(const Arena *arena);

/*@ requires \valid(arena) && \valid_read(&arena->current->used_before);
    assigns arena->peak; */
static inline void note_peak(Arena *arena);

/*@ assigns \nothing;
    ensures \result == (payload <= PTRDIFF_MAX - (sizeof(ArenaBlock) + 30)
                          ? payload + (sizeof(ArenaBlock) + 30) : SIZE_MAX); */
static inline size_t block_size_for(size_t payload);

/*@ requires 0 <= (uintptr_t)address <= UINTPTR_MAX;
    assigns \nothing;
    ensures 0 < \result <= ARENA_TUNE_HUGE;
    ensures ((uintptr_t)address + \result) % ARENA_TUNE_HUGE == 0; */
static inline size_t room_in_page(const void *address);

/*@ requires \valid(&block->size) && \valid(&block->capacity) && \valid_read(&block->memory);
    requires \base_addr(&block->data[0]) == \base_addr((unsigned char *)block->memory);
    requires 0 <= &block->data[0] - (unsigned char *)block->memory <= size;
    requires \separated(&block->size, &block->capacity) && \separated(&block->size, &block->memory);
    assigns block->size, block->capacity;
    ensures block->size == size && of_16(block->capacity);
    ensures block->capacity <= size - (&block->data[0] - (unsigned char *)block->memory) <
      block->capacity + 16; */
static inline void set_block_size(ArenaBlock *block, size_t size);

// The first byte that was handed out in no case is `room` bytes before the end of its block.
/*@ requires opening(arena) && room == room(arena);
    assigns arena->cursor[0 .. room(arena) - 1];
    ensures \result <= room;
    ensures of_8(\result);
    ensures clean: \old(known_zero(arena)) ==> known_zero(arena); */
size_t arena_begin_page(Arena *arena, size_t room);

/*@ requires apart(arena);
    requires in_block(arena->current, arena->cursor);
    requires placed(arena);
    requires counted(arena);
    requires granular(arena);
    requires strided(arena);
    assigns arena->end, arena->cursor[0 .. room(arena) - 1];
    HAS_WINDOW
    ensures clean: \old(known_zero(arena)) ==> known_zero(arena); */
static inline void open_window(Arena *arena);

// ----- src/core/blocks.c -----

/*@ requires 0 <= (uintptr_t)memory <= UINTPTR_MAX;
    assigns \nothing;
    ensures (uintptr_t)memory + \result <= UINTPTR_MAX - ARENA_SMALL || \result == 0; */
static size_t bytes_above(const void *memory);

/*@ requires \valid_read(arena);
    assigns \nothing;
    ensures \result > 0; */
static size_t largest_of(const Arena *arena);

/*@ requires \valid(arena);
    assigns arena->block_size;
    ensures pow2(arena->block_size);
    ensures arena->block_size <= ARENA_TUNE_LEAST || arena->block_size <= arena->chain_size; */
void arena_plan_next_block(Arena *arena);

/*@ requires \valid(arena) && block_ok(block) && in_block(block, cursor) && of_8((uintptr_t)cursor);
    requires of_8(arena->stride) || arena->stride == SIZE_MAX;
    requires \separated(arena, &block->data[0] + (0 .. block->capacity - 1));
    requires \separated(arena, &block->next) && \separated(arena, &block->capacity) &&
      \separated(arena, &block->used) && \separated(arena, &block->dirty);
    assigns arena->current, arena->cursor, arena->floor, arena->dirty, arena->end,
      cursor[0 .. block->capacity - (cursor - &block->data[0]) - 1];
    HAS_WINDOW
    ensures arena->current == block && arena->cursor == cursor && arena->floor == cursor; */
void arena_return_to(Arena *arena, ArenaBlock *block, unsigned char *cursor);

#define UNCHANGED                                                                                \
    same_window{Pre,Post}(arena) && start(arena) == start{Pre}(arena) &&                         \
        arena->current->capacity == \old(arena->current->capacity)

/*@ KEEPS
    assigns *arena, arena->current->capacity, arena->current->size, arena->current->dirty,
      arena->cursor[0 .. room(arena) - 1];
    ensures arena->current == \old(arena->current) && arena->cursor == \old(arena->cursor) &&
      arena->floor == \old(arena->floor) && room(arena) >= \old(room(arena));
    ensures start(arena) == start{Pre}(arena);
    ensures \result != 0 ==> room(arena) >= more &&
      arena->cursor - start(arena) + more <= arena->current->capacity;
    ensures \result == 0 ==> UNCHANGED; */
bool arena_extend_block(Arena *arena, size_t more);

// The memory is what only the source can vouch for.
#define ENTERED                                                                                  \
    arena->current != \old(arena->current) && arena->cursor == &arena->current->data[0] &&       \
        arena->current->capacity >= payload &&                                                   \
        \separated(&arena->current->data[0] + (0 .. arena->current->capacity - 1),               \
                   start{Pre}(arena) + (0 .. \old(arena->current->capacity) - 1))

/*@ KEEPS
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures \result != 0 ==> ENTERED;
    ensures \result == 0 ==> UNCHANGED; */
bool arena_enter_spare_block(Arena *arena, size_t payload);

/*@ KEEPS
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures \result != 0 ==> ENTERED;
    ensures \result == 0 ==> UNCHANGED; */
bool arena_enter_new_block(Arena *arena, size_t payload);

/*@ KEEPS
    assigns *arena;
    ensures UNCHANGED;
    ensures \result != \null ==> block_ok(\result) && \result->capacity >= payload &&
      \separated(&\result->data[0] + (0 .. \result->capacity - 1),
                 &arena->current->data[0] + (0 .. arena->current->capacity - 1)); */
ArenaBlock *arena_acquire_large(Arena *arena, size_t payload);

/*@ requires window(arena);
    assigns arena->current->used, arena->current->dirty;
    ensures arena->current->used == arena->cursor - &arena->current->data[0];
    ensures arena->current->dirty ==
      (\old(arena->current->dirty) < arena->current->used ? arena->current->used
                                                          : \old(arena->current->dirty)); */
void arena_leave_block(Arena *arena);

// ----- src/core/alloc.c -----

/*@ requires window(arena) && pow2(align);
    assigns \nothing;
    ensures \result != 0 ==> has_room(arena, size, align);
    ensures \result == 0 ==> nothing_fits(arena, size, align); */
static bool fits(const Arena *arena, size_t size, size_t align);

/*@ requires pow2(align) && has_room(arena, size, align);
    KEEPS
    assigns arena->cursor, arena->end, arena->cursor[0 .. room(arena) - 1];
    ensures aligned: 0 < (uintptr_t)\result && (uintptr_t)\result % align == 0;
    ensures inside: in_block(arena->current, (unsigned char *)\result) &&
      (unsigned char *)\result - start(arena) + size <= arena->current->capacity;
    ensures there: \valid((unsigned char *)\result + (0 .. size - 1));
    ensures disjoint: \separated((unsigned char *)\result + (0 .. size - 1),
      start(arena) + (0 .. \old(arena->cursor) - start(arena) - 1));
    ensures passed: passed{Pre,Post}(arena, (unsigned char *)\result, size); */
static void *take(Arena *arena, size_t size, size_t align);

/*@ requires pow2(align) && align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    assigns \nothing;
    ensures \result == next_multiple(size, 8) + (align > 16 ? align - 16 : 0); */
static size_t payload_for(size_t size, size_t align);

/*@ requires window(arena) && pow2(align);
    requires align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    assigns \nothing;
    ensures (uintptr_t)arena->cursor + \result ==
      next_multiple((uintptr_t)arena->cursor, align) + next_multiple(size, 8); */
static size_t payload_here(const Arena *arena, size_t size, size_t align);

/*@ requires \valid_read(arena);
    assigns \nothing; */
static bool is_large(const Arena *arena, size_t payload);

/*@ requires pow2(align) && align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    KEEPS
    assigns *arena;
    ensures UNCHANGED;
    ensures aligned: \result != \null ==>
      0 < (uintptr_t)\result && (uintptr_t)\result % align == 0;
    ensures there: \result != \null ==> \valid((unsigned char *)\result + (0 .. size - 1));
    ensures disjoint: \result != \null ==> \separated((unsigned char *)\result + (0 .. size - 1),
      start(arena) + (0 .. arena->current->capacity - 1)); */
static void *alloc_large(Arena *arena, size_t size, size_t align);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align) */
void *arena_serve(Arena *arena, size_t size, size_t align);

/*@ requires quiet(arena) && \valid(arena);
    assigns arena->failures;
    ensures \result == \null; */
void *arena_fail(Arena *arena, size_t size, int error);

/*@ requires pow2(align);
    KEEPS
    SERVES(size, align) */
static void *try_alloc(Arena *arena, size_t size, size_t align);

// ----- realloc -----

/*@ requires \valid_read(arena) && size <= PTRDIFF_MAX - 8;
    requires 0 <= (uintptr_t)arena->cursor <= UINTPTR_MAX && 0 <= (uintptr_t)ptr <= UINTPTR_MAX;
    assigns \nothing;
    ensures \result != 0 <==>
      ((uintptr_t)arena->cursor - (uintptr_t)ptr == next_multiple(size, 8) ||
       (uintptr_t)arena->cursor - (uintptr_t)ptr + SIZE_MAX + 1 == next_multiple(size, 8)); */
static bool is_newest(const Arena *arena, const void *ptr, size_t size);

// The newest object grows or shrinks where it stands, but not below the mark; or its block cannot hold
// it, and nothing has changed.
/*@ requires size <= PTRDIFF_MAX - 8 && in_block(arena->current, object);
    requires of_8((uintptr_t)object) && 0 <= arena->cursor - object;
    requires (uintptr_t)arena->cursor - (uintptr_t)object == arena->cursor - object;
    KEEPS
    assigns *arena, arena->current->capacity, arena->current->size, arena->current->dirty,
      arena->current->used, object[0 .. arena->current->capacity - (object - start(arena)) - 1];
    ensures arena->current == \old(arena->current) && arena->floor == \old(arena->floor);
    ensures start(arena) == start{Pre}(arena);
    ensures done: \result != 0 ==> (uintptr_t)arena->cursor == \max((uintptr_t)arena->floor,
      (uintptr_t)object + next_multiple(size, 8));
    ensures refused: \result == 0 ==> UNCHANGED &&
      (uintptr_t)object + size > (uintptr_t)start(arena) + arena->current->capacity; */
static inline bool resize_newest(Arena *arena, unsigned char *object, size_t size);

#endif
