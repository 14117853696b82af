// The parser: tokens in, tree out.
//
// After an error the parser reads on from the end of the unit, where every loop stops and nothing
// can be expected; so it returns as after a success, with every scope closed and every node in the
// tree, and the function for one outermost declaration drops what came of it and resumes at the
// next one.
//
// Whether a name stands for a type decides how C reads, so the parser keeps the meaning of each
// name. A scope is a mark in the arena `table`: a declaration has the arena remember what the name
// meant before, and leaving the scope is a rewind.
//
// Where a unit uses names that it never declares, the parser guesses that a name is a type, and
// goes back if that fails: one rewind drops the nodes, another puts back what the names meant.
//
// No function calls itself for the next element of a list or of a chain, only for what is nested,
// and `enter` bounds how deep that goes.

#include "cparse.h"

#include <string.h>

enum {
    MOST_ERRORS = 100,  // in one unit, after which the parser gives up
    MOST_GUESSED = 256, // tokens that one guess may take, so that all take linear time
};

typedef struct Parser {
    Unit *unit;
    Memory *memory;
    const Token *tokens;
    uint32_t at;          // the current token; the last one after an error
    uint32_t end;         // the last token
    uint32_t failed_at;   // the token that was wrong
    bool failed;          // since the start of this declaration, or of the guess
    unsigned depth;       // of nesting
    unsigned guess_depth; // where the guess began that is going on; 0: none is
    uint32_t guess_end;   // the token that it may not reach
} Parser;

// -------------------------------------------------------------------------------------------------
// Tokens
// -------------------------------------------------------------------------------------------------

static TokenKind peek(const Parser *p)
{
    return p->tokens[p->at].kind;
}

static TokenKind peek_second(const Parser *p)
{
    return p->at < p->end ? p->tokens[p->at + 1].kind : TOKEN_END;
}

// A token's kind, where a word of C23 is a keyword if the unit has not declared it, and is not about
// to: what follows could not follow a name.
static TokenKind word_at(const Parser *p, uint32_t token)
{
    const Token *word = &p->tokens[token];
    if (word->kind != TOKEN_IDENTIFIER || !word->name->soft ||
        word->name->meaning != MEANING_UNKNOWN)
        return word->kind;
    TokenKind next = word[1].kind;
    bool keyword = next == '(' || next == TOKEN_IDENTIFIER || next >= TOKEN_TYPEDEF;
    return keyword ? word->name->soft : word->kind;
}

static void fail(Parser *p, const char *expected);

// A guess that goes on for too long has failed.
static void advance(Parser *p)
{
    if (p->at < p->end)
        p->at++;
    if (p->guess_depth && p->at > p->guess_end)
        fail(p, "the end of a guess");
}

static bool accept(Parser *p, TokenKind kind)
{
    if (peek(p) != kind)
        return false;
    advance(p);
    return true;
}

// -------------------------------------------------------------------------------------------------
// Errors
// -------------------------------------------------------------------------------------------------

static const char *why_bad(const char *text)
{
    switch (*text) {
    case '/': return "a comment that does not end";
    case '#': return "a directive in preprocessed text";
    case '\'': return "a character constant that does not end on its line";
    case 'R': return "a raw string that does not end";
    case '"':
    case 'L':
    case 'u':
    case 'U': return "a string that does not end on its line";
    default: return "a byte that no token begins with";
    }
}

static const char *describe(const Parser *p, uint32_t token)
{
    const Token *it = &p->tokens[token];
    const char *text = p->unit->text + it->start;
    if (it->kind == TOKEN_END)
        return "the end of the input";
    if (it->kind == TOKEN_BAD)
        return why_bad(text);
    size_t length = spelling_length(it);
    return arena_asprintf(p->memory->arrays, "'%.*s'", (int)(length < 40 ? length : 40), text);
}

// At the current token; or, for the end is nothing to look at, at the one before it.
static void report(Parser *p, const char *message)
{
    Unit *unit = p->unit;
    uint32_t token = p->at == p->end && p->at > 0 ? p->at - 1 : p->at;
    Diagnostic *diagnostic = ARENA_NEW(p->memory->arrays, Diagnostic);
    *diagnostic = (Diagnostic){.next = unit->errors, .token = token, .message = message};
    unit->errors = diagnostic;
    unit->error_count++;
}

static void fail_because(Parser *p, const char *message)
{
    if (p->failed)
        return;
    if (!p->guess_depth)
        report(p, message);
    p->failed = true;
    p->failed_at = p->at;
    p->at = p->end;
}

static void fail(Parser *p, const char *expected)
{
    if (p->failed)
        return;
    const char *message = "";
    if (!p->guess_depth)
        message = arena_asprintf(p->memory->arrays, "expected %s before %s", expected,
                                 describe(p, p->at));
    fail_because(p, message);
}

static void expect(Parser *p, TokenKind kind, const char *expected)
{
    if (!accept(p, kind))
        fail(p, expected);
}

static void enter(Parser *p)
{
    if (++p->depth > p->unit->max_depth && !p->failed)
        fail_because(
            p, arena_asprintf(p->memory->arrays, "nested more than %u deep", p->unit->max_depth));
}

static void leave(Parser *p)
{
    p->depth--;
}

// -------------------------------------------------------------------------------------------------
// Nodes
// -------------------------------------------------------------------------------------------------

static Node *new_node(Parser *p, NodeKind kind, uint32_t token)
{
    Node *node = MEMORY_NEW(p->memory, Node);
    *node = (Node){.kind = (uint8_t)kind, .token = token};
    return node;
}

// Without children, from the current token, which it takes.
static Node *leaf(Parser *p, NodeKind kind)
{
    Node *node = new_node(p, kind, p->at);
    advance(p);
    return node;
}

// A node whose children are still coming.
typedef struct Builder {
    Node *node;
    Node **end; // where the next child goes
} Builder;

static Builder begin_at(Parser *p, NodeKind kind, uint32_t token)
{
    Node *node = new_node(p, kind, token);
    return (Builder){node, &node->first};
}

static Builder begin(Parser *p, NodeKind kind)
{
    return begin_at(p, kind, p->at);
}

// After an error there may be no child to add.
static void add(Builder *builder, Node *child)
{
    if (!child)
        return;
    *builder->end = child;
    builder->end = &child->next;
}

// The children of a node are put before its siblings and so need no stack, however deep the tree.
void free_tree(Node *node)
{
    while (node) {
        Node *rest = node->next;
        if (node->first) {
            Node *last = node->first;
            while (last->next)
                last = last->next;
            last->next = rest;
            rest = node->first;
        }
        free(node);
        node = rest;
    }
}

// -------------------------------------------------------------------------------------------------
// Scopes and guesses
// -------------------------------------------------------------------------------------------------

static ArenaMark enter_scope(Parser *p)
{
    return arena_mark(p->memory->table);
}

static void leave_scope(Parser *p, ArenaMark scope)
{
    arena_rewind(p->memory->table, scope);
}

static void declare(Parser *p, uint32_t token, Meaning meaning)
{
    Name *name = p->tokens[token].name;
    if (name->meaning == meaning)
        return;
    arena_remember(p->memory->table, &name->meaning, sizeof name->meaning);
    name->meaning = (uint8_t)meaning;
}

typedef struct Guess {
    ArenaMark nodes;
    ArenaMark names;
    Parser before;
} Guess;

static Guess begin_guess(Parser *p)
{
    Guess guess = {.names = arena_mark(p->memory->table), .before = *p};
    if (p->memory->tree)
        guess.nodes = arena_mark(p->memory->tree);
    p->guess_depth = p->depth + 1;
    p->guess_end = p->at < UINT32_MAX - MOST_GUESSED ? p->at + MOST_GUESSED : UINT32_MAX;
    return guess;
}

// Everything is as it was at begin_guess.
static void undo_guess(Parser *p, const Guess *guess, Node *node)
{
    if (p->memory->tree)
        arena_rewind(p->memory->tree, guess->nodes);
    else
        free_tree(node);
    arena_rewind(p->memory->table, guess->names);
    *p = guess->before;
}

// The declaration that is being guessed is one: errors are errors from here on.
static void settle_guess(Parser *p)
{
    TokenKind kind = peek(p);
    if (!p->guess_depth || p->guess_depth != p->depth)
        return;
    if (kind == ';' || kind == ',' || kind == '=' || kind == TOKEN_ASM || kind == TOKEN_ATTRIBUTE)
        p->guess_depth = 0;
    else
        fail(p, "a declaration");
}

// -------------------------------------------------------------------------------------------------
// What begins here?
// -------------------------------------------------------------------------------------------------

static bool at_bracket_attribute(const Parser *p, uint32_t token)
{
    return p->tokens[token].kind == '[' && p->tokens[token + 1].kind == '[';
}

// The token after the brackets that open at `token`.
static uint32_t after_brackets(const Parser *p, uint32_t token)
{
    size_t open = 0;
    for (; token < p->end; token++) {
        TokenKind kind = p->tokens[token].kind;
        open += kind == '(' || kind == '[';
        open -= kind == ')' || kind == ']';
        if (open == 0)
            return token + 1;
    }
    return token;
}

static uint32_t after_attributes(const Parser *p, uint32_t token)
{
    for (;;) {
        if (p->tokens[token].kind == TOKEN_ATTRIBUTE && p->tokens[token + 1].kind == '(')
            token = after_brackets(p, token + 1);
        else if (at_bracket_attribute(p, token))
            token = after_brackets(p, token);
        else
            return token;
    }
}

// Whether the unknown name at `token` stands where only a type does.
static bool looks_like_type(const Parser *p, uint32_t token)
{
    TokenKind next = token < p->end ? p->tokens[token + 1].kind : TOKEN_END;
    return next == TOKEN_IDENTIFIER || next == '*' || next == TOKEN_QUALIFIER;
}

// Whether the unknown name at `token`, after a parenthesis, may begin a pointer type: after the
// stars comes nothing that it could be multiplied with, except perhaps a function pointer.
static bool looks_like_pointer(const Parser *p, uint32_t token)
{
    const Token *next = &p->tokens[token + 1];
    while (next->kind == '*' || next->kind == TOKEN_QUALIFIER)
        next++;
    return next > &p->tokens[token + 1] &&
           (next->kind == ')' || next->kind == '[' || (next->kind == '(' && next[1].kind == '*'));
}

// Whether a type surely begins at `token`.
static bool type_begins(const Parser *p, uint32_t token)
{
    switch (word_at(p, token)) {
    case TOKEN_QUALIFIER:
    case TOKEN_TYPE:
    case TOKEN_COMPLEX:
    case TOKEN_ATOMIC:
    case TOKEN_RECORD:
    case TOKEN_ENUM:
    case TOKEN_TYPEOF:
    case TOKEN_BITINT: return true;
    case TOKEN_IDENTIFIER: return p->tokens[token].name->meaning == MEANING_TYPE;
    default: return false;
    }
}

// The first token of a declaration that is neither an attribute nor `__extension__`.
static uint32_t first_word(const Parser *p)
{
    uint32_t token = after_attributes(p, p->at);
    while (p->tokens[token].kind == TOKEN_EXTENSION)
        token = after_attributes(p, token + 1);
    return token;
}

static bool declaration_begins(const Parser *p)
{
    uint32_t token = first_word(p);
    switch (word_at(p, token)) {
    case TOKEN_TYPEDEF:
    case TOKEN_STORAGE:
    case TOKEN_ALIGNAS:
    case TOKEN_STATIC_ASSERT: return true;
    case TOKEN_IDENTIFIER:
        return p->tokens[token].name->meaning == MEANING_TYPE && p->tokens[token + 1].kind != ':';
    default: return type_begins(p, token);
    }
}

// -------------------------------------------------------------------------------------------------
// Expressions
// -------------------------------------------------------------------------------------------------

static Node *parse_expression(Parser *p);
static Node *parse_assignment(Parser *p);
static Node *parse_type(Parser *p);
static Node *parse_block(Parser *p);
static Node *parse_list(Parser *p);

static Node *parse_string(Parser *p)
{
    if (peek(p) != TOKEN_STRING) {
        fail(p, "a string");
        return NULL;
    }
    Builder string = begin(p, NODE_STRING);
    advance(p);
    while (peek(p) == TOKEN_STRING)
        add(&string, leaf(p, NODE_STRING));
    return string.node;
}

// A type where there is one, or else an expression.
static Node *parse_type_or_expression(Parser *p)
{
    return type_begins(p, p->at) ? parse_type(p) : parse_assignment(p);
}

static Node *parse_choice(Parser *p)
{
    Builder choice = begin(p, NODE_CHOICE);
    if (!accept(p, TOKEN_DEFAULT))
        add(&choice, parse_type(p));
    expect(p, ':', "':'");
    add(&choice, parse_assignment(p));
    return choice.node;
}

static Node *parse_generic(Parser *p)
{
    Builder generic = begin(p, NODE_GENERIC);
    advance(p);
    expect(p, '(', "'('");
    add(&generic, parse_type_or_expression(p));
    while (accept(p, ','))
        add(&generic, parse_choice(p));
    expect(p, ')', "')'");
    return generic.node;
}

// A call, of what the node `callee` is, whose arguments may be types.
static Node *parse_arguments(Parser *p, Node *callee, bool types)
{
    Builder call = begin(p, NODE_CALL);
    add(&call, callee);
    expect(p, '(', "'('");
    if (peek(p) != ')') {
        do
            add(&call, types ? parse_type_or_expression(p) : parse_assignment(p));
        while (accept(p, ','));
    }
    expect(p, ')', "')'");
    return call.node;
}

static Node *parse_parenthesised(Parser *p)
{
    if (peek_second(p) == '{') {
        Builder statements = begin(p, NODE_STATEMENTS);
        advance(p);
        add(&statements, parse_block(p));
        expect(p, ')', "')'");
        return statements.node;
    }
    advance(p);
    Node *expression = parse_expression(p);
    expect(p, ')', "')'");
    return expression;
}

static Node *parse_primary(Parser *p)
{
    switch (peek(p)) {
    case TOKEN_IDENTIFIER: return leaf(p, NODE_IDENTIFIER);
    case TOKEN_NUMBER: return leaf(p, NODE_NUMBER);
    case TOKEN_CHARACTER: return leaf(p, NODE_CHARACTER);
    case TOKEN_STRING: return parse_string(p);
    case TOKEN_GENERIC: return parse_generic(p);
    case TOKEN_TYPED_CALL: return parse_arguments(p, leaf(p, NODE_IDENTIFIER), true);
    case '(': return parse_parenthesised(p);
    case TOKEN_AND:
        advance(p);
        if (peek(p) == TOKEN_IDENTIFIER)
            return leaf(p, NODE_LABEL_ADDRESS);
        fail(p, "a label");
        return NULL;
    default: fail(p, "an expression"); return NULL;
    }
}

static Node *parse_index(Parser *p, Node *array)
{
    Builder index = begin(p, NODE_INDEX);
    advance(p);
    add(&index, array);
    add(&index, parse_expression(p));
    expect(p, ']', "']'");
    return index.node;
}

static Node *parse_member(Parser *p, Node *object)
{
    NodeKind kind = peek(p) == '.' ? NODE_MEMBER : NODE_ARROW;
    advance(p);
    Builder member = begin(p, kind);
    add(&member, object);
    expect(p, TOKEN_IDENTIFIER, "the name of a member");
    return member.node;
}

static Node *parse_suffixes(Parser *p, Node *operand)
{
    for (;;) {
        switch (peek(p)) {
        case '[': operand = parse_index(p, operand); break;
        case '(': operand = parse_arguments(p, operand, false); break;
        case '.':
        case TOKEN_ARROW: operand = parse_member(p, operand); break;
        case TOKEN_INCREMENT: {
            Builder postfix = begin(p, NODE_POSTFIX);
            advance(p);
            add(&postfix, operand);
            operand = postfix.node;
            break;
        }
        default: return operand;
        }
    }
}

static Node *parse_type_in_parentheses(Parser *p)
{
    advance(p);
    Node *type = parse_type(p);
    expect(p, ')', "')'");
    return type;
}

// After `(name)`: whether that must have been a cast, for what follows begins an operand and does
// not go on with an expression.
static bool operand_follows(const Parser *p)
{
    switch (peek(p)) {
    case TOKEN_IDENTIFIER:
    case TOKEN_NUMBER:
    case TOKEN_CHARACTER:
    case TOKEN_STRING:
    case TOKEN_SIZEOF:
    case '~':
    case '!':
    case '{': return true;
    default: return false;
    }
}

// The type in the parentheses that open here, if its unknown name is that of a type. If it is there
// alone, what follows decides.
static Node *guess_type_in_parentheses(Parser *p, bool alone)
{
    Guess guess = begin_guess(p);
    Node *type = parse_type_in_parentheses(p);
    if (p->failed || (alone && !operand_follows(p))) {
        undo_guess(p, &guess, type);
        return NULL;
    }
    p->guess_depth = 0;
    return type;
}

// Only the type of a compound literal may have a storage class, since C23.
static Node *parse_stored_type(Parser *p)
{
    Node *type = parse_type_in_parentheses(p);
    if (peek(p) != '{')
        fail(p, "'{'");
    return type;
}

// `(` and a type and `)`; or NULL, and nothing was taken.
static Node *parse_possible_type(Parser *p)
{
    if (peek(p) != '(')
        return NULL;
    uint32_t inside = after_attributes(p, p->at + 1);
    while (inside < p->end && p->tokens[inside].kind == TOKEN_EXTENSION)
        inside++;
    if (type_begins(p, inside))
        return parse_type_in_parentheses(p);
    if (word_at(p, inside) == TOKEN_STORAGE)
        return parse_stored_type(p);
    const Token *token = &p->tokens[inside];
    if (token->kind != TOKEN_IDENTIFIER || token->name->meaning != MEANING_UNKNOWN)
        return NULL;
    bool alone = token[1].kind == ')';
    if (p->guess_depth || (!alone && !looks_like_pointer(p, inside)))
        return NULL;
    return guess_type_in_parentheses(p, alone);
}

static Node *parse_compound_literal(Parser *p, Node *type)
{
    Builder literal = begin_at(p, NODE_LITERAL, type->token);
    add(&literal, type);
    add(&literal, parse_list(p));
    return literal.node;
}

static bool is_prefix(TokenKind kind)
{
    switch (kind) {
    case '+':
    case '-':
    case '!':
    case '~':
    case '*':
    case '&':
    case TOKEN_INCREMENT:
    case TOKEN_EXTENSION:
    case TOKEN_PART: return true;
    default: return false;
    }
}

// What prefixes are written before. `sizeof` belongs here when its operand is a type.
static Node *parse_operand(Parser *p, Node *type)
{
    if (type)
        return parse_suffixes(p, parse_compound_literal(p, type));
    return parse_suffixes(p, parse_primary(p));
}

// A chain of prefixes and casts; each leaves a hole that the next one fills.
static Node *parse_unary(Parser *p)
{
    Node *root = NULL, *type = NULL;
    Node **hole = &root;
    for (;;) {
        bool size = word_at(p, p->at) == TOKEN_SIZEOF;
        if (size || is_prefix(peek(p))) {
            Node *prefix = leaf(p, NODE_UNARY);
            *hole = prefix;
            hole = &prefix->first;
            if (!size)
                continue;
        }
        type = parse_possible_type(p);
        if (type && size && peek(p) != '{') {
            *hole = type;
            return root;
        }
        if (type && peek(p) != '{') {
            Builder cast = begin_at(p, NODE_CAST, type->token);
            add(&cast, type);
            *hole = cast.node;
            hole = cast.end;
        } else if (type || !size) {
            break;
        }
    }
    *hole = parse_operand(p, type);
    return root;
}

static int precedence(const Parser *p)
{
    switch (peek(p)) {
    case '*':
    case '/':
    case '%': return 10;
    case '+':
    case '-': return 9;
    case TOKEN_SHIFT: return 8;
    case '<':
    case '>':
    case TOKEN_RELATION: return 7;
    case TOKEN_EQUALITY: return 6;
    case '&': return 5;
    case '^': return 4;
    case '|': return 3;
    case TOKEN_AND: return 2;
    case TOKEN_OR: return 1;
    default: return 0;
    }
}

// Operators that bind at least as tightly as `least`.
static Node *parse_binary(Parser *p, int least)
{
    Node *left = parse_unary(p);
    for (int binds = precedence(p); binds >= least; binds = precedence(p)) {
        Builder binary = begin(p, NODE_BINARY);
        advance(p);
        add(&binary, left);
        enter(p);
        add(&binary, parse_binary(p, binds + 1));
        leave(p);
        left = binary.node;
    }
    return left;
}

// Chains of = and of ?: lean to the right: each leaves a hole for the rest.
static Node *parse_assignment(Parser *p)
{
    enter(p);
    Node *root = NULL;
    Node **hole = &root;
    for (;;) {
        Node *left = parse_binary(p, 1);
        Builder outer;
        if (peek(p) == '=' || peek(p) == TOKEN_ASSIGN) {
            outer = begin(p, NODE_ASSIGN);
            advance(p);
            add(&outer, left);
        } else if (peek(p) == '?') {
            outer = begin(p, NODE_CONDITIONAL);
            advance(p);
            add(&outer, left);
            if (peek(p) != ':')
                add(&outer, parse_expression(p));
            expect(p, ':', "':'");
        } else {
            *hole = left;
            break;
        }
        *hole = outer.node;
        hole = outer.end;
    }
    leave(p);
    return root;
}

static Node *parse_expression(Parser *p)
{
    Node *first = parse_assignment(p);
    if (peek(p) != ',')
        return first;
    Builder comma = begin(p, NODE_COMMA);
    add(&comma, first);
    while (accept(p, ','))
        add(&comma, parse_assignment(p));
    return comma.node;
}

// -------------------------------------------------------------------------------------------------
// Initialisers
// -------------------------------------------------------------------------------------------------

static Node *parse_value(Parser *p)
{
    return peek(p) == '{' ? parse_list(p) : parse_assignment(p);
}

static Node *parse_element(Parser *p)
{
    Builder element = begin(p, NODE_ELEMENT);
    advance(p);
    add(&element, parse_assignment(p));
    if (accept(p, TOKEN_ELLIPSIS))
        add(&element, parse_assignment(p));
    expect(p, ']', "']'");
    return element.node;
}

static Node *parse_field(Parser *p)
{
    if (peek(p) != TOKEN_IDENTIFIER) {
        fail(p, "the name of a member");
        return NULL;
    }
    return leaf(p, NODE_FIELD);
}

// `.a[1] = value`, and two old forms: `a: value` and `[1] value`.
static Node *parse_designated(Parser *p)
{
    Builder designated = begin(p, NODE_DESIGNATED);
    if (peek(p) == TOKEN_IDENTIFIER) {
        add(&designated, leaf(p, NODE_FIELD));
        advance(p);
        add(&designated, parse_value(p));
        return designated.node;
    }
    bool element = false;
    for (;;) {
        if (accept(p, '.')) {
            add(&designated, parse_field(p));
            element = false;
        } else if (peek(p) == '[') {
            add(&designated, parse_element(p));
            element = true;
        } else {
            break;
        }
    }
    if (!accept(p, '=') && !element)
        fail(p, "'='");
    add(&designated, parse_value(p));
    return designated.node;
}

static Node *parse_list(Parser *p)
{
    enter(p);
    Builder list = begin(p, NODE_LIST);
    expect(p, '{', "'{'");
    while (peek(p) != '}' && peek(p) != TOKEN_END) {
        bool designated = peek(p) == '.' || peek(p) == '[' ||
                          (peek(p) == TOKEN_IDENTIFIER && peek_second(p) == ':');
        add(&list, designated ? parse_designated(p) : parse_value(p));
        if (!accept(p, ','))
            break;
    }
    expect(p, '}', "'}'");
    leave(p);
    return list.node;
}

// -------------------------------------------------------------------------------------------------
// Specifiers
// -------------------------------------------------------------------------------------------------

static Node *parse_declaration(Parser *p);
static Node *parse_shape(Parser *p, bool may_be_named);

// What the specifiers of a declaration have said so far.
typedef struct Specifiers {
    bool is_typedef;
    bool has_type;     // a name that follows is not a type any more
    bool need_no_name; // of a parameter, or of a type alone
} Specifiers;

// The name in an attribute is shown, the rest is not parsed.
static void parse_attributes(Parser *p, Builder *into)
{
    for (uint32_t after; (after = after_attributes(p, p->at)) != p->at;) {
        uint32_t word = p->at;
        while (word < after && p->tokens[word].kind != TOKEN_IDENTIFIER &&
               p->tokens[word].kind != TOKEN_QUALIFIER)
            word++;
        add(into, new_node(p, NODE_ATTRIBUTE, word < after ? word : p->at));
        p->at = after;
        if (p->at == p->end)
            fail(p, "the end of an attribute");
    }
}

// A word and what follows it in parentheses.
static Node *parse_specifier_call(Parser *p, NodeKind kind)
{
    Builder call = begin(p, kind);
    advance(p);
    expect(p, '(', "'('");
    add(&call, type_begins(p, p->at) ? parse_type(p) : parse_expression(p));
    expect(p, ')', "')'");
    return call.node;
}

static Node *parse_enumerator(Parser *p)
{
    if (peek(p) != TOKEN_IDENTIFIER) {
        fail(p, "an enumerator");
        return NULL;
    }
    Builder enumerator = begin(p, NODE_ENUMERATOR);
    advance(p);
    parse_attributes(p, &enumerator);
    if (accept(p, '='))
        add(&enumerator, parse_assignment(p));
    declare(p, enumerator.node->token, MEANING_OBJECT);
    return enumerator.node;
}

static void parse_tag(Parser *p, Builder *into)
{
    parse_attributes(p, into);
    bool named = peek(p) == TOKEN_IDENTIFIER;
    if (named)
        add(into, leaf(p, NODE_TAG));
    else if (peek(p) != '{' && peek(p) != ':')
        fail(p, "a tag or '{'");
    parse_attributes(p, into);
}

static Node *parse_enum(Parser *p)
{
    Builder node = begin(p, NODE_ENUM);
    advance(p);
    parse_tag(p, &node);
    if (peek(p) == ':' && type_begins(p, p->at + 1)) {
        advance(p);
        add(&node, parse_type(p));
    }
    if (accept(p, '{')) {
        while (peek(p) != '}' && peek(p) != TOKEN_END) {
            add(&node, parse_enumerator(p));
            if (!accept(p, ','))
                break;
        }
        expect(p, '}', "'}'");
        parse_attributes(p, &node);
    }
    return node.node;
}

static Node *parse_specifiers(Parser *p, Specifiers *seen);

static Node *parse_struct_declarator(Parser *p)
{
    Builder declared = begin(p, NODE_DECLARED);
    parse_attributes(p, &declared);
    add(&declared, peek(p) == ':' ? new_node(p, NODE_NAMELESS, p->at) : parse_shape(p, true));
    if (peek(p) == ':') {
        Builder width = begin(p, NODE_WIDTH);
        advance(p);
        add(&width, parse_assignment(p));
        add(&declared, width.node);
    }
    parse_attributes(p, &declared);
    return declared.node;
}

// Members have a name space of their own, so that none is declared here.
static Node *parse_members(Parser *p)
{
    if (word_at(p, first_word(p)) == TOKEN_STATIC_ASSERT)
        return parse_declaration(p);
    Builder members = begin(p, NODE_DECLARATION);
    Specifiers seen = {.has_type = false};
    Node *specifiers = parse_specifiers(p, &seen);
    add(&members, specifiers);
    if (!specifiers->first)
        fail(p, "a member");
    if (peek(p) != ';' && peek(p) != '}') {
        do
            add(&members, parse_struct_declarator(p));
        while (accept(p, ','));
    }
    if (peek(p) != '}')
        expect(p, ';', "';'");
    return members.node;
}

static Node *parse_record(Parser *p)
{
    Builder record = begin(p, NODE_RECORD);
    advance(p);
    parse_tag(p, &record);
    if (accept(p, '{')) {
        while (peek(p) != '}' && peek(p) != TOKEN_END) {
            if (!accept(p, ';'))
                add(&record, parse_members(p));
        }
        expect(p, '}', "'}'");
        parse_attributes(p, &record);
    }
    return record.node;
}

static bool name_is_type(const Parser *p, const Specifiers *seen)
{
    if (seen->has_type)
        return false;
    uint8_t meaning = p->tokens[p->at].name->meaning;
    if (meaning != MEANING_UNKNOWN)
        return meaning == MEANING_TYPE;
    TokenKind next = peek_second(p);
    return looks_like_type(p, p->at) || (seen->need_no_name && (next == ')' || next == ','));
}

// The next specifier, of those that are a word alone; NULL if it is none.
static Node *parse_specifier_word(Parser *p, Specifiers *seen, TokenKind kind)
{
    switch (kind) {
    case TOKEN_TYPEDEF: seen->is_typedef = true; return leaf(p, NODE_KEYWORD);
    case TOKEN_STORAGE:
    case TOKEN_QUALIFIER:
    case TOKEN_COMPLEX:
    case TOKEN_EXTENSION: return leaf(p, NODE_KEYWORD);
    case TOKEN_TYPE: seen->has_type = true; return leaf(p, NODE_KEYWORD);
    case TOKEN_IDENTIFIER:
        if (!name_is_type(p, seen))
            return NULL;
        seen->has_type = true;
        return leaf(p, NODE_TYPE_NAME);
    default: return NULL;
    }
}

static Node *parse_specifier(Parser *p, Specifiers *seen)
{
    TokenKind kind = word_at(p, p->at);
    switch (kind) {
    case TOKEN_ALIGNAS: return parse_specifier_call(p, NODE_TYPE_CALL);
    case TOKEN_RECORD: seen->has_type = true; return parse_record(p);
    case TOKEN_ENUM: seen->has_type = true; return parse_enum(p);
    case TOKEN_TYPEOF: seen->has_type = true; return parse_specifier_call(p, NODE_TYPEOF);
    case TOKEN_BITINT: seen->has_type = true; return parse_specifier_call(p, NODE_TYPE_CALL);
    case TOKEN_ATOMIC:
        if (peek_second(p) != '(')
            return leaf(p, NODE_KEYWORD);
        seen->has_type = true;
        return parse_specifier_call(p, NODE_TYPE_CALL);
    default: return parse_specifier_word(p, seen, kind);
    }
}

static Node *parse_specifiers(Parser *p, Specifiers *seen)
{
    enter(p);
    Builder specifiers = begin(p, NODE_SPECIFIERS);
    for (;;) {
        parse_attributes(p, &specifiers);
        Node *specifier = parse_specifier(p, seen);
        if (!specifier)
            break;
        add(&specifiers, specifier);
    }
    leave(p);
    return specifiers.node;
}

// -------------------------------------------------------------------------------------------------
// Declarators
// -------------------------------------------------------------------------------------------------

static bool takes_place_of(NodeKind kind)
{
    return kind == NODE_POINTER || kind == NODE_ARRAY || kind == NODE_FUNCTION_TYPE ||
           kind == NODE_NAME || kind == NODE_NAMELESS;
}

// The shape in a node: what is left of it when one layer is taken off.
static Node *inner_shape(const Node *node)
{
    Node *child = node->first;
    while (child && !takes_place_of((NodeKind)child->kind))
        child = child->next;
    return child;
}

// The NAME or NAMELESS that a shape ends in, and the shape just around it, or NULL.
static Node *innermost(Node *shape, Node **around)
{
    *around = NULL;
    for (Node *inner; shape && (inner = inner_shape(shape)); shape = inner)
        *around = shape;
    return shape;
}

static Node *parse_parameter(Parser *p)
{
    Builder parameter = begin(p, NODE_PARAMETER);
    Specifiers seen = {.need_no_name = true};
    Node *specifiers = parse_specifiers(p, &seen);
    add(&parameter, specifiers);
    if (!specifiers->first)
        fail(p, "a parameter");
    Node *shape = parse_shape(p, true), *around;
    add(&parameter, shape);
    parse_attributes(p, &parameter);
    Node *name = innermost(shape, &around);
    if (name && name->kind == NODE_NAME)
        declare(p, name->token, MEANING_OBJECT);
    return parameter.node;
}

// Whether only names are in the parentheses that opened before here, and none is a type.
static bool only_names_follow(const Parser *p)
{
    uint32_t token = p->at;
    while (p->tokens[token].kind == TOKEN_IDENTIFIER && !type_begins(p, token)) {
        TokenKind next = p->tokens[token + 1].kind;
        if (next == ')')
            return true;
        if (next != ',')
            return false;
        token += 2;
    }
    return false;
}

// The names of an old-style definition, or the parameters of a prototype; in GNU C, a semicolon ends
// those that are only declared ahead, for the sizes of others.
static void parse_parameters(Parser *p, Builder *function)
{
    ArenaMark scope = enter_scope(p);
    bool names = only_names_follow(p);
    while (peek(p) != ')' && peek(p) != TOKEN_END) {
        if (peek(p) == TOKEN_ELLIPSIS)
            add(function, leaf(p, NODE_VARIADIC));
        else if (names)
            add(function, leaf(p, NODE_NAME));
        else
            add(function, parse_parameter(p));
        if (!accept(p, ',') && (names || !accept(p, ';')))
            break;
    }
    expect(p, ')', "')'");
    leave_scope(p, scope);
}

static Node *parse_function_type(Parser *p, Node *result)
{
    Builder function = begin(p, NODE_FUNCTION_TYPE);
    advance(p);
    add(&function, result);
    parse_parameters(p, &function);
    return function.node;
}

static Node *parse_array(Parser *p, Node *element)
{
    Builder array = begin(p, NODE_ARRAY);
    advance(p);
    add(&array, element);
    while (peek(p) == TOKEN_QUALIFIER || peek(p) == TOKEN_STORAGE)
        add(&array, leaf(p, NODE_KEYWORD));
    if (peek(p) == '*' && peek_second(p) == ']')
        add(&array, leaf(p, NODE_KEYWORD));
    else if (peek(p) != ']')
        add(&array, parse_assignment(p));
    expect(p, ']', "']'");
    return array.node;
}

// Whether the parenthesis here is around a declarator, and not around parameters.
static bool parenthesis_nests(const Parser *p)
{
    uint32_t inside = after_attributes(p, p->at + 1);
    switch (p->tokens[inside].kind) {
    case '*':
    case '(':
    case '[': return true;
    case TOKEN_IDENTIFIER: return !type_begins(p, inside) && !looks_like_type(p, inside);
    default: return false;
    }
}

static Node *parse_shape_core(Parser *p, bool may_be_named)
{
    if (peek(p) == TOKEN_IDENTIFIER && may_be_named)
        return leaf(p, NODE_NAME);
    if (peek(p) != '(' || !parenthesis_nests(p))
        return new_node(p, NODE_NAMELESS, p->at);
    advance(p);
    p->at = after_attributes(p, p->at);
    Node *shape = parse_shape(p, may_be_named);
    expect(p, ')', "')'");
    return shape;
}

static Node *parse_direct_shape(Parser *p, bool may_be_named)
{
    Node *shape = parse_shape_core(p, may_be_named);
    for (;;) {
        if (at_bracket_attribute(p, p->at))
            p->at = after_attributes(p, p->at);
        else if (peek(p) == '[')
            shape = parse_array(p, shape);
        else if (peek(p) == '(')
            shape = parse_function_type(p, shape);
        else
            return shape;
    }
}

// A declarator: pointers, then what is declared with its arrays and parameters, which bind more
// tightly. A pointer leaves a hole that the next one fills.
static Node *parse_shape(Parser *p, bool may_be_named)
{
    enter(p);
    Node *root = NULL;
    Node **hole = &root;
    while (peek(p) == '*') {
        Builder pointer = begin(p, NODE_POINTER);
        advance(p);
        for (parse_attributes(p, &pointer); peek(p) == TOKEN_QUALIFIER || peek(p) == TOKEN_ATOMIC;
             parse_attributes(p, &pointer))
            add(&pointer, leaf(p, NODE_KEYWORD));
        *hole = pointer.node;
        hole = pointer.end;
    }
    *hole = parse_direct_shape(p, may_be_named);
    leave(p);
    return root;
}

// A type that declares nothing, as in a cast.
static Node *parse_type(Parser *p)
{
    Builder type = begin(p, NODE_TYPE);
    Specifiers seen = {.need_no_name = true};
    add(&type, parse_specifiers(p, &seen));
    if (!seen.has_type && !type.node->first->first)
        fail(p, "a type");
    add(&type, parse_shape(p, false));
    return type.node;
}

// -------------------------------------------------------------------------------------------------
// Declarations
// -------------------------------------------------------------------------------------------------

static Node *parse_asm(Parser *p);
static Node *parse_statement(Parser *p);

static Node *parse_static_assert(Parser *p)
{
    p->at = first_word(p);
    Builder node = begin(p, NODE_ASSERT);
    advance(p);
    expect(p, '(', "'('");
    add(&node, parse_assignment(p));
    if (accept(p, ','))
        add(&node, parse_string(p));
    expect(p, ')', "')'");
    expect(p, ';', "';'");
    return node.node;
}

// What may follow a declarator before its value.
static void parse_trailer(Parser *p, Builder *declared)
{
    parse_attributes(p, declared);
    if (peek(p) == TOKEN_ASM)
        add(declared, parse_asm(p));
    parse_attributes(p, declared);
}

// A name is in scope from the end of its declarator, before its own value.
static Node *parse_declared(Parser *p, bool is_typedef, Node **function)
{
    Builder declared = begin(p, NODE_DECLARED);
    parse_attributes(p, &declared);
    Node *shape = parse_shape(p, true), *around;
    add(&declared, shape);
    Node *name = innermost(shape, &around);
    if (name && name->kind == NODE_NAME) {
        declared.node->token = name->token;
        declare(p, name->token, is_typedef ? MEANING_TYPE : MEANING_OBJECT);
    } else {
        fail(p, "a name to declare");
    }
    *function = around && around->kind == NODE_FUNCTION_TYPE ? around : NULL;
    settle_guess(p);
    parse_trailer(p, &declared);
    if (accept(p, '='))
        add(&declared, parse_value(p));
    return declared.node;
}

// Those that the type of a parameter declares. The parser was as deep in it before.
static void declare_enumerators(Parser *p, const Node *parameter)
{
    for (const Node *child = parameter->first; child; child = child->next) {
        switch (child->kind) {
        case NODE_ENUMERATOR: declare(p, child->token, MEANING_OBJECT); break;
        case NODE_SPECIFIERS:
        case NODE_ENUM:
        case NODE_RECORD:
        case NODE_DECLARATION:
        case NODE_TYPEOF:
        case NODE_TYPE: declare_enumerators(p, child); break;
        default: break;
        }
    }
}

static void declare_parameters(Parser *p, const Node *function)
{
    for (const Node *child = function->first->next; child; child = child->next) {
        Node *shape = inner_shape(child), *around;
        Node *name = child->kind == NODE_NAME ? NULL : innermost(shape, &around);
        uint32_t token = name ? name->token : child->token;
        declare_enumerators(p, child);
        if (child->kind == NODE_NAME || (name && name->kind == NODE_NAME))
            declare(p, token, MEANING_OBJECT);
    }
}

// The rest of a function definition, from the declarations of an old-style one on.
static void parse_function(Parser *p, Builder *definition, const Node *function)
{
    enter(p);
    ArenaMark scope = enter_scope(p);
    definition->node->kind = NODE_FUNCTION;
    declare_parameters(p, function);
    while (peek(p) != '{' && declaration_begins(p))
        add(definition, parse_declaration(p));
    add(definition, parse_block(p));
    leave_scope(p, scope);
    leave(p);
}

// With its semicolon, or a function definition without one. The outermost level has the latter
// only, but the difference is not syntax.
static Node *parse_declaration(Parser *p)
{
    if (word_at(p, first_word(p)) == TOKEN_STATIC_ASSERT)
        return parse_static_assert(p);
    Builder declaration = begin(p, NODE_DECLARATION);
    Specifiers seen = {.has_type = false};
    add(&declaration, parse_specifiers(p, &seen));
    if (accept(p, ';'))
        return declaration.node;
    do {
        Node *function;
        Node *declared = parse_declared(p, seen.is_typedef, &function);
        add(&declaration, declared);
        bool first = declaration.node->first->next == declared;
        if (first && function && (peek(p) == '{' || declaration_begins(p))) {
            declaration.node->token = declared->token;
            parse_function(p, &declaration, function);
            return declaration.node;
        }
    } while (accept(p, ','));
    expect(p, ';', "';'");
    return declaration.node;
}

// -------------------------------------------------------------------------------------------------
// Statements
// -------------------------------------------------------------------------------------------------

static void parse_asm_operand(Parser *p, Builder *node)
{
    switch (peek(p)) {
    case TOKEN_STRING: add(node, parse_string(p)); return;
    case TOKEN_IDENTIFIER: add(node, leaf(p, NODE_OPERAND_NAME)); return;
    case '[':
        advance(p);
        if (peek(p) == TOKEN_IDENTIFIER)
            add(node, leaf(p, NODE_OPERAND_NAME));
        expect(p, ']', "']'");
        return;
    case '(':
        advance(p);
        add(node, parse_expression(p));
        expect(p, ')', "')'");
        return;
    case ':':
    case ',': advance(p); return;
    default: fail(p, "an operand of asm");
    }
}

// Without the semicolon: it also names the symbol of a declared object.
static Node *parse_asm(Parser *p)
{
    Builder node = begin(p, NODE_ASM);
    advance(p);
    while (peek(p) == TOKEN_QUALIFIER || peek(p) == TOKEN_STORAGE || peek(p) == TOKEN_GOTO)
        advance(p);
    expect(p, '(', "'('");
    while (peek(p) != ')' && peek(p) != TOKEN_END)
        parse_asm_operand(p, &node);
    expect(p, ')', "')'");
    return node.node;
}

static Node *parse_label(Parser *p)
{
    if (peek(p) != TOKEN_IDENTIFIER) {
        fail(p, "a label");
        return NULL;
    }
    return leaf(p, NODE_LABEL);
}

static Node *parse_case(Parser *p)
{
    Builder node = begin(p, NODE_CASE);
    advance(p);
    add(&node, parse_expression(p));
    if (accept(p, TOKEN_ELLIPSIS))
        add(&node, parse_expression(p));
    expect(p, ':', "':'");
    return node.node;
}

// The next label, case or default with its colon; NULL if there is none.
static Node *parse_any_label(Parser *p)
{
    if (peek(p) == TOKEN_CASE)
        return parse_case(p);
    bool named = peek(p) == TOKEN_IDENTIFIER && peek_second(p) == ':';
    if (!named && peek(p) != TOKEN_DEFAULT)
        return NULL;
    Node *label = leaf(p, named ? NODE_LABEL : NODE_DEFAULT);
    expect(p, ':', "':'");
    return label;
}

// Labels and attributes, however many, and the statement that they stand before, if one does.
static Node *parse_labelled(Parser *p)
{
    Builder labelled = begin(p, NODE_LABELLED);
    for (;;) {
        if (!declaration_begins(p))
            parse_attributes(p, &labelled);
        Node *label = parse_any_label(p);
        if (!label)
            break;
        add(&labelled, label);
    }
    if (peek(p) != '}' && !declaration_begins(p))
        add(&labelled, parse_statement(p));
    return labelled.node;
}

static Node *parse_condition(Parser *p)
{
    expect(p, '(', "'('");
    Node *condition = parse_expression(p);
    expect(p, ')', "')'");
    return condition;
}

// The statement that another one controls; what it declares is known in it alone.
static Node *parse_body(Parser *p)
{
    ArenaMark scope = enter_scope(p);
    Node *body = parse_statement(p);
    leave_scope(p, scope);
    return body;
}

// A chain of `else if` is no nesting: each `if` leaves a hole that the next one fills. What a
// condition declares is known up to the end of the chain.
static Node *parse_if(Parser *p)
{
    ArenaMark scope = enter_scope(p);
    Node *root = NULL;
    Node **hole = &root;
    do {
        Builder branch = begin(p, NODE_IF);
        advance(p);
        add(&branch, parse_condition(p));
        add(&branch, parse_body(p));
        *hole = branch.node;
        hole = branch.end;
        if (!accept(p, TOKEN_ELSE)) {
            leave_scope(p, scope);
            return root;
        }
    } while (peek(p) == TOKEN_IF);
    *hole = parse_body(p);
    leave_scope(p, scope);
    return root;
}

// A keyword, a condition and a statement.
static Node *parse_controlled(Parser *p, NodeKind kind)
{
    ArenaMark scope = enter_scope(p);
    Builder node = begin(p, kind);
    advance(p);
    add(&node, parse_condition(p));
    add(&node, parse_body(p));
    leave_scope(p, scope);
    return node.node;
}

static Node *parse_do(Parser *p)
{
    ArenaMark scope = enter_scope(p);
    Builder node = begin(p, NODE_DO);
    advance(p);
    add(&node, parse_body(p));
    expect(p, TOKEN_WHILE, "'while'");
    add(&node, parse_condition(p));
    leave_scope(p, scope);
    expect(p, ';', "';'");
    return node.node;
}

// An expression, which may be absent, up to the token that ends it.
static Node *parse_evaluation(Parser *p, NodeKind kind, TokenKind end, const char *expected)
{
    Builder node = begin(p, kind);
    if (kind == NODE_RETURN)
        advance(p);
    if (peek(p) != end)
        add(&node, parse_expression(p));
    expect(p, end, expected);
    return node.node;
}

static Node *parse_possible_declaration(Parser *p);

static Node *parse_for(Parser *p)
{
    ArenaMark scope = enter_scope(p);
    Builder node = begin(p, NODE_FOR);
    advance(p);
    expect(p, '(', "'('");
    Node *declaration = parse_possible_declaration(p);
    add(&node, declaration ? declaration : parse_evaluation(p, NODE_EVALUATE, ';', "';'"));
    add(&node, parse_evaluation(p, NODE_EVALUATE, ';', "';'"));
    add(&node, parse_evaluation(p, NODE_EVALUATE, ')', "')'"));
    add(&node, parse_body(p));
    leave_scope(p, scope);
    return node.node;
}

static Node *parse_goto(Parser *p)
{
    Builder node = begin(p, NODE_GOTO);
    advance(p);
    add(&node, accept(p, '*') ? parse_expression(p) : parse_label(p));
    expect(p, ';', "';'");
    return node.node;
}

static Node *parse_local_labels(Parser *p)
{
    Builder node = begin(p, NODE_LOCAL_LABELS);
    advance(p);
    do
        add(&node, parse_label(p));
    while (accept(p, ','));
    expect(p, ';', "';'");
    return node.node;
}

// A statement that is a part of one line and ends in a semicolon.
static Node *end_statement(Parser *p, Node *node)
{
    expect(p, ';', "';'");
    return node;
}

static Node *parse_unlabelled(Parser *p)
{
    switch (peek(p)) {
    case '{': return parse_block(p);
    case TOKEN_IF: return parse_if(p);
    case TOKEN_SWITCH: return parse_controlled(p, NODE_SWITCH);
    case TOKEN_WHILE: return parse_controlled(p, NODE_WHILE);
    case TOKEN_DO: return parse_do(p);
    case TOKEN_FOR: return parse_for(p);
    case TOKEN_GOTO: return parse_goto(p);
    case TOKEN_JUMP: return end_statement(p, leaf(p, NODE_JUMP));
    case TOKEN_RETURN: return parse_evaluation(p, NODE_RETURN, ';', "';'");
    case TOKEN_ASM: return end_statement(p, parse_asm(p));
    case TOKEN_LOCAL_LABEL: return parse_local_labels(p);
    default: return parse_evaluation(p, NODE_EVALUATE, ';', "';'");
    }
}

static Node *parse_statement(Parser *p)
{
    enter(p);
    bool labelled = peek(p) == TOKEN_CASE || peek(p) == TOKEN_DEFAULT ||
                    (peek(p) == TOKEN_IDENTIFIER && peek_second(p) == ':') ||
                    after_attributes(p, p->at) != p->at;
    Node *node = labelled ? parse_labelled(p) : parse_unlabelled(p);
    leave(p);
    return node;
}

// A declaration, if the unknown name here is that of a type.
static Node *guess_declaration(Parser *p)
{
    Guess guess = begin_guess(p);
    p->depth++;
    Node *declaration = parse_declaration(p);
    if (p->guess_depth) {
        undo_guess(p, &guess, declaration);
        return NULL;
    }
    p->depth--;
    return declaration;
}

// A declaration; or NULL, and nothing was taken.
static Node *parse_possible_declaration(Parser *p)
{
    if (declaration_begins(p))
        return parse_declaration(p);
    const Token *token = &p->tokens[p->at];
    if (p->guess_depth || token->kind != TOKEN_IDENTIFIER ||
        token->name->meaning != MEANING_UNKNOWN || !looks_like_type(p, p->at))
        return NULL;
    return guess_declaration(p);
}

static Node *parse_block(Parser *p)
{
    enter(p);
    ArenaMark scope = enter_scope(p);
    Builder block = begin(p, NODE_BLOCK);
    expect(p, '{', "'{'");
    while (peek(p) != '}' && peek(p) != TOKEN_END) {
        Node *declaration = parse_possible_declaration(p);
        add(&block, declaration ? declaration : parse_statement(p));
    }
    expect(p, '}', "'}'");
    leave_scope(p, scope);
    leave(p);
    return block.node;
}

// -------------------------------------------------------------------------------------------------
// The unit
// -------------------------------------------------------------------------------------------------

static bool starts_line(const Parser *p, uint32_t token)
{
    uint32_t start = p->tokens[token].start;
    return start == 0 || p->unit->text[start - 1] == '\n';
}

static bool is_word(TokenKind kind)
{
    return kind == TOKEN_IDENTIFIER || (kind >= TOKEN_TYPEDEF && kind <= TOKEN_ASM);
}

// Whether a declaration may end with `token`, a semicolon or a brace; not with the brace of a
// struct that has a declarator after it.
static bool may_end(const Parser *p, uint32_t token)
{
    if (p->tokens[token].kind != '}')
        return p->tokens[token].kind == ';';
    if (p->tokens[token + 1].kind != TOKEN_IDENTIFIER)
        return true;
    return p->tokens[token + 2].kind != ';' && p->tokens[token + 2].kind != ',';
}

// Whether a word starts the line after `token`.
static bool word_starts_line(const Parser *p, uint32_t token)
{
    return is_word(p->tokens[token + 1].kind) && starts_line(p, token + 1);
}

// The next declaration, after one that began at `token` and failed: past the semicolon or the
// brace that would end it. Where braces may be what is wrong, lines tell more: at a word that starts
// one; and where a brace is missing, so that the error is at the end, after a brace that does.
static uint32_t next_declaration(const Parser *p, uint32_t token)
{
    bool unclosed = p->failed_at == p->end;
    size_t braces = 0;
    for (; token < p->end; token++) {
        TokenKind kind = p->tokens[token].kind;
        if (kind == '{')
            braces++;
        else if (kind == '}' && braces > 0)
            braces--;
        bool past = token >= p->failed_at && may_end(p, token);
        if (past && (braces == 0 || word_starts_line(p, token)))
            return token + 1;
        if (unclosed && kind == '}' && starts_line(p, token) && word_starts_line(p, token))
            return token + 1;
    }
    return token;
}

static Node *parse_outermost(Parser *p)
{
    if (peek(p) == TOKEN_ASM)
        return end_statement(p, parse_asm(p));
    bool good = declaration_begins(p) || peek(p) == TOKEN_IDENTIFIER || peek(p) == '*' ||
                peek(p) == '(' || after_attributes(p, p->at) != p->at;
    if (good)
        return parse_declaration(p);
    fail(p, "a declaration");
    return NULL;
}

// One outermost declaration; NULL, and nothing is left of it, if it has an error.
static Node *parse_or_skip(Parser *p)
{
    uint32_t start = p->at;
    ArenaMark nodes = {0};
    if (p->memory->tree)
        nodes = arena_mark(p->memory->tree);
    Node *node = parse_outermost(p);
    if (!p->failed)
        return node;
    if (p->memory->tree)
        arena_rewind(p->memory->tree, nodes);
    else
        free_tree(node);
    p->failed = false;
    p->at = next_declaration(p, start);
    return NULL;
}

// Errors were noted newest first.
static void put_errors_in_order(Unit *unit)
{
    Diagnostic *ordered = NULL;
    for (Diagnostic *error = unit->errors; error;) {
        Diagnostic *next = error->next;
        error->next = ordered;
        ordered = error;
        error = next;
    }
    unit->errors = ordered;
}

void parse(Unit *unit)
{
    Parser parser = {
        .unit = unit,
        .memory = &unit->memory,
        .tokens = unit->tokens.items,
        .end = (uint32_t)unit->tokens.count - 1,
    };
    Parser *p = &parser;
    Builder root = begin(p, NODE_UNIT);
    while (peek(p) != TOKEN_END && unit->error_count < MOST_ERRORS) {
        if (!accept(p, ';'))
            add(&root, parse_or_skip(p));
    }
    if (peek(p) != TOKEN_END)
        report(p, "too many errors; nothing is parsed from here on");
    unit->root = root.node;
    put_errors_in_order(unit);
}
