// Accesses to inaccessible pages, by the signals that tell of them.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // sigaction under -std=c11
#endif

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX && !ARENA_UNWATCHED

#include "fault.h"
#include "report.h"

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

// The stack of whoever handles a signal may be small.
static void report_access(const Guarded *guarded, const void *address, const ucontext_t *context)
{
    static Report report;
    static atomic_flag reported = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&reported))
        return;
    arena_report_add(&report, "arena: somebody used %s\n",
                     guarded->is_live ? "memory beyond an object" : "memory that was taken back");
    arena_report_add_guarded(&report, guarded, address);
    arena_report_add(&report, "  used at\n");
    arena_report_add_stack_from(&report, arena_stack_here(STACK_USUAL), FAULT_PC(context));
    arena_report_print(&report);
}

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
        report_access(guarded, info->si_addr, context);
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
