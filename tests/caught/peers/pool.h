// The bugs of ../bugs.c that every arena of somebody else can have, written in what C and C++ share.
// Who includes this has said before what a Pool is, and has these: create_pool, reset_pool, destroy_pool
// and pool_alloc, which aligns as malloc does where it can.

#include "../program.h"

// An object is between two others, which are initialised, as it is in a program.
static void *get(Pool *pool, size_t size)
{
    memset(hide(pool_alloc(pool, 48)), 1, 48);
    void *object = hide(pool_alloc(pool, size));
    memset(hide(pool_alloc(pool, 48)), 1, 48);
    return object;
}

static void *get_zeroed(Pool *pool, size_t size)
{
    return memset(get(pool, size), 0, size);
}

static void write_once(size_t size, ptrdiff_t offset)
{
    Pool *pool = create_pool();
    void *object = get(pool, size);
    if (wrong || size > 0)
        write_at(object, wrong ? offset : 0); // bug
    destroy_pool(pool);
}

static void read_once(size_t size, ptrdiff_t offset)
{
    Pool *pool = create_pool();
    read_at(get_zeroed(pool, size), wrong ? offset : 0); // bug
    destroy_pool(pool);
}

static void write_string(const char *string)
{
    Pool *pool = create_pool();
    size_t size = strlen(string) + 1;
    void *copy = memcpy(get(pool, size), string, size);
    write_at(copy, (ptrdiff_t)size - !wrong); // bug
    destroy_pool(pool);
}

static void use_after_reset(void (*use)(void *object, ptrdiff_t offset))
{
    Pool *pool = create_pool();
    void *object = get_zeroed(pool, 48);
    reset_pool(pool);
    if (wrong)
        use(object, 16); // bug
    get(pool, 48);
    destroy_pool(pool);
}

static void use_after_destroy(void (*use)(void *object, ptrdiff_t offset))
{
    Pool *pool = create_pool();
    void *object = get_zeroed(pool, 48);
    destroy_pool(pool);
    if (wrong)
        use(object, 16); // bug
}

static void write_after_destroy_of_large(void)
{
    Pool *pool = create_pool();
    void *object = get(pool, 5 << 20);
    destroy_pool(pool);
    if (wrong)
        write_at(object, 1 << 20); // bug
}

static void destroy_twice(void)
{
    Pool *pool = create_pool();
    get(pool, 48);
    destroy_pool(pool);
    if (wrong)
        destroy_pool((Pool *)hide(pool)); // bug
}

static void alloc_after_destroy(void)
{
    Pool *pool = create_pool();
    get(pool, 48);
    destroy_pool(pool);
    if (wrong)
        sink = pool_alloc((Pool *)hide(pool), 48) != NULL; // bug
}

static void reset_after_destroy(void)
{
    Pool *pool = create_pool();
    get(pool, 48);
    destroy_pool(pool);
    if (wrong)
        reset_pool((Pool *)hide(pool)); // bug
}

static void *fill_pool(void *pool)
{
    for (int i = 0; i < 1000; i++)
        if (!pool_alloc((Pool *)pool, 24)) // bug
            abort();
    return NULL;
}

static void share_pool(void)
{
    Pool *pool = create_pool();
    Pool *other = wrong ? pool : create_pool();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = start(fill_pool, i == 0 ? pool : other);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    if (!wrong)
        destroy_pool(other);
    destroy_pool(pool);
}

static void read_new(void)
{
    Pool *pool = create_pool();
    void *object = wrong ? get(pool, 48) : get_zeroed(pool, 48);
    read_at(object, 16); // bug
    destroy_pool(pool);
}

static void read_new_after_reset(void)
{
    Pool *pool = create_pool();
    memset(get(pool, 48), 1, 48);
    reset_pool(pool);
    void *object = wrong ? get(pool, 48) : get_zeroed(pool, 48);
    read_at(object, 16); // bug
    destroy_pool(pool);
}

static void memcpy_past(void)
{
    Pool *pool = create_pool();
    void *object = get(pool, 32);
    memcpy(object, hide(long_string), wrong ? sizeof long_string : 32); // bug
    destroy_pool(pool);
}

static void strcpy_past(void)
{
    Pool *pool = create_pool();
    char *object = (char *)get(pool, 32);
    strcpy(object, (char *)hide(wrong ? long_string : short_string)); // bug
    destroy_pool(pool);
}

static void measure_after_reset(void)
{
    Pool *pool = create_pool();
    char *string = strcpy((char *)get(pool, sizeof long_string), long_string);
    reset_pool(pool);
    if (wrong)
        measure(string); // bug
    destroy_pool(pool);
}

static void free_object(void)
{
    Pool *pool = create_pool();
    void *object = get(pool, 48);
    if (wrong)
        free(object); // bug
    destroy_pool(pool);
}

static void share_object(void)
{
    Pool *pool = create_pool();
    void *object = get_zeroed(pool, 48);
    pthread_t thread = start(write_object, object);
    if (!wrong)
        pthread_join(thread, NULL);
    write_at(object, 16); // bug
    if (wrong)
        pthread_join(thread, NULL);
    destroy_pool(pool);
}

static void destroy_in_use(void)
{
    Pool *pool = create_pool();
    pthread_t thread = start(write_object, get_zeroed(pool, 48));
    if (!wrong)
        pthread_join(thread, NULL);
    destroy_pool(pool); // bug
    if (wrong)
        pthread_join(thread, NULL);
}

static void write_new_out(void)
{
    Pool *pool = create_pool();
    write_out(wrong ? get(pool, 48) : get_zeroed(pool, 48), 48); // bug
    destroy_pool(pool);
}

static void do_no_wrong(void)
{
    Pool *pool = create_pool();
    for (size_t size = 0; size < 3000; size += 7) {
        memset(get(pool, size), 1, size);
        read_at(get_zeroed(pool, size + 1), (ptrdiff_t)size);
        if (size % 3 == 0)
            reset_pool(pool);
    }
    memset(get(pool, 5 << 20), 1, 5 << 20);
    reset_pool(pool);
    destroy_pool(pool);
}

// clang-format off
#define POOL_BUGS(_)                                                             \
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
    _(write_past_an_empty_object, write_once(0, 0))                              \
    _(write_after_reset, use_after_reset(write_at))                              \
    _(read_after_reset, use_after_reset(read_at))                                \
    _(write_after_destroy, use_after_destroy(write_at))                          \
    _(read_after_destroy, use_after_destroy(read_at))                            \
    _(write_after_destroy_of_large, write_after_destroy_of_large())              \
    _(write_past_the_count_of_a_text, write_string("some text"))                 \
    _(destroy_twice, destroy_twice())                                            \
    _(alloc_after_destroy, alloc_after_destroy())                                \
    _(reset_after_destroy, reset_after_destroy())                                \
    _(two_threads_in_one_arena, share_pool())                                    \
    _(read_uninitialised, read_new())                                            \
    _(read_uninitialised_after_reset, read_new_after_reset())                    \
    _(memcpy_past_the_end, memcpy_past())                                        \
    _(strcpy_past_the_end, strcpy_past())                                        \
    _(strlen_of_a_freed_string, measure_after_reset())                           \
    _(free_of_an_object, free_object())                                          \
    _(two_threads_in_one_object, share_object())                                 \
    _(destroy_while_in_use, destroy_in_use())                                    \
    _(uninitialised_to_the_system, write_new_out())                              \
    _(nothing_wrong, do_no_wrong())
// clang-format on
