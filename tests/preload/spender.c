// A program that has never heard of arenas: what it allocates is known, and so are its bugs.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile hidden;

static void allocate_early(void)
{
    hidden = malloc(1);
}

// Runs before the C library has an environment.
__attribute__((section(".preinit_array"), used)) static void (*early)(void) = allocate_early;

__attribute__((noinline)) static void spend_small(void)
{
    for (int i = 0; i < 10000; i++)
        hidden = malloc(100);
}

__attribute__((noinline)) static void spend_large(void)
{
    for (int i = 0; i < 10; i++) {
        hidden = malloc(1000000);
        free(hidden);
    }
}

__attribute__((noinline)) static void free_in_turn(void)
{
    void *objects[1000];
    for (int i = 0; i < 1000; i++)
        hidden = objects[i] = malloc(1000);
    for (int i = 0; i < 1000; i++)
        free(objects[i]);
}

static void *spend_in_thread(void *unused)
{
    spend_small();
    return unused;
}

static void spend(void)
{
    pthread_t thread;
    spend_small();
    spend_large();
    free_in_turn();
    if (pthread_create(&thread, NULL, spend_in_thread, NULL) == 0)
        pthread_join(thread, NULL);
}

__attribute__((noinline)) static void write_after_end(volatile char *object, size_t size)
{
    object[size] = 1; // bug
}

int main(int count, char **words)
{
    const char *what = count > 1 ? words[1] : "";
    char *small = malloc(48);
    char *large = malloc(100000);
    if (strcmp(what, "spend") == 0)
        spend();
    else if (strcmp(what, "small") == 0)
        write_after_end(small, 48);
    else if (strcmp(what, "large") == 0)
        write_after_end(large, 100000);
    hidden = large;
    free(large);
    if (strcmp(what, "freed") == 0)
        write_after_end(hidden, 5000);
    free(small);
    puts("done");
    return 0;
}
