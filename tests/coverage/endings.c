// How a program ends, by exit or not: what it has counted is written. Part of the library in
// builds that measure coverage.

#define _GNU_SOURCE

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

// Another compiler may link a program with the library; that is not counted. The same with the shared
// one is.
int __llvm_profile_write_file(void) __attribute__((weak));
void __llvm_profile_reset_counters(void) __attribute__((weak));
void __llvm_profile_initialize_file(void) __attribute__((weak));
void __sanitizer_set_death_callback(void (*call)(void)) __attribute__((weak));

// Adds to what other processes have written. What is written twice must not count twice.
static void write_counts(void)
{
    if (!__llvm_profile_write_file)
        return;
    __llvm_profile_write_file();
    __llvm_profile_reset_counters();
}

// Where this is, the runtime does nothing by itself. It would have exit write, which is before the library
// is told of the end.
extern int __llvm_profile_runtime;
int __llvm_profile_runtime = 0;

__attribute__((constructor(101))) static void begin_counts(void)
{
    if (__llvm_profile_initialize_file)
        __llvm_profile_initialize_file();
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(write_counts);
}

__attribute__((destructor(101))) static void end_counts(void)
{
    write_counts();
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void abort(void)
{
    write_counts();
    ((void (*)(void))next("abort"))();
    __builtin_unreachable();
}

void _exit(int status)
{
    write_counts();
    ((void (*)(int))next("_exit"))(status);
    __builtin_unreachable();
}

int raise(int number)
{
    write_counts();
    return ((int (*)(int))next("raise"))(number);
}

// Whoever sets the default action for a fault is about to have it happen.
int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    if (action && action->sa_handler == SIG_DFL)
        write_counts();
    return ((int (*)(int, const struct sigaction *, struct sigaction *))next("sigaction"))(
        number, action, before);
}
