// An interner: each word of a text is kept once, so that the same word is the same pointer. Whoever
// compares words compares pointers from then on; here, to find words that stand twice in a row.

#include <arena/array.h>
#include <arena/map.h>
#include <arena/text.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Word {
    const char *name; // interned
    size_t line;
} Word;

typedef struct Text {
    ArenaMap names;          // of each different word: how often it is there, a size_t
    ARENA_ARRAY(Word) words; // in the order of the text
} Text;

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)context;
    fprintf(stderr, "intern: no memory for %zu bytes\n", size);
    exit(1);
}

static ArenaText read_input(Arena *arena)
{
    ArenaText text = {0};
    char piece[4096];
    for (size_t size; (size = fread(piece, 1, sizeof piece, stdin)) > 0;)
        arena_text_append(arena, &text, piece, size);
    return text;
}

static void add_word(Arena *arena, Text *text, const char *word, size_t size, size_t line)
{
    ArenaMapEntry *entry = arena_map_entry(arena, &text->names, word, size);
    if (!entry->value)
        entry->value = ARENA_NEW0(arena, size_t);
    ++*(size_t *)entry->value;
    *ARENA_PUSH(arena, &text->words) = (Word){entry->key, line};
}

// A word is made of letters, which become small.
static Text read_words(Arena *arena, char *bytes, size_t size)
{
    Text text = {.words = {0}};
    for (size_t start = 0, end, line = 1; start < size; start = end + 1) {
        for (end = start; end < size && isalpha((unsigned char)bytes[end]); end++)
            bytes[end] = (char)tolower((unsigned char)bytes[end]);
        if (end > start)
            add_word(arena, &text, bytes + start, end - start, line);
        line += end < size && bytes[end] == '\n';
    }
    return text;
}

// The more frequent first, equally frequent ones by the alphabet.
static int compare_entries(const void *left, const void *right)
{
    const ArenaMapEntry *a = *(ArenaMapEntry *const *)left, *b = *(ArenaMapEntry *const *)right;
    size_t often_a = *(size_t *)a->value, often_b = *(size_t *)b->value;
    return often_a != often_b ? (often_a < often_b) - (often_a > often_b) : strcmp(a->key, b->key);
}

static void print_most_frequent(Arena *arena, const ArenaMap *names)
{
    ArenaMapEntry **entries = ARENA_NEW_ARRAY(arena, ArenaMapEntry *, names->count);
    for (size_t i = 0; i < names->count; i++)
        entries[i] = arena_map_at(names, i);
    qsort(entries, names->count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < names->count && i < 5; i++)
        printf("%6zu %s\n", *(size_t *)entries[i]->value, entries[i]->key);
}

int main(int count, char **arguments)
{
    const char *path = count > 1 ? arguments[1] : "standard input";
    if (strcmp(path, "--help") == 0)
        return puts("usage: intern [FILE]") == EOF;
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "words", .on_failure = give_up});
    bool good = arena && (count == 1 || freopen(path, "r", stdin));
    ArenaText bytes = good ? read_input(arena) : (ArenaText){0};
    if (!good || ferror(stdin)) {
        fprintf(stderr, "intern: %s: %s\n", path, strerror(errno));
        arena_destroy(arena);
        return 1;
    }
    Text text = read_words(arena, bytes.items, bytes.count);
    printf("%zu words, %zu pointers\n", text.words.count, text.names.count);
    print_most_frequent(arena, &text.names);
    for (size_t i = 1; i < text.words.count; i++) {
        const Word *word = &text.words.items[i];
        if (word->name == word[-1].name)
            printf("%s:%zu: \"%s\" again\n", path, word->line, word->name);
    }
    arena_destroy(arena);
    return 0;
}
