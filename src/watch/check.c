// The checker: a watcher that knows every object. Where a tool sees memory it is told what is an object
// and what is not. Otherwise patterns tell: in red zones, which are looked at when the object goes, and
// in what was taken back, which is looked at when it is handed out again.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "audit.h"
#include "pattern.h"
#include "report.h"
#include "tags.h"
#include "tools.h"

// What fills memory that was handed out, a prime number of different bytes so that no two objects look
// alike; and what was taken back.
enum { FRESH = 0xa1, PERIOD = 7, FREED = 0xdb };
#define RED_ZONE ((size_t)16)

// ----- Patterns, where no tool sees memory -----

static uint64_t sum_of(const Object *object)
{
    uint64_t sum = object->size;
    for (size_t i = 0; i < object->size; i++)
        sum = (sum ^ object->start[i]) * 0x100000001b3u;
    return sum;
}

static void fill(unsigned char *start, size_t size, unsigned value)
{
    for (size_t i = 0; i < size; i++)
        start[i] = (unsigned char)(value + i % PERIOD);
}

// Each byte is as the one after it, in steps. Somebody may be writing there meanwhile, so there is a bound.
static const unsigned char *first_not_freed(const unsigned char *start, size_t size)
{
    enum { STEP = 64 };
    size_t i = 0;
    while (i < size && start[i] == FREED)
        i += size - i > STEP && memcmp(start + i, start + i + 1, STEP) == 0 ? STEP : 1;
    return i < size ? start + i : NULL;
}

// From the end of an object to the end of its red zone.
static size_t size_after(const Object *object)
{
    size_t slack = round_up(object->size, ARENA_GRANULE) - object->size;
    return slack + object->zone;
}

static void paint_zones(const Object *object)
{
    paint_red(object->start - object->zone, object->zone);
    paint_red(object->start + object->size, size_after(object));
}

// ----- What is found -----

static void report_zone(const Ledger *ledger, const Object *object, const unsigned char *where)
{
    Report report = {0};
    arena_report_add(&report, "arena: somebody wrote %s an object\n",
                     where < object->start ? "before" : "after the end of");
    arena_report_add_offset(&report, where, object->start, object->size);
    arena_report_add_object(&report, ledger, object);
    arena_report_send(&report);
}

static void report_left(const Ledger *ledger, const Object *object)
{
    Report report = {0};
    arena_report_add(&report, "arena: somebody wrote to an object that arena_realloc had moved\n");
    arena_report_add_object(&report, ledger, object);
    arena_report_send(&report);
}

// What a guarded object has left cannot be looked at.
static void check_zones(const Ledger *ledger, const Object *object)
{
    if (object->is_left && arena_guard_has(object->start))
        return;
    const unsigned char *where = first_not_red(object->start - object->zone, object->zone);
    if (!where && !object->is_loose)
        where = first_not_red(object->start + object->size, size_after(object));
    if (where)
        report_zone(ledger, object, where);
    if (object->is_left && object->sum != sum_of(object))
        report_left(ledger, object);
}

static void report_late_write(const Ledger *ledger, const unsigned char *where)
{
    Report report = {0};
    const Gone *gone = arena_ledger_find_gone(ledger, where);
    arena_report_add(&report, "arena: somebody wrote to memory that was taken back\n");
    if (gone) {
        arena_report_add(&report, "%p is %zu bytes into\n", (const void *)where,
                         (size_t)(where - gone->start));
        arena_report_add_gone(&report, ledger, gone);
    } else {
        arena_report_add_arena(&report, ledger);
    }
    arena_report_send(&report);
}

// What is now an object and its red zones was free, and if it had been used, nobody may have written
// there since.
static void check_freed(const Arena *arena, const Ledger *ledger, const Object *object)
{
    const unsigned char *start = object->start - object->zone;
    size_t size = object->zone + object->size + size_after(object);
    if (start >= arena->dirty || offset_in(arena->current, start) >= arena->current->capacity)
        return;
    const unsigned char *where =
        first_not_freed(start, smaller(size, (size_t)(arena->dirty - start)));
    if (where)
        report_late_write(ledger, where);
}

// ----- Objects -----

// The arena is the program's to lose, unless it lies in memory that the program has already.
static void begin_arena(const Ledger *ledger, const Arena *arena)
{
    if (!ledger->is_lent)
        arena_tool_begin_arena(ledger, arena);
}

static void end_arena(const Ledger *ledger, const Arena *arena)
{
    if (!ledger->is_lent)
        arena_tool_end_arena(ledger, arena);
}

static void *begin_ledger(Arena *arena, void *context)
{
    (void)context;
    Ledger *ledger = arena_ledger_begin(arena);
    if (ledger) {
        bool is_new = arena->current == arena->blocks && arena->cursor == arena->blocks->data;
        ledger->is_whole = is_new && !arena->large && !arena->adopted;
        arena_tool_begin_pool(ledger);
        begin_arena(ledger, arena);
    }
    return ledger;
}

static void note_object(Arena *arena, void *state, void *start, size_t size)
{
    Ledger *ledger = state;
    arena_tool_note_use(arena);
    if (!ledger)
        return;
    Object object = {
        .start = start,
        .size = size,
        .epoch = arena->epoch,
        .made = arena_stack_here(STACK_USUAL),
        .zone = (uint32_t)arena_red_zone(arena) & (INT32_MAX / 2),
    };
    if (arena_tool_sees_memory()) {
        arena_audit_clear(start, size);
        arena_tool_alloc(ledger, start, size);
    } else {
        check_freed(arena, ledger, &object);
        paint_zones(&object);
        fill(start, size, FRESH);
    }
    arena_ledger_add(ledger, object);
}

static void forget_object(Ledger *ledger, const Object *object, const char *how, Stack freed)
{
    arena_ledger_note_gone(ledger, object, how, freed);
    if (arena_tool_sees_memory())
        arena_tool_free(ledger, object->start, object->size);
}

// The storage that an object has left is free, unless a mark may have seen it.
static void leave_storage(const Arena *arena, Ledger *ledger, Object *object)
{
    if (object->epoch != arena->epoch)
        return;
    Stack here = arena_stack_here(STACK_USUAL);
    arena_tool_note_write(object->start, object->size);
    arena_ledgers_take();
    forget_object(ledger, object, "arena_realloc", here);
    object->is_left = true;
    if (!arena_tool_sees_memory() && !arena_guard_has(object->start))
        object->sum = sum_of(object);
    arena_ledgers_release();
}

static void add_call(Report *report)
{
    arena_report_add(report, "  called at\n");
    arena_report_add_stack(report, arena_stack_here(STACK_USUAL));
}

static void report_pointer(const Ledger *ledger, const void *ptr)
{
    Report report = {0};
    arena_report_add(&report, "arena: arena_realloc of what is no object of this arena\n");
    arena_report_add_arena(&report, ledger);
    if (!arena_report_add_address(&report, ptr))
        arena_report_add(&report, "%p is of no arena that is checked\n", ptr);
    add_call(&report);
    arena_report_send(&report);
}

static void report_size(const Ledger *ledger, const Object *object, size_t size)
{
    Report report = {0};
    arena_report_add(
        &report, "arena: arena_realloc was told an old size of %zu bytes for an object\n", size);
    arena_report_add_object(&report, ledger, object);
    add_call(&report);
    arena_report_send(&report);
}

static void resize_object(Ledger *ledger, Object *object, size_t size)
{
    size_t old_size = object->size;
    object->size = size;
    if (arena_tool_sees_memory()) {
        if (size > old_size)
            arena_audit_clear(object->start + old_size, size - old_size);
        arena_tool_resize(ledger, object->start, old_size, size);
    } else {
        if (size > old_size)
            fill(object->start + old_size, size - old_size, FRESH);
        paint_red(object->start + size, size_after(object));
    }
}

// Whether the object, though older than the epoch, has given memory back: no mark has seen it.
static bool was_cut(const Arena *arena, const Object *object, size_t size)
{
    size_t whole = round_up(size, ARENA_GRANULE);
    return whole < round_up(object->size, ARENA_GRANULE) && object->start + whole == arena->cursor;
}

// What was adopted belongs to the arena too.
static Object *find_object(const Ledger *ledger, const void *ptr)
{
    Object *object = NULL;
    for (; ledger && !object; ledger = ledger->adopted)
        object = arena_ledger_find(ledger, ptr);
    return object;
}

size_t arena_checked_size(const Arena *arena, const void *ptr, size_t size)
{
    const Ledger *ledger = arena_state_of(arena, arena_checker());
    const Object *object = ledger ? find_object(ledger, ptr) : NULL;
    bool is_known = object && object->start == ptr && !object->is_loose;
    return is_known ? smaller(size, object->size) : size;
}

static void note_object_resized(Arena *arena, void *state, void *old, size_t old_size, void *start,
                                size_t size)
{
    Ledger *ledger = state;
    arena_tool_note_use(arena);
    if (!ledger)
        return;
    Object *object = find_object(ledger, old);
    bool is_other = object && old_size == 0 && object->size > 0; // at the same address
    if (is_other)
        return;
    if (!object || object->start != old || object->is_left) {
        if (ledger->is_whole)
            report_pointer(ledger, old);
    } else if (old_size > object->size && !object->is_loose) {
        report_size(ledger, object, old_size);
    } else if (start != old) {
        leave_storage(arena, ledger, object);
    } else if (object->epoch == arena->epoch || was_cut(arena, object, size)) {
        resize_object(ledger, object, size);
    } else if (size > larger(object->size, old_size)) { // what a mark saw stays as it is
        if (arena_tool_sees_memory())
            arena_tool_resize(ledger, start, larger(object->size, old_size), size);
        object->is_loose = true;
    }
}

// ----- What is taken back -----

typedef struct Search {
    const Arena *arena;
    Ledger found;
} Search;

static bool find_ended(Ledger *ledger, void *context)
{
    Search *search = context;
    if (ledger->arena || ledger->was != search->arena)
        return false;
    search->found = *ledger;
    return true;
}

void arena_report_use_after_end(const Arena *arena, const char *function)
{
    Report report = {0};
    Search search = {.arena = arena};
    arena_report_add(&report, "arena: %s of an arena that was destroyed\n", function);
    if (arena_ledger_any(find_ended, &search))
        arena_report_add_arena(&report, &search.found);
    arena_report_add(&report, "  used at\n");
    arena_report_add_stack(&report, arena_stack_here(STACK_USUAL));
    arena_report_send(&report);
}

// In src/threads/scratch.c the marks are those of scopes.
static void report_mark(const Ledger *ledger, bool is_stale)
{
    Report report = {0};
    if (!is_stale)
        arena_report_add(&report, "arena: arena_rewind to a mark that is not of this arena\n");
    else if (strcmp(ledger->name, "scratch") == 0)
        arena_report_add(&report, "arena: the end of a scratch scope that has ended before, by "
                                  "itself or with one around it\n");
    else
        arena_report_add(&report, "arena: arena_rewind to a mark that is stale: the arena was "
                                  "reset, or rewound to an older one\n");
    arena_report_add_arena(&report, ledger);
    arena_report_add(&report, "  rewound at\n");
    arena_report_add_stack(&report, arena_stack_here(STACK_USUAL));
    arena_report_send(&report);
}

static bool is_on_chain(const Arena *arena, const ArenaMark *mark)
{
    const ArenaBlock *block = arena->blocks;
    while (block && block != mark->block)
        block = block->next;
    return block && offset_in(block, mark->cursor) <= block->capacity;
}

static bool mark_is_good(const Arena *arena, const Ledger *ledger, const ArenaMark *mark)
{
    bool is_stale = arena_ledger_mark_is_dead(ledger, mark->epoch);
    bool is_good = !is_stale && is_on_chain(arena, mark) && mark->epoch < arena->epoch;
    if (!is_good)
        report_mark(ledger, is_stale);
    return is_good;
}

static void check_zones_since(const Ledger *ledger, uint64_t epoch)
{
    for (size_t i = ledger->count; i > 0 && ledger->objects[i - 1].epoch > epoch; i--)
        check_zones(ledger, &ledger->objects[i - 1]);
}

static bool check_rewind(Arena *arena, void *state, const ArenaMark *mark)
{
    Ledger *ledger = state;
    arena_tool_note_use(arena);
    if (!ledger)
        return true;
    if (mark && !mark_is_good(arena, ledger, mark))
        return false;
    uint64_t epoch = mark ? mark->epoch : 0;
    for (Ledger *each = ledger; each && !arena_tool_sees_memory();
         each = mark ? NULL : each->adopted)
        check_zones_since(each, epoch);
    arena_ledger_kill_marks(ledger, epoch,
                            arena->epoch - ARENA_EPOCH); // deferred calls make others
    return true;
}

static const char *name_of_call(uint64_t epoch)
{
    return epoch ? "arena_rewind" : "arena_reset or arena_destroy";
}

// That objects end is a use of each, in front of the lock: what is done under that no tool looks at.
static void note_ends(const Ledger *ledger, uint64_t epoch)
{
    for (size_t i = ledger->count; i > 0 && ledger->objects[i - 1].epoch > epoch; i--)
        if (!ledger->objects[i - 1].is_left)
            arena_tool_note_write(ledger->objects[i - 1].start, ledger->objects[i - 1].size);
}

static void drop_objects(Ledger *ledger, uint64_t epoch, Stack here)
{
    const char *how = name_of_call(epoch);
    note_ends(ledger, epoch);
    arena_ledgers_take();
    while (ledger->count > 0 && ledger->objects[ledger->count - 1].epoch > epoch) {
        const Object *object = &ledger->objects[ledger->count - 1];
        if (!object->is_left)
            forget_object(ledger, object, how, here);
        arena_ledger_drop_newest(ledger);
    }
    arena_ledgers_release();
}

static void end_one(Ledger *ledger)
{
    arena_tool_end_pool(ledger);
    arena_ledger_end(ledger);
}

static void end_adopted(Ledger *ledger, Stack here)
{
    while (ledger->adopted) {
        Ledger *adopted = ledger->adopted;
        ledger->adopted = adopted->adopted;
        drop_objects(adopted, 0, here);
        end_one(adopted);
    }
}

static void drop_rewound(Arena *arena, void *state, const ArenaMark *mark)
{
    Ledger *ledger = state;
    if (!ledger)
        return;
    Stack here = arena_stack_here(STACK_USUAL);
    uint64_t epoch = mark ? mark->epoch : 0;
    arena_ledger_kill_marks(ledger, epoch, arena->epoch - ARENA_EPOCH);
    arena_audit_taken_back(ledger, epoch, name_of_call(epoch), here);
    drop_objects(ledger, epoch, here);
    if (!mark)
        end_adopted(ledger, here);
}

// Once, and then it is as before. Only where there is a ledger does anything lie idle.
void arena_check_freed(const Arena *arena, unsigned char *start, size_t size)
{
    if (arena_tool_sees_memory())
        return;
    const unsigned char *where = first_not_freed(start, size);
    if (where) {
        report_late_write(arena_state_of(arena, arena_checker()), where);
        memset(start, FREED, size);
    }
}

void arena_close_memory(void *start, size_t size)
{
    if (arena_guard_has(start)) // who has its own patterns there
        return;
    if (arena_tool_sees_memory())
        arena_tool_hide(start, size);
    else
        memset(start, FREED, size);
}

void arena_open_memory(void *start, size_t size)
{
    if (arena_tool_sees_memory())
        arena_tool_forget(start, size);
    const unsigned char *where = arena_tool_sees_memory() ? NULL : first_not_freed(start, size);
    if (!where)
        return;
    Report report = {0};
    arena_report_add(&report, "arena: somebody wrote to memory of an arena that was destroyed\n");
    arena_report_add_address(&report, where);
    arena_report_send(&report);
}

// Here and below: of an arena that there was no memory to check, nothing is closed to the program.
static void note_freed(Arena *arena, void *state, void *start, size_t size)
{
    (void)arena;
    if (state)
        arena_close_memory(start, size);
}

// ----- Memory -----

// Bytes from there on that are not known to be zero, so that a program may have used them.
static size_t dirty_bytes(const Arena *arena, const unsigned char *start, size_t size)
{
    if (offset_in(arena->current, start) < arena->current->capacity)
        return start < arena->dirty ? smaller(size, (size_t)(arena->dirty - start)) : 0;
    const ArenaBlock *block = (const void *)(start - offsetof(ArenaBlock, data));
    return smaller(size, block->dirty);
}

static void note_acquired(Arena *arena, void *state, void *start, size_t size)
{
    if (!state)
        return;
    arena_ledger_add_extent(state, start, size);
    const Ledger *ledger = state;
    if (!ledger->is_lent && (arena_is_heap(&arena->source) || arena_is_region(&arena->source)))
        arena_tags_cover(start, size);
    if (arena_tool_sees_memory())
        arena_tool_hide(start, size);
    else
        memset(start, FREED, dirty_bytes(arena, start, size));
}

static void note_released(Arena *arena, void *state, void *start, size_t size)
{
    (void)arena;
    if (state)
        arena_ledger_remove_extent(state, start, size);
    arena_tool_forget(start, size);
}

static void end_ledger(Arena *arena, void *state)
{
    Ledger *ledger = state;
    if (!ledger || ledger->is_adopted)
        return;
    end_adopted(ledger, arena_stack_here(STACK_USUAL));
    end_arena(ledger, arena);
    end_one(ledger);
}

static void adopt_ledger(Arena *arena, void *state, Arena *from)
{
    (void)arena;
    Ledger *ledger = state;
    Ledger *other = arena_state_of(from, arena_checker());
    if (ledger && (!other || !other->is_whole))
        ledger->is_whole = false;
    if (other)
        end_arena(other, from);
    if (ledger && other)
        arena_ledger_adopt(ledger, other);
}

static const ArenaWatcher checker = {
    .interval = 0,
    .red_zone = RED_ZONE,
    .attached = begin_ledger,
    .detached = end_ledger,
    .allocated = note_object,
    .resized = note_object_resized,
    .rewinding = check_rewind,
    .rewound = drop_rewound,
    .freed = note_freed,
    .adopted = adopt_ledger,
    .acquired = note_acquired,
    .released = note_released,
};

const ArenaWatcher *arena_checker(void)
{
    return &checker;
}

#endif
