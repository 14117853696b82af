// Pages by mmap.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // mremap, and what POSIX alone does not have
#endif

#include "arena/compiler.h"

#if ARENA_PAGES_POSIX

#include "pages.h"
#include "../core/atomics.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// What a system lacks is a request for nothing.
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifdef MADV_HUGEPAGE
#define ADVICE_HUGE MADV_HUGEPAGE
#else
#define ADVICE_HUGE MADV_NORMAL
#endif
#ifdef MADV_FREE
#define ADVICE_FREE MADV_FREE
#else
#define ADVICE_FREE MADV_DONTNEED // which gives up the contents at once, where it gives up any
#endif
#ifdef RLIMIT_AS
#define LIMIT_ADDRESSES RLIMIT_AS
#else
#define LIMIT_ADDRESSES RLIMIT_DATA
#endif
#ifdef __linux__
#define CAN_ZERO true // what MADV_DONTNEED gives up
#else
#define CAN_ZERO false
#endif

size_t arena_pages_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

// ----- A tool that looks for leaks -----

// As <sanitizer/lsan_interface.h> has it.
#if ARENA_HAS_WEAK
extern ARENA_WEAK void __lsan_register_root_region(const void *start, size_t size);
extern ARENA_WEAK void __lsan_unregister_root_region(const void *start, size_t size);

bool arena_pages_are_unseen(void)
{
    return __lsan_register_root_region != NULL;
}

static void *have_searched(void *pages, size_t size)
{
    if (pages && arena_pages_are_unseen())
        __lsan_register_root_region(pages, size);
    return pages;
}

static void end_search(const void *pages, size_t size)
{
    if (arena_pages_are_unseen())
        __lsan_unregister_root_region(pages, size);
}
#else
bool arena_pages_are_unseen(void)
{
    return false;
}

static void *have_searched(void *pages, size_t size)
{
    (void)size;
    return pages;
}

static void end_search(const void *pages, size_t size)
{
    (void)pages;
    (void)size;
}
#endif

// ----- Mappings -----

static void *map(void *where, size_t size, int protection, int flags)
{
    flags |= MAP_PRIVATE | MAP_ANONYMOUS;
    void *pages = mmap(where, size, protection, flags, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

// Maps from a multiple of a huge page on, where one fits, by mapping more and cutting both ends
// off.
static void *map_aligned(size_t size, int protection, int flags)
{
    unsigned char *pages = map(NULL, size, protection, flags);
    if (!pages || size < ARENA_HUGE_PAGE || (uintptr_t)pages % ARENA_HUGE_PAGE == 0)
        return pages;

    munmap(pages, size);
    pages = map(NULL, size + ARENA_HUGE_PAGE, protection, flags);
    if (!pages)
        return map(NULL, size, protection, flags);
    size_t before = (size_t)(-(uintptr_t)pages & (ARENA_HUGE_PAGE - 1));
    if (before > 0)
        munmap(pages, before);
    munmap(pages + before + size, ARENA_HUGE_PAGE - before);
    return pages + before;
}

// The system puts a huge page only where it fits whole into the mapping, so an end never takes more
// than it needs; and where it refuses, small pages serve. The whole mapping gets one advice,
// because mremap does not move what is in two minds.
static void *prefer_huge(void *pages, size_t size)
{
    if (pages && size >= ARENA_HUGE_PAGE)
        madvise(pages, size, ADVICE_HUGE);
    return pages;
}

void *arena_pages_map(size_t size)
{
    return prefer_huge(map_aligned(size, PROT_READ | PROT_WRITE, 0), size);
}

// These two serve calls that cannot fail, such as arena_destroy, which have no business with errno.
void arena_pages_unmap(void *pages, size_t size)
{
    int error = errno;
    end_search(pages, size);
    munmap(pages, size);
    errno = error;
}

bool arena_pages_discard(void *pages, size_t size)
{
    int error = errno;
    bool discarded = madvise(pages, size, ADVICE_FREE) == 0; // not so if they are locked in memory
    errno = error;
    return discarded;
}

void *arena_pages_reserve(size_t size, bool huge)
{
    void *pages = huge ? prefer_huge(map_aligned(size, PROT_NONE, MAP_NORESERVE), size)
                       : map(NULL, size, PROT_NONE, MAP_NORESERVE);
    return have_searched(pages, size);
}

bool arena_pages_commit(void *pages, size_t size)
{
    return mprotect(pages, size, PROT_READ | PROT_WRITE) == 0;
}

// Where the process has no mapping left, so that none can be cut: the contents go first, and for that
// the system has to be one where they come back as zero.
static bool close_mapped(void *pages, size_t size)
{
    return CAN_ZERO && madvise(pages, size, MADV_DONTNEED) == 0 &&
           mprotect(pages, size, PROT_NONE) == 0;
}

bool arena_pages_decommit(void *pages, size_t size, bool huge)
{
    // Mapping anew drops the contents and the protection in one step.
    if (!map(pages, size, PROT_NONE, MAP_FIXED | MAP_NORESERVE))
        return close_mapped(pages, size);
    if (huge)
        prefer_huge(pages, size);
    return true;
}

// Bytes of addresses that the process has; 0 where the system does not tell.
static size_t address_bytes(void)
{
    char text[32] = "";
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    return length > 0 ? (size_t)strtoull(text, NULL, 10) * arena_pages_size() : 0;
}

size_t arena_pages_room(void)
{
    struct rlimit limit;
    if (getrlimit(LIMIT_ADDRESSES, &limit) != 0 || limit.rlim_cur >= SIZE_MAX)
        return SIZE_MAX;
    size_t most = (size_t)limit.rlim_cur;
    size_t used = address_bytes();
    return used < most ? most - used : 0;
}

bool arena_pages_at_fork(void (*call)(void))
{
    return pthread_atfork(NULL, NULL, call) == 0;
}

void arena_pages_around_fork(void (*before)(void), void (*after)(void))
{
    pthread_atfork(before, after, after);
}

// The value of the key is what has to be called; a destructor runs only where a value was set.
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end_key;
// The process may end while a thread makes it. An int: exchanging a byte is a call of another library
// with some compilers for RISC-V.
static atomic_int has_thread_end_key;

static void run_at_thread_end(void *call)
{
    ((void (*)(void))(uintptr_t)call)();
}

static void make_thread_end_key(void)
{
    bool made = pthread_key_create(&thread_end_key, run_at_thread_end) == 0;
    atomic_store(&has_thread_end_key, made);
}

// Threads that end after the library was unloaded must not call what is gone; what they kept is lost.
// Others may be running still, if it is the process that ends.
static ARENA_AT_UNLOAD void delete_thread_end_key(void)
{
    if (atomic_exchange(&has_thread_end_key, false))
        pthread_key_delete(thread_end_key);
}

bool arena_pages_at_thread_end(void (*call)(void))
{
    pthread_once(&thread_end_once, make_thread_end_key);
    return atomic_load(&has_thread_end_key) &&
           pthread_setspecific(thread_end_key, (void *)(uintptr_t)call) == 0;
}

#ifdef MREMAP_MAYMOVE

// MemorySanitizer does not hear of mremap: what it knew of the addresses before would go on.
#if ARENA_HAS_WEAK
extern ARENA_WEAK void __msan_unpoison(const volatile void *start,
                                       size_t size); // as its header has it

static void tell_of_move(const void *pages, size_t size)
{
    if (__msan_unpoison)
        __msan_unpoison(pages, size);
}
#else
static void tell_of_move(const void *pages, size_t size)
{
    (void)pages;
    (void)size;
}
#endif

// The system chooses the place: naming one would need a reservation, which could not be given back
// safely if the move failed, because it may be gone by then and somebody else's.
void *arena_pages_remap(void *pages, size_t old_size, size_t new_size)
{
    void *moved = mremap(pages, old_size, new_size, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return NULL;
    tell_of_move(moved, new_size);
    return prefer_huge(moved, new_size);
}

#else

void *arena_pages_remap(void *pages, size_t old_size, size_t new_size)
{
    (void)pages;
    (void)old_size;
    (void)new_size;
    return NULL;
}

#endif

#endif
