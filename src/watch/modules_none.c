// Where nobody knows what code there is.

#include "arena/compiler.h"

#if !ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "modules.h"

size_t arena_modules(Module *modules, size_t most)
{
    (void)modules;
    (void)most;
    return 0;
}

#endif
