// What the checker says.

#ifndef ARENA_REPORT_H
#define ARENA_REPORT_H

#include "ledger.h"

typedef struct Report {
    size_t length;
    char text[8192];
} Report;

// Adds to it what fits.
void arena_report_add(Report *report, const char *format, ...) ARENA_PRINTF(2, 3);
void arena_report_add_stack(Report *report, Stack stack);

// Where the program has called the library; NULL if the functions of that have no names.
void *arena_report_place(Stack stack);

// "48 bytes of arena "ast", made at ..."
void arena_report_add_object(Report *report, const Ledger *ledger, const Object *object);
void arena_report_add_gone(Report *report, const Ledger *ledger, const Gone *gone);
void arena_report_add_arena(Report *report, const Ledger *ledger);

// What is at an address. False, and nothing was added, if nobody knows.
bool arena_report_add_address(Report *report, const void *address);

// Has it handled: a message on stderr and the end of the process, or what arena_on_report has set.
void arena_report_send(const Report *report);

// The same, but that the process goes on.
void arena_report_note(const Report *report);

#endif
