// Whether a replay does what its trace says.

#ifndef REPLAY_VERIFY_H
#define REPLAY_VERIFY_H

#include "operations.h"

// Replays with the settings of the trace, and compares what watchers of the arenas hear with the
// events. Prints how much was the same, or, with false, the first that was not.
bool verify_replay(const Operations *operations, Trace *trace, const char *path);

#endif
