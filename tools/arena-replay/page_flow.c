// What events do to arenas.

#include "page_flow.h"

#include <stdlib.h>
#include <string.h>

static uint64_t in_granules(uint64_t size)
{
    return (size + 7) & ~(uint64_t)7;
}

static uint64_t less(uint64_t value, uint64_t by)
{
    return value > by ? value - by : 0;
}

bool flow_begin(Flow *flow, size_t arenas)
{
    *flow = (Flow){.holdings = calloc(arenas + 1, sizeof *flow->holdings)};
    return flow->holdings && lives_begin(&flow->lives, arenas);
}

void flow_free(Flow *flow)
{
    for (size_t i = 0; flow->holdings && i < flow->lives.count; i++)
        free(flow->holdings[i].large);
    free(flow->holdings);
    lives_free(&flow->lives);
    *flow = (Flow){0};
}

static Figures figures_of(const Flow *flow, uint32_t arena)
{
    const ArenaLife *life = &flow->lives.items[arena];
    const Holding *holding = &flow->holdings[arena];
    uint64_t used = life->own + life->adopted;
    uint64_t reserved = holding->reserved > used ? holding->reserved : used;
    return (Figures){{used, reserved, holding->blocks, holding->large_count}};
}

// ----- Large objects -----

static bool push_large(Holding *holding, uint64_t capacity)
{
    if (holding->large_count == holding->large_room) {
        size_t room = holding->large_room ? 2 * holding->large_room : 8;
        uint64_t *large = realloc(holding->large, room * sizeof *large);
        if (!large)
            return false;
        holding->large = large;
        holding->large_room = room;
    }
    holding->large[holding->large_count++] = capacity;
    return true;
}

// They are given back newest first, so that it is enough to look at some; false if none is so large.
static bool drop_large(Holding *holding, uint64_t capacity)
{
    enum { SOME = 64 };
    size_t stop = holding->large_count > SOME ? holding->large_count - SOME : 0;
    for (size_t i = holding->large_count; i-- > stop;) {
        if (holding->large[i] != capacity)
            continue;
        holding->large_count--;
        memmove(holding->large + i, holding->large + i + 1,
                (holding->large_count - i) * sizeof *holding->large);
        return true;
    }
    return false;
}

// ----- Objects -----

// What was just acquired and has no room for anything else was acquired for this object.
static bool settle_acquired(Holding *holding, const Event *event)
{
    enum { SLACK = 64 };
    uint64_t capacity = holding->acquired;
    holding->acquired = 0;
    if (capacity < event->size || capacity - event->size > event->align + SLACK)
        return true;
    holding->blocks = less(holding->blocks, 1);
    return push_large(holding, capacity);
}

static void note_newest(Holding *holding, const Event *event)
{
    holding->place = event->place;
    holding->size = event->size;
    holding->has_newest = true;
}

static bool do_alloc(Flow *flow, const Event *event)
{
    Holding *holding = &flow->holdings[event->arena];
    flow->lives.items[event->arena].own += in_granules(event->size);
    note_newest(holding, event);
    holding->is_copy = true;
    return holding->acquired == 0 || settle_acquired(holding, event);
}

// A copy has been counted as it was allocated. Memory is given back by the newest object only.
static bool do_resize(Flow *flow, const Event *event)
{
    Holding *holding = &flow->holdings[event->arena];
    ArenaLife *life = &flow->lives.items[event->arena];
    bool was_newest = holding->has_newest && holding->place == event->old_place;
    bool was_copied = holding->is_copy && event->place != event->old_place &&
                      holding->place == event->place && holding->size == event->size;
    if (!was_copied && event->size >= event->old_size)
        life->own += in_granules(event->size) - in_granules(event->old_size);
    else if (!was_copied && was_newest)
        life->own = less(life->own, in_granules(event->old_size) - in_granules(event->size));
    if (was_newest || event->size >= event->old_size)
        note_newest(holding, event);
    return true;
}

// ----- Marks, and what goes back to them -----

static bool do_mark(Flow *flow, const Event *event)
{
    ArenaLife *life = &flow->lives.items[event->arena];
    flow->holdings[event->arena].has_newest = false;
    return life_mark(life, (LivingMarks){event->epoch, event->count, life->own, 0});
}

static bool do_rewind(Flow *flow, const Event *event)
{
    ArenaLife *life = &flow->lives.items[event->arena];
    flow->holdings[event->arena].has_newest = false;
    return life_rewind(life, life_find(life, event->epoch), 0);
}

static bool do_reset(Flow *flow, const Event *event)
{
    flow->holdings[event->arena].has_newest = false;
    life_reset(&flow->lives.items[event->arena], 0);
    return true;
}

// ----- Blocks -----

static bool do_create(Flow *flow, const Event *event)
{
    flow->holdings[event->arena] =
        (Holding){.source = event->source, .reserved = event->size, .blocks = 1, .is_new = true};
    flow->acquired = event->size;
    return true;
}

// A region has one block, which grows and shrinks. Who watches an arena from its beginning is told at
// once of its first block, which is known already.
static bool do_acquired(Flow *flow, const Event *event)
{
    Holding *holding = &flow->holdings[event->arena];
    if (holding->is_new && event->size <= holding->reserved)
        return true;
    flow->acquired = event->size;
    holding->reserved += event->size;
    if (holding->source == TRACE_REGION)
        return true;
    holding->blocks++;
    holding->acquired = event->size;
    return true;
}

static bool do_released(Flow *flow, const Event *event)
{
    Holding *holding = &flow->holdings[event->arena];
    holding->reserved = less(holding->reserved, event->size);
    if (holding->source != TRACE_REGION && !drop_large(holding, event->size))
        holding->blocks = less(holding->blocks, 1);
    return true;
}

static void drop_holding(Holding *holding)
{
    free(holding->large);
    *holding = (Holding){.source = holding->source};
}

static bool do_adopt(Flow *flow, const Event *event)
{
    Holding *into = &flow->holdings[event->arena];
    Holding *from = &flow->holdings[event->other];
    into->reserved += from->reserved;
    into->blocks += from->blocks;
    for (size_t i = 0; i < from->large_count; i++)
        if (!push_large(into, from->large[i]))
            return false;
    drop_holding(from);
    life_adopt(&flow->lives, event->arena, event->other, 0);
    return true;
}

static bool do_destroy(Flow *flow, const Event *event)
{
    drop_holding(&flow->holdings[event->arena]);
    life_end(&flow->lives.items[event->arena]);
    return true;
}

// ----- Events -----

static bool (*const doers[TRACE_EVENTS])(Flow *flow, const Event *event) = {
    [TRACE_CREATE] = do_create,     [TRACE_ALLOC] = do_alloc,     [TRACE_RESIZE] = do_resize,
    [TRACE_MARK] = do_mark,         [TRACE_REWIND] = do_rewind,   [TRACE_RESET] = do_reset,
    [TRACE_ADOPT] = do_adopt,       [TRACE_DESTROY] = do_destroy, [TRACE_ACQUIRED] = do_acquired,
    [TRACE_RELEASED] = do_released,
};

static void begin_change(Flow *flow, uint32_t arena)
{
    flow->changes[flow->change_count++] =
        (Change){.arena = arena, .before = figures_of(flow, arena)};
}

bool flow_event(Flow *flow, const Event *event)
{
    flow->change_count = 0;
    flow->acquired = 0;
    if (!doers[event->kind])
        return true;
    begin_change(flow, event->arena);
    if (event->kind == TRACE_ADOPT)
        begin_change(flow, event->other);
    bool good = doers[event->kind](flow, event);
    if (event->kind != TRACE_CREATE)
        flow->holdings[event->arena].is_new = false;
    if (event->kind != TRACE_ALLOC)
        flow->holdings[event->arena].is_copy = false;
    for (size_t i = 0; i < flow->change_count; i++)
        flow->changes[i].after = figures_of(flow, flow->changes[i].arena);
    return good;
}
