// The shadow of shadow.h.

#include "shadow.h"

#include <arena/watch.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

bool shadow_mistake(Shadow *shadow, const char *sentence)
{
    if (!*shadow->mistake)
        *shadow->mistake = sentence;
    return false;
}

// Room for one more element, by doubling; false if there is no memory.
static bool make_room(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? *capacity * 2 : 16;
    void *larger = realloc(*items, more * size);
    if (!larger)
        return false;
    *items = larger;
    *capacity = more;
    return true;
}

static unsigned char *copy_of(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = size ? malloc(size) : NULL;
    if (copy)
        memcpy(copy, bytes, size);
    return copy;
}

// -------------------------------------------------------------------------------------------------
// Objects
// -------------------------------------------------------------------------------------------------

bool shadow_add(Shadow *shadow, unsigned char *bytes, size_t size)
{
    void *objects = shadow->objects;
    if (!make_room(&objects, shadow->object_count, &shadow->object_capacity, sizeof(ShadowObject)))
        return shadow_mistake(shadow, "the model itself is out of memory");
    shadow->objects = objects;
    shadow->objects[shadow->object_count++] = (ShadowObject){
        .bytes = bytes,
        .expected = copy_of(bytes, size),
        .size = size,
        .covers = NO_OBJECT,
    };
    shadow->live_bytes += size;
    return true;
}

void shadow_accept(Shadow *shadow, size_t object)
{
    ShadowObject *record = &shadow->objects[object];
    if (record->size)
        memcpy(record->expected, record->bytes, record->size);
}

bool shadow_cover(Shadow *shadow, size_t object, size_t size)
{
    if (!shadow_add(shadow, shadow->objects[object].bytes, size))
        return false;
    shadow->objects[object].covered = true;
    shadow->live_bytes -= shadow->objects[object].size;
    shadow->objects[shadow->object_count - 1].covers = (long)object;
    return true;
}

// What is known of shared bytes goes down to every record that this one covers.
static void share_with_covered(Shadow *shadow, const ShadowObject *record)
{
    for (long covered = record->covers; covered != NO_OBJECT;) {
        ShadowObject *older = &shadow->objects[covered];
        size_t shared = record->size < older->size ? record->size : older->size;
        if (shared)
            memcpy(older->expected, record->expected, shared);
        covered = older->covers;
    }
}

void shadow_move(Shadow *shadow, size_t object, unsigned char *bytes, size_t size)
{
    ShadowObject *record = &shadow->objects[object];
    share_with_covered(shadow, record);
    shadow->live_bytes += size - record->size;
    free(record->expected);
    record->expected = copy_of(bytes, size);
    record->bytes = bytes;
    record->size = size;
}

static void uncover(Shadow *shadow, const ShadowObject *record)
{
    share_with_covered(shadow, record);
    shadow->objects[record->covers].covered = false;
    shadow->live_bytes += shadow->objects[record->covers].size;
}

static void drop_objects(Shadow *shadow, size_t keep)
{
    while (shadow->object_count > keep) {
        ShadowObject *record = &shadow->objects[--shadow->object_count];
        if (!record->covered)
            shadow->live_bytes -= record->size;
        if (record->covers != NO_OBJECT)
            uncover(shadow, record);
        free(record->expected);
    }
}

// -------------------------------------------------------------------------------------------------
// What a rewind undoes
// -------------------------------------------------------------------------------------------------

ShadowUndo *shadow_add_undo(Shadow *shadow)
{
    void *undos = shadow->undos;
    if (!make_room(&undos, shadow->undo_count, &shadow->undo_capacity, sizeof(ShadowUndo))) {
        shadow_mistake(shadow, "the model itself is out of memory");
        return NULL;
    }
    shadow->undos = undos;
    ShadowUndo *undo = &shadow->undos[shadow->undo_count++];
    *undo = (ShadowUndo){.object = NO_OBJECT};
    return undo;
}

// Bytes of an object may meanwhile be those of a record that covers it.
static void put_back(Shadow *shadow, const ShadowUndo *undo)
{
    if (undo->object == NO_OBJECT) {
        if (undo->size)
            memcpy(shadow->outside_expected + undo->offset, undo->saved, undo->size);
        return;
    }
    const unsigned char *first = shadow->objects[undo->object].bytes + undo->offset;
    for (size_t i = (size_t)undo->object; i < shadow->object_count; i++) {
        ShadowObject *record = &shadow->objects[i];
        size_t end = undo->offset + undo->size;
        if (record->bytes + undo->offset != first || record->size <= undo->offset)
            continue;
        size_t size = record->size < end ? record->size - undo->offset : undo->size;
        memcpy(record->expected + undo->offset, undo->saved, size);
    }
}

// Undoes what was remembered, up to the newest deferred call or until `keep` entries are left.
static void undo_remembered(Shadow *shadow, size_t keep)
{
    while (shadow->undo_count > keep && !shadow->undos[shadow->undo_count - 1].is_call) {
        ShadowUndo *undo = &shadow->undos[--shadow->undo_count];
        if (!shadow->undoing_all)
            put_back(shadow, undo);
        free(undo->saved);
    }
}

// Own calls come before those of adopted arenas.
static bool parents_are_done(const Shadow *shadow)
{
    for (const Shadow *parent = shadow->parent; parent; parent = parent->parent)
        for (size_t i = 0; i < parent->undo_count; i++)
            if (parent->undos[i].is_call)
                return false;
    return true;
}

void shadow_called(Shadow *shadow, unsigned long id)
{
    if (shadow->parent)
        shadow->undoing_all = true;
    undo_remembered(shadow, 0);
    if (shadow->undo_count == 0 || shadow->undos[shadow->undo_count - 1].id != id)
        shadow_mistake(shadow, "a deferred call ran out of order or twice");
    else
        shadow->undo_count--;
    if (!parents_are_done(shadow))
        shadow_mistake(shadow, "an adopted arena's deferred call ran before the adopter's own");
}

// -------------------------------------------------------------------------------------------------
// Containers
// -------------------------------------------------------------------------------------------------

// Has every container of an arena, and of those that it adopted, follow what happened.
static void tell_containers(Shadow *shadow, bool (*tell)(Container *, size_t), size_t number)
{
    for (size_t i = 0; i < SHADOW_CONTAINERS; i++)
        if (!tell(&shadow->containers[i], number))
            shadow_mistake(shadow, "the model itself is out of memory");
    for (Shadow *child = shadow->children; child; child = child->next)
        tell_containers(child, tell, number);
}

void shadow_marked(Shadow *shadow, size_t mark)
{
    tell_containers(shadow, container_marked, mark);
}

void shadow_adopted(Shadow *shadow, size_t marks)
{
    tell_containers(shadow, container_adopted, marks);
}

static void drop_children(Shadow *shadow)
{
    while (shadow->children) {
        Shadow *child = shadow->children;
        shadow->children = child->next;
        shadow_forgotten(child);
        if (!shadow_free(child))
            shadow_mistake(shadow, "an adopted arena did not give all its memory back");
    }
    shadow->children_used = 0;
}

void shadow_rewound(Shadow *shadow, const ShadowMark *mark)
{
    undo_remembered(shadow, mark->undos);
    if (shadow->undo_count != mark->undos)
        shadow_mistake(shadow, "a rewind did not run the deferred calls since its mark, or more");
    drop_objects(shadow, mark->objects);
    shadow->young_from = mark->objects;
    tell_containers(shadow, container_rewound, (size_t)(mark - shadow->marks));
}

void shadow_forgotten(Shadow *shadow)
{
    shadow->undoing_all = true;
    undo_remembered(shadow, 0);
    shadow->undoing_all = false;
    if (shadow->undo_count != 0)
        shadow_mistake(shadow, "a reset or destruction left deferred calls out");
    drop_objects(shadow, 0);
    for (size_t i = 0; i < SHADOW_CONTAINERS; i++)
        container_forgotten(&shadow->containers[i]);
    drop_children(shadow);
    shadow->young_from = shadow->mark_count = 0;
    shadow->marked = false;
}

// -------------------------------------------------------------------------------------------------
// Checks
// -------------------------------------------------------------------------------------------------

bool shadow_check_object(Shadow *shadow, size_t object)
{
    const ShadowObject *record = &shadow->objects[object];
    if (record->covered || record->size == 0 || record->closed)
        return true;
    return memcmp(record->bytes, record->expected, record->size) == 0 ||
           shadow_mistake(shadow, "a live object lost its bytes");
}

static bool check_guards(Shadow *shadow)
{
    size_t end = SHADOW_GUARD + shadow->buffer_size;
    if (shadow->kind != SHADOW_BUFFER)
        return true;
    return (bytes_are_all(shadow->buffer, SHADOW_GUARD, GUARD_FILL) &&
            bytes_are_all(shadow->buffer + end, SHADOW_GUARD, GUARD_FILL)) ||
           shadow_mistake(shadow, "something wrote around the caller's buffer");
}

bool shadow_check_bytes(Shadow *shadow)
{
    for (size_t i = 0; i < shadow->object_count; i++)
        if (!shadow_check_object(shadow, i))
            return false;
    if (memcmp(shadow->outside, shadow->outside_expected, SHADOW_OUTSIDE) != 0)
        return shadow_mistake(shadow, "remembered bytes outside of the arena are wrong");
    for (Shadow *child = shadow->children; child; child = child->next)
        if (!shadow_check_bytes(child))
            return false;
    return check_guards(shadow);
}

bool shadow_check_containers(Shadow *shadow)
{
    for (size_t i = 0; i < SHADOW_CONTAINERS; i++)
        if (!container_is_right(&shadow->containers[i]))
            return shadow_mistake(shadow, "a container does not hold what it should");
    for (Shadow *child = shadow->children; child; child = child->next)
        if (!shadow_check_containers(child))
            return false;
    return true;
}

static size_t live_bytes_of(const Shadow *shadow)
{
    size_t bytes = shadow->live_bytes;
    for (const Shadow *child = shadow->children; child; child = child->next)
        bytes += live_bytes_of(child);
    return bytes;
}

// The bytes that the sources of an arena and of those it adopted have given, if all of them are
// test sources.
static bool given_bytes_of(const Shadow *shadow, size_t *bytes)
{
    if (shadow->kind != SHADOW_SOURCE)
        return false;
    *bytes += shadow->source.live_bytes;
    for (const Shadow *child = shadow->children; child; child = child->next)
        if (!given_bytes_of(child, bytes))
            return false;
    return true;
}

bool shadow_check_figures(Shadow *shadow)
{
    if (!arena_is_valid(shadow->arena))
        return shadow_mistake(shadow, "arena_is_valid says no");
    ArenaStats stats = arena_stats(shadow->arena);
    size_t given = 0;
    // A guarded object that moves when it grows leaves pages, but not its place in the arena.
    bool is_guarded = arena_guard_counts().guarded > 0;
    if (!is_guarded && stats.used < live_bytes_of(shadow))
        return shadow_mistake(shadow, "less is used than is live");
    if (stats.peak < stats.used || stats.peak < shadow->peak)
        return shadow_mistake(shadow, "the peak went down, or is under what is used");
    if (stats.reserved < stats.used + stats.wasted)
        return shadow_mistake(shadow, "more is used and wasted than is reserved");
    if (stats.failures != shadow->failures)
        return shadow_mistake(shadow, "failures are not counted once each");
    if (shadow->limit != 0 && !shadow->children && !shadow->arena->watch &&
        stats.reserved > shadow->limit)
        return shadow_mistake(shadow, "more is reserved than the limit allows");
    if (given_bytes_of(shadow, &given) && given != stats.reserved)
        return shadow_mistake(shadow, "what is reserved is not what the source gave");
    shadow->peak = stats.peak;
    return true;
}

bool shadow_free(Shadow *shadow)
{
    bool clean = test_source_is_clean(&shadow->source) && check_guards(shadow);
    free(shadow->whole);
    free(shadow->objects);
    free(shadow->undos);
    free(shadow);
    return clean;
}
