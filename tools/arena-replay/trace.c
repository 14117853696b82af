// The reader of traces: the file as a whole in memory, and the state that its events leave out of
// each other. Every number is looked at before it is used; what a second reading finds is what the
// first one found.

#define _DEFAULT_SOURCE

#include "trace.h"

#include <arena/array.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Marks that were made one after another, and can still be rewound to.
typedef struct MarkRun {
    uint64_t epoch; // of the first
    uint64_t count;
} MarkRun;

// What is known of an arena, as of the event that was read last.
typedef struct KnownArena {
    const char *name;
    uint64_t place; // of the object of the latest event that had one
    uint64_t size;
    uint64_t next_epoch; // that a mark may have
    MarkRun *runs;       // oldest first
    size_t run_count;
    size_t run_room;
    bool is_gone;
} KnownArena;

typedef struct KnownStack {
    size_t first; // of its frames in `stack_frames`
    size_t count;
} KnownStack;

// How far it was read.
typedef struct Position {
    size_t offset;
    size_t event; // where the event that is being read starts
    uint64_t number;
    uint64_t time;
    uint64_t bytes;   // of all objects so far, with what alignment may add
    uint64_t sourced; // bytes got from sources and given back
    uint32_t thread;
    uint32_t threads;
    uint32_t arena; // of the event before which had one
    uint32_t stack;
    size_t arenas;
    size_t stacks;
    size_t frames;
    bool has_ended;
} Position;

struct Trace {
    char *path;
    unsigned char *bytes;
    size_t size;
    Arena *arena; // of all below
    ARENA_ARRAY(KnownArena) arenas;
    ARENA_ARRAY(KnownStack) stacks;
    ARENA_ARRAY(uint32_t) stack_frames;
    ARENA_ARRAY(const char *) frames;
    Position at;
};

static const uint64_t most_bytes = INT64_MAX;

// ----- Messages -----

// False, so that one can return it.
static bool refuse(const Trace *trace, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "arena-replay: %s: offset %zu: ", trace->path, trace->at.event);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

static bool refuse_cut(const Trace *trace)
{
    return refuse(trace, "the trace is cut off, or damaged");
}

static bool lack_memory(const Trace *trace)
{
    return refuse(trace, "out of memory");
}

// ----- Numbers and texts -----

static size_t bytes_left(const Trace *trace)
{
    return trace->size - trace->at.offset;
}

static bool read_number(Trace *trace, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (bytes_left(trace) == 0)
            return refuse_cut(trace);
        unsigned char byte = trace->bytes[trace->at.offset++];
        uint64_t bits = byte & 0x7f;
        if (shift == 63 && bits > 1)
            return refuse(trace, "a number of more than 64 bits");
        *number |= bits << shift;
        if (byte < 0x80)
            return true;
    }
    return refuse(trace, "a number of more than ten bytes");
}

// A number that is less than `end`.
static bool read_index(Trace *trace, uint64_t end, const char *what, uint32_t *index)
{
    uint64_t number = 0;
    if (!read_number(trace, &number))
        return false;
    if (number >= end || number > UINT32_MAX)
        return refuse(trace, "%s %llu is not known", what, (unsigned long long)number);
    *index = (uint32_t)number;
    return true;
}

static bool read_size(Trace *trace, uint64_t *size)
{
    if (!read_number(trace, size))
        return false;
    if (*size > PTRDIFF_MAX)
        return refuse(trace, "a size of %llu bytes", (unsigned long long)*size);
    return true;
}

// A place, which is told as a difference from another one.
static bool read_place(Trace *trace, uint64_t from, uint64_t *place)
{
    uint64_t number = 0;
    if (!read_number(trace, &number))
        return false;
    bool is_below = number & 1;
    uint64_t distance = number / 2 + is_below;
    if (is_below ? distance > from : distance > UINT64_MAX - from)
        return refuse(trace, "a place that is no address");
    *place = is_below ? from - distance : from + distance;
    return true;
}

// A text, with a zero behind it, which is copied only the first time that it is read: `known` is
// what that gave.
static bool read_text(Trace *trace, const char *known, const char **text)
{
    uint64_t length = 0;
    if (!read_number(trace, &length))
        return false;
    if (length > bytes_left(trace))
        return refuse_cut(trace);
    const char *start = (const char *)trace->bytes + trace->at.offset;
    trace->at.offset += (size_t)length;
    if (memchr(start, 0, (size_t)length))
        return refuse(trace, "a name with a zero in it");
    *text = known ? known : arena_strndup(trace->arena, start, (size_t)length);
    return *text || lack_memory(trace);
}

// Sums never leave what fits a size, so that whoever adds up sizes need not look.
static bool add_bytes(const Trace *trace, uint64_t *sum, uint64_t bytes)
{
    if (bytes > most_bytes - *sum)
        return refuse(trace, "more bytes than there can be");
    *sum += bytes;
    return true;
}

// ----- What events share -----

// The arena of an event, which has to be there.
static bool read_arena(Trace *trace, unsigned flags, uint32_t *arena)
{
    *arena = trace->at.arena;
    if (!(flags & TRACE_SAME_ARENA) && !read_index(trace, trace->at.arenas, "arena", arena))
        return false;
    if (*arena >= trace->at.arenas)
        return refuse(trace, "no event before this one has an arena");
    if (trace->arenas.items[*arena].is_gone)
        return refuse(trace, "arena %u is gone", (unsigned)*arena);
    trace->at.arena = *arena;
    return true;
}

static bool read_stack(Trace *trace, unsigned flags, uint32_t *stack)
{
    *stack = trace->at.stack;
    if (!(flags & TRACE_SAME_STACK) && !read_index(trace, trace->at.stacks, "stack", stack))
        return false;
    if (*stack >= trace->at.stacks)
        return refuse(trace, "no event before this one has a stack");
    trace->at.stack = *stack;
    return true;
}

// Takes note of an object; its arena has to have said where.
static bool note_object(Trace *trace, const Event *event, uint64_t align)
{
    KnownArena *arena = &trace->arenas.items[event->arena];
    if (event->place > UINT64_MAX - 7 - event->size)
        return refuse(trace, "an object that ends behind all addresses");
    if (!add_bytes(trace, &trace->at.bytes, event->size) ||
        !add_bytes(trace, &trace->at.bytes, align + 7))
        return false;
    arena->place = event->place;
    arena->size = event->size;
    return true;
}

// ----- Marks -----

static bool push_run(Trace *trace, KnownArena *arena, MarkRun run)
{
    if (arena->run_count == arena->run_room) {
        size_t room = arena->run_room ? 2 * arena->run_room : 4;
        MarkRun *runs = realloc(arena->runs, room * sizeof *runs);
        if (!runs)
            return lack_memory(trace);
        arena->runs = runs;
        arena->run_room = room;
    }
    arena->runs[arena->run_count++] = run;
    return true;
}

// The last run that begins with the epoch or an older one; NULL if there is none.
static MarkRun *find_run(const KnownArena *arena, uint64_t epoch)
{
    size_t low = 0;
    size_t high = arena->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (arena->runs[middle].epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &arena->runs[low - 1] : NULL;
}

static void forget_runs(KnownArena *arena)
{
    free(arena->runs);
    arena->runs = NULL;
    arena->run_count = arena->run_room = 0;
}

// ----- Events -----

static KnownArena *new_arena(Trace *trace)
{
    if (trace->at.arenas == trace->arenas.count) {
        KnownArena *arena = ARENA_PUSH(trace->arena, &trace->arenas);
        if (!arena)
            return NULL;
        *arena = (KnownArena){0};
    }
    KnownArena *arena = &trace->arenas.items[trace->at.arenas];
    const char *name = arena->name;
    free(arena->runs);
    *arena = (KnownArena){.name = name};
    return arena;
}

static bool read_create(Trace *trace, unsigned flags, Event *event)
{
    uint64_t source = 0;
    (void)flags;
    if (trace->at.arenas == UINT32_MAX)
        return refuse(trace, "more arenas than there can be");
    KnownArena *arena = new_arena(trace);
    if (!arena)
        return lack_memory(trace);
    if (!read_number(trace, &source) || !read_size(trace, &event->size) ||
        !read_size(trace, &event->largest))
        return false;
    if (source >= TRACE_SOURCES)
        return refuse(trace, "source %llu is not known", (unsigned long long)source);
    if (!add_bytes(trace, &trace->at.sourced, event->size) ||
        !read_text(trace, arena->name, &arena->name) || !read_stack(trace, 0, &event->stack))
        return false;
    event->source = (TraceSource)source;
    event->name = arena->name;
    event->arena = trace->at.arena = (uint32_t)trace->at.arenas++;
    return true;
}

static bool read_alloc(Trace *trace, unsigned flags, Event *event)
{
    uint64_t log = 0;
    if (!read_arena(trace, flags, &event->arena) || !read_size(trace, &event->size) ||
        !read_number(trace, &log))
        return false;
    if (log > 62)
        return refuse(trace, "an alignment of 2 to the power of %llu", (unsigned long long)log);
    event->align = (uint64_t)1 << log;
    const KnownArena *arena = &trace->arenas.items[event->arena];
    event->place = arena->place + arena->size + (-arena->size & 7);
    if (!(flags & TRACE_NEXT_PLACE) && !read_place(trace, arena->place, &event->place))
        return false;
    return read_stack(trace, flags, &event->stack) && note_object(trace, event, event->align);
}

static bool read_resize(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena))
        return false;
    const KnownArena *arena = &trace->arenas.items[event->arena];
    return read_place(trace, arena->place, &event->old_place) &&
           read_size(trace, &event->old_size) &&
           read_place(trace, event->old_place, &event->place) && read_size(trace, &event->size) &&
           note_object(trace, event, 0);
}

static bool read_mark(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena) || !read_number(trace, &event->epoch) ||
        !read_number(trace, &event->count))
        return false;
    KnownArena *arena = &trace->arenas.items[event->arena];
    if (event->epoch < arena->next_epoch)
        return refuse(trace, "a mark of epoch %llu, which is over",
                      (unsigned long long)event->epoch);
    if (event->count == 0 || event->count > UINT64_MAX - event->epoch)
        return refuse(trace, "%llu marks", (unsigned long long)event->count);
    arena->next_epoch = event->epoch + event->count;
    return push_run(trace, arena, (MarkRun){event->epoch, event->count});
}

// The mark itself can be rewound to again; what is younger cannot.
static bool read_rewind(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena) || !read_number(trace, &event->epoch))
        return false;
    KnownArena *arena = &trace->arenas.items[event->arena];
    MarkRun *run = find_run(arena, event->epoch);
    if (!run || event->epoch - run->epoch >= run->count)
        return refuse(trace, "a rewind to epoch %llu, of which there is no mark",
                      (unsigned long long)event->epoch);
    run->count = event->epoch - run->epoch + 1;
    arena->run_count = (size_t)(run - arena->runs) + 1;
    return true;
}

static bool read_reset(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena))
        return false;
    trace->arenas.items[event->arena].run_count = 0;
    return true;
}

static void end_arena(KnownArena *arena)
{
    arena->is_gone = true;
    forget_runs(arena);
}

static bool read_adopt(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena) ||
        !read_index(trace, trace->at.arenas, "arena", &event->other))
        return false;
    KnownArena *other = &trace->arenas.items[event->other];
    if (other->is_gone)
        return refuse(trace, "arena %u is gone", (unsigned)event->other);
    if (event->other == event->arena)
        return refuse(trace, "an arena that adopts itself");
    end_arena(other);
    return true;
}

static bool read_destroy(Trace *trace, unsigned flags, Event *event)
{
    if (!read_arena(trace, flags, &event->arena))
        return false;
    end_arena(&trace->arenas.items[event->arena]);
    return true;
}

static bool read_sourced(Trace *trace, unsigned flags, Event *event)
{
    return read_arena(trace, flags, &event->arena) && read_size(trace, &event->size) &&
           add_bytes(trace, &trace->at.sourced, event->size);
}

// Threads are numbered as they come.
static bool read_thread(Trace *trace, unsigned flags, Event *event)
{
    (void)flags;
    if (!read_index(trace, (uint64_t)trace->at.threads + 1, "thread", &event->thread))
        return false;
    if (event->thread == trace->at.threads)
        trace->at.threads++;
    trace->at.thread = event->thread;
    return true;
}

static bool read_time(Trace *trace, unsigned flags, Event *event)
{
    uint64_t microseconds = 0;
    (void)flags;
    if (!read_number(trace, &microseconds))
        return false;
    if (microseconds > most_bytes - trace->at.time)
        return refuse(trace, "a time that is too late");
    event->time = trace->at.time += microseconds;
    return true;
}

static bool read_frame(Trace *trace, unsigned flags, Event *event)
{
    (void)flags;
    bool is_known = trace->at.frames < trace->frames.count;
    const char *known = is_known ? trace->frames.items[trace->at.frames] : NULL;
    if (trace->at.frames == UINT32_MAX)
        return refuse(trace, "more frames than there can be");
    if (!read_text(trace, known, &event->name))
        return false;
    const char **frame = is_known ? NULL : ARENA_PUSH(trace->arena, &trace->frames);
    if (frame)
        *frame = event->name;
    trace->at.frames++;
    return is_known || frame || lack_memory(trace);
}

// A stack that was read before has its frames already.
static bool read_stack_frames(Trace *trace, uint64_t count, bool is_known)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t number = 0;
        if (!read_index(trace, trace->at.frames, "frame", &number))
            return false;
        uint32_t *frame = is_known ? NULL : ARENA_PUSH(trace->arena, &trace->stack_frames);
        if (frame)
            *frame = number;
        else if (!is_known)
            return lack_memory(trace);
    }
    return true;
}

static bool read_new_stack(Trace *trace, unsigned flags, Event *event)
{
    uint64_t count = 0;
    (void)flags;
    (void)event;
    bool is_known = trace->at.stacks < trace->stacks.count;
    size_t first = trace->stack_frames.count;
    if (!read_number(trace, &count))
        return false;
    if (count > bytes_left(trace))
        return refuse_cut(trace);
    if (trace->at.stacks == UINT32_MAX)
        return refuse(trace, "more stacks than there can be");
    if (!read_stack_frames(trace, count, is_known))
        return false;
    KnownStack *stack = is_known ? NULL : ARENA_PUSH(trace->arena, &trace->stacks);
    if (stack)
        *stack = (KnownStack){first, (size_t)count};
    trace->at.stacks++;
    return is_known || stack || lack_memory(trace);
}

static bool read_end(Trace *trace, unsigned flags, Event *event)
{
    uint64_t events = 0;
    (void)flags;
    if (!read_number(trace, &events))
        return false;
    if (events != event->number)
        return refuse(trace, "the end says that there are %llu events, but there are %llu",
                      (unsigned long long)events, (unsigned long long)event->number);
    if (bytes_left(trace) > 0)
        return refuse(trace, "%zu bytes after the end", bytes_left(trace));
    trace->at.has_ended = true;
    return true;
}

// ----- The reader -----

typedef struct Reader {
    bool (*read)(Trace *trace, unsigned flags, Event *event);
    unsigned flags; // that mean something
} Reader;

static const Reader readers[TRACE_EVENTS] = {
    [TRACE_END] = {read_end, 0},
    [TRACE_CREATE] = {read_create, 0},
    [TRACE_ALLOC] = {read_alloc, TRACE_SAME_ARENA | TRACE_SAME_STACK | TRACE_NEXT_PLACE},
    [TRACE_RESIZE] = {read_resize, TRACE_SAME_ARENA},
    [TRACE_MARK] = {read_mark, TRACE_SAME_ARENA},
    [TRACE_REWIND] = {read_rewind, TRACE_SAME_ARENA},
    [TRACE_RESET] = {read_reset, TRACE_SAME_ARENA},
    [TRACE_ADOPT] = {read_adopt, TRACE_SAME_ARENA},
    [TRACE_DESTROY] = {read_destroy, TRACE_SAME_ARENA},
    [TRACE_ACQUIRED] = {read_sourced, TRACE_SAME_ARENA},
    [TRACE_RELEASED] = {read_sourced, TRACE_SAME_ARENA},
    [TRACE_THREAD] = {read_thread, 0},
    [TRACE_TIME] = {read_time, 0},
    [TRACE_FRAME] = {read_frame, 0},
    [TRACE_STACK] = {read_new_stack, 0},
};

static bool read_event(Trace *trace, Event *event)
{
    trace->at.event = trace->at.offset;
    if (bytes_left(trace) == 0)
        return refuse(
            trace,
            "the trace is cut off: it has no end, as of a program that did not end by itself");
    unsigned byte = trace->bytes[trace->at.offset++];
    unsigned kind = byte & TRACE_KIND;
    unsigned flags = byte & ~(unsigned)TRACE_KIND;
    if (kind >= TRACE_EVENTS || (flags & ~readers[kind].flags))
        return refuse(trace, "there is no event %#x", byte);
    event->kind = (TraceEvent)kind;
    event->number = trace->at.number++;
    event->time = trace->at.time;
    event->thread = trace->at.thread;
    return readers[kind].read(trace, flags, event);
}

bool trace_next(Trace *trace, Event *event)
{
    if (trace->at.has_ended)
        return false;
    if (!read_event(trace, event))
        trace->at.has_ended = true;
    return !trace->at.has_ended;
}

void trace_rewind(Trace *trace)
{
    trace->at = (Position){.offset = strlen(TRACE_MAGIC)};
}

// ----- The file -----

static bool refuse_file(const Trace *trace, int error)
{
    fprintf(stderr, "arena-replay: %s: %s\n", trace->path, strerror(error));
    return false;
}

// Whether what has been read is, or could become, the beginning of a trace.
static bool begins_well(Trace *trace)
{
    size_t magic = strlen(TRACE_MAGIC);
    size_t common = trace->size < magic ? trace->size : magic;
    if (trace->size == 0)
        return refuse(
            trace, "the file is empty: nothing was traced, or the program did not end by itself");
    if (memcmp(trace->bytes, TRACE_MAGIC, common) != 0)
        return refuse(trace, "this is no trace of arenas");
    return true;
}

static bool enlarge_bytes(Trace *trace, size_t *room)
{
    size_t more = *room ? 2 * *room : 4096;
    unsigned char *bytes = more > *room ? realloc(trace->bytes, more) : NULL;
    if (!bytes)
        return lack_memory(trace);
    trace->bytes = bytes;
    *room = more;
    return true;
}

// A file that is no trace is not read further than its beginning: it may be endless.
static bool read_file(Trace *trace, FILE *file)
{
    size_t room = 0;
    bool is_first = true;
    while (!feof(file)) {
        if (trace->size == room && !enlarge_bytes(trace, &room))
            return false;
        errno = 0;
        trace->size += fread(trace->bytes + trace->size, 1, room - trace->size, file);
        if (ferror(file))
            return refuse_file(trace, errno ? errno : EIO);
        if (is_first && !begins_well(trace))
            return false;
        is_first = false;
    }
    trace->at.event = trace->size;
    return trace->size >= strlen(TRACE_MAGIC) || refuse_cut(trace);
}

static bool open_file(Trace *trace)
{
    FILE *file = fopen(trace->path, "rb");
    if (!file)
        return refuse_file(trace, errno);
    bool good = read_file(trace, file);
    fclose(file);
    return good;
}

static bool check_events(Trace *trace)
{
    Event event;
    trace_rewind(trace);
    for (;;) {
        if (!read_event(trace, &event))
            return false;
        if (trace->at.has_ended)
            return true;
    }
}

Trace *trace_open(const char *path)
{
    Trace *trace = calloc(1, sizeof *trace);
    if (trace) {
        trace->path = strdup(path);
        trace->arena = arena_create_with(&(ArenaOptions){.name = "the trace"});
    }
    if (!trace || !trace->path || !trace->arena)
        fprintf(stderr, "arena-replay: %s: out of memory\n", path);
    else if (open_file(trace) && check_events(trace)) {
        trace_rewind(trace);
        return trace;
    }
    trace_close(trace);
    return NULL;
}

void trace_close(Trace *trace)
{
    if (!trace)
        return;
    for (size_t i = 0; i < trace->arenas.count; i++)
        free(trace->arenas.items[i].runs);
    arena_destroy(trace->arena);
    free(trace->bytes);
    free(trace->path);
    free(trace);
}

// ----- What there is -----

size_t trace_arenas(const Trace *trace)
{
    return trace->arenas.count;
}

size_t trace_stacks(const Trace *trace)
{
    return trace->stacks.count;
}

TraceStack trace_stack(const Trace *trace, uint32_t number)
{
    KnownStack stack = trace->stacks.items[number];
    return (TraceStack){
        .frames = stack.count ? trace->stack_frames.items + stack.first : NULL,
        .count = stack.count,
    };
}

const char *trace_frame(const Trace *trace, uint32_t number)
{
    return trace->frames.items[number];
}
