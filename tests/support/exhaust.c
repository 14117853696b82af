// The address space is bounded to little more than what there is, and malloc'd until nothing is left.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // fork, and rlimits
#endif

#include "exhaust.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile newest;

// Valgrind brings a library of its own along.
bool memory_can_be_exhausted(void)
{
    const char *libraries = getenv("LD_PRELOAD");
    return !libraries || !strstr(libraries, "vgpreload");
}

bool exhaust_memory(void)
{
    if (setrlimit(RLIMIT_AS, &(struct rlimit){1, 1}) != 0)
        return false;
    // Of small sizes there may be freed pieces that serve no other one.
    enum { SMALL = 2048, STEP = 8 };
    for (size_t size = (size_t)1 << 20; size > 0; size = size > SMALL ? size / 2 : size - STEP) {
        do
            newest = malloc(size);
        while (newest);
    }
    return true;
}

bool child_succeeds(bool (*work)(void))
{
    pid_t child = fork();
    if (child == 0)
        _exit(work() ? 0 : 1);
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
