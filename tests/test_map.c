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

static void equal_strings_have_one_pointer(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    char text[] = "while";
    const char *name = arena_map_intern(arena, &map, text, 5);
    assert_ptr_not_equal(name, text);
    assert_string_equal(name, "while");
    assert_ptr_equal(arena_map_intern(arena, &map, "while(", 5), name);
    assert_ptr_not_equal(arena_map_intern(arena, &map, "while(", 6), name);
    assert_int_equal(map.count, 2);
    arena_destroy(arena);
}

static void keys_are_any_bytes_of_any_length(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    char bytes[600] = {0};
    for (size_t length = 0; length < sizeof bytes; length++)
        assert_non_null(arena_map_slot(arena, &map, bytes, length));
    assert_int_equal(map.count, sizeof bytes);
    for (size_t length = 0; length < sizeof bytes; length++) {
        ArenaMapEntry *entry = arena_map_find(&map, bytes, length);
        assert_ptr_equal(entry, arena_map_at(&map, length));
        assert_int_equal(entry->length, length);
        assert_int_equal(entry->key[length], 0);
    }
    bytes[300] = 1;
    assert_null(arena_map_find(&map, bytes, 301));
    assert_non_null(arena_map_find(&map, bytes, 300));
    arena_destroy(arena);
}

static void an_empty_map_has_nothing_and_inserts_nothing(void **state)
{
    (void)state;
    const ArenaMap map = {0};
    assert_null(arena_map_find(&map, "", 0));
    assert_null(arena_map_find(&map, "name", 4));
    assert_int_equal(map.count, 0);
}

static void entries_and_values_stay_where_they_are(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    void **first = arena_map_slot(arena, &map, "first", 5);
    const char *key = arena_map_at(&map, 0)->key;
    *first = &map;
    insert_range(arena, &map, 0, 10000);
    assert_ptr_equal(arena_map_slot(arena, &map, "first", 5), first);
    assert_ptr_equal(*first, &map);
    assert_ptr_equal(arena_map_intern(arena, &map, "first", 5), key);
    arena_destroy(arena);
}

static void two_maps_of_one_arena_are_two(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ArenaMap maps[2] = {0};
    for (size_t i = 0; i < 1000; i++)
        insert_range(arena, &maps[i % 2], i / 2, i / 2 + 1);
    assert_range(&maps[0], 500, 600);
    assert_range(&maps[1], 500, 600);
    assert_true(maps[0].root->seed != maps[1].root->seed);
    arena_destroy(arena);
}

// The structs that hold the maps move, and are put back where they were.
static void maps_in_an_array_that_moves_follow_marks(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    ARENA_ARRAY(ArenaMap) maps = {0};
    for (size_t i = 0; i < 3; i++) {
        *ARENA_PUSH(arena, &maps) = (ArenaMap){0};
        insert_range(arena, &maps.items[i], 0, 20 * i);
    }
    ArenaMark mark = arena_mark(arena);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3; i++)
            insert_range(arena, &maps.items[i], 20 * i, 20 * i + 30);
        for (size_t i = 0; i < 100; i++)
            *ARENA_PUSH(arena, &maps) = (ArenaMap){0};
        for (size_t i = 0; i < 3; i++)
            insert_range(arena, &maps.items[i], 20 * i + 30, 20 * i + 90);
        arena_rewind(arena, mark);
        assert_int_equal(maps.count, 3);
        for (size_t i = 0; i < 3; i++)
            assert_range(&maps.items[i], 20 * i, 20 * i + 90);
    }
    arena_destroy(arena);
}

static void the_nth_acquisition_fails_and_the_map_is_as_it_was(void **state)
{
    (void)state;
    bool done = false;
    for (size_t nth = 2; !done; nth++) {
        TestSource source = {.fail_at = nth};
        Arena *arena =
            arena_create_with(&(ArenaOptions){.capacity = 64, .source = test_source(&source)});
        ArenaMap map = {0};
        for (size_t i = 0; i < 2000; i++) {
            char name[32];
            size_t length = name_of(i, name);
            void **value = arena_map_slot(arena, &map, name, length);
            if (!value) {
                assert_int_equal(errno, ENOMEM);
                assert_range(&map, i, i + 1);
                assert_valid(arena);
                value = arena_map_slot(arena, &map, name, length);
            }
            *value = (void *)(uintptr_t)(i + 1);
        }
        assert_range(&map, 2000, 2100);
        done = source.calls < nth;
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void failing_again_takes_nothing_more(void **state)
{
    (void)state;
    _Alignas(16) unsigned char buffer[4096];
    static const char key[8000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    ArenaMap map = {0};
    assert_null(arena_map_slot(arena, &map, key, sizeof key));
    size_t used = arena_stats(arena).used;
    for (int i = 0; i < 5; i++) {
        assert_null(arena_map_slot(arena, &map, key, sizeof key));
        assert_null(arena_map_intern(arena, &map, key, sizeof key));
    }
    assert_int_equal(arena_stats(arena).used, used);
    assert_int_equal(map.count, 0);
    assert_non_null(arena_map_slot(arena, &map, NULL, 0));
    assert_non_null(arena_map_find(&map, NULL, 0));
    assert_int_equal(map.count, 1);
}

static void a_map_of_an_adopted_arena_goes_on(void **state)
{
    (void)state;
    Arena *into = arena_create(0);
    Arena *from = arena_create(0);
    ArenaMap map = {0};
    insert_range(from, &map, 0, 100);
    ArenaMark mark = arena_mark(into);
    assert_true(arena_adopt(into, from));
    insert_range(into, &map, 100, 300);
    assert_range(&map, 300, 310);
    arena_rewind(into, mark);
    assert_range(&map, 100, 310);
    arena_destroy(into);
}

typedef struct Hashed {
    uint32_t hash;
    uint32_t number;
} Hashed;

static int compare_hashes(const void *left, const void *right)
{
    const Hashed *a = left, *b = right;
    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static size_t short_name(size_t number, char name[32])
{
    return (size_t)snprintf(name, 32, number % 2 ? "%zu" : "%zu?", number);
}

// As the map hashes: half a million names have some 30 pairs of one hash, about half of them with two
// lengths.
static void names_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    enum { NAMES = 500000 };
    static Hashed hashes[NAMES];
    Arena *arena = arena_create(0);
    ArenaMap map = {0};
    char name[2][32];
    insert_range(arena, &map, 0, 1); // which makes the root
    HashKey secret = arena_secret();
    secret.words[0] ^= map.root->seed;
    for (uint32_t i = 0; i < NAMES; i++)
        hashes[i] = (Hashed){(uint32_t)arena_hash(secret, name[0], short_name(i, name[0])), i};
    qsort(hashes, NAMES, sizeof *hashes, compare_hashes);

    size_t pairs[2] = {0};
    for (size_t i = 1; i < NAMES; i++) {
        if (hashes[i].hash != hashes[i - 1].hash)
            continue;
        size_t lengths[] = {short_name(hashes[i - 1].number, name[0]),
                            short_name(hashes[i].number, name[1])};
        void **first = arena_map_slot(arena, &map, name[0], lengths[0]);
        assert_null(arena_map_find(&map, name[1], lengths[1]));
        void **second = arena_map_slot(arena, &map, name[1], lengths[1]);
        assert_ptr_not_equal(first, second);
        assert_ptr_equal(arena_map_slot(arena, &map, name[0], lengths[0]), first);
        assert_ptr_equal(arena_map_slot(arena, &map, name[1], lengths[1]), second);
        pairs[lengths[0] == lengths[1]]++;
    }
    assert_true(pairs[0] > 0 && pairs[1] > 0);
    arena_destroy(arena);
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

// With a key whose bytes are 0 to 15, as in the paper. The words are of a program after that paper,
// which has its word for SipHash-2-4, too.
static void the_hash_depends_on_the_whole_key(void **state)
{
    (void)state;
    const struct {
        size_t size;
        uint64_t hash;
    } known[] = {
        {0, 0xabac0158050fc4dc},  {1, 0xc9f49bf37d57ca93},  {7, 0xd3927d989bb11140},
        {8, 0x369095118d299a8e},  {9, 0x25a48eb36c063de4},  {15, 0xd320d86d2a519956},
        {16, 0xcc4fdd1a7d908b66}, {63, 0x9d199062b7bbb3a8},
    };
    const HashKey key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_true(arena_hash(key, bytes, known[i].size) == known[i].hash);
}

static void the_secret_is_no_known_one(void **state)
{
    (void)state;
    HashKey secret = arena_secret(), again = arena_secret();
    assert_true(secret.words[0] == again.words[0] && secret.words[1] == again.words[1]);
    assert_true(secret.words[0] > 1 && secret.words[1] > 1);
    assert_true(secret.words[0] != secret.words[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_strings_have_one_pointer),
        cmocka_unit_test(keys_are_any_bytes_of_any_length),
        cmocka_unit_test(an_empty_map_has_nothing_and_inserts_nothing),
        cmocka_unit_test(entries_and_values_stay_where_they_are),
        cmocka_unit_test(two_maps_of_one_arena_are_two),
        cmocka_unit_test(maps_in_an_array_that_moves_follow_marks),
        cmocka_unit_test(the_nth_acquisition_fails_and_the_map_is_as_it_was),
        cmocka_unit_test(failing_again_takes_nothing_more),
        cmocka_unit_test(a_map_of_an_adopted_arena_goes_on),
        cmocka_unit_test(what_was_inserted_is_found_and_nothing_else),
        cmocka_unit_test(a_rewind_takes_out_what_was_inserted_since),
        cmocka_unit_test(names_of_one_hash_are_told_apart),
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(the_hash_depends_on_the_whole_key),
        cmocka_unit_test(the_secret_is_no_known_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
