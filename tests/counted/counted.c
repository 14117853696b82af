// A program that uses arenas in all the ways that are counted. What ARENA_OPTIONS=stats prints of it is
// in `expected`.

#include <arena/arena.h>

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, MANY = 300 };

static Arena *new_named(const char *name)
{
    return arena_create_with(&(ArenaOptions){.name = name});
}

static bool use(Arena *arena, size_t size)
{
    return arena_alloc(arena, size) != NULL;
}

// In blocks, as large objects, and in what a rewind leaves.
static bool rewind_often(Arena *arena)
{
    bool good = use(arena, 1600);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 50; j++)
            good = use(arena, 4800) && good;
        good = use(arena, 800000) && good;
        arena_rewind(arena, mark);
    }
    return use(arena, 3200) && good;
}

// Left with several blocks.
static bool grow(Arena *arena)
{
    bool good = true;
    for (int i = 0; i < 50; i++)
        good = use(arena, 4800) && good;
    return good;
}

static void *work(void *context)
{
    bool good = true;
    for (int i = 0; i < 10; i++) {
        Arena *arena = new_named("worker");
        for (int j = 0; j < 100; j++)
            good = use(arena, 64) && good;
        arena_reset(arena);
        good = use(arena, 32) && good;
        arena_destroy(arena);
    }
    return good ? context : NULL;
}

static bool work_in_threads(void)
{
    pthread_t threads[THREADS];
    bool good = true;
    for (int i = 0; i < THREADS; i++)
        good = pthread_create(&threads[i], NULL, work, threads) == 0 && good;
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        good = pthread_join(threads[i], &result) == 0 && result && good;
    }
    return good;
}

// The adopted one is not there any more; what it has handed out is its own, and goes with the other.
static bool adopt(Arena *into)
{
    Arena *from = new_named("adopted");
    bool good = use(from, 960) && use(into, 320) && arena_adopt(into, from);
    arena_reset(into);
    return use(into, 160) && good;
}

static bool fail(Arena *arena)
{
    return !use(arena, 100000) && !use(arena, PTRDIFF_MAX) && use(arena, 480);
}

// One after the other in the same place, and none is destroyed.
static bool use_buffer(void)
{
    static char buffer[4096];
    bool good = true;
    for (int i = 0; i < 3; i++) {
        Arena *arena = arena_create_with(
            &(ArenaOptions){.name = "buffer", .buffer = buffer, .buffer_size = sizeof buffer});
        good = use(arena, 800) && good;
        arena_reset(arena);
    }
    return good;
}

static bool use_many_names(void)
{
    bool good = true;
    for (int i = 0; i < MANY; i++) {
        char name[20];
        snprintf(name, sizeof name, "name %d", i);
        Arena *arena = new_named(name);
        good = use(arena, 16) && good;
        arena_destroy(arena);
    }
    return good;
}

static bool use_nameless(void)
{
    Arena *arena = arena_create(0);
    bool good = use(arena, 48);
    arena_destroy(arena);
    return good;
}

// One place, whatever the compiler makes of loops.
static bool use_nameless_often(void)
{
    bool (*volatile call)(void) = use_nameless;
    bool good = true;
    for (int i = 0; i < 3; i++)
        good = call() && good;
    return good;
}

int main(int count, char **arguments)
{
    (void)arguments;
    Arena *limited = arena_create_with(&(ArenaOptions){.name = "limited", .limit = 70000});
    bool good = rewind_often(new_named("rewound")) && grow(new_named("grown")) &&
                work_in_threads() && adopt(new_named("into")) && fail(limited) && use_buffer() &&
                use_nameless_often();
    if (count > 1)
        good = use_many_names() && good;
    return !good;
}
