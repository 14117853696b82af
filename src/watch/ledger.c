// The objects of an arena that is checked.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "audit.h"
#include "lock.h"

#include <stdio.h>
#include <stdlib.h>

// How many objects that are gone are remembered, for each arena; spans of marks; arenas that ended.
enum { GONE = 4096, MOST_DEAD = 65536, MOST_ENDED = 256 };

static Ledger *all; // newest first
static size_t ended;

// ----- Ledgers -----

// An arena in the caller's buffer need not be destroyed: when there is another one in its place, it is
// gone, and what was in it is not searched any more.
static void empty_predecessors(const Arena *arena)
{
    if (!arena_audits)
        return;
    for (Ledger *ledger = all; ledger; ledger = ledger->next)
        if (ledger->arena == arena)
            ledger->count = ledger->run_count = 0;
}

Ledger *arena_ledger_begin(const Arena *arena)
{
    Ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->arena = arena;
    ledger->was = arena;
    snprintf(ledger->name, sizeof ledger->name, "%s", arena->name ? arena->name : "");
    ledger->made = arena_stack_here(STACK_USUAL);
    take_audit_lock();
    empty_predecessors(arena);
    take_lock();
    ledger->next = all;
    all = ledger;
    release_lock();
    release_audit_lock();
    return ledger;
}

static void free_ledger(Ledger *ledger)
{
    free(ledger->objects);
    free(ledger->runs);
    free(ledger->gone);
    free(ledger->dead);
    free(ledger);
}

// Takes the ledger of the arena that ended first off the list.
static Ledger *remove_oldest_ended(void)
{
    Ledger **oldest = NULL;
    for (Ledger **link = &all; *link; link = &(*link)->next)
        if (!(*link)->arena)
            oldest = link;
    Ledger *removed = oldest ? *oldest : NULL;
    if (removed)
        *oldest = removed->next;
    return removed;
}

void arena_ledger_end(Ledger *ledger)
{
    ledger->ended = arena_stack_here(STACK_USUAL);
    take_audit_lock();
    free(ledger->objects);
    free(ledger->runs);
    ledger->objects = NULL;
    ledger->runs = NULL;
    ledger->count = 0;
    ledger->run_count = 0;
    arena_tool_release(&ended);
    take_lock();
    ledger->arena = NULL;
    Ledger *removed = ++ended > MOST_ENDED ? remove_oldest_ended() : NULL;
    if (removed)
        ended--;
    release_lock();
    release_audit_lock();
    if (removed) {
        arena_tool_acquire(&ended);
        free_ledger(removed);
    }
}

void arena_ledger_adopt(Ledger *into, Ledger *from)
{
    take_audit_lock();
    Ledger *last = from;
    while (last->adopted)
        last = last->adopted;
    last->adopted = into->adopted;
    into->adopted = from;
    from->is_adopted = true;
    release_audit_lock();
}

Ledger *arena_ledger_newest(void)
{
    return all;
}

bool arena_ledger_any(bool (*call)(Ledger *ledger, void *context), void *context)
{
    bool locked = try_lock();
    Ledger *ledger = all;
    while (ledger && !call(ledger, context))
        ledger = ledger->next;
    if (locked)
        release_lock();
    return ledger != NULL;
}

// ----- Objects -----

// Room for one more item of an array; false if there is none.
static bool grow_if_full(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    void *old;
    memcpy(&old, items, sizeof old);
    size_t larger_one = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(old, larger_one * size);
    if (!grown)
        return false;
    memcpy(items, &grown, sizeof grown);
    *capacity = larger_one;
    return true;
}

static bool continues_run(const Ledger *ledger, const Object *object)
{
    enum { MOST_APART = 1 << 16 };
    if (ledger->count == 0)
        return false;
    const Object *last = &ledger->objects[ledger->count - 1];
    return (uintptr_t)object->start - (uintptr_t)last->start < last->size + MOST_APART;
}

static bool add_object(Ledger *ledger, Object object)
{
    if (!grow_if_full(&ledger->objects, ledger->count, &ledger->capacity, sizeof object) ||
        !grow_if_full(&ledger->runs, ledger->run_count, &ledger->run_capacity, sizeof(Run))) {
        ledger->is_whole = false;
        return false;
    }
    if (!continues_run(ledger, &object))
        ledger->runs[ledger->run_count++] = (Run){ledger->count};
    ledger->objects[ledger->count++] = object;
    return true;
}

bool arena_ledger_add(Ledger *ledger, Object object)
{
    take_audit_lock();
    bool good = add_object(ledger, object);
    release_audit_lock();
    return good;
}

void arena_ledger_drop_newest(Ledger *ledger)
{
    ledger->count--;
    while (ledger->run_count > 0 && ledger->runs[ledger->run_count - 1].first >= ledger->count)
        ledger->run_count--;
}

static bool covers(const Object *object, const void *address)
{
    return (uintptr_t)address - ((uintptr_t)object->start - object->zone) <
           object->size + 2 * object->zone + (object->size == 0);
}

// The last object of the run that does not start behind the address, or the one after it, if its red
// zone covers that.
static Object *find_in_run(const Ledger *ledger, size_t first, size_t end, const void *address)
{
    size_t low = first;
    size_t high = end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)ledger->objects[middle].start <= (uintptr_t)address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > first && covers(&ledger->objects[low - 1], address))
        return &ledger->objects[low - 1];
    return low < end && covers(&ledger->objects[low], address) ? &ledger->objects[low] : NULL;
}

Object *arena_ledger_find(const Ledger *ledger, const void *address)
{
    size_t end = ledger->count;
    for (size_t i = ledger->run_count; i-- > 0; end = ledger->runs[i].first) {
        Object *found = find_in_run(ledger, ledger->runs[i].first, end, address);
        if (found)
            return found;
    }
    return NULL;
}

// ----- What is gone -----

void arena_ledger_note_gone(Ledger *ledger, const Object *object, const char *how, Stack freed)
{
    if (!ledger->gone)
        ledger->gone = malloc(GONE * sizeof *ledger->gone);
    if (!ledger->gone)
        return;
    ledger->gone[ledger->gone_count++ % GONE] =
        (Gone){object->start, object->size, object->made, freed, how};
}

const Gone *arena_ledger_find_gone(const Ledger *ledger, const void *address)
{
    size_t oldest = ledger->gone_count > GONE ? ledger->gone_count - GONE : 0;
    for (size_t i = ledger->gone_count; i-- > oldest;) {
        const Gone *gone = &ledger->gone[i % GONE];
        if ((uintptr_t)address - (uintptr_t)gone->start < larger(gone->size, 1))
            return gone;
    }
    return NULL;
}

// ----- Marks -----

// Spans are disjoint and rise. Beyond a bound the oldest half is forgotten, and such marks pass.
void arena_ledger_kill_marks(Ledger *ledger, uint64_t after, uint64_t until)
{
    while (ledger->dead_count > 0 && ledger->dead[ledger->dead_count - 1].after >= after)
        ledger->dead_count--;
    if (ledger->dead_count == MOST_DEAD) {
        ledger->dead_count /= 2;
        memmove(ledger->dead, ledger->dead + ledger->dead_count,
                ledger->dead_count * sizeof *ledger->dead);
    }
    if (until > after &&
        grow_if_full(&ledger->dead, ledger->dead_count, &ledger->dead_capacity, sizeof(Span)))
        ledger->dead[ledger->dead_count++] = (Span){after, until};
}

bool arena_ledger_mark_is_dead(const Ledger *ledger, uint64_t epoch)
{
    size_t i = ledger->dead_count;
    while (i > 0 && ledger->dead[i - 1].after >= epoch)
        i--;
    return i > 0 && epoch <= ledger->dead[i - 1].until;
}

#endif
