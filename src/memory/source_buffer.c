// A source with nothing to give: an arena in the caller's buffer has its only block already,
// and has none to give back.

#include "sources.h"

static void *acquire_nothing(void *context, size_t *size)
{
    (void)context;
    (void)size;
    return NULL;
}

void arena_buffer_source(ArenaSource *source)
{
    *source = (ArenaSource){.acquire = acquire_nothing};
}

bool arena_is_buffer(const ArenaSource *source)
{
    return source->acquire == acquire_nothing;
}
