// Finds the settings with which a trace takes the least time.

#ifndef REPLAY_SEARCH_H
#define REPLAY_SEARCH_H

#include "measure.h"
#include "settings.h"

// With less than ENOUGH_ROUNDS nothing is proved.
enum { ENOUGH_ROUNDS = 5, MOST_ROUNDS = 1000 };

// In each round, all settings are measured once, one after another, and so the times of a round
// compare. Those of the trace are in each, and first in the list.
typedef struct Tried {
    Settings settings;
    Outcome *outcomes;  // of the rounds
    double *references; // seconds that the settings of the trace took in the same round
    size_t count;       // of both
    bool cannot_be_had;
    // Medians over the rounds; the share is of the time with the settings of the trace.
    Outcome median;
    double share;
    double share_low; // quartiles
    double share_high;
} Tried;

typedef struct Search {
    Tried items[MOST_SETTINGS];
    size_t count;
    Tried
        confirmed; // the best, measured again after it was chosen; no rounds if nothing was better
} Search;

// False, after a message.
bool search_settings(Search *search, const Measure *measure, const Operations *operations,
                     size_t rounds);
void search_free(Search *search);

// Whether the best has proved to be better: it took less than 98 % of the time in three quarters of
// the rounds that were made after it was chosen.
bool search_found(const Search *search);

#endif
