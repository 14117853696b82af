// A program that has a library do something with a file, on malloc or on an arena, and prints what came of
// it; or on arenas of every size up to the one that is enough. The file of a library defines `work`.

#ifndef ARENA_TESTS_ADAPTER_H
#define ARENA_TESTS_ADAPTER_H

#include <arena/arena.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Uses the library. `arena` is NULL where it is to be on malloc. Exits where anything fails.
static void work(Arena *arena, const char *bytes, size_t size);

// The arena that may be too small.
static Arena *small;

// How a process ends that has noticed that there is no memory.
enum { NO_MEMORY = 3 };

static inline void end_small(void)
{
    if (!arena_is_valid(small))
        fprintf(stderr, "failed: the small arena is whole\n");
    _exit(arena_is_valid(small) ? NO_MEMORY : 1);
}

static inline void check(bool is_true, const char *claim)
{
    if (is_true)
        return;
    if (small && arena_stats(small).failures > 0)
        end_small();
    fprintf(stderr, "failed: %s\n", claim);
    exit(1);
}

static inline char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    check(file && fseek(file, 0, SEEK_END) == 0, path);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    check(bytes && fread(bytes, 1, *size, file) == *size, path);
    fclose(file);
    bytes[*size] = '\0';
    return bytes;
}

// What the library got from the arena is more than this.
#ifndef LEAST_USED
#define LEAST_USED 10000
#endif

// And it has asked malloc less often than this, blocks of the arena and what `work` itself needs included.
enum { MOST_MALLOCS = 100 };

static size_t mallocs;

// The program's come before those of the C library, for all libraries.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && defined(__GNUC__) && !defined(__clang__)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *object, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    mallocs++;
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    mallocs++;
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *object, size_t size)
{
    mallocs++;
    return __libc_realloc(object, size);
}
#endif

static inline void do_on_arena(const char *bytes, size_t size)
{
    Arena *arena = arena_create(0);
    mallocs = 0;
    work(arena, bytes, size);
    check(arena->watch || mallocs <= MOST_MALLOCS, "the library does without malloc");
    check(arena_stats(arena).peak >= LEAST_USED, "the library has used the arena");
    check(arena_is_valid(arena), "the arena is whole");
    arena_destroy(arena);
}

// Of a library that does not bear a lack of memory, the file defines LEAVES: on_failure leaves it by longjmp.
#ifdef LEAVES
static jmp_buf way_out;

static inline void leave(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)size;
    (void)context;
    longjmp(way_out, 1);
}
#endif

// In a process of its own, since libraries have state.
static inline void do_on_small(size_t limit, const char *bytes, size_t size)
{
    ArenaOptions options = {.capacity = 64, .limit = limit};
#ifdef LEAVES
    options.on_failure = leave;
    if (setjmp(way_out))
        end_small();
#endif
    small = arena_create_with(&options);
    check(small, "there is an arena");
    work(small, bytes, size);
    check(arena_stats(small).failures == 0, "it has noticed");
    check(arena_is_valid(small), "the arena is whole");
    fflush(stdout);
    _exit(0);
}

// Returns how that process ended.
static inline int try_small(size_t limit, const char *bytes, size_t size)
{
    int status;
    check(fflush(stdout) == 0 && ftruncate(STDOUT_FILENO, 0) == 0, "what is written is a file");
    lseek(STDOUT_FILENO, 0, SEEK_SET);
    pid_t child = fork();
    check(child >= 0, "there is a process");
    if (child == 0)
        do_on_small(limit, bytes, size);
    check(waitpid(child, &status, 0) == child, "it ends");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// No size has the library end the program; and with enough it does what it does on malloc.
static inline void do_on_each_size(const char *bytes, size_t size)
{
    int failures = 0, end = NO_MEMORY;
    for (size_t limit = 1024; end == NO_MEMORY; limit += limit / 16) {
        end = try_small(limit, bytes, size);
        failures += end == NO_MEMORY;
        if (end != 0 && end != NO_MEMORY)
            fprintf(stderr, "failed: with a limit of %zu bytes it ended with %d\n", limit, end);
    }
    check(end == 0, "it is done, or says that it cannot be");
    check(failures > 5, "arenas were too small");
}

int main(int count, char **words)
{
    check(count == 3, "usage: PROGRAM malloc|arena|limits FILE");
    size_t size;
    char *bytes = read_file(words[2], &size);
    if (strcmp(words[1], "malloc") == 0)
        work(NULL, bytes, size);
    else if (strcmp(words[1], "arena") == 0)
        do_on_arena(bytes, size);
    else
        do_on_each_size(bytes, size);
    free(bytes);
    return 0;
}

#endif
