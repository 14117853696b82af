// What is in a trace, as a table.

#ifndef REPLAY_LIST_H
#define REPLAY_LIST_H

#include "operations.h"

// A line for each name of arenas; those with most bytes first.
void list_groups(const Operations *operations);

// A name as it can be printed: "(no name)" if it is empty, and a ? for what no terminal should get.
// `text` has room for `size` bytes, and is returned.
const char *printable_name(const char *name, char *text, size_t size);

#endif
