// What the C library is asked for where there is one, and how the core does without where there is
// none.

#ifndef ARENA_PLATFORM_H
#define ARENA_PLATFORM_H

#include "arena/compiler.h"

#if ARENA_HAS_LIBC

#include <errno.h>

static inline void set_errno(int error)
{
    errno = error;
}

// Bytes before the end of the string.
static inline size_t string_length(const char *text)
{
    return strlen(text);
}

// The same, `most` at the most.
static inline size_t string_length_within(const char *text, size_t most)
{
    const char *end = memchr(text, '\0', most);
    return end ? (size_t)(end - text) : most;
}

#else

enum { EINVAL = 22, ENOMEM = 12 };

static inline void set_errno(int error)
{
    (void)error;
}

static inline size_t string_length_within(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length] != '\0')
        length++;
    return length;
}

static inline size_t string_length(const char *text)
{
    return string_length_within(text, PTRDIFF_MAX);
}

#endif

#endif
