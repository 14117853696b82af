// A program that loads the library, uses arenas and scratch arenas in it, and unloads it, again and
// again: what the thread kept is given back, and a thread that ends later does not fall over.
// usage: unload LIBRARY

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // mallinfo2
#endif

#include <arena/scratch.h>

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 50, TOLERATED = 100000, SKIPPED = 77 };

// What the library is asked for. An object pointer becomes one to a function only by its bytes.
typedef struct Library {
    void *handle;
    Arena *(*create)(size_t capacity);
    void (*destroy)(Arena *arena);
    ArenaScratch (*begin)(Arena *const *conflicts, size_t count);
    void (*end)(ArenaScratch scratch);
} Library;

static void find(const Library *library, const char *name, void *function)
{
    void *address = dlsym(library->handle, name);
    memcpy(function, &address, sizeof address);
}

static bool load(Library *library, const char *path)
{
    library->handle = dlopen(path, RTLD_NOW);
    if (!library->handle)
        return false;
    find(library, "arena_create", &library->create);
    find(library, "arena_destroy", &library->destroy);
    find(library, "arena_scratch_begin", &library->begin);
    find(library, "arena_scratch_end", &library->end);
    return library->create && library->destroy && library->begin && library->end;
}

static bool use(const Library *library)
{
    ArenaScratch scratch = library->begin(NULL, 0);
    ArenaScratch other = library->begin(&scratch.arena, 1);
    library->destroy(library->create(0));
    library->end(other);
    library->end(scratch);
    return scratch.arena && other.arena;
}

static pthread_barrier_t used, unloaded;

static void *outlive(void *context)
{
    bool good = use(context);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&unloaded);
    return good ? context : NULL;
}

static bool outlives_the_library(const char *path)
{
    Library library = {0};
    pthread_t thread;
    void *result = NULL;
    pthread_barrier_init(&used, NULL, 2);
    pthread_barrier_init(&unloaded, NULL, 2);
    if (!load(&library, path) || pthread_create(&thread, NULL, outlive, &library) != 0)
        return false;
    pthread_barrier_wait(&used);
    dlclose(library.handle);
    bool gone = !dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    pthread_barrier_wait(&unloaded);
    return pthread_join(thread, &result) == 0 && result && gone;
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)

// Bytes that malloc has given and not taken back, after the library came and went.
static size_t bytes_after_rounds(const char *path, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++) {
        Library library = {0};
        if (!load(&library, path) || !use(&library))
            return SIZE_MAX;
        dlclose(library.handle);
    }
    return mallinfo2().uordblks;
}

static int check(const char *path)
{
    size_t before = bytes_after_rounds(path, 2);
    size_t after = bytes_after_rounds(path, ROUNDS);
    if (after > before + TOLERATED) {
        fprintf(stderr, "failed: %zu bytes are lost\n", after - before);
        return 1;
    }
    if (!outlives_the_library(path)) {
        fputs("failed: the library was not unloaded, or not used\n", stderr);
        return 1;
    }
    return 0;
}

#else

static int check(const char *path)
{
    puts("skipped: nobody says how much malloc has given");
    return outlives_the_library(path) ? SKIPPED : 1;
}

#endif

int main(int count, char **arguments)
{
    return count == 2 ? check(arguments[1]) : 2;
}
