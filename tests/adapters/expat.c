#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#include "adapter.h"

#include <expat.h>

static void XMLCALL begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
    (void)context;
    printf("<%s", name);
    for (; *attributes; attributes += 2)
        printf(" %s=%s", attributes[0], attributes[1]);
    puts(">");
}

static void XMLCALL end(void *context, const XML_Char *name)
{
    (void)context;
    printf("</%s>\n", name);
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    const XML_Memory_Handling_Suite memory = {arena_sized_malloc, arena_sized_realloc,
                                              arena_sized_free};
    XML_Parser parser = XML_ParserCreate_MM(NULL, arena ? &memory : NULL, NULL);
    check(parser, "there is a parser");
    XML_SetElementHandler(parser, begin, end);
    check(XML_Parse(parser, bytes, (int)size, 1) == XML_STATUS_OK, "it is well-formed");
    if (!arena)
        XML_ParserFree(parser);
    arena_current_pop(&scope);
}
