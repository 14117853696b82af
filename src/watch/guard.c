// The guard: objects in pages of their own, which end where memory does. A pool of addresses is cut into
// slots; what was taken back is inaccessible, and its slot is not used again before all others were:
//
//     | none | block's header | free .. | red | object | red | none |
//            |                  data pages                   | guard page

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "clock.h"
#include "fault.h"
#include "lock.h"
#include "pattern.h"
#include "report.h"
#include "tools.h"
#include "../memory/pages.h"
#include "../core/atomics.h"

#include <errno.h>
#include <stdlib.h>

// Addresses, and of those how many may have memory: systems bound the number of mappings, Linux to
// 65,530, and each object makes two of them, until it is taken back.
#define POOL_BYTES (sizeof(size_t) > 4 ? (size_t)1 << 32 : (size_t)1 << 27)

// Samples come so slowly that a part of the pool serves; and a process that may not have all addresses
// needs most of them itself.
enum { SAMPLES_PART = 16, ROOM_PART = 8 };

enum { LEAST_SLOTS = 256, MOST_LIVE = 16384, SLOT_PATIENCE = 64, RED_BYTES = 64 };

// Of an object: others wait while its slots are noted.
#define MOST_BYTES ((size_t)8 << 20)

// Where one object in so many is guarded, how many may be at once, and how many more for each second
// that the process works. One takes 20 to 60 microseconds, of which the system has most.
enum { FIRST_SAMPLES = 2, SAMPLES_A_SECOND = 50 };

// Under ThreadSanitizer each object makes more mappings, which stay; so there are so many in all.
enum { MOST_UNDER_TOOL = 1024 };

typedef struct Pool {
    unsigned char *start;
    size_t slot_size; // two pages: an object and what guards it
    size_t slot_count;
    size_t next;
    size_t live_bytes;
} Pool;

// What is, or was, in each slot: in pieces, which come when they are needed, and stay.
enum { SLOTS_A_PIECE = 512, SLOT_PIECES = 1024 };
static Guarded *slot_pieces[SLOT_PIECES];

static Pool guard_pool; // once `has_pool` is set, its place is the same
static atomic_bool has_pool;
static ArenaGuardCounts guard_counts;

// For arenas that are watched from now on; each of them keeps as its state what there was then.
static atomic_size_t one_in = 1;

// Samples, and what the process had worked, since `one_in` was chosen, or since it was forked: clocks
// of a child begin at 0.
typedef struct Budget {
    uint64_t begun; // of the processor's time, in nanoseconds
    size_t samples;
} Budget;
static Budget sample_budget;

static void restart_budget(void)
{
    sample_budget = (Budget){.begun = arena_nanoseconds_used()};
}

// ----- The pool -----

static void take_back(Arena *arena, ArenaBlock *block);

// Half the addresses, and so on, where a process may not have so many.
static Pool make_pool(void)
{
    Pool made = {.slot_size = 2 * arena_pages_size()};
    size_t size = smaller(POOL_BYTES, SLOTS_A_PIECE * SLOT_PIECES * made.slot_size);
    size_t room = arena_pages_room() / ROOM_PART;
    if (atomic_load(&one_in) > 1)
        size /= SAMPLES_PART;
    while (size > room)
        size /= 2;
    while (!made.start && size >= LEAST_SLOTS * made.slot_size) {
        made.start = arena_pages_reserve(size, false);
        made.slot_count = size / made.slot_size;
        size /= 2;
    }
    return made;
}

// Once; a program for which there was no pool goes without.
static void begin(void)
{
    enum { NEVER, BEGINNING, BEGUN };
    static atomic_int state = NEVER;
    int expected = NEVER;
    if (atomic_compare_exchange_strong(&state, &expected, BEGINNING)) {
        if (!arena_tool_sees_memory())
            guard_pool = make_pool();
        if (guard_pool.start) {
            atomic_store(&has_pool, true);
            atomic_store(&arena_take_back, take_back);
            arena_pages_at_fork(restart_budget);
            arena_fault_begin();
        }
        atomic_store(&state, BEGUN);
    }
    while (atomic_load(&state) != BEGUN)
        arena_yield();
}

static size_t slot_at(const void *address)
{
    return ((uintptr_t)address - (uintptr_t)guard_pool.start) / guard_pool.slot_size;
}

static bool is_in_pool(const void *address)
{
    return atomic_load(&has_pool) && slot_at(address) < guard_pool.slot_count;
}

bool arena_guard_has(const void *address)
{
    return is_in_pool(address);
}

static Guarded *slot(size_t index)
{
    return slot_pieces[index / SLOTS_A_PIECE]
               ? &slot_pieces[index / SLOTS_A_PIECE][index % SLOTS_A_PIECE]
               : NULL;
}

// Who is, or was last, where an address in the pool is; NULL if nobody was.
static Guarded *guarded_at(const void *address)
{
    size_t index = slot_at(address);
    Guarded *at = slot(index);
    return at && at->lead > 0 ? slot(index - at->lead) : at;
}

// Which piece is not there yet, of those that note what is in so many slots; SLOT_PIECES: none.
static size_t missing_piece(size_t first, size_t count)
{
    for (size_t i = first / SLOTS_A_PIECE; i <= (first + count - 1) / SLOTS_A_PIECE; i++)
        if (!slot_pieces[i])
            return i;
    return SLOT_PIECES;
}

// Without the lock, since malloc may take long.
static bool add_piece(size_t index)
{
    Guarded *piece = calloc(SLOTS_A_PIECE, sizeof *piece);
    if (!piece)
        return false;
    take_lock();
    Guarded *unused = slot_pieces[index] ? piece : NULL;
    if (!unused)
        slot_pieces[index] = piece;
    release_lock();
    free(unused);
    return true;
}

// Where the next object ends that is there, in slots from `first` to before `end`; or 0.
static size_t end_of_live(size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (slot(i) && slot(i)->is_live)
            return i - slot(i)->lead + slot(i - slot(i)->lead)->slot_count;
    return 0;
}

// So many slots in a row, as long ago as possible.
static bool find_slots(size_t count, size_t *first)
{
    size_t end = 1;
    for (size_t tries = 0; end > 0 && tries < SLOT_PATIENCE; tries++) {
        if (guard_pool.slot_count - guard_pool.next < count)
            guard_pool.next = 0;
        *first = guard_pool.next;
        end = end_of_live(*first, *first + count);
        guard_pool.next = end > 0 ? end : *first;
    }
    return end == 0;
}

static bool is_within_budget(size_t share)
{
    if (guard_counts.live >= MOST_LIVE ||
        (arena_tool_is_there() && guard_counts.guarded >= MOST_UNDER_TOOL))
        return false;
    if (share == 1)
        return true;
    double seconds = (double)(arena_nanoseconds_used() - sample_budget.begun) / 1e9;
    double most = (double)FIRST_SAMPLES + seconds * (double)SAMPLES_A_SECOND;
    return (double)sample_budget.samples < most;
}

// After a miss so many are not looked at.
static void count_chosen(bool is_guarded, size_t share)
{
    guard_counts.live += is_guarded;
    guard_counts.guarded += is_guarded;
    sample_budget.samples += is_guarded && share > 1;
    if (!is_guarded)
        guard_counts.missed += share == 1 ? 1 : ARENA_GUARD_PATIENCE;
}

static void count_missed(size_t share)
{
    take_lock();
    count_chosen(false, share);
    release_lock();
}

static bool may_take_slots(size_t count, size_t share)
{
    size_t bytes = guard_pool.live_bytes + count * guard_pool.slot_size;
    return is_within_budget(share) && count <= guard_pool.slot_count / 8 &&
           bytes <= guard_pool.slot_count / 4 * guard_pool.slot_size;
}

// No more than is needed to see that they are taken, and by whom.
static void note_taken(size_t first, size_t count)
{
    *slot(first) = (Guarded){.first = first, .slot_count = (uint32_t)count, .is_live = true};
    for (uint32_t i = 1; i < count; i++) {
        slot(first + i)->lead = i;
        slot(first + i)->is_live = true;
    }
    guard_pool.next = first + count;
    guard_pool.live_bytes += count * guard_pool.slot_size;
}

// Whether there was anything to take; if not for a piece that is missing, that is told.
static bool take_found(size_t count, size_t share, size_t *first, size_t *missing)
{
    take_lock();
    bool good = may_take_slots(count, share) && find_slots(count, first);
    *missing = good ? missing_piece(*first, count) : SLOT_PIECES;
    if (*missing == SLOT_PIECES) {
        if (good)
            note_taken(*first, count);
        count_chosen(good, share);
    }
    release_lock();
    return good && *missing == SLOT_PIECES;
}

static bool take_slots(size_t count, size_t share, size_t *first)
{
    size_t missing;
    bool good = take_found(count, share, first, &missing);
    while (missing < SLOT_PIECES) {
        if (!add_piece(missing)) {
            count_missed(share);
            return false;
        }
        good = take_found(count, share, first, &missing);
    }
    return good;
}

static void give_slots_back(size_t first, size_t count, bool was_used)
{
    take_lock();
    for (size_t i = 0; i < count; i++)
        slot(first + i)->is_live = false;
    guard_pool.live_bytes -= count * guard_pool.slot_size;
    guard_counts.live--;
    guard_counts.guarded -= !was_used;
    guard_counts.missed += !was_used;
    release_lock();
}

// ----- Objects -----

static unsigned char *pages_end(const Guarded *guarded)
{
    return guard_pool.start + (guarded->first + guarded->slot_count) * guard_pool.slot_size -
           guard_pool.slot_size / 2;
}

static size_t red_before(const Guarded *guarded)
{
    const unsigned char *data = guarded->block->data;
    return smaller((size_t)(guarded->start - data), RED_BYTES);
}

static size_t red_after(const Guarded *guarded)
{
    return (size_t)(pages_end(guarded) - guarded->start) - guarded->size;
}

static void paint(const Guarded *guarded)
{
    size_t before = red_before(guarded);
    paint_red(guarded->start - before, before);
    paint_red(guarded->start + guarded->size, red_after(guarded));
}

// Has memory for the block and its object, which ends at the guard page, or as near to it as its
// alignment lets it. Without memory there is nothing in the slots.
static Guarded *place(size_t first, size_t size, size_t align)
{
    Guarded *guarded = slot(first);
    unsigned char *end = pages_end(guarded);
    uintptr_t start = ((uintptr_t)end - larger(size, 1)) & ~(uintptr_t)(align - 1);
    size_t bytes = (size_t)((uintptr_t)end - start) + sizeof(ArenaBlock);
    size_t page = guard_pool.slot_size / 2;
    size_t length = (bytes + page - 1) & ~(page - 1);
    if (!arena_pages_commit(end - length, length))
        return NULL;
    guarded->size = size;
    guarded->start = end - ((uintptr_t)end - start);
    guarded->pages = end - length;
    guarded->block = arena_place_block(guarded->pages, length, 0, true);
    guarded->block->memory = NULL;
    guarded->block->size = guarded->block->capacity;
    return guarded;
}

static Guarded *guard(size_t size, size_t align, size_t share)
{
    if (!atomic_load(&has_pool))
        return NULL;
    if (size > MOST_BYTES || align > guard_pool.slot_size / 2) {
        count_missed(share);
        return NULL;
    }
    size_t page = guard_pool.slot_size / 2;
    size_t pages = (sizeof(ArenaBlock) + size + align + page - 1) / page + 1;
    size_t count = (pages + 1) / 2;
    size_t first;
    if (!take_slots(count, share, &first))
        return NULL;
    Guarded *guarded = place(first, size, align);
    if (!guarded)
        give_slots_back(first, count, false);
    return guarded;
}

// As a pointer, it is the state of the watcher.
static size_t share_of(const void *state)
{
    return (size_t)(uintptr_t)state;
}

size_t arena_guard_interval(const void *state, bool has_time)
{
    size_t share = share_of(state);
    return share > 1 ? share * ARENA_GUARD_SHARE * (has_time ? 1 : ARENA_GUARD_PATIENCE) : 0;
}

void *arena_guard_place(Arena *arena, size_t size, size_t align)
{
    int error = errno;
    Guarded *guarded =
        guard(size, larger(align, ARENA_GRANULE), share_of(arena_state_of(arena, arena_guard())));
    errno = error;
    if (!guarded)
        return NULL;
    guarded->epoch = arena->epoch;
    guarded->made = arena_stack_here(STACK_USUAL);
    const char *name = arena->name ? arena->name : "";
    for (size_t i = 0; i + 1 < sizeof guarded->name && name[i]; i++)
        guarded->name[i] = name[i];
    paint(guarded);
    arena_add_large(arena, guarded->block, guarded->block->capacity);
    arena_hide(arena, guarded->block->capacity);
    return guarded->start;
}

static void check_red(const Guarded *guarded)
{
    size_t before = red_before(guarded);
    const unsigned char *where = first_not_red(guarded->start - before, before);
    if (!where)
        where = first_not_red(guarded->start + guarded->size, red_after(guarded));
    if (where)
        arena_report_guarded(guarded, where, "somebody wrote beyond an object");
}

// What the system leaves accessible keeps its slots, or somebody else's object would be there.
static void take_back(Arena *arena, ArenaBlock *block)
{
    if (!is_in_pool(block))
        return;
    int error = errno;
    Guarded *guarded = guarded_at(block);
    check_red(guarded);
    guarded->freed = arena_taking_back(arena, &guarded->how);
    if (arena_pages_decommit(guarded->pages, (size_t)(pages_end(guarded) - guarded->pages), false))
        give_slots_back(guarded->first, guarded->slot_count, true);
    errno = error;
}

// ----- What is at an address -----

static size_t distance(const Guarded *guarded, const unsigned char *address)
{
    if (address < guarded->start)
        return (size_t)(guarded->start - address);
    size_t offset = (size_t)(address - guarded->start);
    return offset < larger(guarded->size, 1) ? 0 : offset - guarded->size + 1;
}

// What a guard page lies behind, unless it is nearer to what comes next.
const Guarded *arena_guard_find(const void *address)
{
    if (!is_in_pool(address))
        return NULL;
    const Guarded *found = guarded_at(address);
    size_t after = found && found->start ? found->first + found->slot_count : slot_at(address) + 1;
    const Guarded *next = after < guard_pool.slot_count ? slot(after) : NULL;
    bool is_next = next && next->start;
    if (!found || !found->start)
        return is_next ? next : NULL;
    return is_next && distance(next, address) < distance(found, address) ? next : found;
}

// ----- The watcher -----

static void *begin_guard(Arena *arena, void *context)
{
    (void)arena;
    (void)context;
    begin();
    return (void *)(uintptr_t)atomic_load(&one_in);
}

// An object that stays where it is has another size. If it shrinks after a mark, a rewind takes that
// back, and its end has to be there. It does not grow where it is, whatever its user says it had.
static void note_new_size(const Arena *arena, Guarded *guarded, size_t size)
{
    if (size < guarded->size && guarded->epoch == arena->epoch) {
        guarded->size = size;
        paint(guarded);
    }
}

// What an object has left stays as it was, unless the checker is there, for which that is gone.
static void leave(Arena *arena, Guarded *guarded)
{
    if (guarded->epoch != arena->epoch || !arena_state_of(arena, arena_checker()))
        return;
    size_t capacity = guarded->block->capacity;
    arena_set_taking_back(arena, "arena_realloc");
    if (arena_release_young_large(arena, guarded->block))
        arena_hide(arena, 0 - capacity);
}

static void note_guarded_resized(Arena *arena, void *state, void *old, size_t old_size,
                                 void *object, size_t size)
{
    (void)state;
    (void)old_size;
    Guarded *guarded = is_in_pool(old) ? guarded_at(old) : NULL;
    if (!guarded || !guarded->is_live || guarded->start != old)
        return;
    if (object == old)
        note_new_size(arena, guarded, size);
    else
        leave(arena, guarded);
}

static const ArenaWatcher guard_watcher = {.attached = begin_guard,
                                           .resized = note_guarded_resized};

const ArenaWatcher *arena_guard(void)
{
    return &guard_watcher;
}

void arena_guard_one_in(size_t count)
{
    size_t most =
        SIZE_MAX / (ARENA_GUARD_SHARE * ARENA_GUARD_PATIENCE); // whose interval is a number
    take_lock();
    atomic_store(&one_in, smaller(larger(count, 1), most));
    restart_budget();
    release_lock();
}

ArenaGuardCounts(arena_guard_counts)(void)
{
    bool locked = try_lock(); // at the end of the process a thread may have ended with it
    ArenaGuardCounts now = guard_counts;
    if (locked)
        release_lock();
    return now;
}

#endif
