#include <arena/adapters/lua.h>

#include "adapter.h"

#include <lauxlib.h>
#include <lualib.h>

static const char script[] =
    "local text = ...\n"
    "local count, words = {}, {}\n"
    "for word in text:gmatch('%a+') do\n"
    "  if not count[word] then words[#words + 1] = word end\n"
    "  count[word] = (count[word] or 0) + 1\n"
    "end\n"
    "table.sort(words)\n"
    "for i, word in ipairs(words) do words[i] = word .. ' ' .. count[word] end\n"
    "return table.concat(words, '\\n')\n";

typedef struct Text {
    const char *bytes;
    size_t size;
} Text;

// All that may fail, and leaves by an error of Lua's.
static int run(lua_State *state)
{
    const Text *text = lua_touserdata(state, 1);
    luaL_openlibs(state);
    if (luaL_loadstring(state, script) != LUA_OK)
        return lua_error(state);
    lua_pushlstring(state, text->bytes, text->size);
    lua_call(state, 1, 1);
    return 1;
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    Text text = {bytes, size};
    lua_State *state = arena ? lua_newstate(arena_lua_alloc, arena) : luaL_newstate();
    check(state, "there is a state");
    lua_pushcfunction(state, run);
    lua_pushlightuserdata(state, &text);
    check(lua_pcall(state, 1, 1, 0) == LUA_OK, lua_tostring(state, -1));
    puts(lua_tostring(state, -1));
    if (!arena)
        lua_close(state);
}
