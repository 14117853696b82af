// What happens when a guarded page is touched, and who else hears of it. A program without cmocka, which
// handles faults itself.

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L // sigaction
#endif

#include "support/guard.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char message[8192];
static size_t reports;

static void keep_report(const char *text, void *context)
{
    (void)context;
    snprintf(message, sizeof message, "%s", text);
    reports++;
}

static sigjmp_buf away;
static volatile sig_atomic_t faults;

static void leave(int number)
{
    (void)number;
    faults++;
    siglongjmp(away, 1);
}

static void handle_faults(void)
{
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static void touch(unsigned char *bytes, ptrdiff_t offset)
{
    if (sigsetjmp(away, 1) == 0)
        ((volatile unsigned char *)hide_pointer(bytes))[offset] ^= 0x55;
}

static void check(bool holds, const char *claim)
{
    if (holds)
        return;
    printf("failed: %s\n%zu faults, %zu reports, the last one:\n%s", claim, (size_t)faults, reports,
           message);
    exit(1);
}

// ----- In processes of their own, in which there is no guard yet -----

// What it ended with: a number of less than 128, or that of a signal and 128.
static int status_of(void (*program)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        program();
        _exit(0);
    }
    check(child > 0 && waitpid(child, &status, 0) == child, "a process can be forked");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void begin_guard_here(void)
{
    if (!guard_is_here())
        _exit(0);
}

static unsigned char *make_stale_object(void)
{
    Arena *arena = arena_create(0);
    check(arena && arena_watch(arena, arena_guard()), "an arena is watched");
    unsigned char *object = hide_pointer(arena_alloc(arena, 32));
    arena_destroy(arena);
    return object;
}

enum { THREADS = 8 };
static pthread_barrier_t all_there;
static int report_pipe[2];

static void *use_together(void *object)
{
    pthread_barrier_wait(&all_there);
    *(volatile unsigned char *)object = 1;
    return NULL;
}

static void report_slowly(const char *text, void *context)
{
    (void)context;
    poll(NULL, 0, 200);
    check(write(report_pipe[1], text, 5) == 5, "the report can be written");
}

static void fault_in_many_threads(void)
{
    pthread_t threads[THREADS];
    begin_guard_here();
    arena_on_report(report_slowly, NULL);
    pthread_barrier_init(&all_there, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use_together, make_stale_object());
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void check_threads(void)
{
    char text[16] = "";
    check(pipe(report_pipe) == 0, "there is a pipe");
    int status = status_of(fault_in_many_threads);
    check(status == 0 || status == 128 + SIGSEGV || status == 128 + SIGBUS,
          "faults of many threads end the process");
    close(report_pipe[1]);
    check(status == 0 || (read(report_pipe[0], text, sizeof text) == 5 && text[4] == 'a'),
          "not before one of them is reported");
    close(report_pipe[0]);
}

int main(void)
{
    check_threads();
    handle_faults();
    if (!guard_is_here()) // which begins it, after the handlers above
        return 77;
    arena_on_report(keep_report, NULL);

    touch((unsigned char *)sysconf(_SC_PAGESIZE), 5);
    check(faults == 1 && reports == 0,
          "who handled faults before hears of what is not the guard's");

    Arena *arena = arena_create_with(&(ArenaOptions){.name = "touched"});
    check(arena && arena_watch(arena, arena_guard()), "an arena is watched");
    unsigned char *object = hide_pointer(arena_alloc(arena, 32));
    touch(object, 31);
    check(faults == 1 && reports == 0, "an object is not its guard page");
    touch(object, 32);
    check(faults == 2, "who handled faults before hears of what is the guard's");
    check(reports == 1 && strstr(message, "somebody used memory beyond an object"),
          "an access is reported");
    check(strstr(message, "is 0 bytes after the end of\n  32 bytes at"), "the object is named");
    check(strstr(message, "\"touched\"") && strstr(message, "used at"), "so is the arena");

    arena_destroy(arena);
    touch(object, 0);
    check(faults == 3 && reports == 1, "what was taken back faults; one report is made");
    return 0;
}
