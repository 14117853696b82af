// GLib's GArray, GString and GHashTable. The table does not say where it has its values, so a new one
// is what the workload would store, and is inserted at once.

#include "containers.hpp"

#include <glib.h>

namespace
{

struct Tokens {
    GArray *array = g_array_new(FALSE, FALSE, sizeof(bench::Token));

    Tokens() = default;
    Tokens(const Tokens &) = delete;
    ~Tokens()
    {
        g_array_free(array, TRUE);
    }
    void push(bench::Token token)
    {
        g_array_append_val(array, token);
    }
    void clear()
    {
        g_array_set_size(array, 0);
    }
    void *items()
    {
        return array->data;
    }
};

struct Turns {
    Tokens arrays[bench::TURNS];

    void push(size_t which, bench::Token token)
    {
        arrays[which].push(token);
    }
};

struct Text {
    GString *text = g_string_new(nullptr);

    Text() = default;
    Text(const Text &) = delete;
    ~Text()
    {
        g_string_free(text, TRUE);
    }
    void append(const char *bytes, size_t size)
    {
        g_string_append_len(text, bytes, static_cast<gssize>(size));
    }
    void number(unsigned value)
    {
        g_string_append_printf(text, "%u", value);
    }
    size_t size() const
    {
        return text->len;
    }
};

struct Map {
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, nullptr);
    void *value = nullptr;

    Map() = default;
    Map(const Map &) = delete;
    ~Map()
    {
        g_hash_table_destroy(table);
    }
    void *&slot(const bench::Word &key)
    {
        value = g_hash_table_lookup(table, key.data());
        if (!value)
            g_hash_table_insert(table, g_strndup(key.data(), key.size()), this);
        return value;
    }
    bool has(const bench::Word &key) const
    {
        return g_hash_table_lookup(table, key.data()) != nullptr;
    }
    size_t count() const
    {
        return g_hash_table_size(table);
    }
};

struct Kit {
    using Tokens = ::Tokens;
    using Turns = ::Turns;
    using Text = ::Text;
    using Map = ::Map;
};

} // namespace

BENCH_CONTAINERS(Kit)
