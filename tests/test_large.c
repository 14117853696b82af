// Large objects: blocks of their own, mappings, growth without a copy, and the cache of mappings.

#include "support/check.h"
#include "support/child.h"
#include "support/memory.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

#define MEBIBYTE ((size_t)1 << 20)

// Whether figures of memory mean anything here.
static bool memory_is_told(void)
{
    return !UNDER_SANITIZER && resident_bytes() != 0 && sizeof(void *) >= 8;
}

static int empty_cache(void **state)
{
    (void)state;
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
    return 0;
}

static void large_objects_of_every_size_hold_their_bytes(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    for (size_t size = 1000; size < 5 * MEBIBYTE; size = size * 5 / 3) {
        unsigned char *object = new_object(arena, size, 1);
        assert_true(arena_owns(arena, object + size - 1));
        assert_filled(object, size, 1);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

static void sizes_around_the_mapping_threshold_serve(void **state)
{
    (void)state;
    for (size_t size = ARENA_TUNE_MAPPED - 300; size < ARENA_TUNE_MAPPED + 300; size += 20) {
        Arena *arena = new_arena(size);
        unsigned char *object = new_object(arena, size, 1);
        unsigned char *large = new_object(arena, size, 2);
        large = arena_realloc(arena, large, size, size + 400);
        assert_filled(large, size, 2);
        assert_filled(object, size, 1);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void growth_keeps_the_bytes_over_every_boundary(void **state)
{
    (void)state;
    for (size_t factor = 0; factor < 3; factor++) {
        Arena *arena = new_arena(100);
        size_t size = large_size(arena);
        unsigned char *object = new_object(arena, size, 7);
        while (size < 9 * MEBIBYTE) {
            size_t next = factor == 0 ? size * 2 : factor == 1 ? size * 9 / 8 : size + 300000;
            object = arena_realloc(arena, object, size, next);
            assert_non_null(object);
            assert_filled(object, size, 7);
            fill_bytes(object, next, 7);
            size = next;
            assert_valid(arena);
        }
        object = arena_realloc(arena, object, size, 100000);
        assert_filled(object, 100000, 7);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void a_rewind_gives_a_grown_object_back(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    ArenaMark mark = arena_mark(arena);
    ArenaStats before = arena_stats(arena);
    for (size_t i = 0; i < 5; i++) {
        size_t size = 50000;
        unsigned char *object = new_object(arena, size, 1);
        while (size < 8 * MEBIBYTE) {
            object = arena_realloc(arena, object, size, size * 2);
            assert_non_null(object);
            size *= 2;
            object[size - 1] = 1;
        }
        assert_true(arena_stats(arena).used >= size);
        arena_rewind(arena, mark);
        ArenaStats after = arena_stats(arena);
        assert_int_equal(after.used, before.used);
        assert_int_equal(after.reserved, before.reserved);
        assert_int_equal(after.blocks, before.blocks);
        assert_valid(arena);
    }
    arena_destroy(arena);
}

// A token array: only the first byte of each huge page is ever touched, so what is resident tells
// whether anything was copied: a copy would have to touch the target.
static void a_gigabyte_grows_by_doubling_without_a_copy(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    size_t before = resident_bytes();
    Arena *arena = new_arena(0);
    size_t size = 4 * MEBIBYTE;
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    fill_bytes(object, 100000, 1);
    while (size < 1024 * MEBIBYTE) {
        object = arena_realloc(arena, object, size, 2 * size);
        assert_non_null(object);
        assert_filled(object, 100000, 1);
        size *= 2;
    }
    object[size - 1] = 1;
    assert_true(resident_bytes() - before < 64 * MEBIBYTE);
    assert_valid(arena);
    arena_destroy(arena);
}

static void pages_that_are_moved_are_not_faulted_again(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    Arena *arena = new_arena(0);
    size_t size = 64 * MEBIBYTE;
    unsigned char *object = new_object(arena, size, 1);
    size_t before = resident_bytes();
    for (size_t i = 0; i < 4; i++, size *= 2)
        object = arena_realloc(arena, object, size, 2 * size);
    assert_non_null(object);
    size_t after = resident_bytes();
    assert_true(after < before + 8 * MEBIBYTE);
    assert_filled(object, 64 * MEBIBYTE, 1);
    arena_destroy(arena);
}

static void fresh_mappings_are_not_cleared_by_hand(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    size_t before = resident_bytes();
    Arena *arena = new_arena(0);
    unsigned char *object = hide_pointer(arena_calloc(arena, 512 * MEBIBYTE));
    assert_non_null(object);
    assert_int_equal(object[300 * MEBIBYTE], 0);
    assert_true(resident_bytes() - before < 16 * MEBIBYTE);
    arena_destroy(arena);
}

static void a_fresh_region_is_not_cleared_by_hand(void **state)
{
    (void)state;
    if (!memory_is_told() || under_valgrind())
        skip();
    size_t before = resident_bytes();
    Arena *arena = arena_create_region(512 * MEBIBYTE);
    assert_non_null(arena);
    unsigned char *object = hide_pointer(arena_calloc(arena, 400 * MEBIBYTE));
    assert_non_null(object);
    assert_true(resident_bytes() - before < 16 * MEBIBYTE);
    arena_destroy(arena);
}

static void a_mapping_that_was_given_back_is_used_again(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    Arena *arena = new_arena(0);
    new_object(arena, 40 * MEBIBYTE, 1);
    arena_destroy(arena);
    size_t kept = resident_bytes();
    for (size_t i = 0; i < 5; i++) {
        arena = new_arena(0);
        new_object(arena, 40 * MEBIBYTE, 1);
        arena_destroy(arena);
    }
    assert_true(resident_bytes() < kept + 8 * MEBIBYTE);
    arena_cache_limit(0);
    assert_true(resident_bytes() + 32 * MEBIBYTE < kept);
}

static void a_cache_without_room_keeps_nothing(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    size_t before = resident_bytes();
    arena_cache_limit(0);
    Arena *arena = new_arena(0);
    new_object(arena, 40 * MEBIBYTE, 1);
    arena_destroy(arena);
    assert_true(resident_bytes() < before + 8 * MEBIBYTE);
    arena_cache_limit(10 * MEBIBYTE);
    arena = new_arena(0);
    for (size_t i = 0; i < 4; i++)
        new_object(arena, 8 * MEBIBYTE, 1);
    arena_destroy(arena);
    assert_true(resident_bytes() < before + 24 * MEBIBYTE);
}

static void many_mappings_pass_through_the_cache(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3; round++) {
        Arena *arena = new_arena(100);
        for (uint32_t i = 0; i < 200; i++) {
            size_t size = ARENA_TUNE_MAPPED + i * 4096;
            unsigned char *object = hide_pointer(arena_calloc(arena, size));
            assert_non_null(object);
            assert_all(object, 5000, 0);
            assert_all(object + size - 5000, 5000, 0);
            memset(object, 0xFF, 5000);
            memset(object + size - 5000, 0xFF, 5000);
        }
        assert_valid(arena);
        arena_destroy(arena);
    }
}

// Too many of them to look at each: most are copied when they grow.
static void growth_among_many_large_objects_keeps_every_byte(void **state)
{
    (void)state;
    enum { OBJECTS = 3000, ROUNDS = 2 };
    static unsigned char *objects[OBJECTS];
    Arena *arena = new_arena(100);
    size_t size = large_size(arena);
    for (uint32_t i = 0; i < OBJECTS; i++)
        objects[i] = new_object(arena, size, i);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < OBJECTS; i++) {
            uint32_t at = i * 7 % OBJECTS;
            assert_ptr_equal(arena_realloc(arena, objects[at], size, size), objects[at]);
            objects[at] = arena_realloc(arena, objects[at], size, size * 3 / 2);
            assert_non_null(objects[at]);
            assert_filled(objects[at], size, at);
            fill_bytes(objects[at], size * 3 / 2, at);
        }
        size = size * 3 / 2;
        assert_valid(arena);
    }
    for (uint32_t i = 0; i < OBJECTS; i++)
        assert_filled(objects[i], size, i);
    arena_destroy(arena);
}

// Growth takes a quarter of what the limit leaves at most, in whole mappings; and what it needs.
static void check_growth_under_a_limit(size_t unit, size_t step)
{
    size_t limit = 100 * unit, size = 51 * unit;
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 100, .limit = limit});
    assert_non_null(arena);
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    fill_bytes(object, 1000, 1);
    for (size_t i = 0; i < 100; i++, size += step) {
        object = arena_realloc(arena, object, size, size + step);
        assert_non_null(object);
        size_t reserved = arena_stats(arena).reserved;
        assert_true(reserved <= limit);
        assert_true(reserved <= size + (limit - size) / 4 + ARENA_TUNE_MAPPED + 4096);
    }
    assert_filled(object, 1000, 1);
    size_t left = limit - arena_stats(arena).reserved, sum = 0;
    assert_true(left > 20 * unit);
    while (sum < left / 2) {
        unsigned char *other = hide_pointer(arena_alloc(arena, unit / 64));
        assert_non_null(other);
        other[0] = 1;
        sum += unit / 64;
    }
    assert_true(arena_stats(arena).reserved <= limit);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_large_object_that_grows_under_a_limit_leaves_room_for_others(void **state)
{
    (void)state;
    check_growth_under_a_limit(MEBIBYTE, 8 << 10);
    if (ARENA_TUNE_MAPPED > 100 << 10)
        check_growth_under_a_limit((size_t)1 << 10, 8);
}

static void a_shrink_of_a_large_object_gives_pages_back(void **state)
{
    (void)state;
    if (!blocks_are_mapped())
        skip();
    Arena *arena = new_arena(100);
    size_t size = 8 * ARENA_TUNE_MAPPED, small = ARENA_TUNE_MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    size_t before = arena_stats(arena).reserved;
    unsigned char *shrunk = arena_realloc(arena, object, size, small);
    assert_filled(shrunk, small, 1);
    size_t after = arena_stats(arena).reserved;
    assert_true(after + size - small <= before + 4096);
    assert_true(arena_stats(arena).peak >= size);
    assert_valid(arena);
#if defined(__linux__)
    assert_ptr_equal(shrunk, object);
#endif
    shrunk = arena_realloc(arena, shrunk, small, size);
    assert_filled(shrunk, small, 1);
    assert_valid(arena);
    arena_destroy(arena);
}

static void a_shrink_of_memory_that_was_used_before_stays_valid(void **state)
{
    (void)state;
    size_t size = 8 * ARENA_TUNE_MAPPED;
    for (uint32_t round = 0; round < 3; round++) {
        Arena *arena = new_arena(100);
        unsigned char *object = new_object(arena, size, round);
        object = arena_realloc(arena, object, size, 16);
        assert_filled(object, 16, round);
        assert_valid(arena);
        arena_destroy(arena);
        arena = new_arena(100);
        new_object(arena, size, round);
        arena_destroy(arena);
    }
}

static void a_shrink_below_a_mapping_gives_pages_back_too(void **state)
{
    (void)state;
    if (!blocks_are_mapped())
        skip();
    Arena *arena = new_arena(100);
    size_t size = 8 * ARENA_TUNE_MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    unsigned char *shrunk = arena_realloc(arena, object, size, 16);
    assert_ptr_equal(shrunk, object);
    assert_filled(shrunk, 16, 1);
    assert_valid(arena);
#if defined(__linux__)
    assert_true(arena->large_size <= ARENA_TUNE_MAPPED);
#endif
    arena_destroy(arena);
}

static void a_shrink_keeps_the_pages_that_a_rewind_writes_to(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    ArenaMark mark = arena_mark(arena);
    size_t size = 8 * ARENA_TUNE_MAPPED;
    unsigned char *object = new_object(arena, size, 1);
    assert_true(arena_remember(arena, object + size - 100, 100));
    size_t reserved = arena_stats(arena).reserved;
    assert_ptr_equal(arena_realloc(arena, object, size, ARENA_TUNE_MAPPED), object);
    assert_int_equal(arena_stats(arena).reserved, reserved);
    assert_valid(arena);
    arena_rewind(arena, mark);
    assert_valid(arena);
    arena_destroy(arena);
}

#if defined(__linux__)

static bool use_large_objects(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        size_t size = ARENA_TUNE_MAPPED * 2;
        Arena *arena = arena_create(size);
        unsigned char *object = arena ? hide_pointer(arena_calloc(arena, size)) : NULL;
        if (!object || !bytes_are_all(object, size, 0) || !arena_is_valid(arena))
            return false;
        fill_bytes(object, size, i);
        arena_destroy(arena);
    }
    return true;
}

static void a_forked_child_has_a_cache_of_its_own(void **state)
{
    (void)state;
    assert_true(use_large_objects());
    Arena *arena = new_arena(100);
    unsigned char *object = new_object(arena, ARENA_TUNE_MAPPED * 3, 9);
    for (size_t i = 0; i < 3; i++) {
        assert_true(child_succeeds(use_large_objects));
        assert_true(use_large_objects());
    }
    assert_filled(object, ARENA_TUNE_MAPPED * 3, 9);
    arena_destroy(arena);
}

// The child may have this many bytes of addresses more than it has now.
static bool limit_addresses(size_t more)
{
    rlim_t most = (rlim_t)(address_bytes() + more);
    return setrlimit(RLIMIT_AS, &(struct rlimit){most, most}) == 0;
}

// Grows an object of `size` bytes, which fails at some point; whether the process has as many
// addresses afterwards as before.
static bool fails_without_a_trace(size_t size, size_t step)
{
    arena_cache_limit(0);
    Arena *arena = arena_create(100);
    unsigned char *object = arena ? hide_pointer(arena_alloc(arena, size)) : NULL;
    if (!object)
        return false;
    fill_bytes(object, 5000, 1);
    for (unsigned char *grown = object; grown; size += step) {
        object = grown;
        size_t before = address_bytes();
        grown = arena_realloc(arena, object, size, size + step);
        if (!grown && address_bytes() != before)
            return false;
    }
    bool intact = bytes_are_filled(object, 5000, 1) && arena_is_valid(arena);
    arena_destroy(arena);
    return intact;
}

static bool grow_until_there_are_no_addresses(void)
{
    size_t before = address_bytes();
    bool well = limit_addresses(200 * MEBIBYTE);
    for (size_t size = 5 * MEBIBYTE; well && size < 60 * MEBIBYTE; size += 5 * MEBIBYTE)
        well = fails_without_a_trace(size, size / 2 + 12345);
    return well && address_bytes() < before + MEBIBYTE;
}

static void growth_that_fails_leaves_no_addresses_behind(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    assert_true(child_succeeds(grow_until_there_are_no_addresses));
}

static bool allocate_what_the_cache_has(void)
{
    Arena *arena = arena_create(100);
    if (!arena || !limit_addresses(200 * MEBIBYTE))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!hide_pointer(arena_alloc(arena, 30 * MEBIBYTE)))
            return false;
    arena_reset(arena);
    unsigned char *object = hide_pointer(arena_alloc(arena, 150 * MEBIBYTE));
    bool served = object && arena_is_valid(arena);
    arena_destroy(arena);
    return served;
}

static void the_cache_is_emptied_before_addresses_run_out(void **state)
{
    (void)state;
    if (!memory_is_told())
        skip();
    assert_true(child_succeeds(allocate_what_the_cache_has));
}

// Pages that are locked in memory cannot be discarded, of which arenas say nothing.
static bool give_locked_memory_back(void)
{
    arena_cache_limit(3 * ARENA_TUNE_MAPPED); // too little for one to stay as it is
    Arena *arena = arena_create(100);
    if (!arena || mlockall(MCL_FUTURE) != 0)
        return arena;
    ArenaMark mark = arena_mark(arena);
    hide_pointer(arena_alloc(arena, ARENA_TUNE_MAPPED)); // NULL where little may be locked
    errno = ERANGE;
    arena_rewind(arena, mark);
    arena_destroy(arena);
    return errno == ERANGE;
}

static void giving_memory_back_leaves_errno_alone(void **state)
{
    (void)state;
    assert_true(child_succeeds(give_locked_memory_back));
}

// A destructor of this priority runs after the library's: an arena is left then, and nothing else that
// is as large.
static Arena *last;
static size_t addresses_before;

static __attribute__((destructor(101))) void end_after_the_library(void)
{
    bool well = arena_is_valid(last) && hide_pointer(arena_alloc(last, 100 * MEBIBYTE));
    arena_destroy(last);
    arena_destroy(arena_create(100));
    if (memory_is_told() && address_bytes() > addresses_before + 50 * MEBIBYTE)
        well = false;
    if (!well) {
        print_error("an arena that outlives the library's end is not given back\n");
        _exit(1);
    }
}

static void prepare_the_end(void)
{
    arena_cache_limit(0);
    addresses_before = address_bytes();
    arena_cache_limit(ARENA_TUNE_CACHE);
    last = arena_create(100 * MEBIBYTE);
    arena_destroy(arena_create(100 * MEBIBYTE));
}

// Leaves the process without addresses but for those of 100 MiB in the cache.
static bool exhaust_addresses(void)
{
    Arena *arena = arena_create(100 * MEBIBYTE);
    arena_destroy(arena);
    if (!arena || !limit_addresses(50 * MEBIBYTE))
        return false;
    for (size_t size = MEBIBYTE; size >= 16; size /= 2)
        while (hide_pointer(malloc(size)))
            continue;
    return true;
}

static bool create_where_the_cache_was(void)
{
    return exhaust_addresses() && arena_create(ARENA_TUNE_MAPPED / 4);
}

static bool grow_where_the_cache_was(void)
{
    size_t size = ARENA_TUNE_MAPPED / 4;
    Arena *arena = arena_create(100);
    unsigned char *object = arena ? hide_pointer(arena_alloc(arena, size)) : NULL;
    if (!object || !exhaust_addresses())
        return false;
    fill_bytes(object, size, 1);
    object = arena_realloc(arena, object, size, 3 * size);
    return object && bytes_are_filled(object, size, 1) && arena_is_valid(arena);
}

static bool reserve_where_the_cache_was(void)
{
    return exhaust_addresses() && arena_create_region(30 * MEBIBYTE);
}

static void the_cache_is_emptied_for_whatever_else_needs_memory(void **state)
{
    (void)state;
    if (!memory_is_told() || under_valgrind())
        skip();
    assert_true(child_succeeds(create_where_the_cache_was));
    assert_true(child_succeeds(grow_where_the_cache_was));
    assert_true(child_succeeds(reserve_where_the_cache_was));
}

#else

static void giving_memory_back_leaves_errno_alone(void **state)
{
    (void)state;
    skip();
}

static void prepare_the_end(void)
{
}

static void the_cache_is_emptied_for_whatever_else_needs_memory(void **state)
{
    (void)state;
    skip();
}

static void a_forked_child_has_a_cache_of_its_own(void **state)
{
    (void)state;
    skip();
}

static void growth_that_fails_leaves_no_addresses_behind(void **state)
{
    (void)state;
    skip();
}

static void the_cache_is_emptied_before_addresses_run_out(void **state)
{
    (void)state;
    skip();
}

#endif

static void what_is_given_back_may_be_taken_by_the_system(void **state)
{
    (void)state;
    if (UNDER_SANITIZER || !discarded_is_told())
        skip();
    arena_cache_limit(20 * MEBIBYTE);
    Arena *arena = new_arena(100);
    new_object(arena, 15 * MEBIBYTE, 1);
    size_t before = discarded_bytes();
    arena_destroy(arena);
    assert_true(discarded_bytes() >= before + 14 * MEBIBYTE); // the last pages come later
}

static void small_blocks_that_are_not_kept_go_back(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    if (!memory_is_told())
        skip();
    size_t addresses = 0;
    for (size_t i = 0; i < 1000; i++) {
        Arena *arenas[COUNT];
        for (size_t k = 0; k < COUNT; k++)
            arenas[k] = new_arena(ARENA_TUNE_MAPPED / 20 + 16 * k);
        for (size_t k = 0; k < COUNT; k++)
            arena_destroy(arenas[k]);
        if (i == 0)
            addresses = address_bytes();
    }
    assert_true(address_bytes() <= addresses + 100 * ARENA_TUNE_MAPPED / 20);
}

static void rounds_of_growth_leave_no_addresses_behind(void **state)
{
    (void)state;
    enum { ROUNDS = 10000 };
    if (!memory_is_told())
        skip();
    arena_cache_limit(0);
    size_t mappings = 0, addresses = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        Arena *arena = new_arena(0);
        unsigned char *object = hide_pointer(arena_alloc(arena, 3 * MEBIBYTE));
        assert_non_null(object);
        object[0] = 1;
        object = arena_realloc(arena, object, 3 * MEBIBYTE, 7 * MEBIBYTE);
        assert_non_null(object);
        assert_int_equal(object[0], 1);
        arena_destroy(arena);
        if (i == 0) {
            mappings = mapping_count();
            addresses = address_bytes();
        }
    }
    assert_true(mapping_count() <= mappings + 5);
    assert_true(address_bytes() <= addresses + 4 * MEBIBYTE);
}

#define test_of_memory(function) cmocka_unit_test_setup_teardown(function, empty_cache, empty_cache)

// Only where that gives half of it back, at least, and all but a whole mapping.
static void a_shrink_to_half_gives_pages_back_and_a_smaller_one_none(void **state)
{
    (void)state;
    if (!blocks_are_mapped())
        skip();
    const size_t mapped = ARENA_TUNE_MAPPED;
    for (size_t left = mapped / 2; left <= mapped / 2 * 3; left += mapped) {
        Arena *arena = new_arena(0);
        size_t size = mapped / 8 * 15;
        unsigned char *object = hide_pointer(arena_alloc(arena, mapped / 8 * 7));
        object = hide_pointer(arena_realloc(arena, object, mapped / 8 * 7, mapped));
        assert_int_equal(arena->large->size, 2 * mapped); // in whole mappings
        assert_ptr_equal(arena_realloc(arena, object, mapped, size), object);
        assert_ptr_equal(arena_realloc(arena, object, size, left), object);
        assert_int_equal(arena->large->size, left < mapped ? mapped : 2 * mapped);
        assert_valid(arena);
        arena_destroy(arena);
    }
}

static void a_size_that_rounds_to_the_same_gives_no_pages_back(void **state)
{
    (void)state;
    if (!blocks_are_mapped())
        skip();
    Arena *arena = new_arena(0);
    size_t size = ARENA_TUNE_MAPPED / 8 * 9;
    unsigned char *object = hide_pointer(arena_alloc(arena, size));
    assert_non_null(object);
    size_t more = arena->large->capacity + ARENA_GRANULE;
    object = hide_pointer(arena_realloc(arena, object, size, more));
    assert_non_null(object);
    size_t held = arena->large->size;
    assert_true(held / 2 > more + 1024);
    assert_ptr_equal(arena_realloc(arena, object, more, more - 1), object);
    assert_int_equal(arena->large->size, held);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of_memory(large_objects_of_every_size_hold_their_bytes),
        test_of_memory(sizes_around_the_mapping_threshold_serve),
        test_of_memory(growth_keeps_the_bytes_over_every_boundary),
        test_of_memory(a_rewind_gives_a_grown_object_back),
        test_of_memory(a_gigabyte_grows_by_doubling_without_a_copy),
        test_of_memory(pages_that_are_moved_are_not_faulted_again),
        test_of_memory(fresh_mappings_are_not_cleared_by_hand),
        test_of_memory(a_fresh_region_is_not_cleared_by_hand),
        test_of_memory(a_mapping_that_was_given_back_is_used_again),
        test_of_memory(a_cache_without_room_keeps_nothing),
        test_of_memory(many_mappings_pass_through_the_cache),
        test_of_memory(a_forked_child_has_a_cache_of_its_own),
        test_of_memory(growth_among_many_large_objects_keeps_every_byte),
        test_of_memory(a_large_object_that_grows_under_a_limit_leaves_room_for_others),
        test_of_memory(a_shrink_of_a_large_object_gives_pages_back),
        test_of_memory(a_shrink_of_memory_that_was_used_before_stays_valid),
        test_of_memory(a_shrink_below_a_mapping_gives_pages_back_too),
        test_of_memory(a_shrink_keeps_the_pages_that_a_rewind_writes_to),
        test_of_memory(growth_that_fails_leaves_no_addresses_behind),
        test_of_memory(the_cache_is_emptied_before_addresses_run_out),
        test_of_memory(the_cache_is_emptied_for_whatever_else_needs_memory),
        test_of_memory(giving_memory_back_leaves_errno_alone),
        test_of_memory(what_is_given_back_may_be_taken_by_the_system),
        test_of_memory(small_blocks_that_are_not_kept_go_back),
        test_of_memory(rounds_of_growth_leave_no_addresses_behind),
        cmocka_unit_test(a_shrink_to_half_gives_pages_back_and_a_smaller_one_none),
        cmocka_unit_test(a_size_that_rounds_to_the_same_gives_no_pages_back),
    };
    int failed = cmocka_run_group_tests_name("large", tests, NULL, NULL);
    prepare_the_end();
    return failed;
}
