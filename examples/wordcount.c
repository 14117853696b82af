// Words counted by several threads, each in an arena of its own from a herd: no lock, and nothing
// is copied when they are done. The herd joins its arenas, in the order of the text, to the one of
// the results, where the counters of the threads live on. They are added up in that order too, so
// how many threads there were does not show.

#define _POSIX_C_SOURCE 200809L

#include <arena/herd.h>
#include <arena/map.h>
#include <arena/text.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_THREADS = 64 };

typedef struct Chunk {
    ArenaHerd *herd;
    uint64_t number; // in the text
    const char *text;
    size_t size;
    ArenaMap counts; // of each word; a size_t
    pthread_t thread;
} Chunk;

static _Noreturn void fail(const char *what, int error)
{
    fprintf(stderr, "wordcount: %s: %s\n", what, strerror(error));
    exit(1);
}

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)size, (void)context;
    fail("memory", ENOMEM);
}

static ArenaText read_file(Arena *arena, const char *path)
{
    ArenaText text = {0};
    char piece[4096];
    FILE *file = fopen(path, "r");
    for (size_t size; file && (size = fread(piece, 1, sizeof piece, file)) > 0;)
        arena_text_append(arena, &text, piece, size);
    if (!file || ferror(file))
        fail(path, errno);
    fclose(file);
    return text;
}

// ----- What each thread does -----

static bool is_in_word(char character)
{
    return isalnum((unsigned char)character) || character == '\'';
}

static void *count_words(void *context)
{
    Chunk *chunk = context;
    Arena *arena = arena_herd_member(chunk->herd);
    if (!arena || !arena_herd_number(chunk->herd, chunk->number))
        fail("memory", ENOMEM);
    for (size_t start = 0, end; start < chunk->size; start = end + 1) {
        for (end = start; end < chunk->size && is_in_word(chunk->text[end]);)
            end++;
        if (end == start)
            continue;
        void **slot = arena_map_slot(arena, &chunk->counts, chunk->text + start, end - start);
        if (!*slot)
            *slot = ARENA_NEW0(arena, size_t);
        ++*(size_t *)*slot;
    }
    return NULL;
}

// ----- What all threads do together -----

// Chunks of about the same size, which end where a word ends.
static void cut(Chunk *chunks, size_t count, ArenaHerd *herd, const ArenaText *text)
{
    for (size_t i = 0, start = 0, end; i < count; i++, start = end) {
        end = i + 1 < count ? text->count / count * (i + 1) : text->count;
        end = end < start ? start : end;
        while (end < text->count && is_in_word(text->items[end]))
            end++;
        chunks[i] =
            (Chunk){.herd = herd, .number = i, .text = text->items + start, .size = end - start};
    }
}

// The first chunk that has a word lends its counter to the sum: the memory is the same arena's now.
static ArenaMap add_up(Arena *arena, const Chunk *chunks, size_t count)
{
    ArenaMap sums = {0};
    for (size_t i = 0; i < count; i++) {
        for (size_t word = 0; word < chunks[i].counts.count; word++) {
            const ArenaMapEntry *entry = arena_map_at(&chunks[i].counts, word);
            void **sum = arena_map_slot(arena, &sums, entry->key, entry->length);
            if (*sum)
                *(size_t *)*sum += *(size_t *)entry->value;
            else
                *sum = entry->value;
        }
    }
    return sums;
}

static ArenaMap count_in_parallel(Arena *arena, const ArenaText *text, size_t count)
{
    Chunk *chunks = ARENA_NEW_ARRAY(arena, Chunk, count);
    ArenaHerd *herd = arena_herd_create(&(ArenaOptions){.name = "words", .on_failure = give_up});
    if (!herd)
        fail("memory", ENOMEM);
    cut(chunks, count, herd, text);
    for (size_t i = 0; i < count; i++) {
        int error = pthread_create(&chunks[i].thread, NULL, count_words, &chunks[i]);
        if (error)
            fail("thread", error);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(chunks[i].thread, NULL);
    if (!arena_herd_join(herd, arena))
        fail("join", errno);
    arena_herd_destroy(herd);
    return add_up(arena, chunks, count);
}

static void print(const ArenaMap *sums, size_t least)
{
    printf("%zu different words; those that are there %zu times or more:\n", sums->count, least);
    for (size_t i = 0; i < sums->count; i++) {
        const ArenaMapEntry *entry = arena_map_at(sums, i);
        if (*(size_t *)entry->value >= least)
            printf("%6zu %s\n", *(size_t *)entry->value, entry->key);
    }
}

int main(int count, char **words)
{
    static const char usage[] = "usage: wordcount THREADS FILE\n";
    if (count == 2 && strcmp(words[1], "--help") == 0)
        return fputs(usage, stdout) == EOF;
    char *end = "";
    unsigned long threads = count == 3 ? strtoul(words[1], &end, 10) : 0;
    if (threads < 1 || threads > MOST_THREADS || *end)
        return fprintf(stderr, "%sTHREADS is 1 to %d\n", usage, MOST_THREADS), 2;
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "results", .on_failure = give_up});
    if (!arena)
        fail("memory", errno);
    ArenaText text = read_file(arena, words[2]);
    ArenaMap sums = count_in_parallel(arena, &text, threads);
    print(&sums, 5);
    arena_destroy(arena);
    return 0;
}
