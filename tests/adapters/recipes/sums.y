// A calculator whose scanner, parser stack and results are in an arena.

%define api.pure full
%param { void *scanner }
%parse-param { Arena *arena }

%code requires {
#include <arena/arena.h>
}

%code {
#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The stack begins small, to see it grow.
#define YYINITDEPTH 4
#define YYMALLOC arena_current_malloc
#define YYFREE arena_current_free

int yylex(void *value, void *scanner);
int yylex_init_extra(Arena *arena, void **scanner);
int yylex_destroy(void *scanner);
void yyset_in(FILE *file, void *scanner);

static void yyerror(void *scanner, Arena *arena, const char *message)
{
    (void)scanner;
    (void)arena;
    fprintf(stderr, "%s\n", message);
}
}

%union {
    long number;
    char *name;
}
%token <number> NUMBER
%token <name> NAME
%type <number> sum
%left '+' '-'
%left '*' '/'

%%
lines: | lines NAME '=' sum ';' { puts(arena_asprintf(arena, "%s is %ld", $2, $4)); };
sum: NUMBER
    | '(' sum ')' { $$ = $2; }
    | sum '+' sum { $$ = $1 + $3; }
    | sum '-' sum { $$ = $1 - $3; }
    | sum '*' sum { $$ = $1 * $3; }
    | sum '/' sum { $$ = $3 ? $1 / $3 : 0; };
%%

int main(void)
{
    Arena *arena = arena_create(0);
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    void *scanner;
    if (yylex_init_extra(arena, &scanner) != 0)
        return 1;
    yyset_in(stdin, scanner);
    int result = yyparse(scanner, arena);
    size_t used = arena_stats(arena).used; // the buffer of the scanner alone is 16 KiB
    arena_current_pop(&scope);
    arena_destroy(arena); // and no yylex_destroy
    return result != 0 || used < 16384;
}
