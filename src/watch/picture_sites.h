// Who has asked for what an arena holds, as far as the profiler knows.

#ifndef ARENA_PICTURE_SITES_H
#define ARENA_PICTURE_SITES_H

#include "arena/arena.h"

enum { PICTURE_SITES = 7 }; // that have a colour; what is left is one more

// A function that has called the library, and about how many bytes that has given it.
typedef struct PictureSite {
    char name[128];
    double bytes;
} PictureSite;

// A place where one of them is known to have an object, and which.
typedef struct PictureSpot {
    const unsigned char *start;
    size_t size;
    size_t site;
} PictureSpot;

// The sites with the most bytes, most first; at PICTURE_SITES is the sum of all others. Spots are in the
// order of addresses.
typedef struct PictureSites {
    PictureSite sites[PICTURE_SITES + 1];
    PictureSpot *spots;
    size_t spot_count;
} PictureSites;

// Without spots where nothing is known. To be freed.
PictureSites arena_picture_sites(const Arena *arena);
void arena_picture_sites_free(PictureSites *sites);

// Of a piece of memory whose spots are in question, from `start` to `end`: how many bytes from `at` on
// are taken to be of one site, and which. As far as it is the nearest one; 0 where there are no spots.
size_t arena_picture_sites_span(const PictureSites *sites, const unsigned char *start,
                                const unsigned char *end, const unsigned char *at, size_t *site);

#endif
