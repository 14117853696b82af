// Herds: a member for each thread, and what becomes of them.

#include "support/check.h"
#include "support/child.h"

#include <arena/herd.h>

#include <pthread.h>

enum { THREADS = 8, HERDS = 20 };

static ArenaHerd *new_herd(const ArenaOptions *options)
{
    ArenaHerd *herd = arena_herd_create(options);
    assert_non_null(herd);
    return herd;
}

static Arena *new_member(ArenaHerd *herd)
{
    Arena *arena = arena_herd_member(herd);
    assert_non_null(arena);
    assert_valid(arena);
    return arena;
}

// ----- Threads that do one thing and end -----

// What a thread is to do, and what came of it.
typedef struct Visit {
    ArenaHerd *herd;
    bool is_numbered;
    uint64_t number;
    uint32_t seed;         // of the object that it makes
    Arena *arena;          // its member; NULL if something went wrong
    unsigned char *object; // of OBJECT bytes
    size_t *ended;         // how many have been
    size_t position;       // among those that ended
} Visit;

enum { OBJECT = 3000 };

static void note_end(void *context)
{
    Visit *visit = context;
    visit->position = ++*visit->ended;
}

static bool make_object(Visit *visit)
{
    visit->arena = arena_herd_member(visit->herd);
    visit->object = visit->arena ? hide_pointer(arena_alloc(visit->arena, OBJECT)) : NULL;
    if (!visit->object)
        return false;
    fill_bytes(visit->object, OBJECT, visit->seed);
    return !visit->ended || arena_defer(visit->arena, note_end, visit);
}

static void *pay_visit(void *context)
{
    Visit *visit = context;
    bool good = make_object(visit) &&
                (!visit->is_numbered || arena_herd_number(visit->herd, visit->number)) &&
                arena_herd_member(visit->herd) == visit->arena;
    if (!good)
        visit->arena = NULL;
    return NULL;
}

// One after the other, each in a thread that has ended when this returns.
static void pay_visits(Visit *visits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, pay_visit, &visits[i]), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_non_null(visits[i].arena);
    }
}

// ----- Members -----

static void a_thread_has_one_member(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    Arena *arena = new_member(herd);
    for (uint32_t i = 0; i < 100; i++) {
        assert_ptr_equal(arena_herd_member(herd), arena);
        new_object(arena, 1000, i);
    }
    assert_valid(arena);
    arena_herd_destroy(herd);
}

static void a_thread_has_one_member_in_each_of_many_herds(void **state)
{
    (void)state;
    ArenaHerd *herds[HERDS];
    Arena *arenas[HERDS];
    for (size_t i = 0; i < HERDS; i++) {
        herds[i] = new_herd(NULL);
        arenas[i] = new_member(herds[i]);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(arenas[k], arenas[i]);
        Visit other = {.herd = herds[i]};
        pay_visits(&other, 1);
        assert_ptr_not_equal(other.arena, arenas[i]);
    }
    for (size_t i = 0; i < 3 * HERDS; i++)
        assert_ptr_equal(arena_herd_member(herds[i * 7 % HERDS]), arenas[i * 7 % HERDS]);
    for (size_t i = 0; i < HERDS; i++)
        arena_herd_destroy(herds[i]);
}

static void a_herd_in_the_place_of_another_is_another(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        ArenaHerd *herd = new_herd(NULL);
        new_object(new_member(herd), 100, i);
        assert_int_equal(arena_stats(arena_herd_member(herd)).used, round_up_to(100, 8));
        arena_herd_destroy(herd);
    }
}

// Threads come and go; an address of one of them is soon that of another.
static void each_thread_has_its_own_member(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    Visit visits[THREADS];
    for (uint32_t i = 0; i < THREADS; i++)
        visits[i] = (Visit){.herd = herd, .seed = i};
    pay_visits(visits, THREADS);
    Arena *own = new_member(herd);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_ptr_not_equal(visits[i].arena, own);
        for (uint32_t k = 0; k < i; k++)
            assert_ptr_not_equal(visits[k].arena, visits[i].arena);
        assert_valid(visits[i].arena);
        assert_true(arena_owns(visits[i].arena, visits[i].object));
        assert_filled(visits[i].object, OBJECT, i);
    }
    arena_herd_destroy(herd);
}

static void members_are_made_as_the_options_say(void **state)
{
    (void)state;
    TestSource test = {0};
    ArenaHerd *herd = new_herd(&(ArenaOptions){
        .name = "herd", .capacity = 1000, .limit = 100000, .source = test_source(&test)});
    assert_int_equal(test.calls, 0);
    Arena *arena = new_member(herd);
    assert_int_equal(test.calls, 1);
    assert_string_equal(arena->name, "herd");
    assert_int_equal(arena->limit, 100000);
    assert_true(room_in(arena) >= 1000);
    arena_herd_destroy(herd);
    assert_clean(&test);
}

static void a_buffer_cannot_be_shared(void **state)
{
    (void)state;
    unsigned char buffer[5000];
    errno = 0;
    assert_null(arena_herd_create(&(ArenaOptions){.buffer = buffer, .buffer_size = sizeof buffer}));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_herd_create(&(ArenaOptions){.buffer_size = 1}));
    assert_int_equal(errno, EINVAL);
}

// ----- All members -----

static void a_reset_keeps_the_members(void **state)
{
    (void)state;
    size_t ended = 0;
    ArenaHerd *herd = new_herd(NULL);
    Visit visits[THREADS];
    for (uint32_t i = 0; i < THREADS; i++)
        visits[i] = (Visit){.herd = herd, .seed = i, .ended = &ended};
    pay_visits(visits, THREADS);
    Arena *own = new_member(herd);
    new_object(own, 1000, 1);
    assert_true(arena_herd_stats(herd).used >= THREADS * OBJECT + 1000);
    arena_herd_reset(herd);
    assert_int_equal(ended, THREADS);
    assert_int_equal(arena_herd_stats(herd).used, 0);
    assert_ptr_equal(arena_herd_member(herd), own);
    assert_valid(own);
    arena_herd_destroy(herd);
    assert_int_equal(ended, THREADS);
}

static void stats_are_the_sums_over_all_members(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(&(ArenaOptions){.capacity = 1000, .limit = 1 << 20});
    ArenaStats none = arena_herd_stats(herd);
    assert_int_equal(none.blocks + none.reserved + none.used, 0);
    Visit visits[2] = {{.herd = herd}, {.herd = herd}};
    pay_visits(visits, 2);
    ArenaMark mark = arena_mark(visits[1].arena);
    grow_blocks(visits[1].arena, 2);
    assert_null(hide_pointer(arena_alloc(visits[1].arena, 2 << 20)));
    arena_rewind(visits[1].arena, mark);
    ArenaStats one = arena_stats(visits[0].arena);
    ArenaStats other = arena_stats(visits[1].arena);
    ArenaStats all = arena_herd_stats(herd);
    assert_true(other.failures == 1 && other.peak > other.used);
    assert_int_equal(all.used, one.used + other.used);
    assert_int_equal(all.peak, one.peak + other.peak);
    assert_int_equal(all.reserved, one.reserved + other.reserved);
    assert_int_equal(all.wasted, one.wasted + other.wasted);
    assert_int_equal(all.blocks, one.blocks + other.blocks);
    assert_int_equal(all.failures, 1);
    arena_herd_destroy(herd);
}

static void destruction_gives_all_back(void **state)
{
    (void)state;
    TestSource test = {0};
    size_t ended = 0;
    ArenaHerd *herd = new_herd(&(ArenaOptions){.source = test_source(&test)});
    Visit visits[THREADS];
    for (uint32_t i = 0; i < THREADS; i++)
        visits[i] = (Visit){.herd = herd, .seed = i, .ended = &ended};
    pay_visits(visits, THREADS);
    arena_herd_destroy(herd);
    assert_int_equal(ended, THREADS);
    assert_clean(&test);
    arena_herd_destroy(NULL);
}

// ----- Join -----

static void what_threads_made_lives_with_what_they_joined(void **state)
{
    (void)state;
    TestSource test = {0};
    ArenaHerd *herd = new_herd(&(ArenaOptions){.source = test_source(&test)});
    Visit visits[THREADS];
    for (uint32_t i = 0; i < THREADS; i++)
        visits[i] = (Visit){.herd = herd, .seed = i};
    pay_visits(visits, THREADS);
    ArenaStats sums = arena_herd_stats(herd);
    Arena *into = new_arena_on(&test, 100);
    ArenaStats before = arena_stats(into);
    assert_true(arena_herd_join(herd, into));
    arena_herd_destroy(herd);

    assert_valid(into);
    assert_int_equal(arena_stats(into).used, before.used + sums.used);
    assert_int_equal(arena_stats(into).reserved, before.reserved + sums.reserved);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_true(arena_owns(into, visits[i].object));
        assert_filled(visits[i].object, OBJECT, i);
    }
    arena_destroy(into);
    assert_clean(&test);
}

// What was adopted last ends first.
static void check_order(Visit *visits, size_t count, const size_t *places)
{
    size_t ended = 0;
    ArenaHerd *herd = new_herd(NULL);
    for (size_t i = 0; i < count; i++) {
        visits[i].herd = herd;
        visits[i].ended = &ended;
    }
    pay_visits(visits, count);
    Arena *into = new_arena(100);
    assert_true(arena_herd_join(herd, into));
    arena_destroy(into);
    arena_herd_destroy(herd);
    assert_int_equal(ended, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(count - visits[i].position, places[i]);
}

static void members_are_joined_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    Visit visits[7];
    const size_t places[7] = {3, 0, 6, 2, 5, 1, 4};
    for (size_t i = 0; i < 7; i++)
        visits[i] = (Visit){.is_numbered = true, .number = places[i] * (UINT64_MAX / 7)};
    check_order(visits, 7, places);
}

static void members_without_a_number_come_last(void **state)
{
    (void)state;
    Visit visits[6] = {
        {.is_numbered = false},
        {.is_numbered = true, .number = UINT64_MAX},
        {.is_numbered = true, .number = 5},
        {.is_numbered = false},
        {.is_numbered = true, .number = 0},
        {.is_numbered = false},
    };
    check_order(visits, 6, (const size_t[]){3, 2, 1, 4, 0, 5});
}

static void members_with_the_same_number_are_joined_as_they_were_made(void **state)
{
    (void)state;
    enum { COUNT = 23 };
    Visit visits[COUNT];
    size_t places[COUNT];
    size_t next = 0;
    for (size_t i = 0; i < COUNT; i++)
        visits[i] = (Visit){.is_numbered = true, .number = i * 5 % 3};
    for (size_t number = 0; number < 3; number++)
        for (size_t i = 0; i < COUNT; i++)
            if (visits[i].number == number)
                places[i] = next++;
    check_order(visits, COUNT, places);
}

static void the_last_number_counts(void **state)
{
    (void)state;
    size_t ended = 0;
    ArenaHerd *herd = new_herd(NULL);
    Visit other = {.herd = herd, .is_numbered = true, .number = 5, .ended = &ended};
    Visit own = {.herd = herd, .ended = &ended};
    assert_true(arena_herd_number(herd, 3));
    assert_true(make_object(&own));
    assert_true(arena_herd_number(herd, 7));
    pay_visits(&other, 1);
    Arena *into = new_arena(100);
    assert_true(arena_herd_join(herd, into));
    arena_destroy(into);
    assert_int_equal(own.position, 1);
    assert_int_equal(other.position, 2);
    arena_herd_destroy(herd);
}

static void a_joined_herd_is_empty_and_may_be_used_again(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    Arena *into = new_arena(100);
    assert_true(arena_herd_join(herd, into));
    assert_null(into->adopted);
    for (uint32_t i = 0; i < 20; i++) {
        Arena *member = new_member(herd);
        unsigned char *object = new_object(member, 1000, i);
        assert_true(arena_herd_join(herd, into));
        assert_int_equal(arena_herd_stats(herd).blocks, 0);
        Arena *next = new_member(herd);
        assert_ptr_not_equal(next, member);
        assert_false(arena_owns(next, object));
        assert_filled(object, 1000, i);
        assert_valid(into);
    }
    arena_destroy(into);
    arena_herd_destroy(herd);
}

static void a_member_cannot_be_joined_into(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    Visit visits[2] = {{.herd = herd}, {.herd = herd}};
    pay_visits(visits, 1);
    Arena *own = new_member(herd);
    pay_visits(visits + 1, 1);
    new_object(own, 100, 1);
    Arena *members[3] = {visits[0].arena, own, visits[1].arena};
    for (size_t i = 0; i < 3; i++) {
        Snapshot before[3];
        for (size_t k = 0; k < 3; k++)
            before[k] = take_snapshot(members[k]);
        errno = 0;
        assert_false(arena_herd_join(herd, members[i]));
        assert_int_equal(errno, EINVAL);
        for (size_t k = 0; k < 3; k++)
            check_unchanged(members[k], &before[k], 0);
        assert_ptr_equal(arena_herd_member(herd), own);
    }
    arena_herd_destroy(herd);
}

// ----- Failure and processes -----

static void a_member_that_cannot_be_made_leaves_the_herd_as_it_was(void **state)
{
    (void)state;
    TestSource test = {0};
    ArenaHerd *herd = new_herd(&(ArenaOptions){.source = test_source(&test)});
    Visit other = {.herd = herd, .seed = 1};
    pay_visits(&other, 1);
    Snapshot before = take_snapshot(other.arena);
    ArenaStats sums = arena_herd_stats(herd);
    test.refuse = true;
    for (size_t i = 0; i < 3; i++) {
        errno = 0;
        assert_null(arena_herd_member(herd));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_false(arena_herd_number(herd, i));
        assert_int_equal(errno, ENOMEM);
    }
    ArenaStats now = arena_herd_stats(herd);
    assert_memory_equal(&now, &sums, sizeof sums);
    check_unchanged(other.arena, &before, 0);
    test.refuse = false;
    new_object(new_member(herd), 100, 1);
    Arena *into = new_arena_on(&test, 100);
    assert_true(arena_herd_join(herd, into));
    assert_filled(other.object, OBJECT, 1);
    arena_destroy(into);
    arena_herd_destroy(herd);
    assert_clean(&test);
}

// A source that needs no memory of the process.
static ArenaHerd *of_parent;
static Arena *member_of_parent;

static bool use_in_child(void)
{
    Visit visit = {.herd = of_parent, .seed = 3};
    pthread_t thread;
    bool good = arena_herd_member(of_parent) == member_of_parent &&
                hide_pointer(arena_alloc(member_of_parent, 100000)) &&
                pthread_create(&thread, NULL, pay_visit, &visit) == 0 &&
                pthread_join(thread, NULL) == 0 && visit.arena;
    Arena *into = arena_create(0);
    good = good && into && arena_herd_join(of_parent, into) &&
           bytes_are_filled(visit.object, OBJECT, 3) && arena_is_valid(into);
    arena_destroy(into);
    arena_herd_destroy(of_parent);
    return good;
}

static void a_forked_child_goes_on(void **state)
{
    (void)state;
    of_parent = new_herd(NULL);
    Visit visits[2] = {{.herd = of_parent}, {.herd = of_parent}};
    pay_visits(visits, 2);
    member_of_parent = new_member(of_parent);
    assert_true(child_succeeds(use_in_child));
    assert_valid(member_of_parent);
    arena_herd_destroy(of_parent);
}

static void a_buffer_is_no_option_of_a_herd(void **state)
{
    (void)state;
    unsigned char buffer[1000];
    errno = 0;
    assert_null(arena_herd_create(&(ArenaOptions){.buffer = buffer}));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(arena_herd_create(&(ArenaOptions){.buffer_size = sizeof buffer}));
    assert_int_equal(errno, EINVAL);
}

static void without_options_members_are_plain_arenas(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    Arena *arena = new_member(herd);
    assert_null(arena->name);
    assert_true(arena->limit == SIZE_MAX);
    arena_herd_destroy(herd);
}

static void a_single_member_is_joined(void **state)
{
    (void)state;
    ArenaHerd *herd = new_herd(NULL);
    unsigned char *object = new_object(new_member(herd), 100, 1);
    Arena *into = new_arena(0);
    assert_true(arena_herd_join(herd, into));
    assert_true(arena_owns(into, object));
    assert_filled(object, 100, 1);
    arena_herd_destroy(herd);
    assert_filled(object, 100, 1);
    arena_destroy(into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_has_one_member),
        cmocka_unit_test(a_thread_has_one_member_in_each_of_many_herds),
        cmocka_unit_test(a_herd_in_the_place_of_another_is_another),
        cmocka_unit_test(each_thread_has_its_own_member),
        cmocka_unit_test(members_are_made_as_the_options_say),
        cmocka_unit_test(a_buffer_cannot_be_shared),
        cmocka_unit_test(a_reset_keeps_the_members),
        cmocka_unit_test(stats_are_the_sums_over_all_members),
        cmocka_unit_test(destruction_gives_all_back),
        cmocka_unit_test(what_threads_made_lives_with_what_they_joined),
        cmocka_unit_test(members_are_joined_in_the_order_of_their_numbers),
        cmocka_unit_test(members_without_a_number_come_last),
        cmocka_unit_test(members_with_the_same_number_are_joined_as_they_were_made),
        cmocka_unit_test(the_last_number_counts),
        cmocka_unit_test(a_joined_herd_is_empty_and_may_be_used_again),
        cmocka_unit_test(a_member_cannot_be_joined_into),
        cmocka_unit_test(a_member_that_cannot_be_made_leaves_the_herd_as_it_was),
        cmocka_unit_test(a_forked_child_goes_on),
        cmocka_unit_test(a_buffer_is_no_option_of_a_herd),
        cmocka_unit_test(without_options_members_are_plain_arenas),
        cmocka_unit_test(a_single_member_is_joined),
    };
    return cmocka_run_group_tests_name("herd", tests, NULL, NULL);
}
