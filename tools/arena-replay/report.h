// What was found, for people.

#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "search.h"

// The table, best first, and what to write in the program.
void report_search(const Search *search, const Operations *operations, size_t rounds);

#endif
