// Many more threads than cores on one herd: they meet at a barrier, where one of them joins what all
// have made while the others wait, and threads that they start come and go meanwhile. To be run under
// ThreadSanitizer. Ends with 1 and a sentence if something was lost or in the wrong order.

#include <arena/herd.h>
#include <arena/scratch.h>

#include "support/bytes.h"

#include <pthread.h>
#include <stdio.h>

// Of each worker there is one visitor a round, a thread that lives no longer than its object takes.
enum { WORKERS = 24, ROUNDS = 60, OBJECTS = 20, LARGEST = 400, PEOPLE = 2 * WORKERS };

// A barrier, which not all systems have.
typedef struct Barrier {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    size_t waiting;
    size_t round;
} Barrier;

static Barrier barrier = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static void meet(void)
{
    pthread_mutex_lock(&barrier.mutex);
    size_t round = barrier.round;
    if (++barrier.waiting == WORKERS) {
        barrier.waiting = 0;
        barrier.round++;
        pthread_cond_broadcast(&barrier.opened);
    }
    while (round == barrier.round)
        pthread_cond_wait(&barrier.opened, &barrier.mutex);
    pthread_mutex_unlock(&barrier.mutex);
}

// What one thread made in the round.
typedef struct Harvest {
    unsigned char *objects[OBJECTS];
    bool is_whole;
    size_t number; // its place in the order
} Harvest;

static ArenaHerd *herd;
static Harvest harvests[PEOPLE];
static size_t next_to_end; // the number of the member that ends next, when what they joined ends
static size_t mistakes;    // written by the first worker only

static size_t size_of(size_t number, size_t object)
{
    return (number * 37 + object * 11) % LARGEST + 1;
}

// What was joined last ends first. In a herd that is not joined there is no order.
static void note_end(void *context)
{
    const Harvest *harvest = context;
    if (next_to_end > 0)
        mistakes += harvest->number != --next_to_end;
}

static void reap(Harvest *harvest)
{
    Arena *arena = arena_herd_member(herd);
    harvest->is_whole =
        arena && arena_herd_number(herd, harvest->number) && arena_defer(arena, note_end, harvest);
    for (size_t i = 0; i < OBJECTS && harvest->is_whole; i++) {
        ArenaScratch scratch = arena_scratch_begin(&arena, 1);
        size_t size = size_of(harvest->number, i);
        void *draft = scratch.arena ? arena_alloc(scratch.arena, size) : NULL;
        if (draft)
            fill_bytes(draft, size, (uint32_t)(harvest->number * OBJECTS + i));
        harvest->objects[i] = draft ? arena_memdup(arena_herd_member(herd), draft, size) : NULL;
        harvest->is_whole = harvest->objects[i] != NULL;
        arena_scratch_end(scratch);
    }
}

static void *visit(void *context)
{
    reap(context);
    return NULL;
}

static bool is_intact(const Harvest *harvest)
{
    bool intact = harvest->is_whole;
    for (size_t i = 0; i < OBJECTS && intact; i++)
        intact = bytes_are_filled(harvest->objects[i], size_of(harvest->number, i),
                                  (uint32_t)(harvest->number * OBJECTS + i));
    return intact;
}

static void check_all(void)
{
    for (size_t i = 0; i < PEOPLE; i++)
        mistakes += !is_intact(&harvests[i]);
}

// The other workers wait meanwhile.
static void join_all(void)
{
    Arena *into = arena_create(0);
    mistakes += !into || !arena_herd_join(herd, into);
    check_all();
    next_to_end = PEOPLE;
    arena_destroy(into);
    mistakes += next_to_end != 0 || arena_herd_stats(herd).blocks != 0;
}

// So does a new herd, perhaps in the place of the old one.
static void replace_herd(void)
{
    check_all();
    arena_herd_reset(herd);
    arena_herd_destroy(herd);
    herd = arena_herd_create(NULL);
}

static void *work(void *context)
{
    Harvest *own = context;
    size_t worker = (size_t)(own - harvests);
    Harvest *of_visitor = own + WORKERS;
    for (size_t round = 0; round < ROUNDS; round++) {
        own->number = (worker + round) % WORKERS * 2;
        of_visitor->number = own->number + 1;
        of_visitor->is_whole = false;
        pthread_t visitor;
        bool visited = pthread_create(&visitor, NULL, visit, of_visitor) == 0;
        reap(own);
        if (visited)
            pthread_join(visitor, NULL);
        meet();
        if (worker == 0 && round % 5 == 4)
            replace_herd();
        else if (worker == 0)
            join_all();
        meet();
    }
    return NULL;
}

int main(void)
{
    pthread_t workers[WORKERS];
    herd = arena_herd_create(NULL);
    if (!herd)
        return 1;
    for (size_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&workers[i], NULL, work, &harvests[i]) != 0) {
            fputs("a thread could not be started\n", stderr);
            return 1;
        }
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    arena_herd_destroy(herd);
    if (mistakes > 0)
        fprintf(stderr, "%zu times something was lost or in the wrong order\n", mistakes);
    return mistakes > 0;
}
