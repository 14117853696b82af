// What is known of an arena that is watched, and what the files that see to it share:
//
//     watch.c ──► serve.c  taken_back.c ──► gaps.c  hidden.c  idle.c

#ifndef ARENA_WATCHING_H
#define ARENA_WATCHING_H

#include "watch.h"

enum { MOST_WATCHERS = 8 };

// A watcher of the arena. Where its interval is 0 it hears of every allocation, and its gap is 0.
typedef struct Attached {
    const ArenaWatcher *watcher;
    void *state;
    size_t interval;
    size_t gap;  // bytes from `opened` to the next allocation that it hears of
    bool is_due; // it hears of the present one
} Attached;

// What `hidden` of the arena was when an epoch ended, or is so far.
typedef struct Hidden {
    uint64_t epoch;
    size_t bytes;
} Hidden;

// Part of a block that was taken back, all of which is idle, since this epoch: nobody has it, though the
// arena goes on behind it.
typedef struct Piece {
    unsigned char *start;
    size_t size;
    uint64_t epoch;
} Piece;

// Pieces do not overlap and are in the order of blocks and addresses, with rising epochs; `bytes` is the
// sum of their sizes.
typedef struct Idle {
    Piece *pieces;
    size_t count;
    size_t capacity;
    size_t bytes;
} Idle;

typedef struct Watch {
    ArenaWatch base; // first, so that the core's pointer is one to this

    // Who watches, in the order in which they came.
    Attached attached[MOST_WATCHERS];
    size_t count;

    // The window reaches no further from `opened` than the least gap, or not at all if that is 0.
    uint64_t random;       // the state of a generator
    unsigned char *opened; // the cursor when the gaps were drawn, or shortened

    // Bytes, in multiples of malloc's alignment: the widest that anybody wants who hears of every
    // allocation; and what the object that was allocated last has, which may be none.
    size_t red_zone;
    size_t zone;

    // The latest object with red zones, if the second one ends at the cursor, so that it may be resized
    // where it stands while its epoch lasts; or NULL.
    unsigned char *newest;
    uint64_t newest_epoch;

    // The latest object, if the guard has it, and its place in the arena, which is empty; or NULL.
    unsigned char *guarded;
    unsigned char *place;

    // The object that was allocated last, of those that anybody could have heard of, and the alignment
    // that was asked for.
    void *latest;
    size_t align;

    // The arena is being destroyed.
    bool is_ending;

    // What takes back at present, or did last, and where; 0: not asked yet.
    const char *how;
    Stack here;

    // Of each epoch in which something was hidden and is still there, with rising epochs. The last one
    // is what `hidden` of the arena is now; that is 0 where there is none.
    Hidden *hidden;
    size_t hidden_count;
    size_t hidden_capacity;

    Idle idle;

    // Of an arena in the caller's buffer, which need not be destroyed: where it is, and another one.
    const void *lent;
    struct Watch *next_lent;
} Watch;

static inline Watch *watch_of(const Arena *arena)
{
    return (Watch *)arena->watch;
}

// Calls a function of those watchers that have it.
#define TELL(arena, function, ...)                                  \
    for (size_t i = 0, n = watch_of(arena)->count; i < n; i++) {    \
        const Attached *to = &watch_of(arena)->attached[i];         \
        if (to->watcher->function)                                  \
            to->watcher->function((arena), to->state, __VA_ARGS__); \
    }

// NULL if it does not watch the arena.
static inline Attached *attached_of(const Arena *arena, const ArenaWatcher *watcher)
{
    Watch *watch = watch_of(arena);
    size_t i = 0;
    while (i < watch->count && watch->attached[i].watcher != watcher)
        i++;
    return i < watch->count ? &watch->attached[i] : NULL;
}

// Red zones are memory that the program has not asked for. In the caller's buffer, or a region, it would
// miss them; a limit does not count them.
static inline bool has_red_zones(const Arena *arena)
{
    return watch_of(arena)->red_zone > 0 && !arena_is_buffer(&arena->source) &&
           !arena_is_region(&arena->source);
}

// Bytes that the chain has handed out up to a place in one of its blocks.
static inline size_t position_of(const ArenaBlock *block, const unsigned char *cursor)
{
    return block->used_before + offset_in(block, cursor);
}

// serve.c

// What the core's hooks of these names do.
void *arena_alloc_watched(Arena *arena, size_t size, size_t align);
void *arena_resize_watched(Arena *arena, void *ptr, size_t old_size, size_t new_size);
bool arena_extend_watched(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size);

// From now on no object is resized where it stands because it was the latest.
void arena_forget_newest(Arena *arena);

// gaps.c

// An allocation is at hand: takes down who hears of it. And tells them of it.
void arena_note_who_is_due(Arena *arena, size_t size);
void arena_tell_allocated(Arena *arena, void *object, size_t size);

// Draws all gaps anew, and opens the window as far as the least of them.
void arena_open_to_next(Arena *arena);

// Has the gaps go on from where the window is about to be opened.
void arena_move_gaps(Arena *arena, unsigned char *cursor);

// taken_back.c

// What the core's hooks of these names do.
bool arena_tell_rewinding(Arena *arena, const ArenaMark *mark);
void arena_tell_taken_back(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                           unsigned char **cursor);

// The last one where nobody wants to know what is freed, and where nobody hears of it at all: only the
// window changes.
void arena_tell_briefly(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                        unsigned char **cursor);
void arena_take_back_unheard(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                             unsigned char **cursor);

// The arena is about to end: all that it has is freed, what it has adopted also released.
void arena_tell_end(Arena *arena);

// All blocks of `owner`, the arena itself or one that it has adopted, go back to the source.
void arena_tell_released(Arena *arena, const Arena *owner);

// hidden.c

// The arena goes back to the mark, or is empty, and so is what was hidden since.
void arena_unhide_until(Arena *arena, const ArenaMark *mark);

// idle.c

// Whether all that is used from a position on, which is newer than the epoch, may lie idle; and has it do
// so: the arena goes on after it.
bool arena_may_rest(Arena *arena, const ArenaBlock *block, const unsigned char *cursor,
                    uint64_t epoch);
void arena_rest(Arena *arena, ArenaBlock *block, unsigned char *start, uint64_t epoch);

// What lies idle since a later epoch has to be as it was left; then it does no more.
void arena_end_idle_since(Arena *arena, uint64_t epoch);

// A little of it, whatever happens.
void arena_check_latest_idle(Arena *arena);

// Nothing lies idle any more, and nobody looks at what did.
void arena_forget_idle(Watch *watch);

#endif
