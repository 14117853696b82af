// The switches and the figures of the fake pages layer, which stands where the system's would:
// pages come from malloc, calls fail when they are told to, and every call is checked against the
// contract in src/memory/pages.h.

#ifndef ARENA_TESTS_FAKE_PAGES_H
#define ARENA_TESTS_FAKE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { FAKE_PAGE = 4096 };

typedef enum FakeCall {
    FAKE_MAP,
    FAKE_REMAP,
    FAKE_RESERVE,
    FAKE_COMMIT,
    FAKE_DECOMMIT,
    FAKE_CALLS
} FakeCall;

typedef struct FakePages {
    size_t fail_at[FAKE_CALLS]; // the call with this number fails, the first one being 1
    bool fail_on[FAKE_CALLS];   // and so does every later one
    bool refuse[FAKE_CALLS];    // every call fails

    bool no_discard;          // the contents cannot be given up
    bool discard_keeps;       // discarded pages keep their contents; else every second is zero
    bool huge_aligned;        // large mappings start at a multiple of a huge page
    void (*at_discard)(void); // called by the next discard, as another thread might come between

    size_t calls[FAKE_CALLS];
    size_t discards, unmaps, decommits;
    size_t live_ranges;    // mapped or reserved, and not unmapped
    size_t mapped_bytes;   // of mappings
    size_t committed;      // bytes committed in reservations
    size_t mistakes;       // calls against the contract
    const char *mistake;   // the first one
    void (*at_fork)(void); // as registered
    size_t at_forks;
    void (*at_thread_end)(void); // as registered
    size_t thread_ends;          // how often
    bool no_at_fork;             // the system does not tell children that they were forked
    bool no_thread_end;          // the system does not tell when threads end
} FakePages;

extern FakePages fake_pages;

// Switches everything off and counts from 0 again; what is mapped stays.
void fake_pages_restart(void);

#endif
