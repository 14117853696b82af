// A program that loads the library, uses arenas and scratch arenas in it, and unloads it, again and
// again: what the thread kept is given back, a thread that ends later does not fall over, and who handled
// faults before does so again.
// usage: unload LIBRARY

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // RTLD_NOLOAD
#endif

#include <arena/scratch.h>
#include <arena/watch.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 100, SMALL = 100000, LARGE = 50000000, SKIPPED = 77 };

// What the library is asked for. An object pointer becomes one to a function only by its bytes.
typedef struct Library {
    void *handle;
    Arena *(*create)(size_t capacity);
    void (*destroy)(Arena *arena);
    bool (*watch)(Arena *arena, const ArenaWatcher *watcher);
    const ArenaWatcher *(*guard)(void);
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
    find(library, "arena_watch", &library->watch);
    find(library, "arena_guard", &library->guard);
    find(library, "arena_scratch_begin", &library->begin);
    find(library, "arena_scratch_end", &library->end);
    return library->create && library->destroy && library->watch && library->guard &&
           library->begin && library->end;
}

// Leaves a mapping in the process's cache, and small blocks and scratch arenas with the thread.
static bool use(const Library *library)
{
    ArenaScratch scratch = library->begin(NULL, 0);
    ArenaScratch other = library->begin(&scratch.arena, 1);
    Arena *arenas[] = {library->create(LARGE), library->create(SMALL), library->create(SMALL + 16)};
    for (size_t i = 0; i < sizeof arenas / sizeof *arenas; i++)
        library->destroy(arenas[i]);
    library->end(other);
    library->end(scratch);
    return scratch.arena && other.arena && arenas[0];
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

static void handle_fault(int number)
{
    _exit(number);
}

static bool gives_faults_back(const char *path)
{
    struct sigaction mine = {.sa_handler = handle_fault}, during, after;
    Library library = {0};
    sigaction(SIGSEGV, &mine, NULL);
    if (!load(&library, path))
        return false;
    Arena *arena = library.create(0);
    bool good = arena && library.watch(arena, library.guard());
    sigaction(SIGSEGV, NULL, &during);
    library.destroy(arena);
    dlclose(library.handle);
    sigaction(SIGSEGV, NULL, &after);
    return good && during.sa_handler != handle_fault && after.sa_handler == handle_fault;
}

// Bytes of addresses that this process has; 0 where the system does not tell.
static size_t address_bytes(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// After the library came and went so many times.
static size_t bytes_after_rounds(const char *path, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++) {
        Library library = {0};
        if (!load(&library, path) || !use(&library))
            return SIZE_MAX;
        dlclose(library.handle);
    }
    return address_bytes();
}

static int check(const char *path)
{
    size_t before = bytes_after_rounds(path, 2);
    size_t after = bytes_after_rounds(path, ROUNDS);
    if (!outlives_the_library(path)) {
        fputs("failed: the library was not unloaded, or not used\n", stderr);
        return 1;
    }
    if (!gives_faults_back(path)) {
        fputs("failed: who handled faults before the library came does not after it has gone\n",
              stderr);
        return 1;
    }
    if (before == 0) {
        puts("skipped: this system does not tell how large a process is");
        return SKIPPED;
    }
    printf("%zu KiB after two rounds, %zu KiB after %d more\n", before >> 10, after >> 10, ROUNDS);
    return after > before + ROUNDS * SMALL / 2;
}

int main(int count, char **arguments)
{
    return count == 2 ? check(arguments[1]) : 2;
}
