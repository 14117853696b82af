// jansson: objects are hash tables, with a node for each pair; no realloc.

#include "parse.hpp"

#include <jansson.h>

#include <cstdlib>

namespace
{

struct Jansson {
    using Root = json_t *;
    static constexpr const char *NAME = "jansson";

    static void on_malloc()
    {
        json_object_seed(1); // only the first call counts: the same hashes in every process
        json_set_alloc_funcs(malloc, free);
    }

    static void on_arena()
    {
        json_object_seed(1);
        json_set_alloc_funcs(bench::plain_malloc, bench::arena_free);
    }

    static Root parse(const bench::Text &text)
    {
        return json_loadb(text.data(), text.size(), 0, nullptr);
    }

    static void release(Root root)
    {
        json_decref(root);
    }

    static bench::Sum sum(json_t *node)
    {
        if (json_is_object(node))
            return sum_of_object(node);
        bench::Sum sum = {1, json_string_length(node)};
        for (size_t i = 0; i < json_array_size(node); i++)
            sum += Jansson::sum(json_array_get(node, i));
        return sum;
    }

  private:
    static bench::Sum sum_of_object(json_t *object)
    {
        bench::Sum sum = {1, 0};
        const char *key;
        json_t *value;
        json_object_foreach(object, key, value)
        {
            sum += {0, strlen(key)};
            sum += Jansson::sum(value);
        }
        return sum;
    }
};

} // namespace

BENCH_PARSER(Jansson)
