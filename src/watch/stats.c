// Who uses how much: sums over all arenas of a name, or of those without one that were made in the same
// place. Arenas are looked at when something is taken back; what is there at the end is looked at then,
// though it may be another thread's, and that only reads words that are there for certain.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "stats.h"
#include "lock.h"
#include "report.h"
#include "../core/atomics.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_LINES = 256, SEAT_BUCKETS = 1024, FRAMES = 256 };

enum Column {
    TOTAL,
    LARGEST,
    WASTED,
    RESERVED,
    HELD,
    ARENAS,
    ALIVE,
    REWINDS,
    RESETS,
    FAILURES,
    COLUMNS
};

static const char *const titles[COLUMNS] = {
    [TOTAL] = "handed out", [LARGEST] = "largest", [WASTED] = "wasted", [RESERVED] = "reserved",
    [HELD] = "at exit",     [ARENAS] = "arenas",   [ALIVE] = "alive",   [REWINDS] = "rewinds",
    [RESETS] = "resets",    [FAILURES] = "failed",
};

// Arenas of one name, or, where that is empty, of one place where they were made.
typedef struct Line {
    struct Line *next;
    char name[LEDGER_NAME];
    void *place; // NULL: nobody knows
    size_t figures[COLUMNS];
} Line;

// What is known of an arena that is there. A rewind or reset is under way as long as the arena's epoch is
// `epoch`; `left` is what it leaves.
typedef struct Seat {
    struct Seat *next; // in the same bucket
    const Arena *arena;
    Line *line;
    bool is_there; // for certain, until it is destroyed: it lies in memory of ours
    uint64_t epoch;
    size_t left;
    size_t taken_back; // bytes, so far
    size_t adopted;    // bytes that other arenas had handed out
    size_t largest;
    size_t wasted;          // when it was largest
    atomic_size_t reserved; // the most so far
    size_t rewinds;
    size_t resets;
} Seat;

// All under the one lock, but what only the arena's thread uses.
static Seat *seats[SEAT_BUCKETS];
static Line *lines; // the one that was used last is first
static size_t line_count;
static Line others = {.name = "(others)"};
static size_t missed;
static atomic_int is_begun; // 0 or 1, and an int as has_thread_end_key is
static bool is_over;

// ----- Lines -----

static bool is_line_of(const Line *line, const char *name, const void *place)
{
    return strncmp(line->name, name, sizeof line->name - 1) == 0 && line->place == place;
}

static Line *add_line(const char *name, void *place)
{
    Line *line = line_count < MOST_LINES ? calloc(1, sizeof *line) : NULL;
    if (!line)
        return &others;
    snprintf(line->name, sizeof line->name, "%s", name);
    line->place = place;
    line->next = lines;
    lines = line;
    line_count++;
    return line;
}

static Line *find_line(const char *name, void *place)
{
    Line **link = &lines;
    while (*link && !is_line_of(*link, name, place))
        link = &(*link)->next;
    Line *line = *link;
    if (!line)
        return add_line(name, place);
    *link = line->next;
    line->next = lines;
    lines = line;
    return line;
}

// The first frame that is not the library's. To find it takes long, so it is kept for each stack.
static void *place_of(Stack stack)
{
    static struct {
        Stack stack;
        void *place;
    } known[FRAMES];
    take_lock();
    void *place = known[stack % FRAMES].place;
    bool is_known = known[stack % FRAMES].stack == stack;
    release_lock();
    if (is_known)
        return place;
    place = arena_report_place(stack);
    take_lock();
    known[stack % FRAMES].stack = stack;
    known[stack % FRAMES].place = place;
    release_lock();
    return place;
}

// ----- Seats -----

static Seat **bucket_of(const Arena *arena)
{
    uint64_t hash = (uintptr_t)arena * 0x9e3779b97f4a7c15u;
    return &seats[hash >> 32 & (SEAT_BUCKETS - 1)];
}

static void add_largest(Line *line, const Seat *seat)
{
    if (seat->largest < line->figures[LARGEST])
        return;
    line->figures[LARGEST] = seat->largest;
    line->figures[WASTED] = seat->wasted;
}

// What is known of an arena counts for its name from now on.
static void add_seat(const Seat *seat, size_t used, size_t failures)
{
    if (is_over)
        return;
    size_t *figures = seat->line->figures;
    figures[TOTAL] += larger(seat->taken_back + used, seat->adopted) - seat->adopted;
    figures[RESERVED] = larger(figures[RESERVED], seat->reserved);
    figures[REWINDS] += seat->rewinds;
    figures[RESETS] += seat->resets;
    figures[FAILURES] += failures;
    add_largest(seat->line, seat);
}

static void remove_seat(const Seat *seat)
{
    Seat **link = bucket_of(seat->arena);
    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
}

// An arena in the caller's buffer need not be destroyed: when there is another one in its place, it is
// gone.
static Seat *remove_predecessor(const Arena *arena)
{
    Seat *seat = *bucket_of(arena);
    while (seat && seat->arena != arena)
        seat = seat->next;
    if (seat) {
        add_seat(seat, seat->left, 0);
        remove_seat(seat);
    }
    return seat;
}

static void note_reserved(Seat *seat, size_t reserved)
{
    size_t most = atomic_load_explicit(&seat->reserved, memory_order_relaxed);
    atomic_store_explicit(&seat->reserved, larger(most, reserved), memory_order_relaxed);
}

static void note_largest(Seat *seat, const ArenaStats *stats)
{
    note_reserved(seat, stats->reserved);
    if (stats->used > seat->largest) {
        seat->largest = stats->used;
        seat->wasted = stats->wasted;
    }
}

// ----- What the watcher hears -----

static void set_seat(Seat *seat, const Arena *arena, void *place)
{
    seat->arena = arena;
    seat->line = find_line(arena->name ? arena->name : "", place);
    seat->line->figures[ARENAS]++;
    seat->is_there =
        arena->blocks->memory && (arena_is_heap(&arena->source) || arena_is_region(&arena->source));
    seat->reserved = arena->chain_size;
    seat->next = *bucket_of(arena);
    *bucket_of(arena) = seat;
}

// Once the table is being printed, no line may change.
static void *begin_seat(Arena *arena, void *context)
{
    (void)context;
    void *place = arena->name ? NULL : place_of(arena_stack_here(STACK_USUAL));
    Seat *seat = calloc(1, sizeof *seat);
    Seat *unused = seat;
    take_lock();
    if (!is_over) {
        unused = remove_predecessor(arena);
        missed += !seat;
        if (seat)
            set_seat(seat, arena, place);
    }
    bool is_set = seat && unused != seat;
    release_lock();
    free(unused);
    return is_set ? seat : NULL;
}

static size_t held_by(const volatile Arena *arena)
{
    return arena->chain_size + arena->large_size + arena->adopted_sums.reserved;
}

// Blocks come and go meanwhile only with large objects that grow or shrink. What the newest object has
// given back was handed out.
static void note_resized(Arena *arena, void *state, void *old, size_t old_size, void *object,
                         size_t size)
{
    Seat *seat = state;
    if (!seat)
        return;
    note_reserved(seat, held_by(arena));
    if (old == object && size < old_size &&
        (unsigned char *)object + ARENA_ROUNDED(size) == arena->cursor)
        seat->taken_back += ARENA_ROUNDED(old_size) - ARENA_ROUNDED(size);
}

// Bytes that the arena will have handed out once it is rewound to the mark.
static size_t used_at(const Arena *arena, const ArenaMark *mark)
{
    size_t large = arena->large_used;
    for (const ArenaBlock *block = arena->large; block != mark->large; block = block->next)
        large -= block->used;
    return mark->block->used_before + offset_in(mark->block, mark->cursor) + large +
           arena->adopted_sums.used - arena_hidden_at(arena, mark);
}

static void note_rewound(Arena *arena, void *state, const ArenaMark *mark)
{
    Seat *seat = state;
    if (!seat)
        return;
    ArenaStats stats = arena_stats(arena);
    size_t left = mark ? used_at(arena, mark) : 0;
    take_lock();
    note_largest(seat, &stats);
    seat->taken_back += larger(stats.used, left) - left;
    seat->left = left;
    seat->epoch = arena->epoch;
    seat->rewinds += mark != NULL;
    seat->resets += mark == NULL;
    release_lock();
}

static void note_adopted(Arena *arena, void *state, Arena *from)
{
    Seat *seat = state;
    if (!seat)
        return;
    ArenaStats stats = arena_stats(arena);
    ArenaStats more = arena_stats(from);
    stats.used += more.used;
    stats.reserved += more.reserved;
    stats.wasted += more.wasted;
    take_lock();
    note_largest(seat, &stats);
    seat->adopted += more.used;
    release_lock();
}

// Of an arena that is destroyed all was taken back before, as by a reset that does not come to its end.
static void end_seat(Arena *arena, void *state)
{
    Seat *seat = state;
    if (!seat)
        return;
    ArenaStats stats = arena_stats(arena);
    bool is_destroyed = arena->epoch == seat->epoch;
    take_lock();
    if (is_destroyed)
        seat->resets--;
    else
        note_largest(seat, &stats);
    seat->largest = larger(seat->largest, arena->peak);
    add_seat(seat, is_destroyed ? 0 : stats.used, stats.failures);
    remove_seat(seat);
    release_lock();
    free(seat);
}

const ArenaWatcher arena_counter = {
    .interval = SIZE_MAX,
    .attached = begin_seat,
    .detached = end_seat,
    .resized = note_resized,
    .rewound = note_rewound,
    .adopted = note_adopted,
};

// ----- The end -----

// Another thread may be using the arena. It cannot take anything back meanwhile, since it would have to
// tell us before; or it has told us, and then what is left is known. So the current block is there.
static ARENA_UNCHECKED void add_living(Seat *seat)
{
    const volatile Arena *arena = seat->arena;
    size_t used = seat->left;
    size_t failures = 0;
    seat->line->figures[ALIVE]++;
    if (seat->is_there && arena->epoch != seat->epoch) {
        const volatile ArenaBlock *block = arena->current;
        size_t in_block = (size_t)((uintptr_t)arena->cursor - (uintptr_t)block->data);
        used = block->used_before + in_block + arena->large_used + arena->adopted_sums.used -
               arena->hidden;
        if (used > seat->largest)
            seat->wasted = block->wasted_before + arena->large_capacity - arena->large_used +
                           arena->adopted_sums.wasted;
    }
    if (seat->is_there) {
        failures = arena->failures;
        seat->largest = larger(seat->largest, arena->peak);
        seat->line->figures[HELD] += held_by(arena);
        note_reserved(seat, held_by(arena));
    }
    seat->largest = larger(seat->largest, used);
    add_seat(seat, used, failures);
}

static bool add_all_living(void)
{
    bool locked = try_lock(); // a thread may have ended with it
    for (size_t i = 0; i < SEAT_BUCKETS; i++)
        for (Seat *seat = seats[i]; seat; seat = seat->next)
            add_living(seat);
    is_over = true;
    bool any = lines || missed > 0 || others.figures[ARENAS] > 0;
    if (locked)
        release_lock();
    return any;
}

static int compare_lines(const void *left, const void *right)
{
    const Line *a = *(Line *const *)left;
    const Line *b = *(Line *const *)right;
    if (a->figures[TOTAL] != b->figures[TOTAL])
        return a->figures[TOTAL] < b->figures[TOTAL] ? 1 : -1;
    return strcmp(a->name, b->name);
}

static size_t sort_lines(const Line *sorted[MOST_LINES + 1])
{
    size_t count = 0;
    for (const Line *line = lines; line; line = line->next)
        sorted[count++] = line;
    qsort(sorted, count, sizeof *sorted, compare_lines);
    if (others.figures[ARENAS] > 0)
        sorted[count++] = &others;
    return count;
}

static int width_of(enum Column column, const Line *const *sorted, size_t count)
{
    int width = (int)strlen(titles[column]);
    for (size_t i = 0; i < count; i++) {
        int length = snprintf(NULL, 0, "%zu", sorted[i]->figures[column]);
        width = width > length ? width : length;
    }
    return width;
}

static void print_name(const Line *line)
{
    char text[256] = "(no name)";
    if (line->name[0])
        snprintf(text, sizeof text, "%s", line->name);
    else if (line->place)
        arena_stack_describe(line->place, text, sizeof text);
    fprintf(stderr, "  %s\n", text);
}

// One piece after the other, as long as the row is.
static void print_table(const Line *const *sorted, size_t count)
{
    int widths[COLUMNS];
    fputs("arena: what arenas were used for, in bytes\n", stderr);
    for (int i = 0; i < COLUMNS; i++) {
        widths[i] = width_of((enum Column)i, sorted, count);
        fprintf(stderr, "  %*s", widths[i], titles[i]);
    }
    fputs("  name\n", stderr);
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < COLUMNS; j++)
            fprintf(stderr, "  %*zu", widths[j], sorted[i]->figures[j]);
        print_name(sorted[i]);
    }
}

static void print_guarded(void)
{
    ArenaGuardCounts totals = arena_guard_counts();
    if (totals.guarded + totals.missed > 0)
        fprintf(stderr, "  guarded: %zu objects; about %zu were chosen and went without\n",
                totals.guarded, totals.missed);
}

// Where the library is not told of its end the process is asked, which is earlier: what functions of the
// program that run after this destroy is still there.
ARENA_AT_UNLOAD static void print_all(void)
{
    const Line *sorted[MOST_LINES + 1];
    if (!atomic_exchange(&is_begun, false) || !add_all_living())
        return;
    print_table(sorted, sort_lines(sorted));
    print_guarded();
    if (missed > 0)
        fprintf(stderr, "and %zu arenas for which there was no memory to count them\n", missed);
}

void arena_count_from_now(void)
{
    atomic_store(&is_begun, true);
    if (!ARENA_HAS_UNLOAD)
        atexit(print_all);
}

#endif
