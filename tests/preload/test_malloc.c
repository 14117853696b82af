// What C programs may expect of malloc and its kin. All of it is so with the C library's, too.

#define _GNU_SOURCE // reallocarray, pipe2

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SMALL = 100, MEDIUM = 50000, LARGE = 5 << 20, THREADS = 8 };
static const size_t sizes[] = {0,    1,    8,     15,    16,    17,     24,   100,
                               1000, 4096, 32000, 32768, 40000, 300000, LARGE};
enum { SIZES = sizeof sizes / sizeof *sizes };

// The compiler may not know that a size is more than there can be.
static volatile size_t huge = PTRDIFF_MAX - 4096;
static volatile size_t sixteenth = SIZE_MAX / 16 + 2; // 16 times that is 16

// Nor reason about what is freed.
static void *volatile hidden;

static void *hide(void *object)
{
    hidden = object;
    return hidden;
}

// ----- Bytes that can be told from others -----

static unsigned char byte_at(size_t seed, size_t index)
{
    return (unsigned char)((seed * 31 + index) * 0x9e3779b1u >> 11);
}

// All of what is small, and a part of the rest.
static size_t after(size_t index)
{
    return index + (index < 8192 ? 1 : 251);
}

static void fill(void *object, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i = after(i))
        ((unsigned char *)object)[i] = byte_at(seed, i);
}

static bool is_filled(const void *object, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i = after(i))
        if (((const unsigned char *)object)[i] != byte_at(seed, i))
            return false;
    return true;
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static bool is_aligned(const void *object, size_t align)
{
    return object && (uintptr_t)object % align == 0;
}

// Bytes that the process has in memory.
static size_t resident(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// Who sees every allocation has them take more.
static bool is_exact(void)
{
    const char *how = getenv("ARENA_RUN_IS_TESTED");
    return !how || strcmp(how, "exactly") == 0;
}

static bool has_grown_by_less(size_t before, size_t bytes)
{
    return resident() < before + bytes || !is_exact();
}

// ----- Before main -----

static void *made_early[4];

static void allocate_early(void)
{
    made_early[0] = malloc(SMALL);
    made_early[1] = calloc(1, LARGE);
    made_early[2] = realloc(malloc(10), SMALL);
    made_early[3] = aligned_alloc(256, SMALL);
    fill(made_early[0], SMALL, 1);
    fill(made_early[2], SMALL, 2);
}

// Runs before all libraries begin.
__attribute__((section(".preinit_array"), used)) static void (*early)(void) = allocate_early;

static void what_was_made_before_libraries_begin_is_as_good(void **state)
{
    (void)state;
    assert_true(is_aligned(made_early[3], 256));
    assert_true(is_zero(made_early[1], LARGE));
    assert_true(is_filled(made_early[0], SMALL, 1));
    made_early[0] = realloc(made_early[0], MEDIUM);
    assert_true(is_filled(made_early[0], SMALL, 1));
    fill(made_early[0], MEDIUM, 3);
    assert_true(malloc_usable_size(made_early[0]) >= MEDIUM);
    made_early[3] = realloc(made_early[3], 2 * SMALL);
    made_early[2] = realloc(made_early[2], SMALL / 2);
    assert_true(is_filled(made_early[2], SMALL / 2, 2));
    made_early[3] = realloc(made_early[3], LARGE);
    assert_non_null(made_early[3]);
    for (int i = 0; i < 4; i++)
        free(made_early[i]);
}

// ----- Alignment and sizes -----

static void everything_is_aligned(void **state)
{
    (void)state;
    void *kept[SIZES][6];
    for (size_t i = 0; i < SIZES; i++) {
        void *newest = malloc(sizes[i]);
        void **each = kept[i];
        each[0] = newest;
        each[1] = calloc(sizes[i], 1);
        each[2] = realloc(NULL, sizes[i] + 1);
        each[3] = reallocarray(NULL, sizes[i] + 1, 3);
        each[4] = valloc(sizes[i]);
        each[5] = pvalloc(sizes[i]);
        for (int j = 0; j < 6; j++)
            assert_true(is_aligned(each[j], j < 4 ? _Alignof(max_align_t) : 4096));
        assert_true(malloc_usable_size(each[5]) >= (sizes[i] + 4095) / 4096 * 4096);
    }
    for (size_t i = 0; i < SIZES; i++)
        for (int j = 0; j < 6; j++)
            free(kept[i][j]);
}

static void aligned_objects_are_and_overlap_nothing(void **state)
{
    (void)state;
    for (size_t align = 8; align <= (size_t)4 << 20; align *= 2) {
        for (size_t i = 0; i < SIZES; i++) {
            void *object[4] = {aligned_alloc(align, sizes[i]), memalign(align, sizes[i]), NULL,
                               NULL};
            assert_int_equal(posix_memalign(&object[2], align, sizes[i]), 0);
            object[3] = malloc(sizes[i]);
            for (size_t j = 0; j < 4; j++)
                fill(object[j], sizes[i], j);
            for (size_t j = 0; j < 3; j++)
                assert_true(is_aligned(object[j], align));
            for (size_t j = 0; j < 4; j++)
                assert_true(is_filled(object[j], sizes[i], j));
            object[1] = realloc(object[1], sizes[i] + 1000);
            assert_true(is_filled(object[1], sizes[i], 1));
            for (size_t j = 0; j < 4; j++)
                free(object[j]);
        }
    }
}

static void usable_bytes_are_usable(void **state)
{
    (void)state;
    void *object[2 * SIZES];
    for (size_t i = 0; i < 2 * SIZES; i++) {
        object[i] = malloc(sizes[i % SIZES]);
        assert_true(malloc_usable_size(object[i]) >= sizes[i % SIZES]);
        fill(object[i], malloc_usable_size(object[i]), i);
    }
    for (size_t i = 0; i < 2 * SIZES; i++) {
        assert_true(is_filled(object[i], malloc_usable_size(object[i]), i));
        free(object[i]);
    }
    assert_int_equal(malloc_usable_size(NULL), 0);
}

static void nothing_is_at_an_address_of_its_own(void **state)
{
    (void)state;
    void *first = malloc(0);
    void *second = malloc(0);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    free(first);
    free(second);
    free(hide(NULL));
}

// ----- Failure -----

static void what_cannot_be_is_enomem(void **state)
{
    (void)state;
    char *object = malloc(SMALL);
    fill(object, SMALL, 3);
    assert_null(malloc(2 * huge));
    assert_null(calloc(huge, 1));
    assert_null(calloc(huge, 16));
    assert_null(calloc(huge / 8, 17));
    assert_null(realloc(NULL, huge));
    assert_null(memalign(64, huge));
    assert_null(aligned_alloc(1 << 20, huge));
    assert_null(valloc(huge));
    assert_null(pvalloc(huge));
    errno = 0;
    assert_null(malloc(huge));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(huge / 2, 4));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(reallocarray(hide(object), huge, 8));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(reallocarray(hide(object), sixteenth, 16));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(sixteenth, 16));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(realloc(hide(object), huge));
    assert_int_equal(errno, ENOMEM);
    assert_true(is_filled(object, SMALL, 3));
    free(object);
}

static void posix_memalign_returns_errors(void **state)
{
    (void)state;
    void *object = &object;
    errno = 0;
    assert_int_equal(posix_memalign(&object, 24, 8), EINVAL);
    assert_int_equal(posix_memalign(&object, 4, 8), EINVAL);
    assert_int_equal(posix_memalign(&object, 0, 8), EINVAL);
    assert_int_equal(posix_memalign(&object, 64, huge), ENOMEM);
    assert_ptr_equal(object, &object);
}

static void what_succeeds_leaves_errno(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        errno = 77;
        void *object = realloc(malloc(sizes[i]), sizes[i] + 5000);
        void *other = calloc(1, sizes[i]);
        void *third = aligned_alloc(4096, sizes[i]);
        free(other);
        free(object);
        free(third);
        assert_int_equal(errno, 77);
    }
}

// ----- realloc -----

static void realloc_keeps_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t j = 1; j < SIZES; j++) {
            size_t least = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
            for (int newest = 0; newest < 2; newest++) {
                void *object = malloc(sizes[i]);
                void *other = newest ? NULL : malloc(SMALL);
                fill(object, sizes[i], i);
                object = realloc(object, sizes[j]);
                assert_true(is_aligned(object, _Alignof(max_align_t)));
                assert_true(malloc_usable_size(object) >= sizes[j]);
                assert_true(is_filled(object, least, i));
                fill(object, sizes[j], j);
                void *third = malloc(SMALL);
                fill(third, SMALL, 9);
                assert_true(is_filled(object, sizes[j], j));
                free(object);
                free(third);
                free(other);
            }
        }
    }
}

static void realloc_to_nothing_frees(void **state)
{
    (void)state;
    assert_null(realloc(malloc(SMALL), 0));
    assert_null(realloc(malloc(LARGE), 0));
}

// By a few bytes each time, with something else after it: neither time nor memory is quadratic.
static void what_grows_by_small_steps_does_not_waste(void **state)
{
    (void)state;
    size_t before = resident();
    unsigned char *text = NULL;
    for (size_t size = 16; size <= (1 << 19); size += 16) {
        text = realloc(text, size);
        assert_non_null(text);
        text[size - 1] = byte_at(5, size - 1);
        hide(malloc(1));
    }
    for (size_t size = 16; size <= (1 << 19); size += 16)
        assert_int_equal(text[size - 1], byte_at(5, size - 1));
    assert_true(has_grown_by_less(before, 16 << 20));
    free(text);
}

static void many_that_grow_by_small_steps_do_not_waste(void **state)
{
    (void)state;
    size_t before = resident();
    for (int i = 0; i < 200; i++) {
        unsigned char *text = NULL;
        for (size_t size = 16; size < 4000; size += 16) {
            text = realloc(text, size);
            assert_non_null(text);
            text[size - 1] = 1;
            hide(malloc(1));
        }
    }
    assert_true(has_grown_by_less(before, 32 << 20));
}

// ----- calloc and memory that was used -----

static void calloc_is_zero_where_something_was(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < SIZES; i++) {
            void *object = malloc(sizes[i]);
            fill(object, sizes[i], 7);
            free(object); // the newest
            object = calloc(1, sizes[i]);
            assert_true(is_zero(object, sizes[i]));
            fill(object, sizes[i], 7);
            void *other = calloc(1, sizes[i]);
            assert_true(is_zero(other, sizes[i]));
            fill(other, sizes[i], 7);
            free(object);
            free(other);
        }
    }
}

static void what_is_freed_newest_first_is_used_again(void **state)
{
    (void)state;
    enum { DEEP = 100, ROUNDS = 5000 };
    size_t before = resident();
    void *objects[DEEP];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < DEEP; i++)
            memset(objects[i] = malloc((size_t)(i * 7 % 64)), 1, (size_t)(i * 7 % 64));
        for (int i = DEEP; i-- > 0;)
            free(hide(objects[i]));
    }
    assert_true(has_grown_by_less(before, 8 << 20));
}

static void use_large_objects(int rounds)
{
    for (int round = 0; round < rounds; round++) {
        for (size_t size = 40000; size < LARGE; size *= 2) {
            void *object = malloc(size);
            void *between = malloc(40000);
            memset(object, 1, size);
            object = realloc(object, 2 * size);
            memset(object, 2, 2 * size);
            free(hide(object));
            free(hide(between));
        }
    }
}

// Some may be kept for later.
static void large_objects_are_given_back(void **state)
{
    (void)state;
    use_large_objects(5);
    size_t before = resident();
    use_large_objects(40);
    assert_true(has_grown_by_less(before, 32 << 20));
}

// ----- The C library -----

static void the_library_s_own_strings_can_be_freed(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    for (int i = 0; i < 10000; i++)
        fprintf(file, "%d ", i);
    fclose(file);
    assert_int_equal(size, 48890);
    FILE *again = fmemopen(text, size, "r");
    char *line = strdup("");
    size_t capacity = 1;
    assert_int_equal(getdelim(&line, &capacity, EOF, again), 48890);
    fclose(again);
    char *printed;
    assert_int_equal(asprintf(&printed, "%s", line), 48890);
    assert_string_equal(printed, text);
    free(text);
    free(line);
    free(printed);
}

extern void *__libc_malloc(size_t size);

// As a library has it that was opened with RTLD_DEEPBIND.
static void what_the_library_gave_by_itself_can_be_resized(void **state)
{
    (void)state;
    void *object = __libc_malloc(SMALL);
    fill(object, SMALL, 1);
    hide(__libc_malloc(SMALL));
    object = realloc(object, MEDIUM);
    assert_true(is_filled(object, SMALL, 1));
    fill(object, MEDIUM, 2);
    void *other = malloc(MEDIUM);
    fill(other, MEDIUM, 3);
    free(hide(object));
    assert_true(is_filled(other, MEDIUM, 3));
    free(other);
}

static void settings_are_harmless(void **state)
{
    (void)state;
    void *object = malloc(SMALL);
    fill(object, SMALL, 1);
    assert_int_equal(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
    malloc_trim(0);
    (void)mallinfo2();
    assert_true(is_filled(object, SMALL, 1));
    free(object);
}

// ----- Threads -----

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static size_t random_size(uint32_t *random)
{
    return next_random(random) % ((size_t)1 << next_random(random) % 19);
}

typedef struct Known {
    unsigned char *bytes;
    size_t size;
    size_t seed;
} Known;

static void *allocate_any(uint32_t *random, size_t size, bool *good)
{
    size_t align = (size_t)16 << next_random(random) % 9;
    unsigned char *object;
    switch (next_random(random) % 8) {
    case 0:
        object = calloc(1, size);
        *good = *good && is_zero(object, size);
        break;
    case 1:
        object = aligned_alloc(align, size);
        *good = *good && is_aligned(object, align);
        break;
    default: object = malloc(size);
    }
    *good = *good && is_aligned(object, 16);
    return object;
}

// One step of a program that allocates at random; whether all was as it should be.
static bool step(Known *known, uint32_t *random)
{
    size_t size = random_size(random);
    bool good = is_filled(known->bytes, known->size, known->seed);
    if (known->bytes && next_random(random) % 4 == 0) {
        known->bytes = realloc(known->bytes, size + 1);
        size_t least = size < known->size ? size : known->size;
        good = good && is_filled(known->bytes, least, known->seed);
        size++;
    } else {
        if (next_random(random) % 4)
            free(known->bytes);
        known->bytes = allocate_any(random, size, &good);
    }
    known->size = size;
    known->seed = next_random(random);
    if (good)
        fill(known->bytes, size, known->seed);
    return good;
}

enum { SLOTS = 61, STEPS = 5000 };

// What threads hand to each other; who takes one has it alone.
static _Atomic(Known *) slots[SLOTS];

static void *pass_objects_around(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    bool good = true;
    for (int i = 0; i < STEPS && good; i++) {
        Known *known = atomic_exchange(&slots[next_random(&random) % SLOTS], NULL);
        if (!known)
            known = calloc(1, sizeof *known);
        good = step(known, &random);
        Known *other = atomic_exchange(&slots[next_random(&random) % SLOTS], known);
        if (other) {
            good = good && is_filled(other->bytes, other->size, other->seed);
            free(other->bytes);
            free(other);
        }
    }
    return good ? seed : NULL;
}

static bool run_threads(void *(*call)(void *), uintptr_t seed)
{
    pthread_t threads[THREADS];
    bool good = true;
    for (uintptr_t i = 0; i < THREADS; i++)
        good = pthread_create(&threads[i], NULL, call, (void *)(seed + i)) == 0 && good;
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        good = good && result;
    }
    return good;
}

static void threads_pass_objects_around(void **state)
{
    (void)state;
    assert_true(run_threads(pass_objects_around, 1));
    assert_true(run_threads(pass_objects_around, 100)); // in arenas that others have had
}

static void *allocate_for_others(void *seed)
{
    Known *known = malloc(2 * sizeof *known);
    for (size_t i = 0; i < 2; i++) {
        known[i] = (Known){malloc(SMALL + i * MEDIUM), SMALL + i * MEDIUM, (uintptr_t)seed + i};
        fill(known[i].bytes, known[i].size, known[i].seed);
    }
    return known;
}

// One thread after the other. What they leave stays, and they do not take an arena each.
static void what_threads_leave_lives_on(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static Known *left[MANY];
    uintptr_t lowest = UINTPTR_MAX, highest = 0;
    for (uintptr_t i = 0; i < MANY; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, allocate_for_others, (void *)(i + 1)), 0);
        assert_int_equal(pthread_join(thread, (void **)&left[i]), 0);
        uintptr_t place = (uintptr_t)left[i][0].bytes;
        lowest = place < lowest ? place : lowest;
        highest = place > highest ? place : highest;
    }
    for (int i = 0; i < MANY; i++) {
        for (int j = 0; j < 2; j++) {
            Known *known = &left[i][j];
            assert_true(is_filled(known->bytes, known->size, known->seed));
            known->bytes = realloc(known->bytes, 3 * known->size);
            assert_true(is_filled(known->bytes, known->size, known->seed));
            free(known->bytes);
        }
        free(left[i]);
    }
    if (is_exact() &&
        getenv("ARENA_RUN_IS_TESTED")) // the C library has 64 MiB of addresses for each
        assert_true(highest - lowest < (MANY * 2 * SMALL + (4 << 20)));
}

static pthread_barrier_t all_are_there;

static void *meet_others(void *unused)
{
    void *object = malloc(SMALL);
    pthread_barrier_wait(&all_are_there);
    free(object);
    return unused;
}

// Several at once. What arenas take they take from the C library.
static void arenas_of_threads_that_ended_serve_others(void **state)
{
    (void)state;
    if (!getenv("ARENA_RUN_IS_TESTED"))
        skip();
    size_t before = 0;
    pthread_barrier_init(&all_are_there, NULL, THREADS);
    for (int round = 0; round < 23; round++) {
        if (round == 3)
            before = mallinfo2().uordblks;
        assert_true(run_threads(meet_others, 1));
    }
    pthread_barrier_destroy(&all_are_there);
    assert_true(mallinfo2().uordblks < before + (2 << 20));
}

static void *have_freed_at_the_end(void *freed_at_end)
{
    char *bytes = malloc(MEDIUM);
    if (bytes)
        memset(bytes, 1, MEDIUM);
    pthread_setspecific(*(pthread_key_t *)freed_at_end, bytes);
    return bytes;
}

static void destructors_of_threads_may_free(void **state)
{
    (void)state;
    enum { MANY = 300 };
    pthread_key_t freed_at_end;
    assert_int_equal(pthread_key_create(&freed_at_end, free), 0);
    size_t before = resident();
    for (int i = 0; i < MANY; i++) {
        pthread_t thread;
        void *bytes = NULL;
        assert_int_equal(pthread_create(&thread, NULL, have_freed_at_the_end, &freed_at_end), 0);
        assert_int_equal(pthread_join(thread, &bytes), 0);
        assert_non_null(bytes);
    }
    pthread_key_delete(freed_at_end);
    assert_true(has_grown_by_less(before, MANY * (size_t)MEDIUM / 4));
}

static pthread_key_t key;

static void allocate_at_thread_end(void *last)
{
    uint32_t random = 5;
    Known known = {NULL, 0, 0};
    for (int i = 0; i < 100; i++)
        *(bool *)last = step(&known, &random) && *(bool *)last;
    free(known.bytes);
    static int rounds;
    if (rounds++ < 2)
        pthread_setspecific(key, last);
}

static void *end_with_allocations(void *good)
{
    pthread_setspecific(key, good);
    return malloc(SMALL);
}

static void destructors_of_threads_may_allocate(void **state)
{
    (void)state;
    bool good = true;
    pthread_t thread;
    void *left;
    assert_int_equal(pthread_key_create(&key, allocate_at_thread_end), 0);
    assert_int_equal(pthread_create(&thread, NULL, end_with_allocations, &good), 0);
    assert_int_equal(pthread_join(thread, &left), 0);
    assert_true(good);
    free(left);
}

static void *allocate_one(void *unused)
{
    (void)unused;
    return malloc(SMALL);
}

// The other thread may have the arena that this one has had.
static void start_another(void *is_apart)
{
    pthread_t thread;
    void *theirs = NULL;
    pthread_create(&thread, NULL, allocate_one, NULL);
    pthread_join(thread, &theirs);
    char *ours = malloc(SMALL);
    *(bool *)is_apart = ours && theirs && ours - (char *)theirs != 112;
    free(ours);
    free(theirs);
}

static void an_arena_is_of_no_thread_that_has_ended(void **state)
{
    (void)state;
    bool is_apart = false;
    pthread_t thread;
    assert_int_equal(pthread_key_create(&key, start_another), 0);
    assert_int_equal(pthread_create(&thread, NULL, end_with_allocations, &is_apart), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(is_apart || !is_exact());
}

// ----- fork -----

static atomic_bool is_over;

static void *allocate_until_over(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    Known known[16] = {{NULL, 0, 0}};
    bool good = true;
    while (good && !atomic_load(&is_over))
        good = step(&known[next_random(&random) % 16], &random);
    return good ? seed : NULL;
}

static void *allocate_a_while(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    Known known[16] = {{NULL, 0, 0}};
    bool good = true;
    for (int i = 0; i < 500 && good; i++)
        good = step(&known[next_random(&random) % 16], &random);
    return good ? seed : NULL;
}

static bool is_child_good(const Known *known)
{
    return is_filled(known->bytes, known->size, known->seed) &&
           allocate_a_while((void *)known->seed) && run_threads(allocate_a_while, known->seed) &&
           is_filled(known->bytes, known->size, known->seed);
}

static bool fork_and_wait(const Known *known)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(is_child_good(known) ? 0 : 1);
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void children_go_on_with_their_own(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, allocate_until_over, (void *)(i + 1)),
                         0);
    uint32_t random = 1;
    Known known = {NULL, 0, 0};
    bool good = true;
    for (int i = 0; i < 10 && good; i++)
        good = step(&known, &random) && fork_and_wait(&known);
    atomic_store(&is_over, true);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_true(good);
    free(known.bytes);
}

// ----- The end -----

static void allocate_at_exit(void)
{
    uint32_t random = 9;
    if (!allocate_a_while(&random))
        _exit(9);
}

int main(void)
{
    atexit(allocate_at_exit);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_made_before_libraries_begin_is_as_good),
        cmocka_unit_test(everything_is_aligned),
        cmocka_unit_test(aligned_objects_are_and_overlap_nothing),
        cmocka_unit_test(usable_bytes_are_usable),
        cmocka_unit_test(nothing_is_at_an_address_of_its_own),
        cmocka_unit_test(what_cannot_be_is_enomem),
        cmocka_unit_test(posix_memalign_returns_errors),
        cmocka_unit_test(what_succeeds_leaves_errno),
        cmocka_unit_test(realloc_keeps_bytes),
        cmocka_unit_test(realloc_to_nothing_frees),
        cmocka_unit_test(what_grows_by_small_steps_does_not_waste),
        cmocka_unit_test(many_that_grow_by_small_steps_do_not_waste),
        cmocka_unit_test(calloc_is_zero_where_something_was),
        cmocka_unit_test(what_is_freed_newest_first_is_used_again),
        cmocka_unit_test(large_objects_are_given_back),
        cmocka_unit_test(the_library_s_own_strings_can_be_freed),
        cmocka_unit_test(what_the_library_gave_by_itself_can_be_resized),
        cmocka_unit_test(settings_are_harmless),
        cmocka_unit_test(threads_pass_objects_around),
        cmocka_unit_test(what_threads_leave_lives_on),
        cmocka_unit_test(arenas_of_threads_that_ended_serve_others),
        cmocka_unit_test(destructors_of_threads_may_free),
        cmocka_unit_test(destructors_of_threads_may_allocate),
        cmocka_unit_test(an_arena_is_of_no_thread_that_has_ended),
        cmocka_unit_test(children_go_on_with_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
