// A program for a debugger to look at: an arena of every kind of block, with every kind of container.

#include <arena/map.h>
#include <arena/text.h>
#include <pthread.h>
#include <semaphore.h>

#if defined __GNUC__
#define KEPT __attribute__((noinline))
#else
#define KEPT
#endif

typedef struct Point {
    double x;
    double y;
} Point;

typedef ARENA_ARRAY(Point) Points;
typedef ARENA_ARRAY(const char *) Words;
typedef ARENA_SEGMENTED(int) Numbers;

typedef struct Scene {
    Arena *arena;
    Points points;
    Words words;
    Numbers numbers;
    ArenaText title;
    ArenaMap names;
    ArenaMark mark;
} Scene;

static Arena *shared;
Arena *of_nobody;
static Point *volatile point;
static char *volatile gone;    // what a rewind has taken back
static void *volatile spare;   // a block that is kept
static char *volatile adopted; // of another arena
static char *volatile large;
static char *volatile moved; // to elsewhere
static Scene scene;
static _Alignas(64) char buffer[2001];
static sem_t ready;
static sem_t seen;

// The debugger stops here, and looks at who has called.
static KEPT void stop(void)
{
    shared->name = "shared";
}

static KEPT Point *make_point(Arena *arena, double x)
{
    Point *made = ARENA_NEW(arena, Point);
    if (made)
        *made = (Point){x, 2 * x};
    return made;
}

static KEPT char *make_text(Arena *arena)
{
    return arena_strdup(arena, "five!");
}

static KEPT void take_back(Arena *arena, ArenaMark mark)
{
    arena_rewind(arena, mark);
}

static void fill(Arena *arena)
{
    static const char *const words[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++) {
        Point *next = ARENA_PUSH(arena, &scene.points);
        const char **word = ARENA_PUSH(arena, &scene.words);
        void **value = arena_map_slot(arena, &scene.names, words[i], strlen(words[i]));
        if (next && word && value) {
            *next = (Point){i, 2 * i};
            *word = words[i];
            *value = i ? &scene : NULL;
        }
    }
    for (int i = 0; i < 20; i++) {
        int *number = ARENA_ADD(arena, &scene.numbers);
        if (number)
            *number = i * i;
    }
    arena_text_printf(arena, &scene.title, "%s \"%s\"", "scene", "of three");
}

static void adopt(Arena *arena)
{
    Arena *other = arena_create_with(&(ArenaOptions){.name = "other", .capacity = 1000});
    adopted = other ? make_text(other) : NULL;
    if (adopted)
        arena_adopt(arena, other);
}

static void move(Arena *arena)
{
    moved = make_text(arena);
    if (!make_text(arena) || !arena_realloc(arena, moved, 6, 60))
        moved = NULL;
}

static void rewind_past(Arena *arena)
{
    scene.mark = arena_mark(arena);
    gone = make_text(arena);
    take_back(arena, scene.mark);
    large = arena_alloc(arena, 100000);
}

static void alloc_many(Arena *arena, int count)
{
    while (count-- > 0 && arena_alloc(arena, 1500))
        continue;
}

// Goes on to blocks of 4000 bytes and more, of which the last is a spare.
static void leave_blocks(Arena *arena)
{
    alloc_many(arena, 6);
    ArenaMark mark = arena_mark(arena);
    alloc_many(arena, 10);
    arena_rewind(arena, mark);
    const ArenaBlock *next = arena->current->next; // none where memory lies idle instead
    spare = next ? (void *)(uintptr_t)next->data : NULL;
}

static void *work(void *context)
{
    Arena *own = arena_create_with(&(ArenaOptions){.name = "of a thread", .capacity = 1000});
    sem_post(&ready);
    sem_wait(&seen);
    arena_destroy(own);
    return context;
}

int main(void)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "scene", .capacity = 4000});
    Arena *in_buffer = arena_create_in(buffer, sizeof buffer);
    Arena *never = (Arena *)(uintptr_t)1;
    Arena *ended = arena_create(0);
    shared = arena_create(0);
    if (!arena || !shared || !ended || !in_buffer)
        return 1;
    scene.arena = arena;
    char bytes[] = "no arena";
    Points garbage = {.count = SIZE_MAX / 2, .capacity = SIZE_MAX};
    ArenaText bad_text = {.items = bytes, .count = 9, .capacity = 1};
    ArenaMap bad_map = {.root = (ArenaMapRoot *)(uintptr_t)64, .count = 3};
    sem_init(&ready, 0, 0);
    sem_init(&seen, 0, 0);
    arena_destroy(ended);
    fill(arena);
    point = make_point(arena, 1.5);
    leave_blocks(arena);
    adopt(arena);
    move(arena);
    rewind_past(arena);
    ArenaMap long_map = {.root = scene.names.root, .count = 20000};
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        return 1;
    sem_wait(&ready);
    stop();
    sem_post(&seen);
    pthread_join(thread, NULL);
    bool good =
        never && point && garbage.count && bad_text.count && bad_map.count && long_map.count;
    arena_destroy(arena);
    arena_destroy(shared);
    return good ? 0 : 1;
}
