// The printer: what is shown about a unit, as text and as a drawing.

#include "cparse.h"

#include <string.h>

typedef struct KindInfo {
    const char *label;
    bool named; // its token is what it is called
} KindInfo;

static const KindInfo kinds[] = {
#define KIND_INFO(kind, label, named) {label, named},
    NODE_KINDS(KIND_INFO)
#undef KIND_INFO
};

// -------------------------------------------------------------------------------------------------
// Text from outside
// -------------------------------------------------------------------------------------------------

// One byte of the input, which must not move the cursor of a terminal.
static void put_byte(unsigned char byte, FILE *out)
{
    putc(byte == '\t' ? ' ' : byte < 32 || byte == 127 ? '?' : byte, out);
}

static void put_text(const char *text, size_t length, FILE *out)
{
    for (size_t i = 0; i < length; i++)
        put_byte((unsigned char)text[i], out);
}

// The name in a line marker, where odd characters are written as \" and \303.
static void put_quoted(const char *text, FILE *out)
{
    while (*text && *text != '"' && *text != '\n') {
        unsigned value = 0;
        if (*text == '\\' && text[1] >= '0' && text[1] <= '7') {
            text++;
            for (int digits = 0; digits < 3 && *text >= '0' && *text <= '7'; digits++)
                value = value * 8 + (unsigned)(*text++ - '0');
        } else {
            text += *text == '\\' && text[1] && text[1] != '\n';
            value = (unsigned char)*text++;
        }
        put_byte((unsigned char)value, out);
    }
}

static void put_file_and_line(const Position *position, FILE *out)
{
    const Unit *unit = position->unit;
    if (position->line->file)
        put_quoted(unit->text + position->line->file, out);
    else
        put_text(unit->path, strlen(unit->path), out);
    fprintf(out, ":%u", position->line->number);
}

static void put_spelling(const Unit *unit, uint32_t token, size_t most, FILE *out)
{
    const Token *it = &unit->tokens.items[token];
    size_t length = spelling_length(it);
    put_text(unit->text + it->start, length < most ? length : most, out);
    if (length > most)
        fputs("...", out);
}

// -------------------------------------------------------------------------------------------------
// Errors
// -------------------------------------------------------------------------------------------------

// The line, or what of a long one is around the column, and a caret below it.
static void print_source_line(const Position *position, FILE *out)
{
    enum { BEFORE = 70, AROUND = 100 };
    const Unit *unit = position->unit;
    size_t first = position->line->start, last = first;
    size_t caret = first + position->column - 1;
    if (position->column > BEFORE)
        first = caret - BEFORE;
    while (last < unit->size && unit->text[last] != '\n')
        last++;
    if (last > caret && unit->text[last - 1] == '\r')
        last--;
    if (last > first + AROUND)
        last = first + AROUND;
    fputs("    ", out);
    put_text(unit->text + first, last - first, out);
    fputs("\n    ", out);
    for (size_t i = first; i < caret; i++) {
        if ((unit->text[i] & 0xC0) != 0x80) // not inside a character of UTF-8
            putc(' ', out);
    }
    fputs("^\n", out);
}

void print_errors(const Unit *unit, FILE *out)
{
    for (const Diagnostic *error = unit->errors; error; error = error->next) {
        Position position = locate(unit, error->token);
        put_file_and_line(&position, out);
        fprintf(out, ":%u: error: ", position.column);
        put_text(error->message, strlen(error->message), out);
        putc('\n', out);
        print_source_line(&position, out);
    }
}

// -------------------------------------------------------------------------------------------------
// Walks
// -------------------------------------------------------------------------------------------------

typedef void Visitor(void *context, const Node *node, size_t depth);

// Every node before its children. The nodes to return to are an array at the end of an arena, where
// it grows in place; a tree may be deeper than the stack of a program is.
static void walk(const Unit *unit, Visitor *visit, void *context)
{
    Arena *arena = unit->memory.arrays;
    ArenaMark mark = arena_mark(arena);
    ARENA_ARRAY(const Node *) parents = {.epoch = arena_now(arena)};
    for (const Node *node = unit->root; node;) {
        visit(context, node, parents.count);
        if (node->first) {
            *ARENA_PUSH(arena, &parents) = node;
            node = node->first;
            continue;
        }
        while (!node->next && parents.count > 0)
            node = *ARENA_POP(arena, &parents);
        node = node->next;
    }
    arena_rewind(arena, mark);
}

static void count_node(void *context, const Node *node, size_t depth)
{
    Census *census = context;
    census->kinds[node->kind]++;
    census->nodes++;
    if (depth > census->deepest)
        census->deepest = depth;
}

Census take_census(const Unit *unit)
{
    Census census = {.nodes = 0};
    walk(unit, count_node, &census);
    for (const Node *node = unit->root->first; node; node = node->next) {
        census.declarations++;
        census.functions += node->kind == NODE_FUNCTION;
    }
    return census;
}

// -------------------------------------------------------------------------------------------------
// The tree and its functions
// -------------------------------------------------------------------------------------------------

typedef struct TreePrinter {
    const Unit *unit;
    FILE *out;
} TreePrinter;

// Beyond some depth the indentation stays, and the depth is written down.
static void print_node(void *context, const Node *node, size_t depth)
{
    enum { DEEPEST = 48 };
    const TreePrinter *printer = context;
    const KindInfo *kind = &kinds[node->kind];
    Position position = locate(printer->unit, node->token);
    int indent = (int)(depth < DEEPEST ? depth : DEEPEST) * 2;
    fprintf(printer->out, "%6u  %*s", position.line->number, indent, "");
    if (depth > DEEPEST)
        fprintf(printer->out, "(%zu) ", depth);
    fputs(kind->label, printer->out);
    if (kind->named) {
        putc(' ', printer->out);
        put_spelling(printer->unit, node->token, 60, printer->out);
    }
    putc('\n', printer->out);
}

void print_tree(const Unit *unit, FILE *out)
{
    TreePrinter printer = {unit, out};
    walk(unit, print_node, &printer);
}

void print_functions(const Unit *unit, FILE *out)
{
    for (const Node *node = unit->root->first; node; node = node->next) {
        if (node->kind != NODE_FUNCTION)
            continue;
        Position position = locate(unit, node->token);
        put_file_and_line(&position, out);
        fputs(": ", out);
        put_spelling(unit, node->token, SIZE_MAX, out);
        putc('\n', out);
    }
}

// -------------------------------------------------------------------------------------------------
// Figures
// -------------------------------------------------------------------------------------------------

typedef struct Text {
    char chars[40];
} Text;

// 1234567 as 1,234,567.
static Text count_text(size_t value)
{
    Text text;
    size_t at = sizeof text.chars - 1;
    text.chars[at] = 0;
    for (int digits = 0; value || digits == 0; digits++) {
        if (digits && digits % 3 == 0)
            text.chars[--at] = ',';
        text.chars[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    memmove(text.chars, text.chars + at, sizeof text.chars - at);
    return text;
}

static Text size_text(size_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    double value = (double)bytes;
    for (; value >= 1023.5 && unit < 3; unit++)
        value /= 1024;
    Text text;
    int digits = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    snprintf(text.chars, sizeof text.chars, "%.*f %s", digits, value, units[unit]);
    return text;
}

static Text time_text(double ms)
{
    Text text;
    snprintf(text.chars, sizeof text.chars, "%.*f ms", ms < 1 ? 4 : ms < 100 ? 2 : 0, ms);
    return text;
}

static Text ratio_text(double heap, double arena)
{
    Text text = {"-"};
    if (arena > 0)
        snprintf(text.chars, sizeof text.chars, "%.*fx", heap / arena < 100 ? 2 : 0, heap / arena);
    return text;
}

static void put_row(const char *label, Text value, FILE *out)
{
    fprintf(out, "  %-14s %14s\n", label, value.chars);
}

void print_summary(const char *path, const Summary *summary, FILE *out)
{
    const Census *census = &summary->census;
    fprintf(out, "%s\n", path);
    put_row("tokens", count_text(summary->tokens), out);
    put_row("identifiers", count_text(summary->identifiers), out);
    put_row("declarations", count_text(census->declarations), out);
    put_row("functions", count_text(census->functions), out);
    put_row("nodes", count_text(census->nodes), out);
    put_row("deepest", count_text(census->deepest), out);
    put_row("tree", size_text(summary->tree_bytes), out);
    if (summary->tree) {
        put_row("tree blocks", count_text(summary->tree->blocks), out);
        put_row("tree held", size_text(summary->tree->reserved), out);
    }
    put_row("lines, tokens", size_text(summary->array_bytes), out);
    put_row("build", time_text(summary->build_ms), out);
    if (summary->tree)
        put_row("teardown", time_text(summary->teardown_ms), out);
}

static void put_comparison(const char *label, Text arena, Text heap, Text ratio, FILE *out)
{
    fprintf(out, "  %-14s %14s %14s %12s\n", label, arena.chars, heap.chars, ratio.chars);
}

void print_comparison(const Cost *arena, const Cost *heap, FILE *out)
{
    fprintf(out, "  %-14s %14s %14s %12s\n", count_text(arena->nodes).chars, "arena", "malloc",
            "malloc/arena");
    put_comparison("build", time_text(arena->build_ms), time_text(heap->build_ms),
                   ratio_text(heap->build_ms, arena->build_ms), out);
    put_comparison("teardown", time_text(arena->teardown_ms), time_text(heap->teardown_ms),
                   ratio_text(heap->teardown_ms, arena->teardown_ms), out);
    put_comparison("peak memory", size_text(arena->peak_bytes), size_text(heap->peak_bytes),
                   ratio_text((double)heap->peak_bytes, (double)arena->peak_bytes), out);
    put_comparison("page faults", count_text(arena->page_faults), count_text(heap->page_faults),
                   ratio_text((double)heap->page_faults, (double)arena->page_faults), out);
}

void print_growth_heading(FILE *out)
{
    fprintf(out, "  %10s %12s %12s %8s %15s %15s\n", "nodes", "arena build", "malloc build",
            "blocks", "arena teardown", "malloc teardown");
}

void print_growth_note(FILE *out)
{
    fputs("  The arena's teardown steps up once, where blocks become mappings of 2 MiB and more:\n"
          "  each of them goes to the process's cache, with a system call. Smaller ones are "
          "malloc's, which\n"
          "  may give the end of its heap back to the system.\n",
          out);
}

void print_growth_row(const Cost *arena, const Cost *heap, FILE *out)
{
    fprintf(out, "  %10s %12s %12s %8zu %15s %15s\n", count_text(arena->nodes).chars,
            time_text(arena->build_ms).chars, time_text(heap->build_ms).chars, arena->blocks,
            time_text(arena->teardown_ms).chars, time_text(heap->teardown_ms).chars);
}
