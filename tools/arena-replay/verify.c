// The comparison. After each operation the watcher has heard a few things, and the trace has to
// have them next of that arena. Threads may have done something between two events that the replay
// does at once, so events wait, arena by arena, until they are asked for.
//
// An object that grows may do so in place in one of both, and be copied in the other, if a source
// has given another block than it did then; that is counted, and no difference.

#include "verify.h"

#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// What a watcher was told. An ALLOC that is part of a RESIZE is only `is_copied` of that.
typedef struct Heard {
    TraceEvent kind;
    uint64_t size;
    uint64_t old_size;
    uint64_t epoch;    // REWIND
    const Arena *from; // ADOPT
    bool is_copied;
} Heard;

typedef struct Waiting {
    struct Waiting *next;
    Event event;
} Waiting;

typedef struct Compared {
    const Arena *arena;
    uint64_t first_epoch;
    bool has_epochs; // that can be compared
    Waiting *first;
    Waiting *last;
} Compared;

typedef struct Counts {
    uint64_t allocations;
    uint64_t bytes;
    uint64_t resizes;
    uint64_t moved; // resizes that were in place, or copied, only in one of both
    uint64_t rewinds;
    uint64_t resets;
} Counts;

enum { MOST_HEARD = 4 };

typedef struct Verify {
    Replay replay;
    Trace *trace;
    const char *path;
    Compared *arenas; // by number
    Heard heard[MOST_HEARD];
    size_t heard_count; // may be more than there was room for
    Counts counts;
} Verify;

// ----- What the watcher hears -----

static void hear(Verify *verify, Heard heard)
{
    if (verify->heard_count < MOST_HEARD)
        verify->heard[verify->heard_count] = heard;
    verify->heard_count++;
}

static void *hear_attached(Arena *arena, void *context)
{
    Verify *verify = context;
    Compared *compared = &verify->arenas[verify->replay.number];
    compared->arena = arena;
    compared->first_epoch = arena_now(arena);
    compared->has_epochs = true;
    return verify;
}

static void hear_detached(Arena *arena, void *state)
{
    (void)arena;
    hear(state, (Heard){.kind = TRACE_DESTROY});
}

static void hear_allocated(Arena *arena, void *state, void *object, size_t size)
{
    (void)arena;
    (void)object;
    hear(state, (Heard){.kind = TRACE_ALLOC, .size = size});
}

static void hear_resized(Arena *arena, void *state, void *old, size_t old_size, void *object,
                         size_t size)
{
    (void)arena;
    (void)old;
    (void)object;
    Verify *verify = state;
    Heard resized = {.kind = TRACE_RESIZE, .size = size, .old_size = old_size};
    if (verify->heard_count == 1 && verify->heard[0].kind == TRACE_ALLOC) {
        resized.is_copied = true;
        verify->heard_count = 0;
    }
    hear(verify, resized);
}

static void hear_rewound(Arena *arena, void *state, const ArenaMark *mark)
{
    (void)arena;
    hear(state,
         (Heard){.kind = mark ? TRACE_REWIND : TRACE_RESET, .epoch = mark ? mark->epoch : 0});
}

static void hear_adopted(Arena *arena, void *state, Arena *from)
{
    (void)arena;
    hear(state, (Heard){.kind = TRACE_ADOPT, .from = from});
}

static ArenaWatcher watcher_for(Verify *verify)
{
    return (ArenaWatcher){
        .context = verify,
        .attached = hear_attached,
        .detached = hear_detached,
        .allocated = hear_allocated,
        .resized = hear_resized,
        .rewound = hear_rewound,
        .adopted = hear_adopted,
    };
}

// ----- What the trace has -----

static bool is_compared(const Event *event)
{
    return event->kind == TRACE_ALLOC || event->kind == TRACE_RESIZE ||
           event->kind == TRACE_REWIND || event->kind == TRACE_RESET ||
           event->kind == TRACE_ADOPT || event->kind == TRACE_DESTROY;
}

static bool let_wait(Verify *verify, const Event *event)
{
    Compared *compared = &verify->arenas[event->arena];
    Waiting *waiting = malloc(sizeof *waiting);
    if (!waiting) {
        fprintf(stderr, "arena-replay: %s: out of memory\n", verify->path);
        return false;
    }
    *waiting = (Waiting){.event = *event};
    if (compared->first)
        compared->last->next = waiting;
    else
        compared->first = waiting;
    compared->last = waiting;
    return true;
}

static void take_waiting(Compared *compared, Event *event)
{
    Waiting *first = compared->first;
    *event = first->event;
    compared->first = first->next;
    free(first);
}

// Reads on until an event of the arena waits, or there is none. False if there is no memory.
static bool wait_for(Verify *verify, uint32_t arena)
{
    Event event;
    while (!verify->arenas[arena].first && trace_next(verify->trace, &event))
        if (is_compared(&event) && !let_wait(verify, &event))
            return false;
    return true;
}

// The next event of an arena, or END.
static bool next_of(Verify *verify, uint32_t arena, Event *event)
{
    if (!wait_for(verify, arena))
        return false;
    if (verify->arenas[arena].first)
        take_waiting(&verify->arenas[arena], event);
    else
        *event = (Event){.kind = TRACE_END, .arena = arena};
    return true;
}

// ----- Differences -----

static const char *const names[TRACE_EVENTS] = {
    [TRACE_END] = "nothing",     [TRACE_ALLOC] = "an allocation", [TRACE_RESIZE] = "a resize",
    [TRACE_REWIND] = "a rewind", [TRACE_RESET] = "a reset",       [TRACE_ADOPT] = "an adoption",
    [TRACE_DESTROY] = "the end",
};

static void print_sizes(TraceEvent kind, uint64_t old_size, uint64_t size)
{
    fputs(names[kind], stderr);
    if (kind == TRACE_RESIZE)
        fprintf(stderr, " from %" PRIu64 " to %" PRIu64 " bytes", old_size, size);
    else if (kind == TRACE_ALLOC)
        fprintf(stderr, " of %" PRIu64 " bytes", size);
}

static bool differ(const Verify *verify, const Event *event, Heard heard)
{
    fprintf(stderr, "arena-replay: %s: ", verify->path);
    if (event->kind != TRACE_END)
        fprintf(stderr, "event %" PRIu64 ": ", event->number);
    fprintf(stderr, "arena %u: the trace has ", (unsigned)event->arena);
    print_sizes(event->kind, event->old_size, event->size);
    fputs(", the replay ", stderr);
    print_sizes(heard.kind, heard.old_size, heard.size);
    fputc('\n', stderr);
    return false;
}

static bool is_epoch_same(const Verify *verify, const Operation *operation, const Event *event,
                          const Heard *heard)
{
    const Compared *compared = &verify->arenas[event->arena];
    uint64_t epoch = (heard->epoch - compared->first_epoch) / ARENA_EPOCH;
    return !compared->has_epochs || epoch == event->epoch + operation->size;
}

static void count_same(Counts *counts, const Event *event)
{
    counts->allocations += event->kind == TRACE_ALLOC;
    counts->bytes += event->kind == TRACE_ALLOC ? event->size : 0;
    counts->resizes += event->kind == TRACE_RESIZE;
    counts->rewinds += event->kind == TRACE_REWIND;
    counts->resets += event->kind == TRACE_RESET;
}

static bool is_same(Verify *verify, const Operation *operation, const Event *event,
                    const Heard *heard)
{
    if (event->kind != heard->kind)
        return false;
    switch (event->kind) {
    case TRACE_ALLOC: return event->size == heard->size;
    case TRACE_RESIZE: return event->size == heard->size && event->old_size == heard->old_size;
    case TRACE_REWIND: return is_epoch_same(verify, operation, event, heard);
    case TRACE_ADOPT: // from now on, epochs depend on addresses
        verify->arenas[event->arena].has_epochs = false;
        return heard->from == verify->arenas[event->other].arena;
    default: return true;
    }
}

// The RESIZE that the event is, or that comes after it as the ALLOC of a copy.
static bool next_resize(Verify *verify, Event *event, bool *is_copied)
{
    *is_copied = false;
    if (event->kind != TRACE_ALLOC)
        return true;
    count_same(&verify->counts, event);
    *is_copied = true;
    return next_of(verify, event->arena, event);
}

static bool compare(Verify *verify, const Operation *operation, const Heard *heard)
{
    Event event;
    bool is_copied = false;
    if (!next_of(verify, verify->replay.number, &event))
        return false;
    if (heard->kind == TRACE_RESIZE && !next_resize(verify, &event, &is_copied))
        return false;
    if (!is_same(verify, operation, &event, heard))
        return differ(verify, &event, *heard);
    verify->counts.moved += heard->kind == TRACE_RESIZE && is_copied != heard->is_copied;
    count_same(&verify->counts, &event);
    return true;
}

// ----- Operations -----

// The end of an arena takes all back, and an adoption ends the other arena: neither is an event.
static void leave_out(Verify *verify, const Operation *operation)
{
    bool is_end = operation->kind == OP_DESTROY;
    TraceEvent kind = is_end ? TRACE_RESET : TRACE_DESTROY;
    size_t kept = 0;
    if (!is_end && operation->kind != OP_ADOPT)
        return;
    for (size_t i = 0; i < verify->heard_count && i < MOST_HEARD; i++)
        if (verify->heard[i].kind != kind)
            verify->heard[kept++] = verify->heard[i];
    verify->heard_count = kept;
}

// An object that nobody has heard of is allocated where the trace has it resized.
static void stand_in(Verify *verify, const Operation *operation)
{
    bool is_unknown = operation->kind == OP_GROW && !verify->replay.old.start;
    uint32_t arena = verify->replay.number;
    if (!is_unknown || verify->heard_count != 1 || !wait_for(verify, arena) ||
        !verify->arenas[arena].first)
        return;
    verify->heard[0].kind = TRACE_RESIZE;
    verify->heard[0].old_size = verify->arenas[arena].first->event.old_size;
}

static bool is_aligned(const Verify *verify, const Operation *operation)
{
    bool is_new = operation->kind == OP_ALLOC;
    uintptr_t place = (uintptr_t)verify->replay.latest.start;
    if (!is_new || place % ((uintptr_t)1 << operation->log_align) == 0)
        return true;
    fprintf(stderr, "arena-replay: %s: an object of arena %u is not aligned\n", verify->path,
            (unsigned)verify->replay.number);
    return false;
}

// The trace has a copy of an object that nobody has heard of; its ALLOC was compared.
static bool compare_unknown(Verify *verify)
{
    Event event;
    if (!next_of(verify, verify->replay.number, &event))
        return false;
    count_same(&verify->counts, &event);
    return event.kind == TRACE_RESIZE || differ(verify, &event, (Heard){.kind = TRACE_RESIZE});
}

static bool compare_heard(Verify *verify, const Operation *operation)
{
    if (operation->kind == OP_UNKNOWN)
        return compare_unknown(verify);
    if (operation->kind == OP_MARK && operation->size == MOST_MARKS)
        verify->arenas[verify->replay.number].has_epochs = false;
    leave_out(verify, operation);
    stand_in(verify, operation);
    for (size_t i = 0; i < verify->heard_count && i < MOST_HEARD; i++)
        if (!compare(verify, operation, &verify->heard[i]))
            return false;
    return is_aligned(verify, operation);
}

static bool verify_operations(Verify *verify)
{
    const Operations *operations = verify->replay.operations;
    for (uint32_t i = 0; i < operations->count; i++) {
        verify->heard_count = 0;
        if (!replay_some(&verify->replay, i, i + 1)) {
            fprintf(stderr, "arena-replay: %s: the replay has no memory for operation %u\n",
                    verify->path, (unsigned)i);
            return false;
        }
        if (!compare_heard(verify, &operations->items[i]))
            return false;
    }
    return true;
}

// All that the trace has was asked for.
static bool is_nothing_left(Verify *verify)
{
    for (uint32_t i = 0; i < verify->replay.operations->arenas; i++) {
        Event event;
        if (!next_of(verify, i, &event))
            return false;
        if (event.kind != TRACE_END)
            return differ(verify, &event, (Heard){.kind = TRACE_END});
    }
    return true;
}

static void print_count(const char *before, uint64_t count, const char *what)
{
    printf("%s%" PRIu64 " %s%s", before, count, what, count == 1 ? "" : "s");
}

static void print_same(const Verify *verify)
{
    const Counts *counts = &verify->counts;
    print_count("the same ", counts->allocations, "allocation");
    print_count(", ", counts->bytes, "byte");
    print_count(", ", counts->resizes, "resize");
    print_count(", ", counts->rewinds, "rewind");
    print_count(", ", counts->resets, "reset");
    print_count(" in ", verify->replay.operations->arenas, "arena");
    putchar('\n');
    if (counts->moved > 0) {
        print_count("", counts->moved, "object");
        puts(" grew in place and not by a copy, or the other way round");
    }
    if (verify->replay.operations->unknown > 0) {
        print_count("", verify->replay.operations->unknown, "resize");
        puts(" of parts of objects, or of objects that the trace has not: allocated anew");
    }
}

static void end_verify(Verify *verify, void *room)
{
    const Operations *operations = verify->replay.operations;
    replay_end(&verify->replay);
    for (uint32_t i = 0; i < operations->arenas; i++)
        for (Event event; verify->arenas[i].first;)
            take_waiting(&verify->arenas[i], &event);
    free(verify->arenas);
    free(room);
}

static bool begin_verify(Verify *verify, void *room)
{
    verify->arenas = calloc((size_t)verify->replay.operations->arenas + 1, sizeof *verify->arenas);
    if (room && verify->arenas)
        return true;
    fprintf(stderr, "arena-replay: %s: out of memory\n", verify->path);
    free(room);
    free(verify->arenas);
    return false;
}

bool verify_replay(const Operations *operations, Trace *trace, const char *path)
{
    Verify verify = {
        .replay = {.operations = operations, .settings = &settings_of_trace},
        .trace = trace,
        .path = path,
    };
    const ArenaWatcher watcher = watcher_for(&verify);
    void *room = calloc(1, replay_room(operations));
    if (!begin_verify(&verify, room))
        return false;
    verify.replay.watcher = &watcher;
    replay_begin(&verify.replay, room);
    trace_rewind(trace);
    bool good = verify_operations(&verify) && is_nothing_left(&verify);
    if (good)
        print_same(&verify);
    end_verify(&verify, room);
    return good;
}
