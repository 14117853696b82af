// What time it is, for measurements.

#ifndef ARENA_CLOCK_H
#define ARENA_CLOCK_H

#include <stdint.h>

// Nanoseconds since some point; it never goes back.
uint64_t arena_nanoseconds(void);

// For how many a processor has worked for this process; where nobody knows, as above.
uint64_t arena_nanoseconds_used(void);

#endif
