// What the library asks of the system and of the C library, which refuse it when a test says so: the
// linker puts these functions in the place of theirs (--wrap).

#ifndef ARENA_TESTS_REFUSALS_H
#define ARENA_TESTS_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>

// The build reads the names here. free is there for what malloc does.
#define REFUSABLE_CALLS(CALL) \
    CALL(malloc)              \
    CALL(calloc)              \
    CALL(realloc)             \
    CALL(mmap)                \
    CALL(mremap)              \
    CALL(mprotect)            \
    CALL(madvise)             \
    CALL(getrlimit)           \
    CALL(getentropy)          \
    CALL(open)                \
    CALL(read)                \
    CALL(write)               \
    CALL(fstat)               \
    CALL(flock)               \
    CALL(ftruncate)           \
    CALL(fopen)               \
    CALL(fdopen)              \
    CALL(fclose)              \
    CALL(readlink)            \
    CALL(getcwd)              \
    CALL(backtrace)           \
    CALL(dladdr)              \
    CALL(dl_iterate_phdr)     \
    CALL(secure_getenv)       \
    CALL(sched_yield)         \
    CALL(poll)                \
    CALL(pthread_atfork)      \
    CALL(pthread_key_create)  \
    CALL(pthread_setspecific) \
    CALL(free)

#define CALL_OF(name) CALL_##name,
typedef enum RefusableCall { REFUSABLE_CALLS(CALL_OF) REFUSABLE_COUNT } RefusableCall;
#undef CALL_OF

// Has the call with this number fail, the first one from now on being 1; 0: none.
void refuse(RefusableCall call, size_t at);

// Has that one and all after it fail.
void refuse_from(RefusableCall call, size_t at);

// Has another function, which has to be of the same type, be called in its place; NULL: none.
void stand_in(RefusableCall call, void (*function)(void));

// Has all succeed again that can, with nobody in their place.
void refuse_nothing(void);

// Has malloc and its kin give memory that is a multiple of 8, and not of 16, or as it was again.
void misalign(bool is_wanted);

// Calls since the last time that one of these said what to do with it, the refused ones included.
size_t calls_of(RefusableCall call);

#endif
