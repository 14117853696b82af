// Writes the page: its files, and in their midst what there is to show, as JSON. In lists of numbers that
// go on, each number but the first is a difference from the one before.

#include "page.h"

#include "page_files.h"
#include "page_json.h"
#include "page_story.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Of names, bytes; of stacks, frames.
enum { MOST_NAME = 400, MOST_FRAMES = 48 };

static const char *const figure_keys[FIGURES] = {
    [FIGURE_USED] = "used",
    [FIGURE_RESERVED] = "reserved",
    [FIGURE_BLOCKS] = "blocks",
    [FIGURE_LARGE] = "large",
};

static void put_field(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, ",\"%s\":%" PRIu64, key, value);
}

// What there was at most of each figure.
static void put_most(FILE *out, const Level *level)
{
    fputs(",\"most\":{", out);
    for (int i = 0; i < FIGURES; i++)
        fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", figure_keys[i], level->most.values[i]);
    fputc('}', out);
}

// ----- Names -----

static void put_sizes(FILE *out, const Name *name)
{
    const char *comma = "";
    fputs(",\"sizes\":[", out);
    for (int i = 0; i < SIZE_CLASSES; i++) {
        const SizeClass *class = &name->sizes[i];
        if (class->count == 0)
            continue;
        fprintf(out, "%s[%d,%" PRIu64 ",%" PRIu64 "]", comma, i, class->count, class->bytes);
        comma = ",";
    }
    fputc(']', out);
}

static void put_sources(FILE *out, unsigned sources)
{
    static const char *const words[TRACE_SOURCES] = {"heap", "buffer", "region", "own source"};
    const char *comma = "";
    fputs(",\"sources\":[", out);
    for (unsigned i = 0; i < TRACE_SOURCES; i++) {
        if (!(sources >> i & 1))
            continue;
        fprintf(out, "%s\"%s\"", comma, words[i]);
        comma = ",";
    }
    fputc(']', out);
}

static void put_name(FILE *out, const Name *name)
{
    fputs("{\"name\":", out);
    json_put_text(out, name->text, MOST_NAME);
    put_sources(out, name->sources);
    put_field(out, "arenas", name->arenas);
    put_field(out, "allocations", name->allocations);
    put_field(out, "bytes", name->bytes);
    put_field(out, "resizes", name->resizes);
    put_field(out, "rewinds", name->rewinds);
    put_field(out, "resets", name->resets);
    put_field(out, "adopted", name->adopted);
    put_field(out, "blocks", name->blocks);
    put_field(out, "large", name->large);
    put_field(out, "acquired", name->acquired);
    put_field(out, "released", name->released);
    put_field(out, "largest", name->largest);
    put_most(out, &name->level);
    put_sizes(out, name);
    fputc('}', out);
}

static void put_names(FILE *out, const Story *story)
{
    fputs(",\n\"names\":[", out);
    for (uint32_t i = 0; i < story->name_count; i++) {
        fputs(i ? ",\n" : "\n", out);
        put_name(out, &story->names[i]);
    }
    fputc(']', out);
}

// ----- Lines -----

// For each point the event, the microseconds and the value.
static void put_line(FILE *out, const char *key, const Line *line)
{
    Point before = {0};
    fprintf(out, ",\n\"%s\":{\"changes\":%" PRIu64 ",\"points\":[", key, line->changes);
    for (size_t i = 0; i < line->count; i++) {
        const Point *point = &line->points[i];
        fprintf(out, "%s%" PRIu64 ",%" PRIu64 ",%" PRId64, i ? "," : "",
                point->number - before.number, point->time - before.time,
                (int64_t)(point->value - before.value));
        before = *point;
    }
    fputs("]}", out);
}

static const char *fall_word(TraceEvent kind)
{
    return kind == TRACE_REWIND ? "rewind" : kind == TRACE_RESET ? "reset" : "destroy";
}

static void put_falls(FILE *out, const History *history)
{
    fputs(",\n\"falls\":[", out);
    for (size_t i = 0; i < history->fall_count; i++) {
        const Fall *fall = &history->falls[i];
        fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",\"%s\",%" PRIu64 "]", i ? "," : "", fall->number,
                fall->time, fall_word(fall->kind), fall->bytes);
    }
    fputc(']', out);
}

// Whose it is, is said by the index of a name, or null.
static void put_history(FILE *out, const History *history, bool is_of_name)
{
    fprintf(out, "{\"names\":%" PRIu32 ",\"name\":", history->names);
    if (is_of_name)
        fprintf(out, "%" PRIu32, history->name);
    else
        fputs("null", out);
    put_most(out, &history->level);
    for (int i = 0; i < FIGURES; i++)
        put_line(out, figure_keys[i], &history->lines[i]);
    put_falls(out, history);
    fputc('}', out);
}

static void put_histories(FILE *out, const Story *story)
{
    fputs(",\n\"histories\":[\n", out);
    put_history(out, &story->histories[HISTORY_ALL], false);
    for (int i = HISTORY_FIRST; i <= HISTORY_OTHERS; i++) {
        const History *history = &story->histories[i];
        if (history->names == 0)
            continue;
        fputs(",\n", out);
        put_history(out, history, i < HISTORY_OTHERS || history->names == 1);
    }
    fputc(']', out);
}

// ----- Sites -----

// Numbers of frames and of stacks as the page has them: those that it needs, in the order in which it
// does.
typedef struct Numbers {
    uint32_t *given; // more by one; 0: none yet
    uint32_t *order;
    uint32_t count;
} Numbers;

static bool begin_numbers(Numbers *numbers, size_t room)
{
    *numbers = (Numbers){
        .given = calloc(room + 1, sizeof *numbers->given),
        .order = calloc(room + 1, sizeof *numbers->order),
    };
    return numbers->given && numbers->order;
}

static void free_numbers(Numbers *numbers)
{
    free(numbers->given);
    free(numbers->order);
}

static uint32_t number_for(Numbers *numbers, uint32_t item)
{
    if (numbers->given[item] == 0) {
        numbers->order[numbers->count] = item;
        numbers->given[item] = ++numbers->count;
    }
    return numbers->given[item] - 1;
}

static size_t shown_sites(const Story *story)
{
    return story->site_count < MOST_SITES ? story->site_count : MOST_SITES;
}

// The rest of them is told in sums.
static void put_sites(FILE *out, const Story *story, Numbers *stacks)
{
    Site rest = {0};
    fputs(",\n\"sites\":[", out);
    for (size_t i = 0; i < story->site_count; i++) {
        const Site *site = &story->sites[i];
        if (i >= shown_sites(story)) {
            rest.count += site->count;
            rest.bytes += site->bytes;
            continue;
        }
        fprintf(out, "%s[%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 "]", i ? "," : "",
                number_for(stacks, site->stack), site->name, site->count, site->bytes);
    }
    fprintf(out, "],\n\"rest\":{\"sites\":%zu,\"allocations\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
            story->site_count - shown_sites(story), rest.count, rest.bytes);
}

static void put_stacks(FILE *out, const Trace *trace, const Numbers *stacks, Numbers *frames)
{
    fputs(",\n\"stacks\":[", out);
    for (uint32_t i = 0; i < stacks->count; i++) {
        TraceStack stack = trace_stack(trace, stacks->order[i]);
        fputs(i ? ",[" : "[", out);
        for (size_t k = 0; k < stack.count && k < MOST_FRAMES; k++)
            fprintf(out, "%s%" PRIu32, k ? "," : "", number_for(frames, stack.frames[k]));
        fputc(']', out);
    }
    fputc(']', out);
}

static void put_frames(FILE *out, const Trace *trace, const Numbers *frames)
{
    fputs(",\n\"frames\":[", out);
    for (uint32_t i = 0; i < frames->count; i++) {
        fputs(i ? ",\n" : "\n", out);
        json_put_text(out, trace_frame(trace, frames->order[i]), MOST_NAME);
    }
    fputc(']', out);
}

static size_t frames_end(const Trace *trace)
{
    size_t end = 0;
    for (uint32_t i = 0; i < trace_stacks(trace); i++) {
        TraceStack stack = trace_stack(trace, i);
        for (size_t k = 0; k < stack.count; k++)
            end = stack.frames[k] >= end ? (size_t)stack.frames[k] + 1 : end;
    }
    return end;
}

static bool put_where(FILE *out, const Trace *trace, const Story *story)
{
    Numbers stacks = {0};
    Numbers frames = {0};
    bool good =
        begin_numbers(&stacks, trace_stacks(trace)) && begin_numbers(&frames, frames_end(trace));
    if (good) {
        put_sites(out, story, &stacks);
        put_stacks(out, trace, &stacks, &frames);
        put_frames(out, trace, &frames);
    }
    free_numbers(&stacks);
    free_numbers(&frames);
    return good;
}

// ----- The page -----

static bool put_data(FILE *out, const Trace *trace, const Story *story)
{
    fprintf(out, "{\"arenas\":%zu", trace_arenas(trace));
    put_field(out, "events", story->events);
    put_field(out, "micros", story->micros);
    put_field(out, "threads", story->threads);
    put_field(out, "allocations", story->allocations);
    put_field(out, "bytes", story->bytes);
    put_most(out, &story->level);
    put_names(out, story);
    put_histories(out, story);
    bool good = put_where(out, trace, story);
    fputs("}\n", out);
    return good;
}

// The text up to the marker, which is left out; what comes after it.
static const char *put_until(FILE *out, const char *text, const char *marker)
{
    const char *end = strstr(text, marker);
    if (!end)
        return text;
    fwrite(text, 1, (size_t)(end - text), out);
    return end + strlen(marker);
}

static bool put_page(FILE *out, const Trace *trace, const Story *story)
{
    const char *text = put_until(out, (const char *)page_html, "@STYLE@\n");
    fputs((const char *)page_css, out);
    text = put_until(out, text, "@DATA@\n");
    if (!put_data(out, trace, story))
        return false;
    text = put_until(out, text, "@SCRIPT@\n");
    fputs((const char *)page_js, out);
    fputs(text, out);
    return true;
}

bool page_write(Trace *trace, FILE *out)
{
    Story *story = story_read(trace);
    bool has_memory = story && put_page(out, trace, story);
    story_free(story);
    if (!has_memory) {
        errno = ENOMEM;
        return false;
    }
    return fflush(out) == 0 && !ferror(out);
}
