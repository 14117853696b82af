// The objects of an arena that is checked.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "ledger.h"
#include "lock.h"
#include "tools.h"
#include "../core/atomics.h"

#include <stdio.h>
#include <stdlib.h>

// How many objects that are gone are remembered, for each arena; spans of marks; arenas that ended.
enum { GONE = 4096, MOST_DEAD = 65536, MOST_ENDED = 256, HOMES = 4096 };

// All under the lock of ledgers.
static Veiled all; // newest first
static Ledger *first_ended;
static Ledger *last_ended;
static size_t ended;
static Veiled homes[HOMES]; // of arenas that are there, by their addresses
static uint64_t gone_so_far;

// ----- The lock -----

static atomic_flag ledgers_lock = ATOMIC_FLAG_INIT;

static bool get_ledgers(void)
{
    return !atomic_flag_test_and_set_explicit(&ledgers_lock, memory_order_acquire);
}

void arena_ledgers_take(void)
{
    for (int times = 1; !get_ledgers(); times += times <= 100)
        wait_for_lock(times);
    arena_tool_ignore_begin();
}

bool arena_ledgers_try(void)
{
    enum { PATIENCE = 1 << 16 };
    bool good = get_ledgers();
    for (int times = 0; !good && times < PATIENCE; times++) {
        wait_for_lock(times);
        good = get_ledgers();
    }
    if (good)
        arena_tool_ignore_begin();
    return good;
}

void arena_ledgers_release(void)
{
    arena_tool_ignore_end();
    atomic_flag_clear_explicit(&ledgers_lock, memory_order_release);
}

// ----- Ledgers -----

static Veiled *home_of(const void *arena)
{
    uint64_t hash = (uintptr_t)arena * 0x9e3779b97f4a7c15u;
    return &homes[hash >> 32 & (HOMES - 1)];
}

static void leave_home(Ledger *ledger)
{
    Veiled *link = home_of(ledger->arena);
    while (unveil(*link) != ledger)
        link = &unveil(*link)->next_at_home;
    *link = ledger->next_at_home;
    ledger->arena = NULL;
}

static void put_on_list(Ledger *ledger)
{
    ledger->next = all;
    if (unveil(all))
        unveil(all)->previous = veil(ledger);
    all = veil(ledger);
}

static void take_off_list(Ledger *ledger)
{
    Ledger *previous = unveil(ledger->previous);
    Ledger *next = unveil(ledger->next);
    if (previous)
        previous->next = ledger->next;
    else
        all = ledger->next;
    if (next)
        next->previous = ledger->previous;
}

static void free_ledger(Ledger *ledger)
{
    free(ledger->objects);
    free(ledger->runs);
    free(ledger->gone);
    free(ledger->dead);
    free(ledger->extents);
    free(ledger);
}

// The one of the arena that ended first, if there are too many of these.
static Ledger *remove_oldest_ended(void)
{
    if (ended <= MOST_ENDED)
        return NULL;
    Ledger *oldest = first_ended;
    first_ended = oldest->next_ended;
    ended--;
    take_off_list(oldest);
    return oldest;
}

// What the arena has had is gone; the ledger goes to the end of those that have ended. Returns one that is
// to be freed, or NULL.
static Ledger *end_ledger_at_home(Ledger *ledger)
{
    leave_home(ledger);
    free(ledger->objects);
    free(ledger->runs);
    ledger->objects = NULL;
    ledger->runs = NULL;
    ledger->count = ledger->run_count = ledger->extent_count = 0;
    if (ended++ == 0)
        first_ended = ledger;
    else
        last_ended->next_ended = ledger;
    last_ended = ledger;
    return remove_oldest_ended();
}

// An arena in the caller's buffer need not be destroyed: when there is another one in its place, it is
// gone.
static Ledger *end_predecessor(const Arena *arena)
{
    Ledger *ledger = unveil(*home_of(arena));
    while (ledger && ledger->arena != arena)
        ledger = unveil(ledger->next_at_home);
    return ledger ? end_ledger_at_home(ledger) : NULL;
}

Ledger *arena_ledger_begin(const Arena *arena)
{
    Ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->arena = arena;
    ledger->was = arena;
    ledger->is_lent = arena_is_buffer(&arena->source) || !arena->blocks->memory;
    snprintf(ledger->name, sizeof ledger->name, "%s", arena->name ? arena->name : "");
    ledger->made = arena_stack_here(STACK_USUAL);
    arena_ledgers_take();
    Ledger *removed = end_predecessor(arena);
    ledger->next_at_home = *home_of(arena);
    *home_of(arena) = veil(ledger);
    put_on_list(ledger);
    arena_ledgers_release();
    if (removed)
        free_ledger(removed);
    return ledger;
}

void arena_ledger_end(Ledger *ledger)
{
    Stack here = arena_stack_here(STACK_USUAL);
    arena_tool_release(&ended);
    arena_ledgers_take();
    ledger->ended = here;
    Ledger *removed = end_ledger_at_home(ledger);
    arena_ledgers_release();
    if (removed) {
        arena_tool_acquire(&ended);
        free_ledger(removed);
    }
}

void arena_ledger_adopt(Ledger *into, Ledger *from)
{
    arena_ledgers_take();
    Ledger *last = from;
    while (last->adopted)
        last = last->adopted;
    last->adopted = into->adopted;
    into->adopted = from;
    from->is_adopted = true;
    arena_ledgers_release();
}

Ledger *arena_ledger_newest(void)
{
    return unveil(all);
}

bool arena_ledger_any(bool (*call)(Ledger *ledger, void *context), void *context)
{
    bool locked = arena_ledgers_try();
    Ledger *ledger = locked ? unveil(all) : NULL;
    while (ledger && !call(ledger, context))
        ledger = unveil(ledger->next);
    if (locked)
        arena_ledgers_release();
    return ledger != NULL;
}

// ----- Where objects may be -----

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

void arena_ledger_add_extent(Ledger *ledger, unsigned char *start, size_t size)
{
    arena_ledgers_take();
    if (grow_if_full(&ledger->extents, ledger->extent_count, &ledger->extent_capacity,
                     sizeof(Extent)))
        ledger->extents[ledger->extent_count++] = (Extent){start, size};
    arena_ledgers_release();
}

void arena_ledger_remove_extent(Ledger *ledger, const unsigned char *start, size_t size)
{
    arena_ledgers_take();
    for (size_t i = ledger->extent_count; i-- > 0;)
        if ((uintptr_t)ledger->extents[i].start - (uintptr_t)start < size)
            ledger->extents[i] = ledger->extents[--ledger->extent_count];
    arena_ledgers_release();
}

// ----- Objects -----

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
    arena_ledgers_take();
    bool good = add_object(ledger, object);
    arena_ledgers_release();
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
        (Gone){object->start, object->size, object->made, freed, how, ++gone_so_far};
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
