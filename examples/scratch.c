// Scratch arenas in a recursive function: expand() makes its result in an arena of its caller, and
// its drafts in a scratch arena that is not that one. The caller is expand() itself, with a scratch
// arena for the results; to name it as a conflict is all that is needed to keep them apart.

#include <arena/array.h>
#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/text.h>
#include <stdio.h>
#include <stdlib.h>

static char *const examples[] = {
    "hello=Hello, {name}!",
    "name={first} {last}",
    "first=Ada",
    "last={of}Lovelace",
    "of=",
    "{hello} {hello} Are you {first} or {last}, {name}?",
    NULL,
};

typedef struct Macros {
    ArenaMap texts; // by name; the value is a string
    size_t depth;   // of calls of expand
    size_t deepest;
} Macros;

static _Noreturn void fail(const char *what, const char *text)
{
    fprintf(stderr, "scratch: %s: %s\n", what, text);
    exit(1);
}

// Scratch arenas have no `on_failure`, since they belong to all functions of a thread.
static void *need(void *memory)
{
    if (!memory)
        fail("scratch", "out of memory");
    return memory;
}

// The text with what {NAME} stands for, in an arena of the caller.
static char *expand(Arena *results, Macros *macros, const char *text)
{
    ArenaScratch scratch = arena_scratch_begin(&results, 1);
    need(scratch.arena);
    macros->deepest = ++macros->depth > macros->deepest ? macros->depth : macros->deepest;
    ARENA_ARRAY(const char *) pieces = {0};
    while (*text) {
        size_t size = strcspn(text, "{");
        const char **piece = need(ARENA_PUSH(scratch.arena, &pieces));
        if (size > 0) {
            *piece = need(arena_strndup(scratch.arena, text, size));
        } else {
            size = strcspn(text, "}");
            if (text[size] == 0)
                fail("no } for this", text);
            const ArenaMapEntry *macro = arena_map_find(&macros->texts, text + 1, size++ - 1);
            if (!macro)
                fail("no such macro", text);
            if (macros->depth > macros->texts.count) // without a circle, no name comes twice
                fail("a macro contains itself", macro->key);
            *piece = expand(scratch.arena, macros, macro->value);
        }
        text += size;
    }
    ArenaText result = {0};
    bool joined = arena_text_join(results, &result, "", pieces.items, pieces.count);
    char *string = need(joined ? arena_text_finish(results, &result) : NULL);
    arena_scratch_end(scratch); // the pieces are gone, the result is not
    macros->depth--;
    return string;
}

// "NAME=TEXT": the value is the text in place.
static void define(Arena *arena, Macros *macros, char *definition)
{
    size_t size = strcspn(definition, "=");
    *(void **)need(arena_map_slot(arena, &macros->texts, definition, size)) = definition + size + 1;
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "--help") == 0)
        return puts("usage: scratch [NAME=TEXT...] [TEXT WITH {NAME}...]") == EOF;
    Arena *arena = need(arena_create(0));
    Macros macros = {.depth = 0};
    ARENA_ARRAY(const char *) results = {0};
    for (char *const *next = count > 1 ? words + 1 : examples; *next; next++) {
        if (strchr(*next, '='))
            define(arena, &macros, need(arena_strdup(arena, *next)));
        else
            *(const char **)need(ARENA_PUSH(arena, &results)) = expand(arena, &macros, *next);
    }
    for (size_t i = 0; i < results.count; i++)
        puts(results.items[i]);
    printf("%zu scopes, one in the other, are over\n", macros.deepest);
    arena_destroy(arena);
    return 0;
}
