// Where nobody finds call stacks.

#include "arena/compiler.h"

#if !ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "stack.h"

Stack arena_stack_here(size_t most)
{
    (void)most;
    return 0;
}

size_t arena_stack_frames(Stack stack, void *const **frames)
{
    (void)stack;
    *frames = NULL;
    return 0;
}

bool arena_stack_is_ours(const char *description)
{
    (void)description;
    return false;
}

bool arena_stack_calls_back(const char *description)
{
    (void)description;
    return false;
}

void arena_stack_describe(void *address, char *text, size_t size)
{
    (void)address;
    if (size > 0)
        *text = 0;
}

#endif
