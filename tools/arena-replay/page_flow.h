// What each arena has, from event to event: the figures that the page draws over time. Of what a trace
// leaves open, the least is taken: an object that grows where it is may have got memory that no event
// tells of, and then the arena holds at least what is used.

#ifndef REPLAY_PAGE_FLOW_H
#define REPLAY_PAGE_FLOW_H

#include "lives.h"
#include "trace.h"

typedef enum Figure {
    FIGURE_USED,     // bytes of objects
    FIGURE_RESERVED, // bytes of blocks
    FIGURE_BLOCKS,
    FIGURE_LARGE, // blocks that were got for one object each
    FIGURES
} Figure;

typedef struct Figures {
    uint64_t values[FIGURES];
} Figures;

// What an event has changed of an arena.
typedef struct Change {
    uint32_t arena;
    Figures before;
    Figures after;
} Change;

// What an arena holds, besides its objects.
typedef struct Holding {
    TraceSource source;
    uint64_t reserved;
    uint64_t blocks;
    uint64_t *large; // capacities, oldest first
    size_t large_count;
    size_t large_room;
    uint64_t acquired; // the capacity of a block that nothing is in yet; 0: there is none
    uint64_t place;    // of the newest object, of `size` bytes
    uint64_t size;
    bool is_new;     // nothing has been told but that it was made
    bool has_newest; // nothing has come after it that would keep its memory
    bool is_copy;    // it was allocated by the event before, maybe in order to grow another one
} Holding;

typedef struct Flow {
    Lives lives;
    Holding *holdings;
    Change changes[2]; // by the latest event
    size_t change_count;
    uint64_t acquired; // bytes that it has brought
} Flow;

// False if there is no memory.
bool flow_begin(Flow *flow, size_t arenas);
bool flow_event(Flow *flow, const Event *event);
void flow_free(Flow *flow);

#endif
