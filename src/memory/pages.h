// What the system does with pages. Exactly one of pages_posix.c, pages_windows.c and pages_none.c
// is behind it; the tests put a fake there.
//
// Every address that crosses this seam is one that it gave, or a multiple of arena_pages_size()
// into it; every size is a multiple of arena_pages_size(), at least one page and at most
// PTRDIFF_MAX. Fresh pages are zero. A call that fails has changed nothing, but that a
// decommit may have lost the contents. Giving pages back, or their contents, leaves `errno` alone.

#ifndef ARENA_PAGES_H
#define ARENA_PAGES_H

#include <stdbool.h>
#include <stddef.h>

// Bytes in a huge page where the system has them; mappings of this size and more start at a
// multiple of it where that is of use.
#define ARENA_HUGE_PAGE ((size_t)2 << 20)

// Bytes in a page; a power of two.
size_t arena_pages_size(void);

// `size` in whole pages.
static inline size_t arena_whole_pages(size_t size)
{
    size_t page = arena_pages_size();
    return (size + page - 1) & ~(page - 1);
}

// Pages that can be read and written, huge ones where the system grants them; or NULL.
void *arena_pages_map(size_t size);

// Gives mapped pages a new size, contents included, without a copy; NULL if the system cannot. They
// may move when they become more, and stay when they become fewer.
void *arena_pages_remap(void *pages, size_t old_size, size_t new_size);

// Gives pages back: all of what was mapped, remapped or reserved.
void arena_pages_unmap(void *pages, size_t size);

// The contents are not needed any more: the system may take the memory until the pages are written
// again. What is read before is the old contents or zero. False: the system cannot take it.
bool arena_pages_discard(void *pages, size_t size);

// Addresses without memory behind them; or NULL. Where `huge`, they get huge pages if the system grants
// them. Where not, parts that are not committed stay one mapping: systems bound the number of these.
void *arena_pages_reserve(size_t size, bool huge);

// Puts memory behind a part of a reservation, or takes it away again; what is committed anew is
// zero. `huge` is as it was for the reservation.
bool arena_pages_commit(void *pages, size_t size);
bool arena_pages_decommit(void *pages, size_t size, bool huge);

// Bytes of addresses that the process may still reserve, about: SIZE_MAX if nobody bounds them, 0 if a
// reservation is memory.
size_t arena_pages_room(void);

// Whether a tool is there that looks for leaks. In what malloc gives it finds leaks, and pointers to what is
// none; in pages that are mapped neither, and in those that are reserved it finds pointers.
bool arena_pages_are_unseen(void);

// Has `call` run in each child process that is forked from now on, once more for each time that this
// was asked for. False: it will not run.
bool arena_pages_at_fork(void (*call)(void));

// Has `before` run before each fork, by the thread that forks, and `after` in either process after it, if
// there is memory to note them.
void arena_pages_around_fork(void (*before)(void), void (*after)(void));

// Has `call`, which is the same for all threads, run by the calling thread when it ends. False: the
// system does not tell.
bool arena_pages_at_thread_end(void (*call)(void));

#endif
