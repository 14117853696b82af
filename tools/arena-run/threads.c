#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

// In its arena.
typedef struct Seat {
    Arena *arena;
    struct Seat *next; // of those that no thread has
} Seat;

ARENA_THREAD_LOCAL Arena *mine;
static ARENA_THREAD_LOCAL bool is_visiting;
static ARENA_THREAD_LOCAL bool is_over; // but for destructors that come later

static bool is_begun; // before, there is no environment yet, and no other thread
static pthread_key_t at_thread_end;
static bool has_key; // or the arenas of threads that end are lost
static _Atomic(Seat *) idle;

// ----- Seats -----

static void push_idle(Seat *first, Seat *last)
{
    last->next = atomic_load(&idle);
    while (!atomic_compare_exchange_weak(&idle, &last->next, first))
        continue;
}

// Takes all and puts the others back, so that no seat can come and go while another one is looked at.
// A child that is forked meanwhile goes without them, as it does without those of all other threads:
// these may have been left in the midst of something.
static Seat *pop_idle(void)
{
    Seat *seat = atomic_exchange(&idle, NULL);
    Seat *last = seat ? seat->next : NULL;
    while (last && last->next)
        last = last->next;
    if (last)
        push_idle(seat->next, last);
    return seat;
}

static Seat *new_seat(void)
{
    const ArenaOptions options = {.name = "malloc"};
    Arena *arena = arena_create_with(&options);
    Seat *seat = arena ? ARENA_NEW(arena, Seat) : NULL;
    if (seat)
        seat->arena = arena;
    else
        arena_destroy(arena);
    return seat;
}

// What the thread still allocates, in later destructors, is the system's; what they free is given back.
static void leave_seat(void *seat)
{
    mine = NULL;
    is_over = true;
    push_idle(seat, seat);
}

static Arena *take_seat(void)
{
    Seat *seat = pop_idle();
    if (!seat)
        seat = new_seat();
    if (!seat)
        return NULL;
    if (has_key)
        pthread_setspecific(at_thread_end, seat);
    return seat->arena;
}

// ----- Visits -----

Visit begin_visit(void)
{
    Visit visit = {.is_refused = is_visiting || !is_begun, .arena = mine, .error = errno};
    if (visit.is_refused)
        return visit;
    mine = NULL;
    is_visiting = true;
    if (!visit.arena && !is_over)
        visit.arena = take_seat();
    return visit;
}

void end_visit(const Visit *visit, bool good)
{
    if (!visit->is_refused) {
        mine = visit->arena;
        is_visiting = false;
    }
    errno = good ? visit->error : ENOMEM;
}

// Whoever allocates before this has memory of the system's.
__attribute__((constructor)) static void begin(void)
{
    has_key = pthread_key_create(&at_thread_end, leave_seat) == 0;
    is_begun = true;
}
