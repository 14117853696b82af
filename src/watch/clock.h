// What time it is, for measurements.

#ifndef ARENA_CLOCK_H
#define ARENA_CLOCK_H

#include <stdint.h>

// Nanoseconds since some point; it never goes back.
uint64_t arena_nanoseconds(void);

#endif
