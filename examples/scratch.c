// Scratch arenas in a recursive function: expand() makes its result in an arena of its caller, and
// its drafts in a scratch arena that is not that one. The caller is expand() itself, with a scratch
// arena for the results; to name it as a conflict is all that is needed to keep them apart.
//
//     scratch [NAME=TEXT...] TEXT     prints the text, with what {NAME} stands for

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

// The text with what {NAME} stands for, in an arena of the caller. `macros` are texts by name.
static char *expand(Arena *results, const ArenaMap *macros, const char *text, size_t depth)
{
    ArenaScratch scratch = arena_scratch_begin(&results, 1);
    need(scratch.arena);
    ARENA_ARRAY(const char *) pieces = {0};
    while (*text) {
        const char **piece = need(ARENA_PUSH(scratch.arena, &pieces));
        size_t size = strcspn(text, *text == '{' ? "}" : "{");
        if (*text != '{') {
            *piece = need(arena_strndup(scratch.arena, text, size));
        } else {
            const ArenaMapEntry *macro = arena_map_find(macros, text + 1, size - 1);
            if (!macro || text[size] == 0)
                fail("no such macro", text);
            if (depth > macros->count) // without a circle, no name comes twice
                fail("a macro contains itself", macro->key);
            *piece = expand(scratch.arena, macros, macro->value, depth + 1);
            size++;
        }
        text += size;
    }
    ArenaText result = {0};
    bool joined = arena_text_join(results, &result, "", pieces.items, pieces.count);
    char *string = need(joined ? arena_text_finish(results, &result) : NULL);
    arena_scratch_end(scratch); // the pieces are gone, the result is not
    return string;
}

int main(int count, char **words)
{
    Arena *arena = need(arena_create(0));
    ArenaMap macros = {0};
    for (char *const *next = count > 1 ? words + 1 : examples; *next; next++) {
        size_t size = strcspn(*next, "=");
        if ((*next)[size] == '=')
            *(void **)need(arena_map_slot(arena, &macros, *next, size)) = *next + size + 1;
        else
            puts(expand(arena, &macros, *next, 1));
    }
    arena_destroy(arena);
    return 0;
}
