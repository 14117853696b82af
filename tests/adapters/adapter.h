// A program that has a library do something with a file, on malloc or on an arena, and prints what came of
// it. A file of a library defines the two functions.

#ifndef ARENA_TESTS_ADAPTER_H
#define ARENA_TESTS_ADAPTER_H

#include <arena/arena.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Uses the library. `arena` is NULL where it is to be on malloc. Exits where anything fails.
static void work(Arena *arena, const char *bytes, size_t size);

static inline void check(bool is_true, const char *claim)
{
    if (is_true)
        return;
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

int main(int count, char **words)
{
    check(count == 3, "usage: PROGRAM malloc|arena FILE");
    size_t size;
    char *bytes = read_file(words[2], &size);
    Arena *arena = strcmp(words[1], "arena") == 0 ? arena_create(0) : NULL;
    mallocs = 0;
    work(arena, bytes, size);
    check(!arena || arena->watch || mallocs <= MOST_MALLOCS, "the library does without malloc");
    check(!arena || arena_stats(arena).peak >= LEAST_USED, "the library has used the arena");
    check(!arena || arena_is_valid(arena), "the arena is whole");
    arena_destroy(arena);
    free(bytes);
    return 0;
}

#endif
