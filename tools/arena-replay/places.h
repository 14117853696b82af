// Where objects are that a trace resizes later: a table by their place and size.

#ifndef REPLAY_PLACES_H
#define REPLAY_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// NO_OPERATION: nothing that one knows of is there.
#define NO_OPERATION UINT32_MAX

typedef struct Place {
    uint64_t place;
    uint64_t size;
    uint32_t operation; // that made the object there
    uint32_t arena;
    bool is_taken; // else this entry of the table is free
} Place;

typedef struct Places {
    Place *items;
    size_t count;
    size_t room; // a power of two
} Places;

// Adds a place, without an object, if it is not there. False if there is no memory.
bool places_add(Places *places, uint64_t place, uint64_t size);

// NULL if it was not added.
Place *places_find(const Places *places, uint64_t place, uint64_t size);

void places_free(Places *places);

#endif
