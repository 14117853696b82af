// Containers of the random model: they live in the model's own memory, grow in an arena, and are
// compared with a copy; at each rewind with the copy that was taken at the mark.
//
// A kind of containers is a row in the table of containers.c: how it is changed at random, and how
// its contents are read.

#ifndef ARENA_TESTS_CONTAINERS_H
#define ARENA_TESTS_CONTAINERS_H

#include <arena/array.h>
#include <arena/map.h>
#include <arena/text.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "choices.h"

enum { CONTAINER_MARKS = 24 };

typedef struct Twelve {
    uint32_t parts[3];
} Twelve;

typedef struct Wide {
    _Alignas(64) unsigned char bytes[64];
} Wide;

// What a container holds, item after item.
typedef struct Contents {
    unsigned char *bytes; // NULL if `size` is 0
    size_t size;
} Contents;

typedef struct Container {
    const struct ContainerKind *kind;
    union {
        ARENA_ARRAY(unsigned char) bytes;
        ARENA_ARRAY(int) ints;
        ARENA_ARRAY(Twelve) twelves;
        ARENA_ARRAY(Wide) wides;
        ARENA_SEGMENTED(int) segments;
        ArenaText text;
        ArenaMap map;
    } as;
    Contents now;
    Contents at_mark[CONTAINER_MARKS]; // as many as the arena has marks
} Container;

// One random change, and what came of it.
typedef struct Change {
    Arena *arena;
    Choices *choices;
    uint32_t seed;       // of what is put in
    size_t failures;     // for lack of memory
    size_t refusals;     // for arguments that make no sense
    const char *mistake; // a sentence if the container is wrong, or NULL
} Change;

// An empty container of any kind.
void container_start(Container *container, Choices *choices);

// Changes the container at random.
void container_change(Container *container, Change *change);

// Pushes items that a rewind takes away at once.
void container_disturb(Container *container, Arena *arena);

// Whether it holds what it should.
bool container_is_right(const Container *container);

// What happened to the arena: the mark with this number was made, or rewound to; another arena with
// so many marks has adopted it; all was forgotten, and the container is empty. False if there is no
// memory for a copy.
bool container_marked(Container *container, size_t mark);
bool container_rewound(Container *container, size_t mark);
bool container_adopted(Container *container, size_t marks);
void container_forgotten(Container *container);

#endif
