// What arenas were used for, name by name, in a table at the end: ARENA_OPTIONS=stats.

#ifndef ARENA_WATCH_STATS_H
#define ARENA_WATCH_STATS_H

#include "watch.h"

// The watcher that counts. Its interval is so long that arenas run at full speed.
extern const ArenaWatcher arena_counter;

// Has the table printed when the library is unloaded, or the process ends.
void arena_count_from_now(void);

#endif
