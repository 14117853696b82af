// Maps with keys of any bytes, marks and an arena that may be refused memory, against a list.

#include "fuzz.h"

#include <arena/map.h>

#include "../tests/support/choices.h"

#include <string.h>

enum { KEYS = 2000, LONGEST = 40, MARKS = 8 };

typedef struct Known {
    char key[LONGEST];
    size_t length;
    void *value;
    const ArenaMapEntry *entry;
} Known;

// What the map should hold, in order; a rewind makes it shorter.
static Known known[KEYS];
static size_t count;

static Known *search(const char *key, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (known[i].length == length && memcmp(known[i].key, key, length) == 0)
            return &known[i];
    return NULL;
}

// Short keys of few letters mostly, so that many are there already.
static size_t choose_key(Choices *choices, char key[LONGEST])
{
    bool is_wild = choose(choices, 4) == 0;
    size_t length = choose(choices, is_wild ? LONGEST : 4);
    for (size_t i = 0; i < length; i++)
        key[i] = (char)(is_wild ? choose(choices, 256) : 'a' + choose(choices, 6));
    return length;
}

static void check_map(const ArenaMap *map)
{
    CHECK(map->count == count);
    for (size_t i = 0; i < count; i++) {
        const ArenaMapEntry *entry = arena_map_at(map, i);
        CHECK(entry == known[i].entry && entry->length == known[i].length);
        CHECK(memcmp(entry->key, known[i].key, entry->length) == 0 &&
              entry->key[entry->length] == 0);
        CHECK(entry->value == known[i].value);
    }
}

static void look_up(Arena *arena, ArenaMap *map, const char *key, size_t length, bool inserts)
{
    Known *there = search(key, length);
    ArenaMapEntry *entry =
        inserts ? arena_map_entry(arena, map, key, length) : arena_map_find(map, key, length);
    CHECK(!there || entry == there->entry);
    CHECK(inserts || there || !entry);
    if (there || !entry)
        return;
    CHECK(!entry->value);
    Known *added = &known[count++];
    memcpy(added->key, key, length);
    added->length = length;
    added->entry = entry;
    entry->value = added->value = (void *)(uintptr_t)(count * 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_size)
{
    Choices choices = choices_from_bytes(input, input_size);
    ArenaOptions options = {.capacity = 1 + choose(&choices, 4000)};
    options.limit = choose(&choices, 2) ? 4000 + choose(&choices, 60000) : 0;
    Arena *arena = arena_create_with(&options);
    if (!arena)
        return 0;
    ArenaMap map = {0};
    ArenaMark marks[MARKS];
    size_t counts[MARKS], depth = 0;
    count = 0;
    while (choices_are_left(&choices) && count < KEYS) {
        char key[LONGEST];
        uint32_t action = choose(&choices, 16);
        if (action < 12) {
            size_t length = choose_key(&choices, key);
            look_up(arena, &map, key, length, action < 9);
        } else if (action == 12 && depth < MARKS) {
            marks[depth] = arena_mark(arena);
            counts[depth++] = count;
        } else if (action == 13 && depth > 0) {
            depth = choose(&choices, (uint32_t)depth);
            arena_rewind(arena, marks[depth]);
            count = counts[depth];
        } else {
            check_map(&map);
        }
        CHECK(arena_is_valid(arena));
    }
    check_map(&map);
    arena_destroy(arena);
    return 0;
}
