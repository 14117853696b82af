// Names of files, and whether what was written has arrived.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // flock, O_CLOEXEC
#endif

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <process.h>
#define PROCESS_NUMBER() _getpid()
#elif defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#define PROCESS_NUMBER() getpid()
#else
#define PROCESS_NUMBER() 0
#endif

enum { LONGEST_NAME = 4096, LONGEST_NUMBER = 24 };

bool arena_output_is_of_each_process(const char *name)
{
    return strstr(name, "%p") != NULL;
}

// False, with errno, if it is too long: a number fits behind it.
static bool expand_name(const char *name, char *expanded)
{
    size_t length = 0;
    for (; *name && length < LONGEST_NAME - 2 * LONGEST_NUMBER; name++)
        if (strncmp(name, "%p", 2) == 0) {
            length +=
                (size_t)snprintf(expanded + length, LONGEST_NUMBER, "%ld", (long)PROCESS_NUMBER());
            name++;
        } else {
            expanded[length++] = *name;
        }
    expanded[length] = 0;
    if (*name)
        errno = ENAMETOOLONG;
    return *name == 0;
}

const char *arena_output_file(const char *name)
{
    static char expanded[LONGEST_NAME];
    (void)expand_name(name, expanded);
    return expanded;
}

// Returns `good`. Closes it either way.
static bool close_file(FILE *out, bool good)
{
    good = good && fflush(out) == 0 && !ferror(out);
    int error = errno;
    bool closed = fclose(out) == 0;
    if (!good)
        errno = error; // the first
    return good && closed;
}

static bool write_as(const char *name, bool (*write)(FILE *out, const void *context),
                     const void *context)
{
    FILE *out = fopen(name, "wb");
    return out && close_file(out, write(out, context));
}

#if defined(__unix__) || defined(__APPLE__)

char *arena_output_name(const char *name)
{
    char directory[LONGEST_NAME];
    bool is_whole = name[0] == '/' || !getcwd(directory, sizeof directory);
    size_t size = strlen(name) + (is_whole ? 0 : strlen(directory) + 1) + 1;
    char *whole = malloc(size);
    if (whole)
        snprintf(whole, size, "%s%s%s", is_whole ? "" : directory, is_whole ? "" : "/", name);
    return whole;
}

static bool is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

// No link, terminal or pipe, and not of other names: what is to be replaced.
static bool is_plain(const char *name)
{
    struct stat status;
    if (lstat(name, &status) != 0)
        return errno == ENOENT;
    return S_ISREG(status.st_mode) && status.st_nlink == 1;
}

// Where a second file cannot be, the first is written over.
bool arena_output_write(const char *name, bool (*write)(FILE *out, const void *context),
                        const void *context)
{
    char expanded[LONGEST_NAME], beside[LONGEST_NAME + LONGEST_NUMBER];
    if (!expand_name(name, expanded))
        return false;
    snprintf(beside, sizeof beside, "%s.%ld~", expanded, (long)PROCESS_NUMBER());
    FILE *out = is_plain(expanded) ? fopen(beside, "wb") : NULL;
    if (!out)
        return write_as(expanded, write, context);
    bool good = close_file(out, write(out, context)) && rename(beside, expanded) == 0;
    int error = errno;
    if (!good)
        remove(beside);
    errno = error;
    return good;
}

// The file that is written all the time.
static struct {
    dev_t device;
    ino_t number;
} alone;

// A program may have closed it with others, and opened something else in its place.
static bool is_alone_still(FILE *out)
{
    struct stat status;
    return fstat(fileno(out), &status) == 0 && status.st_dev == alone.device &&
           status.st_ino == alone.number;
}

// Out of the way of who closes all that it knows of, or counts on the next number.
static int move_away(int file)
{
    enum { OUT_OF_THE_WAY = 200 };
    int moved = fcntl(file, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    if (moved < 0)
        return file;
    close(file);
    return moved;
}

static FILE *begin_alone(int file)
{
    struct stat status;
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        errno = EBUSY;
        return NULL;
    }
    if (ftruncate(file, 0) != 0 && errno != EINVAL) // which is no file on a disk
        return NULL;
    if (fstat(file, &status) != 0)
        return NULL;
    alone.device = status.st_dev;
    alone.number = status.st_ino;
    return fdopen(file, "wb");
}

// Processes that this one starts do not have it open. What is written is not kept back.
FILE *arena_output_open_alone(const char *name)
{
    char expanded[LONGEST_NAME];
    if (!expand_name(name, expanded))
        return NULL;
    int file = open(expanded, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return NULL;
    file = move_away(file);
    FILE *out = begin_alone(file);
    int error = errno;
    if (out)
        setbuf(out, NULL);
    else
        close(file);
    errno = error;
    return out;
}

int arena_output_hold(void)
{
    int held = 0;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held);
    return held;
}

void arena_output_let_go(int held)
{
    (void)pthread_setcancelstate(held, &held);
}

bool arena_output_add(FILE *out, const void *bytes, size_t size)
{
    errno = EBADF;
    return is_alone_still(out) && fwrite(bytes, 1, size, out) == size;
}

bool arena_output_close(FILE *out)
{
    if (is_alone_still(out))
        return close_file(out, true);
    errno = EBADF;
    return false;
}

#else

char *arena_output_name(const char *name)
{
    char *copy = malloc(strlen(name) + 1);
    return copy ? strcpy(copy, name) : NULL;
}

static bool is_there(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

bool arena_output_write(const char *name, bool (*write)(FILE *out, const void *context),
                        const void *context)
{
    char expanded[LONGEST_NAME];
    return expand_name(name, expanded) && write_as(expanded, write, context);
}

FILE *arena_output_open_alone(const char *name)
{
    char expanded[LONGEST_NAME];
    FILE *out = expand_name(name, expanded) ? fopen(expanded, "wb") : NULL;
    if (out)
        setbuf(out, NULL);
    return out;
}

int arena_output_hold(void)
{
    return 0;
}

void arena_output_let_go(int held)
{
    (void)held;
}

bool arena_output_add(FILE *out, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, out) == size;
}

bool arena_output_close(FILE *out)
{
    return close_file(out, true);
}

#endif

bool arena_output_can_open(const char *name)
{
    char expanded[LONGEST_NAME];
    if (!expand_name(name, expanded))
        return false;
    bool was_there = is_there(expanded);
    FILE *file = fopen(expanded, "ab");
    if (file)
        fclose(file); // with nothing in it that could be lost
    if (file && !was_there)
        remove(expanded);
    return file != NULL;
}

#endif
