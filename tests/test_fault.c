// What happens when a guarded page is touched, and who else hears of it. A program without cmocka, which
// handles faults itself.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction, sigaltstack and MAP_ANONYMOUS
#endif

#include "support/guard.h"
#include "support/memory.h"
#include "support/reports.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

// NO_GUARD is what guard_is_here says; FAULT stands for the two signals.
enum { NO_GUARD = 77, FAULT = 128 };

// What it ended with.
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
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS ? FAULT : WTERMSIG(status);
}

static void check_end(void (*program)(void), int expected, const char *claim)
{
    int status = status_of(program);
    check(status == expected || status == NO_GUARD, claim);
}

static void begin_guard_here(void)
{
    if (!guard_is_here())
        _exit(NO_GUARD);
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
    check(status == NO_GUARD || status == FAULT, "faults of many threads end the process");
    close(report_pipe[1]);
    check(status == NO_GUARD || (read(report_pipe[0], text, sizeof text) == 5 && text[4] == 'a'),
          "not before one of them is reported");
    close(report_pipe[0]);
}

static void fault_again(const char *text, void *context)
{
    (void)text;
    *(volatile unsigned char *)context = 1;
}

static void fault_in_the_report(void)
{
    handle_faults();
    begin_guard_here();
    arena_on_report(fault_again, make_stale_object());
    time_t begun = time(NULL);
    touch(make_stale_object(), 0);
    check(time(NULL) - begun < 2, "nobody waits for a report of its own");
    check(faults == 1, "a fault in a report is handled");
}

// ----- What the checker knows -----

// It is a large object's, which has memory of its own.
enum { LARGE = 5 << 20, AS_EXPECTED = 42 };

static void expect_large(const char *text, void *context)
{
    (void)context;
    bool holds = strstr(text, "somebody used memory that was taken back\n") &&
                 strstr(text, "is 4096 bytes into\n  5242880 bytes at") &&
                 strstr(text, "of arena \"large\", taken back by arena_rewind") &&
                 strstr(text, "  used at\n");
    _exit(holds ? AS_EXPECTED : 1);
}

static void use_large(void)
{
    setenv("ARENA_OPTIONS", "check", 1);
    arena_on_report(expect_large, NULL);
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "large"});
    ArenaMark mark = arena_mark(arena);
    unsigned char *object = hide_pointer(arena_alloc(arena, LARGE));
    arena_rewind(arena, mark);
    ((volatile unsigned char *)object)[4096] = 1;
}

static void handle_null_while_checked(void)
{
    setenv("ARENA_OPTIONS", "check", 1);
    handle_faults();
    arena_on_report(expect_large, NULL);
    arena_destroy(arena_create(0));
    if (sigsetjmp(away, 1) == 0)
        *(volatile unsigned char *)hide_pointer((void *)(uintptr_t)8) = 1;
    use_large();
}

static void check_checked(void)
{
    if (!blocks_are_mapped())
        return;
    check_end(use_large, AS_EXPECTED, "what went back to the system is known to the checker");
    check_end(handle_null_while_checked, AS_EXPECTED,
              "also after a fault of which it knows nothing");
}

// ----- Who handled faults before -----

static void use_null(void)
{
    *(volatile unsigned char *)hide_pointer((void *)(uintptr_t)8) = 1;
}

static void handle_with(void (*function)(int), int flags, int masked)
{
    struct sigaction action = {.sa_handler = function, .sa_flags = flags};
    if (masked)
        sigaddset(&action.sa_mask, masked);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static jmp_buf near;

static void leave_with_mask(int number)
{
    (void)number;
    longjmp(near, 1);
}

// Three times, because the mask is not put back.
static void fault_without_deferral(void)
{
    handle_with(leave_with_mask, SA_NODEFER, 0);
    begin_guard_here();
    for (volatile int i = 0; i < 3; i++)
        if (_setjmp(near) == 0)
            use_null();
    if (_setjmp(near) == 0)
        *(volatile unsigned char *)make_stale_object() = 1;
}

static void fault_once(void)
{
    handle_with(leave, (int)SA_RESETHAND, 0);
    begin_guard_here();
    if (sigsetjmp(away, 1) == 0)
        use_null();
    check(faults == 1, "a handler for one fault is called");
    use_null();
}

static void end_well_if_masked(int number)
{
    sigset_t now;
    (void)number;
    _exit(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1) ? 0 : 1);
}

static void fault_under_a_mask(void)
{
    handle_with(end_well_if_masked, 0, SIGUSR1);
    begin_guard_here();
    use_null();
}

static void be_ignored(void)
{
    handle_with(SIG_IGN, 0, 0);
    begin_guard_here();
    raise(SIGSEGV);
}

// Nor is that there for good, of which there is nobody to hear.
static void be_sent(void)
{
    begin_guard_here();
    raise(SIGSEGV);
}

static void end_well_if_detailed(int number, siginfo_t *info, void *context)
{
    (void)number;
    _exit(info->si_code > 0 && info->si_addr == (void *)(uintptr_t)8 && context ? 0 : 1);
}

static void fault_with_details(void)
{
    struct sigaction action = {.sa_sigaction = end_well_if_detailed, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    begin_guard_here();
    use_null();
}

static bool was_on_alternate;

static void leave_alternate(int number)
{
    stack_t now;
    was_on_alternate = sigaltstack(NULL, &now) == 0 && now.ss_flags & SS_ONSTACK;
    leave(number);
}

// Above a page that nobody may use.
static void use_alternate_stack(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *start =
        mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(start != MAP_FAILED && mprotect(start, page, PROT_NONE) == 0, "there is memory");
    stack_t stack = {.ss_sp = start + page, .ss_size = size};
    check(sigaltstack(&stack, NULL) == 0, "which can be a stack");
}

// The first fault is for the loader, which finds functions when they are called.
static void fault_with_alternate_stack(size_t size, int flags)
{
    handle_with(leave_alternate, 0, 0);
    touch((unsigned char *)8, 0);
    use_alternate_stack(size);
    handle_with(leave_alternate, flags, 0);
    begin_guard_here();
    touch((unsigned char *)8, 0);
    check(faults == 2 && was_on_alternate == (flags != 0), "a handler has the stack that it wants");
    touch(make_stale_object(), 0);
    check(faults == 3 && was_on_alternate == (flags != 0), "also after a report");
}

static void fault_beside_an_alternate_stack(void)
{
    fault_with_alternate_stack(1 << 16, 0);
}

static void fault_on_an_alternate_stack(void)
{
    fault_with_alternate_stack(1 << 16, SA_ONSTACK);
}

// What the system itself saves there is not much less.
static void fault_on_a_small_stack(void)
{
#ifdef _SC_MINSIGSTKSZ
    fault_with_alternate_stack((size_t)sysconf(_SC_MINSIGSTKSZ) + 1024, SA_ONSTACK);
#else
    fault_with_alternate_stack(1 << 14, SA_ONSTACK);
#endif
}

// Where what would be said cannot be, the fault is passed on all the same.
static void fault_on_a_small_stack_without_a_word(void)
{
    close(STDERR_FILENO);
    fault_on_a_small_stack();
}

static void fault_on_a_small_stack_while_checked(void)
{
    setenv("ARENA_OPTIONS", "check", 1);
    fault_on_a_small_stack();
}

static void check_handlers(void)
{
    check_end(fault_in_the_report, 0, "a fault in a report is passed on");
    check_end(fault_without_deferral, 0, "a handler without deferral is called again");
    check_end(fault_once, FAULT, "a handler for one fault is gone then");
    check_end(fault_under_a_mask, 0, "a handler has what it wants blocked");
    check_end(be_ignored, 0, "what is ignored and was sent is ignored");
    check_end(be_sent, FAULT, "what was sent ends the process where nobody handles it");
    check_end(fault_with_details, 0, "a handler that wants to know more does");
    check_end(fault_beside_an_alternate_stack, 0, "a handler stays on the stack");
    check_end(fault_on_an_alternate_stack, 0, "or has one of its own");
    check_end(fault_on_a_small_stack, 0, "which may be small");
    check_end(fault_on_a_small_stack_without_a_word, 0, "and nobody be told");
    check_end(fault_on_a_small_stack_while_checked, 0, "of what nobody knows");
}

int main(void)
{
    check_checked();
    check_threads();
    check_handlers();
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
