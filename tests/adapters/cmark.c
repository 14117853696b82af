#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#define LEAVES
#include "adapter.h"

#include <cmark.h>

static void work(Arena *arena, const char *bytes, size_t size)
{
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    cmark_mem memory = {arena_sized_calloc, arena_sized_realloc, arena_sized_free};
    cmark_mem *used = arena ? &memory : cmark_get_default_mem_allocator();
    cmark_parser *parser = cmark_parser_new_with_mem(CMARK_OPT_DEFAULT, used);
    cmark_parser_feed(parser, bytes, size);
    cmark_node *document = cmark_parser_finish(parser);
    char *html = cmark_render_html(document, CMARK_OPT_DEFAULT);
    check(html, "it is rendered");
    fputs(html, stdout);
    if (!arena) {
        free(html);
        cmark_node_free(document);
        cmark_parser_free(parser);
    }
    arena_current_pop(&scope);
}
