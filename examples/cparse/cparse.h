// cparse: a C front end whose every object lives in an arena.
//
//     path ──reader.c──► text ──lexer.c──► lines, tokens, names ──parser.c──► tree of nodes
//                                              tree ──printer.c──► what you asked for
//     main.c asks, has several threads parse, and compares with malloc
//
// The data of one unit, which is one preprocessed C file:
//
//     arena `texts`    | text                                    grows in place
//     arena `arrays`   | lines ... | tokens ...                  each grows in place: while it
//                                                                grows it is the newest object, in a
//                                                                block that is sized for the text
//     arena `tree`     | name | name | node | node | node ...    made once, dropped at once
//     arena `table`    | buckets | trail of the open scopes      marked and rewound by the parser
//
//     token ──► name        every identifier is a name, stored once
//     node  ──► token       a node knows its place and its spelling by the number of its token
//     token ──► text        and a token by an offset; `locate` finds file, line and column
//
// Of several units, parsed in turn, each is dropped before the next, and `texts`, `tree` and `table`
// are used again. With --jobs, all are held until they are shown:
//
//     herd `trees`     thread 1 | unit | unit ...    thread 2 | unit ...      and so with `texts`
//                          └───────── joined ───────────┘
//     arena `tree`     | unit | unit ... | unit ...              dropped at once

#ifndef CPARSE_H
#define CPARSE_H

#include <arena/text.h>
#include <stdio.h>
#include <stdlib.h>

// -------------------------------------------------------------------------------------------------
// Memory
// -------------------------------------------------------------------------------------------------

// Arenas here are made with an `on_failure` that ends the program with a message, so no result of
// an allocation below is ever NULL, and none is tested.
typedef struct Memory {
    Arena *arrays;
    Arena *tree; // NULL, for --compare: every name and node is a malloc of its own
    Arena *table;
} Memory;

// Ends the program: there is no memory.
_Noreturn void out_of_memory(Arena *arena, size_t size, void *context);

static inline void *malloc_or_end(size_t size)
{
    void *object = malloc(size);
    if (!object)
        out_of_memory(NULL, size, NULL);
    return object;
}

// The one seam that --compare needs.
#define MEMORY_NEW(memory, T) \
    ((memory)->tree ? ARENA_NEW((memory)->tree, T) : (T *)malloc_or_end(sizeof(T)))

// -------------------------------------------------------------------------------------------------
// What is asked for
// -------------------------------------------------------------------------------------------------

typedef ARENA_ARRAY(const char *) Words;

typedef struct Options {
    const char *cc;
    Words cc_options; // passed on
    Words paths;
    const char *svg;
    size_t jobs;
    unsigned max_depth;
    size_t limit; // of the memory of the tree
    bool preprocessed;
    bool tree;
    bool functions;
    bool compare;
    bool growth;
} Options;

// -------------------------------------------------------------------------------------------------
// Tokens and names
// -------------------------------------------------------------------------------------------------

// A punctuator of one character is that character. Keywords that the grammar treats alike share a
// kind.
typedef uint8_t TokenKind;
enum {
    TOKEN_END = 0,
    TOKEN_IDENTIFIER = 128,
    TOKEN_NUMBER,
    TOKEN_CHARACTER,
    TOKEN_STRING,
    TOKEN_BAD, // bytes that are no token; the parser says why when it gets there

    TOKEN_ARROW,
    TOKEN_INCREMENT, // ++ and --
    TOKEN_SHIFT,     // << and >>
    TOKEN_RELATION,  // <= and >=
    TOKEN_EQUALITY,  // == and !=
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_ASSIGN, // += and the like; plain = is '='
    TOKEN_ELLIPSIS,

    TOKEN_TYPEDEF,
    TOKEN_STORAGE,   // static, extern, inline and other words that say nothing about the type
    TOKEN_QUALIFIER, // const, volatile, restrict
    TOKEN_TYPE,      // int, void, unsigned and the like
    TOKEN_COMPLEX,
    TOKEN_ATOMIC,
    TOKEN_RECORD, // struct and union
    TOKEN_ENUM,
    TOKEN_TYPEOF,
    TOKEN_ALIGNAS,
    TOKEN_BITINT,
    TOKEN_ATTRIBUTE,
    TOKEN_EXTENSION,
    TOKEN_ASM,
    TOKEN_STATIC_ASSERT,
    TOKEN_SIZEOF, // and _Alignof
    TOKEN_PART,   // __real__ and __imag__
    TOKEN_GENERIC,
    TOKEN_TYPED_CALL, // __builtin_va_arg and others that take types as arguments
    TOKEN_LOCAL_LABEL,
    TOKEN_IF,
    TOKEN_ELSE,
    TOKEN_SWITCH,
    TOKEN_WHILE,
    TOKEN_DO,
    TOKEN_FOR,
    TOKEN_GOTO,
    TOKEN_JUMP, // break and continue
    TOKEN_RETURN,
    TOKEN_CASE,
    TOKEN_DEFAULT,
};

// What an identifier stands for in the scope that the parser is in. C cannot be parsed without.
typedef enum Meaning { MEANING_UNKNOWN, MEANING_OBJECT, MEANING_TYPE } Meaning;

typedef struct Name Name;
struct Name {
    Name *next; // in the same bucket
    const char *text;
    uint32_t length;
    uint32_t hash;
    TokenKind kind;  // TOKEN_IDENTIFIER or a keyword
    TokenKind soft;  // the keyword that it is until the unit declares it, as with `alignof`; or 0
    uint8_t meaning; // a Meaning
};

typedef struct Names {
    Name **buckets; // `capacity` of them, a power of two
    size_t capacity;
    size_t count;
    size_t keywords; // of `count`
} Names;

typedef struct Token {
    union {
        Name *name;    // of identifiers and keywords
        size_t length; // of all others
    };
    uint32_t start; // offset in the text
    TokenKind kind;
} Token;

typedef ARENA_ARRAY(Token) Tokens;

// Of text that a token and the blanks after it take, at least, in most units.
enum { BYTES_FOR_TOKEN = 4 };

// A line of the text, and what the preprocessor said about where it came from.
typedef struct Line {
    uint32_t start;  // offset in the text
    uint32_t number; // in its own file
    uint32_t file;   // offset of the quoted name of that file in the text; 0: the unit's own
} Line;

typedef ARENA_ARRAY(Line) Lines;

// -------------------------------------------------------------------------------------------------
// The tree
// -------------------------------------------------------------------------------------------------

// Kind, label, whether its token is what it is called, and its children: [] may be absent, * may
// repeat. A shape is what a declarator does to a type: POINTER, ARRAY, FUNCTION_TYPE, down to a
// NAME, or to NAMELESS.
#define NODE_KINDS(X)                                                                              \
    X(UNIT, "unit", false)                   /* DECLARATION*, FUNCTION*, ASSERT*, ASM* */          \
    X(DECLARATION, "declaration", false)     /* SPECIFIERS, DECLARED* */                           \
    X(FUNCTION, "function", true)            /* SPECIFIERS, DECLARED, DECLARATION*, BLOCK */       \
    X(DECLARED, "declared", false)           /* shape, [WIDTH], [ASM], ATTRIBUTE*, [value] */      \
    X(PARAMETER, "parameter", false)         /* SPECIFIERS, shape, ATTRIBUTE* */                   \
    X(VARIADIC, "...", false)                /* none */                                            \
    X(ASSERT, "static-assert", false)        /* condition, [STRING] */                             \
    X(ASM, "asm", false)                     /* STRING*, expression*, OPERAND_NAME* */             \
    X(OPERAND_NAME, "operand-name", true)    /* none */                                            \
    X(ATTRIBUTE, "attribute", true)          /* none: what is in the brackets is not parsed */     \
    X(SPECIFIERS, "specifiers", false)       /* KEYWORD*, TYPE_NAME*, RECORD*, ENUM* ... */        \
    X(KEYWORD, "keyword", true)              /* none */                                            \
    X(TYPE_NAME, "type-name", true)          /* none */                                            \
    X(TYPEOF, "typeof", false)               /* TYPE or expression */                              \
    X(TYPE_CALL, "specifier", true)          /* _Alignas, _Atomic, _BitInt: TYPE or expression */  \
    X(RECORD, "record", true)                /* ATTRIBUTE*, [TAG], DECLARATION* */                 \
    X(ENUM, "enum", false)                   /* ATTRIBUTE*, [TAG], [TYPE], ENUMERATOR* */          \
    X(ENUMERATOR, "enumerator", true)        /* ATTRIBUTE*, [value] */                             \
    X(TAG, "tag", true)                      /* none */                                            \
    X(TYPE, "type", false)                   /* SPECIFIERS, shape */                               \
    X(NAME, "name", true)                    /* none */                                            \
    X(NAMELESS, "nameless", false)           /* none */                                            \
    X(POINTER, "pointer", false)             /* KEYWORD*, ATTRIBUTE*, shape */                     \
    X(ARRAY, "array", false)                 /* shape, KEYWORD*, [size] */                         \
    X(FUNCTION_TYPE, "function-type", false) /* shape, PARAMETER* or NAME*, [VARIADIC] */          \
    X(WIDTH, "width", false)                 /* expression */                                      \
    X(LIST, "list", false)                   /* value or DESIGNATED, each */                       \
    X(DESIGNATED, "designated", false)       /* FIELD*, ELEMENT*, value */                         \
    X(FIELD, "field", true)                  /* none */                                            \
    X(ELEMENT, "element", false)             /* index, [last index of a range] */                  \
    X(BLOCK, "block", false)                 /* declarations and statements */                     \
    X(EVALUATE, "evaluate", false)           /* [expression] */                                    \
    X(LABELLED, "labelled", false)         /* LABEL*, CASE*, DEFAULT*, ATTRIBUTE*, [statement] */  \
    X(LABEL, "label", true)                /* none */                                              \
    X(CASE, "case", false)                 /* value, [last value of a range] */                    \
    X(DEFAULT, "default", false)           /* none */                                              \
    X(LOCAL_LABELS, "local-labels", false) /* LABEL* */                                            \
    X(IF, "if", false)                     /* condition, statement, [else statement] */            \
    X(SWITCH, "switch", false)             /* value, statement */                                  \
    X(WHILE, "while", false)               /* condition, statement */                              \
    X(DO, "do", false)                     /* statement, condition */                              \
    X(FOR, "for", false)                   /* DECLARATION or EVALUATE, EVALUATE, EVALUATE, body */ \
    X(GOTO, "goto", false)                 /* LABEL or expression */                               \
    X(JUMP, "jump", true)                  /* none */                                              \
    X(RETURN, "return", false)             /* [expression] */                                      \
    X(IDENTIFIER, "identifier", true)      /* none */                                              \
    X(NUMBER, "number", true)              /* none */                                              \
    X(CHARACTER, "character", true)        /* none */                                              \
    X(STRING, "string", true)              /* STRING*: those that follow it directly */            \
    X(UNARY, "unary", true)                /* operand */                                           \
    X(POSTFIX, "postfix", true)            /* operand */                                           \
    X(BINARY, "binary", true)              /* left, right */                                       \
    X(ASSIGN, "assign", true)              /* target, value */                                     \
    X(CONDITIONAL, "conditional", false)   /* condition, [value if so], value if not */            \
    X(COMMA, "comma", false)               /* expression, each */                                  \
    X(CAST, "cast", false)                 /* TYPE, operand */                                     \
    X(LITERAL, "compound-literal", false)  /* TYPE, LIST */                                        \
    X(CALL, "call", false)                 /* callee, argument* */                                 \
    X(INDEX, "index", false)               /* array, index */                                      \
    X(MEMBER, "member", true)              /* object; the token is the member's name */            \
    X(ARROW, "arrow", true)                /* pointer; the token is the member's name */           \
    X(GENERIC, "generic", false)           /* expression, CHOICE* */                               \
    X(CHOICE, "choice", false)             /* [TYPE], expression */                                \
    X(STATEMENTS, "statement-expression", false) /* BLOCK */                                       \
    X(LABEL_ADDRESS, "label-address", true)      /* none */

typedef enum NodeKind {
#define NODE_ENUMERATOR(kind, label, named) NODE_##kind,
    NODE_KINDS(NODE_ENUMERATOR)
#undef NODE_ENUMERATOR
        NODE_KIND_COUNT
} NodeKind;

typedef struct Node Node;
struct Node {
    uint8_t kind; // a NodeKind
    uint32_t token;
    Node *first; // child
    Node *next;  // sibling
};

// -------------------------------------------------------------------------------------------------
// A unit, and what is done with it
// -------------------------------------------------------------------------------------------------

typedef struct Diagnostic Diagnostic;
struct Diagnostic {
    Diagnostic *next;
    uint32_t token;
    const char *message;
};

typedef struct Unit {
    Memory memory;
    const char *path;
    const char *text; // of `size` bytes, with a zero after them
    size_t size;
    unsigned max_depth; // of nesting, beyond which the stack might not reach
    Lines lines;
    Tokens tokens; // the last is TOKEN_END
    Names names;
    Node *root;
    Diagnostic *errors; // in order
    size_t error_count;
} Unit;

typedef struct Position {
    const Unit *unit;
    const Line *line;
    uint32_t column; // in bytes, from 1
} Position;

// reader.c: a text, in `texts`; or why there is none.
typedef struct Source {
    const char *path;
    char *text; // of `size` bytes, with a zero after them
    size_t size;
    const char *complaint; // what its preprocessor said, of `complaint_size` bytes
    size_t complaint_size;
    const char *blamed; // for the error
    int error;          // that errno says; 0: none
    int status;         // that its preprocessor ended with
} Source;

Source read_source(Arena *texts, Arena *scratch, const Options *options, const char *path);
bool is_read(const Source *source);
void print_problems(const Source *source, const Options *options, FILE *out);

// lexer.c: fills in lines, tokens and names from the text.
void lex(Unit *unit);
Position locate(const Unit *unit, uint32_t token);
size_t spelling_length(const Token *token);
void free_names(Names *names); // of a unit without a tree arena

// parser.c: fills in root and errors from the tokens.
void parse(Unit *unit);
void free_tree(Node *node); // with its siblings; of a unit without a tree arena

// printer.c: everything that is shown about a unit.
typedef struct Census {
    size_t kinds[NODE_KIND_COUNT];
    size_t nodes;
    size_t declarations;
    size_t functions;
    size_t deepest;
} Census;

// What one run over one or more units took.
typedef struct Cost {
    double build_ms;
    double teardown_ms;
    size_t nodes;
    size_t blocks;     // of the tree arena, at the end
    size_t peak_bytes; // of memory in the process
    size_t page_faults;
} Cost;

typedef struct Summary {
    Census census;
    size_t tokens;
    size_t identifiers;
    size_t tree_bytes;
    size_t array_bytes; // of lines and tokens
    double build_ms;
    const ArenaStats *tree; // of an arena that held this tree alone; or NULL
    double teardown_ms;     // of that arena
} Summary;

Census take_census(const Unit *unit);
void print_errors(const Unit *unit, FILE *out);
void print_tree(const Unit *unit, FILE *out);
void print_functions(const Unit *unit, FILE *out);
void print_summary(const char *path, const Summary *summary, FILE *out);
void print_comparison(const Cost *arena, const Cost *heap, FILE *out);
void print_growth_heading(FILE *out);
void print_growth_row(const Cost *arena, const Cost *heap, FILE *out);
void print_growth_note(FILE *out);

#endif
