// Which stacks allocate how much: what the profiler has found, for those who write it down.

#ifndef ARENA_PROFILE_H
#define ARENA_PROFILE_H

#include "watch.h"

// Both are estimates, from the objects that were noted.
typedef struct Amount {
    double objects;
    double bytes;
} Amount;

// One stack, in arenas of one name, which may be empty.
typedef struct ProfileSite {
    Stack stack;
    const char *name;
    Amount total; // since the process began
    Amount peak;  // of it, there when the process had most
    Amount live;  // and there now
} ProfileSite;

// An object that was noted and is there, or a part of one; how many bytes it stands for.
typedef struct ProfileMark {
    const unsigned char *start;
    size_t size;
    double bytes;
    Stack stack;
} ProfileMark;

// Those of an arena and of what it has adopted, in the order of their addresses. NULL if there are none,
// or no memory; to be freed.
ProfileMark *arena_profile_marks(const Arena *arena, size_t *count);

// The frames that sites have, innermost first, without the library's; returns how many there are. And
// the name of the function that one is in, or its file and place in that.
size_t arena_profile_frames(Stack stack, void *const **frames);
void arena_profile_name(void *frame, char *text, size_t size);

// pprof.c and folded.c: false if it could not be written.
bool arena_profile_write_pprof(const ProfileSite *sites, size_t count, FILE *out);
bool arena_profile_write_folded(const ProfileSite *sites, size_t count, size_t amount, FILE *out);

// What ARENA_OPTIONS says: a file for the end of the process; false if it cannot be opened.
bool arena_profile_from_now(const char *file);

// What watch.c asks for: bytes between the allocations that are noted, at present.
size_t arena_profile_interval_now(void);

#endif
