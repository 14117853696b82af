// Where files of programs are not looked into.

#include "arena/compiler.h"

#if !ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "symbols.h"

bool arena_symbol_at(const void *address, Symbol *symbol)
{
    (void)address;
    (void)symbol;
    return false;
}

#endif
