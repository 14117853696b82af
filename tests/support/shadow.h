// The shadow of one arena: what each live byte of it has to be, which undo entries it holds, and
// which marks may be rewound to. The model moves the shadow along with the arena and compares.
//
// An object older than the latest mark that was reallocated where it stands is *covered* by a newer
// record of the same bytes, until a rewind drops that one.

#ifndef ARENA_TESTS_SHADOW_H
#define ARENA_TESTS_SHADOW_H

#include <arena/arena.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers.h"
#include "source.h"

enum {
    SHADOW_MARKS = CONTAINER_MARKS,
    SHADOW_CONTAINERS = 5,
    SHADOW_OUTSIDE = 192,
    SHADOW_GUARD = 64,
    GUARD_FILL = 0xEE
};
enum { NO_OBJECT = -1 };

typedef struct ShadowObject {
    unsigned char *bytes;
    unsigned char *expected; // a copy; NULL if `size` is 0
    size_t size;
    long covers; // the older object that this record covers, or NO_OBJECT
    bool covered;
    bool left;   // it has moved, and no mark saw it here: nobody may use it, and its bytes stay
    bool closed; // and a sanitizer may know that from the checker
    bool pinned; // its bytes were remembered while it was young, so it must stay where it is
} ShadowObject;

// What a rewind undoes: a deferred call with the number `id`, or bytes that are put back.
typedef struct ShadowUndo {
    bool is_call;
    unsigned long id;
    long object; // whose bytes were remembered; NO_OBJECT: those outside of the arena
    size_t offset, size;
    unsigned char *saved;
} ShadowUndo;

typedef struct ShadowMark {
    ArenaMark mark;
    size_t objects, undos, used, children_used;
} ShadowMark;

typedef enum ShadowKind {
    SHADOW_HEAP,
    SHADOW_BUFFER,
    SHADOW_REGION,
    SHADOW_SOURCE,
    SHADOW_KINDS
} ShadowKind;

typedef struct Shadow {
    Arena *arena;
    ShadowKind kind;
    TestSource source;     // of SHADOW_SOURCE
    unsigned char *whole;  // of SHADOW_BUFFER: malloc'd, with the buffer and its guards inside
    unsigned char *buffer; // the first guard
    size_t buffer_size;
    bool bounded;  // requests may fail for lack of memory, whatever the limit
    bool may_fail; // and so they may now
    size_t limit;  // in force since creation; 0: none

    ShadowObject *objects;
    size_t object_count, object_capacity;
    size_t young_from; // objects from here on were made since the latest mark
    ShadowUndo *undos;
    size_t undo_count, undo_capacity;
    ShadowMark marks[SHADOW_MARKS];
    size_t mark_count;
    bool marked; // since the last reset
    unsigned char outside[SHADOW_OUTSIDE], outside_expected[SHADOW_OUTSIDE];

    Container containers[SHADOW_CONTAINERS]; // that use this arena, or the one that adopted it

    size_t live_bytes; // of objects that are not covered
    size_t peak, failures;
    struct Shadow *parent;   // that adopted this one
    struct Shadow *children; // adopted, newest first
    struct Shadow *next;     // the next older child of the same parent
    size_t children_used;
    bool undoing_all; // reset or destroyed: nothing is put back

    const char **mistake; // set to a sentence when the arena and its shadow differ
} Shadow;

// Notes the first mistake of all. Returns false.
bool shadow_mistake(Shadow *shadow, const char *sentence);

// Adds an object of these bytes, whose expected bytes are what is there now.
bool shadow_add(Shadow *shadow, unsigned char *bytes, size_t size);

// Takes what is in the object now as what is expected.
void shadow_accept(Shadow *shadow, size_t object);

// The object has another address or size, and new contents to accept.
void shadow_move(Shadow *shadow, size_t object, unsigned char *bytes, size_t size);

// The older `object` goes on as a newer record of `size` bytes at the same address.
bool shadow_cover(Shadow *shadow, size_t object, size_t size);

// Adds an entry for the model to complete; NULL if there is no memory for it.
ShadowUndo *shadow_add_undo(Shadow *shadow);

// A deferred call has run: everything newer is undone, and the entry has to be this one.
void shadow_called(Shadow *shadow, unsigned long id);

// The arena has made its mark with this number, or this arena's containers go on under a parent with
// so many marks. Those of the children take part in both.
void shadow_marked(Shadow *shadow, size_t mark);
void shadow_adopted(Shadow *shadow, size_t marks);

// What a rewind to a mark, and what a reset or destruction leaves of the shadow.
void shadow_rewound(Shadow *shadow, const ShadowMark *mark);
void shadow_forgotten(Shadow *shadow);

bool shadow_check_object(Shadow *shadow, size_t object);

// Every live byte, those of the adopted arenas and those around the caller's buffer included.
bool shadow_check_bytes(Shadow *shadow);

// Every container, those of the adopted arenas included. Not while a rewind is going on.
bool shadow_check_containers(Shadow *shadow);

// The validity and the figures of the arena.
bool shadow_check_figures(Shadow *shadow);

// Frees the shadow and those of its children, whose arenas are gone; false if memory of theirs
// did not come back to the source.
bool shadow_free(Shadow *shadow);

#endif
