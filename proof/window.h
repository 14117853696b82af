// What holds of an arena and its current block, and what a request gets.

#ifndef PROOF_WINDOW_H
#define PROOF_WINDOW_H

#include "logic.h"
#include "sizes.h"

#include "arena/arena.h"

/*@ logic unsigned char *start{L}(Arena *arena) = &arena->current->data[0];

    // Bytes from the cursor to the end of its block.
    logic integer room{L}(Arena *arena) =
      arena->current->capacity - (arena->cursor - start(arena));

    predicate in_block{L}(ArenaBlock *block, unsigned char *place) =
      \base_addr(place) == \base_addr(&block->data[0]) &&
      0 <= place - &block->data[0] <= block->capacity;

    // Addresses in a block are numbers in a row, and none of them is near the last one that there is.
    predicate in_row{L}(ArenaBlock *block) =
      flat_memory(&block->data[0], block->capacity) && 0 < (uintptr_t)&block->data[0] &&
      (uintptr_t)&block->data[0] + block->capacity < UINTPTR_MAX - ARENA_SMALL;

    // arena.h: the invariants of ArenaBlock.
    predicate block_ok{L}(ArenaBlock *block) =
      \valid(&block->next) && \valid(&block->capacity) && \valid(&block->used) &&
      \valid(&block->dirty) && \valid(&block->used_before) && \valid(&block->wasted_before) &&
      \valid(&block->memory) && \valid(&block->size) &&
      \valid(&block->data[0] + (0 .. block->capacity - 1)) &&
      of_16(block->capacity) && of_16((uintptr_t)&block->data[0]) &&
      block->capacity <= PTRDIFF_MAX && block->dirty <= block->capacity && in_row(block);

    // arena.h: invariants 2, 3 and 9 of Arena, in the pieces in which they are proved.
    predicate apart{L}(Arena *arena) =
      \valid(arena) && block_ok(arena->current) &&
      \separated(arena, start(arena) + (0 .. arena->current->capacity - 1)) &&
      \separated(arena, &arena->current->next) && \separated(arena, &arena->current->capacity) &&
      \separated(arena, &arena->current->used) && \separated(arena, &arena->current->dirty);
    // Some of these follow from `flat`, and spare the provers the way.
    predicate placed{L}(Arena *arena) =
      in_block(arena->current, arena->floor) &&
      (uintptr_t)start(arena) <= (uintptr_t)arena->floor <= (uintptr_t)arena->cursor &&
      arena->dirty == &arena->current->data[arena->current->dirty];
    predicate counted{L}(Arena *arena) =
      in_block(arena->current, arena->cursor) &&
      arena->cursor - start(arena) == (uintptr_t)arena->cursor - (uintptr_t)start(arena);
    predicate granular{L}(Arena *arena) =
      of_8((uintptr_t)arena->floor) && of_8((uintptr_t)arena->cursor);
    predicate opened{L}(Arena *arena) =
      of_8((uintptr_t)arena->end) &&
      (uintptr_t)arena->end <= (uintptr_t)start(arena) + arena->current->capacity;
    predicate ordered{L}(Arena *arena) =
      (uintptr_t)arena->cursor <= (uintptr_t)arena->end &&
      arena->end - arena->cursor == (uintptr_t)arena->end - (uintptr_t)arena->cursor;
    predicate strided{L}(Arena *arena) = of_8(arena->stride) || arena->stride == SIZE_MAX;

    // Without the end.
    predicate opening{L}(Arena *arena) =
      apart(arena) && placed(arena) && counted(arena) && granular(arena) && strided(arena);

    predicate window{L}(Arena *arena) = opening(arena) &&
      in_block(arena->current, arena->end) && opened(arena) && ordered(arena);

    // Nobody watches, and no callback is asked: these are not the library's code.
    predicate quiet{L}(Arena *arena) = arena->watch == \null && arena->on_failure == \null;

    // What was neither handed out nor dirty is zero.
    predicate known_zero{L}(Arena *arena) =
      \forall integer place; arena->cursor - &arena->current->data[0] <= place &&
        arena->current->dirty <= place < arena->current->capacity ==>
          arena->current->data[place] == 0;

    // No multiple of `align` from the cursor on has so many bytes before the block's end: the first one
    // has not, and the others have less.
    predicate nothing_fits{L}(Arena *arena, integer size, integer align) =
      next_multiple((uintptr_t)arena->cursor, align) + size > (uintptr_t)arena->cursor + room(arena);

    // Room for whole granules, which is the same, as blocks are of those.
    predicate has_room{L}(Arena *arena, integer size, integer align) =
      next_multiple((uintptr_t)arena->cursor, align) + next_multiple(size, 8) <=
        (uintptr_t)start(arena) + arena->current->capacity;

    predicate same_window{A,B}(Arena *arena) =
      \at(arena->cursor, A) == \at(arena->cursor, B) && \at(arena->end, A) == \at(arena->end, B) &&
      \at(arena->floor, A) == \at(arena->floor, B) &&
      \at(arena->dirty, A) == \at(arena->dirty, B) &&
      \at(arena->current, A) == \at(arena->current, B);

    // The cursor moved over an object: whatever was handed out before lies below that.
    predicate passed{A,B}(Arena *arena, unsigned char *object, integer size) =
      \at(arena->current, A) == \at(arena->current, B) && in_block{B}(\at(arena->current, B), object) &&
      (uintptr_t)\at(arena->cursor, A) <= (uintptr_t)object &&
      (uintptr_t)object + size <= (uintptr_t)\at(arena->cursor, B);
*/

#endif
