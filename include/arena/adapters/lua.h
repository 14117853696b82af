// An arena for Lua: a lua_Alloc.
//
//     lua_State *L = lua_newstate(arena_lua_alloc, arena);
//
// For states that live shortly: a script for each request, a configuration. What the collector frees comes
// back only if it is the newest object; so with a long life, or much garbage, stay with malloc. A state
// need not be closed before its arena is reset or destroyed, if nothing in it has a finaliser.

#ifndef ARENA_ADAPTERS_LUA_H
#define ARENA_ADAPTERS_LUA_H

#include "../arena.h"

// A lua_Alloc, for Lua 5.1 to 5.4. Where `object` is NULL, `old_size` is a kind of object and no size. To
// shrink never fails, as Lua wants it.
static inline void *arena_lua_alloc(void *arena, void *object, size_t old_size, size_t size)
{
    void *moved = arena_realloc((Arena *)arena, object, object ? old_size : 0, size);
    return size > 0 ? moved : NULL;
}

#endif
