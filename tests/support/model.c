// The steps of the random program. A step picks an arena, does one thing to it and to its shadow,
// and compares.

#include "model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/tuning.h"
#include "bytes.h"
#include "shadow.h"

enum {
    ARENAS = 6,
    CHECK_ALL_EVERY = 256,
    MOST_OBJECTS = 2500,
    MOST_BYTES = 6 << 20,
    TEXT_SIZE = 400,
};

struct Model {
    Choices *choices;
    FILE *log;
    Shadow *shadows[ARENAS];
    unsigned long step;
    unsigned long next_id;
    const char *mistake;
};

// The context of a deferred call.
typedef struct Deferred {
    Shadow *shadow;
    unsigned long id;
} Deferred;

// What a request may be compared with afterwards.
typedef struct Before {
    ArenaStats stats;
    unsigned char *cursor;
    size_t room; // in the current block
} Before;

static size_t choose_size(Model *model, size_t bound)
{
    return choose(model->choices, (uint32_t)bound);
}

static bool chance(Model *model, uint32_t one_in)
{
    return choose(model->choices, one_in) == 0;
}

static void say(Model *model, const char *format, ...)
{
    if (!model->log)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(model->log, "%lu: ", model->step);
    vfprintf(model->log, format, arguments);
    fputc('\n', model->log);
    va_end(arguments);
}

// -------------------------------------------------------------------------------------------------
// Requests, whatever they are made with
// -------------------------------------------------------------------------------------------------

static Before note_before(const Arena *arena)
{
    const ArenaBlock *block = arena->current;
    size_t offset = (size_t)(arena->cursor - block->data);
    errno = 0;
    return (Before){arena_stats(arena), arena->cursor, block->capacity - offset};
}

static bool is_unchanged(const Arena *arena, const Before *before)
{
    ArenaStats stats = arena_stats(arena);
    return stats.used == before->stats.used && stats.peak == before->stats.peak &&
           stats.reserved == before->stats.reserved && stats.wasted == before->stats.wasted &&
           stats.blocks == before->stats.blocks && arena->cursor == before->cursor;
}

// A request of `size` bytes failed, as it should only for lack of memory.
static bool check_failure(Shadow *shadow, const Before *before, size_t size, size_t align)
{
    shadow->failures++;
    if (!shadow->may_fail)
        return shadow_mistake(shadow, "a request failed though memory is plenty");
    if (before->room >= align && before->room - align >= size)
        return shadow_mistake(shadow, "a request failed that the current block could serve");
    if (errno != ENOMEM)
        return shadow_mistake(shadow, "errno is not ENOMEM");
    if (!is_unchanged(shadow->arena, before))
        return shadow_mistake(shadow, "a failed request changed the arena");
    return true;
}

static uint32_t fresh_seed(const Model *model)
{
    return (uint32_t)model->step * 7 + 1;
}

static bool add_object(Model *model, Shadow *shadow, void *bytes, size_t size)
{
    if (!shadow_add(shadow, bytes, size))
        return false;
    ArenaStats stats = arena_stats(shadow->arena);
    if (size && chance(model, 8)) {
        unsigned char *first = bytes;
        if (!arena_owns(shadow->arena, first) || !arena_owns(shadow->arena, first + size - 1))
            return shadow_mistake(shadow, "an arena does not own what it just gave");
    }
    return stats.used <= stats.peak || shadow_mistake(shadow, "the peak is under what is used");
}

// Small sizes mostly; now and then one that needs a block of its own, or a mapping.
static size_t object_size(Model *model)
{
    uint32_t kind = choose(model->choices, 256);
    if (kind < 170)
        return choose_size(model, 70);
    if (kind < 240)
        return choose_size(model, 700);
    if (kind < 252)
        return choose_size(model, 9000);
    if (kind < 255 || !chance(model, 4))
        return choose_size(model, 150000);
    return ARENA_TUNE_MAPPED - 2000 + choose_size(model, 300000);
}

static void *request(Model *model, Shadow *shadow, size_t size, size_t *align, bool *zero)
{
    Arena *arena = shadow->arena;
    *zero = false;
    *align = _Alignof(max_align_t);
    switch (choose(model->choices, 6)) {
    case 0: *align = 8; return arena_new(arena, size, 8);
    case 1:
        *align = 4;
        *zero = true;
        return arena_new0(arena, size, 4);
    case 2: *zero = true; return arena_calloc(arena, size);
    case 3:
        *align = (size_t)1 << choose(model->choices, 13);
        return arena_alloc_aligned(arena, size, *align);
    case 4:
        *align = (size_t)16 << choose(model->choices, 4);
        *zero = true;
        return arena_new0(arena, size, *align);
    default: return arena_alloc(arena, size);
    }
}

static bool step_request(Model *model, Shadow *shadow)
{
    size_t size = object_size(model), align;
    bool zero;
    Before before = note_before(shadow->arena);
    unsigned char *bytes = hide_pointer(request(model, shadow, size, &align, &zero));
    say(model, "request %lu align %lu zero %d: %p", (unsigned long)size, (unsigned long)align, zero,
        (void *)bytes);
    if (!bytes)
        return check_failure(shadow, &before, size, align);
    if ((uintptr_t)bytes % align != 0)
        return shadow_mistake(shadow, "an object is not aligned");
    if (zero && !bytes_are_all(bytes, size, 0))
        return shadow_mistake(shadow, "zeroed memory is not zero");
    if (arena_stats(shadow->arena).used < before.stats.used + size)
        return shadow_mistake(shadow, "an object was not counted as used");
    if (!zero || chance(model, 2))
        fill_bytes(bytes, size, fresh_seed(model));
    return add_object(model, shadow, bytes, size);
}

static void *request_text(Model *model, Arena *arena, const char *text, size_t length)
{
    switch (choose(model->choices, 4)) {
    case 0: return arena_strdup(arena, text);
    case 1: return arena_memdup(arena, text, length + 1);
    case 2: return arena_strndup(arena, text, length + choose_size(model, 3));
    default: return arena_asprintf(arena, "%.*s%s", (int)(length / 2), text, text + length / 2);
    }
}

static bool step_text(Model *model, Shadow *shadow)
{
    char text[TEXT_SIZE];
    size_t length = choose_size(model, TEXT_SIZE);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (model->step + i * 7) % 26);
    text[length] = '\0';
    Before before = note_before(shadow->arena);
    unsigned char *copy = hide_pointer(request_text(model, shadow->arena, text, length));
    say(model, "text of %lu: %p", (unsigned long)length, (void *)copy);
    if (!copy)
        return check_failure(shadow, &before, length + 1, _Alignof(max_align_t));
    if (memcmp(copy, text, length + 1) != 0)
        return shadow_mistake(shadow, "a copied text is not the text");
    return add_object(model, shadow, copy, length + 1);
}

// Requests that no arena can serve.
static bool step_refused(Model *model, Shadow *shadow)
{
    static const size_t crooked[] = {0, 3, 24, 48, SIZE_MAX, SIZE_MAX / 2};
    Before before = note_before(shadow->arena);
    size_t huge = hide_size(SIZE_MAX - choose_size(model, 70));
    size_t align = hide_size((size_t)1 << choose(model->choices, 13));
    int error = ENOMEM;
    void *bytes;
    switch (choose(model->choices, 5)) {
    case 0: bytes = arena_alloc(shadow->arena, huge); break;
    case 1: bytes = arena_calloc(shadow->arena, huge / 2 + 36); break;
    case 2: bytes = arena_alloc_aligned(shadow->arena, huge, align); break;
    case 3: bytes = ARENA_NEW0_ARRAY(shadow->arena, uint64_t, huge / 8 + 9); break;
    default:
        align = crooked[choose(model->choices, sizeof crooked / sizeof *crooked)];
        bytes = arena_alloc_aligned(shadow->arena, hide_size(16), hide_size(align));
        error = EINVAL;
    }
    say(model, "a request that cannot be served");
    shadow->failures++;
    if (hide_pointer(bytes))
        return shadow_mistake(shadow, "an impossible request was served");
    return (errno == error && is_unchanged(shadow->arena, &before)) ||
           shadow_mistake(shadow, "an impossible request changed the arena, or errno is wrong");
}

// -------------------------------------------------------------------------------------------------
// Objects that are there already
// -------------------------------------------------------------------------------------------------

// A live object that is not covered, the newest half the time; false if there is none.
static bool pick_object(Model *model, const Shadow *shadow, size_t *object)
{
    if (shadow->object_count == 0)
        return false;
    *object = shadow->object_count - 1;
    if (chance(model, 2))
        *object = choose_size(model, shadow->object_count);
    return !shadow->objects[*object].covered && !shadow->objects[*object].left;
}

static bool is_large(const Arena *arena, const unsigned char *bytes)
{
    for (const ArenaBlock *large = arena->large; large; large = large->next)
        if (bytes >= large->data && bytes < large->data + large->capacity)
            return true;
    return false;
}

static size_t rounded(size_t size)
{
    return (size + ARENA_GRANULE - 1) & ~(size_t)(ARENA_GRANULE - 1);
}

// Whether the object has to stay where it is, being newest with room behind, or not growing.
static bool has_to_stay(const Before *before, const ShadowObject *object, size_t new_size)
{
    if (new_size <= object->size)
        return true;
    if (object->size == 0 || object->bytes + rounded(object->size) != before->cursor)
        return false;
    return before->room >= rounded(new_size) - rounded(object->size);
}

// Moves the shadow along with an object that was reallocated.
static bool follow(Model *model, Shadow *shadow, size_t object, unsigned char *bytes, size_t size,
                   bool old_is_gone)
{
    bool stayed = bytes == shadow->objects[object].bytes;
    if (object >= shadow->young_from && (stayed || old_is_gone)) {
        fill_bytes(bytes, size, fresh_seed(model));
        shadow_move(shadow, object, bytes, size);
        return true;
    }
    if (stayed) {
        if (!shadow_cover(shadow, object, size))
            return false;
        fill_bytes(bytes, size, fresh_seed(model));
        shadow_accept(shadow, shadow->object_count - 1);
        return true;
    }
    fill_bytes(bytes, size, fresh_seed(model));
    shadow->objects[object].left = object >= shadow->young_from;
    shadow->objects[object].closed = shadow->objects[object].left && shadow->arena->watch;
    return shadow_check_object(shadow, object) && add_object(model, shadow, bytes, size);
}

static size_t changed_size(Model *model, size_t size)
{
    switch (choose(model->choices, 4)) {
    case 0: return size / 2;
    case 1: return size + choose_size(model, 50);
    case 2: return size < 200000 ? size * 2 : size;
    default: return object_size(model);
    }
}

static bool step_realloc(Model *model, Shadow *shadow)
{
    size_t object;
    if (!pick_object(model, shadow, &object) || shadow->objects[object].pinned)
        return true;
    ShadowObject old = shadow->objects[object];
    size_t size = changed_size(model, old.size);
    bool young_large = object >= shadow->young_from && old.covers == NO_OBJECT &&
                       is_large(shadow->arena, old.bytes);
    Before before = note_before(shadow->arena);
    unsigned char *bytes = arena_realloc(shadow->arena, old.bytes, old.size, size);
    say(model, "realloc %p %lu -> %p %lu", (void *)old.bytes, (unsigned long)old.size,
        (void *)bytes, (unsigned long)size);
    if (!bytes && size <= old.size)
        return shadow_mistake(shadow, "a shrink failed");
    if (!bytes)
        return check_failure(shadow, &before, size, _Alignof(max_align_t)) &&
               shadow_check_object(shadow, object);
    if (bytes != old.bytes && !shadow->arena->watch && has_to_stay(&before, &old, size))
        return shadow_mistake(shadow, "realloc moved an object that could stay");
    size_t kept = size < old.size ? size : old.size;
    if (kept && memcmp(bytes, old.expected, kept) != 0)
        return shadow_mistake(shadow, "realloc lost bytes");
    return follow(model, shadow, object, bytes, size, young_large);
}

// The user writes to an object, in part.
static bool step_write(Model *model, Shadow *shadow)
{
    size_t object;
    if (!pick_object(model, shadow, &object) || shadow->objects[object].size == 0)
        return true;
    if (!shadow_check_object(shadow, object))
        return false;
    const ShadowObject *record = &shadow->objects[object];
    size_t offset = choose_size(model, record->size);
    fill_bytes(record->bytes + offset, record->size - offset, fresh_seed(model));
    shadow_accept(shadow, object);
    say(model, "write to %p", (void *)record->bytes);
    return true;
}

static bool step_owns(Model *model, Shadow *shadow)
{
    static unsigned char foreign;
    size_t object;
    if (arena_owns(shadow->arena, &foreign) || arena_owns(shadow->arena, shadow->arena->cursor))
        return shadow_mistake(shadow, "an arena owns what it has not handed out");
    if (!pick_object(model, shadow, &object) || shadow->objects[object].size == 0)
        return true;
    const ShadowObject *record = &shadow->objects[object];
    return arena_owns(shadow->arena, record->bytes + record->size / 2) ||
           shadow_mistake(shadow, "an arena does not own a live object");
}

// -------------------------------------------------------------------------------------------------
// Marks and what they undo
// -------------------------------------------------------------------------------------------------

static bool step_mark(Model *model, Shadow *shadow)
{
    if (shadow->mark_count == SHADOW_MARKS)
        return true;
    Before before = note_before(shadow->arena);
    shadow->marks[shadow->mark_count++] = (ShadowMark){
        .mark = arena_mark(shadow->arena),
        .objects = shadow->object_count,
        .undos = shadow->undo_count,
        .used = before.stats.used,
        .children_used = shadow->children_used,
    };
    shadow_marked(shadow, shadow->mark_count - 1);
    shadow->young_from = shadow->object_count;
    shadow->marked = true;
    say(model, "mark %lu", (unsigned long)shadow->mark_count - 1);
    return (is_unchanged(shadow->arena, &before) && shadow_check_bytes(shadow)) ||
           shadow_mistake(shadow, "a mark changed the arena");
}

// Marks that are older than the one rewound to stay good, and so does that one.
static bool step_rewind(Model *model, Shadow *shadow)
{
    if (shadow->mark_count == 0)
        return true;
    size_t chosen = choose_size(model, shadow->mark_count);
    const ShadowMark *mark = &shadow->marks[chosen];
    say(model, "rewind to mark %lu", (unsigned long)chosen);
    shadow->mark_count = chosen + 1;
    arena_rewind(shadow->arena, mark->mark);
    shadow_rewound(shadow, mark);
    size_t used = mark->used + shadow->children_used - mark->children_used;
    if (arena_stats(shadow->arena).used != used)
        return shadow_mistake(shadow, "a rewind did not take back what was used since");
    return shadow_check_bytes(shadow) && shadow_check_containers(shadow);
}

// What a call changes while everything is undone, after a mark of its own, is undone as well.
static void disturb_container(const Deferred *deferred)
{
    Shadow *shadow = deferred->shadow;
    while (shadow->parent)
        shadow = shadow->parent;
    if (shadow->may_fail)
        return;
    arena_mark(shadow->arena);
    container_disturb(&deferred->shadow->containers[deferred->id % SHADOW_CONTAINERS],
                      shadow->arena);
}

static void run_deferred(void *context)
{
    Deferred deferred = *(Deferred *)context;
    free(context);
    if (deferred.id % 4 == 1)
        disturb_container(&deferred);
    shadow_called(deferred.shadow, deferred.id);
    if (deferred.id % 8 == 0)
        shadow_check_bytes(deferred.shadow);
}

static bool step_defer(Model *model, Shadow *shadow)
{
    Deferred *deferred = malloc(sizeof *deferred);
    if (!deferred)
        return shadow_mistake(shadow, "the model itself is out of memory");
    *deferred = (Deferred){shadow, model->next_id++};
    Before before = note_before(shadow->arena);
    bool done = arena_defer(shadow->arena, run_deferred, deferred);
    say(model, "defer %lu: %d", deferred->id, done);
    if (!done) {
        free(deferred);
        return check_failure(shadow, &before, 128, _Alignof(max_align_t));
    }
    ShadowUndo *undo = shadow_add_undo(shadow);
    if (undo)
        *undo = (ShadowUndo){.is_call = true, .id = deferred->id, .object = NO_OBJECT};
    return undo != NULL;
}

static bool note_remembered(Shadow *shadow, long object, size_t offset, size_t size,
                            const unsigned char *bytes)
{
    unsigned char *saved = malloc(size + 1);
    ShadowUndo *undo = saved ? shadow_add_undo(shadow) : NULL;
    if (!undo) {
        free(saved);
        return shadow_mistake(shadow, "the model itself is out of memory");
    }
    memcpy(saved, bytes, size);
    *undo = (ShadowUndo){.object = object, .offset = offset, .size = size, .saved = saved};
    return true;
}

// Remembers a part of `whole`, which is an object or bytes outside of the arena, and writes there.
static bool remember_part(Model *model, Shadow *shadow, long object, unsigned char *bytes,
                          unsigned char *expected, size_t whole)
{
    size_t offset = choose_size(model, whole);
    size_t size = choose_size(model, whole - offset + 1);
    Before before = note_before(shadow->arena);
    bool done = arena_remember(shadow->arena, bytes + offset, size);
    say(model, "remember %p %lu: %d", (void *)(bytes + offset), (unsigned long)size, done);
    if (!done)
        return check_failure(shadow, &before, size + 128, _Alignof(max_align_t)) &&
               (shadow->marked || shadow_mistake(shadow, "remember failed without a mark"));
    if (!shadow->marked && !is_unchanged(shadow->arena, &before))
        return shadow_mistake(shadow, "remember cost something without a mark");
    if (shadow->marked && !note_remembered(shadow, object, offset, size, expected + offset))
        return false;
    fill_bytes(bytes + offset, size, fresh_seed(model));
    memcpy(expected + offset, bytes + offset, size);
    return true;
}

static bool step_remember(Model *model, Shadow *shadow)
{
    size_t object;
    if (chance(model, 3))
        return remember_part(model, shadow, NO_OBJECT, shadow->outside, shadow->outside_expected,
                             SHADOW_OUTSIDE);
    if (!pick_object(model, shadow, &object) || shadow->objects[object].size == 0)
        return true;
    ShadowObject *record = &shadow->objects[object];
    record->pinned = record->pinned || object >= shadow->young_from;
    if (!shadow_check_object(shadow, object))
        return false;
    size_t size = record->size < 5000 ? record->size : 5000;
    return remember_part(model, shadow, (long)object, record->bytes, record->expected, size);
}

// -------------------------------------------------------------------------------------------------
// Containers
// -------------------------------------------------------------------------------------------------

// Mostly one of the arena's own, else one that it has adopted.
static Container *pick_container(Model *model, Shadow *shadow)
{
    while (shadow->children && chance(model, 3)) {
        Shadow *child = shadow->children;
        while (child->next && chance(model, 2))
            child = child->next;
        shadow = child;
    }
    return &shadow->containers[choose_size(model, SHADOW_CONTAINERS)];
}

static bool step_container(Model *model, Shadow *shadow)
{
    Container *container = pick_container(model, shadow);
    size_t before = container->now.size;
    Change change = {
        .arena = shadow->arena,
        .choices = model->choices,
        .seed = fresh_seed(model),
    };
    container_change(container, &change);
    say(model, "container %p: from %lu to %lu bytes, %lu failures", (void *)&container->as,
        (unsigned long)before, (unsigned long)container->now.size,
        (unsigned long)(change.failures + change.refusals));
    shadow->failures += change.failures + change.refusals;
    if (change.failures && !shadow->may_fail)
        return shadow_mistake(shadow, "a container failed though memory is plenty");
    return !change.mistake || shadow_mistake(shadow, change.mistake);
}

// -------------------------------------------------------------------------------------------------
// Whole arenas
// -------------------------------------------------------------------------------------------------

static Arena *create_on_heap(Model *model, Shadow *shadow)
{
    static const size_t capacities[] = {0, 1, 64, 1000, 4096, 20000};
    size_t capacity = capacities[choose(model->choices, 6)];
    if (!chance(model, 3))
        return arena_create(capacity);
    shadow->bounded = true;
    shadow->limit = 32768 + choose_size(model, 300000);
    return arena_create_with(&(ArenaOptions){.capacity = capacity, .limit = shadow->limit});
}

// A misaligned buffer between guards; half of them have a source to go on with.
static Arena *create_in_buffer(Model *model, Shadow *shadow)
{
    size_t shift = choose_size(model, 64);
    shadow->buffer_size = 1024 + choose_size(model, 20000);
    size_t whole = shift + shadow->buffer_size + 2 * SHADOW_GUARD;
    shadow->whole = malloc(whole);
    if (!shadow->whole)
        return NULL;
    memset(shadow->whole, GUARD_FILL, whole);
    shadow->buffer = shadow->whole + shift;
    unsigned char *buffer = shadow->buffer + SHADOW_GUARD;
    shadow->bounded = chance(model, 2);
    if (shadow->bounded)
        return arena_create_in(buffer, shadow->buffer_size);
    return arena_create_with(&(ArenaOptions){
        .buffer = buffer,
        .buffer_size = shadow->buffer_size,
        .source = test_source(&shadow->source),
    });
}

static Arena *create_on_source(Model *model, Shadow *shadow)
{
    TestSource *source = &shadow->source;
    source->shift = choose_size(model, 2) * choose_size(model, 64);
    source->generous = choose_size(model, 2) * choose_size(model, 200);
    source->extension = choose_size(model, 2) * choose_size(model, 20000);
    if (source->generous == 0 && chance(model, 4)) {
        shadow->bounded = true;
        shadow->limit = 16384 + choose_size(model, 300000);
    }
    return arena_create_with(&(ArenaOptions){
        .capacity = 1 + choose_size(model, 3000),
        .limit = shadow->limit,
        .source = test_source(source),
    });
}

static Arena *create_arena(Model *model, Shadow *shadow)
{
    switch (shadow->kind) {
    case SHADOW_BUFFER: return create_in_buffer(model, shadow);
    case SHADOW_SOURCE: return create_on_source(model, shadow);
    case SHADOW_REGION:
        shadow->bounded = true;
        return arena_create_region(20000 + choose_size(model, 500000));
    default: return create_on_heap(model, shadow);
    }
}

static bool create_shadow(Model *model, size_t slot)
{
    Shadow *shadow = calloc(1, sizeof *shadow);
    if (!shadow) {
        model->mistake = "the model itself is out of memory";
        return false;
    }
    model->shadows[slot] = shadow;
    shadow->mistake = &model->mistake;
    shadow->kind = (ShadowKind)choose(model->choices, SHADOW_KINDS);
    shadow->arena = create_arena(model, shadow);
    shadow->may_fail = shadow->bounded;
    for (size_t i = 0; i < SHADOW_CONTAINERS; i++)
        container_start(&shadow->containers[i], model->choices);
    say(model, "create kind %d in slot %lu: %p", (int)shadow->kind, (unsigned long)slot,
        (void *)shadow->arena);
    if (!shadow->arena)
        return shadow_mistake(shadow, "an arena could not be created");
    return shadow_check_figures(shadow);
}

static bool destroy_shadow(Model *model, size_t slot)
{
    Shadow *shadow = model->shadows[slot];
    say(model, "destroy %p", (void *)shadow->arena);
    model->shadows[slot] = NULL;
    shadow->undoing_all = true;
    arena_destroy(shadow->arena);
    shadow_forgotten(shadow);
    const char **mistake = shadow->mistake;
    if (!shadow_free(shadow) && !*mistake)
        *mistake = "a destroyed arena did not give all its memory back";
    return !*mistake;
}

static bool step_reset(Model *model, Shadow *shadow)
{
    say(model, "reset %p", (void *)shadow->arena);
    if (!shadow_check_bytes(shadow) || !shadow_check_containers(shadow))
        return false;
    shadow->undoing_all = true;
    arena_reset(shadow->arena);
    shadow_forgotten(shadow);
    return arena_stats(shadow->arena).used == 0 ||
           shadow_mistake(shadow, "something is used after a reset");
}

static bool step_trim(Model *model, Shadow *shadow)
{
    size_t keep = chance(model, 2) ? 0 : choose_size(model, 30000);
    ArenaStats before = arena_stats(shadow->arena);
    arena_trim(shadow->arena, keep);
    ArenaStats after = arena_stats(shadow->arena);
    say(model, "trim to %lu", (unsigned long)keep);
    if (after.used != before.used || after.reserved > before.reserved)
        return shadow_mistake(shadow, "a trim took or gave objects");
    size_t spare = 0;
    for (const ArenaBlock *block = shadow->arena->current->next; block; block = block->next)
        spare += block->capacity;
    if (spare > keep)
        return shadow_mistake(shadow, "a trim kept more than it was told to");
    return shadow_check_bytes(shadow);
}

static bool refuses_adoption(Shadow *into, Shadow *from)
{
    Before before = note_before(into->arena), theirs = note_before(from->arena);
    errno = 0;
    bool adopted = arena_adopt(into->arena, from->arena);
    into->failures = arena_stats(into->arena).failures;
    return (!adopted && errno == EINVAL && is_unchanged(into->arena, &before) &&
            is_unchanged(from->arena, &theirs)) ||
           shadow_mistake(into, "an arena in a buffer, or the arena itself, was adopted");
}

static bool step_adopt(Model *model, Shadow *shadow)
{
    size_t slot = choose_size(model, ARENAS);
    Shadow *from = model->shadows[slot];
    say(model, "adopt %p", (void *)from->arena);
    if (from == shadow || from->kind == SHADOW_BUFFER)
        return refuses_adoption(shadow, from);
    ArenaStats ours = arena_stats(shadow->arena), theirs = arena_stats(from->arena);
    if (!arena_adopt(shadow->arena, from->arena))
        return shadow_mistake(shadow, "an adoption failed");
    ArenaStats sum = arena_stats(shadow->arena);
    model->shadows[slot] = NULL;
    from->arena = NULL;
    from->parent = shadow;
    from->next = shadow->children;
    shadow->children = from;
    shadow_adopted(from, shadow->mark_count);
    shadow->children_used += theirs.used;
    shadow->failures = sum.failures;
    if (sum.used != ours.used + theirs.used || sum.reserved != ours.reserved + theirs.reserved ||
        sum.blocks != ours.blocks + theirs.blocks)
        return shadow_mistake(shadow, "adopted memory is not in the sums");
    return shadow_check_bytes(shadow) && shadow_check_containers(shadow) &&
           create_shadow(model, slot);
}

static bool step_limit(Model *model, Shadow *shadow)
{
    size_t limit = chance(model, 2) ? 0 : 1 + choose_size(model, 200000);
    if (shadow->limit != 0)
        return true;
    say(model, "limit %lu", (unsigned long)limit);
    arena_set_limit(shadow->arena, limit);
    shadow->may_fail = shadow->bounded || limit != 0;
    return true;
}

// The next call of the source fails, or the one after, or ...
static bool step_source(Model *model, Shadow *shadow)
{
    if (shadow->kind != SHADOW_SOURCE)
        return true;
    shadow->source.fail_at = shadow->source.calls + 1 + choose_size(model, 6);
    shadow->source.fail_on = chance(model, 2);
    shadow->bounded = shadow->may_fail = true;
    say(model, "the source will fail");
    return true;
}

// -------------------------------------------------------------------------------------------------
// Steps
// -------------------------------------------------------------------------------------------------

typedef struct Step {
    bool (*run)(Model *model, Shadow *shadow);
    uint32_t weight; // of 256, all in all
} Step;

static const Step steps[] = {
    {step_request, 76}, {step_text, 20},     {step_refused, 8}, {step_realloc, 30},
    {step_write, 14},   {step_owns, 6},      {step_mark, 16},   {step_rewind, 12},
    {step_defer, 10},   {step_remember, 18}, {step_reset, 2},   {step_trim, 4},
    {step_limit, 3},    {step_adopt, 2},     {step_source, 3},  {step_container, 32},
};

static bool check_all(Model *model)
{
    for (size_t slot = 0; slot < ARENAS; slot++)
        if (!shadow_check_bytes(model->shadows[slot]) ||
            !shadow_check_containers(model->shadows[slot]) ||
            !shadow_check_figures(model->shadows[slot]))
            return false;
    return true;
}

static bool is_full(const Shadow *shadow)
{
    return shadow->object_count > MOST_OBJECTS || arena_stats(shadow->arena).used > MOST_BYTES;
}

static bool run_step(Model *model, size_t slot)
{
    Shadow *shadow = model->shadows[slot];
    if (is_full(shadow) || chance(model, 800))
        return destroy_shadow(model, slot) && create_shadow(model, slot);
    uint32_t number = choose(model->choices, 256);
    size_t chosen = 0;
    while (number >= steps[chosen].weight)
        number -= steps[chosen++].weight;
    if (!steps[chosen].run(model, shadow) || model->mistake)
        return false;
    return shadow_check_figures(shadow);
}

bool model_step(Model *model)
{
    if (model->mistake)
        return false;
    model->step++;
    if (!run_step(model, choose_size(model, ARENAS)))
        return false;
    return (model->step % CHECK_ALL_EVERY != 0 || check_all(model)) && !model->mistake;
}

Model *model_create(Choices *choices, FILE *log)
{
    Model *model = calloc(1, sizeof *model);
    if (!model)
        return NULL;
    model->choices = choices;
    model->log = log;
    for (size_t slot = 0; slot < ARENAS && !model->mistake; slot++)
        create_shadow(model, slot);
    return model;
}

// After a mistake the arenas may be in any state, so they are left alone.
const char *model_finish(Model *model)
{
    for (size_t slot = 0; slot < ARENAS && !model->mistake; slot++)
        destroy_shadow(model, slot);
    const char *mistake = model->mistake;
    free(model);
    return mistake;
}
