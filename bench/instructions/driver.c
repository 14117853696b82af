// The operations whose instructions bench/instructions/check counts. Each runs a little to warm up,
// then within `measure` COUNT times and twice COUNT times: what the two runs have in common is not
// of the operation, and falls out of the difference.
//
//     driver COUNT      a multiple of 64; prints the operations' names, in the order of their runs

#include <arena/watch.h>

#include <stdio.h>
#include <stdlib.h>

// From 2 MiB on a block is a mapping, which is zero when it is new.
enum { SIZES = 64, ROOM = 8 << 20 };

typedef struct Node {
    struct Node *left, *right;
    size_t kind, value;
} Node;

typedef struct Operation {
    const char *name;
    void (*run)(Arena *arena, size_t count);
    bool dirty;   // the arena has held other objects before
    bool watched; // somebody has watched it for a while
} Operation;

// Bytes that the mixed operations ask for: 1 to 64, each once, in no order.
static size_t sizes[SIZES];

// Keeps the compiler from seeing that an object is never read, and from holding the arena's fields
// in registers, which it cannot do in code that writes to its objects either.
static inline void use(const void *object)
{
    __asm__ volatile("" : : "r"(object) : "memory");
}

// What callers do with each object, which must cost nothing as long as the window holds it.
static inline void *tested(void *object)
{
    if (!object)
        exit(1);
    return object;
}

static void loop(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(arena);
}

static void loop_mixed(Arena *arena, size_t count)
{
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        size_t size = sizes[i % SIZES];
        __asm__ volatile("" : : "r"(size) : "memory");
    }
}

static void new_node(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(ARENA_NEW(arena, Node));
}

static void new_node_tested(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(tested(ARENA_NEW(arena, Node)));
}

static void new_array(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(ARENA_NEW_ARRAY(arena, char, sizes[i % SIZES]));
}

static void new_array_tested(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(tested(ARENA_NEW_ARRAY(arena, char, sizes[i % SIZES])));
}

static void alloc(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(arena_alloc(arena, sizes[i % SIZES]));
}

static void alloc_tested(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(tested(arena_alloc(arena, sizes[i % SIZES])));
}

static void new0_node(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(ARENA_NEW0(arena, Node));
}

static void new0_node_tested(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(tested(ARENA_NEW0(arena, Node)));
}

static void zeroed(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(arena_calloc(arena, sizes[i % SIZES]));
}

static void zeroed_tested(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        use(tested(arena_calloc(arena, sizes[i % SIZES])));
}

// A buffer that grows by a granule at a time; nothing is ever behind it.
static void grow(Arena *arena, size_t count)
{
    size_t size = ARENA_GRANULE;
    char *text = arena_alloc(arena, size);
    for (size_t i = 0; i < count; i++) {
        text = arena_realloc(arena, text, size, size + ARENA_GRANULE);
        size += ARENA_GRANULE;
        use(text);
    }
}

static void scratch(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ArenaMark mark = arena_mark(arena);
        for (int k = 0; k < 20; k++)
            use(ARENA_NEW(arena, Node));
        arena_rewind(arena, mark);
    }
}

static void request(Arena *arena, size_t count)
{
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        Arena *own = arena_create(0);
        for (int k = 0; k < 50; k++)
            use(ARENA_NEW(own, Node));
        arena_destroy(own);
    }
}

static void reset(Arena *arena, size_t count)
{
    for (size_t i = 0; i < count; i++)
        arena_reset(arena);
}

// The check has valgrind count from the call of this function to its return. It is not static: then
// it keeps its name.
void measure(const Operation *operation, Arena *arena, size_t count);

__attribute__((noinline)) void measure(const Operation *operation, Arena *arena, size_t count)
{
    operation->run(arena, count);
    use(arena);
}

// An arena whose one block is zero, or, where the operation is to find it dirty, has all been used.
static Arena *make_arena(bool dirty)
{
    Arena *arena = arena_create(ROOM);
    if (!arena || (dirty && !arena_alloc(arena, ROOM)))
        exit(1);
    arena_reset(arena);
    return arena;
}

static void watch_for_a_while(Arena *arena)
{
    static const ArenaWatcher watcher = {0};
    if (!arena_watch(arena, &watcher) || !arena_alloc(arena, 100))
        exit(1);
    arena_unwatch(arena, &watcher);
}

static void run(const Operation *operation, size_t count)
{
    for (size_t times = 0; times <= 2; times++) {
        Arena *arena = make_arena(operation->dirty);
        if (operation->watched)
            watch_for_a_while(arena);
        if (times == 0)
            operation->run(arena, SIZES);
        else
            measure(operation, arena, times * count);
        arena_destroy(arena);
    }
    puts(operation->name);
}

int main(int argc, char **argv)
{
    static const Operation operations[] = {
        {"loop", loop, false, false},
        {"loop-mixed", loop_mixed, false, false},
        {"new", new_node, false, false},
        {"new-tested", new_node_tested, false, false},
        {"new-array", new_array, false, false},
        {"new-array-tested", new_array_tested, false, false},
        {"alloc", alloc, false, false},
        {"alloc-tested", alloc_tested, false, false},
        {"new0-fresh", new0_node, false, false},
        {"new0-tested", new0_node_tested, false, false},
        {"new0-dirty", new0_node, true, false},
        {"calloc-fresh", zeroed, false, false},
        {"calloc-tested", zeroed_tested, false, false},
        {"calloc-dirty", zeroed, true, false},
        {"new-unwatched", new_node, false, true},
        {"alloc-unwatched", alloc, false, true},
        {"realloc", grow, false, false},
        {"mark-20-rewind", scratch, false, false},
        {"create-50-destroy", request, false, false},
        {"reset", reset, false, false},
    };
    size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (count == 0 || count % SIZES != 0 || count > ROOM / (2 * SIZES)) {
        fputs("usage: driver COUNT, a multiple of 64\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < SIZES; i++)
        sizes[i] = 1 + i * 37 % SIZES;
    arena_cache_limit(1); // no mapping is kept, so that each is new and zero
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        run(&operations[i], count);
    return 0;
}
