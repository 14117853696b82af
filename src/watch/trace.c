// The writer of traces. Events are put together in memory, in the order in which they happen, and
// written when there is much; who wants to add one meanwhile waits.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "trace.h"
#include "clock.h"
#include "lock.h"
#include "output.h"
#include "profile.h"
#include "trace_format.h"
#include "../memory/pages.h"

#include <errno.h>
#include <stdlib.h>

// FEW_MICROSECONDS between events is not written down, but added to the next.
enum { BUFFER = 1 << 16, LARGEST_EVENT = 1024, FEW_MICROSECONDS = 20, MOST_TRACED = 16 };

// What is known of an arena.
typedef struct Traced {
    uint64_t number;
    uint64_t first_epoch;
    uint64_t epoch; // the next that no event tells of
    uintptr_t place;
    size_t size; // of the object there
    bool is_gone;
} Traced;

// Numbers of what has been defined: of stacks by their own, of frames by a table of their addresses.
typedef struct FrameNumber {
    void *frame;
    uint32_t number;
} FrameNumber;

// A stack with what is written of it, if it is new.
typedef struct NamedStack {
    Stack stack;
    size_t count;
    void *frames[MOST_TRACED];
    char names[MOST_TRACED][LARGEST_EVENT / 4];
} NamedStack;

typedef struct Tracing {
    FILE *out;
    unsigned char *bytes;
    size_t size;
    uint64_t events;
    uint64_t arenas;
    uint64_t last_arena;
    uint64_t last_stack;
    uint64_t last_thread;
    uint64_t last_time;
    uint32_t *stacks; // by Stack, a number that is more by one; 0: none yet
    size_t stack_room;
    uint64_t stack_count;
    FrameNumber *frames;
    size_t frame_room; // a power of two
    size_t frame_count;
} Tracing;

// Under the one lock; `out` is NULL while nothing is written.
static Tracing tracing;
static uint64_t threads;
static ARENA_THREAD_LOCAL uint64_t my_thread; // more by one; 0: none yet

// ----- Bytes -----

// Once that has failed, what comes is thrown away.
static void flush_trace(void)
{
    int held = arena_output_hold();
    if (!arena_output_add(tracing.out, tracing.bytes, tracing.size)) {
        fprintf(stderr, "arena: the trace ends here: %s\n", strerror(errno));
        (void)arena_output_close(tracing.out);
        tracing.out = NULL;
    }
    arena_output_let_go(held);
    tracing.size = 0;
}

static void put_number(uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        tracing.bytes[tracing.size++] = (unsigned char)(number | 0x80);
    tracing.bytes[tracing.size++] = (unsigned char)number;
}

static void put_difference(uintptr_t from, uintptr_t to)
{
    put_number(to >= from ? 2 * (uint64_t)(to - from) : 2 * (uint64_t)(from - to) - 1);
}

static void put_text(const char *text)
{
    size_t length = smaller(strlen(text), LARGEST_EVENT / 2);
    put_number(length);
    memcpy(tracing.bytes + tracing.size, text, length);
    tracing.size += length;
}

// Every event begins so.
static void put_event(unsigned kind)
{
    if (BUFFER - tracing.size < LARGEST_EVENT)
        flush_trace();
    tracing.bytes[tracing.size++] = (unsigned char)kind;
    tracing.events++;
}

// ----- What events share -----

static void put_time(void)
{
    uint64_t now = arena_nanoseconds() / 1000;
    if (now < tracing.last_time + FEW_MICROSECONDS)
        return;
    put_event(TRACE_TIME);
    put_number(now - tracing.last_time);
    tracing.last_time = now;
}

static void put_thread(void)
{
    if (my_thread == 0)
        my_thread = ++threads;
    if (my_thread == tracing.last_thread)
        return;
    put_event(TRACE_THREAD);
    put_number(my_thread - 1);
    tracing.last_thread = my_thread;
}

static void put_event_of(const Traced *traced, unsigned kind)
{
    bool is_same = traced->number == tracing.last_arena;
    put_event(kind | (is_same ? TRACE_SAME_ARENA : 0));
    if (!is_same)
        put_number(traced->number);
    tracing.last_arena = traced->number;
}

// An epoch as numbers from the arena's first.
static uint64_t epoch_number(const Traced *traced, uint64_t epoch)
{
    return (epoch - traced->first_epoch) / ARENA_EPOCH;
}

// What has moved the epoch since the last event, and was not one, is marks. A rewind or a reset that has been
// told of gives memory back before it moves the epoch.
static void put_marks(const Arena *arena, Traced *traced)
{
    if (arena->epoch <= traced->epoch)
        return;
    put_event_of(traced, TRACE_MARK);
    put_number(epoch_number(traced, traced->epoch));
    put_number((arena->epoch - traced->epoch) / ARENA_EPOCH);
    traced->epoch = arena->epoch;
}

// Takes the lock, and writes what comes before an event of the arena; false, without the lock, if there
// is nobody to write for.
static bool begin_event(const Arena *arena, Traced *traced)
{
    if (!traced)
        return false;
    take_lock();
    if (!tracing.out) {
        release_lock();
        return false;
    }
    put_time();
    put_thread();
    put_marks(arena, traced);
    return true;
}

// ----- Stacks -----

// Where in the table a frame is, or would be.
static FrameNumber *frame_entry(void *frame)
{
    size_t index = (size_t)(((uint64_t)(uintptr_t)frame * 0x9e3779b97f4a7c15u) >> 20);
    FrameNumber *entry = &tracing.frames[index & (tracing.frame_room - 1)];
    while (entry->frame && entry->frame != frame)
        entry = &tracing.frames[++index & (tracing.frame_room - 1)];
    return entry;
}

static bool enlarge_frames(void)
{
    FrameNumber *old = tracing.frames;
    size_t old_room = tracing.frame_room;
    size_t room = old_room ? 2 * old_room : 1024;
    FrameNumber *frames = calloc(room, sizeof *frames);
    if (!frames)
        return false;
    tracing.frames = frames;
    tracing.frame_room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].frame)
            *frame_entry(old[i].frame) = old[i];
    free(old);
    return true;
}

// The number of a frame, whose name is written if it is new. False if there is no memory.
static bool find_frame(void *frame, const char *name, uint32_t *number)
{
    if (2 * tracing.frame_count >= tracing.frame_room && !enlarge_frames())
        return false;
    FrameNumber *entry = frame_entry(frame);
    if (!entry->frame) {
        *entry = (FrameNumber){frame, (uint32_t)tracing.frame_count++};
        put_event(TRACE_FRAME);
        put_text(name);
    }
    *number = entry->number;
    return true;
}

static bool has_room_for(Stack stack)
{
    if (stack < tracing.stack_room)
        return true;
    size_t room = 2 * (size_t)stack + 1024;
    uint32_t *more = realloc(tracing.stacks, room * sizeof *more);
    if (!more)
        return false;
    memset(more + tracing.stack_room, 0, (room - tracing.stack_room) * sizeof *more);
    tracing.stacks = more;
    tracing.stack_room = room;
    return true;
}

static void put_stack(const NamedStack *named)
{
    uint32_t numbers[MOST_TRACED];
    size_t count = 0;
    while (count < named->count &&
           find_frame(named->frames[count], named->names[count], &numbers[count]))
        count++;
    put_event(TRACE_STACK);
    put_number(count);
    for (size_t i = 0; i < count; i++)
        put_number(numbers[i]);
    tracing.stacks[named->stack] = (uint32_t)++tracing.stack_count;
}

// The number of a stack, which is written if it is new; without memory for it, that of one that nobody
// knows.
static uint64_t find_stack(const NamedStack *named)
{
    if (!named->stack || !has_room_for(named->stack))
        return 0;
    if (!tracing.stacks[named->stack])
        put_stack(named);
    return tracing.stacks[named->stack] - 1;
}

static bool is_new_stack(Stack stack)
{
    take_lock();
    bool is_new = tracing.out && (stack >= tracing.stack_room || !tracing.stacks[stack]);
    release_lock();
    return is_new;
}

// Where the library was called. Names are looked for without the lock: the loader may have one of its
// own, and call somebody who wants ours.
static void name_stack(NamedStack *named)
{
    void *const *frames;
    *named = (NamedStack){.stack = arena_stack_here(STACK_USUAL)};
    if (!is_new_stack(named->stack))
        return;
    named->count = smaller(arena_profile_frames(named->stack, &frames), MOST_TRACED);
    for (size_t i = 0; i < named->count; i++) {
        named->frames[i] = frames[i];
        arena_profile_name(frames[i], named->names[i], sizeof named->names[i]);
    }
}

// ----- What the watcher hears -----

static void put_create(const Arena *arena, Traced *traced, const NamedStack *named)
{
    TraceSource source = arena_is_heap(&arena->source)     ? TRACE_HEAP
                         : arena_is_region(&arena->source) ? TRACE_REGION
                         : arena_is_buffer(&arena->source) ? TRACE_BUFFER
                                                           : TRACE_OWN;
    uint64_t number = find_stack(named);
    traced->number = tracing.arenas++;
    put_event(TRACE_CREATE);
    put_number(source);
    put_number(arena->blocks->capacity);
    put_number(arena->largest_block);
    put_text(arena->name ? arena->name : "");
    put_number(number);
    tracing.last_arena = traced->number;
    tracing.last_stack = number;
}

static void *trace_created(Arena *arena, void *context)
{
    (void)context;
    NamedStack named;
    name_stack(&named);
    Traced *traced = calloc(1, sizeof *traced);
    if (traced)
        *traced = (Traced){.first_epoch = arena->epoch, .epoch = arena->epoch};
    if (!begin_event(arena, traced)) {
        free(traced);
        return NULL;
    }
    put_create(arena, traced, &named);
    release_lock();
    return traced;
}

static void trace_destroyed(Arena *arena, void *state)
{
    Traced *traced = state;
    bool is_told = traced && !traced->is_gone;
    if (is_told && begin_event(arena, traced)) {
        put_event_of(traced, TRACE_DESTROY);
        release_lock();
    }
    free(traced);
}

static void trace_allocated(Arena *arena, void *state, void *object, size_t size)
{
    Traced *traced = state;
    NamedStack named;
    name_stack(&named);
    if (!begin_event(arena, traced))
        return;
    uint64_t number = find_stack(&named);
    bool is_same = number == tracing.last_stack;
    bool is_next = (uintptr_t)object == traced->place + round_up(traced->size, ARENA_GRANULE);
    put_event_of(traced, TRACE_ALLOC | (is_same ? TRACE_SAME_STACK : 0u) |
                             (is_next ? TRACE_NEXT_PLACE : 0u));
    put_number(size);
    put_number(ARENA_LOG2(arena_align_of_latest(arena)));
    if (!is_next)
        put_difference(traced->place, (uintptr_t)object);
    traced->place = (uintptr_t)object;
    traced->size = size;
    if (!is_same)
        put_number(number);
    tracing.last_stack = number;
    release_lock();
}

static void trace_resized(Arena *arena, void *state, void *old, size_t old_size, void *object,
                          size_t size)
{
    Traced *traced = state;
    if (!begin_event(arena, traced))
        return;
    put_event_of(traced, TRACE_RESIZE);
    put_difference(traced->place, (uintptr_t)old);
    put_number(old_size);
    put_difference((uintptr_t)old, (uintptr_t)object);
    put_number(size);
    traced->place = (uintptr_t)object;
    traced->size = size;
    release_lock();
}

// A rewind, a reset and an adoption move the epoch themselves, once they are done.
static void trace_rewound(Arena *arena, void *state, const ArenaMark *mark)
{
    Traced *traced = state;
    if (arena_is_ending(arena) || !begin_event(arena, traced))
        return;
    put_event_of(traced, mark ? TRACE_REWIND : TRACE_RESET);
    if (mark)
        put_number(epoch_number(traced, mark->epoch));
    traced->epoch = arena->epoch + ARENA_EPOCH;
    release_lock();
}

static void trace_adopted(Arena *arena, void *state, Arena *from)
{
    Traced *traced = state;
    Traced *other = arena_state_of(from, &arena_tracer);
    if (!other || !begin_event(arena, traced))
        return;
    put_event_of(traced, TRACE_ADOPT);
    put_number(other->number);
    uint64_t latest = arena->epoch > from->epoch ? arena->epoch : from->epoch;
    traced->epoch = latest + ARENA_EPOCH;
    other->is_gone = true;
    release_lock();
}

static void trace_bytes(Arena *arena, void *state, unsigned kind, size_t size)
{
    if (!begin_event(arena, state))
        return;
    put_event_of(state, kind);
    put_number(size);
    release_lock();
}

static void trace_acquired(Arena *arena, void *state, void *start, size_t size)
{
    (void)start;
    trace_bytes(arena, state, TRACE_ACQUIRED, size);
}

static void trace_released(Arena *arena, void *state, void *start, size_t size)
{
    (void)start;
    trace_bytes(arena, state, TRACE_RELEASED, size);
}

const ArenaWatcher arena_tracer = {
    .attached = trace_created,
    .detached = trace_destroyed,
    .allocated = trace_allocated,
    .resized = trace_resized,
    .rewound = trace_rewound,
    .adopted = trace_adopted,
    .acquired = trace_acquired,
    .released = trace_released,
};

// ----- The beginning and the end -----

static ARENA_AT_UNLOAD void end_trace(void)
{
    bool locked = try_lock(); // a thread may have ended with it
    if (tracing.out)
        flush_trace();
    if (tracing.out) { // which may have failed
        uint64_t events = tracing.events;
        put_event(TRACE_END);
        put_number(events);
        flush_trace();
    }
    FILE *out = tracing.out;
    tracing.out = NULL;
    if (locked)
        release_lock();
    if (out && !arena_output_close(out))
        fprintf(stderr, "arena: the trace is not whole: %s\n", strerror(errno));
}

// What the parent has not written yet is the parent's to write, and so is the lock of the file.
static void forget_trace_in_child(void)
{
    if (tracing.out)
        (void)arena_output_close(tracing.out);
    tracing.out = NULL;
}

// The first stack is that which nobody knows.
static void begin_trace(FILE *out, unsigned char *bytes)
{
    tracing = (Tracing){.out = out,
                        .bytes = bytes,
                        .last_arena = UINT64_MAX,
                        .last_time = arena_nanoseconds() / 1000};
    memcpy(bytes, TRACE_MAGIC, strlen(TRACE_MAGIC));
    tracing.size = strlen(TRACE_MAGIC);
    put_event(TRACE_STACK);
    put_number(0);
    tracing.stack_count = 1;
}

bool arena_trace_from_now(const char *file)
{
    unsigned char *bytes = malloc(BUFFER);
    FILE *out = bytes ? arena_output_open_alone(file) : NULL;
    if (!out) {
        fprintf(stderr, "arena: there will be no trace: %s: %s%s\n", file, strerror(errno),
                errno == EBUSY ? ": another process writes it; with %p in its name each has its own"
                               : "");
        free(bytes);
        return false;
    }
    begin_trace(out, bytes);
    arena_pages_at_fork(forget_trace_in_child);
    if (!ARENA_HAS_UNLOAD)
        atexit(end_trace);
    return true;
}

#endif
