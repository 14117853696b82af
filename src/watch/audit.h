// Pointers that outlive what they point to: ARENA_OPTIONS=check=audit.

#ifndef ARENA_WATCH_AUDIT_H
#define ARENA_WATCH_AUDIT_H

#include "ledger.h"

// Whether any of this happens; decided before the first ledger is made.
extern bool arena_audits;

void arena_audit_from_now(void);

// Objects of the ledger that are newer than the epoch are about to be dropped; with 0 for that, all, and
// those of ledgers that it has adopted. Reports what still points there; `here` is where that happens.
void arena_audit_taken_back(Ledger *ledger, uint64_t epoch, const char *how, Stack here);

// Memory is about to be an object's. What lay there before, and looks like a pointer, is none.
void arena_audit_clear(void *start, size_t size);

#endif
