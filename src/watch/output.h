// Files that are written for ARENA_OPTIONS.

#ifndef ARENA_OUTPUT_H
#define ARENA_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

// Opens a file to be written from its start on, or to be only looked at whether it can be written. In
// its name %p stands for the number of the process. NULL, with errno, for failure.
FILE *arena_output_open(const char *name);
bool arena_output_can_open(const char *name);

// The same for a file that is written all the time: EBUSY if another process does so already.
FILE *arena_output_open_alone(const char *name);

// Whether a forked child may write to a file of that name.
bool arena_output_is_of_each_process(const char *name);

// Closes it. False, with errno, if what was written is not there.
bool arena_output_close(FILE *file);

#endif
