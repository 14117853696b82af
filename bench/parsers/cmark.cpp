// cmark: the tree of a Markdown text. The text is the manual of Node.js, all of its pages one after
// the other, again and again until there is enough of it.

#include "parse.hpp"

#include <cmark.h>
#include <zlib.h>

#include <glob.h>

namespace
{

constexpr size_t ENOUGH = 6 << 20;

cmark_mem arena_memory = {bench::sized_calloc, bench::sized_realloc, bench::arena_free};
cmark_mem *memory;

void load_page(bench::Text &text, const char *path)
{
    gzFile file = gzopen(path, "rb");
    if (!file)
        return;
    int count = gzread(file, text.end(), static_cast<unsigned>(text.room()));
    text.added(count > 0 ? static_cast<size_t>(count) : 0);
    gzclose(file);
}

struct Cmark {
    using Root = cmark_node *;
    static constexpr const char *NAME = "cmark";

    // `pattern` names the compressed pages.
    static void load(bench::Text &text, const char *pattern)
    {
        glob_t pages;
        if (glob(pattern, 0, nullptr, &pages) != 0)
            return;
        for (size_t i = 0; i < pages.gl_pathc; i++)
            load_page(text, pages.gl_pathv[i]);
        globfree(&pages);

        size_t once = text.size();
        while (once > 0 && text.size() < ENOUGH)
            text.append(text.data(), once);
    }

    static void on_malloc()
    {
        memory = cmark_get_default_mem_allocator();
    }

    static void on_arena()
    {
        memory = &arena_memory;
    }

    static Root parse(const bench::Text &text)
    {
        cmark_parser *parser = cmark_parser_new_with_mem(CMARK_OPT_DEFAULT, memory);
        cmark_parser_feed(parser, text.data(), text.size());
        cmark_node *document = cmark_parser_finish(parser);
        cmark_parser_free(parser);
        return document;
    }

    static void release(Root document)
    {
        cmark_node_free(document);
    }

    static bench::Sum sum(cmark_node *node)
    {
        const char *literal = cmark_node_get_literal(node);
        bench::Sum sum = {1, literal ? strlen(literal) : 0};
        for (cmark_node *child = cmark_node_first_child(node); child;
             child = cmark_node_next(child))
            sum += Cmark::sum(child);
        return sum;
    }
};

} // namespace

BENCH_PARSER(Cmark)
