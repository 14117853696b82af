// What the checker and the guard have reported, for tests that look at it: arena_on_report(keep_report, NULL).

#ifndef ARENA_TESTS_REPORTS_H
#define ARENA_TESTS_REPORTS_H

#include <stddef.h>
#include <stdio.h>

// The last report, and how many there were.
static char message[8192];
static size_t reports;

static inline void keep_report(const char *text, void *context)
{
    (void)context;
    snprintf(message, sizeof message, "%s", text);
    reports++;
}

static inline void forget_reports(void)
{
    reports = 0;
    message[0] = 0;
}

#endif
