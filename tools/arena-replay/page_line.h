// A figure over time, thinned out. Time is cut into pieces, by the clock and by the numbers of events;
// of the points of a piece those are kept that are first, lowest, highest and last. So every peak is
// exact, however long the trace, and so are the moments when it came.

#ifndef REPLAY_PAGE_LINE_H
#define REPLAY_PAGE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A value from this event on.
typedef struct Point {
    uint64_t number;
    uint64_t time;
    uint64_t value;
} Point;

typedef struct Pieces {
    uint64_t events;
    uint64_t micros;
    uint64_t count; // of pieces; as many again by the clock
} Pieces;

typedef struct Line {
    Point *points;
    size_t count;
    size_t room;
    uint64_t changes; // as many points as there were
    uint64_t piece;   // of the points below; none if there are no changes
    Point first;
    Point lowest;
    Point highest;
    Point last;
} Line;

// So many points are not thinned out at all.
Pieces pieces_of(uint64_t events, uint64_t micros);

// What does not change the value is no point. False if there is no memory.
bool line_add(Line *line, const Pieces *pieces, Point point);

// Takes over what is known of the last piece.
bool line_end(Line *line);
void line_free(Line *line);

#endif
