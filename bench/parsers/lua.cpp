// Lua: a program that is one large table constructor, compiled and run. The table is the JSON file,
// turned into Lua before anything is timed.
//
// The collector is stopped, on malloc too: over an arena it would work for nothing, and only the
// allocator shall differ. lua_close frees each object, as the collector would have.

#include "parse.hpp"

#include <lua.hpp>

#include <cctype>
#include <cstdlib>

namespace
{

// ----- From JSON to Lua -----

class Translation
{
  public:
    Translation(bench::Text &to, const bench::Text &json)
        : lua(to), at(json.data()), end(json.data() + json.size())
    {
    }

    void run()
    {
        add("return ");
        while (at < end)
            step();
    }

  private:
    bench::Text &lua;
    const char *at, *end;

    void add(const char *text)
    {
        lua.append(text, strlen(text));
    }

    // Numbers, true, false, commas and spaces are the same in both languages. Lua has no null in
    // tables, and so it becomes false.
    void step()
    {
        switch (*at) {
        case '"': string(); return;
        case '[': add("{"); break;
        case ']': add("}"); break;
        case ':': add("="); break;
        case 'n':
            add("false");
            at += strlen("null");
            return;
        default: lua.append(at, 1); break;
        }
        at++;
    }

    // A string before a colon is a key.
    void string()
    {
        const char *after = string_end();
        const char *next = after;
        while (next < end && isspace(static_cast<unsigned char>(*next)))
            next++;
        bool is_key = next < end && *next == ':';
        add(is_key ? "[" : "");
        while (at < after)
            character();
        add(is_key ? "]" : "");
    }

    const char *string_end() const
    {
        const char *byte = at + 1;
        while (byte < end && *byte != '"')
            byte += *byte == '\\' ? 2 : 1;
        return byte < end ? byte + 1 : end;
    }

    // Of JSON's escapes, Lua has no \/ and writes \u{1234}.
    void character()
    {
        if (*at != '\\') {
            lua.append(at++, 1);
        } else if (at[1] == 'u') {
            add("\\u{");
            lua.append(at + 2, 4);
            add("}");
            at += 6;
        } else {
            lua.append(at[1] == '/' ? at + 1 : at, at[1] == '/' ? 1 : 2);
            at += 2;
        }
    }
};

// ----- Memory -----

// As luaL_newstate has it.
void *malloc_alloc(void *, void *object, size_t, size_t size)
{
    if (size > 0)
        return realloc(object, size);
    free(object);
    return nullptr;
}

// Where there is no object yet, the old size says what kind it will be; nobody looks at it then.
void *arena_alloc(void *, void *object, size_t old_size, size_t size)
{
    return bench::plain_realloc(object, old_size, size);
}

lua_Alloc memory;

// ----- The parser -----

struct Lua {
    using Root = lua_State *;
    static constexpr const char *NAME = "Lua";

    static void load(bench::Text &text, const char *path)
    {
        bench::Text json;
        bench::load_file(json, path);
        if (json.size() > 0)
            Translation(text, json).run();
    }

    static void on_malloc()
    {
        memory = malloc_alloc;
    }

    static void on_arena()
    {
        memory = arena_alloc;
    }

    // The table is on the stack of the state.
    static Root parse(const bench::Text &text)
    {
        lua_State *state = lua_newstate(memory, nullptr);
        if (!state)
            return nullptr;
        lua_gc(state, LUA_GCSTOP);
        if (luaL_loadbuffer(state, text.data(), text.size(), "=data") != LUA_OK ||
            lua_pcall(state, 0, 1, 0) != LUA_OK)
            return nullptr;
        return state;
    }

    static void release(Root state)
    {
        lua_close(state);
    }

    // Of the value on top of the stack, which stays there.
    static bench::Sum sum(lua_State *state)
    {
        bench::Sum sum = {1, 0};
        if (lua_type(state, -1) == LUA_TSTRING)
            sum.bytes = lua_rawlen(state, -1);
        if (!lua_istable(state, -1) || !lua_checkstack(state, 3))
            return sum;
        for (lua_pushnil(state); lua_next(state, -2); lua_pop(state, 1)) {
            if (lua_type(state, -2) == LUA_TSTRING)
                sum.bytes += lua_rawlen(state, -2);
            sum += Lua::sum(state);
        }
        return sum;
    }
};

} // namespace

BENCH_PARSER(Lua)
