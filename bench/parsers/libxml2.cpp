// libxml2: the tree of a document, and the dictionary of its names, which dies with the document.
//
// What the library keeps for itself (encodings, defaults, locks) it makes in xmlInitParser. That
// runs while memory comes from malloc, and so nothing outlives an arena: these files have no DTD
// and no errors, which would be the things that it remembers from one document to the next.

#include "parse.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlmemory.h>

#include <cstdlib>

namespace
{

struct Libxml2 {
    using Root = xmlDocPtr;
    static constexpr const char *NAME = "libxml2";

    static void on_malloc()
    {
        xmlMemSetup(free, malloc, realloc, strdup);
        xmlInitParser();
    }

    static void on_arena()
    {
        on_malloc();
        xmlMemSetup(bench::arena_free, bench::sized_malloc, bench::sized_realloc,
                    bench::sized_strdup);
    }

    static Root parse(const bench::Text &text)
    {
        int options = XML_PARSE_HUGE | XML_PARSE_NONET;
        int size = static_cast<int>(text.size());
        return xmlReadMemory(text.data(), size, nullptr, nullptr, options);
    }

    static void release(Root document)
    {
        xmlFreeDoc(document);
    }

    static bench::Sum sum(xmlDocPtr document)
    {
        return sum_of_nodes(document->children);
    }

  private:
    static bench::Sum sum_of_nodes(const xmlNode *first)
    {
        bench::Sum sum = {0, 0};
        for (const xmlNode *node = first; node; node = node->next) {
            sum += {1, length(node->type == XML_ELEMENT_NODE ? node->name : node->content)};
            sum += sum_of_nodes(node->children);
            if (node->type == XML_ELEMENT_NODE)
                sum += sum_of_attributes(node->properties);
        }
        return sum;
    }

    static bench::Sum sum_of_attributes(const xmlAttr *first)
    {
        bench::Sum sum = {0, 0};
        for (const xmlAttr *attribute = first; attribute; attribute = attribute->next) {
            sum += {1, length(attribute->name)};
            sum += sum_of_nodes(attribute->children);
        }
        return sum;
    }

    static size_t length(const xmlChar *text)
    {
        return text ? static_cast<size_t>(xmlStrlen(text)) : 0;
    }
};

} // namespace

BENCH_PARSER(Libxml2)
