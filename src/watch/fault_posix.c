// Accesses to inaccessible pages, by the signals that tell of them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction under -std=c11
#endif

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX && !ARENA_UNWATCHED

#include "fault.h"
#include "report.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

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

enum { NOT_BEGUN, CLAIMED, IN_WORK, MADE };
static atomic_int report_state = NOT_BEGUN;
static pthread_t reporter; // once it is in work

static bool is_made_elsewhere(void)
{
    int state = atomic_load(&report_state);
    return state == CLAIMED || (state == IN_WORK && !pthread_equal(reporter, pthread_self()));
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
    int expected = NOT_BEGUN;
    if (!atomic_compare_exchange_strong(&report_state, &expected, CLAIMED))
        return false;
    reporter = pthread_self();
    atomic_store(&report_state, IN_WORK);
    return true;
}

// The stack of whoever handles a signal may be small.
static void report_access(const Guarded *guarded, const void *address, const ucontext_t *context)
{
    static Report report;
    arena_report_add(&report, "arena: somebody used %s\n",
                     guarded->is_live ? "memory beyond an object" : "memory that was taken back");
    arena_report_add_guarded(&report, guarded, address);
    arena_report_add(&report, "  used at\n");
    arena_report_add_stack_from(&report, arena_stack_here(STACK_USUAL), FAULT_PC(context));
    arena_report_print(&report);
    atomic_store(&report_state, MADE);
}

// ----- The signals -----

// As if this handler had never been: the instruction faults again when it returns, with another action;
// and what somebody has sent, is sent once more.
static void stand_aside(int number, const siginfo_t *info)
{
    sigaction(number, action_before(number), NULL);
    if (info->si_code <= 0)
        raise(number);
}

// What is no object's is not ours, and whoever handles it may want to come back.
static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *action = action_before(number);
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(number, info, context);
    else if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN)
        stand_aside(number, info);
    else
        action->sa_handler(number);
}

static void handle(int number, siginfo_t *info, void *context)
{
    const Guarded *guarded = info->si_code > 0 ? arena_guard_find(info->si_addr) : NULL;
    if (guarded) {
        if (claim_report())
            report_access(guarded, info->si_addr, context);
        wait_for_report();
        stand_aside(number, info);
    } else {
        pass_on(number, info, context);
    }
}

void arena_fault_begin(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &actions_before[i]);
}

#endif
