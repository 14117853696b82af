// What the page tells, gathered in two readings of a trace: sums first, and then the lines over time of
// the names that turned out to be the largest. All of it is bounded, whatever the trace is.

#ifndef REPLAY_PAGE_STORY_H
#define REPLAY_PAGE_STORY_H

#include "page_flow.h"
#include "page_line.h"

enum {
    MOST_NAMES = 250, // those after them are one more
    MOST_LINES = 6,   // names with a line of their own
    MOST_FALLS = 100, // the deepest of a line
    MOST_SITES = 2000,
    SIZE_CLASSES = 64 // by the bits of the size
};

typedef struct SizeClass {
    uint64_t count;
    uint64_t bytes;
} SizeClass;

// What there is at once, and the most there ever was.
typedef struct Level {
    Figures now;
    Figures most;
} Level;

// Arenas of one name.
typedef struct Name {
    const char *text;
    unsigned sources; // a bit for each TraceSource
    uint32_t line;    // the one that it is part of
    uint64_t arenas;
    uint64_t allocations;
    uint64_t bytes;
    uint64_t resizes;
    uint64_t rewinds;
    uint64_t resets;
    uint64_t adopted; // arenas that another one has taken over
    uint64_t blocks;  // got, first ones included
    uint64_t large;   // of those, for one object
    uint64_t acquired;
    uint64_t released;
    uint64_t largest; // block
    Level level;
    SizeClass sizes[SIZE_CLASSES];
} Name;

// What a rewind, a reset or a destruction has given back.
typedef struct Fall {
    uint64_t number;
    uint64_t time;
    uint64_t bytes;
    TraceEvent kind;
} Fall;

// The first is that of all arenas, the last that of the names that have none of their own.
typedef struct History {
    uint32_t name; // an index, if it is of one
    uint32_t names;
    Level level;
    Line lines[FIGURES];
    Fall falls[MOST_FALLS];
    size_t fall_count;
    size_t least_fall;
} History;

enum { HISTORY_ALL, HISTORY_FIRST, HISTORY_OTHERS = HISTORY_FIRST + MOST_LINES, HISTORIES };

// Where allocations of one name were made.
typedef struct Site {
    uint32_t stack;
    uint32_t name;
    uint64_t count; // 0: an entry that is free
    uint64_t bytes;
} Site;

typedef struct Story {
    uint64_t events;
    uint64_t micros;
    uint64_t threads;
    uint64_t allocations;
    uint64_t bytes;
    Level level;
    Name names[MOST_NAMES + 1];
    uint32_t name_count;
    uint32_t *name_of; // by arena
    Site *sites;       // while reading, a table by stack and name; then sorted, most bytes first
    size_t site_count;
    size_t site_room;
    Pieces pieces;
    History histories[HISTORIES];
} Story;

// NULL if there is no memory.
Story *story_read(Trace *trace);
void story_free(Story *story);

#endif
