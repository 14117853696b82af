// The lexer: text in; lines, tokens and names out.
//
// The lines are found first, then the tokens: an array that is the newest object of its arena
// grows where it stands, so the two must not grow at the same time. The arena's first block is as
// large as texts of that size have needed; beyond it, the array that grows moves to another one.
//
// Names have a table of their own. An ArenaMap would do, and could not be slowed down by a unit that
// chooses its names; but the hash that guards against that makes parsing take a fifth more
// instructions.

#include "cparse.h"

#include <string.h>

// -------------------------------------------------------------------------------------------------
// Names
// -------------------------------------------------------------------------------------------------

typedef struct Keyword {
    const char *text;
    TokenKind kind;
} Keyword;

static const Keyword keywords[] = {
    {"typedef", TOKEN_TYPEDEF},
    {"auto", TOKEN_STORAGE},
    {"register", TOKEN_STORAGE},
    {"static", TOKEN_STORAGE},
    {"extern", TOKEN_STORAGE},
    {"inline", TOKEN_STORAGE},
    {"__inline", TOKEN_STORAGE},
    {"__inline__", TOKEN_STORAGE},
    {"_Noreturn", TOKEN_STORAGE},
    {"_Thread_local", TOKEN_STORAGE},
    {"__thread", TOKEN_STORAGE},
    {"const", TOKEN_QUALIFIER},
    {"__const", TOKEN_QUALIFIER},
    {"__const__", TOKEN_QUALIFIER},
    {"volatile", TOKEN_QUALIFIER},
    {"__volatile", TOKEN_QUALIFIER},
    {"__volatile__", TOKEN_QUALIFIER},
    {"restrict", TOKEN_QUALIFIER},
    {"__restrict", TOKEN_QUALIFIER},
    {"__restrict__", TOKEN_QUALIFIER},
    {"__seg_fs", TOKEN_QUALIFIER},
    {"__seg_gs", TOKEN_QUALIFIER},
    {"void", TOKEN_TYPE},
    {"char", TOKEN_TYPE},
    {"short", TOKEN_TYPE},
    {"int", TOKEN_TYPE},
    {"long", TOKEN_TYPE},
    {"float", TOKEN_TYPE},
    {"double", TOKEN_TYPE},
    {"signed", TOKEN_TYPE},
    {"__signed", TOKEN_TYPE},
    {"__signed__", TOKEN_TYPE},
    {"unsigned", TOKEN_TYPE},
    {"_Bool", TOKEN_TYPE},
    {"__int128", TOKEN_TYPE},
    {"__auto_type", TOKEN_TYPE},
    {"_Complex", TOKEN_COMPLEX},
    {"__complex", TOKEN_COMPLEX},
    {"__complex__", TOKEN_COMPLEX},
    {"_Imaginary", TOKEN_COMPLEX},
    {"_Atomic", TOKEN_ATOMIC},
    {"struct", TOKEN_RECORD},
    {"union", TOKEN_RECORD},
    {"enum", TOKEN_ENUM},
    {"typeof", TOKEN_TYPEOF},
    {"__typeof", TOKEN_TYPEOF},
    {"__typeof__", TOKEN_TYPEOF},
    {"_Alignas", TOKEN_ALIGNAS},
    {"_BitInt", TOKEN_BITINT},
    {"__attribute", TOKEN_ATTRIBUTE},
    {"__attribute__", TOKEN_ATTRIBUTE},
    {"__declspec", TOKEN_ATTRIBUTE},
    {"__extension__", TOKEN_EXTENSION},
    {"asm", TOKEN_ASM},
    {"__asm", TOKEN_ASM},
    {"__asm__", TOKEN_ASM},
    {"_Static_assert", TOKEN_STATIC_ASSERT},
    {"sizeof", TOKEN_SIZEOF},
    {"_Alignof", TOKEN_SIZEOF},
    {"__alignof", TOKEN_SIZEOF},
    {"__alignof__", TOKEN_SIZEOF},
    {"__real", TOKEN_PART},
    {"__real__", TOKEN_PART},
    {"__imag", TOKEN_PART},
    {"__imag__", TOKEN_PART},
    {"_Generic", TOKEN_GENERIC},
    {"__builtin_va_arg", TOKEN_TYPED_CALL},
    {"__builtin_offsetof", TOKEN_TYPED_CALL},
    {"__builtin_types_compatible_p", TOKEN_TYPED_CALL},
    {"__builtin_convertvector", TOKEN_TYPED_CALL},
    {"__builtin_has_attribute", TOKEN_TYPED_CALL},
    {"__label__", TOKEN_LOCAL_LABEL},
    {"if", TOKEN_IF},
    {"else", TOKEN_ELSE},
    {"switch", TOKEN_SWITCH},
    {"while", TOKEN_WHILE},
    {"do", TOKEN_DO},
    {"for", TOKEN_FOR},
    {"goto", TOKEN_GOTO},
    {"break", TOKEN_JUMP},
    {"continue", TOKEN_JUMP},
    {"return", TOKEN_RETURN},
    {"case", TOKEN_CASE},
    {"default", TOKEN_DEFAULT},
};

// Words that C23 reserves and that older code uses as names of its own.
static const Keyword soft_keywords[] = {
    {"alignas", TOKEN_ALIGNAS},      {"alignof", TOKEN_SIZEOF},
    {"constexpr", TOKEN_STORAGE},    {"static_assert", TOKEN_STATIC_ASSERT},
    {"thread_local", TOKEN_STORAGE}, {"typeof_unqual", TOKEN_TYPEOF},
};

// Types that the compiler knows before the unit has said a word. Some units define them again.
static const char *const builtin_types[] = {
    "bool",
    "__builtin_va_list",
    "__builtin_ms_va_list",
    "_Float16",
    "_Float32",
    "_Float64",
    "_Float128",
    "_Float32x",
    "_Float64x",
    "_Float128x",
    "__float80",
    "__float128",
    "__ibm128",
    "_Decimal32",
    "_Decimal64",
    "_Decimal128",
    "__bf16",
    "__fp16",
    "__int128_t",
    "__uint128_t",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint32_t hash_text(const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash ^ hash >> 15;
}

// Doubles the buckets, in place: nothing is newer than they are while the lexer runs. The names of
// a bucket go to it, or to the one as far up again.
static void grow_buckets(Unit *unit)
{
    Names *names = &unit->names;
    size_t before = names->capacity;
    names->capacity = before ? before * 2 : 1024;
    names->buckets = arena_realloc(unit->memory.table, names->buckets, before * sizeof(Name *),
                                   names->capacity * sizeof(Name *));
    memset(names->buckets + before, 0, (names->capacity - before) * sizeof(Name *));
    for (size_t i = 0; i < before; i++) {
        Name *name = names->buckets[i];
        names->buckets[i] = NULL;
        while (name) {
            Name *next = name->next;
            Name **bucket = &names->buckets[name->hash & (names->capacity - 1)];
            name->next = *bucket;
            *bucket = name;
            name = next;
        }
    }
}

static const char *copy_text(Memory *memory, const char *text, size_t length)
{
    if (memory->tree)
        return arena_strndup(memory->tree, text, length);
    char *copy = malloc_or_end(length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

// The one name with this text.
static Name *intern(Unit *unit, const char *text, size_t length)
{
    Names *names = &unit->names;
    if (names->count == names->capacity)
        grow_buckets(unit);
    uint32_t hash = hash_text(text, length);
    Name **bucket = &names->buckets[hash & (names->capacity - 1)];
    for (Name *name = *bucket; name; name = name->next) {
        if (name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0)
            return name;
    }
    Name *name = MEMORY_NEW(&unit->memory, Name);
    *name = (Name){
        .next = *bucket,
        .text = copy_text(&unit->memory, text, length),
        .length = (uint32_t)length,
        .hash = hash,
        .kind = TOKEN_IDENTIFIER,
    };
    *bucket = name;
    names->count++;
    return name;
}

static void intern_keywords(Unit *unit)
{
    for (size_t i = 0; i < COUNT(keywords); i++)
        intern(unit, keywords[i].text, strlen(keywords[i].text))->kind = keywords[i].kind;
    for (size_t i = 0; i < COUNT(soft_keywords); i++) {
        const Keyword *keyword = &soft_keywords[i];
        intern(unit, keyword->text, strlen(keyword->text))->soft = keyword->kind;
    }
    for (size_t i = 0; i < COUNT(builtin_types); i++)
        intern(unit, builtin_types[i], strlen(builtin_types[i]))->meaning = MEANING_TYPE;
    unit->names.keywords = unit->names.count;
}

void free_names(Names *names)
{
    for (size_t i = 0; i < names->capacity; i++) {
        Name *name = names->buckets[i];
        while (name) {
            Name *next = name->next;
            free((void *)(uintptr_t)name->text);
            free(name);
            name = next;
        }
    }
}

// -------------------------------------------------------------------------------------------------
// Lines
// -------------------------------------------------------------------------------------------------

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

// Reads `# 12 "file.h"` or `#line 12 "file.h"` at `at`; false if it is something else. A number
// alone leaves the file as it is.
static bool read_marker(const Unit *unit, const char *at, uint32_t *number, uint32_t *file)
{
    at = skip_blanks(at);
    if (*at != '#')
        return false;
    at = skip_blanks(at + 1);
    if (strncmp(at, "line", 4) == 0)
        at = skip_blanks(at + 4);
    if (*at < '0' || *at > '9')
        return false;
    uint32_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint32_t)(*at - '0');
    *number = value;
    at = skip_blanks(at);
    if (*at == '"')
        *file = (uint32_t)(at + 1 - unit->text);
    return true;
}

// Gives back the room that an array, the newest object of its arena, does not need.
#define FIT(arena, array)                                                                   \
    ((array)->items =                                                                       \
         arena_realloc((arena), (array)->items, (array)->capacity * sizeof *(array)->items, \
                       (array)->count * sizeof *(array)->items),                            \
     (array)->capacity = (array)->count)

static void find_lines(Unit *unit)
{
    Arena *arena = unit->memory.arrays;
    uint32_t number = 1, file = 0;
    const char *end = unit->text + unit->size;
    for (const char *at = unit->text; at;) {
        *ARENA_PUSH(arena, &unit->lines) = (Line){(uint32_t)(at - unit->text), number, file};
        if (!read_marker(unit, at, &number, &file))
            number++;
        at = memchr(at, '\n', (size_t)(end - at));
        if (at)
            at++;
    }
    FIT(arena, &unit->lines);
}

Position locate(const Unit *unit, uint32_t token)
{
    uint32_t start = unit->tokens.items[token].start;
    size_t low = 0, high = unit->lines.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (unit->lines.items[middle].start <= start)
            low = middle;
        else
            high = middle;
    }
    const Line *line = &unit->lines.items[low];
    return (Position){unit, line, start - line->start + 1};
}

// -------------------------------------------------------------------------------------------------
// Tokens
// -------------------------------------------------------------------------------------------------

typedef struct Lexer {
    Unit *unit;
    const char *at;
    const char *end;
    bool line_start; // only blanks came before on this line
} Lexer;

size_t spelling_length(const Token *token)
{
    return token->kind == TOKEN_IDENTIFIER || token->kind >= TOKEN_TYPEDEF ? token->name->length
                                                                           : token->length;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Bytes over 127 are letters of some alphabet.
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           (unsigned char)c >= 128;
}

static void skip_line(Lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = newline ? newline : lexer->end;
}

// Skips what the preprocessor leaves for the compiler: line markers, which find_lines has read,
// and pragmas. Any other directive is not skipped, and so becomes a bad token.
static bool skip_directive(Lexer *lexer)
{
    const char *word = skip_blanks(lexer->at + 1);
    if (!is_digit(*word) && strncmp(word, "line", 4) != 0 && strncmp(word, "pragma", 6) != 0 &&
        strncmp(word, "ident", 5) != 0 && *word != '\n')
        return false;
    skip_line(lexer);
    return true;
}

static bool skip_comment(Lexer *lexer)
{
    if (lexer->at[1] == '/') {
        skip_line(lexer);
        return true;
    }
    if (lexer->at[1] != '*')
        return false;
    for (const char *at = lexer->at + 2; at < lexer->end; at++) {
        if (at[0] == '*' && at[1] == '/') {
            lexer->at = at + 2;
            return true;
        }
    }
    return false;
}

// A backslash at the end of a line joins it with the next.
static bool skip_splice(Lexer *lexer)
{
    const char *at = lexer->at + 1;
    if (*at == '\r')
        at++;
    if (*at != '\n')
        return false;
    lexer->at = at + 1;
    return true;
}

static void skip_space(Lexer *lexer)
{
    for (;;) {
        switch (*lexer->at) {
        case '\n':
            lexer->line_start = true;
            lexer->at++;
            continue;
        case ' ':
        case '\t':
        case '\r':
        case '\f':
        case '\v': lexer->at++; continue;
        case '\\':
            if (skip_splice(lexer))
                continue;
            return;
        case '/':
            if (skip_comment(lexer))
                continue;
            return;
        case '#':
            if (lexer->line_start && skip_directive(lexer))
                continue;
            return;
        default: return;
        }
    }
}

static void add_token(Lexer *lexer, TokenKind kind, const char *start)
{
    Unit *unit = lexer->unit;
    *ARENA_PUSH(unit->memory.arrays, &unit->tokens) = (Token){
        .length = (size_t)(lexer->at - start),
        .start = (uint32_t)(start - unit->text),
        .kind = kind,
    };
}

// A string or a character constant, whose prefix, if any, began at `start`.
static void lex_quoted(Lexer *lexer, const char *start)
{
    char quote = *lexer->at++;
    while (lexer->at < lexer->end && *lexer->at != quote && *lexer->at != '\n') {
        if (*lexer->at == '\\' && lexer->at + 1 < lexer->end)
            lexer->at += lexer->at[1] == '\r' && lexer->at[2] == '\n' ? 2 : 1;
        lexer->at++;
    }
    bool closed = lexer->at < lexer->end && *lexer->at == quote;
    lexer->at += closed;
    add_token(lexer, !closed ? TOKEN_BAD : quote == '"' ? TOKEN_STRING : TOKEN_CHARACTER, start);
}

static bool is_encoding_prefix(const char *text, size_t length)
{
    return (length == 1 && (*text == 'L' || *text == 'u' || *text == 'U')) ||
           (length == 2 && text[0] == 'u' && text[1] == '8');
}

// Takes R"x(text)x", which GNU C has, and where a line or a backslash means nothing; false if there
// is none here. One that does not end takes all that is left.
static bool lex_raw_string(Lexer *lexer, const char *start)
{
    const char *delimiter = lexer->at + 1;
    size_t length = strcspn(delimiter, "()\\\" \t\v\f\n");
    if (delimiter[length] != '(' || length > 16)
        return false;
    for (const char *at = delimiter + length; (size_t)(lexer->end - at) >= length + 2; at++) {
        if (*at == ')' && at[length + 1] == '"' && memcmp(at + 1, delimiter, length) == 0) {
            lexer->at = at + length + 2;
            add_token(lexer, TOKEN_STRING, start);
            return true;
        }
    }
    lexer->at = lexer->end;
    add_token(lexer, TOKEN_BAD, start);
    return true;
}

// Also takes \u1234, which is a letter.
static void lex_word(Lexer *lexer)
{
    const char *start = lexer->at;
    while (is_letter(*lexer->at) || is_digit(*lexer->at) ||
           (*lexer->at == '\\' && (lexer->at[1] == 'u' || lexer->at[1] == 'U')))
        lexer->at += *lexer->at == '\\' ? 2 : 1;
    size_t length = (size_t)(lexer->at - start);
    if ((*lexer->at == '"' || *lexer->at == '\'') && is_encoding_prefix(start, length)) {
        lex_quoted(lexer, start);
        return;
    }
    bool raw = *lexer->at == '"' && length > 0 && start[length - 1] == 'R' &&
               (length == 1 || is_encoding_prefix(start, length - 1));
    if (raw && lex_raw_string(lexer, start))
        return;
    Name *name = intern(lexer->unit, start, length);
    add_token(lexer, name->kind, start);
    lexer->unit->tokens.items[lexer->unit->tokens.count - 1].name = name;
}

static void lex_number(Lexer *lexer)
{
    const char *start = lexer->at++;
    for (;;) {
        char c = *lexer->at, before = (char)(lexer->at[-1] | 32);
        bool exponent = (c == '+' || c == '-') && (before == 'e' || before == 'p');
        bool separator = c == '\'' && (is_letter(lexer->at[1]) || is_digit(lexer->at[1]));
        if (!is_letter(c) && !is_digit(c) && c != '.' && !exponent && !separator)
            break;
        lexer->at++;
    }
    add_token(lexer, TOKEN_NUMBER, start);
}

typedef struct Operator {
    char text[4];
    TokenKind kind;
} Operator;

// Those of more than one character, the longer first. Digraphs stand for their brackets.
static const Operator operators[] = {
    {"...", TOKEN_ELLIPSIS},
    {"<<=", TOKEN_ASSIGN},
    {">>=", TOKEN_ASSIGN},
    {"->", TOKEN_ARROW},
    {"++", TOKEN_INCREMENT},
    {"--", TOKEN_INCREMENT},
    {"<<", TOKEN_SHIFT},
    {">>", TOKEN_SHIFT},
    {"<=", TOKEN_RELATION},
    {">=", TOKEN_RELATION},
    {"==", TOKEN_EQUALITY},
    {"!=", TOKEN_EQUALITY},
    {"&&", TOKEN_AND},
    {"||", TOKEN_OR},
    {"+=", TOKEN_ASSIGN},
    {"-=", TOKEN_ASSIGN},
    {"*=", TOKEN_ASSIGN},
    {"/=", TOKEN_ASSIGN},
    {"%=", TOKEN_ASSIGN},
    {"&=", TOKEN_ASSIGN},
    {"|=", TOKEN_ASSIGN},
    {"^=", TOKEN_ASSIGN},
    {"<:", '['},
    {":>", ']'},
    {"<%", '{'},
    {"%>", '}'},
};

static void lex_punctuator(Lexer *lexer)
{
    const char *start = lexer->at;
    if (start[1] && strchr("=.-+<>&|:%", start[1])) {
        for (size_t i = 0; i < COUNT(operators); i++) {
            size_t length = strlen(operators[i].text);
            if (strncmp(start, operators[i].text, length) == 0) {
                lexer->at += length;
                add_token(lexer, operators[i].kind, start);
                return;
            }
        }
    }
    char c = *lexer->at++;
    bool good = c && strchr("()[]{}<>=+-*/%&|^!~?:;,.", c);
    add_token(lexer, good ? (TokenKind)c : TOKEN_BAD, start);
}

static void lex_token(Lexer *lexer)
{
    const char *start = lexer->at;
    if (is_digit(*start) || (*start == '.' && is_digit(start[1]))) {
        lex_number(lexer);
    } else if (is_letter(*start) || (*start == '\\' && (start[1] | 32) == 'u')) {
        lex_word(lexer);
    } else if (*start == '"' || *start == '\'') {
        lex_quoted(lexer, start);
    } else if (*start == '/' && start[1] == '*') {
        lexer->at = lexer->end;
        add_token(lexer, TOKEN_BAD, start);
    } else if (*start == '#') {
        skip_line(lexer);
        add_token(lexer, TOKEN_BAD, start);
    } else {
        lex_punctuator(lexer);
    }
}

void lex(Unit *unit)
{
    intern_keywords(unit);
    find_lines(unit);
    ARENA_RESERVE(unit->memory.arrays, &unit->tokens, unit->size / BYTES_FOR_TOKEN);
    Lexer lexer = {
        .unit = unit, .at = unit->text, .end = unit->text + unit->size, .line_start = true};
    for (skip_space(&lexer); lexer.at < lexer.end; skip_space(&lexer)) {
        lex_token(&lexer);
        lexer.line_start = false;
    }
    lexer.at = lexer.end;
    add_token(&lexer, TOKEN_END, lexer.end);
    FIT(unit->memory.arrays, &unit->tokens);
}
