// The table, and the advice.

#include "report.h"

#include "list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ----- The table -----

static int by_share(const void *a, const void *b)
{
    const Tried *first = *(const Tried *const *)a;
    const Tried *second = *(const Tried *const *)b;
    if ((first->count == 0) != (second->count == 0))
        return first->count == 0 ? 1 : -1;
    return (first->share > second->share) - (first->share < second->share);
}

static const char *time_text(double seconds, char *text, size_t size)
{
    if (seconds < 1e-3)
        snprintf(text, size, "%.1f us", seconds * 1e6);
    else if (seconds < 1)
        snprintf(text, size, "%.2f ms", seconds * 1e3);
    else
        snprintf(text, size, "%.2f s", seconds);
    return text;
}

static void print_tried(const Tried *tried, uint64_t peak, bool is_traced)
{
    char texts[5][160];
    const Outcome *median = &tried->median;
    const char *settings = settings_text(&tried->settings, peak, texts[0], sizeof texts[0]);
    if (tried->count == 0) {
        printf("  %10s %6s %15s %10s %10s %10s  %s\n", "-", "-", "-", "-", "-", "-", settings);
        return;
    }
    char middle[32];
    snprintf(middle, sizeof middle, "%.3f to %.3f", tried->share_low, tried->share_high);
    printf("%c %10s %6.3f %15s %10llu %10s %10s  %s\n", is_traced ? '*' : ' ',
           time_text(median->seconds, texts[1], sizeof texts[1]), tried->share,
           is_traced ? "" : middle, (unsigned long long)median->faults,
           median->resident ? bytes_text(median->resident, texts[2], sizeof texts[2]) : "-",
           bytes_text(median->reserved - median->used, texts[3], sizeof texts[3]), settings);
}

static void print_table(const Search *search, uint64_t peak)
{
    const Tried *sorted[MOST_SETTINGS];
    for (size_t i = 0; i < search->count; i++)
        sorted[i] = &search->items[i];
    qsort(sorted, search->count, sizeof *sorted, by_share);
    printf("  %10s %6s %15s %10s %10s %10s  %s\n", "time", "share", "middle half", "faults",
           "memory", "waste", "settings");
    for (size_t i = 0; i < search->count; i++)
        print_tried(sorted[i], peak, sorted[i] == &search->items[0]);
}

static void explain_table(size_t rounds)
{
    printf(
        "\nMedians of %zu rounds, of what arenas and the writing of each object take. The share "
        "is of the\ntime with the settings of the trace (*) in the same round, and the middle half "
        "is that of the\nrounds. Memory is what the process came to have; waste is what arenas "
        "held "
        "and had not handed\nout, when they had handed out most.\n\n",
        rounds);
}

// ----- The advice -----

// The name of all arenas that settings apply to; NULL if they have several.
static const char *common_name(const Operations *operations)
{
    const char *name = NULL;
    for (uint32_t i = 0; i < operations->group_count; i++) {
        if (!operations->groups[i].is_tuned)
            continue;
        if (name && strcmp(name, operations->groups[i].name) != 0)
            return NULL;
        name = operations->groups[i].name;
    }
    return name && *name ? name : NULL;
}

static void print_name_code(const char *name)
{
    char text[256];
    fputs(".name = \"", stdout);
    for (const char *at = printable_name(name, text, sizeof text); *at; at++) {
        if (*at == '"' || *at == '\\')
            putchar('\\');
        putchar(*at);
    }
    putchar('"');
}

// No block is large enough for huge pages where growth asks for less than one of these.
static uint64_t largest_block_for(const Settings *settings)
{
    const uint64_t small = (uint64_t)1 << 20;
    uint64_t largest = settings->largest_block;
    return settings->has_small_pages && (largest == 0 || largest > small) ? small : largest;
}

static void print_options(const Settings *settings, const char *name)
{
    char number[32];
    const char *comma = "";
    fputs("    ArenaOptions options = {", stdout);
    if (name) {
        print_name_code(name);
        comma = ", ";
    }
    if (settings->capacity != AS_TRACED) {
        printf("%s.capacity = %s", comma, bytes_code(settings->capacity, number, sizeof number));
        comma = ", ";
    }
    if (largest_block_for(settings))
        printf("%s.largest_block = %s", comma,
               bytes_code(largest_block_for(settings), number, sizeof number));
    puts("};");
}

// What one name has may suit it better, and what was measured is not always what can be written.
static void print_remarks(const Settings *settings, const Operations *operations)
{
    bool is_choice =
        settings->capacity != AS_TRACED || largest_block_for(settings) != 0 || settings->has_region;
    if (settings->has_small_pages && !settings->has_region)
        puts("\nNo block has huge pages where growth asks for 1 MiB at most; large objects still "
             "have them.");
    if (is_choice && !common_name(operations))
        puts(
            "\nThat is for all arenas on the heap. --arena NAME looks at those of one name; --list "
            "has the names.");
}

static void print_code(const Settings *settings, const Operations *operations)
{
    char number[32];
    bool has_options = settings->capacity != AS_TRACED || largest_block_for(settings) != 0;
    if (settings->has_region)
        printf("    Arena *arena = arena_create_region(%s);\n",
               bytes_code(region_size(settings_peak(operations)), number, sizeof number));
    else if (has_options)
        print_options(settings, common_name(operations));
    if (settings->cache != AS_TRACED)
        printf("    arena_cache_limit(%s);\n", bytes_code(settings->cache, number, sizeof number));
}

static void print_confirmed(const Search *search, uint64_t peak)
{
    char text[160];
    const Tried *best = &search->confirmed;
    printf("The best was measured again, for %zu rounds:\n%s\n", best->count,
           settings_text(&best->settings, peak, text, sizeof text));
    printf("took %.3f of the time (%.3f to %.3f in the middle half of the rounds).\n", best->share,
           best->share_low, best->share_high);
}

static void print_memory(const Search *search)
{
    char texts[2][32];
    uint64_t now = search->items[0].median.resident;
    uint64_t then = search->confirmed.median.resident;
    if (then > now + now / 10)
        printf("It takes more memory: %s instead of %s.\n",
               bytes_text(then, texts[0], sizeof texts[0]),
               bytes_text(now, texts[1], sizeof texts[1]));
}

static void print_nothing_found(size_t rounds)
{
    if (rounds < ENOUGH_ROUNDS)
        printf("Less than %d rounds prove nothing.", ENOUGH_ROUNDS);
    else
        fputs("Nothing is clearly better: what differs is within the spread of the rounds, or less "
              "than 2 %.",
              stdout);
    puts("\nStay with what you have.");
}

void report_search(const Search *search, const Operations *operations, size_t rounds)
{
    uint64_t peak = settings_peak(operations);
    print_table(search, peak);
    explain_table(rounds);
    if (search->confirmed.count > 0)
        print_confirmed(search, peak);
    if (!search_found(search)) {
        print_nothing_found(rounds);
        return;
    }
    print_memory(search);
    puts("\nWrite:\n");
    print_code(&search->confirmed.settings, operations);
    print_remarks(&search->confirmed.settings, operations);
}
