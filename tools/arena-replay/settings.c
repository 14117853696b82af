// The settings, one thing at a time.

#include "settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

uint64_t settings_peak(const Operations *operations)
{
    uint64_t peak = 0;
    for (uint32_t i = 0; i < operations->group_count; i++)
        if (operations->groups[i].is_tuned && operations->groups[i].peak > peak)
            peak = operations->groups[i].peak;
    return peak;
}

static void add_settings(SettingsList *list, Settings settings)
{
    if (list->count < MOST_SETTINGS)
        list->items[list->count++] = settings;
}

// The first block: in steps of four, up to one that all of an arena fits.
static void add_capacities(SettingsList *list, uint64_t peak)
{
    Settings settings = settings_of_trace;
    uint64_t capacity = 4 * KIB;
    for (; capacity < peak && capacity < 4096 * MIB; capacity *= 4) {
        settings.capacity = capacity;
        add_settings(list, settings);
    }
    while (capacity / 2 >= peak && capacity > 4 * KIB)
        capacity /= 2;
    settings.capacity = capacity;
    add_settings(list, settings);
}

// Bounds that an arena of that size could come to.
static void add_largest_blocks(SettingsList *list, uint64_t peak)
{
    static const uint64_t bounds[] = {256 * KIB, MIB, 2 * MIB, 8 * MIB, 256 * MIB};
    Settings settings = settings_of_trace;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        settings.largest_block = bounds[i];
        if (bounds[i] < peak)
            add_settings(list, settings);
    }
}

// Blocks of less than 2 MiB, and arenas whose blocks are, have neither.
static void add_pages_and_cache(SettingsList *list, uint64_t peak)
{
    Settings settings = settings_of_trace;
    settings.has_small_pages = true;
    if (peak >= 256 * KIB)
        add_settings(list, settings);
    settings = settings_of_trace;
    settings.cache = 0;
    add_settings(list, settings);
    settings.cache = 4096 * MIB;
    if (peak >= 64 * MIB)
        add_settings(list, settings);
}

void settings_single(SettingsList *list, const Operations *operations)
{
    uint64_t peak = settings_peak(operations);
    Settings region = settings_of_trace;
    *list = (SettingsList){0};
    add_settings(list, settings_of_trace);
    add_capacities(list, peak);
    add_largest_blocks(list, peak);
    add_pages_and_cache(list, peak);
    region.has_region = true;
    add_settings(list, region);
}

static bool changes(const Settings *settings, Knob knob)
{
    switch (knob) {
    case KNOB_CAPACITY: return settings->capacity != AS_TRACED;
    case KNOB_LARGEST: return settings->largest_block != 0;
    case KNOB_PAGES: return settings->has_small_pages;
    case KNOB_CACHE: return settings->cache != AS_TRACED;
    default: return settings->has_region;
    }
}

Knob settings_knob(const Settings *settings)
{
    Knob changed = KNOBS;
    for (Knob knob = 0; knob < KNOBS; knob++) {
        if (changes(settings, knob) && changed != KNOBS)
            return KNOBS;
        if (changes(settings, knob))
            changed = knob;
    }
    return changed;
}

void settings_take(Settings *into, const Settings *from, Knob knob)
{
    switch (knob) {
    case KNOB_CAPACITY: into->capacity = from->capacity; break;
    case KNOB_LARGEST: into->largest_block = from->largest_block; break;
    case KNOB_PAGES: into->has_small_pages = from->has_small_pages; break;
    case KNOB_CACHE: into->cache = from->cache; break;
    default: into->has_region = from->has_region; break;
    }
}

bool settings_are_same(const Settings *a, const Settings *b)
{
    return a->capacity == b->capacity && a->largest_block == b->largest_block &&
           a->cache == b->cache && a->has_small_pages == b->has_small_pages &&
           a->has_region == b->has_region;
}

// ----- Text -----

const char *bytes_text(uint64_t bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double amount = (double)bytes;
    for (; amount >= 1024 && unit < 6; unit++)
        amount /= 1024;
    bool is_whole = amount >= 99.95 || amount == (double)(int)amount;
    snprintf(text, size, is_whole ? "%.0f %s" : "%.1f %s", amount, units[unit]);
    return text;
}

const char *bytes_code(uint64_t bytes, char *text, size_t size)
{
    unsigned shift = 0;
    while (shift < 63 && (uint64_t)1 << shift < bytes)
        shift++;
    if (shift < 10 || (uint64_t)1 << shift != bytes)
        snprintf(text, size, "%" PRIu64, bytes);
    else
        snprintf(text, size, shift < 31 ? "1 << %u" : "(size_t)1 << %u", shift);
    return text;
}

// A part of the text, after those that are there.
static void add_words(char *text, size_t size, const char *words, uint64_t bytes, bool has_bytes)
{
    char number[32];
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s%s", length > 0 ? ", " : "", words,
             has_bytes ? bytes_text(bytes, number, sizeof number) : "");
}

const char *settings_text(const Settings *settings, uint64_t peak, char *text, size_t size)
{
    text[0] = 0;
    if (changes(settings, KNOB_REGION))
        add_words(text, size, "a region of ", region_size(peak), true);
    if (changes(settings, KNOB_CAPACITY))
        add_words(text, size, ".capacity ", settings->capacity, true);
    if (changes(settings, KNOB_LARGEST))
        add_words(text, size, ".largest_block ", settings->largest_block, true);
    if (changes(settings, KNOB_PAGES))
        add_words(text, size, "no huge pages", 0, false);
    if (changes(settings, KNOB_CACHE))
        add_words(text, size, "arena_cache_limit ", settings->cache, true);
    if (!text[0])
        add_words(text, size, "as traced", 0, false);
    return text;
}
