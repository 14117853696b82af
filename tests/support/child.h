// Work in a child process, which is not that of the test.

#ifndef ARENA_TESTS_CHILD_H
#define ARENA_TESTS_CHILD_H

#include <stdbool.h>

// Whether `work`, in a child process, returns true. The child runs no function of exit.
bool child_succeeds(bool (*work)(void));

#endif
