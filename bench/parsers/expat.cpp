// expat has no tree; its handlers build one here, in the same memory: an element with its
// attributes, the attributes' names and values, and a node for each run of text.

#include "parse.hpp"

#include <expat.h>

#include <cstdlib>
#include <string>

namespace
{

struct Attribute {
    char *name, *value;
};

// An element has a name, and text has none.
struct Node {
    Node *parent, *next, *first, *last;
    char *name, *text;
    Attribute *attributes;
    size_t attribute_count;
};

// The parser's memory, whose realloc is not told old sizes, and the tree's, which needs no realloc.
struct Memory {
    XML_Memory_Handling_Suite parser;
    void *(*alloc)(size_t);
};

constexpr Memory on_malloc_memory = {{malloc, realloc, free}, malloc};
constexpr Memory on_arena_memory = {{bench::sized_malloc, bench::sized_realloc, bench::arena_free},
                                    bench::plain_malloc};

const Memory *memory;

// ----- The tree -----

template <class T> T *allocate(size_t count)
{
    void *object = memory->alloc(count * sizeof(T));
    if (!object)
        abort(); // an exception must not pass through expat
    return static_cast<T *>(object);
}

char *copy(const char *text, size_t size)
{
    char *copied = allocate<char>(size + 1);
    memcpy(copied, text, size);
    copied[size] = '\0';
    return copied;
}

void copy_attributes(Node *node, const char **attributes)
{
    while (attributes[2 * node->attribute_count])
        node->attribute_count++;
    if (node->attribute_count == 0)
        return;
    node->attributes = allocate<Attribute>(node->attribute_count);
    for (size_t i = 0; i < node->attribute_count; i++) {
        const char *name = attributes[2 * i];
        const char *value = attributes[2 * i + 1];
        node->attributes[i] = {copy(name, strlen(name)), copy(value, strlen(value))};
    }
}

Node *append_node(Node *parent)
{
    Node *node = allocate<Node>(1);
    *node = {};
    node->parent = parent;
    if (!parent->last)
        parent->first = node;
    else
        parent->last->next = node;
    parent->last = node;
    return node;
}

void free_node(Node *node)
{
    for (Node *child = node->first; child;) {
        Node *next = child->next;
        free_node(child);
        child = next;
    }
    for (size_t i = 0; i < node->attribute_count; i++) {
        free(node->attributes[i].name);
        free(node->attributes[i].value);
    }
    free(node->attributes);
    free(node->name);
    free(node->text);
    free(node);
}

// ----- The handlers -----

// expat gives text line by line, so a run of it is collected before it is copied.
struct Builder {
    Node *open;
    std::string text;

    void end_text()
    {
        if (text.empty())
            return;
        append_node(open)->text = copy(text.data(), text.size());
        text.clear();
    }
};

void on_start(void *context, const char *name, const char **attributes)
{
    Builder *builder = static_cast<Builder *>(context);
    builder->end_text();
    Node *node = append_node(builder->open);
    node->name = copy(name, strlen(name));
    copy_attributes(node, attributes);
    builder->open = node;
}

void on_end(void *context, const char *)
{
    Builder *builder = static_cast<Builder *>(context);
    builder->end_text();
    builder->open = builder->open->parent;
}

void on_text(void *context, const char *text, int size)
{
    static_cast<Builder *>(context)->text.append(text, static_cast<size_t>(size));
}

// ----- The parser -----

struct Expat {
    using Root = Node *;
    static constexpr const char *NAME = "expat";

    static void on_malloc()
    {
        memory = &on_malloc_memory;
    }

    static void on_arena()
    {
        memory = &on_arena_memory;
    }

    static Root parse(const bench::Text &text)
    {
        XML_Parser parser = XML_ParserCreate_MM(nullptr, &memory->parser, nullptr);
        if (!parser)
            return nullptr;
        Node *root = allocate<Node>(1);
        *root = {};
        Builder builder = {root, {}};
        XML_SetHashSalt(parser, 1); // the same hashes in every process
        XML_SetUserData(parser, &builder);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        XML_Status status = XML_Parse(parser, text.data(), static_cast<int>(text.size()), 1);
        XML_ParserFree(parser);
        return status == XML_STATUS_OK ? root : nullptr;
    }

    static void release(Root root)
    {
        free_node(root);
    }

    static bench::Sum sum(const Node *node)
    {
        bench::Sum sum = {1 + node->attribute_count, length(node->name) + length(node->text)};
        for (size_t i = 0; i < node->attribute_count; i++)
            sum += {0, length(node->attributes[i].name) + length(node->attributes[i].value)};
        for (const Node *child = node->first; child; child = child->next)
            sum += Expat::sum(child);
        return sum;
    }

  private:
    static size_t length(const char *text)
    {
        return text ? strlen(text) : 0;
    }
};

} // namespace

BENCH_PARSER(Expat)
