// Files that are written for ARENA_OPTIONS. In their names %p stands for the number of the process.

#ifndef ARENA_OUTPUT_H
#define ARENA_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

// The name as it is from anywhere, should the process go to another directory; to be freed. NULL, with
// errno, if there is no memory.
char *arena_output_name(const char *name);

// Whether it can be written, which changes nothing; errno says why not.
bool arena_output_can_open(const char *name);

// What the file is called in this process; good until the next call.
const char *arena_output_file(const char *name);

// Whether a forked child may write to a file of that name.
bool arena_output_is_of_each_process(const char *name);

// Writes a file that takes the place of the one of that name once it is whole. False, with errno, if it
// is not there as it should be; then the old one is, if it was a file.
bool arena_output_write(const char *name, bool (*write)(FILE *out, const void *context),
                        const void *context);

// A file that is written all the time, one in a process. NULL, with errno, for failure: EBUSY if another
// process does so already.
FILE *arena_output_open_alone(const char *name);

// Between these a thread is not cancelled: one that were, while it writes, would keep the lock for ever.
int arena_output_hold(void);
void arena_output_let_go(int held);

// Adds to it, or closes it. False, with errno, if what was written is not there: EBADF if the program has
// closed it, whoever has its number now.
bool arena_output_add(FILE *out, const void *bytes, size_t size);
bool arena_output_close(FILE *out);

#endif
