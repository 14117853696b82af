// Every function that can fail, on memory of every kind, with each call of the system refused in turn, by
// itself and with all after it: what fails has changed nothing, what was there stays, and once there is
// memory again all of it works.

#include "refusals.h"
#include "support/check.h"

#include <arena/array.h>
#include <arena/herd.h>
#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/text.h>
#include <arena/watch.h>

#define MAPPED ((size_t)ARENA_TUNE_MAPPED + 10000)

// What the program below has made, with its failures.
typedef struct Made {
    Arena *arena;
    unsigned char *object;
    size_t size;
    ARENA_ARRAY(uint32_t) numbers;
    ARENA_SEGMENTED(uint32_t) places;
    ArenaText text;
    ArenaMap names;
    size_t failures;
    size_t undone;
} Made;

static bool did(Made *made, bool success)
{
    if (!success && errno != ENOMEM)
        fail_msg("a failure with errno %d", errno);
    made->failures += !success;
    errno = 0;
    assert_valid(made->arena);
    return success;
}

static uint64_t outside; // the arena; as it was after a rewind

static void count_undone(void *context)
{
    ((Made *)context)->undone++;
}

static void make_objects(Made *made, size_t size)
{
    unsigned char *object = arena_alloc(made->arena, size);
    if (did(made, object != NULL)) {
        fill_bytes(object, size, 1);
        made->object = object;
        made->size = size;
    }
    unsigned char *zero = arena_calloc(made->arena, size);
    if (did(made, zero != NULL))
        assert_all(zero, size, 0);
    void *aligned = arena_alloc_aligned(made->arena, size, 512);
    if (did(made, aligned != NULL))
        assert_aligned(aligned, 512);
    did(made, hide_pointer(arena_strdup(made->arena, "a string")) != NULL);
    did(made, hide_pointer(arena_asprintf(made->arena, "%0*d", (int)(size % 3000), 7)) != NULL);
    if (!made->object)
        return;
    did(made, hide_pointer(arena_memdup(made->arena, made->object, made->size)) != NULL);
    bool is_remembered = did(made, arena_remember(made->arena, &outside, sizeof outside));
    outside += is_remembered;
    did(made, arena_defer(made->arena, count_undone, made));
    unsigned char *grown = arena_realloc(made->arena, made->object, made->size, made->size + size);
    if (did(made, grown != NULL)) {
        assert_filled(grown, made->size, 1);
        made->object = grown;
        made->size += size;
        fill_bytes(grown, made->size, 1);
    }
}

static void make_containers(Made *made, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char key[20];
        size_t length = (size_t)snprintf(key, sizeof key, "key %lu", (unsigned long)i);
        uint32_t *number = ARENA_PUSH(made->arena, &made->numbers);
        if (did(made, number != NULL))
            *number = 7;
        uint32_t *place = ARENA_ADD(made->arena, &made->places);
        if (did(made, place != NULL))
            *place = 9;
        void **slot = arena_map_slot(made->arena, &made->names, key, length);
        if (did(made, slot != NULL))
            *slot = made;
        size_t before = made->text.count;
        if (!did(made, arena_text_printf(made->arena, &made->text, "%s,", "text")))
            assert_int_equal(made->text.count, before);
    }
    did(made, ARENA_RESERVE(made->arena, &made->numbers, made->numbers.count + 3 * count));
    did(made, ARENA_INSERT(made->arena, &made->numbers, 0) != NULL);
    if (made->numbers.count > 0)
        made->numbers.items[0] = 7;
}

static void make_others(Made *made, size_t size)
{
    Arena *other = arena_create(size);
    if (did(made, other != NULL)) {
        (void)hide_pointer(arena_alloc(other, size / 2));
        if (!arena_adopt(made->arena, other)) // an arena of a buffer may be adopted into
            arena_destroy(other);
    }
    Arena *region = arena_create_region(size);
    did(made, region != NULL);
    if (region)
        (void)hide_pointer(arena_alloc(region, size));
    arena_destroy(region);
    ArenaScratch scratch = arena_scratch_begin(&made->arena, 1);
    did(made, scratch.arena != NULL);
    arena_scratch_end(scratch);
    ArenaHerd *herd = arena_herd_create(NULL);
    if (did(made, herd != NULL))
        did(made, arena_herd_member(herd) != NULL);
    arena_herd_destroy(herd);
}

static void check_made(Made *made)
{
    assert_valid(made->arena);
    if (made->object)
        assert_filled(made->object, made->size, 1);
    for (size_t i = 0; i < made->numbers.count; i++)
        assert_int_equal(made->numbers.items[i], 7);
    for (size_t i = 0; i < made->places.count; i++)
        assert_int_equal(*ARENA_AT(&made->places, i), 9);
    for (size_t i = 0; i < made->text.count; i++)
        assert_int_equal(made->text.items[i], "text,"[i % 5]);
    for (size_t i = 0; i < made->names.count; i++)
        assert_ptr_equal(arena_map_at(&made->names, i)->value, made);
}

static void make_all(Made *made, size_t size)
{
    errno = 0;
    make_containers(made, 6);
    ArenaMark mark = arena_mark(made->arena);
    unsigned char *object = made->object;
    size_t before = made->size;
    uint64_t value = outside;
    make_objects(made, size);
    make_containers(made, 12);
    check_made(made);
    arena_rewind(made->arena, mark);
    assert_true(outside == value);
    made->object = object;
    made->size = before;
    check_made(made);
    make_objects(made, 3 * size);
    make_others(made, size);
    check_made(made);
}

// ----- Memory of every kind -----

static unsigned char buffer[3000];

static Arena *of_small_blocks(void)
{
    return arena_create(300);
}

static Arena *of_a_mapping(void)
{
    return arena_create(MAPPED);
}

static Arena *of_a_buffer(void)
{
    return arena_create_with(&(ArenaOptions){.buffer = buffer, .buffer_size = sizeof buffer});
}

static Arena *of_a_region(void)
{
    return arena_create_region(64 * MAPPED);
}

static Arena *of_a_checked_one(void)
{
    Arena *arena = arena_create(300);
    if (arena && !arena_watch(arena, arena_checker())) {
        arena_destroy(arena);
        return NULL;
    }
    return arena;
}

// One trial: without a refusal in it, nothing fails.
static bool try_all(Arena *(*create)(void), size_t size, RefusableCall call, size_t nth,
                    bool and_on)
{
    Made made = {0};
    (and_on ? refuse_from : refuse)(call, nth);
    errno = 0;
    made.arena = create();
    if (made.arena)
        make_all(&made, size);
    else
        assert_int_equal(errno, ENOMEM);
    bool is_refused = calls_of(call) >= nth;
    size_t failures = made.failures;
    refuse_nothing();
    assert_true(is_refused || (made.arena && failures == 0));
    if (!made.arena)
        made.arena = create();
    assert_non_null(made.arena);
    make_all(&made, size);
    assert_int_equal(made.failures, failures);
    arena_reset(made.arena);
    assert_true(made.undone >= 1);
    arena_destroy(made.arena);
    arena_scratch_trim();
    return is_refused;
}

static const RefusableCall calls[] = {CALL_malloc, CALL_calloc,   CALL_realloc, CALL_mmap,
                                      CALL_mremap, CALL_mprotect, CALL_madvise};

static void refuse_each(Arena *(*create)(void), size_t size, bool and_on)
{
    size_t refusals = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        for (size_t nth = 1; try_all(create, size, calls[i], nth, and_on); nth++) {
            assert_true(nth < 1000);
            refusals++;
        }
    assert_true(refusals > 0);
}

#define REFUSE_EACH(name, create, size)           \
    static void name##_once(void **state)         \
    {                                             \
        (void)state;                              \
        refuse_each(create, size, false);         \
    }                                             \
    static void name##_from_then_on(void **state) \
    {                                             \
        (void)state;                              \
        refuse_each(create, size, true);          \
    }

REFUSE_EACH(small_blocks, of_small_blocks, 500)
REFUSE_EACH(large_objects, of_small_blocks, MAPPED / 4)
REFUSE_EACH(a_mapping, of_a_mapping, 9000)
REFUSE_EACH(a_buffer, of_a_buffer, 400)
REFUSE_EACH(a_region, of_a_region, MAPPED / 8)
REFUSE_EACH(checked_blocks, of_a_checked_one, 300)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_blocks_once),   cmocka_unit_test(small_blocks_from_then_on),
        cmocka_unit_test(large_objects_once),  cmocka_unit_test(large_objects_from_then_on),
        cmocka_unit_test(a_mapping_once),      cmocka_unit_test(a_mapping_from_then_on),
        cmocka_unit_test(a_buffer_once),       cmocka_unit_test(a_buffer_from_then_on),
        cmocka_unit_test(a_region_once),       cmocka_unit_test(a_region_from_then_on),
        cmocka_unit_test(checked_blocks_once), cmocka_unit_test(checked_blocks_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
