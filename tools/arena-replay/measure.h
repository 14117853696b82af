// Measures replays, each in a process of its own that has done nothing before.

#ifndef REPLAY_MEASURE_H
#define REPLAY_MEASURE_H

#include "replay.h"

typedef struct Outcome {
    double seconds;    // of the operations alone
    uint64_t faults;   // of pages
    uint64_t resident; // bytes of memory that the process came to have, beyond what it had before
    uint64_t reserved; // bytes that arenas held when they had most objects
    uint64_t used;     // and bytes of these objects
} Outcome;

// What the processes get: a file without a name, which has the operations.
typedef struct Measure {
    const char *program;
    const char *path; // of the trace, for messages
    int file;
} Measure;

// False, after a message.
bool measure_begin(Measure *measure, const Operations *operations, const char *path,
                   const char *program);
void measure_end(Measure *measure);

typedef enum Measured { MEASURED, MEASURED_NOTHING, MEASURED_BADLY } Measured;

// MEASURED_NOTHING: there was no memory for that with these settings, or the system does not have them. MEASURED_BADLY: the process
// ended as it should not, or there was none; after a message.
Measured measure(const Measure *measure, const Settings *settings, Outcome *outcome);

// What such a process does instead of anything else, if these are the arguments of one; -1 if they
// are not, and else its exit status.
int measure_in_child(int count, char **arguments);

#endif
