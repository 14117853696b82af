// Contracts of src/core/alloc.c, and of what it calls.

#ifndef PROOF_ALLOC_H
#define PROOF_ALLOC_H

#include "arena.h"

#include "../src/core/internal.h"

// ----- src/core/internal.h -----

/*@ assigns \nothing;
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

/*@ // All of the window but its end.
    predicate opening{L}(Arena *arena) =
      \valid(arena) && block_ok(arena->current) &&
      \separated(arena, &arena->current->data[0] + (0 .. arena->current->capacity - 1)) &&
      \separated(arena, &arena->current->next) && \separated(arena, &arena->current->capacity) &&
      \separated(arena, &arena->current->used) && \separated(arena, &arena->current->dirty) &&
      in_block(arena->current, arena->floor) && in_block(arena->current, arena->cursor) &&
      (uintptr_t)arena->floor <= (uintptr_t)arena->cursor &&
      of_8((uintptr_t)arena->floor) && of_8((uintptr_t)arena->cursor) &&
      (of_8(arena->stride) || arena->stride == SIZE_MAX) &&
      arena->dirty == &arena->current->data[arena->current->dirty];
*/

/*@ requires opening(arena) && room == room(arena);
    assigns arena->cursor[0 .. room(arena) - 1];
    ensures \result <= room && of_8(\result);
    ensures \old(known_zero(arena)) ==> known_zero(arena); */
size_t arena_begin_page(Arena *arena, size_t room);

/*@ requires opening(arena);
    assigns arena->end, arena->cursor[0 .. room(arena) - 1];
    ensures window(arena);
    ensures \old(known_zero(arena)) ==> known_zero(arena); */
static inline void open_window(Arena *arena);

// ----- src/core/blocks.c -----

/*@ requires window(arena) && known_zero(arena) && quiet(arena);
    assigns *arena, arena->current->capacity, arena->current->size, arena->current->dirty,
      arena->cursor[0 .. room(arena) - 1];
    ensures window(arena) && known_zero(arena) && quiet(arena);
    ensures arena->current == \old(arena->current) && arena->cursor == \old(arena->cursor) &&
      arena->floor == \old(arena->floor) && room(arena) >= \old(room(arena));
    ensures \result != 0 ==> room(arena) >= more;
    ensures \result == 0 ==> same_window{Pre,Post}(arena) && room(arena) == \old(room(arena)); */
bool arena_extend_block(Arena *arena, size_t more);

// The memory is what only the source can vouch for.
#define ENTERED                                                                                  \
    arena->current != \old(arena->current) && arena->cursor == &arena->current->data[0] &&       \
        arena->current->capacity >= payload &&                                                   \
        \separated(&arena->current->data[0] + (0 .. arena->current->capacity - 1),               \
                   &\old(arena->current)->data[0] + (0 .. \old(arena->current->capacity) - 1))

/*@ requires window(arena) && known_zero(arena) && quiet(arena);
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures window(arena) && known_zero(arena) && quiet(arena);
    ensures \result != 0 ==> ENTERED;
    ensures \result == 0 ==> same_window{Pre,Post}(arena) && room(arena) == \old(room(arena)); */
bool arena_enter_spare_block(Arena *arena, size_t payload);

/*@ requires window(arena) && known_zero(arena) && quiet(arena);
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures window(arena) && known_zero(arena) && quiet(arena);
    ensures \result != 0 ==> ENTERED;
    ensures \result == 0 ==> same_window{Pre,Post}(arena) && room(arena) == \old(room(arena)); */
bool arena_enter_new_block(Arena *arena, size_t payload);

/*@ requires window(arena) && known_zero(arena) && quiet(arena);
    assigns *arena;
    ensures window(arena) && known_zero(arena) && quiet(arena) && same_window{Pre,Post}(arena);
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
    ensures \result != 0 <==> !nothing_fits(arena, size, align); */
static bool fits(const Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && known_zero(arena) && pow2(align);
    requires !nothing_fits(arena, size, align);
    assigns arena->cursor, arena->end, arena->cursor[0 .. room(arena) - 1];
    ensures window(arena) && known_zero(arena);
    ensures served{Pre,Post}(arena, (unsigned char *)\result, size, align); */
static void *take(Arena *arena, size_t size, size_t align);

/*@ requires pow2(align) && align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    assigns \nothing;
    ensures size + (align > 16 ? align - 16 : 0) <= \result;
    ensures of_8(\result) || align > 16; */
static size_t payload_for(size_t size, size_t align);

/*@ requires window(arena) && pow2(align);
    requires align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    assigns \nothing;
    ensures \forall integer to; \result <= to - (uintptr_t)arena->cursor ==>
      !(\forall integer place; !fits_at((uintptr_t)arena->cursor, to, size, align, place)); */
static size_t payload_here(const Arena *arena, size_t size, size_t align);

/*@ requires \valid_read(arena);
    assigns \nothing; */
static bool is_large(const Arena *arena, size_t payload);

/*@ requires window(arena) && known_zero(arena) && quiet(arena) && pow2(align);
    requires align <= PTRDIFF_MAX / 2 && size <= PTRDIFF_MAX - align - 8;
    assigns *arena;
    ensures window(arena) && known_zero(arena) && quiet(arena) && same_window{Pre,Post}(arena);
    ensures \result != \null ==> served{Pre,Post}(arena, (unsigned char *)\result, size, align); */
static void *alloc_large(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && known_zero(arena) && quiet(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures inv: window(arena) && quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_serve(Arena *arena, size_t size, size_t align);

#endif
