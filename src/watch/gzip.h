// Files as gzip has them, not made any smaller: what reads profiles wants them so.

#ifndef ARENA_GZIP_H
#define ARENA_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// False if it could not be written.
bool arena_gzip_write(const unsigned char *data, size_t size, FILE *out);

#endif
