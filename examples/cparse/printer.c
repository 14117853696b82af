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

// -------------------------------------------------------------------------------------------------
// The drawing
// -------------------------------------------------------------------------------------------------

enum {
    WIDTH = 560,  // of the drawing, in its own units
    MARGIN = 24,  // around everything
    LABELS = 150, // where bars begin
    BARS = 280,   // how long the longest is
    ROW = 26,     // from one bar to the next
    THICK = 18,   // a bar
    MOST_BLOCKS = 32,
    MOST_KINDS = 16,
};

typedef struct Drawing {
    FILE *out;
    int y;
} Drawing;

// How many bytes the character of UTF-8 that `text` begins with takes; 0: it is none, or a control
// character, or none that XML allows.
static size_t character_length(const char *text)
{
    static const unsigned least[] = {0, 32, 0xA0, 0x800, 0x10000};
    unsigned char first = (unsigned char)*text;
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xC0) || first >= 0xF8)
        return 0;
    unsigned value = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)text[i] & 0x3Fu);
    }
    bool good = value >= least[length] && value != 127 && value <= 0x10FFFF &&
                (value < 0xD800 || value > 0xDFFF) && (value & 0xFFFE) != 0xFFFE;
    return good ? length : 0;
}

static void put_xml(const char *text, FILE *out)
{
    while (*text) {
        size_t length = character_length(text);
        if (length == 0)
            putc('?', out);
        else if (*text == '&' || *text == '<' || *text == '>')
            fprintf(out, "&#%d;", *text);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

static void draw_style(FILE *out)
{
    fputs("<style>\n"
          "text{font:15px system-ui,'Helvetica Neue',Arial,sans-serif;fill:#1c2733}\n"
          ".title{font-size:22px;font-weight:600}.head{font-weight:600;font-size:16px}\n"
          ".soft{fill:#5b6875}.end{text-anchor:end}\n"
          ".paper{fill:#ffffff}.used{fill:#2f6fbb}.wasted{fill:#d9822b}.spare{fill:#dfe5eb}\n"
          ".large{fill:#7a5bb5}.kind{fill:#2f8f83}\n"
          "@media (prefers-color-scheme:dark){text{fill:#e4eaf0}.soft{fill:#9aa7b4}\n"
          ".paper{fill:#14191f}.used{fill:#5b9be6}.wasted{fill:#e89a4a}.spare{fill:#303a45}\n"
          ".large{fill:#a58be0}.kind{fill:#4db6a8}}\n"
          "</style>\n",
          out);
}

static void draw_text(Drawing *drawing, const char *class, int x, const char *text)
{
    fprintf(drawing->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, drawing->y);
    put_xml(text, drawing->out);
    fputs("</text>\n", drawing->out);
}

// One part of a bar, with a title that browsers show under the pointer. What is not nothing is at
// least a hair wide.
static double draw_part(Drawing *drawing, const char *class, double x, double width,
                        const char *what, size_t bytes)
{
    if (bytes == 0)
        return x;
    if (width < 1)
        width = 1;
    fprintf(drawing->out,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\">"
            "<title>%s: %s</title></rect>\n",
            class, x, drawing->y - THICK + 4, width, THICK, what, size_text(bytes).chars);
    return x + width;
}

typedef struct Parts {
    size_t used;
    size_t wasted;
    size_t spare;
    bool large;
} Parts;

static void draw_block(Drawing *drawing, const Parts *parts, size_t largest)
{
    double scale = (double)BARS / (double)largest, x = LABELS;
    size_t size = parts->used + parts->wasted + parts->spare;
    draw_text(drawing, "end", LABELS - 12, size_text(size).chars);
    const char *class = parts->large ? "large" : "used";
    x = draw_part(drawing, class, x, (double)parts->used * scale,
                  parts->large ? "large object" : "used", parts->used);
    x = draw_part(drawing, "wasted", x, (double)parts->wasted * scale, "wasted", parts->wasted);
    x = draw_part(drawing, "spare", x, (double)parts->spare * scale, "spare", parts->spare);
    if (parts->used < size / 100 * 99) {
        char label[60];
        snprintf(label, sizeof label, "%s used", size_text(parts->used).chars);
        draw_text(drawing, "soft", (int)x + 8, label);
    }
    drawing->y += ROW;
}

typedef struct LeftOut {
    size_t drawn; // blocks, before any is left out
    size_t blocks;
    size_t bytes;
} LeftOut;

// What of a block of the chain is used. Blocks before the current one were left, and what they
// still had is wasted; blocks after it are spare.
static Parts block_parts(const Arena *arena, const ArenaBlock *block, bool *passed)
{
    if (*passed)
        return (Parts){.spare = block->capacity};
    if (block != arena->current)
        return (Parts){.used = block->used, .wasted = block->capacity - block->used};
    *passed = true;
    size_t used = (size_t)(arena->cursor - block->data);
    return (Parts){.used = used, .spare = block->capacity - used};
}

static size_t largest_block(const Arena *arena)
{
    size_t largest = 1;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next)
        largest = block->capacity > largest ? block->capacity : largest;
    for (const ArenaBlock *block = arena->large; block; block = block->next)
        largest = block->capacity > largest ? block->capacity : largest;
    return largest;
}

// One block, or what is left out once the drawing has enough of them.
static void add_block(Drawing *drawing, const Parts *parts, size_t largest, LeftOut *left_out)
{
    if (left_out->drawn < MOST_BLOCKS) {
        left_out->drawn++;
        draw_block(drawing, parts, largest);
        return;
    }
    left_out->blocks++;
    left_out->bytes += parts->used + parts->wasted + parts->spare;
}

static void draw_blocks(Drawing *drawing, const Arena *arena, size_t largest)
{
    LeftOut left_out = {.drawn = 0};
    bool passed = false;
    for (const ArenaBlock *block = arena->blocks; block; block = block->next) {
        Parts parts = block_parts(arena, block, &passed);
        add_block(drawing, &parts, largest, &left_out);
    }
    for (const ArenaBlock *block = arena->large; block; block = block->next) {
        Parts parts = {block->used, block->capacity - block->used, 0, true};
        add_block(drawing, &parts, largest, &left_out);
    }
    if (left_out.blocks == 0)
        return;
    char line[120];
    snprintf(line, sizeof line, "and %s more block%s, %s in all", count_text(left_out.blocks).chars,
             left_out.blocks == 1 ? "" : "s", size_text(left_out.bytes).chars);
    draw_text(drawing, "soft", LABELS, line);
    drawing->y += ROW;
}

static void draw_arena(Drawing *drawing, const Arena *arena, const char *title, size_t largest)
{
    ArenaStats stats = arena_stats(arena);
    draw_text(drawing, "head", MARGIN, title);
    drawing->y += 20;
    Text used = size_text(stats.used), held = size_text(stats.reserved);
    Text wasted = size_text(stats.wasted);
    char line[160];
    snprintf(line, sizeof line, "%s in %zu block%s: %s used, %s wasted", held.chars, stats.blocks,
             stats.blocks == 1 ? "" : "s", used.chars, wasted.chars);
    draw_text(drawing, "soft", MARGIN, line);
    drawing->y += ROW;
    draw_blocks(drawing, arena, largest);
    drawing->y += ROW / 2;
}

static void draw_legend(Drawing *drawing)
{
    static const char *const entries[][2] = {
        {"used", "used"}, {"large", "large object"}, {"wasted", "wasted"}, {"spare", "spare"}};
    static const int places[] = {0, 86, 226, 330};
    for (size_t i = 0; i < 4; i++) {
        int x = MARGIN + places[i];
        fprintf(drawing->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"14\" height=\"14\"/>\n",
                entries[i][0], x, drawing->y - 12);
        draw_text(drawing, "soft", x + 20, entries[i][1]);
    }
    drawing->y += ROW + 8;
}

typedef struct Share {
    const char *label;
    size_t count;
    size_t bytes;
} Share;

static int compare_shares(const void *left, const void *right)
{
    size_t a = ((const Share *)left)->bytes, b = ((const Share *)right)->bytes;
    return (a < b) - (a > b);
}

static void draw_share(Drawing *drawing, const Share *share, size_t most)
{
    double width = (double)share->bytes / (double)most * (BARS - 60);
    draw_text(drawing, "end", LABELS - 12, share->label);
    char title[80];
    snprintf(title, sizeof title, "%s %s", count_text(share->count).chars, share->label);
    double x = draw_part(drawing, "kind", LABELS, width, title, share->bytes);
    draw_text(drawing, "soft", (int)x + 8, size_text(share->bytes).chars);
    drawing->y += ROW;
}

static void draw_shares(Drawing *drawing, const Unit *unit)
{
    Share shares[NODE_KIND_COUNT + 1];
    Census census = take_census(unit);
    for (size_t i = 0; i < NODE_KIND_COUNT; i++)
        shares[i] = (Share){kinds[i].label, census.kinds[i], census.kinds[i] * sizeof(Node)};
    size_t rest = arena_stats(unit->memory.tree).used - census.nodes * sizeof(Node);
    shares[NODE_KIND_COUNT] = (Share){"interned names", unit->names.count, rest};
    shares[NODE_STATEMENTS].label = "statements";
    shares[NODE_LITERAL].label = "literal";
    qsort(shares, NODE_KIND_COUNT + 1, sizeof *shares, compare_shares);
    draw_text(drawing, "head", MARGIN, "Bytes in the tree, by kind of node");
    drawing->y += ROW + 4;
    for (size_t i = 0; i < MOST_KINDS && shares[i].bytes; i++)
        draw_share(drawing, &shares[i], shares[0].bytes);
}

static void draw_body(Drawing *drawing, const Unit *unit)
{
    const Memory *memory = &unit->memory;
    drawing->y = MARGIN + 20;
    const char *slash = strrchr(unit->path, '/');
    draw_text(drawing, "title", MARGIN, slash ? slash + 1 : unit->path);
    drawing->y += 26;
    char line[160];
    snprintf(line, sizeof line, "%s tokens, and %s nodes in its tree",
             count_text(unit->tokens.count - 1).chars, count_text(take_census(unit).nodes).chars);
    draw_text(drawing, "soft", MARGIN, line);
    drawing->y += 20;
    draw_text(drawing, "soft", MARGIN, "Blocks, to scale, oldest first:");
    drawing->y += ROW;
    draw_legend(drawing);
    size_t tree = largest_block(memory->tree), arrays = largest_block(memory->arrays);
    size_t largest = tree > arrays ? tree : arrays;
    draw_arena(drawing, memory->tree, "Names and nodes", largest);
    draw_arena(drawing, memory->arrays, "Lines and tokens", largest);
    draw_shares(drawing, unit);
}

// The height is known only after the body, which is therefore drawn twice, at first into the void.
void draw_svg(const Unit *unit, FILE *out)
{
    Drawing draft = {.out = fopen("/dev/null", "w")};
    if (draft.out) {
        draw_body(&draft, unit);
        fclose(draft.out);
    }
    int height = draft.y + MARGIN - 8;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"100%%\" "
            "style=\"max-width:840px\" role=\"img\" aria-label=\"Memory of a syntax tree\">\n",
            WIDTH, height);
    draw_style(out);
    fprintf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"10\"/>\n", WIDTH, height);
    Drawing drawing = {.out = out};
    draw_body(&drawing, unit);
    fputs("</svg>\n", out);
}
