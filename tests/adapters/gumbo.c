#include <arena/adapters/opaque.h>

#define LEAVES
#include "adapter.h"

#include <gumbo.h>

static void print_node(const GumboNode *node, int depth)
{
    if (node->type == GUMBO_NODE_TEXT)
        printf("%*s%s\n", depth, "", node->v.text.text);
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_DOCUMENT)
        return;
    const GumboVector *children =
        node->type == GUMBO_NODE_ELEMENT ? &node->v.element.children : &node->v.document.children;
    if (node->type == GUMBO_NODE_ELEMENT)
        printf("%*s<%s>\n", depth, "", gumbo_normalized_tagname(node->v.element.tag));
    for (unsigned i = 0; i < children->length; i++)
        print_node(children->data[i], depth + 1);
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    GumboOptions options = kGumboDefaultOptions;
    if (arena) {
        options.allocator = arena_opaque_alloc;
        options.deallocator = arena_opaque_free;
        options.userdata = arena;
    }
    GumboOutput *output = gumbo_parse_with_options(&options, bytes, size);
    print_node(output->document, 0);
    if (!arena)
        gumbo_destroy_output(&options, output);
}
