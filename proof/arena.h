// Contracts of the inline functions.

#include "window.h"

/*@ assigns \nothing; */
int arena_is_constant(size_t value);

/*@ assigns \nothing;
    ensures \result == (size == 0 ? SIZE_MAX : size - 1); */
size_t arena_last(size_t size);

/*@ requires window(arena) && quiet(arena) && pow2(align);
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures window(arena) && quiet(arena);
    ensures \result != \null ==> served{Pre,Post}(arena, (unsigned char *)\result, size, align);
    ensures \result == \null ==> same_window{Pre,Post}(arena);
    ensures \result == \null ==> nothing_fits(arena, size, align); */
void *arena_alloc_slow(Arena *arena, size_t size, size_t align);

/*@ requires window(arena) && quiet(arena);
    assigns *arena, arena->current->next, arena->current->used, arena->current->dirty;
    ensures window(arena) && quiet(arena);
    ensures \result != \null ==> served{Pre,Post}(arena, (unsigned char *)\result, size, 16);
    ensures \result == \null ==> same_window{Pre,Post}(arena);
    ensures \result == \null ==> nothing_fits(arena, size, 16); */
void *arena_alloc(Arena *arena, size_t size);
