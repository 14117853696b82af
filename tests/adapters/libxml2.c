#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#define LEAVES
#include "adapter.h"

#include <libxml/parser.h>

// What the library keeps for the process is allocated before the scope, by xmlInitParser, and freed after
// it: that is malloc's.
static void work(Arena *arena, const char *bytes, size_t size)
{
    if (arena)
        check(xmlMemSetup(arena_sized_free, arena_sized_malloc, arena_sized_realloc,
                          arena_sized_strdup) == 0,
              "the functions are set");
    xmlInitParser();
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    xmlDoc *document = xmlReadMemory(bytes, (int)size, "test.xml", NULL, 0);
    check(document, "it is well-formed");
    xmlDocDump(stdout, document);
    if (!arena)
        xmlFreeDoc(document);
    arena_current_pop(&scope);
    xmlCleanupParser();
}
