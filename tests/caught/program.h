// What all programs with bugs share: accesses that no compiler sees through, and for those of the
// peers the command line.

#ifndef CAUGHT_PROGRAM_H
#define CAUGHT_PROGRAM_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Whether the program has its bug: false has it do the same without. The line with the bug ends with
// "// bug", by which run.sh knows it.
static bool wrong = true;

// A function that has a frame of its own in a stack, whatever calls it: who describes stacks at run time
// may know no inlined ones.
#define APART static __attribute__((noinline, unused))

// What the compiler must not see through: for all that it knows, anybody may have the pointer now.
static inline void *hide(void *pointer)
{
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

APART void write_at(void *object, ptrdiff_t offset)
{
    ((volatile char *)hide(object))[offset] ^= 0x55;
}

static volatile int sink;

APART void read_at(void *object, ptrdiff_t offset)
{
    if (((volatile const char *)hide(object))[offset] == 0x77)
        sink = 1;
}

// More than 32 bytes, fewer than 48.
static char long_string[] = "a string that is longer than its object";
static char short_string[] = "a string that fits";

APART void measure(void *string)
{
    sink = strlen((const char *)hide(string)) == 7;
}

APART void write_out(void *bytes, size_t size)
{
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere || write(fileno(nowhere), hide(bytes), size) != (ssize_t)size)
        exit(2);
    fclose(nowhere);
}

// Both threads are done one after the other, as it happens, but nobody sees to that.
static inline pthread_t start(void *(*run)(void *context), void *context)
{
    pthread_t thread;
    struct timespec moment = {0, 50000000};
    if (pthread_create(&thread, NULL, run, context) != 0)
        exit(2);
    nanosleep(&moment, NULL);
    return thread;
}

// In a thread, so that what it has forgotten is not found in some register or on the stack.
static inline void run_and_end(void *(*run)(void *context))
{
    pthread_join(start(run, NULL), NULL);
}

static inline void *write_object(void *object)
{
    write_at(object, 16); // bug of destroy_while_in_use
    return NULL;
}

static inline void announce(const char *name)
{
    puts(name);
    fflush(stdout);
}

// A peer lists its bugs as BUGS(_), with _(name, what to do) for each. Its program does what that of
// ../bugs.c does.
#define LIST_BUG(name, run) announce(#name);
#define RUN_BUG(name, run)              \
    if (strcmp(words[1], #name) == 0) { \
        run;                            \
        return 0;                       \
    }
#define RUN_RIGHT(name, run) \
    announce(#name);         \
    run;
#define PEER(BUGS)                              \
    int main(int count, char **words)           \
    {                                           \
        if (count != 2)                         \
            return 2;                           \
        if (strcmp(words[1], "--list") == 0) {  \
            BUGS(LIST_BUG)                      \
            return 0;                           \
        }                                       \
        if (strcmp(words[1], "--right") == 0) { \
            wrong = false;                      \
            BUGS(RUN_RIGHT)                     \
            return 0;                           \
        }                                       \
        BUGS(RUN_BUG)                           \
        return 2;                               \
    }

#endif
