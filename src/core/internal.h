// What the files of the core share. The arrows run one way:
//
//     arena.c   alloc.c   journal.c   strings.c   format.c   inspect.c
//         \        |         /
//              blocks.c
//                  |
//              memory/

#ifndef ARENA_INTERNAL_H
#define ARENA_INTERNAL_H

#include "arena/arena.h"
#include "platform.h"
#include "sizes.h"
#include "tuning.h"

// What malloc aligns to: blocks start and end on it, and so does what arena_alloc returns.
#define MALLOC_ALIGN ARENA_ALIGNOF(max_align_t)

// An entry of the journal, newest first. It lives in the arena, so a rewind that undoes it takes
// its memory back as well.
struct ArenaUndo {
    ArenaUndo *next;
    void (*call)(void *context);                          // NULL: `undo`
    void (*undo)(void *saved, const ArenaRewind *rewind); // NULL: put `saved` back
    void *target; // the context of the call, where `saved` goes, or what `undo` changes
    size_t size;  // bytes in `saved`
    unsigned char saved[];
};

// What the core tells who watches an arena, in whose place it does not know who does. `mark` is NULL
// where all is taken back.
typedef struct ArenaHooks {
    // These do what their caller would; a failure of `alloc` is left to that.
    void *(*alloc)(Arena *arena, size_t size, size_t align);
    void *(*resize)(Arena *arena, void *ptr, size_t old_size, size_t new_size);
    void *(*zero)(void *object, size_t size);
    void (*initialised)(const void *object, size_t size);
    bool (*extend)(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size);
    void (*moved)(Arena *arena, void *old, size_t old_size, void *object, size_t size);
    bool (*rewinding)(Arena *arena, const ArenaMark *mark); // false: it is not to be; may be NULL
    // May have the arena go on elsewhere than where the mark was, so that memory stays as it is.
    void (*taken_back)(Arena *arena, const ArenaMark *mark, ArenaBlock **block,
                       unsigned char **cursor);
    void (*acquired)(Arena *arena, void *start, size_t size);
    void (*released)(Arena *arena, void *start, size_t size);
    bool (*adopting)(Arena *into, Arena *from); // one of them is watched; false: it is not to be
    void (*ending)(Arena *arena);
} ArenaHooks;

struct ArenaWatch {
    const ArenaHooks *hooks;
};

static inline bool may_take_back(Arena *arena, const ArenaMark *mark)
{
    const ArenaHooks *hooks = arena->watch->hooks;
    return !hooks->rewinding || hooks->rewinding(arena, mark);
}

typedef void ArenaOnCreate(Arena *arena);

// Who is told of each new arena; NULL: nobody. At first, in src/watch, who finds out whether anybody
// wants to know.
extern ARENA_ATOMIC(ArenaOnCreate *) arena_on_create;
void arena_first_create(Arena *arena);

// Who takes a block back that no source has given, if anybody has made such blocks: they are in
// src/watch, and have no `memory`, as the one in the caller's buffer.
typedef void ArenaTakeBack(Arena *arena, ArenaBlock *block);
extern ARENA_ATOMIC(ArenaTakeBack *) arena_take_back;

// Bytes in the block up to `address`, which may point anywhere; more than `capacity` if it is not
// in the block.
static inline size_t offset_in(const ArenaBlock *block, const void *address)
{
    return (size_t)((uintptr_t)address - (uintptr_t)block->data);
}

static inline unsigned char *end_of(ArenaBlock *block)
{
    return block->data + block->capacity;
}

// Bytes that the arena has handed out.
static inline size_t bytes_used(const Arena *arena)
{
    return arena->current->used_before + offset_in(arena->current, arena->cursor) +
           arena->large_used + arena->adopted_sums.used - arena->hidden;
}

// Has to come before anything that lowers bytes_used.
static inline void note_peak(Arena *arena)
{
    arena->peak = larger(arena->peak, bytes_used(arena));
}

// Bytes to ask a source for so that `payload` bytes fit; SIZE_MAX if that is more than there can be.
// The memory may start unaligned, and the end of a block is rounded down.
static inline size_t block_size_for(size_t payload)
{
    size_t extra = sizeof(ArenaBlock) + 2 * (MALLOC_ALIGN - 1);
    return payload <= PTRDIFF_MAX - extra ? payload + extra : SIZE_MAX;
}

// Takes down how large the memory of a block is now.
static inline void set_block_size(ArenaBlock *block, size_t size)
{
    size_t header = (size_t)(block->data - (unsigned char *)block->memory);
    block->size = size;
    block->capacity = (size - header) & ~(MALLOC_ALIGN - 1);
}

// Bytes from `address` to the end of the huge page that it lies in.
static inline size_t room_in_page(const void *address)
{
    return ARENA_TUNE_HUGE - ((uintptr_t)address & (ARENA_TUNE_HUGE - 1));
}

// Bytes that the window may have, of `room` in the block, where these reach the end of the cursor's
// huge page; writes there if the page is new. In blocks.c.
size_t arena_begin_page(Arena *arena, size_t room);

// Opens the window from the cursor on, as far as the stride lets it, and no further than into the
// first huge page that was not used before.
static inline void open_window(Arena *arena)
{
    size_t room = (size_t)(end_of(arena->current) - arena->cursor);
    if (room >= room_in_page(arena->cursor) && !arena->watch)
        room = arena_begin_page(arena, room);
    arena->end = arena->cursor + smaller(room, arena->stride);
}

// blocks.c

// Lays a block into memory that a source gave, after `lead` bytes for something else, which are
// zero then; both start aligned. NULL if the memory is too small, or ends where addresses do.
ArenaBlock *arena_place_block(void *memory, size_t size, size_t lead, bool zero);

// Sets `block_size` anew, after the chain has become longer or shorter.
void arena_plan_next_block(Arena *arena);

// Gives one block back to the source; the caller has taken it off its list and out of the sums.
void arena_release_block(Arena *arena, ArenaBlock *block);

// Makes room at the cursor for `more` bytes where the current block stands, or for `payload` bytes,
// aligned as malloc's, in the block after it. False: there is none, and nothing has changed.
bool arena_extend_block(Arena *arena, size_t more);
bool arena_enter_spare_block(Arena *arena, size_t payload);
bool arena_enter_new_block(Arena *arena, size_t payload);

// Writes down what the cursor knows, before it leaves the block or goes back in it.
void arena_leave_block(Arena *arena);

// Puts the cursor into a block that has been left, or is new.
void arena_return_to(Arena *arena, ArenaBlock *block, unsigned char *cursor);

// Puts a block on the list of large objects, with `used` bytes of it handed out.
void arena_add_large(Arena *arena, ArenaBlock *block, size_t used);

// A block of its own for a large object of `payload` bytes; NULL if there is no memory.
ArenaBlock *arena_acquire_large(Arena *arena, size_t payload);

// What points to the large object of `size` bytes at `ptr`, if that was made since the latest mark;
// or NULL.
ArenaBlock **arena_find_young_large(Arena *arena, const void *ptr, size_t size);

// Has the large object that `link` points to hold `payload` bytes, without a copy; or false.
bool arena_resize_large(Arena *arena, ArenaBlock **link, size_t payload);

// Gives one back that was made since the latest mark; or false, if the journal points to it.
bool arena_release_young_large(Arena *arena, ArenaBlock *block);

// Gives large objects back to the source, from the newest up to `last`, which stays.
void arena_release_large_until(Arena *arena, ArenaBlock *last);

// alloc.c

// What arena_alloc_aligned and arena_realloc do where nobody watches, but that nobody has heard of a
// failure of the first; the second as far as nothing is copied, or else NULL; and the part of it that
// concerns the newest object, which is resized where it stands, if it can be.
void *arena_serve(Arena *arena, size_t size, size_t align);
void *arena_resize(Arena *arena, void *ptr, size_t old_size, size_t new_size);
void *arena_resize_without_copy(Arena *arena, void *ptr, size_t old_size, size_t new_size);
bool arena_resize_newest(Arena *arena, void *object, size_t size);
bool arena_extend_newest(Arena *arena, void *ptr, size_t old_size, size_t least, size_t *size);

// journal.c

// Undoes the journal, newest first, up to `last`, which stays. With NULL for `rewind` only calls are
// made. Returns whether there was anything.
bool arena_undo_until(Arena *arena, ArenaUndo *last, ArenaRewind *rewind);

#endif
