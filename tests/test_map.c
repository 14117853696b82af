// Maps: what they find, in which order, and what a rewind takes out.

#include <arena/map.h>

#include <stdio.h>

#include "../src/containers/hash.h"
#include "support/check.h"

static size_t name_of(size_t number, char name[32])
{
    return (size_t)snprintf(name, 32, "identifier_%zu", number);
}

static void insert_range(Arena *arena, ArenaMap *map, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        char name[32];
        void **value = arena_map_slot(arena, map, name, name_of(i, name));
        assert_non_null(value);
        assert_null(*value);
        *value = (void *)(uintptr_t)(i + 1);
    }
}

static void assert_range(const ArenaMap *map, size_t count, size_t beyond)
{
    assert_int_equal(map->count, count);
    for (size_t i = 0; i < beyond; i++) {
        char name[32];
        ArenaMapEntry *entry = arena_map_find(map, name, name_of(i, name));
        if (i < count) {
            assert_non_null(entry);
            assert_string_equal(entry->key, name);
            assert_int_equal((uintptr_t)entry->value, i + 1);
            assert_ptr_equal(entry, arena_map_at(map, i));
        } else {
            assert_null(entry);
        }
    }
}

static void what_was_inserted_is_found_and_nothing_else(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    for (size_t i = 0; i < 300; i++) {
        assert_range(&map, i, 300);
        insert_range(arena, &map, i, i + 1);
    }
    insert_range(arena, &map, 300, 20000);
    assert_range(&map, 20000, 21000);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_rewind_takes_out_what_was_inserted_since(void **state)
{
    (void)state;
    for (size_t before = 0; before < 40; before++) {
        Arena *arena = arena_create(0);
        ArenaMap map = {0};
        insert_range(arena, &map, 0, before);
        ArenaMark mark = arena_mark(arena);
        for (size_t more = 0; more < 60; more++) {
            insert_range(arena, &map, before, before + more / 2);
            ArenaMark inner = arena_mark(arena);
            insert_range(arena, &map, before + more / 2, before + more);
            if (more % 3 == 0) {
                arena_rewind(arena, inner);
                assert_range(&map, before + more / 2, before + more);
            }
            arena_rewind(arena, mark);
            assert_range(&map, before, before + more);
        }
        arena_destroy(arena);
    }
}

// The words are those of CPython's hash of the same bytes with PYTHONHASHSEED=0.
static void the_hash_is_siphash_1_3(void **state)
{
    (void)state;
    const struct {
        size_t size;
        uint64_t hash;
    } known[] = {
        {1, 0x68a914128e01e473},  {3, 0x4d4c9a4a8ef6e0ad},  {7, 0x2f098ab0c751325a},
        {8, 0xead411e67ebe2eea},  {9, 0x75927f9d95124362},  {15, 0xf30eb725bb91c9ea},
        {16, 0x8972188433a5c5b7}, {17, 0x4883c49a2c009c1d}, {31, 0x169739443111d49b},
        {64, 0x75e05fd5bbc870c6},
    };
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_true(arena_hash((HashKey){{0, 0}}, bytes, known[i].size) == known[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_inserted_is_found_and_nothing_else),
        cmocka_unit_test(a_rewind_takes_out_what_was_inserted_since),
        cmocka_unit_test(the_hash_is_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
