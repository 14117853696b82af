// Contracts of the inline functions, and of what they call.

#ifndef PROOF_ARENA_H
#define PROOF_ARENA_H

#include "window.h"

// What the slow path may write, besides memory that the source gives it meanwhile.
#define SLOW_PATH                                                                               \
    *arena, arena->current->next, arena->current->used, arena->current->dirty,                   \
        arena->current->capacity, arena->current->size, arena->cursor[0 .. room(arena) - 1]

/*@ assigns \nothing; */
int arena_is_constant(size_t value);

/*@ assigns \nothing;
    ensures \result == (size == 0 ? SIZE_MAX : size - 1); */
size_t arena_last(size_t size);

/*@ assigns \nothing;
    ensures \result == (count * size <= PTRDIFF_MAX ? count * size : SIZE_MAX); */
size_t arena_array_size(size_t count, size_t size);

/*@ requires window(arena) && quiet(arena) && known_zero(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_alloc_slow(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && quiet(arena) && known_zero(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures zero: \result != \null ==> all_zero((unsigned char *)\result, size);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_calloc_slow(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && quiet(arena) && known_zero(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_alloc_aligned(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && quiet(arena) && known_zero(arena);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, 16);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, 16); */
void *arena_alloc(Arena *arena, size_t size);

/*@ requires window(arena) && quiet(arena) && known_zero(arena);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, 16);
    ensures zero: \result != \null ==> all_zero((unsigned char *)\result, size);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, 16); */
void *arena_calloc(Arena *arena, size_t size);

/*@ requires window(arena) && quiet(arena) && known_zero(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_new(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && quiet(arena) && known_zero(arena) && pow2(align);
    assigns SLOW_PATH;
    ensures apart(arena);
    ensures inside(arena);
    ensures in_block(arena->current, arena->cursor);
    ensures granular(arena);
    ensures ordered(arena);
    ensures quiet(arena);
    ensures clean: known_zero(arena);
    ensures got: \result != \null ==>
      served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures zero: \result != \null ==> all_zero((unsigned char *)\result, size);
    ensures failed: \result == \null ==>
      same_window{Pre,Post}(arena) && nothing_fits{Pre}(arena, size, align); */
void *arena_new0(Arena *arena, size_t size, size_t align);

#endif
