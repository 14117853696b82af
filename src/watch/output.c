// Names of files, and whether what was written has arrived.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // flock, O_CLOEXEC
#endif

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "output.h"

#include <errno.h>
#include <string.h>

#if defined(_WIN32)
#include <process.h>
#define PROCESS_NUMBER() _getpid()
#elif defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#define PROCESS_NUMBER() getpid()
#else
#define PROCESS_NUMBER() 0
#endif

enum { LONGEST_NAME = 4096 };

bool arena_output_is_of_each_process(const char *name)
{
    return strstr(name, "%p") != NULL;
}

// False if it is too long.
static bool expand_name(const char *name, char *expanded)
{
    size_t length = 0;
    for (; *name && length < LONGEST_NAME - 16; name++)
        if (strncmp(name, "%p", 2) == 0) {
            length += (size_t)snprintf(expanded + length, 16, "%ld", (long)PROCESS_NUMBER());
            name++;
        } else {
            expanded[length++] = *name;
        }
    expanded[length] = 0;
    return *name == 0;
}

static FILE *open_as(const char *name, const char *mode)
{
    char expanded[LONGEST_NAME];
    if (expand_name(name, expanded))
        return fopen(expanded, mode);
    errno = ENAMETOOLONG;
    return NULL;
}

FILE *arena_output_open(const char *name)
{
    return open_as(name, "wb");
}

#if defined(__unix__) || defined(__APPLE__)
// Processes that this one starts do not have the file open.
FILE *arena_output_open_alone(const char *name)
{
    char expanded[LONGEST_NAME];
    if (!expand_name(name, expanded)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    int file = open(expanded, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return NULL;
    FILE *out = NULL;
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        errno = EBUSY;
    else if (ftruncate(file, 0) == 0 || errno == EINVAL) // which is no file on a disk
        out = fdopen(file, "wb");
    if (!out) {
        int error = errno;
        close(file);
        errno = error;
    }
    return out;
}
#else
FILE *arena_output_open_alone(const char *name)
{
    return arena_output_open(name);
}
#endif

bool arena_output_can_open(const char *name)
{
    FILE *file = open_as(name, "ab");
    if (file)
        fclose(file); // with nothing in it that could be lost
    return file != NULL;
}

bool arena_output_close(FILE *file)
{
    bool good = fflush(file) == 0 && !ferror(file);
    int error = errno;
    bool closed = fclose(file) == 0;
    if (!good)
        errno = error; // the first
    return good && closed;
}

#endif
