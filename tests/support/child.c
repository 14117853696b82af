#ifndef _GNU_SOURCE
#define _GNU_SOURCE // fork
#endif

#include "child.h"

#include <sys/wait.h>
#include <unistd.h>

bool child_succeeds(bool (*work)(void))
{
    pid_t child = fork();
    if (child == 0)
        _exit(work() ? 0 : 1);
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
