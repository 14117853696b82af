// The bugs of ../bugs.c written against malloc, by the same names: what a rewind, a reset or a
// destruction takes back there is freed here. What cannot be written is left out.

#include "../program.h"

// An object is between two others, which are initialised, as it is in a program. They are small ones
// if it is large: another of its size would have its header where this one ends.
static void *neighbours[2];

static void *get_neighbour(size_t size)
{
    size_t most = 4096;
    size = size < most ? size : most;
    return memset(hide(malloc(size)), 1, size);
}

static void *get(size_t size)
{
    neighbours[0] = get_neighbour(size);
    void *object = hide(malloc(size));
    neighbours[1] = get_neighbour(size);
    return object;
}

static void *get_zeroed(size_t size)
{
    return memset(get(size), 0, size);
}

static void put(void *object)
{
    free(object);
    free(neighbours[0]);
    free(neighbours[1]);
}

static void write_once(size_t size, ptrdiff_t offset)
{
    void *object = get(size);
    if (wrong || size > 0)
        write_at(object, wrong ? offset : 0); // bug
    put(object);
}

static void read_once(size_t size, ptrdiff_t offset)
{
    void *object = get_zeroed(size);
    read_at(object, wrong ? offset : 0); // bug
    put(object);
}

static void write_freed(size_t size, ptrdiff_t offset)
{
    void *object = get(size);
    put(object);
    if (wrong)
        write_at(object, offset); // bug
    put(get(size));
}

static void read_freed(void)
{
    void *object = get_zeroed(48);
    put(object);
    if (wrong)
        read_at(object, 16); // bug
}

static void write_aligned(void)
{
    void *object = hide(aligned_alloc(256, 256));
    void *next = hide(aligned_alloc(256, 256));
    write_at(object, wrong ? 256 : 255); // bug
    free(object);
    free(next);
}

static void write_string(const char *string)
{
    char *text = hide(strdup(string));
    char *next = hide(strdup(string));
    write_at(text, (ptrdiff_t)strlen(string) + wrong); // bug
    free(text);
    free(next);
}

static void write_reused(void)
{
    void *object = hide(malloc(48));
    free(object);
    void *next = hide(malloc(48));
    if (wrong)
        write_at(object, 16); // bug
    free(next);
}

static void use_moved(void (*use)(void *object, ptrdiff_t offset))
{
    void *object = get_zeroed(48);
    void *moved = hide(realloc(object, 4096));
    use(wrong ? object : moved, 16); // bug
    put(moved);
}

static void write_shrunk(void)
{
    void *object = hide(realloc(get(96), 40));
    write_at(object, wrong ? 41 : 39); // bug
    put(object);
}

// What malloc takes for the header is the same each time.
static void realloc_local(void)
{
    struct {
        _Alignas(16) char before[16];
        char local[48];
    } frame = {.local = "local"};
    void *object = hide(wrong ? frame.local : malloc(48));
    free(hide(realloc(object, 96))); // bug
}

static void realloc_again(void)
{
    void *object = get_zeroed(48);
    void *moved = hide(realloc(object, 4096));
    moved = hide(realloc(wrong ? object : moved, 8192)); // bug
    put(moved);
}

static void free_twice(void)
{
    void *object = get(48);
    put(object);
    if (wrong)
        free(hide(object)); // bug
}

static void read_new_again(void)
{
    void *object = get(48);
    memset(object, 1, 48);
    put(object);
    object = wrong ? get(48) : get_zeroed(48);
    read_at(object, 16); // bug
    put(object);
}

static void read_new(void)
{
    void *object = wrong ? get(48) : get_zeroed(48);
    read_at(object, 16); // bug
    put(object);
}

static void memcpy_past(void)
{
    void *object = get(32);
    memcpy(object, hide(long_string), wrong ? sizeof long_string : 32); // bug
    put(object);
}

static void strcpy_past(void)
{
    void *object = get(32);
    strcpy(object, (char *)hide(wrong ? long_string : short_string)); // bug
    put(object);
}

static void measure_freed(void)
{
    char *string = strcpy(get(sizeof long_string), long_string);
    put(string);
    if (wrong)
        measure(string); // bug
}

// Malloc can take back no more of what is inside an object than of what is inside an arena.
static void free_inside(void)
{
    char *object = get_zeroed(96);
    if (wrong)
        free(hide(object + 48)); // bug
    put(object);
}

static void *forget(void *context)
{
    (void)context;
    void *object = hide(malloc(48)); // bug
    write_at(object, 16);
    if (!wrong)
        free(object);
    return NULL;
}

static void share(void)
{
    void *object = get_zeroed(48);
    pthread_t thread = start(write_object, object);
    if (!wrong)
        pthread_join(thread, NULL);
    write_at(object, 16); // bug
    if (wrong)
        pthread_join(thread, NULL);
    put(object);
}

static void free_in_use(void)
{
    void *object = get_zeroed(48);
    pthread_t thread = start(write_object, object);
    if (!wrong)
        pthread_join(thread, NULL);
    put(object); // bug
    if (wrong)
        pthread_join(thread, NULL);
}

static void write_new_out(void)
{
    void *object = wrong ? get(48) : get_zeroed(48);
    write_out(object, 48); // bug
    put(object);
}

static void do_no_wrong(void)
{
    for (size_t size = 1; size < 3000; size += 7) {
        char *object = get(size);
        memset(object, 1, size);
        object = hide(realloc(object, 2 * size));
        memset(object, 2, 2 * size);
        read_at(object, 2 * (ptrdiff_t)size - 1);
        put(object);
    }
}

// clang-format off
#define BUGS(_)                                                                  \
    _(write_past_the_end_by_1, write_once(32, 32))                               \
    _(write_past_the_end_by_8, write_once(32, 39))                               \
    _(write_past_the_end_by_15, write_once(32, 47))                              \
    _(write_before_the_start_by_1, write_once(32, -1))                           \
    _(write_before_the_start_by_8, write_once(32, -8))                           \
    _(read_past_the_end, read_once(32, 32))                                      \
    _(read_before_the_start, read_once(32, -1))                                  \
    _(write_past_an_odd_end, write_once(29, 29))                                 \
    _(write_past_a_zeroed_array, write_once(10 * sizeof(int), 10 * sizeof(int))) \
    _(write_past_a_string, write_string("1234"))                                 \
    _(write_past_a_large_object, write_once(5 << 20, 5 << 20))                   \
    _(write_past_an_aligned_object, write_aligned())                             \
    _(write_past_an_empty_object, write_once(0, 0))                              \
    _(write_after_rewind, write_freed(48, 16))                                   \
    _(read_after_rewind, read_freed())                                           \
    _(write_after_rewind_and_reuse, write_reused())                              \
    _(write_after_reset, write_freed(48, 16))                                    \
    _(read_after_reset, read_freed())                                            \
    _(write_after_destroy, write_freed(48, 16))                                  \
    _(read_after_destroy, read_freed())                                          \
    _(write_after_destroy_of_large, write_freed(5 << 20, 1 << 20))               \
    _(write_after_realloc, use_moved(write_at))                                  \
    _(read_after_realloc, use_moved(read_at))                                    \
    _(write_past_a_shrunk_object, write_shrunk())                                \
    _(write_after_rewind_of_large, write_freed(5 << 20, 1 << 20))                \
    _(write_after_reset_of_adopted, write_freed(48, 16))                         \
    _(write_after_scratch_end, write_freed(48, 16))                              \
    _(write_past_the_count_of_a_text, write_string("some text"))                 \
    _(realloc_of_a_local, realloc_local())                                       \
    _(realloc_twice, realloc_again())                                            \
    _(destroy_twice, free_twice())                                               \
    _(read_uninitialised, read_new())                                            \
    _(read_uninitialised_after_reset, read_new_again())                          \
    _(memcpy_past_the_end, memcpy_past())                                        \
    _(strcpy_past_the_end, strcpy_past())                                        \
    _(strlen_of_a_freed_string, measure_freed())                                 \
    _(free_of_an_object, free_inside())                                          \
    _(arena_never_destroyed, run_and_end(forget))                                           \
    _(two_threads_in_one_object, share())                                        \
    _(destroy_while_in_use, free_in_use())                                       \
    _(uninitialised_to_the_system, write_new_out())                              \
    _(nothing_wrong, do_no_wrong())
// clang-format on

PEER(BUGS)
