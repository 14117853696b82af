// A first look at speed: four workloads, each against the thing that it has to be compared with, in
// one run. Ratios count; times are of one machine. The benchmark against other allocators is a
// program of its own.
//
//     quick [WORKLOAD ...]      hot, request, small, fresh, steady, teardown; all without an argument

#define _GNU_SOURCE

#include <arena/arena.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, OBJECTS = 8000000, SIZES = 4096 };

typedef struct Node {
    struct Node *left, *right;
    size_t kind, value;
} Node;

// Bytes that the mixed workloads ask for, 44 on average.
static unsigned char sizes[SIZES];

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double median(double values[ROUNDS], int count)
{
    qsort(values, (size_t)count, sizeof(double), by_value);
    return values[count / 2];
}

// Keeps the compiler from seeing that an object is never read.
static inline void use(void *object)
{
    __asm__ volatile("" : : "r"(object) : "memory");
}

// Writes an object at both ends, so that its pages are there.
static inline void touch(char *object, size_t size)
{
    object[0] = object[size - 1] = 1;
    use(object);
}

// ----- Growing slabs from malloc, as LLVM's BumpPtrAllocator has them: 4 KiB, doubled every 128 -----

typedef struct Slabs {
    char *cursor, *end;
    char **slabs;
    size_t count;
} Slabs;

static char *slabs_start(Slabs *all, size_t size)
{
    size_t bytes = (size_t)4096 << all->count / 128;
    if (all->count % 128 == 0)
        all->slabs = realloc(all->slabs, (all->count + 128) * sizeof(char *));
    char *slab = all->slabs ? malloc(bytes) : NULL;
    if (!slab)
        exit(1);
    all->slabs[all->count++] = slab;
    all->cursor = slab + size;
    all->end = slab + bytes;
    return slab;
}

static inline char *slabs_alloc(Slabs *all, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(all->end - all->cursor))
        return slabs_start(all, size);
    char *object = all->cursor;
    all->cursor += size;
    return object;
}

static void slabs_free(Slabs *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->slabs[i]);
    free(all->slabs);
}

// ----- Fills: nanoseconds an object, written at both ends -----

static double fill_arena(size_t count)
{
    double start = nanoseconds();
    Arena *arena = arena_create(0);
    for (size_t i = 0; i < count; i++) {
        size_t size = sizes[i % SIZES];
        touch(ARENA_NEW_ARRAY(arena, char, size), size);
    }
    double time = nanoseconds() - start;
    arena_destroy(arena);
    return time / (double)count;
}

static double fill_slabs(size_t count)
{
    double start = nanoseconds();
    Slabs all = {0};
    for (size_t i = 0; i < count; i++) {
        size_t size = sizes[i % SIZES];
        touch(slabs_alloc(&all, size), size);
    }
    double time = nanoseconds() - start;
    slabs_free(&all);
    return time / (double)count;
}

// In a new process, so that the first touch of every page is counted.
static double in_new_process(double (*fill)(size_t), size_t count)
{
    double *result =
        mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        *result = fill(count);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    double time = *result;
    munmap(result, sizeof(double));
    return time;
}

static void report(const char *workload, const char *peer, double ours, double theirs)
{
    printf("%-10s %8.3f   %-24s %8.3f   ratio %7.2f\n", workload, ours, peer, theirs,
           theirs / ours);
}

static void first_fill(const char *name, size_t count, int rounds)
{
    double ours[ROUNDS], theirs[ROUNDS];
    for (int i = 0; i < rounds; i++) {
        ours[i] = in_new_process(fill_arena, count);
        theirs[i] = in_new_process(fill_slabs, count);
    }
    report(name, "malloc'd slabs", median(ours, rounds), median(theirs, rounds));
}

static void fresh(void)
{
    first_fill("fresh 8M", OBJECTS, 5);
}

static void small(void)
{
    first_fill("fresh 20k", 20000, ROUNDS);
    first_fill("fresh 1M", 1000000, ROUNDS);
}

static void steady(void)
{
    double ours[ROUNDS], theirs[ROUNDS];
    fill_arena(OBJECTS);
    fill_slabs(OBJECTS);
    for (int i = 0; i < 5; i++) {
        ours[i] = fill_arena(OBJECTS);
        theirs[i] = fill_slabs(OBJECTS);
    }
    report("steady 8M", "malloc'd slabs", median(ours, 5), median(theirs, 5));
}

// ----- Typed objects of 32 bytes: 2,000 rounds of 4,000, against a pointer that is only moved -----

__attribute__((noinline)) static void hot_arena(Arena *arena)
{
    for (int i = 0; i < 4000; i++)
        use(ARENA_NEW(arena, Node));
    arena_reset(arena);
}

__attribute__((noinline)) static void hot_register(char *cursor)
{
    for (int i = 0; i < 4000; i++) {
        use(cursor);
        cursor += sizeof(Node);
    }
}

static void hot(void)
{
    double ours[ROUNDS], theirs[ROUNDS];
    Arena *arena = arena_create(1 << 20);
    char *memory = arena_alloc(arena, 4000 * sizeof(Node));
    for (int i = 0; i < ROUNDS; i++) {
        double start = nanoseconds();
        for (int round = 0; round < 2000; round++)
            hot_arena(arena);
        double middle = nanoseconds();
        for (int round = 0; round < 2000; round++)
            hot_register(memory);
        ours[i] = (middle - start) / 8e6;
        theirs[i] = (nanoseconds() - middle) / 8e6;
    }
    report("hot 32 B", "a register bumped", median(ours, ROUNDS), median(theirs, ROUNDS));
    arena_destroy(arena);
}

// ----- Create, 50 objects, destroy -----

static void request(void)
{
    double ours[ROUNDS], theirs[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = nanoseconds();
        for (int round = 0; round < 20000; round++) {
            Arena *arena = arena_create(0);
            for (int k = 0; k < 50; k++)
                use(ARENA_NEW(arena, Node));
            arena_destroy(arena);
        }
        double middle = nanoseconds();
        for (int round = 0; round < 20000; round++) {
            Slabs all = {0};
            for (int k = 0; k < 50; k++)
                use(slabs_alloc(&all, sizeof(Node)));
            slabs_free(&all);
        }
        ours[i] = (middle - start) / 20000;
        theirs[i] = (nanoseconds() - middle) / 20000;
    }
    report("request 50", "malloc'd slabs", median(ours, ROUNDS), median(theirs, ROUNDS));
}

// ----- Taking everything back, milliseconds -----

static double free_each(size_t count)
{
    void **objects = malloc(count * sizeof(void *));
    if (!objects)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        objects[i] = malloc(sizes[i % SIZES]);
        touch(objects[i], sizes[i % SIZES]);
    }
    double start = nanoseconds();
    for (size_t i = 0; i < count; i++)
        free(objects[i]);
    double time = nanoseconds() - start;
    free(objects);
    return time / 1e6;
}

static double destroy_all(size_t count)
{
    Arena *arena = arena_create(0);
    for (size_t i = 0; i < count; i++)
        touch(ARENA_NEW_ARRAY(arena, char, sizes[i % SIZES]), sizes[i % SIZES]);
    double start = nanoseconds();
    arena_destroy(arena);
    return (nanoseconds() - start) / 1e6;
}

static void teardown(void)
{
    for (size_t count = 1000; count <= OBJECTS; count *= 20) {
        char name[32];
        double ours[ROUNDS], theirs[ROUNDS];
        for (int i = 0; i < 5; i++) {
            ours[i] = in_new_process(destroy_all, count);
            theirs[i] = in_new_process(free_each, count);
        }
        snprintf(name, sizeof name, "end %zu", count);
        report(name, "free of each, ms", median(ours, 5), median(theirs, 5));
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } workloads[] = {
        {"hot", hot},     {"request", request}, {"small", small},
        {"fresh", fresh}, {"steady", steady},   {"teardown", teardown},
    };
    for (int i = 0; i < SIZES; i++)
        sizes[i] = (unsigned char)(16 + rand() % 57);
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        for (int k = 1; k < argc || k == 1; k++)
            if (argc == 1 || strcmp(argv[k], workloads[i].name) == 0)
                workloads[i].run();
    return 0;
}
