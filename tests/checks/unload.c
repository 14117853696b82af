// Loads the shared library that the argument names, uses it and unloads it, again and again. Fails if
// the process grows by that.

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 100, SMALL = 100000, LARGE = 50000000 };

typedef struct Library {
    void *handle;
    void *(*create)(size_t capacity);
    void (*destroy)(void *arena);
} Library;

// Bytes of addresses; 0 where the system does not tell.
static size_t address_bytes(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * 4096;
}

static Library load(const char *path)
{
    Library library = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!library.handle) {
        fprintf(stderr, "failed: %s\n", dlerror());
        exit(1);
    }
    *(void **)&library.create = dlsym(library.handle, "arena_create");
    *(void **)&library.destroy = dlsym(library.handle, "arena_destroy");
    return library;
}

// Leaves a mapping in the process's cache, and small blocks with the thread.
static void use(const char *path)
{
    Library library = load(path);
    void *arenas[] = {library.create(LARGE), library.create(SMALL), library.create(SMALL + 16)};
    for (size_t i = 0; i < sizeof arenas / sizeof arenas[0]; i++)
        library.destroy(arenas[i]);
    dlclose(library.handle);
    if (dlopen(path, RTLD_NOW | RTLD_NOLOAD)) {
        puts("skipped: this system does not unload libraries");
        exit(77);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || address_bytes() == 0) {
        puts("skipped: this system does not tell how large a process is");
        return 77;
    }
    use(argv[1]);
    size_t before = address_bytes();
    for (size_t i = 0; i < ROUNDS; i++)
        use(argv[1]);
    size_t after = address_bytes();
    printf("%zu KiB after one round, %zu KiB after %d more\n", before >> 10, after >> 10, ROUNDS);
    return after > before + ROUNDS * SMALL / 2;
}
