// A parser that backtracks: all that it makes while it tries an alternative is in one arena, or is
// remembered by it, so that one rewind takes back nodes, operators, symbols, warnings and position.
//
// As in C++, a statement is a declaration if it can be one, which may show only at its very end:
//     T(x), y;        declares x and y
//     T(x), y + 1;    converts x and adds; but when the + comes, x and y have been declared
// Of each statement it prints what it is, operands before their operators, and warnings.

#include <arena/array.h>
#include <arena/map.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Parser {
    Arena *arena;
    const char *at;                  // what comes next
    const char *farthest;            // what any alternative has come to: no rewind takes this back
    ArenaMap symbols;                // the value of a name is TYPE or VARIABLE
    ARENA_ARRAY(const char *) nodes; // of all statements, operands before their operators
    ARENA_ARRAY(const char *) operators;
    ARENA_ARRAY(const char *) warnings;
} Parser;

static char TYPE[] = "type", VARIABLE[] = "variable";

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)context;
    fprintf(stderr, "backtrack: no memory for %zu bytes\n", size);
    exit(1);
}

static bool attempt(Parser *parser, bool (*rule)(Parser *parser))
{
    ArenaMark mark = arena_mark(parser->arena);
    arena_remember(parser->arena, &parser->at, sizeof parser->at);
    if (rule(parser))
        return true;
    arena_rewind(parser->arena, mark);
    return false;
}

// A word or one sign; an empty string at the end.
static const char *next_token(Parser *parser)
{
    parser->at += strspn(parser->at, " \t\n");
    if (parser->at > parser->farthest)
        parser->farthest = parser->at;
    size_t size = 0;
    while (isalnum((unsigned char)parser->at[size]))
        size++;
    const char *token = arena_strndup(parser->arena, parser->at, size > 0 ? size : 1);
    parser->at += strlen(token);
    return token;
}

static const void *kind_of(const Parser *parser, const char *word)
{
    const ArenaMapEntry *entry = arena_map_find(&parser->symbols, word, strlen(word));
    return entry ? entry->value : isdigit((unsigned char)*word) ? VARIABLE : NULL;
}

static void declare(Parser *parser, const char *name, char *kind, const char *type)
{
    Arena *arena = parser->arena;
    void **slot = arena_map_slot(arena, &parser->symbols, name, strlen(name));
    if (*slot) { // A rewind takes new names out; what an old one was is for us to remember.
        *ARENA_PUSH(arena, &parser->warnings) = arena_asprintf(arena, "%s is not new", name);
        arena_remember(arena, slot, sizeof *slot);
    }
    *slot = kind;
    *ARENA_PUSH(arena, &parser->nodes) = arena_asprintf(arena, "%s:%s", name, type);
}

static bool declaration(Parser *parser)
{
    const char *base = next_token(parser), *token;
    bool is_typedef = strcmp(base, "typedef") == 0;
    if (is_typedef)
        base = next_token(parser);
    if (kind_of(parser, base) != TYPE)
        return false;
    *ARENA_PUSH(parser->arena, &parser->nodes) = is_typedef ? "name type" : "declare";
    size_t open = 0;
    do {
        const char *type = base;
        while (strchr("*(", *(token = next_token(parser))) && *token) {
            open += *token == '(';
            type = *token == '*' ? arena_asprintf(parser->arena, "%s*", type) : type;
        }
        if (!isalpha((unsigned char)*token))
            return false;
        declare(parser, token, is_typedef ? TYPE : VARIABLE, type);
        while (*(token = next_token(parser)) == ')' && open > 0)
            open--;
    } while (open == 0 && *token == ',');
    return open == 0 && *token == ';' && *next_token(parser) == 0;
}

// What converts, the name of a type, binds most.
static int rank_of(const char *token)
{
    switch (*token) {
    case '(': return 0;
    case ',':
    case ')':
    case ';': return 1;
    case '+': return 2;
    case '*': return 3;
    default: return 4;
    }
}

// Operators wait until one of a lower rank comes, or what ends their part of the expression.
static void release_operators(Parser *parser, int rank)
{
    while (parser->operators.count > 0 &&
           rank_of(parser->operators.items[parser->operators.count - 1]) >= rank)
        *ARENA_PUSH(parser->arena, &parser->nodes) = *ARENA_POP(parser->arena, &parser->operators);
}

static bool evaluation(Parser *parser)
{
    Arena *arena = parser->arena;
    *ARENA_PUSH(arena, &parser->nodes) = "evaluate";
    for (bool complete = false;;) { // whether there is an operand for the next operator
        const char *token = next_token(parser);
        const void *kind = kind_of(parser, token);
        if (!complete && kind == TYPE) {
            *ARENA_PUSH(arena, &parser->operators) = token;
            token = next_token(parser);
        }
        if (!complete && *token == '(') {
            *ARENA_PUSH(arena, &parser->operators) = token;
        } else if (!complete && kind == VARIABLE) {
            *ARENA_PUSH(arena, &parser->nodes) = token;
            complete = true;
        } else if (!complete || !*token || !strchr(",+*);", *token)) {
            return false;
        } else {
            release_operators(parser, rank_of(token));
            size_t open = parser->operators.count; // what waits now is a parenthesis, or nothing
            if (*token == ';')
                return open == 0 && *next_token(parser) == 0;
            complete = *token == ')';
            if (!complete)
                *ARENA_PUSH(arena, &parser->operators) = token;
            else if (open == 0 || !ARENA_TRUNCATE(arena, &parser->operators, open - 1))
                return false;
        }
    }
}

static bool understand(Parser *parser, const char *text)
{
    size_t node = parser->nodes.count, warning = parser->warnings.count;
    parser->at = parser->farthest = text;
    bool good = attempt(parser, declaration) || attempt(parser, evaluation);
    printf("%-16s", text);
    for (; node < parser->nodes.count; node++)
        printf(" %s", parser->nodes.items[node]);
    for (; warning < parser->warnings.count; warning++)
        printf("  (%s)", parser->warnings.items[warning]);
    if (!good)
        printf(" error: character %zu, before \"%s\": no kind of statement goes on like this",
               (size_t)(parser->farthest - text) + 1, parser->farthest);
    printf("\n");
    return good;
}

int main(int count, char **words)
{
    static char *const examples[] = {
        "typedef int T;",
        "int a, b, x;",
        "a * b;",
        "T * b;",
        "T(x), y;",
        "T(x), y + 1;",
        "b * (T(x) + y);",
        "typedef T (*a);",
        "a * b;",
        "T(x), a(x) + 1;",
        NULL,
    };
    if (count > 1 && strcmp(words[1], "--help") == 0)
        return puts("usage: backtrack [STATEMENT...]") == EOF;
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "parser", .on_failure = give_up});
    if (!arena)
        return perror("backtrack"), 1;
    Parser parser = {.arena = arena};
    *arena_map_slot(arena, &parser.symbols, "int", 3) = TYPE;
    bool good = true;
    for (char *const *next = count > 1 ? words + 1 : examples; *next; next++)
        good = understand(&parser, *next) && good;
    printf("kept: %zu nodes, %zu operators, %zu symbols, %zu warnings\n", parser.nodes.count,
           parser.operators.count, parser.symbols.count, parser.warnings.count);
    arena_destroy(arena);
    return good ? 0 : 1;
}
