// Where the system's word on an access is the only one.

#include "arena/compiler.h"

#if !ARENA_PAGES_POSIX && !ARENA_UNWATCHED

#include "fault.h"

void arena_fault_begin(void)
{
}

void arena_fault_begin_checked(void)
{
}

#endif
