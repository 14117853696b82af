// The picture: a map of what an arena holds, as SVG.
//
//     name
//     used   reserved   wasted   blocks   failures
//     what the fills mean, and how many bytes have each
//     |64 KiB   |128 KiB            a box for each block, one after the other,
//     |#####//  |################
//     ###########............       in rows of so many bytes
//
// It is narrow by itself, so that its text can be read on a telephone. All places are whole numbers of
// tenths of a pixel: how a fraction is written depends on the program's locale.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "picture_sites.h"
#include "arena/watch.h"
#include "../core/internal.h"

#include <stdio.h>

enum {
    SHEET_WIDTH = 4000,
    SHEET_MARGIN = 160,
    ROW_WIDTH = SHEET_WIDTH - 2 * SHEET_MARGIN,
    ROW_HEIGHT = 300, // a label, and below it a bar
    BAR_TOP = 160,
    BAR_HEIGHT = 140,
    MOST_ROWS = 8,        // for all bytes of an arena, if they were in one box
    ALONE_WIDTH = 60,     // what is narrower is summed up with what is next to it
    TOGETHER_WIDTH = 800, // until they are so wide
    TICK_WIDTH = 8,       // where a box begins
    BOX_GAP = 16,         // from one box to the next
    LETTER_WIDTH = 64,    // of a label, on average
    HEADING_LETTERS = 36, // what has room
    LINE_HEIGHT = 190,
};

// What is done with the bytes of a block.
enum PartKind { PART_HEADER, PART_USED, PART_WASTED, PART_FREE, PART_SPARE, PART_KINDS };

static const struct {
    const char *class;
    const char *label;
} part_kinds[PART_KINDS] = {
    [PART_HEADER] = {"header", "headers"}, [PART_USED] = {"used", "handed out"},
    [PART_WASTED] = {"wasted", "wasted"},  [PART_FREE] = {"free", "free"},
    [PART_SPARE] = {"spare", "spare"},
};

// A block, or the sums over several that are next to each other.
typedef struct Box {
    size_t blocks;
    size_t parts[PART_KINDS];
    const unsigned char *data; // of one block
} Box;

// Bytes of a box that are drawn alike, from `start` on.
typedef struct Stretch {
    size_t start;
    size_t size;
    const char *class;
    const char *label;
} Stretch;

typedef struct Picture {
    FILE *out;        // NULL: only the height is wanted, or writing has failed
    int y;            // where the next line begins, or the first row of boxes
    double scale;     // of the arena: tenths of a pixel for a byte
    size_t at;        // how far the boxes reach, as if all rows were one
    size_t drawn;     // blocks in boxes so far
    size_t summed_up; // of those, not in a box of their own
    Box together;     // blocks that are not drawn yet
    Box total;        // of the arena
    PictureSites sites;
} Picture;

// ----- Text -----

// The error is the last one, since nothing is written after it.
ARENA_PRINTF(2, 3) static void draw(Picture *picture, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (picture->out && vfprintf(picture->out, format, arguments) < 0)
        picture->out = NULL;
    va_end(arguments);
}

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

// The user's text, of any bytes, for `most` letters at most; wide ones count twice.
static void draw_escaped(Picture *picture, const char *text, size_t most)
{
    for (size_t letters = 0; *text; letters++) {
        size_t length = character_length(text);
        letters += length > 2;
        if (letters >= most) {
            draw(picture, "...");
            return;
        }
        if (length == 0)
            draw(picture, "?");
        else if (strchr("&<>\"", *text))
            draw(picture, "&#%d;", *text);
        else
            draw(picture, "%.*s", (int)length, text);
        text += length ? length : 1;
    }
}

typedef struct Figure {
    char text[32];
} Figure;

// 1234567 as 1,234,567.
static Figure exact_figure(size_t value)
{
    Figure figure = {""};
    size_t at = sizeof figure.text - 1;
    for (int digits = 0; value || digits == 0; digits++) {
        if (digits && digits % 3 == 0)
            figure.text[--at] = ',';
        figure.text[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    memmove(figure.text, figure.text + at, sizeof figure.text - at);
    return figure;
}

static Figure size_figure(size_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    size_t rest = 0; // in 1024ths
    for (; bytes >= 1024 && unit < 3; unit++) {
        rest = bytes % 1024;
        bytes /= 1024;
    }
    Figure figure;
    if (rest == 0 || bytes >= 100)
        snprintf(figure.text, sizeof figure.text, "%zu %s", bytes, units[unit]);
    else
        snprintf(figure.text, sizeof figure.text, "%zu.%zu %s", bytes, rest * 10 / 1024,
                 units[unit]);
    return figure;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void draw_line(Picture *picture, const char *class, int x, const char *text)
{
    draw(picture, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", class, x, picture->y, text);
}

// ----- The bytes of a box -----

static size_t scaled(const Picture *picture, size_t bytes)
{
    return (size_t)((double)bytes * picture->scale + 0.5);
}

static int row_of(const Picture *picture, size_t at)
{
    return picture->y + (int)(at / ROW_WIDTH) * ROW_HEIGHT;
}

static int column_of(size_t at)
{
    return SHEET_MARGIN + (int)(at % ROW_WIDTH);
}

// The outline of what reaches from `at` to `end`, in as many rows as that lies in, so far below their
// tops and so high.
static void draw_outline(Picture *picture, size_t at, size_t end, int below, int height)
{
    while (at < end) {
        int width = (int)smaller(end - at, ROW_WIDTH - at % ROW_WIDTH);
        draw(picture, "M%d %dh%dv%dh-%dz", column_of(at), row_of(picture, at) + below, width,
             height, width);
        at += (size_t)width;
    }
}

// What would be narrower than anything is left out.
static void draw_stretch(Picture *picture, const Stretch *stretch)
{
    size_t at = picture->at + scaled(picture, stretch->start);
    size_t end = picture->at + scaled(picture, stretch->start + stretch->size);
    if (at == end)
        return;
    draw(picture, "<path class=\"%s\" d=\"", stretch->class);
    draw_outline(picture, at, end, BAR_TOP, BAR_HEIGHT);
    draw(picture, "\"><title>%s bytes %s</title></path>\n", exact_figure(stretch->size).text,
         stretch->label);
}

static const char *site_name(const Picture *picture, size_t site)
{
    return site < PICTURE_SITES ? picture->sites.sites[site].name : "other functions";
}

static size_t box_size(const Box *box)
{
    size_t size = 0;
    for (int i = 0; i < PART_KINDS; i++)
        size += box->parts[i];
    return size;
}

static void draw_box_title(Picture *picture, const Box *box)
{
    draw(picture, "<title>Block%s %s", plural(box->blocks), exact_figure(picture->drawn + 1).text);
    if (box->blocks > 1)
        draw(picture, " to %s, summed up", exact_figure(picture->drawn + box->blocks).text);
    const char *before = ":";
    for (int i = 0; i < PART_KINDS; i++) {
        if (box->parts[i] == 0)
            continue;
        draw(picture, "%s %s bytes %s", before, exact_figure(box->parts[i]).text,
             part_kinds[i].label);
        before = ",";
    }
    draw(picture, "</title>\n");
}

// Says how large a block is, or how many share the box, if there is room above it.
static bool draw_label(Picture *picture, const Box *box)
{
    char text[40];
    if (box->blocks == 1)
        snprintf(text, sizeof text, "%s", size_figure(box_size(box)).text);
    else
        snprintf(text, sizeof text, "%s blocks", exact_figure(box->blocks).text);
    size_t room = ROW_WIDTH - picture->at % ROW_WIDTH;
    if (smaller(scaled(picture, box_size(box)), room) <
        strlen(text) * LETTER_WIDTH + 3 * TICK_WIDTH)
        return false;
    draw(picture, "<text class=\"soft\" x=\"%d\" y=\"%d\">%s</text>\n",
         column_of(picture->at) + 3 * TICK_WIDTH, row_of(picture, picture->at) + 118, text);
    return true;
}

// A tick where the box begins, as high as its label; and a line over several blocks.
static void draw_frame(Picture *picture, const Box *box)
{
    enum { LINE_TOP = BAR_TOP - 24, LINE_THICK = 12 };
    int top = draw_label(picture, box) ? 30 : box->blocks > 1 ? LINE_TOP : BAR_TOP;
    size_t at = picture->at;
    size_t end = at + TICK_WIDTH + scaled(picture, box_size(box));
    draw(picture, "<path class=\"tick\" d=\"");
    draw_outline(picture, at, at + TICK_WIDTH, top, BAR_TOP + BAR_HEIGHT - top);
    if (box->blocks > 1)
        draw_outline(picture, at, end, LINE_TOP, LINE_THICK);
    draw(picture, "\"/>\n");
}

// Over what was handed out, who is likely to have asked for it; with a letter where there is room.
static void draw_site(Picture *picture, size_t start, size_t size, size_t site)
{
    enum { ROOM = 110 };
    char class[16];
    char label[200];
    size_t at = picture->at + scaled(picture, start);
    size_t width = scaled(picture, start + size) - scaled(picture, start);
    snprintf(class, sizeof class, "site%zu", site);
    snprintf(label, sizeof label, "or about that, by %s", site_name(picture, site));
    draw_stretch(picture, &(Stretch){start, size, class, label});
    if (smaller(width, ROW_WIDTH - at % ROW_WIDTH) >= ROOM && site < PICTURE_SITES)
        draw(picture, "<text class=\"letter\" x=\"%d\" y=\"%d\">%c</text>\n", column_of(at) + 20,
             row_of(picture, at) + BAR_TOP + 112, (char)('A' + site));
}

static void draw_sites(Picture *picture, const Box *box)
{
    const unsigned char *end = box->data + box->parts[PART_USED];
    size_t size;
    for (const unsigned char *at = box->data; at < end; at += size) {
        size_t site;
        size = arena_picture_sites_span(&picture->sites, box->data, end, at, &site);
        if (size == 0)
            return;
        draw_site(picture, box->parts[PART_HEADER] + (size_t)(at - box->data), size, site);
    }
}

static void draw_box(Picture *picture, const Box *box)
{
    size_t room = ROW_WIDTH - picture->at % ROW_WIDTH;
    picture->at += room < 2 * BOX_GAP ? room : 0;
    draw(picture, "<g>");
    draw_box_title(picture, box);
    draw_frame(picture, box);
    picture->at += TICK_WIDTH;
    size_t start = 0;
    for (int i = 0; i < PART_KINDS; start += box->parts[i++])
        draw_stretch(picture,
                     &(Stretch){start, box->parts[i], part_kinds[i].class, part_kinds[i].label});
    if (box->blocks == 1 && picture->sites.spot_count > 0)
        draw_sites(picture, box);
    draw(picture, "</g>\n");
    picture->at += scaled(picture, start) + BOX_GAP;
    picture->drawn += box->blocks;
    picture->summed_up += box->blocks > 1 ? box->blocks : 0;
}

// ----- The blocks of an arena -----

static void add_to(Box *sum, const Box *box)
{
    sum->blocks += box->blocks;
    for (int i = 0; i < PART_KINDS; i++)
        sum->parts[i] += box->parts[i];
}

static void count_block(Picture *picture, const Box *block)
{
    add_to(&picture->total, block);
}

static void draw_together(Picture *picture)
{
    if (picture->together.blocks > 0)
        draw_box(picture, &picture->together);
    picture->together = (Box){0};
}

// Those that are too small for a box of their own share one with their neighbours.
static void draw_block(Picture *picture, const Box *block)
{
    if (scaled(picture, box_size(block)) >= ALONE_WIDTH) {
        draw_together(picture);
        draw_box(picture, block);
        return;
    }
    add_to(&picture->together, block);
    if (scaled(picture, box_size(&picture->together)) >= TOGETHER_WIDTH)
        draw_together(picture);
}

typedef void Visit(Picture *picture, const Box *block);

static void visit_block(Picture *picture, Visit *visit, const ArenaBlock *block, size_t used,
                        enum PartKind rest)
{
    Box box = {.blocks = 1, .data = block->data};
    box.parts[PART_HEADER] = block->size - block->capacity;
    box.parts[PART_USED] = used;
    box.parts[rest] = block->capacity - used;
    visit(picture, &box);
}

// Blocks before the current one were left, so that what they had is wasted; those after it are spare.
static void visit_chain(Picture *picture, Visit *visit, const Arena *arena)
{
    const ArenaBlock *block = arena->blocks;
    for (; block != arena->current; block = block->next)
        visit_block(picture, visit, block, block->used, PART_WASTED);
    visit_block(picture, visit, block, offset_in(block, arena->cursor), PART_FREE);
    for (block = block->next; block; block = block->next)
        visit_block(picture, visit, block, 0, PART_SPARE);
}

static void visit_large(Picture *picture, Visit *visit, const Arena *arena)
{
    for (const ArenaBlock *block = arena->large; block; block = block->next)
        visit_block(picture, visit, block, block->used, PART_WASTED);
}

static void visit_adopted(Picture *picture, Visit *visit, const Arena *arena)
{
    for (const Arena *adopted = arena->adopted; adopted; adopted = adopted->adopted) {
        visit_chain(picture, visit, adopted);
        visit_large(picture, visit, adopted);
    }
}

typedef struct Section {
    const char *noun;
    const char *which;
    void (*visit_all)(Picture *picture, Visit *visit, const Arena *arena);
} Section;

static void draw_section_line(Picture *picture, const Section *section)
{
    char text[160];
    int length = snprintf(text, sizeof text, "%s %s%s%s", exact_figure(picture->drawn).text,
                          section->noun, plural(picture->drawn), section->which);
    if (picture->summed_up > 0)
        snprintf(text + length, sizeof text - (size_t)length, "; %s summed up, under lines",
                 exact_figure(picture->summed_up).text);
    draw_line(picture, "", SHEET_MARGIN, text);
}

// Boxes of one kind, below a line that says which these are.
static void draw_section(Picture *picture, const Section *section, const Arena *arena)
{
    int top = picture->y;
    picture->y += LINE_HEIGHT;
    picture->at = picture->drawn = picture->summed_up = 0;
    section->visit_all(picture, draw_block, arena);
    draw_together(picture);
    int bottom = row_of(picture, picture->at - BOX_GAP - 1) + ROW_HEIGHT;
    picture->y = top + 140;
    draw_section_line(picture, section);
    picture->y = bottom + 60;
}

// ----- An arena -----

static const char *shown_name(const Arena *arena)
{
    return arena->name && arena->name[0] ? arena->name : "(no name)";
}

static void draw_name(Picture *picture, const Arena *arena)
{
    picture->y += 240;
    draw(picture, "<text class=\"name\" x=\"%d\" y=\"%d\">", SHEET_MARGIN, picture->y);
    draw_escaped(picture, shown_name(arena), HEADING_LETTERS);
    draw(picture, "<title>");
    draw_escaped(picture, shown_name(arena), SIZE_MAX);
    draw(picture, "</title></text>\n");
}

// A figure above its name.
static void draw_sum(Picture *picture, int x, const char *label, Figure figure, size_t exact)
{
    draw(picture,
         "<text class=\"sum\" x=\"%d\" y=\"%d\">%s<title>%s: %s</title></text>"
         "<text class=\"soft\" x=\"%d\" y=\"%d\">%s</text>\n",
         SHEET_MARGIN + x, picture->y + 240, figure.text, label, exact_figure(exact).text,
         SHEET_MARGIN + x, picture->y + 390, label);
}

static void draw_sums(Picture *picture, const ArenaStats *stats)
{
    draw_sum(picture, 0, "used", size_figure(stats->used), stats->used);
    draw_sum(picture, 820, "reserved", size_figure(stats->reserved), stats->reserved);
    draw_sum(picture, 1680, "wasted", size_figure(stats->wasted), stats->wasted);
    draw_sum(picture, 2500, "blocks", exact_figure(stats->blocks), stats->blocks);
    draw_sum(picture, 3130, "failures", exact_figure(stats->failures), stats->failures);
    picture->y += 480;
}

// A pattern, and what it means.
static void draw_key_entry(Picture *picture, int place, const char *class, const char *label,
                           size_t bytes)
{
    int x = SHEET_MARGIN + place % 2 * (ROW_WIDTH / 2);
    int y = picture->y + place / 2 * LINE_HEIGHT + 130;
    draw(picture,
         "<path class=\"%s\" d=\"M%d %dh200v120h-200z\"/>"
         "<text x=\"%d\" y=\"%d\">%s %s<title>%s bytes</title></text>\n",
         class, x, y - 105, x + 280, y, label, size_figure(bytes).text, exact_figure(bytes).text);
}

// Headers last: they are not what one looks for.
static void draw_key(Picture *picture, size_t row)
{
    for (int i = 0; i < PART_KINDS; i++) {
        int kind = (i + 1) % PART_KINDS;
        draw_key_entry(picture, i, part_kinds[kind].class, part_kinds[kind].label,
                       picture->total.parts[kind]);
    }
    draw_key_entry(picture, PART_KINDS, "row", "a full row", row);
    picture->y += (PART_KINDS + 1) / 2 * LINE_HEIGHT + 60;
}

// Who has asked for what was handed out, in an arena that is profiled.
static void draw_sites_key(Picture *picture)
{
    picture->y += 130;
    draw_line(picture, "soft", SHEET_MARGIN, "Handed out to, as a profile estimates:");
    picture->y += 60;
    int place = 0;
    for (size_t i = 0; i <= PICTURE_SITES; i++) {
        double bytes = picture->sites.sites[i].bytes;
        if (bytes < 1)
            continue;
        int y = picture->y + place++ * LINE_HEIGHT + 130;
        draw(picture, "<path class=\"site%zu\" d=\"M%d %dh200v120h-200z\"/>", i, SHEET_MARGIN,
             y - 105);
        if (i < PICTURE_SITES)
            draw(picture, "<text class=\"letter\" x=\"%d\" y=\"%d\">%c</text>", SHEET_MARGIN + 60,
                 y, (char)('A' + i));
        draw(picture, "<text x=\"%d\" y=\"%d\">", SHEET_MARGIN + 280, y);
        draw_escaped(picture, site_name(picture, i), HEADING_LETTERS);
        draw(picture, " %s</text>\n", size_figure((size_t)bytes).text);
    }
    picture->y += place * LINE_HEIGHT + 60;
}

// What counts as handed out, but is only kept free by who watches.
static void draw_hidden(Picture *picture, size_t bytes)
{
    char text[80];
    snprintf(text, sizeof text, "Of what is handed out, %s is red zones.", size_figure(bytes).text);
    picture->y += 130;
    draw_line(picture, "", SHEET_MARGIN, text);
    picture->y += 60;
}

static const Section own_blocks = {"block", ", oldest first", visit_chain};
static const Section large_objects = {"large object", ", newest first", visit_large};
static const Section adopted_blocks = {"block", " of adopted arenas", visit_adopted};

// Bytes of a row, so that all of the arena has some.
static size_t row_bytes(size_t reserved)
{
    size_t row = 1024;
    while (row < reserved / MOST_ROWS)
        row *= 2;
    return row;
}

static void draw_arena(Picture *picture, const Arena *arena)
{
    ArenaStats stats = arena_stats(arena);
    size_t row = row_bytes(stats.reserved);
    picture->scale = (double)ROW_WIDTH / (double)row;
    picture->total = (Box){0};
    visit_chain(picture, count_block, arena);
    visit_large(picture, count_block, arena);
    visit_adopted(picture, count_block, arena);

    picture->sites = arena_picture_sites(arena);
    draw_name(picture, arena);
    draw_sums(picture, &stats);
    draw_key(picture, row);
    if (picture->sites.spot_count > 0)
        draw_sites_key(picture);
    if (picture->total.parts[PART_USED] > stats.used)
        draw_hidden(picture, picture->total.parts[PART_USED] - stats.used);
    draw_section(picture, &own_blocks, arena);
    if (arena->large)
        draw_section(picture, &large_objects, arena);
    if (arena->adopted)
        draw_section(picture, &adopted_blocks, arena);
    arena_picture_sites_free(&picture->sites);
}

// ----- The whole -----

static const char picture_style[] =
    "<style>\n"
    ".arena-picture{display:block;width:100%;max-width:600px;height:auto;margin:auto;"
    "background:#fff}\n"
    ".arena-picture text{font:125px system-ui,'Helvetica Neue',Arial,sans-serif;fill:#1c2733}\n"
    ".arena-picture .heading{font-size:200px;font-weight:600}\n"
    ".arena-picture .name{font-size:160px;font-weight:600}\n"
    ".arena-picture .sum{font-size:140px;font-weight:600}\n"
    ".arena-picture .soft{font-size:120px;fill:#55616d}\n"
    ".arena-picture .header,.arena-picture .tick{fill:#1c2733}\n"
    ".arena-picture .row{fill:none;stroke:#6b7785;stroke-width:6;stroke-dasharray:24}\n"
    ".arena-picture .used{fill:#2563a8}\n"
    ".arena-picture .wasted{fill:url(#arena-wasted)}\n"
    ".arena-picture .free{fill:#eef2f6;stroke:#6b7785;stroke-width:6}\n"
    ".arena-picture .spare{fill:url(#arena-spare);stroke:#6b7785;stroke-width:6}\n"
    ".arena-picture .site0{fill:#00695c}.arena-picture .site1{fill:#7b3fa0}\n"
    ".arena-picture .site2{fill:#8a5200}.arena-picture .site3{fill:#b01657}\n"
    ".arena-picture .site4{fill:#4a6100}.arena-picture .site5{fill:#01669e}\n"
    ".arena-picture .site6{fill:#6d4c41}.arena-picture .site7{fill:#66727e}\n"
    ".arena-picture .letter{fill:#fff;font-size:105px;font-weight:600}\n"
    ".arena-picture .paper{fill:#fff}\n"
    ".arena-picture .stripe{fill:#c2410c}\n"
    ".arena-picture .dot{fill:#6b7785}\n"
    "@media(prefers-color-scheme:dark){\n"
    ".arena-picture{background:#14191f}\n"
    ".arena-picture text{fill:#e4eaf0}\n"
    ".arena-picture .soft{fill:#a3b0bc}\n"
    ".arena-picture .header,.arena-picture .tick{fill:#e4eaf0}\n"
    ".arena-picture .used{fill:#5b9be6}\n"
    ".arena-picture .free{fill:#232b34}\n"
    ".arena-picture .site0{fill:#4db6a5}.arena-picture .site1{fill:#c39be0}\n"
    ".arena-picture .site2{fill:#e0a04a}.arena-picture .site3{fill:#f07fae}\n"
    ".arena-picture .site4{fill:#a9c34a}.arena-picture .site5{fill:#57b8f0}\n"
    ".arena-picture .site6{fill:#c8a597}.arena-picture .site7{fill:#93a1af}\n"
    ".arena-picture .letter{fill:#14191f}\n"
    ".arena-picture .paper{fill:#14191f}\n"
    ".arena-picture .stripe{fill:#f59e5b}\n"
    ".arena-picture .free,.arena-picture .spare,.arena-picture .row{stroke:#8896a5}\n"
    ".arena-picture .dot{fill:#8896a5}}\n"
    "</style>\n"
    "<defs><pattern id=\"arena-wasted\" width=\"40\" height=\"40\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><path class=\"paper\" d=\"M0 0h40v40h-40z\"/>"
    "<path class=\"stripe\" d=\"M0 0h24v40h-24z\"/></pattern>\n"
    "<pattern id=\"arena-spare\" width=\"40\" height=\"40\" patternUnits=\"userSpaceOnUse\">"
    "<path class=\"paper\" d=\"M0 0h40v40h-40z\"/>"
    "<path class=\"dot\" d=\"M12 12h14v14h-14z\"/></pattern></defs>\n";

typedef struct Subject {
    Arena *const *arenas;
    size_t count;
    const char *heading;
} Subject;

// For who does not see it, the sums in words.
static void draw_accessible_name(Picture *picture, const Subject *subject)
{
    draw_escaped(picture, subject->heading ? subject->heading : "Memory of", SIZE_MAX);
    for (size_t i = 0; i < subject->count; i++) {
        ArenaStats stats = arena_stats(subject->arenas[i]);
        draw(picture, "%s arena ", i > 0 || subject->heading ? ";" : "");
        draw_escaped(picture, shown_name(subject->arenas[i]), SIZE_MAX);
        draw(picture, ": %s bytes used", exact_figure(stats.used).text);
        draw(picture, ", %s reserved", exact_figure(stats.reserved).text);
        draw(picture, ", %s wasted", exact_figure(stats.wasted).text);
        draw(picture, ", %s block%s", exact_figure(stats.blocks).text, plural(stats.blocks));
        draw(picture, ", %s failure%s", exact_figure(stats.failures).text, plural(stats.failures));
    }
}

static void draw_body(Picture *picture, const Subject *subject)
{
    picture->y = 60;
    if (subject->heading) {
        picture->y += 220;
        draw(picture, "<text class=\"heading\" x=\"%d\" y=\"%d\">", SHEET_MARGIN, picture->y);
        draw_escaped(picture, subject->heading, HEADING_LETTERS - 8);
        draw(picture, "</text>\n");
        picture->y += 80;
    }
    for (size_t i = 0; i < subject->count; i++)
        draw_arena(picture, subject->arenas[i]);
}

// The height has to be known first, so all is drawn twice, at first nowhere.
static bool draw_whole(const Subject *subject, FILE *out)
{
    Picture draft = {0};
    draw_body(&draft, subject);
    Picture picture = {.out = out};
    draw(&picture,
         "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"arena-picture\" width=\"100%%\" "
         "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
         SHEET_WIDTH, draft.y + 100);
    draw_accessible_name(&picture, subject);
    draw(&picture, "\">\n%s", picture_style);
    draw_body(&picture, subject);
    draw(&picture, "</svg>\n");
    return picture.out && fflush(out) == 0;
}

bool arena_picture(const Arena *arena, FILE *out)
{
    Arena *only = (Arena *)(uintptr_t)arena; // which is only read
    return draw_whole(&(Subject){&only, 1, NULL}, out);
}

bool arena_picture_all(Arena *const *arenas, size_t count, const char *heading, FILE *out)
{
    return draw_whole(&(Subject){arenas, count, heading}, out);
}

#endif
