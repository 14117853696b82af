#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#include "adapter.h"

#include <cjson/cJSON.h>

static void work(Arena *arena, const char *bytes, size_t size)
{
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    if (arena)
        cJSON_InitHooks(&(cJSON_Hooks){arena_current_malloc, arena_current_free});
    cJSON *tree = cJSON_ParseWithLength(bytes, size);
    char *text = cJSON_Print(tree);
    check(text, "it is printed");
    puts(text);
    if (!arena) {
        cJSON_free(text);
        cJSON_Delete(tree);
    }
    cJSON_InitHooks(NULL);
    arena_current_pop(&scope);
}
