// Arm's memory tags (MTE): each 16 bytes of memory have a tag, and an access through a pointer with another
// one is a fault. Pointers into arenas keep the tag 0; what is no object gets another, so that no pointer has
// to change. What is smaller than 16 bytes beside an object has its tag.

#ifndef ARENA_TAGS_H
#define ARENA_TAGS_H

#include "arena/arena.h"

// Has this thread's accesses checked, and those of threads that it starts; false if processor, system or
// compiler do not have it, or somebody else uses it.
bool arena_tags_begin(void);
bool arena_tags_are_used(void);

// So that tags stick: for memory of the heap or of a region, in whole pages around it.
void arena_tags_cover(const void *start, size_t size);

// No access; and access. Without tags in use, nothing.
void arena_tags_hide(const void *start, size_t size);
void arena_tags_show(const void *start, size_t size);

#endif
