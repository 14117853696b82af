// Who lives until when.

#include "lives.h"

#include <stdlib.h>

bool lives_begin(Lives *lives, size_t count)
{
    *lives = (Lives){.items = calloc(count ? count : 1, sizeof *lives->items), .count = count};
    for (size_t i = 0; lives->items && i < count; i++)
        lives->items[i].owner = NOBODY;
    return lives->items != NULL;
}

static void forget_marks(ArenaLife *life)
{
    free(life->marks);
    free(life->undone);
    life->marks = NULL;
    life->undone = NULL;
    life->mark_count = life->mark_room = life->undone_room = 0;
}

void lives_free(Lives *lives)
{
    for (size_t i = 0; i < lives->count; i++)
        forget_marks(&lives->items[i]);
    free(lives->items);
    *lives = (Lives){0};
}

// ----- Objects -----

// Of all that begins before the operation, the last to begin is what may hold it: the pieces of
// time do not overlap.
static bool is_undone(const ArenaLife *life, uint32_t operation)
{
    size_t low = 0;
    size_t high = life->undone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (life->undone[middle].mark < operation)
            low = middle + 1;
        else
            high = middle;
    }
    return operation < life->latest_reset || (low > 0 && operation < life->undone[low - 1].rewind);
}

// Whether the owner has given back what it had when it adopted the arena.
static bool was_given_back(const Lives *lives, const ArenaLife *life)
{
    const ArenaLife *owner = &lives->items[life->owner];
    return owner->is_gone || owner->latest_reset > life->adopted_at;
}

// Whether that is so of any owner up to the one that nobody has adopted. What is found is noted all
// the way, so that a long way is gone only once.
static bool is_gone_with_owner(Lives *lives, ArenaLife *life)
{
    ArenaLife *last = life;
    if (life->owner == NOBODY)
        return false;
    while (!was_given_back(lives, last) && lives->items[last->owner].owner != NOBODY)
        last = &lives->items[last->owner];
    last->is_gone = was_given_back(lives, last);
    while (life != last) {
        ArenaLife *next = &lives->items[life->owner];
        life->owner = last->owner;
        life->adopted_at = last->adopted_at;
        life->is_gone = last->is_gone;
        life = next;
    }
    return last->is_gone;
}

bool life_is_over(Lives *lives, uint32_t arena, uint32_t operation)
{
    ArenaLife *life = &lives->items[arena];
    return life->is_gone || is_undone(life, operation) || is_gone_with_owner(lives, life);
}

// ----- Marks -----

bool life_mark(ArenaLife *life, LivingMarks marks)
{
    if (life->mark_count == life->mark_room) {
        size_t room = life->mark_room ? 2 * life->mark_room : 4;
        LivingMarks *items = realloc(life->marks, room * sizeof *items);
        if (!items)
            return false;
        life->marks = items;
        life->mark_room = room;
    }
    life->marks[life->mark_count++] = marks;
    life->latest_mark = marks.operation;
    return true;
}

LivingMarks *life_find(const ArenaLife *life, uint64_t epoch)
{
    size_t low = 0;
    size_t high = life->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (life->marks[middle].epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &life->marks[low - 1] : NULL;
}

bool life_rewind(ArenaLife *life, const LivingMarks *marks, uint32_t operation)
{
    life->mark_count = (size_t)(marks - life->marks) + 1;
    life->own = marks->own;
    while (life->undone_count > 0 && life->undone[life->undone_count - 1].mark >= marks->operation)
        life->undone_count--;
    if (life->undone_count == life->undone_room) {
        size_t room = life->undone_room ? 2 * life->undone_room : 4;
        Undone *items = realloc(life->undone, room * sizeof *items);
        if (!items)
            return false;
        life->undone = items;
        life->undone_room = room;
    }
    life->undone[life->undone_count++] = (Undone){marks->operation, operation};
    return true;
}

// ----- Arenas -----

void life_reset(ArenaLife *life, uint32_t operation)
{
    life->latest_reset = operation;
    life->mark_count = life->undone_count = 0;
    life->own = life->adopted = 0;
}

void life_adopt(Lives *lives, uint32_t into, uint32_t from, uint32_t operation)
{
    ArenaLife *life = &lives->items[from];
    lives->items[into].adopted += life->own + life->adopted;
    life->own = life->adopted = 0;
    life->owner = into;
    life->adopted_at = operation;
    free(life->marks);
    life->marks = NULL;
    life->mark_count = life->mark_room = 0;
}

void life_end(ArenaLife *life)
{
    life->is_gone = true;
    life->own = life->adopted = 0;
    forget_marks(life);
    life->undone_count = 0;
}
