// From events to operations, in three readings: which places are resized; what is done; and which
// slots that takes. Between the last two, a slot is the number of the last operation that uses it.

#include "operations.h"

#include "lives.h"
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is known while events become operations.
typedef struct Making {
    Operations *made;
    Places places;
    Lives lives;
    uint32_t *pending;      // by arena: the ALLOC that was its latest event, or NO_OPERATION
    uint64_t *latest_place; // by arena: where the object of its latest event is
    uint32_t arena;         // of the operations that come now
    uint64_t total;         // bytes that all arenas have
} Making;

static uint64_t rounded(uint64_t size)
{
    return (size + 7) & ~(uint64_t)7;
}

static uint8_t log_of(uint64_t align)
{
    uint8_t log = 0;
    while (align > 1) {
        align >>= 1;
        log++;
    }
    return log;
}

// ----- The list -----

static bool add(Operations *made, Operation operation)
{
    if (made->count == made->room) {
        if (made->room >= NO_OPERATION / 2)
            return false;
        uint32_t room = made->room ? 2 * made->room : 1024;
        Operation *items = realloc(made->items, room * sizeof *items);
        if (!items)
            return false;
        made->items = items;
        made->room = room;
    }
    made->items[made->count++] = operation;
    return true;
}

static bool add_for(Making *making, uint32_t arena, Operation operation)
{
    if (making->arena != arena && !add(making->made, (Operation){.kind = OP_ARENA, .slot = arena}))
        return false;
    making->arena = arena;
    return add(making->made, operation);
}

static uint32_t latest(const Making *making)
{
    return making->made->count - 1;
}

// ----- Groups -----

// More names than anybody reads are one group for each kind of source.
enum { MOST_GROUPS = 200 };
static const char other_names[] = "(other names)";

static Group *find_group(const Operations *made, TraceSource source, const char *name)
{
    for (uint32_t i = 0; i < made->group_count; i++)
        if (made->groups[i].source == source && strcmp(made->groups[i].name, name) == 0)
            return &made->groups[i];
    return NULL;
}

// The group of an arena, which is new if no arena before was of that name and kind.
static Group *group_for(Operations *made, const Event *event)
{
    const char *name = event->name;
    Group *group = find_group(made, event->source, name);
    if (!group && made->group_count >= MOST_GROUPS) {
        name = other_names;
        group = find_group(made, event->source, name);
    }
    if (group)
        return group;
    Group *groups = realloc(made->groups, (made->group_count + 1) * sizeof *groups);
    if (!groups)
        return NULL;
    made->groups = groups;
    group = &groups[made->group_count++];
    *group = (Group){.name = name, .source = event->source, .capacity = event->size};
    return group;
}

static Group *group_of(const Making *making, uint32_t arena)
{
    return &making->made->groups[making->made->group_of[arena]];
}

// ----- Bytes -----

static void note_bytes(Making *making, uint32_t arena, uint64_t more)
{
    ArenaLife *life = &making->lives.items[arena];
    life->own += more;
    making->total += more;
    if (life->own + life->adopted > life->peak)
        life->peak = life->own + life->adopted;
    Group *group = group_of(making, arena);
    if (life->peak > group->peak)
        group->peak = life->peak;
    if (making->total > making->made->peak) {
        making->made->peak = making->total;
        making->made->peak_at = latest(making);
    }
}

static uint64_t bytes_of(const ArenaLife *life)
{
    return life->own + life->adopted;
}

// ----- Events -----

// What an object at a place is known by later, if anybody asks.
static void place_object(Making *making, const Event *event, uint32_t arena, uint32_t operation)
{
    Place *place = places_find(&making->places, event->place, event->size);
    if (!place)
        return;
    place->operation = operation;
    place->arena = arena;
}

static bool make_create(Making *making, const Event *event)
{
    Group *group = group_for(making->made, event);
    if (!group)
        return false;
    group->arenas++;
    making->made->group_of[event->arena] = (uint32_t)(group - making->made->groups);
    making->arena = event->arena;
    if (event->largest != 0 &&
        !add(making->made, (Operation){.kind = OP_LARGEST, .size = event->largest}))
        return false;
    return add(making->made,
               (Operation){.kind = OP_CREATE, .slot = event->arena, .size = event->size});
}

static bool make_alloc(Making *making, const Event *event)
{
    Operation alloc = {OP_ALLOC, log_of(event->align), NO_SLOT, event->size};
    if (!add_for(making, event->arena, alloc))
        return false;
    Group *group = group_of(making, event->arena);
    group->allocations++;
    group->bytes += event->size;
    making->pending[event->arena] = latest(making);
    making->latest_place[event->arena] = event->place;
    place_object(making, event, event->arena, latest(making));
    note_bytes(making, event->arena, rounded(event->size));
    return true;
}

// The object that is resized, if it is there. In place it grows only in the arena that has it.
static Place *find_old(Making *making, const Event *event, bool is_copied)
{
    Place *old = places_find(&making->places, event->old_place, event->old_size);
    if (!old || old->operation == NO_OPERATION ||
        life_is_over(&making->lives, old->arena, old->operation))
        return NULL;
    if (is_copied)
        return event->size >= event->old_size ? old : NULL;
    return event->size < event->old_size || old->arena == event->arena ? old : NULL;
}

// Takes the ALLOC back that belongs to the growth of an object; what it was aligned to.
static uint8_t take_back_alloc(Making *making, uint32_t alloc)
{
    Operation *operation = &making->made->items[alloc];
    operation->kind = OP_NOTHING;
    if (alloc == latest(making))
        making->made->count--;
    return operation->log_align;
}

static bool add_resize(Making *making, const Event *event, uint32_t old, Operation resize)
{
    if (!add_for(making, event->arena, (Operation){.kind = OP_OLD, .slot = old}))
        return false;
    if (old != NO_SLOT)
        making->made->items[old].slot = latest(making);
    return add(making->made, resize);
}

// Where no mark has seen it, the old object may be gone: a large one grows without a copy.
static void forget_old(const Making *making, Place *old)
{
    if (making->lives.items[old->arena].latest_mark <= old->operation)
        old->operation = NO_OPERATION;
}

// Whether a shrink gives memory back: of the newest object only, and not below the latest mark.
static bool is_newest(const Making *making, const Event *event, const Place *old)
{
    return old->arena == event->arena && making->latest_place[event->arena] == event->old_place &&
           making->lives.items[event->arena].latest_mark <= old->operation;
}

static bool make_known_resize(Making *making, const Event *event, Place *old, uint32_t pending)
{
    bool gives_back = is_newest(making, event, old);
    const Operation *made_by = &making->made->items[old->operation];
    Operation resize = {OP_EXTEND, made_by->log_align, NO_SLOT, event->size};
    uint32_t arena = old->arena;
    if (pending != NO_OPERATION) {
        resize.kind = OP_GROW;
        resize.log_align = take_back_alloc(making, pending);
        arena = event->arena;
    } else if (event->size < event->old_size) {
        resize.kind = OP_SHRINK;
    }
    if (!add_resize(making, event, old->operation, resize))
        return false;
    forget_old(making, old);
    place_object(making, event, arena, latest(making));
    if (resize.kind == OP_EXTEND || (resize.kind == OP_SHRINK && gives_back))
        note_bytes(making, event->arena, rounded(event->size) - rounded(event->old_size));
    return true;
}

// Of an object that is not known, and was copied, only the ALLOC is replayed.
static bool make_unknown_resize(Making *making, const Event *event, uint32_t pending)
{
    uint32_t object = pending;
    making->made->unknown++;
    if (pending != NO_OPERATION) {
        if (!add_for(making, event->arena, (Operation){.kind = OP_UNKNOWN}))
            return false;
    } else {
        Operation grow = {OP_GROW, 4, NO_SLOT, event->size};
        if (!add_resize(making, event, NO_SLOT, grow))
            return false;
        object = latest(making);
        note_bytes(making, event->arena, rounded(event->size));
    }
    place_object(making, event, event->arena, object);
    return true;
}

// The ALLOC that the event says was the copy; NO_OPERATION if there was none.
static uint32_t copy_for(const Making *making, const Event *event)
{
    uint32_t pending = making->pending[event->arena];
    bool is_copy = pending != NO_OPERATION && event->old_place != event->place &&
                   making->latest_place[event->arena] == event->place &&
                   making->made->items[pending].size == event->size;
    return is_copy ? pending : NO_OPERATION;
}

static bool make_resize(Making *making, const Event *event)
{
    uint32_t pending = copy_for(making, event);
    making->pending[event->arena] = NO_OPERATION;
    group_of(making, event->arena)->resizes++;
    Place *old = find_old(making, event, pending != NO_OPERATION);
    bool good = old ? make_known_resize(making, event, old, pending)
                    : make_unknown_resize(making, event, pending);
    making->latest_place[event->arena] = event->place;
    return good;
}

static bool make_mark(Making *making, const Event *event)
{
    ArenaLife *life = &making->lives.items[event->arena];
    uint64_t count = event->count < MOST_MARKS ? event->count : MOST_MARKS;
    making->pending[event->arena] = NO_OPERATION;
    Operation mark = {.kind = OP_MARK, .slot = NO_SLOT, .size = count};
    return add_for(making, event->arena, mark) &&
           life_mark(life, (LivingMarks){.epoch = event->epoch,
                                         .count = event->count,
                                         .own = life->own,
                                         .operation = latest(making)});
}

static bool make_rewind(Making *making, const Event *event)
{
    ArenaLife *life = &making->lives.items[event->arena];
    const LivingMarks *marks = life_find(life, event->epoch);
    uint64_t younger = marks->count - 1 - (event->epoch - marks->epoch);
    making->pending[event->arena] = NO_OPERATION;
    Operation rewind = {.kind = OP_REWIND, .slot = marks->operation, .size = younger};
    if (!add_for(making, event->arena, rewind))
        return false;
    making->made->items[marks->operation].slot = latest(making);
    group_of(making, event->arena)->rewinds++;
    uint64_t before = bytes_of(life);
    if (!life_rewind(life, marks, latest(making)))
        return false;
    making->total -= before - bytes_of(life);
    return true;
}

static bool make_reset(Making *making, const Event *event)
{
    ArenaLife *life = &making->lives.items[event->arena];
    making->pending[event->arena] = NO_OPERATION;
    if (!add_for(making, event->arena, (Operation){.kind = OP_RESET}))
        return false;
    group_of(making, event->arena)->resets++;
    making->total -= bytes_of(life);
    life_reset(life, latest(making));
    return true;
}

static bool make_adopt(Making *making, const Event *event)
{
    making->pending[event->arena] = NO_OPERATION;
    if (!add_for(making, event->arena, (Operation){.kind = OP_ADOPT, .slot = event->other}))
        return false;
    life_adopt(&making->lives, event->arena, event->other, latest(making));
    note_bytes(making, event->arena, 0);
    return true;
}

static bool make_destroy(Making *making, const Event *event)
{
    ArenaLife *life = &making->lives.items[event->arena];
    if (!add_for(making, event->arena, (Operation){.kind = OP_DESTROY}))
        return false;
    making->total -= bytes_of(life);
    life_end(life);
    return true;
}

// Events without a function change nothing here.
static bool (*const makers[TRACE_EVENTS])(Making *making, const Event *event) = {
    [TRACE_CREATE] = make_create, [TRACE_ALLOC] = make_alloc,     [TRACE_RESIZE] = make_resize,
    [TRACE_MARK] = make_mark,     [TRACE_REWIND] = make_rewind,   [TRACE_RESET] = make_reset,
    [TRACE_ADOPT] = make_adopt,   [TRACE_DESTROY] = make_destroy,
};

// ----- The readings -----

static bool read_places(Making *making, Trace *trace)
{
    Event event;
    trace_rewind(trace);
    while (trace_next(trace, &event))
        if (event.kind == TRACE_RESIZE &&
            !places_add(&making->places, event.old_place, event.old_size))
            return false;
    return true;
}

static bool make_operations(Making *making, Trace *trace)
{
    Event event;
    trace_rewind(trace);
    while (trace_next(trace, &event))
        if (makers[event.kind] && !makers[event.kind](making, &event))
            return false;
    return true;
}

// ----- Slots -----

// Those that are free, for objects or for marks.
typedef struct FreeSlots {
    uint32_t *items;
    uint32_t count;
    uint32_t room;
    uint32_t made; // slots in all
} FreeSlots;

static uint32_t take_slot(FreeSlots *slots)
{
    return slots->count > 0 ? slots->items[--slots->count] : slots->made++;
}

static bool give_slot_back(FreeSlots *slots, uint32_t slot)
{
    if (slots->count == slots->room) {
        uint32_t room = slots->room ? 2 * slots->room : 64;
        uint32_t *items = realloc(slots->items, room * sizeof *items);
        if (!items)
            return false;
        slots->items = items;
        slots->room = room;
    }
    slots->items[slots->count++] = slot;
    return true;
}

// The last one to use a slot is known by having been told so: its size, or its alignment, is free
// for that.
enum { IS_LAST = 0x80 };

static bool use_slot(Operation *operations, Operation *user, FreeSlots *slots)
{
    bool is_last = user->log_align & IS_LAST;
    user->log_align &= (uint8_t)~IS_LAST;
    if (user->slot == NO_SLOT)
        return true;
    user->slot = operations[user->slot].slot;
    return !is_last || give_slot_back(slots, user->slot);
}

static void define_slot(Operation *operations, Operation *operation, FreeSlots *slots)
{
    if (operation->slot == NO_SLOT)
        return;
    operations[operation->slot].log_align |= IS_LAST;
    operation->slot = take_slot(slots);
}

static bool give_slot(Operation *items, Operation *operation, FreeSlots *objects, FreeSlots *marks)
{
    switch (operation->kind) {
    case OP_ALLOC:
    case OP_GROW:
    case OP_EXTEND:
    case OP_SHRINK: define_slot(items, operation, objects); return true;
    case OP_MARK: define_slot(items, operation, marks); return true;
    case OP_OLD: return use_slot(items, operation, objects);
    case OP_REWIND: return use_slot(items, operation, marks);
    default: return true;
    }
}

static bool give_slots(Operations *made)
{
    FreeSlots objects = {0};
    FreeSlots marks = {0};
    bool good = true;
    for (uint32_t i = 0; good && i < made->count; i++)
        good = give_slot(made->items, &made->items[i], &objects, &marks);
    free(objects.items);
    free(marks.items);
    made->objects = objects.made;
    made->marks = marks.made;
    return good;
}

// ----- All of it -----

static bool begin_making(Making *making, const Trace *trace)
{
    size_t arenas = trace_arenas(trace);
    Operations *made = making->made;
    made->arenas = (uint32_t)arenas;
    made->group_of = calloc(arenas + 1, sizeof *made->group_of);
    making->pending = calloc(arenas + 1, sizeof *making->pending);
    making->latest_place = calloc(arenas + 1, sizeof *making->latest_place);
    if (!made->group_of || !making->pending || !making->latest_place ||
        !lives_begin(&making->lives, arenas))
        return false;
    memset(making->pending, 0xff, (arenas + 1) * sizeof *making->pending);
    return true;
}

bool operations_read(Operations *operations, Trace *trace, const char *path)
{
    *operations = (Operations){0};
    Making making = {.made = operations, .arena = NOBODY};
    bool good = begin_making(&making, trace) && read_places(&making, trace) &&
                make_operations(&making, trace) && give_slots(operations);
    if (!good)
        fprintf(stderr, "arena-replay: %s: out of memory\n", path);
    places_free(&making.places);
    lives_free(&making.lives);
    free(making.pending);
    free(making.latest_place);
    return good;
}

void operations_free(Operations *operations)
{
    free(operations->items);
    free(operations->group_of);
    free(operations->groups);
    *operations = (Operations){0};
}
