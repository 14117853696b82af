// The guard where its pool is small, full of holes, or refused its pages, and what it says of addresses
// there. Each test is in a process of its own, since there is one pool in each.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // MAP_FAILED
#endif

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"
#include "support/reports.h"

#include <arena/watch.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define STAND_IN(name, function) stand_in(CALL_##name, (void (*)(void))(function))

// A pool of as few slots as there may be, of two pages each: an object's, at the end of which it ends, and
// one that nobody may use.
enum { SLOTS = 256, PART = 4, SMALL = 100 };

static size_t slot_size;

// What is wrong in a child is said there.
#define expect(holds)                                               \
    do {                                                            \
        if (!(holds)) {                                             \
            fprintf(stderr, "line %d: not %s\n", __LINE__, #holds); \
            return false;                                           \
        }                                                           \
    } while (0)

int __real_sched_yield(void);
void *__real_mmap(void *pages, size_t size, int protection, int flags, int file, off_t offset);

static void *map_little(void *pages, size_t size, int protection, int flags, int file, off_t offset)
{
    if (size <= SLOTS * slot_size)
        return __real_mmap(pages, size, protection, flags, file, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

static Arena *new_guarded(const char *name)
{
    slot_size = 2 * (size_t)sysconf(_SC_PAGESIZE);
    arena_on_report(keep_report, NULL);
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name});
    return arena && arena_watch(arena, arena_guard()) ? arena : NULL;
}

static Arena *new_in_small_pool(void)
{
    slot_size = 2 * (size_t)sysconf(_SC_PAGESIZE);
    STAND_IN(mmap, map_little);
    Arena *arena = new_guarded("small");
    stand_in(CALL_mmap, NULL);
    return arena;
}

static unsigned char *new_small(Arena *arena)
{
    return hide_pointer(arena_alloc(arena, SMALL));
}

static bool is_guarded(Arena *arena, size_t size)
{
    ArenaGuardCounts before = arena_guard_counts();
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    memset(object, 1, size);
    ArenaGuardCounts now = arena_guard_counts();
    bool good = now.live > before.live;
    return object && now.missed - before.missed == !good && good;
}

static const char *explained(const void *address)
{
    static char text[8192];
    FILE *out = tmpfile();
    bool known = out && arena_explain(address, out);
    text[0] = 0;
    if (known) {
        rewind(out);
        text[fread(text, 1, sizeof text - 1, out)] = 0;
    }
    if (out)
        fclose(out);
    return text;
}

// ----- What there is room for -----

static bool fill_small_pool(void)
{
    Arena *arena = new_in_small_pool();
    expect(!is_guarded(arena, 300000)); // more than an eighth
    expect(is_guarded(arena, 100000));
    arena_reset(arena);
    expect(arena_guard_counts().live == 0);
    for (size_t i = 0; i < SLOTS / PART; i++)
        expect(is_guarded(arena, SMALL));
    expect(!is_guarded(arena, SMALL));
    arena_destroy(arena);
    return arena_guard_counts().live == 0;
}

static void a_part_of_the_pool_may_be_in_use(void **state)
{
    (void)state;
    assert_true(child_succeeds(fill_small_pool));
}

// An object in every fifth slot, and none that are in a row are enough.
static bool leave_holes(void)
{
    enum { EACH = 5, FOUR_SLOTS = 24000, FIVE_SLOTS = 32768 };
    Arena *arena = new_in_small_pool();
    for (size_t i = 0; i < SLOTS / EACH; i++) {
        expect(is_guarded(arena, SMALL));
        ArenaMark mark = arena_mark(arena);
        for (size_t j = 1; j < EACH; j++)
            expect(is_guarded(arena, SMALL));
        arena_rewind(arena, mark);
    }
    expect(is_guarded(arena, SMALL)); // in the last slot
    expect(arena_guard_counts().live == SLOTS / EACH + 1);
    expect(!is_guarded(arena, FIVE_SLOTS));
    expect(is_guarded(arena, FOUR_SLOTS));
    arena_reset(arena);
    expect(is_guarded(arena, FIVE_SLOTS));
    arena_destroy(arena);
    return true;
}

static void what_fits_between_no_others_is_missed(void **state)
{
    (void)state;
    assert_true(child_succeeds(leave_holes));
}

static bool refuse_notes(void)
{
    Arena *arena = new_in_small_pool();
    refuse_from(CALL_calloc, 1);
    expect(!is_guarded(arena, SMALL));
    expect(calls_of(CALL_calloc) > 0);
    refuse_nothing();
    expect(is_guarded(arena, SMALL));
    arena_destroy(arena);
    return true;
}

static void what_there_is_no_memory_to_note_is_missed(void **state)
{
    (void)state;
    assert_true(child_succeeds(refuse_notes));
}

// Its slot has had nothing in it, and what is asked there is told of the next one.
static bool refuse_pages(void)
{
    Arena *arena = new_in_small_pool();
    refuse_from(CALL_mprotect, 1);
    errno = 0;
    expect(!is_guarded(arena, SMALL));
    expect(errno == 0 && calls_of(CALL_mprotect) > 0);
    refuse_nothing();
    unsigned char *next = new_small(arena);
    expect(arena_guard_counts().live == 1 && arena_guard_counts().missed == 1);
    expect(strstr(explained(next - slot_size), "bytes before\n  100 bytes at"));
    arena_destroy(arena);
    return reports == 0;
}

static void an_object_without_pages_goes_unguarded(void **state)
{
    (void)state;
    assert_true(child_succeeds(refuse_pages));
}

// ----- What is at an address -----

static bool ask_in_small_pool(void)
{
    enum { LONG = 3800, NAME = 22 };
    Arena *arena = new_in_small_pool();
    unsigned char *first = new_small(arena);
    unsigned char *pool = (unsigned char *)((uintptr_t)first & ~(uintptr_t)(slot_size / 2 - 1));
    unsigned char *next = hide_pointer(arena_alloc(arena, LONG));
    expect(next > pool + slot_size && next < pool + 2 * slot_size);
    expect(strstr(explained(first + SMALL + 20), "bytes after the end of\n  100 bytes at"));
    expect(strstr(explained(pool + slot_size - 8), "bytes before\n  3800 bytes at"));
    expect(strstr(explained(first + 10), "is 10 bytes into\n  100 bytes at"));
    expect(strstr(explained(next + LONG + 20), "bytes after the end of\n  3800 bytes at"));
    expect(explained(pool + 100 * slot_size)[0] == 0);
    expect(explained(pool + SLOTS * slot_size + 8)[0] == 0);
    for (size_t i = 2; i < SLOTS; i++) {
        ArenaMark mark = arena_mark(arena);
        expect(is_guarded(arena, SMALL));
        arena_rewind(arena, mark);
    }
    const char *text = explained(pool + SLOTS * slot_size - 8); // behind the last one
    expect(strstr(text, "bytes after the end of\n  100 bytes at"));
    expect(strstr(text, "taken back by arena_rewind"));
    arena_destroy(arena);
    return reports == 0;
}

static void an_address_in_the_pool_is_of_the_nearest_object(void **state)
{
    (void)state;
    assert_true(child_succeeds(ask_in_small_pool));
}

static bool ask_in_large_pool(void)
{
    Arena *arena = new_guarded("a name of more than twenty-two letters");
    unsigned char *object = new_small(arena);
    expect(strstr(explained(object), "of arena \"a name of more than tw\", in guarded pages"));
    expect(explained(object + 1000 * slot_size)[0] == 0);
    unsigned char *large = hide_pointer(arena_alloc(arena, 100000));
    expect(strstr(explained(large + 90000), "is 90000 bytes into\n  100000 bytes at"));
    arena_destroy(arena);
    return reports == 0;
}

static void far_from_all_objects_nothing_is_known(void **state)
{
    (void)state;
    assert_true(child_succeeds(ask_in_large_pool));
}

// ----- Other sizes -----

// Without pages for what it grows to, an object is in the arena from then on.
static bool resize_without_pages(void)
{
    Arena *arena = new_in_small_pool();
    expect(arena_watch(arena, arena_profiler()));
    unsigned char *object = new_small(arena);
    fill_bytes(object, SMALL, 1);
    expect(arena_guard_counts().live == 1);
    refuse_from(CALL_mprotect, 1);
    unsigned char *grown = hide_pointer(arena_realloc(arena, object, SMALL, 1000));
    refuse_nothing();
    expect(grown && grown != object && bytes_are_filled(grown, SMALL, 1));
    expect(explained(grown)[0] == 0 || !strstr(explained(grown), "in guarded pages"));
    memset(grown, 7, 1000);
    expect(arena_is_valid(arena) && arena_owns(arena, grown));
    arena_destroy(arena);
    return reports == 0;
}

static void an_object_may_leave_its_pages(void **state)
{
    (void)state;
    assert_true(child_succeeds(resize_without_pages));
}

// What the program says of it is not believed further than it can be.
static bool resize_what_is_none(void)
{
    Arena *arena = new_in_small_pool();
    unsigned char *object = new_small(arena);
    expect(arena_realloc(arena, object, 100000, 50000) == object);
    expect(strstr(explained(object), "  100 bytes at"));
    expect(arena_realloc(arena, object + 16, 84, 50) == object + 16);
    expect(strstr(explained(object), "  100 bytes at"));
    expect(arena_realloc(arena, object, 120, 100) == object);
    expect(strstr(explained(object), "  100 bytes at"));
    expect(arena_realloc(arena, object, 100, 60) == object);
    expect(strstr(explained(object), "  60 bytes at"));
    arena_reset(arena);
    expect(reports == 0);
    expect(arena_realloc(arena, object, 60, 50) == object); // which is gone
    expect(strstr(explained(object), "  60 bytes at"));
    expect(strstr(explained(object), "taken back by"));
    arena_destroy(arena);
    return reports == 0;
}

static void a_wrong_size_or_address_changes_nothing(void **state)
{
    (void)state;
    assert_true(child_succeeds(resize_what_is_none));
}

// ----- At once -----

static atomic_bool has_waited;
static atomic_int guarded_threads;
static pthread_t other_thread;

static int note_yield(void)
{
    atomic_store(&has_waited, true);
    return 0;
}

static void *watch_in_thread(void *context)
{
    (void)context;
    Arena *arena = new_guarded("other");
    if (arena && is_guarded(arena, SMALL))
        atomic_fetch_add(&guarded_threads, 1);
    arena_destroy(arena);
    return NULL;
}

// While the first thread makes the pool another one comes, and waits for it.
static void *map_when_other_waits(void *pages, size_t size, int protection, int flags, int file,
                                  off_t offset)
{
    stand_in(CALL_mmap, NULL);
    if (pthread_create(&other_thread, NULL, watch_in_thread, NULL) != 0)
        return MAP_FAILED;
    while (!atomic_load(&has_waited))
        __real_sched_yield();
    return __real_mmap(pages, size, protection, flags, file, offset);
}

static bool watch_in_two_threads(void)
{
    arena_destroy(arena_create(0)); // ARENA_OPTIONS is read
    slot_size = 2 * (size_t)sysconf(_SC_PAGESIZE);
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "one"});
    STAND_IN(sched_yield, note_yield);
    STAND_IN(mmap, map_when_other_waits);
    expect(arena_watch(arena, arena_guard()));
    expect(pthread_join(other_thread, NULL) == 0 && atomic_load(&has_waited));
    expect(is_guarded(arena, SMALL) && atomic_load(&guarded_threads) == 1);
    arena_destroy(arena);
    return true;
}

static void a_thread_waits_for_the_pool_of_another(void **state)
{
    (void)state;
    assert_true(child_succeeds(watch_in_two_threads));
}

int main(void)
{
    if (UNDER_SANITIZER) {
        puts("skipped: a tool that sees memory has the guard do nothing");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_the_pool_may_be_in_use),
        cmocka_unit_test(what_fits_between_no_others_is_missed),
        cmocka_unit_test(what_there_is_no_memory_to_note_is_missed),
        cmocka_unit_test(an_object_without_pages_goes_unguarded),
        cmocka_unit_test(an_address_in_the_pool_is_of_the_nearest_object),
        cmocka_unit_test(far_from_all_objects_nothing_is_known),
        cmocka_unit_test(an_object_may_leave_its_pages),
        cmocka_unit_test(a_wrong_size_or_address_changes_nothing),
        cmocka_unit_test(a_thread_waits_for_the_pool_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
