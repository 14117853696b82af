// The source of source.h. Each piece is a part of a malloc'd one, with a note of what was given.

#include "source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_ALIGN = 64, FRESH_FILL = 0xA5 };

typedef struct TestPiece {
    struct TestPiece *next;
    unsigned char *whole; // what malloc gave
    unsigned char *given;
    size_t size; // as given
    size_t most; // as far as it can be extended
} TestPiece;

static bool call_fails(TestSource *test, size_t asked)
{
    test->calls++;
    test->last_asked = asked;
    if (asked > PTRDIFF_MAX)
        test->mistakes++;
    if (test->refuse || (test->ceiling != 0 && asked > test->ceiling))
        return true;
    return test->fail_at != 0 &&
           (test->fail_on ? test->calls >= test->fail_at : test->calls == test->fail_at);
}

static void count_bytes(TestSource *test, size_t more)
{
    test->live_bytes += more;
    if (test->live_bytes > test->most_bytes)
        test->most_bytes = test->live_bytes;
}

static bool allocate_piece(TestPiece *piece, size_t size, size_t extension, size_t shift)
{
    if (size > PTRDIFF_MAX - extension - PIECE_ALIGN - shift)
        return false;
    // One byte that is never used keeps a piece of no bytes apart from its neighbours.
    piece->whole = malloc(size + extension + PIECE_ALIGN + shift);
    if (!piece->whole)
        return false;
    size_t padding = (size_t)(-(uintptr_t)piece->whole & (PIECE_ALIGN - 1));
    piece->given = piece->whole + padding + shift;
    piece->size = size;
    piece->most = size + extension;
    memset(piece->given, FRESH_FILL, piece->most);
    return true;
}

static void *acquire_piece(void *context, size_t *size)
{
    TestSource *test = context;
    test->acquisitions++;
    if (call_fails(test, *size) || *size > SIZE_MAX / 4)
        return NULL;

    TestPiece *piece = malloc(sizeof *piece);
    size_t given = *size + test->generous - (test->short_by < *size ? test->short_by : *size);
    if (!piece || !allocate_piece(piece, given, test->extension, test->shift)) {
        free(piece);
        return NULL;
    }
    piece->next = test->pieces;
    test->pieces = piece;
    test->live_pieces++;
    count_bytes(test, given);
    *size = given;
    return piece->given;
}

static TestPiece **find_piece(TestSource *test, const void *given, size_t size)
{
    TestPiece **link = &test->pieces;
    while (*link && ((*link)->given != given || (*link)->size != size))
        link = &(*link)->next;
    if (!*link)
        test->mistakes++;
    return link;
}

static bool extend_piece(void *context, void *block, size_t old_size, size_t *new_size)
{
    TestSource *test = context;
    test->extensions++;
    TestPiece *piece = *find_piece(test, block, old_size);
    if (*new_size < old_size)
        test->mistakes++;
    if (call_fails(test, *new_size) || !piece || *new_size > piece->most)
        return false;
    if (test->extend_short != 0) {
        // It says that it has succeeded, and the piece stays as it is.
        *new_size -= test->extend_short < *new_size ? test->extend_short : *new_size;
        return true;
    }

    if (piece->most - *new_size >= test->generous)
        *new_size += test->generous;
    count_bytes(test, *new_size - piece->size);
    piece->size = *new_size;
    return true;
}

static void free_piece(TestSource *test, TestPiece **link)
{
    TestPiece *piece = *link;
    *link = piece->next;
    test->live_pieces--;
    test->live_bytes -= piece->size;
    free(piece->whole);
    free(piece);
}

static void release_piece(void *context, void *block, size_t size)
{
    TestSource *test = context;
    test->releases++;
    TestPiece **link = find_piece(test, block, size);
    if (*link)
        free_piece(test, link);
}

ArenaSource test_source(TestSource *test)
{
    ArenaSource source = {.acquire = acquire_piece, .release = release_piece, .context = test};
    if (test->extension != 0)
        source.extend = extend_piece;
    return source;
}

bool test_source_is_clean(TestSource *test)
{
    bool clean = !test->pieces && test->live_bytes == 0 && test->mistakes == 0;
    while (test->pieces)
        free_piece(test, &test->pieces);
    return clean;
}
