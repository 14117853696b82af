// Lines, and how they are thinned out.

#include "page_line.h"

#include <stdlib.h>

// Up to MOST_EXACT events each has a piece of its own.
enum { MOST_PIECES = 1500, MOST_EXACT = 6000 };

Pieces pieces_of(uint64_t events, uint64_t micros)
{
    return (Pieces){events, micros, events <= MOST_EXACT ? events : MOST_PIECES};
}

static uint64_t share(uint64_t value, uint64_t of, uint64_t count)
{
    return (uint64_t)((double)value / ((double)of + 1) * (double)count);
}

// It never decreases from point to point. Where each event has its own, no clock is needed.
static uint64_t piece_of(const Pieces *pieces, const Point *point)
{
    if (pieces->count == pieces->events)
        return point->number;
    return share(point->number, pieces->events, pieces->count) +
           share(point->time, pieces->micros, pieces->count);
}

static bool push_point(Line *line, Point point)
{
    if (line->count > 0 && line->points[line->count - 1].number >= point.number)
        return true;
    if (line->count == line->room) {
        size_t room = line->room ? 2 * line->room : 64;
        Point *points = realloc(line->points, room * sizeof *points);
        if (!points)
            return false;
        line->points = points;
        line->room = room;
    }
    line->points[line->count++] = point;
    return true;
}

bool line_end(Line *line)
{
    bool falls = line->highest.number < line->lowest.number;
    return line->changes == 0 ||
           (push_point(line, line->first) &&
            push_point(line, falls ? line->highest : line->lowest) &&
            push_point(line, falls ? line->lowest : line->highest) && push_point(line, line->last));
}

bool line_add(Line *line, const Pieces *pieces, Point point)
{
    uint64_t piece = piece_of(pieces, &point);
    if (line->changes > 0 ? point.value == line->last.value : point.value == 0)
        return true;
    if (line->changes == 0 || piece != line->piece) {
        if (!line_end(line))
            return false;
        line->first = line->lowest = line->highest = point;
        line->piece = piece;
    }
    if (point.value < line->lowest.value)
        line->lowest = point;
    if (point.value > line->highest.value)
        line->highest = point;
    line->last = point;
    line->changes++;
    return true;
}

void line_free(Line *line)
{
    free(line->points);
    *line = (Line){0};
}
