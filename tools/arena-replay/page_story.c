// The two readings.

#include "page_story.h"

#include <stdlib.h>
#include <string.h>

// ----- Levels -----

static void move_level(Level *level, const Change *change)
{
    for (int i = 0; i < FIGURES; i++)
        level->now.values[i] += change->after.values[i] - change->before.values[i];
}

// Apart from moving, since what an adoption takes away from one arena it gives to another.
static void note_most(Level *level)
{
    for (int i = 0; i < FIGURES; i++)
        if (level->now.values[i] > level->most.values[i])
            level->most.values[i] = level->now.values[i];
}

// ----- Names -----

static const char other_names[] = "(other names)";

static uint32_t find_name(const Story *story, const char *text)
{
    uint32_t index = 0;
    while (index < story->name_count && strcmp(story->names[index].text, text) != 0)
        index++;
    return index;
}

static void give_name(Story *story, const Event *event)
{
    const char *text = event->name;
    uint32_t index = find_name(story, text);
    if (index >= MOST_NAMES) {
        text = other_names;
        index = MOST_NAMES;
    }
    if (index >= story->name_count) {
        story->name_count = index + 1;
        story->names[index].text = text;
    }
    story->name_of[event->arena] = index;
}

static Name *name_of(Story *story, uint32_t arena)
{
    return &story->names[story->name_of[arena]];
}

// ----- Sites -----

static Site *site_entry(const Story *story, uint32_t stack, uint32_t name)
{
    uint64_t key = (uint64_t)stack << 8 ^ name;
    size_t index = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20);
    Site *site = &story->sites[index & (story->site_room - 1)];
    while (site->count > 0 && (site->stack != stack || site->name != name))
        site = &story->sites[++index & (story->site_room - 1)];
    return site;
}

static bool enlarge_sites(Story *story)
{
    Story old = {.sites = story->sites, .site_room = story->site_room};
    size_t room = old.site_room ? 2 * old.site_room : 1024;
    story->sites = calloc(room, sizeof *story->sites);
    if (!story->sites) {
        story->sites = old.sites;
        return false;
    }
    story->site_room = room;
    for (size_t i = 0; i < old.site_room; i++)
        if (old.sites[i].count > 0)
            *site_entry(story, old.sites[i].stack, old.sites[i].name) = old.sites[i];
    free(old.sites);
    return true;
}

static bool count_site(Story *story, const Event *event)
{
    if (2 * story->site_count >= story->site_room && !enlarge_sites(story))
        return false;
    uint32_t name = story->name_of[event->arena];
    Site *site = site_entry(story, event->stack, name);
    if (site->count == 0) {
        *site = (Site){.stack = event->stack, .name = name};
        story->site_count++;
    }
    site->count++;
    site->bytes += event->size;
    return true;
}

static int by_bytes(const void *left, const void *right)
{
    const Site *one = left;
    const Site *other = right;
    if (one->bytes != other->bytes)
        return one->bytes < other->bytes ? 1 : -1;
    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    if (one->stack != other->stack)
        return one->stack > other->stack ? 1 : -1;
    return one->name > other->name ? 1 : one->name < other->name ? -1 : 0;
}

// The table becomes a list; entries that are free have no bytes, and no count.
static void sort_sites(Story *story)
{
    if (story->site_room > 0)
        qsort(story->sites, story->site_room, sizeof *story->sites, by_bytes);
}

// ----- The first reading -----

static size_t size_class(uint64_t size)
{
    size_t bits = 0;
    for (; size > 0; size >>= 1)
        bits++;
    return bits < SIZE_CLASSES ? bits : SIZE_CLASSES - 1;
}

static bool count_alloc(Story *story, const Event *event)
{
    Name *name = name_of(story, event->arena);
    SizeClass *class = &name->sizes[size_class(event->size)];
    story->allocations++;
    story->bytes += event->size;
    name->allocations++;
    name->bytes += event->size;
    class->count++;
    class->bytes += event->size;
    return count_site(story, event);
}

static void count_create(Story *story, const Event *event)
{
    Name *name = name_of(story, event->arena);
    name->arenas++;
    name->sources |= 1u << event->source;
    name->blocks++;
}

// What an arena is, and what it does; other events change nothing here.
static bool count_event(Story *story, const Event *event)
{
    switch (event->kind) {
    case TRACE_CREATE: count_create(story, event); return true;
    case TRACE_ALLOC: return count_alloc(story, event);
    case TRACE_RESIZE: name_of(story, event->arena)->resizes++; return true;
    case TRACE_REWIND: name_of(story, event->arena)->rewinds++; return true;
    case TRACE_RESET: name_of(story, event->arena)->resets++; return true;
    case TRACE_ADOPT: name_of(story, event->other)->adopted++; return true;
    case TRACE_RELEASED: name_of(story, event->arena)->released += event->size; return true;
    default: return true;
    }
}

// Blocks come one by one, except with an arena that is adopted; and what was one may turn out to be a
// large object.
static void count_blocks(Story *story, const Event *event, const Flow *flow)
{
    Name *name = name_of(story, event->arena);
    const Change *change = &flow->changes[0];
    name->acquired += flow->acquired;
    if (flow->acquired > name->largest)
        name->largest = flow->acquired;
    if (event->kind == TRACE_ACQUIRED)
        name->blocks += change->after.values[FIGURE_BLOCKS] - change->before.values[FIGURE_BLOCKS];
    if (event->kind == TRACE_ALLOC)
        name->large += change->after.values[FIGURE_LARGE] - change->before.values[FIGURE_LARGE];
}

static void count_changes(Story *story, const Event *event, const Flow *flow)
{
    for (size_t i = 0; i < flow->change_count; i++) {
        move_level(&name_of(story, flow->changes[i].arena)->level, &flow->changes[i]);
        move_level(&story->level, &flow->changes[i]);
    }
    for (size_t i = 0; i < flow->change_count; i++)
        note_most(&name_of(story, flow->changes[i].arena)->level);
    note_most(&story->level);
    if (flow->change_count > 0)
        count_blocks(story, event, flow);
}

static bool read_sums(Story *story, Trace *trace, Flow *flow)
{
    Event event;
    trace_rewind(trace);
    while (trace_next(trace, &event)) {
        if (event.kind == TRACE_CREATE)
            give_name(story, &event);
        if (!flow_event(flow, &event) || !count_event(story, &event))
            return false;
        count_changes(story, &event, flow);
        story->events = event.number + 1;
        story->micros = event.time;
        if (event.thread >= story->threads)
            story->threads = (uint64_t)event.thread + 1;
    }
    sort_sites(story);
    return true;
}

// ----- Which names have a line of their own -----

static uint64_t weight(const Name *name)
{
    return name->level.most.values[FIGURE_RESERVED];
}

// The heaviest name that has no line yet; MOST_NAMES + 1 if all have one.
static uint32_t heaviest_name(const Story *story)
{
    uint32_t best = MOST_NAMES + 1;
    for (uint32_t i = 0; i < story->name_count; i++) {
        const Name *name = &story->names[i];
        bool is_free = name->line == HISTORY_OTHERS && name->text != other_names;
        if (is_free && (best > MOST_NAMES || weight(name) > weight(&story->names[best])))
            best = i;
    }
    return best;
}

// The heaviest names, and one line for all the others.
static void choose_lines(Story *story)
{
    for (uint32_t i = 0; i < story->name_count; i++)
        story->names[i].line = HISTORY_OTHERS;
    for (uint32_t line = HISTORY_FIRST; line < HISTORY_OTHERS; line++) {
        uint32_t name = heaviest_name(story);
        if (name > MOST_NAMES)
            break;
        story->names[name].line = line;
    }
    for (uint32_t i = 0; i < story->name_count; i++) {
        History *history = &story->histories[story->names[i].line];
        history->name = i;
        history->names++;
    }
    story->histories[HISTORY_ALL].names = story->name_count;
    story->pieces = pieces_of(story->events, story->micros);
}

// ----- The second reading -----

static void find_least_fall(History *history)
{
    history->least_fall = 0;
    for (size_t i = 1; i < history->fall_count; i++)
        if (history->falls[i].bytes < history->falls[history->least_fall].bytes)
            history->least_fall = i;
}

// The least deep makes room. They come in order, and stay so.
static void note_fall(History *history, Fall fall)
{
    if (history->fall_count == MOST_FALLS) {
        Fall *least = &history->falls[history->least_fall];
        if (fall.bytes <= least->bytes)
            return;
        memmove(least, least + 1,
                (size_t)(history->falls + MOST_FALLS - least - 1) * sizeof *least);
        history->fall_count--;
    }
    history->falls[history->fall_count++] = fall;
    find_least_fall(history);
}

static void look_for_fall(History *history, const Event *event, const Change *change)
{
    bool takes_back =
        event->kind == TRACE_REWIND || event->kind == TRACE_RESET || event->kind == TRACE_DESTROY;
    uint64_t before = change->before.values[FIGURE_USED];
    uint64_t after = change->after.values[FIGURE_USED];
    if (takes_back && before > after)
        note_fall(history, (Fall){event->number, event->time, before - after, event->kind});
}

static bool draw_points(History *history, const Pieces *pieces, const Event *event)
{
    note_most(&history->level);
    for (int i = 0; i < FIGURES; i++) {
        Point point = {event->number, event->time, history->level.now.values[i]};
        if (!line_add(&history->lines[i], pieces, point))
            return false;
    }
    return true;
}

static bool draw_event(Story *story, const Event *event, const Flow *flow)
{
    History *all = &story->histories[HISTORY_ALL];
    History *touched[2] = {all, all};
    for (size_t i = 0; i < flow->change_count; i++) {
        const Change *change = &flow->changes[i];
        touched[i] = &story->histories[name_of(story, change->arena)->line];
        move_level(&all->level, change);
        move_level(&touched[i]->level, change);
        look_for_fall(all, event, change);
        look_for_fall(touched[i], event, change);
    }
    bool good = flow->change_count == 0 || draw_points(all, &story->pieces, event);
    for (size_t i = 0; good && i < flow->change_count; i++)
        good = draw_points(touched[i], &story->pieces, event);
    return good;
}

static bool end_lines(Story *story)
{
    for (int i = 0; i < HISTORIES; i++)
        for (int k = 0; k < FIGURES; k++)
            if (!line_end(&story->histories[i].lines[k]))
                return false;
    return true;
}

static bool read_lines(Story *story, Trace *trace, Flow *flow)
{
    Event event;
    choose_lines(story);
    trace_rewind(trace);
    while (trace_next(trace, &event))
        if (!flow_event(flow, &event) || !draw_event(story, &event, flow))
            return false;
    return end_lines(story);
}

// ----- Both -----

static bool read_with_flow(Story *story, Trace *trace,
                           bool (*read)(Story *story, Trace *trace, Flow *flow))
{
    Flow flow;
    bool good = flow_begin(&flow, trace_arenas(trace)) && read(story, trace, &flow);
    flow_free(&flow);
    return good;
}

Story *story_read(Trace *trace)
{
    Story *story = calloc(1, sizeof *story);
    if (!story)
        return NULL;
    story->name_of = calloc(trace_arenas(trace) + 1, sizeof *story->name_of);
    if (story->name_of && read_with_flow(story, trace, read_sums) &&
        read_with_flow(story, trace, read_lines))
        return story;
    story_free(story);
    return NULL;
}

void story_free(Story *story)
{
    if (!story)
        return;
    for (int i = 0; i < HISTORIES; i++)
        for (int k = 0; k < FIGURES; k++)
            line_free(&story->histories[i].lines[k]);
    free(story->name_of);
    free(story->sites);
    free(story);
}
