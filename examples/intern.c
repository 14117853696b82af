// An interner: each word of a text is kept once, so that the same word is the same pointer. Whoever
// compares words compares pointers from then on; here, to find words that stand twice in a row.
//
//     intern < TEXT

#include <arena/array.h>
#include <arena/map.h>
#include <arena/text.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE = 4096 };

typedef struct Word {
    const char *name; // interned
    size_t line;
} Word;

typedef ARENA_ARRAY(Word) Words;

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)context;
    fprintf(stderr, "intern: no memory for %zu bytes\n", size);
    exit(1);
}

// Straight to where the text stays: nothing is read into a buffer first.
static ArenaText read_input(Arena *arena)
{
    ArenaText text = {0};
    size_t size;
    do {
        size = fread(ARENA_EXTEND(arena, &text, PIECE), 1, PIECE, stdin);
        ARENA_TRUNCATE(arena, &text, text.count - (PIECE - size));
    } while (size == PIECE);
    return text;
}

// A word is made of letters, which become small.
static Words read_words(Arena *arena, ArenaMap *names, const ArenaText *text)
{
    Words words = {0};
    for (size_t start = 0, end, line = 1; start < text->count; start = end + 1) {
        for (end = start; end < text->count && isalpha((unsigned char)text->items[end]); end++)
            text->items[end] = (char)tolower((unsigned char)text->items[end]);
        if (end > start) {
            const char *name = arena_map_intern(arena, names, text->items + start, end - start);
            *ARENA_PUSH(arena, &words) = (Word){name, line};
        }
        line += end < text->count && text->items[end] == '\n';
    }
    return words;
}

int main(void)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "words", .on_failure = give_up});
    if (!arena)
        return perror("intern"), 1;
    ArenaText text = read_input(arena);
    if (ferror(stdin)) {
        perror("intern: standard input");
        arena_destroy(arena);
        return 1;
    }
    ArenaMap names = {0};
    Words words = read_words(arena, &names, &text);
    printf("%zu words, %zu pointers\n", words.count, names.count);
    for (size_t i = 1; i < words.count; i++) {
        if (words.items[i].name == words.items[i - 1].name)
            printf("line %zu: \"%s\" again\n", words.items[i].line, words.items[i].name);
    }
    arena_destroy(arena);
    return 0;
}
