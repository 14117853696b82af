// The profiler notes few objects; what lies between two of them is taken to be like the nearer one.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "picture_sites.h"
#include "profile.h"

#include <stdlib.h>

// All functions that were met, with the bytes that they have.
typedef struct Callers {
    PictureSite *sites;
    size_t count;
} Callers;

// ----- Who has how much -----

static size_t find_caller(Callers *callers, const char *name)
{
    size_t i = 0;
    while (i < callers->count && strcmp(callers->sites[i].name, name) != 0)
        i++;
    if (i == callers->count) {
        memcpy(callers->sites[i].name, name, sizeof callers->sites[i].name);
        callers->count++;
    }
    return i;
}

// The first function of the program's that is in a stack.
static void name_caller(Stack stack, char *name, size_t size)
{
    void *const *frames;
    memset(name, 0, size);
    if (arena_profile_frames(stack, &frames) > 0)
        arena_profile_name(frames[0], name, size);
    else
        memcpy(name, "?", 2);
}

static int compare_stacks(const void *left, const void *right)
{
    const ProfileMark *a = left;
    const ProfileMark *b = right;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

// Sums the marks up, and has each spot know its caller; a stack is given a name once.
static void sum_up(Callers *callers, ProfileMark *marks, PictureSpot *spots, size_t count)
{
    qsort(marks, count, sizeof *marks, compare_stacks);
    size_t caller = 0;
    for (size_t i = 0; i < count; i++) {
        char name[sizeof callers->sites[0].name];
        if (i == 0 || marks[i].stack != marks[i - 1].stack) {
            name_caller(marks[i].stack, name, sizeof name);
            caller = find_caller(callers, name);
        }
        callers->sites[caller].bytes += marks[i].bytes;
        spots[i] = (PictureSpot){marks[i].start, marks[i].size, caller};
    }
}

// ----- Which of them are shown -----

static size_t caller_with_most(const Callers *callers, const bool *is_taken)
{
    size_t most = callers->count;
    for (size_t i = 0; i < callers->count; i++)
        if (!is_taken[i] &&
            (most == callers->count || callers->sites[i].bytes > callers->sites[most].bytes))
            most = i;
    return most;
}

// Gives those with the most bytes the first numbers, and the others the last one.
static void rank_callers(const Callers *callers, PictureSites *sites, size_t *ranks, bool *is_taken)
{
    for (size_t i = 0; i < callers->count; i++)
        ranks[i] = PICTURE_SITES;
    for (size_t rank = 0; rank < PICTURE_SITES && rank < callers->count; rank++) {
        size_t most = caller_with_most(callers, is_taken);
        is_taken[most] = true;
        ranks[most] = rank;
        sites->sites[rank] = callers->sites[most];
    }
    for (size_t i = 0; i < callers->count; i++)
        if (!is_taken[i])
            sites->sites[PICTURE_SITES].bytes += callers->sites[i].bytes;
}

static int compare_spots(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const PictureSpot *)left)->start;
    uintptr_t b = (uintptr_t)((const PictureSpot *)right)->start;
    return (a > b) - (a < b);
}

static void fill_sites(PictureSites *sites, ProfileMark *marks, size_t count)
{
    Callers callers = {calloc(count, sizeof *callers.sites), 0};
    size_t *ranks = calloc(count, sizeof *ranks);
    bool *is_taken = calloc(count, sizeof *is_taken);
    sites->spots = calloc(count, sizeof *sites->spots);
    if (callers.sites && ranks && is_taken && sites->spots) {
        sum_up(&callers, marks, sites->spots, count);
        rank_callers(&callers, sites, ranks, is_taken);
        for (size_t i = 0; i < count; i++)
            sites->spots[i].site = ranks[sites->spots[i].site];
        qsort(sites->spots, count, sizeof *sites->spots, compare_spots);
        sites->spot_count = count;
    }
    free(callers.sites);
    free(ranks);
    free(is_taken);
}

PictureSites arena_picture_sites(const Arena *arena)
{
    PictureSites sites = {0};
    size_t count;
    ProfileMark *marks = arena_profile_marks(arena, &count);
    if (marks)
        fill_sites(&sites, marks, count);
    free(marks);
    return sites;
}

void arena_picture_sites_free(PictureSites *sites)
{
    free(sites->spots);
    *sites = (PictureSites){0};
}

// ----- Where they are -----

// The first spot that starts at the address, or behind it.
static size_t first_spot(const PictureSites *sites, const unsigned char *address)
{
    size_t low = 0;
    size_t high = sites->spot_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)sites->spots[middle].start < (uintptr_t)address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Where one spot ends to be nearer than the next.
static const unsigned char *border(const PictureSpot *spot, const PictureSpot *next)
{
    const unsigned char *end = spot->start + spot->size;
    return end < next->start ? end + (next->start - end) / 2 : next->start;
}

size_t arena_picture_sites_span(const PictureSites *sites, const unsigned char *start,
                                const unsigned char *end, const unsigned char *at, size_t *site)
{
    size_t last = first_spot(sites, end);
    size_t spot = first_spot(sites, start);
    while (spot + 1 < last && border(&sites->spots[spot], &sites->spots[spot + 1]) <= at)
        spot++;
    if (spot >= last)
        return 0;
    *site = sites->spots[spot].site;
    while (spot + 1 < last && sites->spots[spot + 1].site == *site)
        spot++;
    const unsigned char *until =
        spot + 1 < last ? border(&sites->spots[spot], &sites->spots[spot + 1]) : end;
    return (size_t)(until - at);
}

#endif
