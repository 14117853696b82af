// The bugs of ../bugs.c written against malloc, by the same names: what a rewind, a reset or a
// destruction takes back there is freed here. What cannot be written is left out.

#define _POSIX_C_SOURCE 200809L

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the compiler must not see through.
static void *hide(void *pointer)
{
    void *volatile hidden = pointer;
    return hidden;
}

// Not the first object of its size, before which there is nothing.
static void *get(size_t size)
{
    static void *neighbour;
    if (!neighbour)
        neighbour = hide(malloc(size));
    return hide(malloc(size));
}

static void write_at(void *object, ptrdiff_t offset)
{
    ((volatile char *)hide(object))[offset] ^= 0x55;
}

static volatile int sink;

static void read_at(void *object, ptrdiff_t offset)
{
    if (((volatile const char *)hide(object))[offset] == 0x77)
        sink++;
}

static void write_once(size_t size, ptrdiff_t offset)
{
    void *object = get(size);
    write_at(object, offset);
    free(object);
}

static void write_freed(size_t size, ptrdiff_t offset)
{
    void *object = get(size);
    free(object);
    write_at(object, offset);
    free(get(100));
}

static void read_freed(void)
{
    void *object = hide(calloc(1, 48));
    free(object);
    read_at(object, 16);
}

static void read_zeroed(ptrdiff_t offset)
{
    void *object = get(32);
    memset(object, 0, 32);
    read_at(object, offset);
    free(object);
}

static void write_aligned(void)
{
    void *object = hide(aligned_alloc(256, 256));
    write_at(object, 256);
    free(object);
}

static void write_string(void)
{
    char *text = hide(strdup("1234"));
    write_at(text, 5);
    free(text);
}

static void write_text(void)
{
    char *text = hide(strdup("some text"));
    write_at(text, 10);
    free(text);
}

static void write_reused(void)
{
    void *object = get(48);
    free(object);
    void *next = get(48);
    write_at(object, 16);
    free(next);
}

static void use_moved(int write)
{
    void *object = hide(calloc(1, 48));
    void *next = get(8);
    void *moved = hide(realloc(object, 4096));
    if (write)
        write_at(object, 16);
    else
        read_at(object, 16);
    free(moved);
    free(next);
}

static void write_shrunk(void)
{
    void *object = hide(realloc(get(96), 40));
    write_at(object, 41);
    free(object);
}

static void realloc_local(void)
{
    char local[48] = "local";
    free(hide(realloc(hide(local), 96)));
}

static void realloc_again(void)
{
    void *object = get(48);
    void *next = get(8);
    void *moved = hide(realloc(object, 4096));
    free(hide(realloc(object, 4096)));
    free(moved);
    free(next);
}

static void free_twice(void)
{
    void *object = get(48);
    free(object);
    free(hide(object));
}

static void read_new(void)
{
    void *object = get(48);
    read_at(object, 16);
    free(object);
}

static void read_new_again(void)
{
    void *object = get(48);
    memset(object, 1, 48);
    free(object);
    read_new();
}

static void no_bug(void)
{
    for (size_t size = 1; size < 3000; size += 7) {
        char *object = get(size);
        memset(object, 1, size);
        object = hide(realloc(object, 2 * size));
        memset(object, 2, 2 * size);
        free(object);
    }
}

// clang-format off
#define BUGS(_)                                                   \
    _(write_past_the_end_by_1, write_once(32, 32))                \
    _(write_past_the_end_by_8, write_once(32, 39))                \
    _(write_past_the_end_by_15, write_once(32, 47))               \
    _(write_before_the_start_by_1, write_once(32, -1))            \
    _(write_before_the_start_by_8, write_once(32, -8))            \
    _(read_past_the_end, read_zeroed(32))                         \
    _(read_before_the_start, read_zeroed(-1))                     \
    _(write_past_an_odd_end, write_once(29, 29))                  \
    _(write_past_a_zeroed_array, write_once(10 * sizeof(int), 10 * sizeof(int))) \
    _(write_past_a_string, write_string())                        \
    _(write_past_a_large_object, write_once(5 << 20, 5 << 20))    \
    _(write_past_an_aligned_object, write_aligned())              \
    _(write_past_an_empty_object, write_once(0, 0))               \
    _(write_after_rewind, write_freed(48, 16))                    \
    _(read_after_rewind, read_freed())                            \
    _(write_after_rewind_and_reuse, write_reused())               \
    _(write_after_reset, write_freed(48, 16))                     \
    _(read_after_reset, read_freed())                             \
    _(write_after_destroy, write_freed(48, 16))                   \
    _(read_after_destroy, read_freed())                           \
    _(write_after_destroy_of_large, write_freed(5 << 20, 1 << 20)) \
    _(write_after_realloc, use_moved(1))                          \
    _(read_after_realloc, use_moved(0))                           \
    _(write_past_a_shrunk_object, write_shrunk())                 \
    _(write_after_rewind_of_large, write_freed(5 << 20, 1 << 20)) \
    _(write_past_the_count_of_a_text, write_text())               \
    _(realloc_of_a_local, realloc_local())                        \
    _(realloc_twice, realloc_again())                             \
    _(destroy_twice, free_twice())                                \
    _(read_uninitialised, read_new())                             \
    _(read_uninitialised_after_reset, read_new_again())           \
    _(nothing_wrong, no_bug())
// clang-format on

#define LIST(name, call) puts(#name);
#define RUN(name, call)                 \
    if (strcmp(words[1], #name) == 0) { \
        call;                           \
        return 0;                       \
    }

int main(int count, char **words)
{
    if (count != 2)
        return 2;
    if (strcmp(words[1], "--list") == 0) {
        BUGS(LIST)
        return 0;
    }
    BUGS(RUN)
    return 2;
}
