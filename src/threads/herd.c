// Herds. The members are on a list that any thread may push to, and from which nothing is taken while
// threads run; so a thread that has a member needs no lock to find it, and most of the time not even
// the list:
//
//     ArenaHerd ─► youngest member ─► ... ─► oldest member       { arena, thread, number }
//     thread:   { its number, a few herds with its members }

#include "arena/herd.h"
#include "../core/atomics.h"

#include <errno.h>
#include <stdlib.h>

typedef struct HerdMember {
    struct HerdMember *next; // the next older one; while members are sorted, the next one
    Arena *arena;
    size_t thread;    // whose it is
    uint64_t number;  // its place in the order
    bool is_numbered; // the user has said so
} HerdMember;

struct ArenaHerd {
    size_t id; // that no other herd ever had, nor this one before its members left
    ARENA_ATOMIC(HerdMember *) members;
    ArenaOptions options;
};

typedef struct KnownMember {
    size_t herd; // its id; 0: none
    HerdMember *member;
} KnownMember;

// KNOWN herds in a row, made one after the other, have places of their own.
enum { KNOWN = 4 };

// A thread is known by a number, because the address of one that has ended is another's soon.
typedef struct Herder {
    size_t number; // 0: has not met a herd yet
    KnownMember known[KNOWN];
} Herder;

static ARENA_THREAD_LOCAL Herder herder;
static atomic_size_t last_herd;
static atomic_size_t last_thread;

static size_t next_number(atomic_size_t *last)
{
    return atomic_fetch_add(last, 1) + 1;
}

ArenaHerd *arena_herd_create(const ArenaOptions *options)
{
    if (options && (options->buffer || options->buffer_size)) {
        errno = EINVAL;
        return NULL;
    }
    ArenaHerd *herd = malloc(sizeof *herd);
    if (!herd) {
        errno = ENOMEM;
        return NULL;
    }
    herd->id = next_number(&last_herd);
    herd->options = options ? *options : (ArenaOptions){0};
    atomic_init(&herd->members, NULL);
    return herd;
}

// ----- Members -----

// The calling thread's member on the list; NULL if it has none. A thread that meets its first herd
// need not look.
static HerdMember *search_member(const ArenaHerd *herd)
{
    if (herder.number == 0) {
        herder.number = next_number(&last_thread);
        return NULL;
    }
    HerdMember *member = atomic_load(&herd->members);
    while (member && member->thread != herder.number)
        member = member->next;
    return member;
}

static HerdMember *new_member(const ArenaHerd *herd)
{
    Arena *arena = arena_create_with(&herd->options);
    if (!arena)
        return NULL;
    HerdMember *member = malloc(sizeof *member);
    if (!member) {
        arena_destroy(arena);
        errno = ENOMEM;
        return NULL;
    }
    *member = (HerdMember){.arena = arena, .thread = herder.number};
    return member;
}

static HerdMember *add_member(ArenaHerd *herd)
{
    HerdMember *member = new_member(herd);
    if (member) {
        member->next = atomic_load(&herd->members);
        while (!atomic_compare_exchange_weak(&herd->members, &member->next, member))
            continue;
    }
    return member;
}

static ARENA_COLD HerdMember *meet_herd(ArenaHerd *herd)
{
    HerdMember *member = search_member(herd);
    if (!member)
        member = add_member(herd);
    if (member)
        herder.known[herd->id % KNOWN] = (KnownMember){herd->id, member};
    return member;
}

static HerdMember *own_member(ArenaHerd *herd)
{
    const KnownMember *known = &herder.known[herd->id % KNOWN];
    return known->herd == herd->id ? known->member : meet_herd(herd);
}

Arena *arena_herd_member(ArenaHerd *herd)
{
    HerdMember *member = own_member(herd);
    return member ? member->arena : NULL;
}

bool arena_herd_number(ArenaHerd *herd, uint64_t number)
{
    HerdMember *member = own_member(herd);
    if (!member)
        return false;
    member->number = number;
    member->is_numbered = true;
    return true;
}

// ----- The order -----

static bool comes_before(const HerdMember *member, const HerdMember *other)
{
    if (!member->is_numbered || !other->is_numbered)
        return member->is_numbered;
    return member->number < other->number;
}

// Where members are equal, those of `first` come first.
static HerdMember *merge_members(HerdMember *first, HerdMember *second)
{
    HerdMember *merged = NULL;
    HerdMember **link = &merged;
    while (first && second) {
        HerdMember **from = comes_before(second, first) ? &second : &first;
        *link = *from;
        *from = (*from)->next;
        link = &(*link)->next;
    }
    *link = first ? first : second;
    return merged;
}

// Takes `count` members, at least one, off a list that begins with the youngest, and sorts them.
static HerdMember *take_sorted(HerdMember **list, size_t count)
{
    if (count == 1) {
        HerdMember *member = *list;
        *list = member->next;
        member->next = NULL;
        return member;
    }
    HerdMember *younger = take_sorted(list, count / 2);
    HerdMember *older = take_sorted(list, count - count / 2);
    return merge_members(older, younger);
}

// Takes all members, in their order, and gives the herd a new number, so that no thread knows a member
// of it any more.
static HerdMember *take_members(ArenaHerd *herd)
{
    HerdMember *members = atomic_exchange(&herd->members, NULL);
    size_t count = 0;
    for (const HerdMember *member = members; member; member = member->next)
        count++;
    herd->id = next_number(&last_herd);
    return count > 0 ? take_sorted(&members, count) : NULL;
}

// ----- All members -----

static bool has_member(const ArenaHerd *herd, const Arena *arena)
{
    const HerdMember *member = atomic_load(&herd->members);
    while (member && member->arena != arena)
        member = member->next;
    return member != NULL;
}

// No adoption fails: no member is `into`, and none lives in a buffer, since the herd has none.
bool arena_herd_join(ArenaHerd *herd, Arena *into)
{
    if (has_member(herd, into)) {
        errno = EINVAL;
        return false;
    }
    HerdMember *member = take_members(herd);
    while (member) {
        HerdMember *next = member->next;
        (void)arena_adopt(into, member->arena);
        free(member);
        member = next;
    }
    return true;
}

void arena_herd_reset(ArenaHerd *herd)
{
    for (HerdMember *member = atomic_load(&herd->members); member; member = member->next)
        arena_reset(member->arena);
}

ArenaStats(arena_herd_stats)(const ArenaHerd *herd)
{
    ArenaStats sums = {0};
    for (HerdMember *member = atomic_load(&herd->members); member; member = member->next) {
        ArenaStats stats = arena_stats(member->arena);
        sums.used += stats.used;
        sums.peak += stats.peak;
        sums.reserved += stats.reserved;
        sums.wasted += stats.wasted;
        sums.blocks += stats.blocks;
        sums.failures += stats.failures;
    }
    return sums;
}

void arena_herd_destroy(ArenaHerd *herd)
{
    HerdMember *member = herd ? atomic_load(&herd->members) : NULL;
    while (member) {
        HerdMember *next = member->next;
        arena_destroy(member->arena);
        free(member);
        member = next;
    }
    free(herd);
}
