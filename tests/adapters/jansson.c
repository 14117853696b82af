#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#define LEAVES
#include "adapter.h"

#include <jansson.h>

static void work(Arena *arena, const char *bytes, size_t size)
{
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    if (arena)
        json_set_alloc_funcs(arena_current_malloc, arena_current_free);
    json_error_t error;
    json_t *tree = json_loadb(bytes, size, 0, &error);
    check(tree, error.text);
    char *text = json_dumps(tree, JSON_SORT_KEYS | JSON_INDENT(1));
    check(text, "it is printed");
    puts(text);
    if (!arena) {
        free(text);
        json_decref(tree);
    }
    arena_current_pop(&scope);
}
