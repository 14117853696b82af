// Memory that was taken back and lies idle for a while, so that its use is found: nobody else has it
// yet.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "watching.h"
#include "../core/atomics.h"

#include <stdlib.h>

// Bytes of one arena, and of all; and pieces of one, of which each is known with its place.
enum { MOST_PIECES = 1 << 17 };
#define MOST_OF_ONE ((size_t)16 << 20)
#define MOST_OF_ALL ((size_t)256 << 20)

static atomic_size_t bytes_of_all;

// ----- Pieces -----

// Whether so many bytes more may lie idle, in this arena and in all of them.
static bool may_be_idle(const Idle *idle, size_t bytes)
{
    return bytes <= MOST_OF_ONE && idle->bytes <= MOST_OF_ONE - bytes &&
           idle->count < MOST_PIECES && atomic_load(&bytes_of_all) <= MOST_OF_ALL - bytes;
}

// The first piece that has lain there since a later epoch; those after it have, too.
static size_t first_idle_since(const Idle *idle, uint64_t epoch)
{
    size_t first = idle->count;
    while (first > 0 && idle->pieces[first - 1].epoch > epoch)
        first--;
    return first;
}

// Drops what comes from `first` on.
static void cut_idle(Idle *idle, size_t first)
{
    while (idle->count > first) {
        size_t size = idle->pieces[--idle->count].size;
        idle->bytes -= size;
        atomic_fetch_sub(&bytes_of_all, size);
    }
    if (idle->count == 0) {
        free(idle->pieces);
        idle->pieces = NULL;
        idle->capacity = 0;
    }
}

// Adds a piece at the end, where there is memory to note it.
static void add_idle(Idle *idle, Piece piece)
{
    if (piece.size == 0)
        return;
    if (idle->count == idle->capacity) {
        size_t capacity = idle->capacity ? 2 * idle->capacity : 8;
        Piece *more = realloc(idle->pieces, capacity * sizeof *more);
        if (!more)
            return;
        idle->pieces = more;
        idle->capacity = capacity;
    }
    idle->pieces[idle->count++] = piece;
    idle->bytes += piece.size;
    atomic_fetch_add(&bytes_of_all, piece.size);
}

// ----- Checks -----

void arena_end_idle_since(Arena *arena, uint64_t epoch)
{
    Idle *idle = &watch_of(arena)->idle;
    size_t first = first_idle_since(idle, epoch);
    for (size_t i = first; i < idle->count; i++)
        arena_check_freed(arena, idle->pieces[i].start, idle->pieces[i].size);
    cut_idle(idle, first);
}

// A write is found soon where it happens much: in what was taken back last.
void arena_check_latest_idle(Arena *arena)
{
    enum { A_LITTLE = 1 << 14 };
    const Idle *idle = &watch_of(arena)->idle;
    if (idle->count == 0)
        return;
    const Piece *piece = &idle->pieces[idle->count - 1];
    size_t size = smaller(piece->size, A_LITTLE);
    arena_check_freed(arena, piece->start + piece->size - size, size);
}

void arena_forget_idle(Watch *watch)
{
    cut_idle(&watch->idle, 0);
}

// ----- What comes to rest -----

static void tell_piece(Arena *arena, unsigned char *start, unsigned char *end)
{
    if (start < end)
        TELL(arena, freed, start, (size_t)(end - start));
}

// Tells of what is used in a block from `start` to `end` and was not idle until now; those pieces that
// were begin at `first`, and the first one that is not in the block is returned.
static size_t tell_around_idle(Arena *arena, unsigned char *start, unsigned char *end, size_t first)
{
    const Idle *idle = &watch_of(arena)->idle;
    for (; first < idle->count; first++) {
        unsigned char *piece = idle->pieces[first].start;
        if ((uintptr_t)piece - (uintptr_t)start >= (uintptr_t)end - (uintptr_t)start)
            break;
        tell_piece(arena, start, piece);
        start = piece + idle->pieces[first].size;
    }
    tell_piece(arena, start, end);
    return first;
}

static unsigned char *used_end(const Arena *arena, ArenaBlock *block)
{
    return block == arena->current ? arena->cursor : block->data + block->used;
}

void arena_rest(Arena *arena, ArenaBlock *block, unsigned char *start, uint64_t epoch)
{
    Idle *idle = &watch_of(arena)->idle;
    size_t first = first_idle_since(idle, epoch);
    size_t next = first;
    unsigned char *from = start;
    for (ArenaBlock *each = block;; each = each->next, from = each->data) {
        next = tell_around_idle(arena, from, used_end(arena, each), next);
        if (each == arena->current)
            break;
    }
    cut_idle(idle, first);
    for (; block != arena->current; block = block->next, start = block->data)
        add_idle(idle, (Piece){start, (size_t)(used_end(arena, block) - start), arena->epoch});
    add_idle(idle, (Piece){start, (size_t)(arena->cursor - start), arena->epoch});
}

// Only where the checker knows what is idle, and memory is not missed.
bool arena_may_rest(Arena *arena, const ArenaBlock *block, const unsigned char *cursor,
                    uint64_t epoch)
{
    const Idle *idle = &watch_of(arena)->idle;
    const Attached *knows = attached_of(arena, arena_checker());
    if (!knows || !knows->state || !has_red_zones(arena) || !arena_is_heap(&arena->source))
        return false;
    size_t bytes = position_of(arena->current, arena->cursor) - position_of(block, cursor);
    for (size_t i = first_idle_since(idle, epoch); i < idle->count; i++)
        bytes -= idle->pieces[i].size;
    return may_be_idle(idle, bytes);
}

#endif
