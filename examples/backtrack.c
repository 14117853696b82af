// A parser that backtracks: all that it makes while it tries an alternative is in one arena, or is
// remembered by it, so that one rewind takes back symbols, output and position.
//
// As in C++, a statement is a declaration if it can be one, which may show only at its very end:
//     T(x);           declares x
//     T(x) * a;       converts x and multiplies; but when the * comes, x has been declared
// It prints what a statement declares, or else its operands before their operators. T is a type.
//
//     backtrack 'T(x);' 'T(x) * x;'

#include <arena/map.h>
#include <arena/text.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Parser {
    Arena *arena;
    const char *at;   // what comes next
    ArenaMap symbols; // the value of a name is TYPE or VARIABLE, or NULL if it is not declared
    ArenaText out;    // of this statement
} Parser;

static char TYPE[] = "type", VARIABLE[] = "variable";

static void give_up(Arena *arena, size_t size, void *context)
{
    (void)arena, (void)context;
    fprintf(stderr, "backtrack: no memory for %zu bytes\n", size);
    exit(1);
}

static bool accept(Parser *parser, char sign)
{
    parser->at += strspn(parser->at, " ");
    return *parser->at == sign && parser->at++;
}

// What is no name gives an empty one, which nobody can declare.
static ArenaMapEntry *next_name(Parser *parser)
{
    parser->at += strspn(parser->at, " ");
    const char *name = parser->at;
    while (isalpha((unsigned char)*parser->at))
        parser->at++;
    return arena_map_entry(parser->arena, &parser->symbols, name, (size_t)(parser->at - name));
}

static bool attempt(Parser *parser, bool (*rule)(Parser *parser))
{
    ArenaMark mark = arena_mark(parser->arena);
    arena_remember(parser->arena, &parser->at, sizeof parser->at);
    if (rule(parser) && accept(parser, ';'))
        return true;
    arena_rewind(parser->arena, mark);
    return false;
}

// A name, behind stars and in parentheses.
static bool declarator(Parser *parser)
{
    if (accept(parser, '('))
        return declarator(parser) && accept(parser, ')');
    if (accept(parser, '*'))
        return declarator(parser);
    ArenaMapEntry *name = next_name(parser);
    arena_remember(parser->arena, &name->value, sizeof name->value); // a rewind removes no old name
    name->value = VARIABLE;
    return name->length > 0 && arena_text_printf(parser->arena, &parser->out, " new %s", name->key);
}

static bool declaration(Parser *parser)
{
    return next_name(parser)->value == TYPE && declarator(parser);
}

static bool product(Parser *parser)
{
    const ArenaMapEntry *name = next_name(parser);
    bool good = name->value == VARIABLE || (name->value == TYPE && accept(parser, '(') &&
                                            product(parser) && accept(parser, ')'));
    arena_text_printf(parser->arena, &parser->out, " %s", name->key);
    if (good && accept(parser, '*'))
        return product(parser) && arena_text_append_string(parser->arena, &parser->out, " *");
    return good;
}

int main(int count, char **statements)
{
    Parser parser = {.arena = arena_create_with(&(ArenaOptions){.on_failure = give_up})};
    if (!parser.arena)
        return perror("backtrack"), 1;
    arena_map_entry(parser.arena, &parser.symbols, "T", 1)->value = TYPE;
    for (int i = 1; i < count; i++) {
        parser.at = statements[i];
        bool good = attempt(&parser, declaration) || attempt(&parser, product);
        printf("%-12s%s\n", statements[i],
               good ? arena_text_finish(parser.arena, &parser.out) : " error");
    }
    arena_destroy(parser.arena);
    return 0;
}
