// The end of memory, for a child process that is about to end itself.

#ifndef ARENA_TESTS_EXHAUST_H
#define ARENA_TESTS_EXHAUST_H

#include <stdbool.h>

// Whether this process could go on without memory: one under Valgrind could not.
bool memory_can_be_exhausted(void);

// Has malloc fail from now on, for every size; false if the system refuses.
bool exhaust_memory(void);

// Whether `work`, in a child process, returns true. The child runs no function of exit.
bool child_succeeds(bool (*work)(void));

#endif
