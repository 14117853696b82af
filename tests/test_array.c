// Arrays: what they hold, how they grow, and what a rewind makes of them.

#include <arena/array.h>

#include "support/check.h"

#if ARENA_HAS_GNU
#define OUTLINED __attribute__((noinline))
#else
#define OUTLINED
#endif

typedef ARENA_ARRAY(int) Ints;
typedef ARENA_ARRAY(char) Chars;
typedef ARENA_ARRAY(unsigned char) Bytes;
typedef ARENA_ARRAY(Ints) Rows;
typedef ARENA_SEGMENTED(int) Segments;

typedef struct Five {
    uint32_t parts[5];
} Five;

static void push_range(Arena *arena, Ints *ints, int from, int to)
{
    for (int i = from; i < to; i++) {
        int *item = ARENA_PUSH(arena, ints);
        assert_non_null(item);
        *item = i;
    }
}

static void assert_range(const Ints *ints, int from, int to)
{
    assert_int_equal(ints->count, to - from);
    assert_true(ints->capacity >= ints->count);
    for (int i = from; i < to; i++)
        assert_int_equal(ints->items[i - from], i);
}

static void add_range(Arena *arena, Segments *segments, int from, int to)
{
    for (int i = from; i < to; i++) {
        int *item = ARENA_ADD(arena, segments);
        assert_non_null(item);
        *item = i;
    }
}

static void assert_added(const Segments *segments, int count)
{
    assert_int_equal(segments->count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(*ARENA_AT(segments, (size_t)i), i);
}

// Every kind of change, some of them where old items are.
static void change_in_all_ways(Arena *arena, Ints *ints)
{
    push_range(arena, ints, 1000, 1010);
    assert_true(ARENA_REMOVE(arena, ints, ints->count / 2));
    int *item = ARENA_INSERT(arena, ints, ints->count / 3);
    assert_non_null(item);
    *item = -1;
    assert_non_null(ARENA_POP(arena, ints));
    assert_true(ARENA_APPEND(arena, ints, ints->items, ints->count / 2));
    assert_true(ARENA_TRUNCATE(arena, ints, ints->count / 2));
    push_range(arena, ints, 2000, 2100);
    item = ARENA_INSERT(arena, ints, 0);
    assert_non_null(item);
    *item = -2;
    assert_true(ARENA_REMOVE(arena, ints, 1));
}

// -------------------------------------------------------------------------------------------------
// What an array holds
// -------------------------------------------------------------------------------------------------

static void pushed_items_are_there_in_order(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 10000);
    assert_range(&ints, 0, 10000);
    assert_valid(arena);
    arena_destroy(arena);
}

static void pop_gives_the_items_newest_first(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 100);
    for (int i = 99; i >= 0; i--) {
        assert_int_equal(*ARENA_POP(arena, &ints), i);
        assert_range(&ints, 0, i);
    }
    arena_destroy(arena);
}

static void insert_and_remove_move_what_is_behind(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 60);
    for (size_t index = 0; index <= 60; index++) {
        *ARENA_INSERT(arena, &ints, index) = -1;
        assert_int_equal(ints.count, 61);
        for (size_t i = 0; i < 61; i++)
            assert_int_equal(ints.items[i], i == index ? -1 : (int)i - (i > index));
        assert_true(ARENA_REMOVE(arena, &ints, index));
        assert_range(&ints, 0, 60);
    }
    arena_destroy(arena);
}

static void truncate_keeps_the_first(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 60);
    assert_true(ARENA_TRUNCATE(arena, &ints, 60));
    assert_range(&ints, 0, 60);
    assert_true(ARENA_TRUNCATE(arena, &ints, 7));
    assert_range(&ints, 0, 7);
    assert_true(ARENA_TRUNCATE(arena, &ints, 0));
    push_range(arena, &ints, 0, 3);
    assert_range(&ints, 0, 3);
    arena_destroy(arena);
}

static void own_items_are_appended_wherever_the_array_moves(void **state)
{
    (void)state;
    for (int blocked = 0; blocked < 2; blocked++) {
        Arena *arena = new_arena(0);
        Ints ints = {0};
        push_range(arena, &ints, 0, 5);
        while (ints.count < 200000) {
            size_t count = ints.count;
            if (blocked)
                new_object(arena, 8, 1);
            assert_true(ARENA_APPEND(arena, &ints, ints.items + 1, count - 1));
            assert_int_equal(ints.count, 2 * count - 1);
            assert_memory_equal(ints.items + count, ints.items + 1, (count - 1) * sizeof(int));
            assert_int_equal(ints.items[count - 1], 4);
        }
        arena_destroy(arena);
    }
}

static void an_array_may_be_doubled_by_itself_at_every_size(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    for (size_t count = 1; count < 300; count++) {
        Bytes bytes = {0};
        assert_true(ARENA_RESERVE(arena, &bytes, count));
        for (size_t i = 0; i < count; i++)
            *ARENA_PUSH(arena, &bytes) = (unsigned char)i;
        if (count % 3)
            new_object(arena, 8, 1);
        if (count % 5 == 0)
            arena_mark(arena);
        assert_true(ARENA_APPEND(arena, &bytes, bytes.items, count));
        assert_int_equal(bytes.count, 2 * count);
        for (size_t i = 0; i < 2 * count; i++)
            assert_int_equal(bytes.items[i], (unsigned char)(i % count));
    }
    assert_valid(arena);
    arena_destroy(arena);
}

static void nothing_may_be_appended_from_nowhere(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    arena_mark(arena);
    Snapshot before = take_snapshot(arena);
    assert_true(ARENA_APPEND(arena, &ints, (const int *)NULL, 0));
    check_unchanged(arena, &before, 0);
    assert_null(ints.items);
    arena_destroy(arena);
}

// One type of items: pushed, changed in all ways after a mark, and rewound.
#define DEFINE_SHAPE(Name, size, align)                                                   \
    typedef struct Name {                                                                 \
        _Alignas(align) unsigned char bytes[size];                                        \
    } Name;                                                                               \
    typedef ARENA_ARRAY(Name) Name##Array;                                                \
    static void check_##Name(const Name##Array *array, size_t count)                      \
    {                                                                                     \
        assert_int_equal(array->count, count);                                            \
        assert_aligned(array->items, align);                                              \
        for (size_t i = 0; i < count; i++)                                                \
            assert_filled(&array->items[i], sizeof(Name), (uint32_t)i);                   \
    }                                                                                     \
    static void fill_##Name(Arena *arena, Name##Array *array, size_t count, size_t every) \
    {                                                                                     \
        while (array->count < count) {                                                    \
            uint32_t seed = (uint32_t)array->count;                                       \
            if (every && seed % every == 0)                                               \
                new_object(arena, 8, 1);                                                  \
            Name *item = ARENA_PUSH(arena, array);                                        \
            assert_non_null(item);                                                        \
            assert_aligned(item, align);                                                  \
            fill_bytes(item, sizeof *item, seed);                                         \
        }                                                                                 \
    }                                                                                     \
    static void run_##Name(Arena *arena, size_t every)                                    \
    {                                                                                     \
        Name##Array array = {0};                                                          \
        fill_##Name(arena, &array, 50, every);                                            \
        check_##Name(&array, 50);                                                         \
        ArenaMark mark = arena_mark(arena);                                               \
        for (size_t kept = 0; kept <= 50; kept += 7) {                                    \
            assert_true(ARENA_TRUNCATE(arena, &array, kept));                             \
            fill_##Name(arena, &array, kept + 40, every);                                 \
            check_##Name(&array, kept + 40);                                              \
            fill_bytes(ARENA_INSERT(arena, &array, kept), sizeof(Name), 99);              \
            assert_true(ARENA_REMOVE(arena, &array, kept));                               \
            check_##Name(&array, kept + 40);                                              \
            arena_rewind(arena, mark);                                                    \
            check_##Name(&array, 50);                                                     \
            fill_bytes(ARENA_INSERT(arena, &array, kept), sizeof(Name), 99);              \
            arena_rewind(arena, mark);                                                    \
            assert_true(ARENA_REMOVE(arena, &array, kept % 50));                          \
            arena_rewind(arena, mark);                                                    \
            check_##Name(&array, 50);                                                     \
        }                                                                                 \
        assert_valid(arena);                                                              \
    }

DEFINE_SHAPE(Size1, 1, 1)
DEFINE_SHAPE(Size3, 3, 1)
DEFINE_SHAPE(Size6, 6, 2)
DEFINE_SHAPE(Size7, 7, 1)
DEFINE_SHAPE(Size12, 12, 4)
DEFINE_SHAPE(Size24, 24, 8)
DEFINE_SHAPE(Size48, 48, 16)
DEFINE_SHAPE(Size64, 64, 64)
DEFINE_SHAPE(Size4096, 4096, 1)

static void items_of_any_size_and_alignment_follow_marks(void **state)
{
    (void)state;
    static void (*const runs[])(Arena *, size_t) = {
        run_Size1,  run_Size3,  run_Size6,  run_Size7,    run_Size12,
        run_Size24, run_Size48, run_Size64, run_Size4096,
    };
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        for (size_t every = 0; every < 6; every++) {
            Arena *arena = every % 2 ? new_arena(100) : arena_create_region(8 << 20);
            assert_non_null(arena);
            new_object(arena, 8, 1);
            runs[i](arena, every);
            arena_destroy(arena);
        }
    }
}

// -------------------------------------------------------------------------------------------------
// How it grows
// -------------------------------------------------------------------------------------------------

static void the_newest_array_grows_where_it_stands(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(8 << 20);
    Ints ints = {0};
    push_range(arena, &ints, 0, 1);
    const int *first = ints.items;
    push_range(arena, &ints, 1, 500000);
    assert_ptr_equal(ints.items, first);
    assert_true(arena_stats(arena).used >= 500000 * sizeof(int));
    assert_true(arena_stats(arena).used <= 1000000 * sizeof(int));
    arena_destroy(arena);
}

// Sizes that are no multiple of the granule: what is held has to be what the arena gave.
static void storage_of_odd_sizes_grows_where_it_stands(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(8 << 20);
    Size7Array sevens = {0};
    fill_Size7(arena, &sevens, 1, 0);
    const Size7 *first = sevens.items;
    fill_Size7(arena, &sevens, 5000, 0);
    assert_ptr_equal(sevens.items, first);
    Size12Array twelves = {0};
    fill_Size12(arena, &twelves, 1, 0);
    const Size12 *second = twelves.items;
    fill_Size12(arena, &twelves, 5000, 0);
    assert_ptr_equal(twelves.items, second);
    arena_destroy(arena);
}

static void an_array_that_moves_leaves_the_old_items_as_they_were(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 20);
    Ints old = ints;
    new_object(arena, 8, 1);
    push_range(arena, &ints, 20, 1000);
    assert_ptr_not_equal(ints.items, old.items);
    assert_range(&ints, 0, 1000);
    assert_range(&old, 0, 20);
    arena_destroy(arena);
}

static void a_large_array_grows_without_leaving_anything_behind(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    int count = (int)(ARENA_TUNE_MAPPED / sizeof(int)) * 2;
    arena_mark(arena);
    assert_true(ARENA_RESERVE(arena, &ints, (size_t)count));
    new_object(arena, 8, 1);
    size_t blocks = arena_stats(arena).blocks;
    push_range(arena, &ints, 0, 4 * count);
    assert_range(&ints, 0, 4 * count);
    assert_int_equal(arena_stats(arena).blocks, blocks);
    assert_true(arena_stats(arena).used < 9 * (size_t)count * sizeof(int));
    arena_destroy(arena);
}

static void a_large_array_of_the_mark_is_there_after_it_grew(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    int count = (int)(ARENA_TUNE_MAPPED / sizeof(int)) * 2;
    push_range(arena, &ints, 0, count);
    const int *items = ints.items;
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 2; i++) {
        *ARENA_POP(arena, &ints) = 5;
        ints.items[count - 1] = count - 1;
        push_range(arena, &ints, count - 1, 4 * count);
        assert_range(&ints, 0, 4 * count);
        arena_rewind(arena, mark);
        assert_ptr_equal(ints.items, items);
        assert_range(&ints, 0, count);
    }
    arena_destroy(arena);
}

static void reserved_room_is_pushed_into_without_a_request(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    Ints ints = {0};
    assert_true(ARENA_RESERVE(arena, &ints, 5000));
    assert_int_equal(ints.count, 0);
    const int *items = ints.items;
    Snapshot before = take_snapshot(arena);
    source.refuse = true;
    push_range(arena, &ints, 0, 5000);
    assert_ptr_equal(ints.items, items);
    assert_true(ARENA_RESERVE(arena, &ints, 100));
    check_unchanged(arena, &before, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

// After a mark as well, though the items of the mark are there.
static void reserved_room_is_there_until_the_next_mark(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 200);
    Ints ints = {0};
    push_range(arena, &ints, 0, 100);
    ArenaMark mark = arena_mark(arena);
    for (int room = 100; room < 1000; room += 30) {
        assert_true(ARENA_RESERVE(arena, &ints, (size_t)room));
        source.refuse = true;
        push_range(arena, &ints, 100, room);
        source.refuse = false;
        arena_rewind(arena, mark);
        assert_range(&ints, 0, 100);
    }
    arena_destroy(arena);
    assert_clean(&source);
}

// Pushes until there is no more memory. What was pushed stays.
static size_t fill_up(Arena *arena, Ints *ints)
{
    int *item;
    while ((item = ARENA_PUSH(arena, ints)) != NULL)
        *item = (int)ints->count - 1;
    assert_int_equal(errno, ENOMEM);
    assert_range(ints, 0, (int)ints->count);
    assert_valid(arena);
    return ints->count * sizeof(int);
}

static void growth_takes_what_there_is_in_a_buffer(void **state)
{
    (void)state;
    static unsigned char buffer[20000];
    for (size_t size = 1000; size < sizeof buffer; size += 1111) {
        Arena *arena = arena_create_in(buffer, size);
        assert_non_null(arena);
        Ints ints = {0};
        size_t room = room_in(arena);
        assert_true(fill_up(arena, &ints) + 2 * MALLOC_ALIGN > room);
        assert_int_equal(arena_stats(arena).failures, 1);
        arena_destroy(arena);
    }
}

static void growth_takes_what_there_is_in_a_region(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(300000);
    assert_non_null(arena);
    Ints ints = {0};
    assert_true(fill_up(arena, &ints) >= 300000 - 2 * MALLOC_ALIGN);
    arena_destroy(arena);
}

static void growth_under_a_limit_falls_back_to_what_is_needed(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 4000);
    Ints ints = {0};
    assert_true(ARENA_RESERVE(arena, &ints, 20000));
    push_range(arena, &ints, 0, 20000);
    arena_set_limit(arena, arena_stats(arena).reserved + 100000);
    assert_true(ARENA_RESERVE(arena, &ints, 20050));
    push_range(arena, &ints, 20000, 20050);
    assert_range(&ints, 0, 20050);
    assert_int_equal(arena_stats(arena).failures, 0);
    arena_destroy(arena);
    assert_clean(&source);
}

static void an_extension_takes_the_rest_of_the_block_before_it_gives_up(void **state)
{
    (void)state;
    static unsigned char buffer[4000];
    Arena *arena = arena_create_in(buffer, sizeof buffer);
    size_t room = room_in(arena);
    unsigned char *bytes = new_object(arena, 100, 1);
    size_t size = 2 * sizeof buffer;
    assert_true(arena_extend(arena, bytes, 100, 200, &size));
    assert_int_equal(size, room);
    Snapshot before = take_snapshot(arena);
    size_t more = room + 8;
    assert_false(arena_extend(arena, bytes, size, room + 1, &more));
    check_unchanged(arena, &before, 0);
    more = room + 8;
    assert_null(arena_grow(arena, bytes, size, room + 1, &more, 8));
    check_unchanged(arena, &before, 1);
    assert_filled(bytes, 100, 1);
    arena_destroy(arena);
}

static void growth_has_what_was_wished_for_where_that_can_be(void **state)
{
    (void)state;
    Arena *arena = new_arena(10000);
    size_t size = 500;
    unsigned char *bytes = arena_grow(arena, NULL, 0, 100, &size, 64);
    assert_non_null(bytes);
    assert_aligned(bytes, 64);
    assert_int_equal(size, 500);
    fill_bytes(bytes, 500, 1);
    new_object(arena, 8, 1);
    size = 1000;
    assert_false(arena_extend(arena, bytes, 500, 501, &size));
    size = 1000;
    unsigned char *moved = arena_grow(arena, bytes, 500, 501, &size, 64);
    assert_non_null(moved);
    assert_aligned(moved, 64);
    assert_int_equal(size, 1000);
    assert_filled(moved, 500, 1);
    assert_filled(bytes, 500, 1);
    size = SIZE_MAX;
    moved = arena_grow(arena, moved, 1000, 2000, &size, 64);
    assert_non_null(moved);
    assert_true(size >= 2000 && size < 100000);
    assert_filled(moved, 500, 1);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Failure
// -------------------------------------------------------------------------------------------------

static void indices_beyond_the_items_are_refused(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    for (int i = 0; i < 2; i++) {
        Ints copy = ints;
        Snapshot before = take_snapshot(arena);
        errno = 0;
        assert_null(ARENA_INSERT(arena, &ints, ints.count + 1));
        assert_int_equal(errno, EINVAL);
        errno = 0;
        assert_false(ARENA_REMOVE(arena, &ints, ints.count));
        assert_int_equal(errno, EINVAL);
        assert_false(ARENA_REMOVE(arena, &ints, SIZE_MAX));
        errno = 0;
        assert_false(ARENA_TRUNCATE(arena, &ints, ints.count + 1));
        assert_int_equal(errno, EINVAL);
        check_unchanged(arena, &before, 4);
        assert_memory_equal(&ints, &copy, sizeof copy);
        push_range(arena, &ints, 0, 40);
        arena_mark(arena);
    }
    arena_destroy(arena);
}

static void nothing_can_be_popped_from_an_empty_array(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    int *popped = ARENA_POP(arena, &ints);
    assert_null(popped);
    assert_int_equal(errno, EINVAL);
    push_range(arena, &ints, 0, 1);
    popped = ARENA_POP(arena, &ints);
    assert_non_null(popped);
    errno = 0;
    popped = ARENA_POP(arena, &ints);
    assert_null(popped);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(arena_stats(arena).failures, 2);
    assert_int_equal(ints.count, 0);
    arena_destroy(arena);
}

static void more_items_than_there_can_be_are_refused(void **state)
{
    (void)state;
    static const size_t counts[] = {SIZE_MAX,         SIZE_MAX / 4,        SIZE_MAX / 4 - 10,
                                    SIZE_MAX / 4 + 1, PTRDIFF_MAX / 4 + 1, BEYOND_MEMORY / 4};
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 10);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        Ints copy = ints;
        Snapshot before = take_snapshot(arena);
        size_t count = hide_size(counts[i]);
        errno = 0;
        assert_false(ARENA_RESERVE(arena, &ints, count));
        assert_int_equal(errno, ENOMEM);
        assert_false(ARENA_APPEND(arena, &ints, ints.items, count));
        assert_false(arena_array_grow(ARENA_ARRAY_PARTS(arena, &ints), count));
        check_unchanged(arena, &before, 3);
        assert_memory_equal(&ints, &copy, sizeof copy);
    }
    arena_destroy(arena);
}

typedef struct Trial {
    Arena *arena;
    TestSource *source;
    Ints ints;
    Segments segments;
    size_t failures;
} Trial;

// Whether the step was done; if not, nothing is different, but that the first change after a mark may
// have been noted.
static bool was_done(Trial *trial, bool success, const Trial *before, const Snapshot *snapshot)
{
    assert_valid(trial->arena);
    if (success)
        return true;
    trial->failures++;
    assert_int_equal(errno, ENOMEM);
    assert_ptr_equal(trial->ints.items, before->ints.items);
    assert_int_equal(trial->ints.count, before->ints.count);
    assert_int_equal(trial->ints.capacity, before->ints.capacity);
    assert_ptr_equal(trial->segments.items, before->segments.items);
    assert_int_equal(trial->segments.count, before->segments.count);
    assert_int_equal(trial->segments.capacity, before->segments.capacity);
    size_t noted = arena_stats(trial->arena).used - snapshot->stats.used;
    assert_true(noted == 0 || (trial->arena->marked && noted <= 136));
    return false;
}

static void push_or_fail(Trial *trial)
{
    Trial before = *trial;
    Snapshot snapshot = take_snapshot(trial->arena);
    int *item = ARENA_PUSH(trial->arena, &trial->ints);
    if (was_done(trial, item != NULL, &before, &snapshot))
        *item = (int)trial->ints.count - 1;
}

static void add_or_fail(Trial *trial)
{
    Trial before = *trial;
    Snapshot snapshot = take_snapshot(trial->arena);
    int *item = ARENA_ADD(trial->arena, &trial->segments);
    if (was_done(trial, item != NULL, &before, &snapshot))
        *item = (int)trial->segments.count - 1;
}

// An item goes in and out again, where the items of the mark are.
static void shift_or_fail(Trial *trial)
{
    Trial before = *trial;
    Snapshot snapshot = take_snapshot(trial->arena);
    int *item = ARENA_INSERT(trial->arena, &trial->ints, trial->ints.count / 2);
    if (!was_done(trial, item != NULL, &before, &snapshot))
        return;
    before = *trial;
    snapshot = take_snapshot(trial->arena);
    bool removed = ARENA_REMOVE(trial->arena, &trial->ints, (trial->ints.count - 1) / 2);
    if (!was_done(trial, removed, &before, &snapshot))
        assert_true(ARENA_REMOVE(trial->arena, &trial->ints, (trial->ints.count - 1) / 2));
}

static void run_trial(Trial *trial)
{
    for (int round = 0; round < 4; round++) {
        ArenaMark mark = arena_mark(trial->arena);
        int count = (int)trial->ints.count, added = (int)trial->segments.count;
        for (int i = 0; i < 150; i++) {
            push_or_fail(trial);
            add_or_fail(trial);
            if (i % 50 == 0)
                shift_or_fail(trial);
        }
        assert_range(&trial->ints, 0, (int)trial->ints.count);
        assert_added(&trial->segments, (int)trial->segments.count);
        if (round % 2) {
            arena_rewind(trial->arena, mark);
            assert_range(&trial->ints, 0, count);
            assert_added(&trial->segments, added);
        }
    }
}

static void the_nth_acquisition_fails_and_nothing_has_changed(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        bool any = true;
        for (size_t n = 2; any; n++) {
            TestSource source = {.fail_at = n, .extension = kind ? 700 : 0};
            Trial trial = {.arena = new_arena_on(&source, 300), .source = &source};
            run_trial(&trial);
            any = source.calls >= n;
            assert_int_equal(arena_stats(trial.arena).failures, trial.failures);
            arena_destroy(trial.arena);
            assert_clean(&source);
        }
    }
}

// Whatever part of what a change needs can be had.
static void failing_again_takes_nothing_more(void **state)
{
    (void)state;
    for (size_t room = 240; room < 900; room += 8) {
        TestSource source = {0};
        Arena *arena = new_arena_on(&source, 4000);
        Ints ints = {0};
        Segments segments = {0};
        push_range(arena, &ints, 0, 32);
        add_range(arena, &segments, 0, 120);
        arena_mark(arena);
        leave_room(arena, room);
        source.refuse = true;
        assert_false(ARENA_RESERVE(arena, &ints, 1000));
        bool added = ARENA_ADD(arena, &segments) != NULL;
        Snapshot before = take_snapshot(arena);
        size_t failures = 0;
        for (size_t i = 0; i < 5; i++) {
            assert_false(ARENA_RESERVE(arena, &ints, 1000));
            failures += added ? 1 : 2;
            if (!added)
                assert_true(ARENA_ADD(arena, &segments) == NULL);
        }
        check_unchanged(arena, &before, failures);
        assert_int_equal(segments.count, 120 + added);
        arena_destroy(arena);
        assert_clean(&source);
    }
}

static void jump_back(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)size;
    longjmp(*(jmp_buf *)context, 1);
}

static void a_handler_may_jump_out_of_a_change(void **state)
{
    (void)state;
    static jmp_buf target;
    static Ints ints;
    TestSource source = {0};
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 3000,
                                                     .source = test_source(&source),
                                                     .on_failure = jump_back,
                                                     .on_failure_context = &target});
    ints = (Ints){0};
    push_range(arena, &ints, 0, 100);
    ArenaMark mark = arena_mark(arena);
    source.refuse = true;
    if (setjmp(target) == 0) {
        for (;;)
            push_range(arena, &ints, (int)ints.count, (int)ints.count + 1);
    }
    assert_range(&ints, 0, (int)ints.count);
    assert_valid(arena);
    if (setjmp(target) == 0)
        ARENA_APPEND(arena, &ints, ints.items, hide_size(ints.count));
    arena_rewind(arena, mark);
    assert_range(&ints, 0, 100);
    arena_destroy(arena);
    assert_clean(&source);
}

// -------------------------------------------------------------------------------------------------
// What a rewind makes of an array that was there
// -------------------------------------------------------------------------------------------------

static void a_rewind_restores_an_array_that_was_empty(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        push_range(arena, &ints, 0, 100);
        arena_rewind(arena, mark);
        assert_int_equal(ints.count, 0);
        assert_int_equal(ints.capacity, 0);
        assert_null(ints.items);
    }
    arena_destroy(arena);
}

static void a_rewind_restores_what_was_popped_and_overwritten(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 50);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 20; j++)
            assert_int_equal(*ARENA_POP(arena, &ints), 49 - j);
        push_range(arena, &ints, 1000, 2000);
        assert_true(ARENA_REMOVE(arena, &ints, 3));
        *ARENA_INSERT(arena, &ints, 0) = 7;
        assert_true(ARENA_TRUNCATE(arena, &ints, 5));
        push_range(arena, &ints, 0, 5);
        arena_rewind(arena, mark);
        assert_range(&ints, 0, 50);
    }
    arena_destroy(arena);
}

// The new item would lie where the old one was, in the same granule.
static void an_item_pushed_after_a_pop_does_not_replace_the_old_one(void **state)
{
    (void)state;
    for (int popped_first = 0; popped_first < 2; popped_first++) {
        Arena *arena = new_arena(0);
        Chars chars = {0};
        for (int i = 0; i < 128; i++)
            *ARENA_PUSH(arena, &chars) = 'a';
        ArenaMark outer = arena_mark(arena);
        if (popped_first)
            assert_int_equal(*ARENA_POP(arena, &chars), 'a');
        ArenaMark inner = arena_mark(arena);
        if (!popped_first)
            assert_int_equal(*ARENA_POP(arena, &chars), 'a');
        *ARENA_PUSH(arena, &chars) = 'b';
        assert_int_equal(chars.items[127], 'b');
        arena_rewind(arena, inner);
        assert_int_equal(chars.count, popped_first ? 127 : 128);
        arena_rewind(arena, outer);
        assert_int_equal(chars.count, 128);
        assert_all(chars.items, 128, 'a');
        arena_destroy(arena);
    }
}

// That the items were cut is known after another mark, too.
static void what_was_cut_off_is_not_written_over_after_the_next_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 30);
    ArenaMark mark = arena_mark(arena);
    assert_true(ARENA_TRUNCATE(arena, &ints, 10));
    arena_mark(arena);
    push_range(arena, &ints, 100, 101);
    arena_rewind(arena, mark);
    assert_range(&ints, 0, 30);
    assert_true(ARENA_TRUNCATE(arena, &ints, 0));
    arena_mark(arena);
    assert_true(ARENA_RESERVE(arena, &ints, 5));
    push_range(arena, &ints, 100, 130);
    arena_rewind(arena, mark);
    assert_range(&ints, 0, 30);
    arena_destroy(arena);
}

static void every_change_is_undone_any_number_of_times(void **state)
{
    (void)state;
    for (int count = 0; count < 100; count += 9) {
        Arena *arena = new_arena(200);
        Ints ints = {0};
        push_range(arena, &ints, 0, count);
        ArenaMark mark = arena_mark(arena);
        Ints before = ints;
        for (int i = 0; i < 5; i++) {
            change_in_all_ways(arena, &ints);
            arena_rewind(arena, mark);
            assert_range(&ints, 0, count);
            assert_memory_equal(&ints, &before, sizeof ints);
            assert_valid(arena);
        }
        arena_destroy(arena);
    }
}

static void nested_marks_restore_their_own_items(void **state)
{
    (void)state;
    enum { DEPTH = 20 };
    Arena *arena = new_arena(200);
    Ints ints = {0};
    ArenaMark marks[DEPTH];
    int *copies[DEPTH];
    size_t counts[DEPTH];
    for (int i = 0; i < DEPTH; i++) {
        counts[i] = ints.count;
        copies[i] = malloc((ints.count + 1) * sizeof(int));
        if (ints.count)
            memcpy(copies[i], ints.items, ints.count * sizeof(int));
        marks[i] = arena_mark(arena);
        change_in_all_ways(arena, &ints);
    }
    for (int i = DEPTH - 1; i >= 0; i -= 1 + i % 3) {
        for (int j = 0; j < 3; j++) {
            arena_rewind(arena, marks[i]);
            assert_int_equal(ints.count, counts[i]);
            if (counts[i])
                assert_memory_equal(ints.items, copies[i], counts[i] * sizeof(int));
            if (j < 2)
                change_in_all_ways(arena, &ints);
        }
    }
    for (int i = 0; i < DEPTH; i++)
        free(copies[i]);
    arena_destroy(arena);
}

static void an_outer_rewind_undoes_what_an_inner_mark_committed(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 20);
    ArenaMark outer = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            push_range(arena, &ints, 20, 20 + i);
        arena_mark(arena);
        change_in_all_ways(arena, &ints);
        ArenaMark inner = arena_mark(arena);
        assert_true(ARENA_TRUNCATE(arena, &ints, 1));
        arena_rewind(arena, inner);
        arena_rewind(arena, outer);
        assert_range(&ints, 0, 20);
    }
    arena_destroy(arena);
}

static void an_array_filled_between_two_marks_is_whole_at_the_second(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaMark first = arena_mark(arena);
    Ints ints = {0};
    push_range(arena, &ints, 0, 70);
    ArenaMark second = arena_mark(arena);
    change_in_all_ways(arena, &ints);
    arena_rewind(arena, second);
    assert_range(&ints, 0, 70);
    change_in_all_ways(arena, &ints);
    arena_rewind(arena, first);
    assert_int_equal(ints.count, 0);
    arena_destroy(arena);
}

static void marks_that_are_left_behind_do_not_make_an_array_larger(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 20);
    size_t capacity = ints.capacity;
    for (int i = 0; i < 100; i++) {
        arena_mark(arena);
        assert_true(ARENA_REMOVE(arena, &ints, 0));
        arena_mark(arena);
        *ARENA_INSERT(arena, &ints, 0) = 0;
        assert_int_equal(ints.capacity, capacity);
        assert_range(&ints, 0, 20);
    }
    arena_destroy(arena);
}

static Arena *deferred_arena;
static Ints deferred_ints;

static void push_in_a_call(void *context)
{
    const int *marked = context;
    ArenaMark mark = {0};
    if (*marked)
        mark = arena_mark(deferred_arena);
    push_range(deferred_arena, &deferred_ints, 500, 600);
    assert_non_null(ARENA_POP(deferred_arena, &deferred_ints));
    if (*marked == 2)
        arena_rewind(deferred_arena, mark);
}

static void what_a_deferred_call_changes_is_undone_as_well(void **state)
{
    (void)state;
    static int marked[] = {0, 1, 2};
    for (size_t i = 0; i < COUNT_OF(marked); i++) {
        Arena *arena = new_arena(0);
        deferred_arena = arena;
        deferred_ints = (Ints){0};
        push_range(arena, &deferred_ints, 0, 30);
        ArenaMark mark = arena_mark(arena);
        for (int round = 0; round < 2; round++) {
            assert_true(arena_defer(arena, push_in_a_call, &marked[i]));
            if (round)
                assert_true(ARENA_TRUNCATE(arena, &deferred_ints, 4));
            assert_true(arena_defer(arena, push_in_a_call, &marked[i]));
            arena_rewind(arena, mark);
            assert_range(&deferred_ints, 0, 30);
        }
        arena_destroy(arena);
    }
}

static void an_array_begins_anew_after_a_reset(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    for (int i = 0; i < 3; i++) {
        push_range(arena, &ints, 0, 50);
        ArenaMark mark = arena_mark(arena);
        change_in_all_ways(arena, &ints);
        if (i)
            arena_rewind(arena, mark);
        arena_reset(arena);
        ints = (Ints){0};
        size_t used = arena_stats(arena).used;
        push_range(arena, &ints, 0, 1);
        assert_int_equal(arena_stats(arena).used - used, ints.capacity * sizeof(int));
        ints = (Ints){0};
    }
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// What it costs
// -------------------------------------------------------------------------------------------------

static void nothing_is_noted_while_there_is_no_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    Segments segments = {0};
    for (int round = 0; round < 2; round++) {
        assert_true(ARENA_RESERVE(arena, &ints, 100));
        add_range(arena, &segments, 0, 1);
        Snapshot before = take_snapshot(arena);
        push_range(arena, &ints, 0, 100);
        assert_true(ARENA_REMOVE(arena, &ints, 0));
        assert_non_null(ARENA_INSERT(arena, &ints, 0));
        assert_true(ARENA_TRUNCATE(arena, &ints, 3));
        assert_non_null(ARENA_POP(arena, &ints));
        push_range(arena, &ints, 0, 98);
        add_range(arena, &segments, 1, 8);
        check_unchanged(arena, &before, 0);
        arena_mark(arena);
        arena_reset(arena);
        ints = (Ints){0};
        segments = (Segments){0};
    }
    arena_destroy(arena);
}

static void an_array_is_noted_once_for_each_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 5);
    assert_true(ARENA_RESERVE(arena, &ints, 1000));
    for (int i = 0; i < 20; i++) {
        arena_mark(arena);
        size_t used = arena_stats(arena).used;
        push_range(arena, &ints, 5 + i, 6 + i);
        size_t noted = arena_stats(arena).used - used;
        assert_true(noted > 0 && noted <= 136);
        used = arena_stats(arena).used;
        push_range(arena, &ints, 100, 110);
        assert_true(ARENA_TRUNCATE(arena, &ints, (size_t)i + 6) || ints.count > 0);
        assert_int_equal(arena_stats(arena).used, used);
        assert_true(ARENA_RESERVE(arena, &ints, 1000));
    }
    arena_destroy(arena);
}

static void an_array_is_copied_once_for_each_mark(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 30);
    arena_mark(arena);
    assert_true(ARENA_REMOVE(arena, &ints, 0));
    Snapshot before = take_snapshot(arena);
    *ARENA_INSERT(arena, &ints, 0) = 0;
    assert_true(ARENA_REMOVE(arena, &ints, 29));
    *ARENA_PUSH(arena, &ints) = 29;
    check_unchanged(arena, &before, 0);
    assert_range(&ints, 0, 30);
    arena_destroy(arena);
}

static void looking_at_an_array_costs_nothing(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 10);
    arena_mark(arena);
    Snapshot before = take_snapshot(arena);
    Ints copy = ints;
    assert_range(&ints, 0, 10);
    assert_true(ARENA_TRUNCATE(arena, &ints, 10));
    assert_true(ARENA_APPEND(arena, &ints, ints.items, 0));
    check_unchanged(arena, &before, 0);
    assert_memory_equal(&ints, &copy, sizeof ints);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Arrays that are gone
// -------------------------------------------------------------------------------------------------

// Frames of functions that have returned, with arrays at every distance from their ends.
#define DEFINE_FRAME(words)                                              \
    typedef struct Frame##words {                                        \
        uint64_t lead[words];                                            \
        Ints arrays[3];                                                  \
        uint64_t tail[4 - (words)];                                      \
    } Frame##words;                                                      \
    static OUTLINED int use_frame_##words(Arena *arena)                  \
    {                                                                    \
        Frame##words frame;                                              \
        memset(&frame, 0, sizeof frame);                                 \
        for (int i = 0; i < 3; i++)                                      \
            push_range(arena, &frame.arrays[i], 0, 40);                  \
        return frame.arrays[hide_size(1)].items[7] + (int)frame.tail[0]; \
    }

DEFINE_FRAME(1)
DEFINE_FRAME(2)
DEFINE_FRAME(3)

static int (*const frames[])(Arena *) = {use_frame_1, use_frame_2, use_frame_3};

// A call that goes deeper than the frames did.
static OUTLINED void rewind_below_frames(Arena *arena, const ArenaMark *mark)
{
    unsigned char bytes[2000] = {0};
    fill_bytes(hide_pointer(bytes), sizeof bytes, 3);
    arena_rewind(arena, *mark);
    assert_valid(arena);
}

static void an_array_of_a_function_that_returned_is_left_alone(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    new_object(arena, 8, 1);
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        ArenaMark mark = arena_mark(arena);
        assert_int_equal(frames[i](arena), 7);
        arena_rewind(arena, mark);
        assert_valid(arena);
        assert_ptr_equal(arena->cursor, mark.cursor);
        assert_int_equal(frames[i](arena), 7);
        rewind_below_frames(arena, &mark);
        assert_valid(arena);
        assert_ptr_equal(arena->cursor, mark.cursor);
    }
    arena_destroy(arena);
}

static OUTLINED void use_arrays_where_frames_were(Arena *arena)
{
    Ints arrays[8];
    memset(arrays, 0, sizeof arrays);
    for (int i = 0; i < 8; i++)
        push_range(arena, &arrays[i], 0, 10 + i);
    ArenaMark mark = arena_mark(arena);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 8; i++)
            change_in_all_ways(arena, &arrays[i]);
        arena_rewind(arena, mark);
        for (int i = 0; i < 8; i++)
            assert_range(&arrays[i], 0, 10 + i);
    }
}

static void arrays_where_others_were_follow_their_own_marks(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints kept = {0};
    push_range(arena, &kept, 0, 9);
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        frames[i](arena);
        use_arrays_where_frames_were(arena);
        change_in_all_ways(arena, &kept);
        frames[i](arena);
        arena_rewind(arena, mark);
        assert_range(&kept, 0, 9);
    }
    arena_destroy(arena);
}

static void an_array_of_a_block_that_ended_is_left_alone(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        {
            Ints ints = {0};
            push_range(arena, &ints, 0, 10);
        }
        {
            unsigned char bytes[sizeof(Ints)] = {0};
            fill_bytes(hide_pointer(bytes), sizeof bytes, 3);
            arena_rewind(arena, mark);
            assert_filled(hide_pointer(bytes), sizeof bytes, 3);
        }
    }
    {
        Ints ints = {0};
        push_range(arena, &ints, 0, 10);
    }
    arena_rewind(arena, mark);
    assert_valid(arena);
    arena_destroy(arena);
}

// A mark holds an epoch as an array does. One of them lies where the other was.
static void a_mark_does_not_look_like_an_array_that_was_there(void **state)
{
    (void)state;
    typedef union Place {
        ArenaMark mark;
        struct {
            uint64_t lead;
            Ints ints;
        } array;
    } Place;
    Arena *arena = new_arena(0);
    for (int marks = 0; marks < 3; marks++) {
        Place place = {0};
        ArenaMark mark = arena_mark(arena);
        push_range(arena, &place.array.ints, 0, 10);
        memcpy(hide_pointer(&place), &mark, sizeof mark);
        arena_rewind(arena, mark);
        assert_memory_equal(hide_pointer(&place), &mark, sizeof mark);
        arena_rewind(arena, place.mark);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void an_array_made_of_the_present_is_not_looked_at_by_older_marks(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    for (int adopts = 0; adopts < 2; adopts++) {
        ArenaMark older = arena_mark(arena);
        Ints *ints = malloc(sizeof *ints);
        *ints = (Ints){.epoch = arena_now(arena)};
        push_range(arena, ints, 0, 10);
        arena_mark(arena);
        push_range(arena, ints, 10, 20);
        if (adopts)
            assert_true(arena_adopt(arena, new_arena(0)));
        // Somebody else has the memory now, whatever that looks like.
        Ints other = *ints;
        other.count = 12345;
        memcpy(ints, &other, sizeof other);
        arena_rewind(arena, older);
        assert_memory_equal(ints, &other, sizeof other);
        free(ints);
    }
    arena_destroy(arena);
}

// Its storage is large enough to grow by moving pages, which must not happen once it was noted.
static void a_large_array_follows_a_mark_over_an_adoption(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    ArenaMark mark = arena_mark(arena);
    push_range(arena, &ints, 0, 200000);
    assert_true(arena_adopt(arena, new_arena(0)));
    push_range(arena, &ints, 200000, 1000000);
    arena_rewind(arena, mark);
    assert_int_equal(ints.count, 0);
    assert_int_equal(ints.capacity, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

typedef struct Pusher {
    Arena *arena;
    Ints *ints;
} Pusher;

static void push_a_million(void *context)
{
    const Pusher *pusher = context;
    push_range(pusher->arena, pusher->ints, (int)pusher->ints->count, 1000000);
}

static void a_large_array_follows_a_mark_though_a_deferred_call_grows_it(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    Pusher pusher = {arena, &ints};
    ArenaMark mark = arena_mark(arena);
    push_range(arena, &ints, 0, 200000);
    assert_true(arena_adopt(arena, new_arena(0)));
    *ARENA_PUSH(arena, &ints) = 200000;
    assert_true(arena_defer(arena, push_a_million, &pusher));
    arena_rewind(arena, mark);
    assert_int_equal(ints.count, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

// The same memory, used from its start by something else; what is behind that is as the array left it.
static void what_lies_where_an_array_was_is_left_alone(void **state)
{
    (void)state;
    typedef struct Slice {
        const char *text;
        size_t length, room;
    } Slice;
    union {
        Ints ints;
        Slice slice;
    } *place = calloc(1, sizeof *place);
    Arena *arena = new_arena(0);
    char *text = arena_strdup(arena, "hello");
    ArenaMark mark = arena_mark(arena);
    push_range(arena, &place->ints, 0, 5);
    const Slice slice = {text, 5, 6};
    memcpy(place, &slice, sizeof slice);
    arena_rewind(arena, mark);
    assert_memory_equal(place, &slice, sizeof slice);
    arena_destroy(arena);
    free(place);
}

// Each differs in one way from the array that was there.
static void what_an_array_cannot_be_is_not_restored(void **state)
{
    (void)state;
    int elsewhere[16] = {0};
    for (int way = 0; way < 6; way++) {
        Arena *arena = new_arena(0);
        Ints *ints = malloc(sizeof *ints);
        *ints = (Ints){0};
        push_range(arena, ints, 0, 3);
        ArenaMark mark = arena_mark(arena);
        push_range(arena, ints, 3, 5);
        Ints now = *ints;
        const Ints after[] = {
            {.items = now.items, .count = 5, .capacity = now.capacity, .epoch = UINT64_MAX},
            {.items = now.items, .count = 5, .capacity = now.capacity, .epoch = 0},
            {.items = now.items, .count = 9999, .capacity = 9998, .epoch = now.epoch},
            {.items = elsewhere, .count = 5, .capacity = 16, .epoch = now.epoch},
            {.items = NULL, .count = 0, .capacity = 0, .epoch = now.epoch}, // one that was emptied
            now,
        };
        *ints = after[way];
        arena_rewind(arena, mark);
        if (way < 4)
            assert_memory_equal(ints, &after[way], sizeof *ints);
        else
            assert_range(ints, 0, 3);
        free(ints);
        arena_destroy(arena);
    }
}

static void items_without_a_size_take_no_room(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Bytes nothings = {0};
    for (size_t i = 1; i < 40; i++) {
        assert_true(arena_array_grow(arena, &nothings.items, &nothings.count, &nothings.capacity,
                                     &nothings.epoch, 0, 1, 1));
        nothings.count++;
        assert_non_null(nothings.items);
        assert_true(nothings.capacity >= i);
        assert_int_equal(arena_stats(arena).used, 0);
    }
    arena_destroy(arena);
}

static void an_extension_that_cannot_be_noted_fails(void **state)
{
    (void)state;
    TestSource source = {0};
    Arena *arena = new_arena_on(&source, 500);
    Ints ints = {0};
    push_range(arena, &ints, 0, 3);
    arena_mark(arena);
    leave_room(arena, 0);
    source.refuse = true;
    Ints copy = ints;
    Snapshot before = take_snapshot(arena);
    errno = 0;
    int *more = ARENA_EXTEND(arena, &ints, 1);
    assert_null(more);
    assert_int_equal(errno, ENOMEM);
    assert_memory_equal(&ints, &copy, sizeof ints);
    check_unchanged(arena, &before, 1);
    arena_destroy(arena);
}

static void an_array_made_of_the_present_follows_later_marks(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    arena_mark(arena);
    Ints ints = {.epoch = arena_now(arena)};
    size_t used = arena_stats(arena).used;
    push_range(arena, &ints, 0, 10);
    assert_int_equal(arena_stats(arena).used - used, ints.capacity * sizeof(int));
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 3; i++) {
        change_in_all_ways(arena, &ints);
        arena_rewind(arena, mark);
        assert_range(&ints, 0, 10);
    }
    arena_destroy(arena);
}

static void an_array_may_be_zeroed_and_begin_anew(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    Ints ints = {0};
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 5; i++) {
        push_range(arena, &ints, 0, 10 * i);
        assert_range(&ints, 0, 10 * i);
        ints = (Ints){0};
    }
    arena_rewind(arena, mark);
    push_range(arena, &ints, 0, 10);
    assert_range(&ints, 0, 10);
    arena_rewind(arena, mark);
    assert_int_equal(ints.count, 0);
    arena_destroy(arena);
}

// -------------------------------------------------------------------------------------------------
// Where arrays may be
// -------------------------------------------------------------------------------------------------

typedef struct Odd {
    uint64_t epoch;
    char first;
    size_t capacity;
    double second;
    short *items;
    char third[13];
    size_t count;
    long last;
} Odd;

static void any_struct_with_the_four_members_is_an_array(void **state)
{
    (void)state;
    Arena *arena = new_arena(200);
    Odd odd = {.first = 'a', .second = 2, .third = "third", .last = 4};
    for (int i = 0; i < 100; i++)
        *ARENA_PUSH(arena, &odd) = (short)i;
    ArenaMark mark = arena_mark(arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++)
            assert_int_equal(*ARENA_POP(arena, &odd), 99 - i);
        assert_true(ARENA_APPEND(arena, &odd, odd.items + 10, 40));
        assert_true(ARENA_REMOVE(arena, &odd, 4));
        *ARENA_INSERT(arena, &odd, 3) = 1000;
        assert_true(ARENA_RESERVE(arena, &odd, 1000));
        arena_rewind(arena, mark);
        assert_int_equal(odd.count, 100);
        for (int i = 0; i < 100; i++)
            assert_int_equal(odd.items[i], i);
    }
    assert_int_equal(odd.first, 'a');
    assert_true(odd.second == 2);
    assert_string_equal(odd.third, "third");
    assert_int_equal(odd.last, 4);
    arena_destroy(arena);
}

static void fill_rows(Arena *arena, Rows *rows, int count, int from, int to)
{
    while (rows->count < (size_t)count) {
        Ints *row = ARENA_PUSH(arena, rows);
        assert_non_null(row);
        *row = (Ints){0};
    }
    for (int i = 0; i < count; i++)
        push_range(arena, &rows->items[i], from, to);
}

static void check_rows(const Rows *rows, int count, int from, int to)
{
    assert_int_equal(rows->count, count);
    for (int i = 0; i < count; i++)
        assert_range(&rows->items[i], from, to);
}

static void arrays_inside_of_an_array_that_moves_are_restored(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    Rows rows = {0};
    fill_rows(arena, &rows, 10, 0, 20);
    ArenaMark outer = arena_mark(arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10; i += 2)
            change_in_all_ways(arena, &rows.items[i]);
        fill_rows(arena, &rows, 100, 20, 25);
        ArenaMark inner = arena_mark(arena);
        Ints fifth = rows.items[5];
        assert_true(ARENA_REMOVE(arena, &rows, 2));
        fill_rows(arena, &rows, 300, 25, 50);
        arena_rewind(arena, inner);
        assert_int_equal(rows.count, 100);
        assert_memory_equal(&rows.items[5], &fifth, sizeof fifth);
        assert_int_equal(rows.items[99].count, 5);
        if (round == 1)
            fill_rows(arena, &rows, 200, 0, 5);
        arena_rewind(arena, outer);
        check_rows(&rows, 10, 0, 20);
    }
    arena_destroy(arena);
}

// The outer array is large enough to be moved by the system, which what is noted of the inner ones
// must prevent.
static void a_large_array_of_arrays_is_restored(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    int count = (int)(ARENA_TUNE_MAPPED / sizeof(Ints)) + 10;
    ArenaMark outer = arena_mark(arena);
    Rows rows = {0};
    assert_true(ARENA_RESERVE(arena, &rows, (size_t)count));
    fill_rows(arena, &rows, count, 0, 1);
    ArenaMark mark = arena_mark(arena);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < count; i += 1000)
            push_range(arena, &rows.items[i], 1, 40);
        fill_rows(arena, &rows, 2 * count, 100, 101);
        push_range(arena, &rows.items[3], 5, 6);
        fill_rows(arena, &rows, 4 * count, 7, 8);
        arena_rewind(arena, mark);
        check_rows(&rows, count, 0, 1);
    }
    arena_rewind(arena, outer);
    assert_int_equal(rows.count, 0);
    assert_valid(arena);
    arena_destroy(arena);
}

static void an_array_may_live_in_the_arena_itself(void **state)
{
    (void)state;
    Arena *arena = new_arena(300);
    Ints *older = ARENA_NEW0(arena, Ints);
    push_range(arena, older, 0, 10);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 4; i++) {
        Ints *younger = ARENA_NEW0(arena, Ints);
        push_range(arena, younger, 0, 200 * i);
        change_in_all_ways(arena, older);
        assert_range(younger, 0, 200 * i);
        arena_rewind(arena, mark);
        assert_range(older, 0, 10);
        if (i == 2)
            arena_trim(arena, 0);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void arrays_of_two_arenas_do_not_disturb_each_other(void **state)
{
    (void)state;
    Arena *arenas[] = {new_arena(0), new_arena(0)};
    Ints arrays[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++)
        push_range(arenas[i], &arrays[i], 0, 20);
    ArenaMark first = arena_mark(arenas[0]);
    change_in_all_ways(arenas[0], &arrays[0]);
    ArenaMark second = arena_mark(arenas[1]);
    change_in_all_ways(arenas[1], &arrays[1]);
    arena_rewind(arenas[0], first);
    assert_range(&arrays[0], 0, 20);
    assert_true(arrays[1].count > 20);
    arena_destroy(arenas[0]);
    arena_rewind(arenas[1], second);
    assert_range(&arrays[1], 0, 20);
    arena_destroy(arenas[1]);
}

// -------------------------------------------------------------------------------------------------
// Adoption
// -------------------------------------------------------------------------------------------------

static void an_adopted_array_goes_on_under_the_adopter(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        Arena *arenas[] = {new_arena(0), new_arena(0)};
        Arena *into = arenas[order], *from = arenas[!order];
        Ints ints = {0}, own = {0};
        push_range(from, &ints, 0, 10);
        push_range(into, &own, 0, 10);
        ArenaMark before = arena_mark(into);
        arena_mark(from);
        push_range(from, &ints, 10, 20);
        push_range(into, &own, 10, 20);
        assert_true(arena_adopt(into, from));
        ArenaMark after = arena_mark(into);
        for (int i = 0; i < 3; i++) {
            change_in_all_ways(into, &ints);
            change_in_all_ways(into, &own);
            arena_rewind(into, after);
            assert_range(&ints, 0, 20);
            assert_range(&own, 0, 20);
        }
        change_in_all_ways(into, &ints);
        arena_rewind(into, before);
        assert_range(&ints, 0, 20); // as it was adopted
        assert_range(&own, 0, 10);
        arena_destroy(into);
    }
}

// Its changes are those of the adopter from then on, with or without a mark in between.
static void a_mark_from_before_the_adoption_restores_what_was_adopted(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        Arena *arenas[] = {new_arena(0), new_arena(0)};
        Arena *into = arenas[order], *from = arenas[!order];
        Ints ints = {0};
        ArenaMark before = arena_mark(into);
        for (int i = 0; i < 30; i++)
            arena_mark(order ? from : into);
        push_range(from, &ints, 0, 33);
        assert_true(arena_adopt(into, from));
        change_in_all_ways(into, &ints);
        arena_mark(into);
        change_in_all_ways(into, &ints);
        assert_true(arena_adopt(into, new_arena(0)));
        change_in_all_ways(into, &ints);
        arena_rewind(into, before);
        assert_range(&ints, 0, 33);
        assert_valid(into);
        arena_destroy(into);
    }
}

static void an_array_that_was_cut_is_so_under_the_adopter(void **state)
{
    (void)state;
    Arena *into = new_arena(0), *from = new_arena(0);
    Ints ints = {0};
    push_range(from, &ints, 0, 30);
    Ints old = ints;
    arena_mark(from);
    assert_true(ARENA_TRUNCATE(from, &ints, 20));
    assert_true(arena_adopt(into, from));
    push_range(into, &ints, 100, 130);
    assert_range(&old, 0, 30);
    arena_destroy(into);
}

static void an_adopted_array_is_changed_in_place_while_there_is_no_mark(void **state)
{
    (void)state;
    Arena *into = new_arena(0), *from = new_arena(0);
    Ints ints = {0};
    push_range(from, &ints, 0, 30);
    arena_mark(from);
    assert_true(arena_adopt(into, from));
    Snapshot before = take_snapshot(into);
    assert_true(ARENA_REMOVE(into, &ints, 4));
    *ARENA_INSERT(into, &ints, 4) = 4;
    check_unchanged(into, &before, 0);
    assert_range(&ints, 0, 30);
    arena_destroy(into);
}

static void what_an_adopted_call_marks_ends_with_the_reset(void **state)
{
    (void)state;
    static int marked = 1;
    Arena *into = new_arena(0), *from = new_arena(0);
    deferred_arena = into;
    deferred_ints = (Ints){0};
    push_range(into, &deferred_ints, 0, 10);
    assert_true(arena_defer(from, push_in_a_call, &marked));
    assert_true(arena_adopt(into, from));
    arena_reset(into);
    assert_valid(into);
    deferred_ints = (Ints){0};
    push_range(into, &deferred_ints, 0, 10);
    assert_valid(into);
    arena_destroy(into);
}

// -------------------------------------------------------------------------------------------------
// Segmented arrays
// -------------------------------------------------------------------------------------------------

static void segments_hold_8_items_and_twice_as_many_each_time(void **state)
{
    (void)state;
    size_t start = 0;
    for (size_t segment = 0; segment < 20; segment++) {
        size_t length = (size_t)8 << segment;
        assert_int_equal(arena_segment_of(start), segment);
        assert_int_equal(arena_place_in_segment(start), 0);
        assert_int_equal(arena_segment_of(start + length - 1), segment);
        assert_int_equal(arena_place_in_segment(start + length - 1), length - 1);
        start += length;
    }
}

static void an_item_of_a_segmented_array_never_moves(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    Arena *arena = new_arena(100);
    Segments segments = {0};
    static int *items[COUNT];
    for (int i = 0; i < COUNT; i++) {
        items[i] = ARENA_ADD(arena, &segments);
        assert_non_null(items[i]);
        *items[i] = i;
        assert_true(segments.count <= segments.capacity);
    }
    assert_added(&segments, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(ARENA_AT(&segments, i), items[i]);
    arena_destroy(arena);
}

static void a_segmented_array_leaves_nothing_behind(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(1 << 20);
    Segments segments = {0};
    add_range(arena, &segments, 0, 8 * 1023);
    size_t rows = (4 + 8 + 16) * sizeof(int *);
    assert_int_equal(segments.capacity, 8 * 1023);
    assert_int_equal(arena_stats(arena).used, 8 * 1023 * sizeof(int) + rows);
    arena_destroy(arena);
}

static void a_segmented_array_is_restored_at_every_size(void **state)
{
    (void)state;
    for (int count = 0; count < 600; count = count * 2 + 1) {
        for (int more = 1; more < 4000; more *= 7) {
            Arena *arena = new_arena(200);
            Segments segments = {0};
            add_range(arena, &segments, 0, count);
            Segments before = segments;
            ArenaMark mark = arena_mark(arena);
            for (int round = 0; round < 3; round++) {
                add_range(arena, &segments, count, count + more);
                assert_added(&segments, count + more);
                ArenaMark inner = arena_mark(arena);
                add_range(arena, &segments, count + more, count + 2 * more);
                if (round)
                    arena_rewind(arena, inner);
                assert_added(&segments, count + (round ? more : 2 * more));
                arena_rewind(arena, mark);
                assert_memory_equal(&segments, &before, sizeof before);
                assert_added(&segments, count);
            }
            assert_valid(arena);
            arena_destroy(arena);
        }
    }
}

typedef struct Wide {
    _Alignas(64) unsigned char bytes[192];
} Wide;

static void items_of_a_segmented_array_are_aligned(void **state)
{
    (void)state;
    ARENA_SEGMENTED(Wide) wide = {0};
    ARENA_SEGMENTED(Size3) small = {0};
    Arena *arena = new_arena(100);
    for (uint32_t i = 0; i < 300; i++) {
        new_object(arena, 8, 1);
        Wide *item = ARENA_ADD(arena, &wide);
        assert_non_null(item);
        assert_aligned(item, 64);
        fill_bytes(item, sizeof *item, i);
        fill_bytes(ARENA_ADD(arena, &small), sizeof(Size3), i);
    }
    for (uint32_t i = 0; i < 300; i++) {
        assert_filled(ARENA_AT(&wide, i), sizeof(Wide), i);
        assert_filled(ARENA_AT(&small, i), sizeof(Size3), i);
    }
    arena_destroy(arena);
}

static void an_adopted_segmented_array_goes_on(void **state)
{
    (void)state;
    Arena *into = new_arena(0), *from = new_arena(0);
    Segments segments = {0};
    ArenaMark before = arena_mark(into);
    add_range(from, &segments, 0, 100);
    assert_true(arena_adopt(into, from));
    ArenaMark after = arena_mark(into);
    add_range(into, &segments, 100, 1000);
    arena_rewind(into, after);
    assert_added(&segments, 100);
    add_range(into, &segments, 100, 1000);
    arena_rewind(into, before);
    assert_added(&segments, 100);
    arena_destroy(into);
}

// With -Waddress a compiler says so where it believes that a result cannot be NULL.
static void every_result_can_be_tested(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    ARENA_SEGMENTED(int) segmented = {0};
    if (!ARENA_PUSH(arena, &ints) || !ARENA_ADD(arena, &segmented) ||
        !ARENA_INSERT(arena, &ints, 0) || !ARENA_POP(arena, &ints) ||
        !ARENA_EXTEND(arena, &ints, 5))
        fail();
    arena_destroy(arena);
}

// The arguments are read before anything changes.
static void new_items_are_where_the_arguments_say(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 4);
    int *last = ARENA_INSERT(arena, &ints, ints.count);
    assert_ptr_equal(last, ints.items + 4);
    size_t count = ints.count;
    int *room = ARENA_EXTEND(arena, &ints, ints.capacity - ints.count);
    assert_ptr_equal(room, ints.items + count);
    assert_int_equal(ints.count, ints.capacity);
    count = ints.count;
    int *again = ARENA_EXTEND(arena, &ints, ints.count);
    assert_ptr_equal(again, ints.items + count);
    Ints empty = {0};
    assert_true(ARENA_EXTEND(arena, &empty, 0) != NULL);
    assert_int_equal(empty.count, 0);
    arena_destroy(arena);
}

static void extension_gives_items_to_write(void **state)
{
    (void)state;
    Arena *arena = arena_create(0);
    Ints ints = {0};
    push_range(arena, &ints, 0, 100);
    ArenaMark mark = arena_mark(arena);
    int *more = ARENA_EXTEND(arena, &ints, 1000);
    assert_ptr_equal(more, ints.items + 100);
    for (int i = 0; i < 1000; i++)
        more[i] = 100 + i;
    assert_range(&ints, 0, 1100);
    assert_null(ARENA_EXTEND(arena, &ints, SIZE_MAX));
    assert_range(&ints, 0, 1100);
    arena_rewind(arena, mark);
    assert_range(&ints, 0, 100);
    arena_destroy(arena);
}

// A local array of a function that has returned, and after it a function with a buffer in its place.
static __attribute__((noinline)) void fill_a_local_array(Arena *arena)
{
    Ints ints = {0};
    push_range(arena, &ints, 0, 10);
    assert_range(hide_pointer(&ints), 0, 10);
}

static __attribute__((noinline)) void rewind_over_a_buffer(Arena *arena, ArenaMark mark,
                                                           size_t size)
{
    unsigned char bytes[640];
    memset(bytes, 0x55, size);
    unsigned char *hidden = hide_pointer(bytes);
    arena_rewind(arena, mark);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(hidden[i], 0x55);
}

static void locals_that_lie_where_an_array_was_stay_as_they_are(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 640; size++) {
        Arena *arena = arena_create(0);
        ArenaMark mark = arena_mark(arena);
        fill_a_local_array(arena);
        rewind_over_a_buffer(arena, mark, size);
        arena_destroy(arena);
    }
}

static void growth_by_odd_items_stays_in_place(void **state)
{
    (void)state;
    ARENA_ARRAY(Five) odd = {0};
    Arena *arena = arena_create(1 << 20);
    const void *first = NULL;
    for (size_t i = 0; i < 50000; i++) {
        assert_true(ARENA_PUSH(arena, &odd) != NULL);
        first = i == 0 ? odd.items : first;
    }
    assert_ptr_equal(odd.items, first);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locals_that_lie_where_an_array_was_stay_as_they_are),
        cmocka_unit_test(growth_by_odd_items_stays_in_place),
        cmocka_unit_test(every_result_can_be_tested),
        cmocka_unit_test(extension_gives_items_to_write),
        cmocka_unit_test(new_items_are_where_the_arguments_say),
        cmocka_unit_test(pushed_items_are_there_in_order),
        cmocka_unit_test(pop_gives_the_items_newest_first),
        cmocka_unit_test(insert_and_remove_move_what_is_behind),
        cmocka_unit_test(truncate_keeps_the_first),
        cmocka_unit_test(own_items_are_appended_wherever_the_array_moves),
        cmocka_unit_test(an_array_may_be_doubled_by_itself_at_every_size),
        cmocka_unit_test(nothing_may_be_appended_from_nowhere),
        cmocka_unit_test(items_of_any_size_and_alignment_follow_marks),
        cmocka_unit_test(the_newest_array_grows_where_it_stands),
        cmocka_unit_test(storage_of_odd_sizes_grows_where_it_stands),
        cmocka_unit_test(an_array_that_moves_leaves_the_old_items_as_they_were),
        cmocka_unit_test(a_large_array_grows_without_leaving_anything_behind),
        cmocka_unit_test(a_large_array_of_the_mark_is_there_after_it_grew),
        cmocka_unit_test(reserved_room_is_pushed_into_without_a_request),
        cmocka_unit_test(reserved_room_is_there_until_the_next_mark),
        cmocka_unit_test(growth_takes_what_there_is_in_a_buffer),
        cmocka_unit_test(growth_takes_what_there_is_in_a_region),
        cmocka_unit_test(growth_under_a_limit_falls_back_to_what_is_needed),
        cmocka_unit_test(an_extension_takes_the_rest_of_the_block_before_it_gives_up),
        cmocka_unit_test(growth_has_what_was_wished_for_where_that_can_be),
        cmocka_unit_test(indices_beyond_the_items_are_refused),
        cmocka_unit_test(nothing_can_be_popped_from_an_empty_array),
        cmocka_unit_test(more_items_than_there_can_be_are_refused),
        cmocka_unit_test(the_nth_acquisition_fails_and_nothing_has_changed),
        cmocka_unit_test(failing_again_takes_nothing_more),
        cmocka_unit_test(a_handler_may_jump_out_of_a_change),
        cmocka_unit_test(a_rewind_restores_an_array_that_was_empty),
        cmocka_unit_test(a_rewind_restores_what_was_popped_and_overwritten),
        cmocka_unit_test(an_item_pushed_after_a_pop_does_not_replace_the_old_one),
        cmocka_unit_test(what_was_cut_off_is_not_written_over_after_the_next_mark),
        cmocka_unit_test(every_change_is_undone_any_number_of_times),
        cmocka_unit_test(nested_marks_restore_their_own_items),
        cmocka_unit_test(an_outer_rewind_undoes_what_an_inner_mark_committed),
        cmocka_unit_test(an_array_filled_between_two_marks_is_whole_at_the_second),
        cmocka_unit_test(marks_that_are_left_behind_do_not_make_an_array_larger),
        cmocka_unit_test(what_a_deferred_call_changes_is_undone_as_well),
        cmocka_unit_test(an_array_begins_anew_after_a_reset),
        cmocka_unit_test(nothing_is_noted_while_there_is_no_mark),
        cmocka_unit_test(an_array_is_noted_once_for_each_mark),
        cmocka_unit_test(an_array_is_copied_once_for_each_mark),
        cmocka_unit_test(looking_at_an_array_costs_nothing),
        cmocka_unit_test(an_array_of_a_function_that_returned_is_left_alone),
        cmocka_unit_test(arrays_where_others_were_follow_their_own_marks),
        cmocka_unit_test(an_array_of_a_block_that_ended_is_left_alone),
        cmocka_unit_test(a_mark_does_not_look_like_an_array_that_was_there),
        cmocka_unit_test(an_array_made_of_the_present_is_not_looked_at_by_older_marks),
        cmocka_unit_test(a_large_array_follows_a_mark_over_an_adoption),
        cmocka_unit_test(a_large_array_follows_a_mark_though_a_deferred_call_grows_it),
        cmocka_unit_test(what_lies_where_an_array_was_is_left_alone),
        cmocka_unit_test(what_an_array_cannot_be_is_not_restored),
        cmocka_unit_test(items_without_a_size_take_no_room),
        cmocka_unit_test(an_extension_that_cannot_be_noted_fails),
        cmocka_unit_test(an_array_made_of_the_present_follows_later_marks),
        cmocka_unit_test(an_array_may_be_zeroed_and_begin_anew),
        cmocka_unit_test(any_struct_with_the_four_members_is_an_array),
        cmocka_unit_test(arrays_inside_of_an_array_that_moves_are_restored),
        cmocka_unit_test(a_large_array_of_arrays_is_restored),
        cmocka_unit_test(an_array_may_live_in_the_arena_itself),
        cmocka_unit_test(arrays_of_two_arenas_do_not_disturb_each_other),
        cmocka_unit_test(an_adopted_array_goes_on_under_the_adopter),
        cmocka_unit_test(a_mark_from_before_the_adoption_restores_what_was_adopted),
        cmocka_unit_test(an_array_that_was_cut_is_so_under_the_adopter),
        cmocka_unit_test(an_adopted_array_is_changed_in_place_while_there_is_no_mark),
        cmocka_unit_test(what_an_adopted_call_marks_ends_with_the_reset),
        cmocka_unit_test(segments_hold_8_items_and_twice_as_many_each_time),
        cmocka_unit_test(an_item_of_a_segmented_array_never_moves),
        cmocka_unit_test(a_segmented_array_leaves_nothing_behind),
        cmocka_unit_test(a_segmented_array_is_restored_at_every_size),
        cmocka_unit_test(items_of_a_segmented_array_are_aligned),
        cmocka_unit_test(an_adopted_segmented_array_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
