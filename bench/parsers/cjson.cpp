// cJSON: a node of 64 bytes for each value, a string for each name and each text; no tables.

#include "parse.hpp"

#include <cJSON.h>

#include <cstdlib>

namespace
{

struct Cjson {
    using Root = cJSON *;
    static constexpr const char *NAME = "cJSON";

    static void on_malloc()
    {
        cJSON_Hooks hooks = {malloc, free};
        cJSON_InitHooks(&hooks);
    }

    static void on_arena()
    {
        cJSON_Hooks hooks = {bench::plain_malloc, bench::arena_free};
        cJSON_InitHooks(&hooks);
    }

    static Root parse(const bench::Text &text)
    {
        return cJSON_ParseWithLength(text.data(), text.size());
    }

    static void release(Root root)
    {
        cJSON_Delete(root);
    }

    static bench::Sum sum(const cJSON *node)
    {
        bench::Sum sum = {1, length(node->string) + length(node->valuestring)};
        for (const cJSON *child = node->child; child; child = child->next)
            sum += Cjson::sum(child);
        return sum;
    }

  private:
    static size_t length(const char *text)
    {
        return text ? strlen(text) : 0;
    }
};

} // namespace

BENCH_PARSER(Cjson)
