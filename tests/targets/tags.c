// Under ARENA_OPTIONS=check=tags, on a processor with memory tags: each mistake ends the process that makes it
// at once, with a report; and a program without one is left alone.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // fork under -std=c11
#endif

#include <arena/arena.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 100, LARGE = 1 << 20 };

typedef struct Case {
    const char *name;
    void (*act)(Arena *arena, volatile char *object, ArenaMark before);
    const char *report; // NULL: it is no mistake
} Case;

static void write_after(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)arena;
    (void)before;
    object[(SIZE + 15) / 16 * 16] = 1;
}

static void read_before(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)arena;
    (void)before;
    (void)object[-1];
}

static void write_after_rewind(Arena *arena, volatile char *object, ArenaMark before)
{
    arena_rewind(arena, before);
    object[5] = 1;
}

static void read_after_reset(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)before;
    arena_reset(arena);
    (void)object[SIZE - 1];
}

static void write_after_destroy(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)before;
    arena_destroy(arena);
    object[0] = 1;
}

static void write_where_it_was(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)before;
    volatile char *moved = arena_alloc(arena, 1);
    moved[0] = 1;
    moved = arena_realloc(arena, (void *)(uintptr_t)object, SIZE, LARGE);
    moved[LARGE - 1] = 1;
    object[1] = 1;
}

static void write_after_large(Arena *arena, volatile char *object, ArenaMark before)
{
    (void)object;
    (void)before;
    volatile char *large = arena_alloc(arena, LARGE);
    large[LARGE] = 1;
}

static void use_all_of_it(Arena *arena, volatile char *object, ArenaMark before)
{
    object[0] = object[SIZE - 1] = 1;
    arena_rewind(arena, before);
    for (int i = 0; i < 1000; i++) {
        char *next = arena_alloc(arena, (size_t)i);
        memset(next, i, (size_t)i);
        if (i % 100 == 0)
            arena_reset(arena);
    }
    arena_destroy(arena);
    free(memset(malloc(LARGE), 1, LARGE)); // which has memory of before
}

static const Case cases[] = {
    {"a write after the end", write_after, "after the end of\n  100 bytes"},
    {"a read before the start", read_before, "1 bytes before\n  100 bytes"},
    {"a write after a rewind", write_after_rewind, "taken back by arena_rewind"},
    {"a read after a reset", read_after_reset, "taken back by arena_reset"},
    {"a write after the end of the arena", write_after_destroy,
     "taken back by arena_reset or arena_destroy"},
    {"a write where an object was", write_where_it_was, "taken back by arena_realloc"},
    {"a write after a large object", write_after_large,
     "0 bytes after the end of\n  1048576 bytes"},
    {"no mistake", use_all_of_it, NULL},
};

static void act(const Case *now, int report)
{
    dup2(report, STDERR_FILENO);
    Arena *arena = arena_create(0);
    ArenaMark before = arena_mark(arena);
    volatile char *object = arena_alloc(arena, SIZE);
    now->act(arena, object, before);
    _exit(0);
}

static bool is_as_it_should_be(const Case *now)
{
    static char text[1 << 16];
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        act(now, ends[1]);
    close(ends[1]);
    size_t length = 0;
    ssize_t more;
    while ((more = read(ends[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)more;
    text[length] = 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    if (!now->report)
        return status == 0 && length == 0;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && strstr(text, now->report);
}

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool good = is_as_it_should_be(&cases[i]);
        printf("%s: %s\n", good ? "ok" : "failed", cases[i].name);
        failed += !good;
    }
    return failed > 0;
}
