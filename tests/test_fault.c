// What happens when a guarded page is touched, and who else hears of it. A program without cmocka, which
// handles faults itself.

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L // sigaction
#endif

#include "support/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
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
