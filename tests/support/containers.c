// The containers of containers.h.

#include "containers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { USUAL_BYTES = 5000, MOST_BYTES = 300000, MOST_SEGMENTED = 3000, PIECE = 300 };

// The functions are what the macros do for one type of items; NULL where a kind has no such change.
typedef struct ContainerKind {
    size_t size; // of an item
    size_t align;
    void *(*push)(Arena *arena, Container *container);
    void *(*pop)(Arena *arena, Container *container);
    void *(*insert)(Arena *arena, Container *container, size_t index);
    bool (*remove)(Arena *arena, Container *container, size_t index);
    bool (*truncate)(Arena *arena, Container *container, size_t kept);
    bool (*append)(Arena *arena, Container *container, const void *source, size_t more);
    bool (*reserve)(Arena *arena, Container *container, size_t total);
    const void *(*at)(const Container *container, size_t index);
    void (*change)(Container *container, Change *change); // what only this kind can; or NULL
} ContainerKind;

// -------------------------------------------------------------------------------------------------
// Contents
// -------------------------------------------------------------------------------------------------

static void set_mistake(Change *change, const char *sentence)
{
    if (!change->mistake)
        change->mistake = sentence;
}

// Puts `size` bytes in place of `gone` ones.
static bool splice(Contents *contents, size_t offset, size_t gone, const void *bytes, size_t size)
{
    size_t behind = contents->size - offset - gone;
    unsigned char *whole = malloc(contents->size - gone + size + 1);
    if (!whole)
        return false;
    if (offset)
        memcpy(whole, contents->bytes, offset);
    if (size)
        memcpy(whole + offset, bytes, size);
    if (behind)
        memcpy(whole + offset + size, contents->bytes + offset + gone, behind);
    free(contents->bytes);
    contents->bytes = whole;
    contents->size = contents->size - gone + size;
    return true;
}

static bool copy_contents(Contents *to, const Contents *from)
{
    return splice(to, 0, to->size, from->bytes, from->size);
}

static void drop_contents(Contents *contents)
{
    free(contents->bytes);
    *contents = (Contents){0};
}

static void note(Container *container, Change *change, size_t offset, size_t gone,
                 const void *bytes, size_t size)
{
    if (!splice(&container->now, offset, gone, bytes, size))
        set_mistake(change, "the model itself is out of memory");
}

static size_t count_of(const Container *container)
{
    return container->now.size / container->kind->size;
}

// Whether a change was made, which may only fail for lack of memory.
static bool was_made(Change *change, bool success)
{
    if (success)
        return true;
    change->failures++;
    if (errno != ENOMEM)
        set_mistake(change, "a container's change failed with an odd errno");
    return false;
}

// -------------------------------------------------------------------------------------------------
// Changes of all arrays
// -------------------------------------------------------------------------------------------------

static void push_some(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    for (uint32_t more = 1 + choose(change->choices, 20); more > 0; more--) {
        void *item = kind->push(change->arena, container);
        if (!was_made(change, item != NULL))
            return;
        if ((uintptr_t)item % kind->align != 0)
            set_mistake(change, "an item is not aligned");
        fill_bytes(item, kind->size, change->seed++);
        note(container, change, container->now.size, 0, item, kind->size);
    }
}

static void pop_some(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    for (uint32_t less = choose(change->choices, 12); less > 0 && count_of(container) > 0; less--) {
        void *item = kind->pop(change->arena, container);
        if (!was_made(change, item != NULL))
            return;
        size_t left = container->now.size - kind->size;
        if (memcmp(item, container->now.bytes + left, kind->size) != 0)
            set_mistake(change, "another item was popped than the last one");
        note(container, change, left, kind->size, NULL, 0);
    }
}

static void insert_one(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    size_t index = choose(change->choices, (uint32_t)count_of(container) + 1);
    void *item = kind->insert(change->arena, container, index);
    if (!was_made(change, item != NULL))
        return;
    fill_bytes(item, kind->size, change->seed);
    note(container, change, index * kind->size, 0, item, kind->size);
}

static void remove_one(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    if (count_of(container) == 0)
        return;
    size_t index = choose(change->choices, (uint32_t)count_of(container));
    if (was_made(change, kind->remove(change->arena, container, index)))
        note(container, change, index * kind->size, kind->size, NULL, 0);
}

static void truncate_somewhere(Container *container, Change *change)
{
    size_t kept = choose(change->choices, (uint32_t)count_of(container) + 1);
    size_t size = kept * container->kind->size;
    if (was_made(change, container->kind->truncate(change->arena, container, kept)))
        note(container, change, size, container->now.size - size, NULL, 0);
}

static void append_some(Container *container, Change *change)
{
    _Alignas(64) unsigned char bytes[64 * 10];
    size_t more = choose(change->choices, 11);
    fill_bytes(bytes, sizeof bytes, change->seed);
    if (was_made(change, container->kind->append(change->arena, container, bytes, more)))
        note(container, change, container->now.size, 0, bytes, more * container->kind->size);
}

static void append_own(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    size_t count = count_of(container);
    if (count == 0)
        return;
    size_t from = choose(change->choices, (uint32_t)count);
    size_t more = choose(change->choices, (uint32_t)(count - from) + 1);
    const void *own = kind->at(container, from);
    if (was_made(change, kind->append(change->arena, container, own, more)))
        note(container, change, container->now.size, 0, container->now.bytes + from * kind->size,
             more * kind->size);
}

static void reserve_some(Container *container, Change *change)
{
    size_t total = choose(change->choices, USUAL_BYTES / (uint32_t)container->kind->size + 1);
    was_made(change, container->kind->reserve(change->arena, container, total));
}

static void refuse_one(Container *container, Change *change)
{
    const ContainerKind *kind = container->kind;
    size_t count = count_of(container);
    bool refused;
    errno = 0;
    switch (choose(change->choices, 3)) {
    case 0: refused = !kind->insert(change->arena, container, count + 1); break;
    case 1: refused = !kind->remove(change->arena, container, count); break;
    default: refused = !kind->truncate(change->arena, container, count + 1);
    }
    change->refusals++;
    if (!refused || errno != EINVAL)
        set_mistake(change, "an index beyond the items was not refused");
}

static void change_array(Container *container, Change *change)
{
    static void (*const changes[])(Container *, Change *) = {
        push_some,  push_some,   push_some,          pop_some,    pop_some,   insert_one,
        remove_one, append_some, truncate_somewhere, append_some, append_own, append_own,
        push_some,  insert_one,  reserve_some,       refuse_one,
    };
    size_t most = choose(change->choices, 50) ? USUAL_BYTES : MOST_BYTES;
    uint32_t chosen = choose(change->choices, sizeof changes / sizeof *changes);
    if (container->now.size > most)
        truncate_somewhere(container, change);
    else if (container->kind->change && choose(change->choices, 2))
        container->kind->change(container, change);
    else
        changes[chosen](container, change);
}

static void change_segmented(Container *container, Change *change)
{
    if (count_of(container) < MOST_SEGMENTED)
        push_some(container, change);
}

// -------------------------------------------------------------------------------------------------
// Changes of texts only
// -------------------------------------------------------------------------------------------------

// The text as a string, which ends at the first zero in it; or NULL.
static const char *string_of(Container *container, Change *change)
{
    const char *string = arena_text_string(change->arena, &container->as.text);
    if (!was_made(change, string != NULL))
        return NULL;
    if (string[container->now.size] != '\0')
        set_mistake(change, "the string of a text has no end");
    return string;
}

static void print_into(Container *container, Change *change)
{
    char piece[PIECE + 1];
    size_t size = choose(change->choices, PIECE);
    memset(piece, 'a' + (int)(change->seed % 26), size);
    piece[size] = '\0';
    const char *own = choose(change->choices, 2) ? string_of(container, change) : "";
    if (!own)
        return;
    size_t length = strlen(own);
    if (!was_made(change,
                  arena_text_printf(change->arena, &container->as.text, "%s%s", piece, own)))
        return;
    note(container, change, container->now.size, 0, piece, size);
    note(container, change, container->now.size, 0, container->now.bytes, length);
}

static void join_into(Container *container, Change *change)
{
    const char *own = string_of(container, change);
    if (!own)
        return;
    size_t length = strlen(own);
    const char *strings[] = {"", own, "x"};
    if (!was_made(change, arena_text_join(change->arena, &container->as.text, "--", strings, 3)))
        return;
    note(container, change, container->now.size, 0, "--", 2);
    note(container, change, container->now.size, 0, container->now.bytes, length);
    note(container, change, container->now.size, 0, "--x", 3);
}

static void finish_text(Container *container, Change *change)
{
    char *string = arena_text_finish(change->arena, &container->as.text);
    size_t size = container->now.size;
    if (!was_made(change, string != NULL))
        return;
    if ((size && memcmp(string, container->now.bytes, size) != 0) || string[size] != '\0')
        set_mistake(change, "a finished text is not what it was");
    note(container, change, 0, size, NULL, 0);
}

static void change_text(Container *container, Change *change)
{
    switch (choose(change->choices, 5)) {
    case 0: finish_text(container, change); break;
    case 1: string_of(container, change); break;
    case 2: join_into(container, change); break;
    default: print_into(container, change);
    }
}

// -------------------------------------------------------------------------------------------------
// Changes of maps only: an item is the key that was inserted, four bytes of a number
// -------------------------------------------------------------------------------------------------

static ArenaMapEntry *enter(Arena *arena, Container *container, uint32_t number)
{
    char key[sizeof number];
    memcpy(key, &number, sizeof number);
    return arena_map_entry(arena, &container->as.map, key, sizeof key);
}

static bool was_inserted(const Container *container, uint32_t number)
{
    for (size_t i = 0; i < container->now.size; i += sizeof number)
        if (memcmp(container->now.bytes + i, &number, sizeof number) == 0)
            return true;
    return false;
}

static void enter_some(Container *container, Change *change)
{
    for (uint32_t more = 1 + choose(change->choices, 20); more > 0; more--) {
        uint32_t number = choose(change->choices, MOST_SEGMENTED);
        bool is_old = was_inserted(container, number);
        if (is_old != (arena_map_find(&container->as.map, (char *)&number, sizeof number) != NULL))
            set_mistake(change, "a map finds what is not in it, or not what is");
        ArenaMapEntry *entry = enter(change->arena, container, number);
        if (!was_made(change, entry != NULL))
            return;
        void *value = (void *)((uintptr_t)number + 1);
        if (entry->value != (is_old ? value : NULL))
            set_mistake(change, "the value of an entry is another one");
        entry->value = value;
        if (!is_old)
            note(container, change, container->now.size, 0, &number, sizeof number);
    }
}

// Nothing in it may be written to.
static void *enter_many(Arena *arena, Container *container)
{
    for (uint32_t number = MOST_SEGMENTED; number < MOST_SEGMENTED + 10; number++)
        (void)enter(arena, container, number + (uint32_t)container->as.map.count);
    return NULL;
}

static const void *key_at(const Container *container, size_t index)
{
    if (index >= container->as.map.count)
        return NULL;
    const ArenaMapEntry *entry = arena_map_at(&container->as.map, index);
    bool found = arena_map_find(&container->as.map, entry->key, entry->length) == entry;
    return found ? entry->key : NULL;
}

// -------------------------------------------------------------------------------------------------
// Kinds
// -------------------------------------------------------------------------------------------------

#define DEFINE_ARRAY(name)                                                                         \
    static void *push_##name(Arena *arena, Container *container)                                   \
    {                                                                                              \
        return ARENA_PUSH(arena, &container->as.name);                                             \
    }                                                                                              \
    static void *pop_##name(Arena *arena, Container *container)                                    \
    {                                                                                              \
        return ARENA_POP(arena, &container->as.name);                                              \
    }                                                                                              \
    static void *insert_##name(Arena *arena, Container *container, size_t index)                   \
    {                                                                                              \
        return ARENA_INSERT(arena, &container->as.name, index);                                    \
    }                                                                                              \
    static bool remove_##name(Arena *arena, Container *container, size_t index)                    \
    {                                                                                              \
        return ARENA_REMOVE(arena, &container->as.name, index);                                    \
    }                                                                                              \
    static bool truncate_##name(Arena *arena, Container *container, size_t kept)                   \
    {                                                                                              \
        return ARENA_TRUNCATE(arena, &container->as.name, kept);                                   \
    }                                                                                              \
    static bool append_##name(Arena *arena, Container *container, const void *source, size_t more) \
    {                                                                                              \
        return arena_array_append(ARENA_ARRAY_PARTS(arena, &container->as.name), source, more);    \
    }                                                                                              \
    static bool reserve_##name(Arena *arena, Container *container, size_t total)                   \
    {                                                                                              \
        return ARENA_RESERVE(arena, &container->as.name, total);                                   \
    }                                                                                              \
    static const void *at_##name(const Container *container, size_t index)                         \
    {                                                                                              \
        return container->as.name.count > index ? &container->as.name.items[index] : NULL;         \
    }

#define ARRAY_KIND(name, T, own_change)                                                \
    {                                                                                  \
        sizeof(T), _Alignof(T), push_##name, pop_##name, insert_##name, remove_##name, \
            truncate_##name, append_##name, reserve_##name, at_##name, own_change      \
    }

DEFINE_ARRAY(bytes)
DEFINE_ARRAY(ints)
DEFINE_ARRAY(twelves)
DEFINE_ARRAY(wides)
DEFINE_ARRAY(text)

static void *push_segments(Arena *arena, Container *container)
{
    return ARENA_ADD(arena, &container->as.segments);
}

static const void *at_segments(const Container *container, size_t index)
{
    bool there = index < container->as.segments.count;
    return there ? ARENA_AT(&container->as.segments, index) : NULL;
}

static const ContainerKind kinds[] = {
    ARRAY_KIND(bytes, unsigned char, NULL),
    ARRAY_KIND(ints, int, NULL),
    ARRAY_KIND(twelves, Twelve, NULL),
    ARRAY_KIND(wides, Wide, NULL),
    ARRAY_KIND(text, char, change_text),
    {.size = sizeof(int),
     .align = _Alignof(int),
     .push = push_segments,
     .at = at_segments,
     .change = change_segmented},
    {.size = sizeof(uint32_t), .align = 1, .push = enter_many, .at = key_at, .change = enter_some},
};

void container_start(Container *container, Choices *choices)
{
    *container = (Container){.kind = &kinds[choose(choices, sizeof kinds / sizeof *kinds)]};
}

void container_change(Container *container, Change *change)
{
    errno = 0;
    if (container->kind->pop)
        change_array(container, change);
    else
        container->kind->change(container, change);
    if (!container_is_right(container))
        set_mistake(change, "a container does not hold what it was given");
}

void container_disturb(Container *container, Arena *arena)
{
    for (int i = 0; i < 40; i++) {
        void *item = container->kind->push(arena, container);
        if (item)
            fill_bytes(item, container->kind->size, 0);
    }
}

// -------------------------------------------------------------------------------------------------
// What happens to the arena
// -------------------------------------------------------------------------------------------------

bool container_is_right(const Container *container)
{
    const ContainerKind *kind = container->kind;
    size_t count = count_of(container);
    for (size_t i = 0; i < count; i++) {
        const void *item = kind->at(container, i);
        if (!item || memcmp(item, container->now.bytes + i * kind->size, kind->size) != 0)
            return false;
    }
    return !kind->at(container, count);
}

bool container_marked(Container *container, size_t mark)
{
    return copy_contents(&container->at_mark[mark], &container->now);
}

bool container_rewound(Container *container, size_t mark)
{
    return copy_contents(&container->now, &container->at_mark[mark]);
}

// What was adopted after a mark is, after the rewind, as it was adopted.
bool container_adopted(Container *container, size_t marks)
{
    bool good = true;
    for (size_t mark = 0; mark < marks; mark++)
        good = container_marked(container, mark) && good;
    return good;
}

void container_forgotten(Container *container)
{
    memset(&container->as, 0, sizeof container->as);
    drop_contents(&container->now);
    for (size_t mark = 0; mark < CONTAINER_MARKS; mark++)
        drop_contents(&container->at_mark[mark]);
}
