// Memory that the system or malloc refuses, where the library goes another way, or fails as a whole.

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE // MAP_ANONYMOUS
#endif

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"
#include "support/memory.h"

#include "../src/memory/pages.h"

#include <arena/herd.h>
#include <arena/scratch.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// A mapping, but under sanitizers, where malloc serves all blocks.
#define MAPPED ((size_t)ARENA_TUNE_MAPPED + 10000)

static int start(void **state)
{
    (void)state;
    arena_cache_limit(0);
    arena_cache_limit(ARENA_TUNE_CACHE);
    refuse_nothing();
    return 0;
}

static int finish(void **state)
{
    (void)state;
    refuse_nothing();
    misalign(false);
    arena_scratch_trim();
    arena_cache_limit(0);
    return 0;
}

// ----- Small blocks -----

// What a thread and the process keep goes before malloc is asked again.
static void what_the_cache_holds_is_given_up_for_a_small_block(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    Arena *arena = new_arena(MAPPED);
    Arena *other = new_arena(100);
    arena_destroy(arena);
    refuse(CALL_malloc, 1);
    void *object = hide_pointer(arena_alloc(other, ARENA_TUNE_MAPPED / 4));
    assert_non_null(object);
    assert_int_equal(calls_of(CALL_malloc), 2);
    arena_destroy(other);
}

static void a_small_block_that_malloc_refuses_is_refused(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    refuse_from(CALL_malloc, 1);
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(hide_pointer(arena_alloc(arena, ARENA_TUNE_MAPPED / 4)));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 1);
    arena_cache_limit(0);
    assert_null(arena_create(ARENA_TUNE_MAPPED / 2));
    arena_destroy(arena);
}

// Where malloc promises less than here, a large object that moves may have to shift within its block.
static void large_objects_are_aligned_wherever_malloc_has_them(void **state)
{
    (void)state;
    Arena *arena = new_arena(100);
    size_t size = large_size(arena);
    unsigned char *object = new_object(arena, size, 1);
    for (int i = 0; i < 6 && size < ARENA_TUNE_MAPPED / 8; i++, size *= 2) {
        misalign(i % 2 == 0);
        object = arena_realloc(arena, object, size, 2 * size);
        assert_non_null(object);
        assert_aligned(object, MALLOC_ALIGN);
        assert_filled(object, size, 1);
        fill_bytes(object, 2 * size, 1);
        assert_valid(arena);
    }
    assert_int_equal(arena_stats(arena).blocks, 2);
    arena_destroy(arena);
}

// ----- Regions -----

static void a_region_is_whole_or_not_there(void **state)
{
    (void)state;
    for (size_t nth = 1; nth < 10; nth++) {
        refuse_from(CALL_mprotect, nth);
        errno = 0;
        Arena *arena = arena_create_region(MAPPED);
        if (arena) {
            assert_true(nth > 1);
            assert_valid(arena);
            arena_destroy(arena);
            return;
        }
        assert_int_equal(errno, ENOMEM);
    }
    fail_msg("no region");
}

static void what_the_cache_holds_is_given_up_for_a_region(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    for (size_t nth = 1; nth <= 2; nth++) {
        arena_destroy(new_arena(MAPPED));
        refuse(CALL_mprotect, nth);
        Arena *arena = arena_create_region(MAPPED);
        assert_non_null(arena);
        new_object(arena, MAPPED - 10000, 1);
        arena_destroy(arena);
    }
}

static void a_region_that_the_system_will_not_back_ends_where_it_is(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(4 * MAPPED);
    assert_non_null(arena);
    refuse_from(CALL_mprotect, 1);
    Snapshot before = take_snapshot(arena);
    errno = 0;
    assert_null(hide_pointer(arena_alloc(arena, 3 * MAPPED)));
    assert_int_equal(errno, ENOMEM);
    check_unchanged(arena, &before, 1);
    refuse_nothing();
    new_object(arena, 3 * MAPPED, 1);
    arena_destroy(arena);
}

// With something in the cache that was given up in vain.
static void a_region_that_the_system_will_not_back_ends_though_there_was_a_cache(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(4 * MAPPED);
    assert_non_null(arena);
    arena_destroy(new_arena(MAPPED));
    refuse_from(CALL_mprotect, 1);
    Snapshot before = take_snapshot(arena);
    assert_null(hide_pointer(arena_alloc(arena, 3 * MAPPED)));
    check_unchanged(arena, &before, 1);
    arena_destroy(arena);
}

// To map anew takes a mapping more, of which a process may have no more.
static void a_region_is_cut_even_if_nothing_can_be_mapped(void **state)
{
    (void)state;
    Arena *arena = arena_create_region(4 * MAPPED);
    assert_non_null(arena);
    ArenaMark mark = arena_mark(arena);
    new_object(arena, 3 * MAPPED, 1);
    arena_rewind(arena, mark);

    for (RefusableCall also = CALL_mmap; also < REFUSABLE_COUNT; also++) {
        if (also != CALL_mmap && also != CALL_madvise && also != CALL_mprotect)
            continue;
        refuse_from(CALL_mmap, 1);
        refuse_from(also, 1);
        size_t held = arena_stats(arena).reserved;
        arena_trim(arena, 0);
        refuse_nothing();
        assert_valid(arena);
        if (also == CALL_mmap)
            assert_true(arena_stats(arena).reserved < held);
        else
            assert_int_equal(arena_stats(arena).reserved, held);
        assert_all(arena_calloc(arena, 2 * MAPPED), 2 * MAPPED, 0);
        memset(hide_pointer(arena->cursor - 2 * MAPPED), 0xa5, 2 * MAPPED);
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

// ----- Mappings -----

static void blocks_are_mapped_where_no_huge_page_can_be_aligned(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    void *held[8];
    for (size_t nth = 1; nth <= 2; nth++) {
        refuse(CALL_mmap, nth);
        for (size_t i = 0; i < COUNT_OF(held); i++) {
            held[i] = arena_create(((size_t)2 << 20) + i * 4096);
            assert_true(held[i] || (nth == 1 && i == 0));
        }
        for (size_t i = 0; i < COUNT_OF(held); i++)
            arena_destroy(held[i]);
        arena_cache_limit(0);
        arena_cache_limit(ARENA_TUNE_CACHE);
    }
}

// ----- Pages -----

static void whole_pages_hold_every_byte_and_not_a_page_more(void **state)
{
    (void)state;
    size_t page = arena_pages_size();
    for (size_t size = 0; size <= 3 * page; size++) {
        size_t whole = arena_whole_pages(size);
        assert_int_equal(whole % page, 0);
        assert_true(size <= whole && whole < size + page);
    }
}

// Where the system puts it elsewhere, the mapping is moved.
static void what_has_room_for_a_huge_page_starts_at_one(void **state)
{
    (void)state;
    if (arena_pages_are_unseen())
        skip(); // then nothing is mapped
    const size_t huge = ARENA_HUGE_PAGE;
    size_t page = arena_pages_size();
    unsigned char *mapped[12];
    for (size_t i = 0; i < COUNT_OF(mapped); i++) {
        mapped[i] = arena_pages_map(huge + i % 3 * page);
        assert_non_null(mapped[i]);
        assert_int_equal((uintptr_t)mapped[i] % huge, 0);
        mapped[i][0] = mapped[i][huge + i % 3 * page - 1] = 1;
    }
    for (size_t i = 0; i < COUNT_OF(mapped); i++)
        arena_pages_unmap(mapped[i], huge + i % 3 * page);
}

static size_t shown_bytes;

// As MemorySanitizer has it, which the library tells of what it does not see.
#if !UNDER_SANITIZER
void __msan_unpoison(const volatile void *start, size_t size);

void __msan_unpoison(const volatile void *start, size_t size)
{
    (void)start;
    shown_bytes += size;
}
#endif

static void a_mapping_that_moved_is_told_of(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    size_t size = 2 * MAPPED;
    Arena *arena = new_arena(0);
    unsigned char *object = new_object(arena, size, 1);
    refuse_nothing();
    shown_bytes = 0;
    object = hide_pointer(arena_realloc(arena, object, size, 8 * size));
    assert_non_null(object);
    assert_filled(object, size, 1);
    assert_true(calls_of(CALL_mremap) > 0);
    assert_true(shown_bytes >= 8 * size);
    arena_destroy(arena);
}

// ----- What the system does not tell -----

static bool limit_addresses(size_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0)
        return false;
    limit.rlim_cur = bytes;
    return setrlimit(RLIMIT_AS, &limit) == 0;
}

// The library's file may have the number 0, and is closed; the pages in use go through all last digits.
static bool room_is_exact(size_t limit)
{
    close(0);
    for (int i = 0; i < 10; i++) {
        size_t used = address_bytes();
        if (used > 0 && arena_pages_room() != limit - used)
            return false;
        if (mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
            return false;
    }
    return open("/dev/null", O_RDONLY) == 0;
}

// An unknown use of addresses counts as none, and an unknown limit as none.
static bool ask_for_room(void)
{
    const size_t limit = (size_t)1 << (sizeof(void *) >= 8 ? 46 : 31);
    if (!limit_addresses(limit))
        return false;
    size_t known = arena_pages_room();
    if (!room_is_exact(limit))
        return false;
    refuse(CALL_open, 1);
    bool good = known > 0 && known < limit && arena_pages_room() == limit;
    refuse(CALL_read, 1);
    good = good && arena_pages_room() == limit;
    refuse(CALL_getrlimit, 1);
    good = good && arena_pages_room() == SIZE_MAX;
    return good && limit_addresses(1) && arena_pages_room() == 0;
}

static void the_room_for_addresses_is_what_the_system_tells(void **state)
{
    (void)state;
    if (UNDER_SANITIZER)
        skip();
    assert_true(child_succeeds(ask_for_room));
}

// ----- Scratch arenas and herds -----

static void without_memory_there_is_no_scratch_and_nothing_has_changed(void **state)
{
    (void)state;
    arena_cache_limit(0);
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    assert_non_null(scratch.arena);
    for (size_t nth = 1; nth <= 2; nth++) {
        refuse(CALL_malloc, nth); // of its note, and of its first block
        errno = 0;
        ArenaScratch none = arena_scratch_begin(&scratch.arena, 1);
        assert_null(none.arena);
        assert_int_equal(errno, ENOMEM);
        arena_scratch_end(none);
    }
    ArenaScratch inner = arena_scratch_begin(NULL, 0);
    assert_ptr_equal(inner.arena, scratch.arena);
    assert_int_equal(inner.depth, 2);
    assert_valid(inner.arena);
    arena_scratch_end(inner);
    arena_scratch_end(scratch);
}

static void without_memory_there_is_no_herd_and_no_member(void **state)
{
    (void)state;
    arena_cache_limit(0);
    refuse(CALL_malloc, 1);
    errno = 0;
    assert_null(arena_herd_create(NULL));
    assert_int_equal(errno, ENOMEM);
    refuse_nothing();

    ArenaHerd *herd = arena_herd_create(NULL);
    assert_non_null(herd);
    for (size_t nth = 1; nth <= 2; nth++) {
        refuse(CALL_malloc, nth); // of its first block, and of its note
        errno = 0;
        assert_null(arena_herd_member(herd));
        assert_int_equal(errno, ENOMEM);
        assert_int_equal(arena_herd_stats(herd).blocks, 0);
    }
    refuse(CALL_malloc, 1);
    assert_false(arena_herd_number(herd, 1));
    assert_non_null(arena_herd_member(herd));
    arena_herd_destroy(herd);
}

static void a_large_object_grows_by_the_least_where_twice_as_much_is_refused(void **state)
{
    (void)state;
    Arena *arena = new_arena(0);
    size_t size = large_size(arena);
    assert_true(2 * size < ARENA_TUNE_MAPPED);
    unsigned char *object = new_object(arena, size, 1);
    size_t held = arena->large->size, blocks = arena->block_count;
    refuse(CALL_realloc, 1);
    refuse(CALL_malloc, 1); // nor is there room for a copy
    object = hide_pointer(arena_realloc(arena, object, size, size + 1000));
    refuse_nothing();
    assert_non_null(object);
    assert_filled(object, size, 1);
    assert_int_equal(arena->block_count, blocks);
    assert_int_equal(arena->large->size - held, round_up_to(size + 1000, 8) - round_up_to(size, 8));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_cache_holds_is_given_up_for_a_small_block, start,
                                        finish),
        cmocka_unit_test_setup_teardown(a_small_block_that_malloc_refuses_is_refused, start,
                                        finish),
        cmocka_unit_test_setup_teardown(large_objects_are_aligned_wherever_malloc_has_them, start,
                                        finish),
        cmocka_unit_test_setup_teardown(a_region_is_whole_or_not_there, start, finish),
        cmocka_unit_test_setup_teardown(what_the_cache_holds_is_given_up_for_a_region, start,
                                        finish),
        cmocka_unit_test_setup_teardown(a_region_that_the_system_will_not_back_ends_where_it_is,
                                        start, finish),
        cmocka_unit_test_setup_teardown(
            a_region_that_the_system_will_not_back_ends_though_there_was_a_cache, start, finish),
        cmocka_unit_test_setup_teardown(a_region_is_cut_even_if_nothing_can_be_mapped, start,
                                        finish),
        cmocka_unit_test_setup_teardown(blocks_are_mapped_where_no_huge_page_can_be_aligned, start,
                                        finish),
        cmocka_unit_test(whole_pages_hold_every_byte_and_not_a_page_more),
        cmocka_unit_test(what_has_room_for_a_huge_page_starts_at_one),
        cmocka_unit_test_setup_teardown(a_mapping_that_moved_is_told_of, start, finish),
        cmocka_unit_test_setup_teardown(the_room_for_addresses_is_what_the_system_tells, start,
                                        finish),
        cmocka_unit_test_setup_teardown(without_memory_there_is_no_scratch_and_nothing_has_changed,
                                        start, finish),
        cmocka_unit_test_setup_teardown(without_memory_there_is_no_herd_and_no_member, start,
                                        finish),
        cmocka_unit_test(a_large_object_grows_by_the_least_where_twice_as_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
