// A source of memory for tests: it fails when it is told to, misaligns what it gives, extends in
// place, and notes every release that does not match what was acquired.

#ifndef ARENA_TESTS_SOURCE_H
#define ARENA_TESTS_SOURCE_H

#include <arena/arena.h>

#include <stdbool.h>
#include <stddef.h>

// The switches may be set at any time; 0 is the plain behaviour of each.
typedef struct TestSource {
    size_t fail_at;      // the call with this number fails, the first one being 1
    bool fail_on;        // and so does every later one
    bool refuse;         // every call fails
    size_t ceiling;      // no piece may be larger than this
    size_t shift;        // bytes that every piece starts after a multiple of 64
    size_t generous;     // bytes given beyond what was asked for
    size_t short_by;     // bytes given less than was asked for
    size_t extend_short; // bytes that an extension says it gave less than it was asked for
    size_t extension;    // bytes that every piece can be extended by where it stands

    size_t calls;        // acquisitions and extensions asked for
    size_t acquisitions; // acquisitions asked for
    size_t extensions;   // extensions asked for
    size_t releases;
    size_t last_asked;  // the size that the last call asked for
    size_t live_pieces; // acquired and not released
    size_t live_bytes;
    size_t most_bytes; // the highest `live_bytes`
    size_t mistakes;   // releases and extensions that match no piece, and requests over PTRDIFF_MAX
    struct TestPiece *pieces;
} TestSource;

// The seam of `test`, which outlives every arena that uses it. Fresh pieces are filled with 0xA5.
ArenaSource test_source(TestSource *test);

// Whether everything came back, and every call matched a piece. Frees what was not given back.
bool test_source_is_clean(TestSource *test);

#endif
