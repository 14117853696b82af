// The guard: objects in pages of their own, which end where memory does. A pool of addresses is cut into
// slots; what was taken back is inaccessible, and its slot is not used again before all others were:
//
//     | none | block's header | free .. | red | object | red | none |
//            |                  data pages                   | guard page

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "fault.h"
#include "lock.h"
#include "pattern.h"
#include "report.h"
#include "tools.h"
#include "../memory/pages.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

// Addresses, and of those how many may have memory: systems bound the number of mappings, Linux to
// 65,530, and each object makes two of them.
#define POOL_BYTES (sizeof(size_t) > 4 ? (size_t)1 << 32 : (size_t)1 << 27)
enum { LEAST_SLOTS = 256, MOST_LIVE = 16384, PATIENCE = 64, RED_BYTES = 64 };

typedef struct Pool {
    unsigned char *start;
    size_t slot_size; // two pages: an object and what guards it
    size_t slot_count;
    Guarded *slots; // what is, or was, in each
    size_t next;
    size_t live_bytes;
} Pool;

static Pool pool;
static ArenaGuardCounts counts;
static atomic_size_t one_in = 1;

// ----- The pool -----

static void take_back(ArenaBlock *block);

// Half the addresses, and so on, where a process may not have so many.
static bool reserve_pool(Pool *made)
{
    made->slot_size = 2 * arena_pages_size();
    size_t size = POOL_BYTES;
    while (!made->start && size >= LEAST_SLOTS * made->slot_size) {
        made->start = arena_pages_reserve(size);
        made->slot_count = size / made->slot_size;
        size /= 2;
    }
    return made->start != NULL;
}

static bool make_pool(Pool *made)
{
    if (!reserve_pool(made))
        return false;
    made->slots = arena_pages_map(arena_whole_pages(made->slot_count * sizeof(Guarded)));
    if (!made->slots)
        arena_pages_unmap(made->start, made->slot_count * made->slot_size);
    return made->slots != NULL;
}

// Once; a program for which there was no pool goes without.
static void begin(void)
{
    enum { NEVER, BEGINNING, BEGUN };
    static atomic_int state = NEVER;
    int expected = NEVER;
    if (atomic_compare_exchange_strong(&state, &expected, BEGINNING)) {
        Pool made = {0};
        if (!arena_tool_sees_memory() && make_pool(&made)) {
            pool = made;
            atomic_store(&arena_take_back, take_back);
            arena_pages_at_fork(release_lock);
            arena_fault_begin();
        }
        atomic_store(&state, BEGUN);
    }
    while (atomic_load(&state) != BEGUN)
        continue;
}

static size_t slot_at(const void *address)
{
    return ((uintptr_t)address - (uintptr_t)pool.start) / pool.slot_size;
}

static bool is_in_pool(const void *address)
{
    return pool.start && slot_at(address) < pool.slot_count;
}

// Whose slot an address in the pool is in.
static Guarded *guarded_at(const void *address)
{
    size_t slot = slot_at(address);
    return &pool.slots[slot - pool.slots[slot].lead];
}

static bool are_free(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        if (pool.slots[i].is_live)
            return false;
    return true;
}

// So many slots in a row, as long ago as possible.
static bool find_slots(size_t count, size_t *first)
{
    for (size_t tries = 0; tries < PATIENCE; tries++) {
        if (pool.slot_count - pool.next < count)
            pool.next = 0;
        *first = pool.next++;
        if (are_free(*first, count)) {
            pool.next = *first + count;
            return true;
        }
    }
    return false;
}

// No more than an eighth of the addresses for one object, and a quarter for all that are there.
static bool take_slots(size_t count, size_t *first)
{
    size_t bytes = count * pool.slot_size;
    take_lock();
    bool good = count <= pool.slot_count / 8 && counts.live < MOST_LIVE &&
                pool.live_bytes + bytes <= pool.slot_count / 4 * pool.slot_size &&
                find_slots(count, first);
    for (uint32_t i = 0; good && i < count; i++)
        pool.slots[*first + i] = (Guarded){.lead = i, .is_live = true};
    pool.live_bytes += good ? bytes : 0;
    counts.live += good;
    counts.guarded += good;
    counts.missed += !good;
    release_lock();
    return good;
}

static void give_slots_back(size_t first, size_t count, bool was_used)
{
    take_lock();
    for (size_t i = 0; i < count; i++)
        pool.slots[first + i].is_live = false;
    pool.live_bytes -= count * pool.slot_size;
    counts.live--;
    counts.guarded -= !was_used;
    counts.missed += !was_used;
    release_lock();
}

// ----- Objects -----

static unsigned char *pages_end(const Guarded *guarded)
{
    size_t first = (size_t)(guarded - pool.slots);
    return pool.start + (first + guarded->slot_count) * pool.slot_size - pool.slot_size / 2;
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
// alignment lets it.
static Guarded *place(size_t first, size_t count, size_t size, size_t align)
{
    Guarded *guarded = &pool.slots[first];
    guarded->slot_count = (uint32_t)count;
    guarded->size = size;
    unsigned char *end = pages_end(guarded);
    uintptr_t start = ((uintptr_t)end - larger(size, 1)) & ~(uintptr_t)(align - 1);
    guarded->start = end - ((uintptr_t)end - start);
    size_t bytes = (size_t)(end - guarded->start) + sizeof(ArenaBlock);
    size_t page = pool.slot_size / 2;
    guarded->pages = end - ((bytes + page - 1) & ~(page - 1));
    size_t length = (size_t)(end - guarded->pages);
    if (!arena_pages_commit(guarded->pages, length))
        return NULL;
    guarded->block = arena_place_block(guarded->pages, length, 0, true);
    guarded->block->memory = NULL;
    return guarded;
}

static Guarded *guard(size_t size, size_t align)
{
    if (!pool.start || size > POOL_BYTES / 8 || align > pool.slot_size / 2)
        return NULL;
    size_t whole = arena_whole_pages(sizeof(ArenaBlock) + size + align) + pool.slot_size / 2;
    size_t count = (whole + pool.slot_size - 1) / pool.slot_size;
    size_t first;
    if (!take_slots(count, &first))
        return NULL;
    Guarded *guarded = place(first, count, size, align);
    if (!guarded)
        give_slots_back(first, count, false);
    return guarded;
}

void *arena_guard_place(Arena *arena, void *state, size_t size, size_t align)
{
    int error = errno;
    Guard *own = state;
    Guarded *guarded = own ? guard(size, larger(align, ARENA_GRANULE)) : NULL;
    errno = error;
    if (!guarded)
        return NULL;
    guarded->epoch = arena->epoch;
    guarded->made = arena_stack_here();
    const char *name = arena->name ? arena->name : "";
    for (size_t i = 0; i + 1 < sizeof guarded->name && name[i]; i++)
        guarded->name[i] = name[i];
    paint(guarded);
    arena_add_large(arena, guarded->block, guarded->block->capacity);
    own->inverse_sum += 1.0 / (double)larger(size, 1);
    own->count++;
    return guarded->start;
}

// The mean size of objects is that of the harmonic mean of those that were looked at: the larger ones
// are so more often. At first it is a guess.
size_t arena_guard_interval(const void *state)
{
    const Guard *own = state;
    size_t share = atomic_load(&one_in);
    double mean = own ? (double)own->count / own->inverse_sum : 64;
    return share > 1 ? (size_t)(mean * (double)share) : 0;
}

static void take_back(ArenaBlock *block)
{
    if (!is_in_pool(block))
        return;
    int error = errno;
    Guarded *guarded = guarded_at(block);
    size_t first = (size_t)(guarded - pool.slots);
    arena_pages_decommit(guarded->pages, (size_t)(pages_end(guarded) - guarded->pages));
    give_slots_back(first, guarded->slot_count, true);
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
    const Guarded *next = found + larger(found->slot_count, 1);
    bool has_next = next < pool.slots + pool.slot_count && next->start;
    if (has_next && (!found->start || distance(next, address) < distance(found, address)))
        found = next;
    return found->start ? found : NULL;
}

// ----- The watcher -----

static void *begin_guard(Arena *arena, void *context)
{
    (void)arena;
    (void)context;
    begin();
    Guard *own = calloc(1, sizeof *own);
    if (own)
        *own = (Guard){.count = 4, .inverse_sum = 4.0 / 64};
    return own;
}

static void end_guard(Arena *arena, void *state)
{
    (void)arena;
    free(state);
}

static Guarded *guarded_in(const ArenaBlock *block)
{
    return !block->memory && is_in_pool(block) ? guarded_at(block) : NULL;
}

// An object that stays where it is has another size. If it shrinks after a mark, a rewind takes that
// back, and its end has to be there.
static void note_resize(Arena *arena, void *state, void *old, size_t old_size, void *object,
                        size_t size)
{
    (void)state;
    (void)old_size;
    Guarded *guarded = is_in_pool(object) ? guarded_at(object) : NULL;
    bool is_it = guarded && guarded->start == object && old == object;
    if (is_it && (size > guarded->size || guarded->epoch == arena->epoch)) {
        guarded->size = size;
        paint(guarded);
    }
}

static void check_since(const Arena *arena, const ArenaBlock *last)
{
    for (const ArenaBlock *block = arena->large; block != last; block = block->next) {
        const Guarded *guarded = guarded_in(block);
        if (!guarded)
            continue;
        size_t before = red_before(guarded);
        const unsigned char *where = first_not_red(guarded->start - before, before);
        if (!where)
            where = first_not_red(guarded->start + guarded->size, red_after(guarded));
        if (where)
            arena_report_guarded(guarded, where, "somebody wrote beyond an object");
    }
}

static bool check_red(Arena *arena, void *state, const ArenaMark *mark)
{
    Guard *own = state;
    check_since(arena, mark ? mark->large : NULL);
    for (Arena *adopted = mark ? NULL : arena->adopted; adopted; adopted = adopted->adopted)
        check_since(adopted, NULL);
    if (own)
        own->here = 0;
    return true;
}

static void note_how(Arena *arena, void *state, const ArenaMark *mark)
{
    Guard *own = state;
    (void)arena;
    if (own)
        own->how = mark ? "arena_rewind" : "arena_reset or arena_destroy";
}

static void note_freed(Arena *arena, void *state, void *start, size_t size)
{
    Guard *own = state;
    (void)arena;
    (void)size;
    Guarded *guarded = own && is_in_pool(start) ? guarded_at(start) : NULL;
    if (!guarded)
        return;
    if (!own->here)
        own->here = arena_stack_here();
    guarded->freed = own->here;
    guarded->how = own->how;
}

static const ArenaWatcher guard_watcher = {
    .attached = begin_guard,
    .detached = end_guard,
    .resized = note_resize,
    .rewinding = check_red,
    .rewound = note_how,
    .freed = note_freed,
};

const ArenaWatcher *arena_guard(void)
{
    return &guard_watcher;
}

void arena_guard_one_in(size_t count)
{
    atomic_store(&one_in, larger(count, 1));
}

ArenaGuardCounts arena_guard_counts(void)
{
    take_lock();
    ArenaGuardCounts now = counts;
    release_lock();
    return now;
}

#endif
