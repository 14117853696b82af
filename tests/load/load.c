// Much of everything: threads that use arenas for minutes, millions of arenas one after another, many at
// once, and one that is larger than most memories.
//
//     load soak SECONDS [SEED]   four threads make, fill, rewind, adopt, hand over and destroy arenas,
//                                under a limit of 512 MiB of memory, and are refused some of it
//     load create COUNT          so many arenas, one after another
//     load alive COUNT           so many arenas at once
//     load one MEBIBYTES         one arena of that size
//
// Ends with 1 and a sentence if a byte was lost, a sum is wrong, or memory has grown.

#define _GNU_SOURCE

#include <arena/arena.h>

#include "../support/bytes.h"
#include "../support/choices.h"
#include "../support/memory.h"
#include "../support/source.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MEBIBYTE ((size_t)1 << 20)

enum { THREADS = 4, SLOTS = 6, OBJECTS = 32, CHECKED = 64 };

static atomic_bool is_over;
static _Atomic(const char *) mistake;

// The first one counts.
static void wrong(const char *what)
{
    const char *none = NULL;
    atomic_compare_exchange_strong(&mistake, &none, what);
    atomic_store(&is_over, true);
}

// ----- Soak -----

// What is at both ends of an object.
typedef struct Object {
    unsigned char *bytes;
    size_t size;
    uint32_t seed;
} Object;

// An arena with some of what is in it: the last objects, and how many there were at the mark.
typedef struct Slot {
    Arena *arena;
    ArenaMark mark;
    size_t count, marked;
    bool has_mark;
    bool
        is_of_test; // its blocks come from the thread's source, so that no other thread may have it
    Object objects[OBJECTS];
} Slot;

typedef struct Worker {
    Choices choices;
    TestSource source;
    Slot slots[SLOTS];
    pthread_t thread;
    size_t steps, refusals;
} Worker;

// An arena on its way from one thread to another.
static _Atomic(Slot *) letter;

static void fill_ends(const Object *object)
{
    size_t size = object->size < CHECKED ? object->size : CHECKED;
    fill_bytes(object->bytes, size, object->seed);
    fill_bytes(object->bytes + object->size - size, size, object->seed);
}

static bool ends_are_filled(const Object *object)
{
    size_t size = object->size < CHECKED ? object->size : CHECKED;
    return bytes_are_filled(object->bytes + object->size - size, size, object->seed) &&
           (object->size < 2 * CHECKED || bytes_are_filled(object->bytes, size, object->seed));
}

static void check_slot(const Slot *slot)
{
    for (size_t i = 0; i < slot->count; i++)
        if (!ends_are_filled(&slot->objects[i]))
            wrong("an object has other bytes than were written");
    if (slot->arena && !arena_is_valid(slot->arena))
        wrong("an arena is not valid");
}

static void end_slot(Slot *slot)
{
    check_slot(slot);
    arena_destroy(slot->arena);
    *slot = (Slot){0};
}

static void start_slot(Worker *worker, Slot *slot)
{
    ArenaOptions options = {.capacity = choose(&worker->choices, 4 * 65536)};
    uint32_t kind = choose(&worker->choices, 4);
    slot->is_of_test = kind == 0;
    if (kind == 0)
        options.source = test_source(&worker->source);
    slot->arena = kind == 1 ? arena_create_region(8 * MEBIBYTE) : arena_create_with(&options);
    worker->refusals += !slot->arena;
}

// Small objects mostly; one in a hundred is up to two mebibytes, and one in a thousand may be so large that
// the limit is near.
static size_t some_size(Worker *worker)
{
    uint32_t kind = choose(&worker->choices, 1000);
    size_t most = kind == 0 ? 64 * MEBIBYTE : kind <= 10 ? 2 * MEBIBYTE : 600;
    return 1 + choose(&worker->choices, (uint32_t)most);
}

static void add_object(Worker *worker, Slot *slot)
{
    Object object = {.size = some_size(worker), .seed = choose(&worker->choices, UINT32_MAX)};
    size_t align = (size_t)1 << choose(&worker->choices, 8);
    bool is_zeroed = choose(&worker->choices, 4) == 0;
    errno = 0;
    object.bytes = is_zeroed ? arena_calloc(slot->arena, object.size)
                             : arena_alloc_aligned(slot->arena, object.size, align);
    if (!object.bytes) {
        worker->refusals++;
        if (errno != ENOMEM)
            wrong("a refusal has another reason than ENOMEM");
        return;
    }
    if (is_zeroed && !bytes_are_all(object.bytes, object.size, 0))
        wrong("zeroed memory is not zero");
    fill_ends(&object);
    if (slot->count == OBJECTS) { // it takes the place of one since the mark, if there is any
        size_t first = slot->has_mark ? slot->marked : 0;
        if (first == OBJECTS)
            return;
        slot->count--;
        memmove(slot->objects + first, slot->objects + first + 1,
                (slot->count - first) * sizeof object);
    }
    slot->objects[slot->count++] = object;
}

static void resize_newest(Worker *worker, Slot *slot)
{
    if (slot->count == (slot->has_mark ? slot->marked : 0))
        return;
    Object *object = &slot->objects[slot->count - 1];
    size_t size = some_size(worker);
    unsigned char *resized = arena_realloc(slot->arena, object->bytes, object->size, size);
    if (!resized) {
        worker->refusals++;
        return;
    }
    size_t kept = size < object->size ? size : object->size;
    if (!bytes_are_filled(resized, kept < CHECKED ? kept : CHECKED, object->seed) &&
        object->size >= 2 * CHECKED)
        wrong("a resized object has lost its first bytes");
    *object = (Object){resized, size, object->seed};
    fill_ends(object);
}

static void mark_or_rewind(Slot *slot)
{
    if (slot->has_mark) {
        arena_rewind(slot->arena, slot->mark);
        if (slot->count > slot->marked)
            slot->count = slot->marked;
        slot->has_mark = false;
    } else {
        slot->mark = arena_mark(slot->arena);
        slot->marked = slot->count;
        slot->has_mark = true;
    }
    check_slot(slot);
}

// Its objects live in the other one from now on, where nobody looks at them any more.
static void adopt_another(Worker *worker, Slot *slot)
{
    Slot *from = &worker->slots[choose(&worker->choices, SLOTS)];
    if (from == slot || !from->arena || from->is_of_test != slot->is_of_test)
        return;
    size_t used = arena_stats(slot->arena).used + arena_stats(from->arena).used;
    check_slot(from);
    if (!arena_adopt(slot->arena, from->arena) || arena_stats(slot->arena).used != used)
        wrong("what was adopted is not in the sums");
    *from = (Slot){0};
}

// Whoever finds it destroys it.
static void hand_over(Slot *slot)
{
    if (slot->is_of_test)
        return;
    Slot *sent = malloc(sizeof *sent);
    if (!sent)
        return;
    *sent = *slot;
    *slot = (Slot){0};
    Slot *found = atomic_exchange(&letter, sent);
    if (found)
        end_slot(found);
    free(found);
}

static void step(Worker *worker)
{
    Slot *slot = &worker->slots[choose(&worker->choices, SLOTS)];
    worker->source.refuse = choose(&worker->choices, 10) == 0;
    uint32_t action = choose(&worker->choices, 1000);
    if (!slot->arena)
        start_slot(worker, slot);
    else if (action < 800)
        add_object(worker, slot);
    else if (action < 920)
        resize_newest(worker, slot);
    else if (action < 970)
        mark_or_rewind(slot);
    else if (action < 980)
        arena_trim(slot->arena, choose(&worker->choices, 65536));
    else if (action < 985)
        adopt_another(worker, slot);
    else if (action < 988)
        hand_over(slot);
    else if (action < 992) {
        arena_reset(slot->arena);
        slot->count = slot->marked = 0;
        slot->has_mark = false;
    } else
        end_slot(slot);
}

static void *work(void *context)
{
    Worker *worker = context;
    while (!atomic_load(&is_over)) {
        step(worker);
        worker->steps++;
    }
    for (size_t i = 0; i < SLOTS; i++)
        end_slot(&worker->slots[i]);
    if (worker->source.live_bytes != 0 || worker->source.mistakes != 0)
        wrong("not all blocks went back to where they came from");
    test_source_is_clean(&worker->source);
    return NULL;
}

static bool limit_memory(size_t bytes)
{
    return setrlimit(RLIMIT_DATA, &(struct rlimit){bytes, bytes}) == 0;
}

static void show(const char *what, double share)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s: %3.0f %%%s", what, 100 * share, share < 1 ? "" : "\n");
}

// Sees each second how much memory there is: no more in the second half than in the first.
static void watch_workers(unsigned seconds)
{
    size_t most[2] = {0};
    for (unsigned i = 0; i < seconds && !atomic_load(&is_over); i++) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        size_t now = resident_bytes();
        size_t *half = &most[i >= seconds / 2];
        *half = now > *half ? now : *half;
        show("soak", (i + 1.0) / seconds);
    }
    atomic_store(&is_over, true);
    printf("most memory in the first half %zu MiB, in the second %zu MiB\n", most[0] / MEBIBYTE,
           most[1] / MEBIBYTE);
    if (seconds >= 20 && most[1] > most[0] + most[0] / 4 + 16 * MEBIBYTE)
        wrong("memory has grown");
}

static void soak(unsigned seconds, uint32_t seed)
{
    static Worker workers[THREADS];
    printf("seed %lu\n", (unsigned long)seed);
    if (!limit_memory(512 * MEBIBYTE))
        printf("the system sets no limit\n");
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i].choices = choices_from_seed(seed * THREADS + i);
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    watch_workers(seconds);
    size_t steps = 0, refusals = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        steps += workers[i].steps;
        refusals += workers[i].refusals;
    }
    Slot *found = atomic_exchange(&letter, NULL);
    if (found)
        end_slot(found);
    free(found);
    printf("%zu steps, %zu of them refused\n", steps, refusals);
}

// ----- Numbers -----

static void create(size_t count)
{
    size_t before = 0;
    for (size_t i = 0; i < count && !atomic_load(&is_over); i++) {
        Arena *arena = arena_create(i % 7 == 0 ? i % 200000 : 0);
        if (!arena || !arena_alloc(arena, i % 1000))
            wrong("an arena could not be made");
        arena_destroy(arena);
        if (i == count / 10)
            before = resident_bytes();
        if (i % (count / 100 + 1) == 0)
            show("create", (double)i / (double)count);
    }
    show("create", 1);
    size_t after = resident_bytes();
    printf("%zu MiB after a tenth, %zu MiB at the end\n", before / MEBIBYTE, after / MEBIBYTE);
    if (after > before + 8 * MEBIBYTE)
        wrong("memory has grown");
}

static void keep_alive(size_t count)
{
    Arena **arenas = calloc(count, sizeof *arenas);
    unsigned char **objects = calloc(count, sizeof *objects);
    if (!arenas || !objects)
        wrong("there is no memory for the list");
    for (size_t i = 0; i < count && !atomic_load(&is_over); i++) {
        arenas[i] = arena_create(4000);
        objects[i] = arenas[i] ? arena_alloc(arenas[i], 100 + i % 3000) : NULL;
        if (!objects[i])
            wrong("an arena could not be made");
        else
            fill_bytes(objects[i], 100 + i % 3000, (uint32_t)i);
    }
    for (size_t i = 0; i < count && !atomic_load(&is_over); i++) {
        if (!bytes_are_filled(objects[i], 100 + i % 3000, (uint32_t)i))
            wrong("an object has other bytes than were written");
        arena_destroy(arenas[i]);
    }
    free(arenas);
    free(objects);
}

typedef struct Numbered {
    struct Numbered *before;
    size_t number;
} Numbered;

static void fill_one(size_t mebibytes)
{
    enum { OBJECT = 4000 };
    Arena *arena = arena_create(0);
    size_t wanted = mebibytes * MEBIBYTE;
    Numbered *last = NULL;
    size_t count = 0;
    while (arena && arena_stats(arena).used < wanted && !atomic_load(&is_over)) {
        Numbered *object = arena_alloc(arena, OBJECT);
        if (!object) {
            wrong("there is less memory than was asked for");
            break;
        }
        memset(object, 0, OBJECT);
        *object = (Numbered){last, count++};
        last = object;
        if (count % 4096 == 0)
            show("one", (double)arena_stats(arena).used / (double)wanted);
    }
    show("one", 1);
    size_t seen = count;
    for (const Numbered *object = last; object; object = object->before)
        if (object->number != --seen)
            wrong("an object has other bytes than were written");
    ArenaStats stats = arena ? arena_stats(arena) : (ArenaStats){0};
    printf("%zu objects, %zu MiB used, %zu MiB reserved, %zu blocks\n", count,
           stats.used / MEBIBYTE, stats.reserved / MEBIBYTE, stats.blocks);
    if (!arena || !arena_is_valid(arena) || seen != 0 || stats.used > stats.reserved)
        wrong("the sums are not right");
    arena_destroy(arena);
}

int main(int count, char **words)
{
    char *end = NULL;
    unsigned long number = count > 2 ? strtoul(words[2], &end, 0) : 0;
    const char *what = count > 2 && *end == 0 && number > 0 ? words[1] : "";
    if (strcmp(what, "soak") == 0) {
        soak((unsigned)number, count > 3 ? (uint32_t)strtoul(words[3], NULL, 0) : 1);
    } else if (strcmp(what, "create") == 0) {
        create(number);
    } else if (strcmp(what, "alive") == 0) {
        keep_alive(number);
    } else if (strcmp(what, "one") == 0) {
        fill_one(number);
    } else {
        fputs("usage: load soak SECONDS [SEED] | create COUNT | alive COUNT | one MEBIBYTES\n",
              stderr);
        return 2;
    }
    if (atomic_load(&mistake))
        printf("%s\n", atomic_load(&mistake));
    return atomic_load(&mistake) != NULL;
}
