// One call of each part of the library, in what all of C11 to C23 and C++11 to C++23 have in common:
// the headers have to compile, and what is inline in them to do what the library does. As C also what
// depends on the order of bytes. The exit status is 1 if anything is not so.

#include <arena/adapters/current.h>
#include <arena/array.h>
#include <arena/herd.h>
#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/text.h>
#include <arena/watch.h>

#include "../support/constants.h"

#include <stdio.h>
#include <string.h>

#ifndef __cplusplus
#include "../../src/containers/hash.h"
#elif __cplusplus >= 201703L
#include <arena/adapters/resource.hpp>
#endif

#define EXPECT(claim)                                            \
    do {                                                         \
        if (!(claim)) {                                          \
            printf("line %d is not so: %s\n", __LINE__, #claim); \
            return false;                                        \
        }                                                        \
    } while (0)

typedef struct Pair {
    double number;
    char letter;
} Pair;

typedef ARENA_ARRAY(int) Numbers;

static bool objects_are_made(Arena *arena)
{
    Pair *pairs = ARENA_NEW0_ARRAY(arena, Pair, 3);
    EXPECT(pairs && pairs[2].number == 0 && pairs[2].letter == 0);
    EXPECT((uintptr_t)pairs % ARENA_ALIGNOF(Pair) == 0 && arena_owns(arena, pairs));
    char *bytes = (char *)arena_alloc_aligned(arena, 100, 256);
    EXPECT(bytes && (uintptr_t)bytes % 256 == 0);
    EXPECT(known_sizes_are_placed_where_they_fit());
    EXPECT(known_sizes_that_wrap_are_refused(arena));
    return true;
}

static bool marks_are_rewound(Arena *arena)
{
    Numbers numbers = {0, NULL, 0, 0};
    ArenaMap names = {0, NULL, 0};
    for (int i = 0; i < 1000; i++) {
        int *item = ARENA_PUSH(arena, &numbers);
        EXPECT(item);
        *item = i;
    }
    const char *name = arena_map_intern(arena, &names, "name", 4);
    ArenaMark mark = arena_mark(arena);
    ARENA_TRUNCATE(arena, &numbers, 10);
    EXPECT(ARENA_PUSH(arena, &numbers) && arena_map_intern(arena, &names, "other", 5));
    arena_rewind(arena, mark);
    EXPECT(numbers.count == 1000 && numbers.items[999] == 999 && numbers.items[10] == 10);
    EXPECT(names.count == 1 && arena_map_intern(arena, &names, "name", 4) == name);
    return arena_is_valid(arena);
}

static bool texts_are_formatted(Arena *arena)
{
    ArenaScratch scratch = arena_scratch_begin(&arena, 1);
    ArenaText text = {0, NULL, 0, 0};
    EXPECT(scratch.arena && scratch.arena != arena);
    EXPECT(arena_text_printf(scratch.arena, &text, "%d%c%s", 12, ',', "34"));
    char *copy = arena_strdup(arena, arena_text_finish(scratch.arena, &text));
    arena_scratch_end(scratch);
    EXPECT(copy && strcmp(copy, "12,34") == 0);
    return true;
}

static bool herds_are_joined(Arena *arena)
{
    ArenaHerd *herd = arena_herd_create(NULL);
    EXPECT(herd && arena_herd_member(herd));
    int *number = ARENA_NEW0(arena_herd_member(herd), int);
    EXPECT(number && arena_herd_join(herd, arena));
    arena_herd_destroy(herd);
    EXPECT(arena_owns(arena, number) && *number == 0);
    return true;
}

#ifdef __cplusplus

static bool hashes_are_those_of_others()
{
    return true;
}

#else

// Of a whole word and of a part of one: what CPython has with PYTHONHASHSEED=0.
static bool hashes_are_those_of_others(void)
{
    HashKey key = {{0, 0}};
    EXPECT(arena_hash(key, "0123456789abcde", 15) == 0x26f4d862282d8fcb);
    return true;
}

#endif

int main(void)
{
    Arena *arena = arena_create(0);
    bool good = arena && objects_are_made(arena) && marks_are_rewound(arena) &&
                texts_are_formatted(arena) && herds_are_joined(arena) &&
                hashes_are_those_of_others();
    arena_destroy(arena);
    return good ? 0 : 1;
}
