// A program of which it is known what it allocates, and where: two functions, in two arenas, so many
// bytes each. Says how many that were; with "fork" a child allocates as much.

#include <arena/arena.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#if defined(__GNUC__)
#define APART __attribute__((noinline))
#else
#define APART
#endif

static void *volatile last;

// Sizes from 16 to 143 bytes, of arenas that are reset when they have had much.
APART size_t make_tokens(Arena *arena, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = 16 + i * 37 % 128;
        last = arena_alloc(arena, size);
        bytes += size;
        if (i % (1 << 18) == 0)
            arena_reset(arena);
    }
    return bytes;
}

APART size_t make_nodes(Arena *arena, size_t count)
{
    ArenaMark mark = arena_mark(arena);
    for (size_t i = 0; i < count; i++) {
        last = arena_alloc(arena, 4096);
        if (i % (1 << 12) == 0)
            arena_rewind(arena, mark);
    }
    return count * 4096;
}

static bool allocate(size_t count)
{
    Arena *tokens = arena_create_with(&(ArenaOptions){.name = "tokens"});
    Arena *nodes = arena_create_with(&(ArenaOptions){.name = "nodes"});
    if (!tokens || !nodes)
        return false;
    size_t first = make_tokens(tokens, count);
    size_t second = make_nodes(nodes, count / 100);
    printf("tokens %zu\nnodes %zu\n", first, second);
    fflush(stdout);
    arena_destroy(tokens);
    arena_destroy(nodes);
    return true;
}

int main(int count, char **words)
{
    size_t objects = count > 1 ? strtoul(words[1], NULL, 10) : 1000;
    bool good = allocate(objects);
#if defined(__unix__)
    if (count > 2 && strcmp(words[2], "fork") == 0) {
        pid_t child = fork();
        if (child == 0)
            return allocate(objects) ? 0 : 1;
        int status = 1;
        good = good && child > 0 && waitpid(child, &status, 0) == child && status == 0;
    }
#endif
    return good ? 0 : 1;
}
