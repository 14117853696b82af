// What a rewind, a reset or the end of a watched arena takes back: who is told of it, and where the
// arena goes on.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "watching.h"

// ----- Who takes it back -----

void arena_set_taking_back(Arena *arena, const char *how)
{
    watch_of(arena)->how = how;
    watch_of(arena)->here = 0;
}

bool arena_tell_rewinding(Arena *arena, const ArenaMark *mark)
{
    Watch *watch = watch_of(arena);
    bool good = true;
    for (size_t i = 0; i < watch->count; i++) {
        const Attached *to = &watch->attached[i];
        if (to->watcher->rewinding)
            good = to->watcher->rewinding(arena, to->state, mark) && good;
    }
    return good;
}

Stack arena_taking_back(const Arena *arena, const char **how)
{
    Watch *watch = arena->watch ? watch_of(arena) : NULL;
    *how = watch ? watch->how : NULL;
    if (!watch || !watch->here) {
        Stack here = arena_stack_here(STACK_USUAL);
        if (watch)
            watch->here = here;
        return here;
    }
    return watch->here;
}

// ----- Who is told of it, and where the arena goes on -----

static void tell_large_freed(Arena *arena, const Arena *owner, const ArenaBlock *last)
{
    for (ArenaBlock *block = owner->large; block != last; block = block->next)
        TELL(arena, freed, block->data, block->used);
}

// What one of the arena itself or of an adopted one has used after a position.
static void tell_freed(Arena *arena, const Arena *owner, ArenaBlock *block, unsigned char *start)
{
    for (; block != owner->current; block = block->next, start = block->data)
        TELL(arena, freed, start, (size_t)(block->data + block->used - start));
    TELL(arena, freed, start, (size_t)(owner->cursor - start));
}

void arena_tell_released(Arena *arena, const Arena *owner)
{
    for (ArenaBlock *block = owner->blocks; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
    for (ArenaBlock *block = owner->large; block; block = block->next)
        TELL(arena, released, block->data, block->capacity);
}

static void tell_adopted_freed(Arena *arena)
{
    for (Arena *adopted = arena->adopted; adopted; adopted = adopted->adopted) {
        tell_freed(arena, adopted, adopted->blocks, adopted->blocks->data);
        tell_large_freed(arena, adopted, NULL);
        arena_tell_released(arena, adopted);
    }
}

void arena_tell_end(Arena *arena)
{
    const ArenaMark *none = NULL;
    TELL(arena, rewound, none);
    tell_freed(arena, arena, arena->blocks, arena->blocks->data);
    tell_large_freed(arena, arena, NULL);
    tell_adopted_freed(arena);
}

// Returns whether the arena is to go on where it is.
static bool tell_rewound(Arena *arena, const ArenaMark *mark, ArenaBlock *block,
                         unsigned char *cursor)
{
    uint64_t epoch = mark ? mark->epoch : 0;
    bool rests = arena_may_rest(arena, block, cursor, epoch);
    arena_check_latest_idle(arena);
    if (!rests)
        arena_end_idle_since(arena, epoch);
    TELL(arena, rewound, mark);
    if (rests)
        arena_rest(arena, block, cursor, epoch);
    else
        tell_freed(arena, arena, block, cursor);
    tell_large_freed(arena, arena, mark ? mark->large : NULL);
    if (!mark)
        tell_adopted_freed(arena);
    return rests;
}

void arena_take_back_unheard(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                             unsigned char **cursor)
{
    (void)block;
    if (arena->hidden > 0)
        arena_unhide_until(arena, mark);
    arena_set_taking_back(arena, mark ? "arena_rewind" : "arena_reset or arena_destroy");
    arena_forget_newest(arena);
    arena_move_gaps(arena, *cursor);
}

void arena_tell_briefly(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                        unsigned char **cursor)
{
    TELL(arena, rewound, mark);
    arena_take_back_unheard(arena, mark, block, cursor);
}

void arena_tell_taken_back(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                           unsigned char **cursor)
{
    bool rests = tell_rewound(arena, mark, *block, *cursor);
    size_t bytes = position_of(arena->current, arena->cursor) - position_of(*block, *cursor);
    arena_take_back_unheard(arena, mark, block, cursor);
    if (rests) {
        arena_hide(arena, bytes);
        *block = arena->current;
        *cursor = arena->cursor;
        watch_of(arena)->opened = arena->cursor;
    }
}

#endif
