// Names of files, and whether what was written has arrived.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "output.h"

#include <errno.h>
#include <string.h>

#if defined(_WIN32)
#include <process.h>
#define PROCESS_NUMBER() _getpid()
#elif defined(__unix__) || defined(__APPLE__)
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

bool arena_output_can_open(const char *name)
{
    FILE *file = open_as(name, "ab");
    return file && fclose(file) == 0;
}

bool arena_output_close(FILE *file)
{
    bool good = fflush(file) == 0 && !ferror(file);
    int error = errno;
    if (fclose(file) == 0 && good)
        return true;
    errno = error;
    return false;
}

#endif
