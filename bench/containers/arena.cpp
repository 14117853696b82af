// Ours.

#include "containers.hpp"

#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/text.h>

namespace
{

struct Owner {
    Arena *arena = arena_create(0);

    Owner()
    {
        check(arena);
    }
    Owner(const Owner &) = delete;
    ~Owner()
    {
        arena_destroy(arena);
    }
    template <class Result> static Result check(Result result)
    {
        if (!result)
            abort();
        return result;
    }
};

struct Tokens : Owner {
    ARENA_ARRAY(bench::Token) array{};

    void push(bench::Token token)
    {
        *check(ARENA_PUSH(arena, &array)) = token;
    }
    void clear()
    {
        check(ARENA_TRUNCATE(arena, &array, 0));
    }
    void *items()
    {
        return array.items;
    }
};

struct Turns : Owner {
    ARENA_SEGMENTED(bench::Token) arrays[bench::TURNS]{};

    void push(size_t which, bench::Token token)
    {
        *check(ARENA_ADD(arena, &arrays[which])) = token;
    }
};

struct Text : Owner {
    ArenaText text{};

    void append(const char *bytes, size_t size)
    {
        check(arena_text_append(arena, &text, bytes, size));
    }
    void number(unsigned value)
    {
        check(arena_text_printf(arena, &text, "%u", value));
    }
    size_t size() const
    {
        return text.count;
    }
};

struct Map : Owner {
    ArenaMap map{};

    void *&slot(const bench::Word &key)
    {
        return *check(arena_map_slot(arena, &map, key.data(), key.size()));
    }
    bool has(const bench::Word &key) const
    {
        return arena_map_find(&map, key.data(), key.size()) != nullptr;
    }
    size_t count() const
    {
        return map.count;
    }
};

struct Scope {
    ArenaScratch scratch = arena_scratch_begin(nullptr, 0);

    Scope()
    {
        Owner::check(scratch.arena);
    }
    Scope(const Scope &) = delete;
    ~Scope()
    {
        arena_scratch_end(scratch);
    }
    void *alloc8(size_t size)
    {
        return Owner::check(arena_new(scratch.arena, size, 8));
    }
};

struct Kit {
    using Tokens = ::Tokens;
    using Turns = ::Turns;
    using Text = ::Text;
    using Map = ::Map;
    using Scope = ::Scope;
};

} // namespace

BENCH_CONTAINERS(Kit)
