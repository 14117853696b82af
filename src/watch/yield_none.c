// Where there is no system that has threads run, who waits can only go on.

#include "arena/compiler.h"

#if ARENA_PAGES_NONE && !ARENA_UNWATCHED

#include "lock.h"

void arena_yield(void)
{
}

#endif
