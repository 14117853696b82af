// What the checker says.

#ifndef ARENA_REPORT_H
#define ARENA_REPORT_H

#include "guard.h"
#include "ledger.h"

typedef struct Report {
    size_t length;
    char text[8192];
} Report;

// Adds to it what fits.
void arena_report_add(Report *report, const char *format, ...) ARENA_PRINTF(2, 3);
void arena_report_add_stack(Report *report, Stack stack);

// That of a handler, without what is above the instruction that it was called at.
void arena_report_add_stack_from(Report *report, Stack stack, const void *innermost);

// Which frame of a stack is the first that is not the library's.
size_t arena_report_first(void *const *frames, size_t count);

// Where the program has called the library; NULL if the functions of that have no names.
void *arena_report_place(Stack stack);

// "ADDRESS is 8 bytes into", before what is there.
void arena_report_add_offset(Report *report, const unsigned char *address,
                             const unsigned char *start, size_t size);

// "48 bytes of arena "ast", made at ..."
void arena_report_add_object(Report *report, const Ledger *ledger, const Object *object);
void arena_report_add_gone(Report *report, const Ledger *ledger, const Gone *gone);
void arena_report_add_arena(Report *report, const Ledger *ledger);

// What is at an address. False, and nothing was added, if nobody knows.
bool arena_report_add_address(Report *report, const void *address);

// The same, if it is of an object that was taken back.
bool arena_report_add_gone_at(Report *report, const void *address);

// "16 bytes before", as above, for what the guard knows; and a report of that, which begins with what
// happened.
void arena_report_add_guarded(Report *report, const Guarded *guarded, const void *address);
void arena_report_guarded(const Guarded *guarded, const void *address, const char *what);

// Prints it on stderr, or has it handled by what arena_on_report has set; then false. And the same,
// with the end of the process where it was printed.
bool arena_report_print(const Report *report);
void arena_report_send(const Report *report);

#endif
