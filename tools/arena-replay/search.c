// The rounds. What is best among many is so by chance too, so it is measured again when it was
// chosen, and only those rounds decide.

#define _DEFAULT_SOURCE

#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// ----- Numbers -----

static int by_number(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

// What a share of the sorted numbers is below.
static double quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t index = (size_t)at;
    double rest = at - (double)index;
    return index + 1 < count ? sorted[index] * (1 - rest) + sorted[index + 1] * rest
                             : sorted[count - 1];
}

static void sort_numbers(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, by_number);
}

// The median of what `of` says of each round.
static double median_of(const Tried *tried, double (*of)(const Outcome *outcome), double *numbers)
{
    for (size_t i = 0; i < tried->count; i++)
        numbers[i] = of(&tried->outcomes[i]);
    sort_numbers(numbers, tried->count);
    return quantile(numbers, tried->count, 0.5);
}

static double seconds_of(const Outcome *outcome)
{
    return outcome->seconds;
}

static double faults_of(const Outcome *outcome)
{
    return (double)outcome->faults;
}

static double resident_of(const Outcome *outcome)
{
    return (double)outcome->resident;
}

// Those of a share, and of what the median of the rest is.
static void sum_up(Tried *tried, double *numbers)
{
    if (tried->count == 0)
        return;
    tried->median = tried->outcomes[0]; // what arenas hold is the same in each round
    tried->median.seconds = median_of(tried, seconds_of, numbers);
    tried->median.faults = (uint64_t)median_of(tried, faults_of, numbers);
    tried->median.resident = (uint64_t)median_of(tried, resident_of, numbers);
    for (size_t i = 0; i < tried->count; i++) {
        double reference = tried->references[i] > 0 ? tried->references[i] : 1e-9;
        numbers[i] = tried->outcomes[i].seconds / reference;
    }
    sort_numbers(numbers, tried->count);
    tried->share_low = quantile(numbers, tried->count, 0.25);
    tried->share = quantile(numbers, tried->count, 0.5);
    tried->share_high = quantile(numbers, tried->count, 0.75);
}

// ----- Rounds -----

typedef struct Rounds {
    Search *search;
    const Measure *measure;
    size_t rounds;
    const char *what; // is done, for the progress
    double numbers[2 * MOST_ROUNDS];
} Rounds;

static bool make_room(Tried *tried)
{
    tried->outcomes = calloc(2 * MOST_ROUNDS, sizeof *tried->outcomes);
    tried->references = calloc(2 * MOST_ROUNDS, sizeof *tried->references);
    if (tried->outcomes && tried->references)
        return true;
    fputs("arena-replay: out of memory\n", stderr);
    return false;
}

static bool add_tried(Search *search, const Settings *settings)
{
    for (size_t i = 0; i < search->count; i++)
        if (settings_are_same(&search->items[i].settings, settings))
            return true;
    if (search->count == MOST_SETTINGS)
        return true;
    Tried *tried = &search->items[search->count++];
    *tried = (Tried){.settings = *settings};
    return make_room(tried);
}

static bool try_once(const Measure *measures, Tried *tried)
{
    Outcome outcome = {0};
    if (tried->cannot_be_had)
        return true;
    Measured measured = measure(measures, &tried->settings, &outcome);
    tried->cannot_be_had = measured == MEASURED_NOTHING;
    if (measured != MEASURED)
        return tried->cannot_be_had;
    tried->outcomes[tried->count++] = outcome;
    return true;
}

// After a round, in which `traced` was measured too.
static void note_reference(Tried *tried, const Tried *traced)
{
    if (tried->count > 0 && !tried->cannot_be_had)
        tried->references[tried->count - 1] = traced->outcomes[traced->count - 1].seconds;
}

static void show_progress(const char *what, size_t done, size_t all)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K");
    if (done < all)
        fprintf(stderr, "%s: %zu of %zu", what, done, all);
}

static bool can_be_replayed(const Measure *measures, const Tried *traced)
{
    if (traced->cannot_be_had)
        fprintf(stderr, "arena-replay: %s: there is no memory for what the trace has\n",
                measures->path);
    return !traced->cannot_be_had;
}

// All of a round, beginning with another one each time: what comes first or last is not always the
// same.
static bool play_round(const Rounds *rounds, Tried *const *tried, size_t count, size_t round)
{
    for (size_t i = 0; i < count; i++) {
        if (!try_once(rounds->measure, tried[(i + round) % count]))
            return false;
        show_progress(rounds->what, round * count + i + 1, rounds->rounds * count);
    }
    if (!can_be_replayed(rounds->measure, tried[0]))
        return false;
    for (size_t i = 0; i < count; i++)
        note_reference(tried[i], tried[0]);
    return true;
}

// The first is of the trace.
static bool play_rounds(Rounds *rounds, Tried *const *tried, size_t count, const char *what)
{
    bool good = true;
    rounds->what = what;
    for (size_t round = 0; good && round < rounds->rounds; round++)
        good = play_round(rounds, tried, count, round);
    show_progress(what, 1, 1);
    for (size_t i = 0; good && i < count; i++)
        sum_up(tried[i], rounds->numbers);
    return good;
}

// Those of the trace, and all from `first` on.
static bool play_from(Rounds *rounds, size_t first, const char *what)
{
    Tried *tried[MOST_SETTINGS];
    size_t count = 0;
    tried[count++] = &rounds->search->items[0];
    for (size_t i = first; i < rounds->search->count; i++)
        tried[count++] = &rounds->search->items[i];
    return play_rounds(rounds, tried, count, what);
}

// A replay that does not count: the first one reads the program from the disk.
static bool warm_up(const Rounds *rounds)
{
    Outcome outcome;
    return measure(rounds->measure, &settings_of_trace, &outcome) != MEASURED_BADLY;
}

// ----- The search -----

static const Tried *best_of(const Search *search, Knob knob)
{
    const Tried *best = NULL;
    for (size_t i = 1; i < search->count; i++) {
        const Tried *tried = &search->items[i];
        bool is_asked = knob == KNOBS || settings_knob(&tried->settings) == knob;
        if (is_asked && tried->count > 0 && tried->share < 1 &&
            (!best || tried->share < best->share))
            best = tried;
    }
    return best;
}

// All that has helped alone, together, without a region and with it; and each two of them.
static bool add_combined(Search *search)
{
    const Tried *best[KNOBS];
    Settings blocks = settings_of_trace;
    Settings region = settings_of_trace;
    for (Knob knob = 0; knob < KNOBS; knob++)
        best[knob] = best_of(search, knob);
    for (Knob knob = 0; knob < KNOBS; knob++) {
        if (best[knob] && knob != KNOB_REGION)
            settings_take(&blocks, &best[knob]->settings, knob);
        if (best[knob] && (knob == KNOB_PAGES || knob == KNOB_CACHE || knob == KNOB_REGION))
            settings_take(&region, &best[knob]->settings, knob);
    }
    bool good = add_tried(search, &blocks) && (!best[KNOB_REGION] || add_tried(search, &region));
    for (Knob a = 0; good && a < KNOB_REGION; a++)
        for (Knob b = a + 1; good && b < KNOB_REGION; b++) {
            Settings both = settings_of_trace;
            if (!best[a] || !best[b])
                continue;
            settings_take(&both, &best[a]->settings, a);
            settings_take(&both, &best[b]->settings, b);
            good = add_tried(search, &both);
        }
    return good;
}

static int count_changes(const Settings *settings)
{
    int count = 0;
    for (Knob knob = 0; knob < KNOBS; knob++) {
        Settings without = *settings;
        settings_take(&without, &settings_of_trace, knob);
        count += !settings_are_same(&without, settings);
    }
    return count;
}

// The best of all, or what is nearly as good and changes less.
static const Tried *simplest_of_best(const Search *search)
{
    const Tried *best = best_of(search, KNOBS);
    const Tried *chosen = best;
    for (size_t i = 1; best && i < search->count; i++) {
        const Tried *tried = &search->items[i];
        int less = count_changes(&chosen->settings) - count_changes(&tried->settings);
        bool is_near = tried->count > 0 && tried->share < best->share + 0.02 && tried->share < 1;
        if (is_near && (less > 0 || (less == 0 && tried->share < chosen->share)))
            chosen = tried;
    }
    return chosen;
}

// The best against those of the trace, in rounds that did not choose it.
static bool confirm(Rounds *rounds)
{
    Search *search = rounds->search;
    const Tried *best = simplest_of_best(search);
    if (!best)
        return true;
    search->confirmed = (Tried){.settings = best->settings};
    Tried traced = {.settings = settings_of_trace};
    Tried *const both[] = {&traced, &search->confirmed};
    bool good = make_room(&search->confirmed) && make_room(&traced) &&
                play_rounds(rounds, both, 2, "measuring the best again");
    free(traced.outcomes);
    free(traced.references);
    return good;
}

bool search_settings(Search *search, const Measure *measure, const Operations *operations,
                     size_t rounds)
{
    SettingsList list;
    Rounds *all = calloc(1, sizeof *all);
    bool good = all != NULL;
    if (all)
        *all = (Rounds){.search = search, .measure = measure, .rounds = rounds};
    *search = (Search){0};
    settings_single(&list, operations);
    for (size_t i = 0; good && i < list.count; i++)
        good = add_tried(search, &list.items[i]);
    good = good && warm_up(all) && play_from(all, 1, "measuring");
    size_t singles = search->count;
    good = good && add_combined(search);
    if (good && search->count > singles)
        good = play_from(all, singles, "measuring what is best together");
    good = good && confirm(all);
    free(all);
    return good;
}

void search_free(Search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->items[i].outcomes);
        free(search->items[i].references);
    }
    free(search->confirmed.outcomes);
    free(search->confirmed.references);
}

bool search_found(const Search *search)
{
    return search->confirmed.count >= ENOUGH_ROUNDS && search->confirmed.share_high < 0.98;
}
