// Accesses to inaccessible pages, by the signals that tell of them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction under -std=c11
#endif

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX && !ARENA_UNWATCHED

#include "fault.h"
#include "report.h"
#include "tags.h"
#include "../core/atomics.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

// The instruction at which a handler was called, where it is known how to ask.
#if defined(__linux__) && defined(__x86_64__)
#define FAULT_PC(context) ((const void *)(context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__linux__) && defined(__aarch64__)
#define FAULT_PC(context) ((const void *)(context)->uc_mcontext.pc)
#else
#define FAULT_PC(context) ((void)(context), (const void *)NULL)
#endif

// Linux has SIGSEGV for pages without access, others SIGBUS.
static const int signals[] = {SIGSEGV, SIGBUS};
enum { SIGNALS = 2 };
static struct sigaction actions_before[SIGNALS];

static struct sigaction *action_before(int number)
{
    return number == signals[0] ? &actions_before[0] : &actions_before[1];
}

// ----- The report, of which there is one -----

// The thread that makes it, by an address that no other has; or that of `finished`, once it is.
static int finished;
static ARENA_ATOMIC(int *) reporter;

static bool is_made_elsewhere(void)
{
    const int *who = atomic_load(&reporter);
    return who && who != &finished && who != &errno;
}

// Who comes later would end the process before the report is out. It may never be, so there is a bound.
static void wait_for_report(void)
{
    enum { PAUSE_MILLISECONDS = 10, MOST_PAUSES = 300 };
    for (int i = 0; i < MOST_PAUSES && is_made_elsewhere(); i++)
        poll(NULL, 0, PAUSE_MILLISECONDS);
}

static bool claim_report(void)
{
    int *nobody = NULL;
    return atomic_compare_exchange_strong(&reporter, &nobody, &errno);
}

// Bytes that are left of the alternate stack, if this is one.
static size_t room_on_stack(void)
{
    stack_t stack = {.ss_flags = 0};
    sigaltstack(NULL, &stack);
    if (!(stack.ss_flags & SS_ONSTACK))
        return SIZE_MAX;
    return (size_t)((unsigned char *)&stack - (unsigned char *)stack.ss_sp);
}

// On a stack that is too small for more.
static void report_briefly(void)
{
    static const char text[] =
        "arena: somebody used memory that was taken back, or that is beyond an "
        "object; the alternate stack is too small to say more\n";
    size_t written = 0;
    ssize_t more = 1;
    while (more > 0 && written < sizeof text - 1) {
        more = write(STDERR_FILENO, text + written, sizeof text - 1 - written);
        written += more > 0 ? (size_t)more : 0;
    }
}

// Of what the checker knows, where the guard has nothing; false, and nothing was added, if it does not. With
// memory tags, also of what is around objects.
static bool add_known(Report *report, const Guarded *guarded, const void *address)
{
    bool is_tagged = !guarded && arena_tags_are_used();
    const char *what = guarded && guarded->is_live ? "memory beyond an object"
                       : is_tagged                 ? "memory that is no object"
                                                   : "memory that was taken back";
    arena_report_add(report, "arena: somebody used %s\n", what);
    bool known = guarded || is_tagged ? arena_report_add_address(report, address)
                                      : arena_report_add_gone_at(report, address);
    if (!known)
        report->length = 0;
    return known;
}

// What is long is not on the stack.
static bool report_fully(const Guarded *guarded, const void *address, const ucontext_t *context)
{
    static Report report;
    if (!add_known(&report, guarded, address))
        return false;
    arena_report_add(&report, "  used at\n");
    arena_report_add_stack_from(&report, arena_stack_here(STACK_USUAL), FAULT_PC(context));
    arena_report_print(&report);
    return true;
}

// Names of functions take the most stack, up to 4,400 bytes. Of an address that nobody knows there is no
// report, and another thread may make one.
static void report_access(const Guarded *guarded, const void *address, const ucontext_t *context)
{
    enum { ROOM_FOR_REPORT = 4800 };
    bool has_room = room_on_stack() >= ROOM_FOR_REPORT;
    bool is_made = has_room ? report_fully(guarded, address, context) : guarded != NULL;
    if (!has_room && guarded)
        report_briefly();
    atomic_store(&reporter, is_made ? &finished : NULL);
}

// ----- The signals -----

static atomic_bool asks_checker;

// As if this handler had never been: the instruction faults again when it returns, with another action;
// and what somebody has sent, is sent once more.
static void stand_aside(int number, const siginfo_t *info)
{
    sigaction(number, action_before(number), NULL);
    if (info->si_code <= 0)
        raise(number);
}

static bool calls_function(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

// As the system would: the mask and the stack are as they were asked for, since ours are the same.
static void call_before(int number, siginfo_t *info, void *context)
{
    struct sigaction *action = action_before(number);
    void (*detailed)(int, siginfo_t *, void *) = action->sa_sigaction;
    void (*plain)(int) = action->sa_handler;
    if (action->sa_flags & (int)SA_RESETHAND)
        action->sa_handler = SIG_DFL;
    if (action->sa_flags & SA_SIGINFO)
        detailed(number, info, context);
    else
        plain(number);
}

// Whoever handled it before may want to come back, and handle others.
static void pass_on(int number, siginfo_t *info, void *context)
{
    if (calls_function(action_before(number)))
        call_before(number, info, context);
    else if (info->si_code > 0 || action_before(number)->sa_handler == SIG_DFL)
        stand_aside(number, info);
}

static void handle(int number, siginfo_t *info, void *context)
{
    const Guarded *guarded = info->si_code > 0 ? arena_guard_find(info->si_addr) : NULL;
    bool may_be_ours = guarded || (info->si_code > 0 && atomic_load(&asks_checker));
    if (may_be_ours && claim_report())
        report_access(guarded, info->si_addr, context);
    if (may_be_ours)
        wait_for_report();
    pass_on(number, info, context);
}

// With the mask and the flags of the action before, so that this one is no other to whoever it calls.
static void install(int number)
{
    struct sigaction *before = action_before(number);
    struct sigaction action = {.sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(number, NULL, before);
    if (calls_function(before))
        action = *before;
    action.sa_flags = (action.sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
    action.sa_sigaction = handle;
    sigaction(number, &action, NULL);
}

static bool is_installed(int number)
{
    struct sigaction now = {.sa_handler = SIG_DFL};
    sigaction(number, NULL, &now);
    return now.sa_sigaction == handle;
}

// A function that is called for the first time may be looked for by the loader then, which takes more
// stack than a handler has.
static void have_loader_ready(void)
{
    int error = errno;
    poll(NULL, 0, 0);
    (void)room_on_stack();
    ssize_t none = write(-1, "", 0);
    (void)none;
    errno = error;
}

void arena_fault_begin(void)
{
    static atomic_flag has_begun = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&has_begun))
        return;
    have_loader_ready();
    for (size_t i = 0; i < SIGNALS; i++)
        install(signals[i]);
}

void arena_fault_begin_checked(void)
{
    atomic_store(&asks_checker, true);
    arena_fault_begin();
}

// The host of a plugin goes on without it.
static ARENA_AT_UNLOAD void end_faults(void)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (is_installed(signals[i]))
            sigaction(signals[i], action_before(signals[i]), NULL);
}

#endif
