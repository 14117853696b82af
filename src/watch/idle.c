// Memory that was taken back and lies idle for a while.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "idle.h"

#include <stdatomic.h>
#include <stdlib.h>

// Bytes of one arena, and of all.
#define MOST_OF_ONE ((size_t)16 << 20)
#define MOST_OF_ALL ((size_t)256 << 20)

static atomic_size_t bytes_of_all;

bool arena_idle_has_room(const Idle *idle, size_t bytes)
{
    return bytes <= MOST_OF_ONE && idle->bytes <= MOST_OF_ONE - bytes &&
           atomic_load(&bytes_of_all) <= MOST_OF_ALL - bytes;
}

size_t arena_idle_since(const Idle *idle, uint64_t epoch)
{
    size_t first = idle->count;
    while (first > 0 && idle->pieces[first - 1].epoch > epoch)
        first--;
    return first;
}

void arena_idle_cut(Idle *idle, size_t first)
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

void arena_idle_add(Idle *idle, Piece piece)
{
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

#endif
