// The lexer and the parser of cparse on any text: every token and every error has a place in the text, what
// is nested deeper than allowed is refused, and the tree is the same on an arena and on malloc.

#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include "../examples/cparse/cparse.h"

#include <string.h>

enum { DEPTH = 16, LONGEST = 1 << 16 };

_Noreturn void out_of_memory(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)size;
    (void)context;
    fputs("out of memory, of a text that is so short\n", stderr);
    abort();
}

static Unit parse_text(const char *text, size_t size, bool with_tree)
{
    Unit unit = {
        .memory = {.arrays = arena_create(0), .table = arena_create(0)},
        .path = "input",
        .text = text,
        .size = size,
        .max_depth = DEPTH,
    };
    unit.memory.tree = with_tree ? arena_create(0) : NULL;
    lex(&unit);
    parse(&unit);
    return unit;
}

static void end_unit(Unit *unit)
{
    if (!unit->memory.tree) {
        free_tree(unit->root);
        free_names(&unit->names);
    }
    arena_destroy(unit->memory.tree);
    arena_destroy(unit->memory.arrays);
    arena_destroy(unit->memory.table);
}

static void check_places(const Unit *unit)
{
    size_t end = 0;
    for (size_t i = 0; i + 1 < unit->tokens.count; i++) {
        const Token *token = &unit->tokens.items[i];
        CHECK(token->start >= end);
        end = token->start + spelling_length(token);
        CHECK(end <= unit->size);
    }
    CHECK(unit->tokens.count > 0 && unit->tokens.items[unit->tokens.count - 1].kind == TOKEN_END);
    size_t errors = 0;
    for (const Diagnostic *error = unit->errors; error; error = error->next, errors++) {
        CHECK(error->token < unit->tokens.count && error->message);
        Position position = locate(unit, error->token);
        CHECK(position.line && position.column > 0);
    }
    CHECK(errors <= unit->error_count);
}

// How deep brackets are nested; 0 if there are any of which the inside is not parsed.
static size_t nesting(const Unit *unit)
{
    size_t depth = 0, deepest = 0;
    for (size_t i = 0; i < unit->tokens.count; i++) {
        TokenKind kind = unit->tokens.items[i].kind;
        if (kind == TOKEN_ATTRIBUTE)
            return 0;
        if (kind == '(' || kind == '[' || kind == '{')
            depth++;
        else if ((kind == ')' || kind == ']' || kind == '}') && depth > 0)
            depth--;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

// All that is shown of a unit, as one string.
static char *shown(const Unit *unit)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    print_errors(unit, out);
    print_functions(unit, out);
    print_tree(unit, out);
    fclose(out);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size = size < LONGEST ? size : LONGEST;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = 0;
    Unit unit = parse_text(text, size, true);
    Unit twin = parse_text(text, size, false);
    check_places(&unit);
    CHECK(nesting(&unit) <= DEPTH || unit.error_count > 0);
    CHECK(take_census(&unit).nodes == take_census(&twin).nodes);
    char *first = shown(&unit), *second = shown(&twin);
    CHECK(!first || !second || strcmp(first, second) == 0);
    free(first);
    free(second);
    end_unit(&unit);
    end_unit(&twin);
    free(text);
    return 0;
}
