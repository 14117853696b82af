// Words counted by several threads, one for each file, and each in an arena of its own from a herd:
// no lock while they count, and no copy of the counters when they are done. The herd joins its
// arenas to the one of the results, where these live on. They are added up in the order of the
// files, so which thread was faster does not show.
//
//     wordcount FILE...

#include <arena/herd.h>
#include <arena/map.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Job {
    ArenaHerd *herd;
    const char *path;
    ArenaMap
        counts; // of each word, which is what stands between blanks, 63 bytes at most; a size_t
    pthread_t thread;
} Job;

// Several threads may fail at once, which _Exit allows, and exit does not.
static _Noreturn void fail(const char *what, int error)
{
    fprintf(stderr, "wordcount: %s: %s\n", what, strerror(error));
    _Exit(1);
}

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)size, (void)context;
    fail("memory", ENOMEM);
}

static void *count_words(void *context)
{
    Job *job = context;
    Arena *arena = arena_herd_member(job->herd);
    FILE *file = fopen(job->path, "r");
    if (!arena || !file)
        fail(job->path, errno);
    for (char word[64]; fscanf(file, "%63s", word) == 1;) {
        void **count = arena_map_slot(arena, &job->counts, word, strlen(word));
        if (!*count)
            *count = ARENA_NEW0(arena, size_t);
        ++*(size_t *)*count;
    }
    if (ferror(file))
        fail(job->path, errno);
    fclose(file);
    return NULL;
}

// The counter of the latest file that has the word becomes the sum: there is no copy to make.
static void add(Arena *arena, ArenaMap *sums, const ArenaMap *counts)
{
    for (size_t i = 0; i < counts->count; i++) {
        const ArenaMapEntry *entry = arena_map_at(counts, i);
        void **sum = arena_map_slot(arena, sums, entry->key, entry->length);
        if (*sum)
            *(size_t *)entry->value += *(size_t *)*sum;
        *sum = entry->value;
    }
}

int main(int count, char **paths)
{
    ArenaOptions options = {.name = "words", .on_failure = give_up};
    Arena *arena = arena_create_with(&options);
    ArenaHerd *herd = arena_herd_create(&options);
    if (!arena || !herd)
        fail("memory", errno);
    Job *jobs = ARENA_NEW_ARRAY(arena, Job, (size_t)count);
    for (int i = 1; i < count; i++) {
        jobs[i] = (Job){.herd = herd, .path = paths[i]};
        int error = pthread_create(&jobs[i].thread, NULL, count_words, &jobs[i]);
        if (error)
            fail(paths[i], error);
    }
    ArenaMap sums = {0};
    for (int i = 1; i < count; i++) {
        pthread_join(jobs[i].thread, NULL);
        add(arena, &sums, &jobs[i].counts);
    }
    arena_herd_join(herd, arena); // what is in `sums` lives on
    arena_herd_destroy(herd);
    for (size_t i = 0; i < sums.count; i++) {
        const ArenaMapEntry *sum = arena_map_at(&sums, i);
        printf("%6zu %s\n", *(size_t *)sum->value, sum->key);
    }
    arena_destroy(arena);
    return 0;
}
