// Watchers: what they hear of, and that nobody pays for one who is gone.

#include "support/check.h"

#include <arena/array.h>
#include <arena/watch.h>

enum { MOST = 256 };

// What a watcher of the tests has heard.
typedef struct Heard {
    const Arena *arena;
    size_t attached, detached, allocated, resized, rewinding, rewound, freed, adopted;
    void *objects[MOST];
    size_t sizes[MOST];
    void *old;
    size_t old_size;
    const ArenaMark *mark;
    unsigned char *starts[MOST];
    size_t lengths[MOST];
    size_t acquired_bytes, released_bytes;
    bool refuses;
} Heard;

static void *hear_attached(Arena *arena, void *context)
{
    Heard *heard = context;
    heard->arena = arena;
    heard->attached++;
    return heard;
}

static void hear_detached(Arena *arena, void *state)
{
    Heard *heard = state;
    (void)arena;
    heard->detached++;
}

static void hear_allocated(Arena *arena, void *state, void *object, size_t size)
{
    Heard *heard = state;
    (void)arena;
    heard->objects[heard->allocated % MOST] = object;
    heard->sizes[heard->allocated++ % MOST] = size;
}

static void hear_resized(Arena *arena, void *state, void *old, size_t old_size, void *object,
                         size_t size)
{
    Heard *heard = state;
    (void)arena;
    heard->old = old;
    heard->old_size = old_size;
    heard->objects[MOST - 1] = object;
    heard->sizes[MOST - 1] = size;
    heard->resized++;
}

static bool hear_rewinding(Arena *arena, void *state, const ArenaMark *mark)
{
    Heard *heard = state;
    (void)arena;
    heard->mark = mark;
    heard->rewinding++;
    heard->freed = 0;
    return !heard->refuses;
}

static void hear_rewound(Arena *arena, void *state, const ArenaMark *mark)
{
    Heard *heard = state;
    (void)arena;
    assert_int_equal(mark != NULL, heard->mark != NULL);
    heard->rewound++;
}

static void hear_freed(Arena *arena, void *state, void *start, size_t size)
{
    Heard *heard = state;
    (void)arena;
    heard->starts[heard->freed % MOST] = start;
    heard->lengths[heard->freed++ % MOST] = size;
}

static void hear_adopted(Arena *arena, void *state, Arena *from)
{
    Heard *heard = state;
    (void)arena;
    (void)from;
    heard->adopted++;
}

static void hear_acquired(Arena *arena, void *state, void *start, size_t size)
{
    Heard *heard = state;
    (void)arena;
    (void)start;
    heard->acquired_bytes += size;
}

static void hear_released(Arena *arena, void *state, void *start, size_t size)
{
    Heard *heard = state;
    (void)arena;
    (void)start;
    heard->released_bytes += size;
}

static ArenaWatcher watcher_of(Heard *heard)
{
    return (ArenaWatcher){
        .context = heard,
        .attached = hear_attached,
        .detached = hear_detached,
        .allocated = hear_allocated,
        .resized = hear_resized,
        .rewinding = hear_rewinding,
        .rewound = hear_rewound,
        .freed = hear_freed,
        .adopted = hear_adopted,
        .acquired = hear_acquired,
        .released = hear_released,
    };
}

static bool was_freed(const Heard *heard, const void *object)
{
    for (size_t i = 0; i < heard->freed; i++)
        if ((uintptr_t)object - (uintptr_t)heard->starts[i] < heard->lengths[i])
            return true;
    return false;
}

// ----- Allocation -----

static void every_allocation_is_heard_of(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1 << 16);
    assert_true(arena_watch(arena, &watcher));
    assert_ptr_equal(heard.arena, arena);

    void *objects[] = {
        arena_alloc(arena, 20),
        arena_calloc(arena, 0),
        ARENA_NEW(arena, int),
        ARENA_NEW0_ARRAY(arena, double, 9),
        arena_alloc_aligned(arena, 3, 256),
        arena_strdup(arena, "seven"),
        arena_asprintf(arena, "%d", 12345),
        arena_alloc(arena, large_size(arena)),
    };
    const size_t sizes[] = {20, 0, sizeof(int), 9 * sizeof(double), 3, 6, 6};
    assert_int_equal(heard.allocated, COUNT_OF(objects));
    for (size_t i = 0; i < COUNT_OF(objects); i++)
        assert_ptr_equal(heard.objects[i], objects[i]);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        assert_int_equal(heard.sizes[i], sizes[i]);
    assert_valid(arena);
    arena_destroy(arena);
    assert_int_equal(heard.detached, 1);
}

static void what_fails_is_not_heard_of(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1 << 16);
    assert_true(arena_watch(arena, &watcher));
    assert_null(hide_pointer(arena_alloc(arena, hide_size(BEYOND_MEMORY))));
    assert_int_equal(heard.allocated, 0);
    assert_int_equal(arena_stats(arena).failures, 1);
    arena_destroy(arena);
}

// 1 - exp(-x) for a small x.
static double chance_of(double x)
{
    double sum = 0, term = 1;
    for (int i = 1; i < 20; i++) {
        term *= -x / i;
        sum -= term;
    }
    return sum;
}

// Each byte has the same chance, whatever blocks, rewinds and large objects do to the window. The
// generator is seeded by the time: one run in a hundred million fails without a reason.
static void an_interval_has_a_fair_part_of_them_heard_of(void **state)
{
    (void)state;
    enum { INTERVAL = 2048, COUNT = 60000 };
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.interval = INTERVAL;
    Arena *arena = new_arena(1 << 12);
    assert_true(arena_watch(arena, &watcher));
    double expected = 0, variance = 0;
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 100 == 0 ? 3000 : 8 + i % 7 * 31;
        assert_non_null(hide_pointer(arena_alloc(arena, size)));
        double chance = chance_of((double)size / INTERVAL);
        expected += chance;
        variance += chance * (1 - chance);
        if (i % 1000 == 10)
            arena_reset(arena), mark = arena_mark(arena);
        if (i % 37 == 0)
            arena_rewind(arena, mark);
    }
    double error = (double)heard.allocated - expected;
    assert_true(error * error < 36 * variance);
    arena_destroy(arena);
}

// A trim opens no window that reaches beyond the next of them.
static void a_trim_does_not_hide_allocations(void **state)
{
    (void)state;
    enum { INTERVAL = 1000, COUNT = 20000, SIZE = 104 };
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.interval = INTERVAL;
    Arena *arena = arena_create_region((size_t)COUNT * SIZE * 2);
    assert_non_null(arena);
    assert_true(arena_watch(arena, &watcher));
    for (size_t i = 0; i < COUNT; i++) {
        assert_non_null(hide_pointer(arena_alloc(arena, SIZE)));
        arena_trim(arena, 0);
    }
    double expected = COUNT * chance_of((double)SIZE / INTERVAL);
    double error = (double)heard.allocated - expected;
    assert_true(error * error < 36 * expected);
    arena_destroy(arena);
}

static void detached_the_window_is_whole_again(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1 << 16);
    size_t window = (size_t)(arena->end - arena->cursor);
    assert_true(arena_watch(arena, &watcher));
    assert_ptr_equal(arena->end, arena->cursor);
    arena_unwatch(arena, &watcher);
    assert_int_equal(heard.detached, 1);
    assert_int_equal((size_t)(arena->end - arena->cursor), window);
    assert_null(arena->watch);
    assert_non_null(hide_pointer(arena_alloc(arena, 20)));
    assert_int_equal(heard.allocated, 0);
    arena_unwatch(arena, &watcher); // it is not attached any more
    arena_destroy(arena);
    assert_int_equal(heard.detached, 1);
}

static void a_new_size_is_heard_of(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1 << 16);
    assert_true(arena_watch(arena, &watcher));
    char *object = hide_pointer(arena_alloc(arena, 20));
    assert_ptr_equal(arena_realloc(arena, object, 20, 60), object);
    assert_int_equal(heard.resized, 1);
    assert_ptr_equal(heard.old, object);
    assert_int_equal(heard.old_size, 20);
    assert_ptr_equal(heard.objects[MOST - 1], object);
    assert_int_equal(heard.sizes[MOST - 1], 60);

    assert_non_null(hide_pointer(arena_alloc(arena, 8)));
    void *moved = hide_pointer(arena_realloc(arena, object, 60, 90));
    assert_ptr_not_equal(moved, object);
    assert_int_equal(heard.resized, 2);
    assert_ptr_equal(heard.objects[MOST - 1], moved);
    assert_int_equal(heard.allocated, 3); // the new place as well
    arena_destroy(arena);
}

// ----- What is taken back -----

static void a_rewind_names_all_that_is_gone_and_nothing_else(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1024);
    assert_true(arena_watch(arena, &watcher));
    void *older = hide_pointer(arena_alloc(arena, 100));
    ArenaMark mark = arena_mark(arena);
    void *younger[60];
    for (size_t i = 0; i < COUNT_OF(younger); i++)
        younger[i] = hide_pointer(arena_alloc(arena, 100));
    void *large = hide_pointer(arena_alloc(arena, large_size(arena)));
    arena_rewind(arena, mark);
    assert_int_equal(heard.rewinding, 1);
    assert_int_equal(heard.rewound, 1);
    assert_false(was_freed(&heard, older));
    for (size_t i = 0; i < COUNT_OF(younger); i++)
        assert_true(was_freed(&heard, younger[i]));
    assert_true(was_freed(&heard, large));

    arena_reset(arena);
    assert_null(heard.mark);
    assert_true(was_freed(&heard, older));
    arena_destroy(arena);
    assert_int_equal(heard.rewound, 3);
}

static void a_mark_can_be_refused(void **state)
{
    (void)state;
    Heard heard = {.refuses = true};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1024);
    assert_true(arena_watch(arena, &watcher));
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = new_object(arena, 100, 1);
    size_t used = arena_stats(arena).used;
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).used, used);
    assert_filled(object, 100, 1);
    assert_int_equal(heard.rewound, 0);
    heard.refuses = false;
    arena_rewind(arena, mark);
    assert_int_equal(heard.rewound, 1);
    arena_destroy(arena);
}

static void a_reset_and_the_end_can_be_refused(void **state)
{
    (void)state;
    Heard heard = {.refuses = true};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1024);
    assert_true(arena_watch(arena, &watcher));
    unsigned char *object = new_object(arena, 100, 1);
    size_t used = arena_stats(arena).used;
    arena_reset(arena);
    arena_destroy(arena);
    assert_valid(arena);
    assert_int_equal(arena_stats(arena).used, used);
    assert_filled(object, 100, 1);
    assert_int_equal(heard.rewound, 0);
    heard.refuses = false;
    arena_destroy(arena);
    assert_int_equal(heard.rewound, 1);
}

// Between samples it is as fast as if nobody watched, a growth without a copy included.
static void what_grows_between_samples_is_whole(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.interval = (size_t)1 << 30;
    Arena *arena = new_arena(1024);
    assert_true(arena_watch(arena, &watcher));
    ARENA_ARRAY(size_t) numbers = {0};
    for (size_t i = 0; i < 100000; i++)
        *ARENA_PUSH(arena, &numbers) = i;
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(numbers.items[i], i);
    assert_valid(arena);
    arena_destroy(arena);
}

static void all_memory_comes_and_goes(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(1024);
    assert_true(arena_watch(arena, &watcher));
    for (int i = 0; i < 100; i++)
        assert_non_null(hide_pointer(arena_alloc(arena, 500)));
    assert_non_null(hide_pointer(arena_alloc(arena, large_size(arena))));
    arena_destroy(arena);
    assert_true(heard.acquired_bytes > 50000);
    assert_int_equal(heard.released_bytes, heard.acquired_bytes);
}

static void an_adoption_is_heard_of_on_both_sides(void **state)
{
    (void)state;
    Heard heard = {0}, other = {0};
    ArenaWatcher watcher = watcher_of(&heard), second = watcher_of(&other);
    Arena *into = new_arena(1024), *from = new_arena(1024);
    assert_true(arena_watch(into, &watcher));
    assert_true(arena_watch(from, &second));
    void *object = hide_pointer(arena_alloc(from, 100));
    assert_true(arena_adopt(into, from));
    assert_int_equal(heard.adopted, 1);
    assert_int_equal(other.detached, 1);
    arena_reset(into);
    assert_true(was_freed(&heard, object));
    arena_destroy(into);
    assert_int_equal(other.rewound, 0);
}

// ----- Several -----

static void one_that_is_attached_stays_as_it_is(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(0);
    assert_true(arena_watch(arena, &watcher));
    assert_true(arena_watch(arena, &watcher));
    assert_int_equal(heard.attached, 1);
    assert_non_null(hide_pointer(arena_alloc(arena, 20)));
    assert_int_equal(heard.allocated, 1);
    arena_destroy(arena);
    assert_int_equal(heard.detached, 1);
}

static void several_watch_one_arena(void **state)
{
    (void)state;
    Heard heard = {0}, other = {0};
    ArenaWatcher watcher = watcher_of(&heard), second = watcher_of(&other);
    second.interval = SIZE_MAX;
    Arena *arena = new_arena(1 << 16);
    assert_true(arena_watch(arena, &watcher));
    assert_true(arena_watch(arena, &second));
    assert_non_null(hide_pointer(arena_alloc(arena, 20)));
    assert_int_equal(heard.allocated, 1);
    assert_int_equal(other.allocated, 0); // each hears of its own
    arena_unwatch(arena, &watcher);
    assert_non_null(hide_pointer(arena_alloc(arena, 20)));
    assert_int_equal(heard.allocated, 1);
    arena_destroy(arena);
    assert_int_equal(heard.detached, 1);
    assert_int_equal(other.detached, 1);
}

static void new_arenas_can_be_watched_from_the_start(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    arena_watch_new(&watcher);
    Arena *arena = new_arena(0);
    Arena *region = arena_create_region(1 << 20);
    char buffer[4096];
    Arena *fixed = arena_create_in(buffer, sizeof buffer);
    arena_watch_new(NULL);
    Arena *later = new_arena(0);
    assert_int_equal(heard.attached, 3);
    assert_null(later->watch);
    arena_destroy(arena);
    arena_destroy(region);
    arena_destroy(fixed);
    arena_destroy(later);
    assert_int_equal(heard.detached, 3);
}

// ----- Who comes late, or goes early -----

static void what_is_there_is_told_of_when_a_watcher_comes(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(0);
    grow_blocks(arena, 3);
    arena_reset(arena);
    size_t bytes = room_in(arena), spares = 0;
    for (const ArenaBlock *block = arena->current->next; block; block = block->next, spares++)
        bytes += block->capacity;
    assert_int_equal(spares, 3);
    assert_true(arena_watch(arena, &watcher));
    assert_int_equal(heard.acquired_bytes, bytes);
    arena_destroy(arena);
}

static void large_objects_are_released_when_a_watcher_goes(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = new_arena(0);
    assert_true(arena_watch(arena, &watcher));
    size_t large = large_size(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, large)));
    assert_non_null(hide_pointer(arena_alloc(arena, large)));
    assert_true(heard.acquired_bytes >= 2 * large);
    arena_unwatch(arena, &watcher);
    assert_int_equal(heard.released_bytes, heard.acquired_bytes);
    arena_destroy(arena);
}

static void a_ninth_watcher_is_refused(void **state)
{
    (void)state;
    enum { ALLOWED = 8 };
    Heard heard[ALLOWED + 1];
    ArenaWatcher watchers[ALLOWED + 1];
    memset(heard, 0, sizeof heard);
    Arena *arena = new_arena(0);
    size_t there = 0; // those of a build in which all arenas are watched
    for (size_t i = 0; i <= ALLOWED; i++) {
        watchers[i] = watcher_of(&heard[i]);
        errno = 0;
        bool good = arena_watch(arena, &watchers[i]);
        assert_int_equal(errno, good ? 0 : ENOMEM);
        assert_int_equal(heard[i].attached, good);
        there += good;
    }
    assert_int_equal(there, ALLOWED);
    assert_int_equal(arena_stats(arena).failures, 1);
    assert_non_null(hide_pointer(arena_alloc(arena, 100)));
    for (size_t i = 0; i <= ALLOWED; i++)
        assert_int_equal(heard[i].allocated, i < ALLOWED);
    arena_destroy(arena);
}

static void another_arena_in_the_buffer_ends_what_was_watched_there(void **state)
{
    (void)state;
    _Alignas(max_align_t) unsigned char buffer[4096];
    Heard heard[2] = {{0}, {0}};
    ArenaWatcher watchers[] = {watcher_of(&heard[0]), watcher_of(&heard[1])};
    for (int i = 0; i < 2; i++) {
        Arena *arena = arena_create_in(buffer, sizeof buffer);
        assert_true(arena_watch(arena, &watchers[i]));
        assert_non_null(hide_pointer(arena_alloc(arena, 100)));
        assert_int_equal(heard[i].allocated, 1);
        assert_int_equal(heard[0].detached, i);
        if (i == 1)
            arena_destroy(arena);
    }
    assert_int_equal(heard[1].detached, 1);
    assert_int_equal(heard[0].detached, 1);
}

// ----- Who wants to hear of little -----

static void who_hears_of_pieces_need_not_hear_of_rewinds(void **state)
{
    (void)state;
    Heard heard[2] = {{0}, {0}};
    ArenaWatcher pieces = {.context = &heard[0], .freed = hear_freed};
    ArenaWatcher blocks = {.context = &heard[1], .released = hear_released};
    for (int i = 0; i < 2; i++) {
        Arena *arena = new_arena(0);
        assert_true(arena_watch(arena, i ? &blocks : &pieces));
        ArenaMark mark = arena_mark(arena);
        void *object = hide_pointer(arena_alloc(arena, 100));
        assert_non_null(hide_pointer(arena_alloc(arena, large_size(arena))));
        assert_non_null(object);
        arena_rewind(arena, mark);
        assert_int_equal(was_freed(&heard[0], object), i == 0);
        assert_int_equal(heard[1].released_bytes > 0, i == 1);
        heard[0].freed = 0;
        arena_destroy(arena);
    }
}

// Two that hear of the same arena, but not of the same.
static void each_hears_of_what_it_asked_for(void **state)
{
    (void)state;
    Heard all = {0}, some = {0};
    ArenaWatcher one = {.context = &all, .resized = hear_resized, .rewound = hear_rewound};
    ArenaWatcher other = {.context = &some, .allocated = hear_allocated};
    for (int i = 0; i < 2; i++) {
        all = some = (Heard){.mark = NULL};
        Arena *arena = new_arena(1000);
        assert_true(arena_watch(arena, i ? &one : &other));
        assert_true(arena_watch(arena, i ? &other : &one));
        char *object = hide_pointer(arena_alloc(arena, 100));
        assert_ptr_equal(arena_realloc(arena, object, 100, 200), object);
        assert_int_equal(all.resized, 1);
        ARENA_ARRAY(int) array = {0};
        for (int j = 0; j < 100; j++)
            *ARENA_PUSH(arena, &array) = j;
        size_t extended = all.resized;
        assert_true(extended > 1);
        assert_non_null(hide_pointer(arena_alloc(arena, 8)));
        for (int j = 100; j < 1000; j++)
            *ARENA_PUSH(arena, &array) = j;
        assert_true(all.resized > extended);
        assert_int_equal(array.items[999], 999);
        all.mark = NULL;
        arena_reset(arena);
        assert_int_equal(all.rewound, 1);
        assert_int_equal(all.allocated, 0);
        assert_true(some.allocated >= 3 && some.allocated <= 3 + all.resized);
        assert_int_equal(some.resized + some.rewound, 0);
        arena_destroy(arena);
    }
}

static void all_are_asked_whether_a_mark_is_good(void **state)
{
    (void)state;
    for (int refuser = 0; refuser < 3; refuser++) {
        Heard heard[2] = {{.refuses = refuser == 0}, {.refuses = refuser == 1}};
        ArenaWatcher watchers[] = {watcher_of(&heard[0]), watcher_of(&heard[1])};
        Arena *arena = new_arena(0);
        assert_true(arena_watch(arena, &watchers[0]) && arena_watch(arena, &watchers[1]));
        ArenaMark mark = arena_mark(arena);
        assert_non_null(hide_pointer(arena_alloc(arena, 100)));
        size_t used = arena_stats(arena).used;
        arena_rewind(arena, mark);
        assert_int_equal(heard[0].rewinding, 1);
        assert_int_equal(heard[1].rewinding, 1);
        assert_int_equal(heard[0].rewound, refuser == 2);
        assert_int_equal(arena_stats(arena).used < used, refuser == 2);
        heard[0].refuses = heard[1].refuses = false;
        arena_destroy(arena);
    }
}

// ----- Red zones -----

static void red_zones_lie_between_objects_and_are_not_used(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.red_zone = 32;
    Arena *arena = new_arena(1 << 16);
    size_t before = arena_stats(arena).used;
    assert_true(arena_watch(arena, &watcher));
    char *first = hide_pointer(arena_alloc(arena, 48));
    char *second = hide_pointer(arena_alloc(arena, 48));
    assert_true(second >= first + 48 + 64);
    assert_int_equal(arena_stats(arena).used, before + 96);
    ArenaMark mark = arena_mark(arena);
    assert_non_null(hide_pointer(arena_alloc(arena, 48)));
    arena_rewind(arena, mark);
    assert_int_equal(arena_stats(arena).used, before + 96);
    arena_reset(arena);
    assert_int_equal(arena_stats(arena).used, 0);
    arena_destroy(arena);
}

static void red_zones_keep_every_alignment(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    for (watcher.red_zone = 1; watcher.red_zone < 200; watcher.red_zone += 13) {
        Arena *arena = new_arena(0);
        assert_true(arena_watch(arena, &watcher));
        for (size_t align = 1; align <= 4096; align *= 2) {
            void *object = hide_pointer(arena_alloc_aligned(arena, 40, align));
            assert_int_equal((uintptr_t)object % align, 0);
        }
        arena_destroy(arena);
    }
}

static void no_size_or_alignment_is_too_large_to_be_refused(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.red_zone = 32;
    Arena *arena = new_arena(0);
    assert_true(arena_watch(arena, &watcher));
    unsigned char *object = new_object(arena, 48, 1);
    Snapshot before = take_snapshot(arena);
    assert_null(arena_realloc(arena, object, 48, PTRDIFF_MAX - 4096));
    assert_null(arena_realloc(arena, object, 48, PTRDIFF_MAX / 2 + 1));
    assert_null(hide_pointer(arena_alloc(arena, PTRDIFF_MAX - 4096)));
    assert_null(hide_pointer(arena_alloc_aligned(arena, 8, (size_t)PTRDIFF_MAX / 2 + 1)));
    assert_null(hide_pointer(arena_alloc_aligned(arena, 8, (size_t)PTRDIFF_MAX + 1)));
    assert_int_equal(arena_stats(arena).failures, before.stats.failures + 5);
    assert_int_equal(arena_stats(arena).used, before.stats.used);
    assert_filled(object, 48, 1);
    assert_int_equal(heard.allocated, 1);
    assert_int_equal(heard.resized, 0);
    arena_destroy(arena);
}

static void red_zones_take_nothing_from_a_limit_or_a_buffer(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    watcher.red_zone = 64;
    for (int kind = 0; kind < 2; kind++) {
        char buffer[8192];
        size_t served[2];
        for (int watched = 0; watched < 2; watched++) {
            Arena *arena = kind == 0 ? arena_create_in(buffer, sizeof buffer)
                                     : arena_create_with(&(ArenaOptions){.limit = 100000});
            assert_non_null(arena);
            assert_true(!watched || arena_watch(arena, &watcher));
            served[watched] = 0;
            while (hide_pointer(arena_alloc(arena, 32)))
                served[watched]++;
            arena_destroy(arena);
        }
        assert_true(served[1] >= served[0] - served[0] / 8);
    }
}

static void an_arena_that_was_not_made_is_not_watched(void **state)
{
    (void)state;
    const ArenaWatcher watcher = {.context = NULL};
    arena_watch_new(&watcher);
    TestSource source = {.refuse = true};
    assert_null(arena_create_with(&(ArenaOptions){.source = test_source(&source)}));
    assert_null(arena_create_in(NULL, 0));
    assert_null(arena_create(hide_size(SIZE_MAX)));
    assert_null(arena_create_region(hide_size(SIZE_MAX)));
    arena_watch_new(NULL);
    assert_clean(&source);
}

static void an_adoption_is_heard_of_on_the_side_that_is_watched(void **state)
{
    (void)state;
    for (size_t side = 0; side < 2; side++) {
        Heard heard = {0};
        ArenaWatcher watcher = watcher_of(&heard);
        Arena *arenas[] = {new_arena(1024), new_arena(1024)};
        assert_true(arena_watch(arenas[side], &watcher));
        assert_true(arena_adopt(arenas[0], arenas[1]));
        assert_int_equal(heard.adopted, side == 0 ? 1 : 0);
        assert_int_equal(heard.detached, side == 0 ? 0 : 1);
        arena_destroy(arenas[0]);
        assert_int_equal(heard.detached, 1);
    }
}

static void memory_of_a_region_comes_and_goes_in_pieces(void **state)
{
    (void)state;
    Heard heard = {0};
    ArenaWatcher watcher = watcher_of(&heard);
    Arena *arena = arena_create_region(1 << 20);
    assert_non_null(arena);
    assert_true(arena_watch(arena, &watcher));
    size_t before = arena->current->capacity - heard.acquired_bytes;
    for (int i = 0; i < 3; i++) {
        assert_non_null(hide_pointer(arena_alloc(arena, 300000)));
        assert_int_equal(before + heard.acquired_bytes - heard.released_bytes,
                         arena->current->capacity);
        arena_reset(arena);
        arena_trim(arena, 0);
        assert_int_equal(before + heard.acquired_bytes - heard.released_bytes,
                         arena->current->capacity);
    }
    assert_true(heard.released_bytes > 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_is_heard_of),
        cmocka_unit_test(what_fails_is_not_heard_of),
        cmocka_unit_test(an_interval_has_a_fair_part_of_them_heard_of),
        cmocka_unit_test(a_trim_does_not_hide_allocations),
        cmocka_unit_test(one_that_is_attached_stays_as_it_is),
        cmocka_unit_test(red_zones_keep_every_alignment),
        cmocka_unit_test(detached_the_window_is_whole_again),
        cmocka_unit_test(a_new_size_is_heard_of),
        cmocka_unit_test(a_rewind_names_all_that_is_gone_and_nothing_else),
        cmocka_unit_test(a_mark_can_be_refused),
        cmocka_unit_test(a_reset_and_the_end_can_be_refused),
        cmocka_unit_test(what_grows_between_samples_is_whole),
        cmocka_unit_test(all_memory_comes_and_goes),
        cmocka_unit_test(an_adoption_is_heard_of_on_both_sides),
        cmocka_unit_test(several_watch_one_arena),
        cmocka_unit_test(new_arenas_can_be_watched_from_the_start),
        cmocka_unit_test(red_zones_lie_between_objects_and_are_not_used),
        cmocka_unit_test(red_zones_take_nothing_from_a_limit_or_a_buffer),
        cmocka_unit_test(what_is_there_is_told_of_when_a_watcher_comes),
        cmocka_unit_test(large_objects_are_released_when_a_watcher_goes),
        cmocka_unit_test(a_ninth_watcher_is_refused),
        cmocka_unit_test(another_arena_in_the_buffer_ends_what_was_watched_there),
        cmocka_unit_test(who_hears_of_pieces_need_not_hear_of_rewinds),
        cmocka_unit_test(each_hears_of_what_it_asked_for),
        cmocka_unit_test(all_are_asked_whether_a_mark_is_good),
        cmocka_unit_test(no_size_or_alignment_is_too_large_to_be_refused),
        cmocka_unit_test(an_arena_that_was_not_made_is_not_watched),
        cmocka_unit_test(an_adoption_is_heard_of_on_the_side_that_is_watched),
        cmocka_unit_test(memory_of_a_region_comes_and_goes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
