#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "refusals.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    atomic_size_t calls;
    size_t at;
    bool and_on;
    void (*function)(void);
} plans[REFUSABLE_COUNT];

static void plan(RefusableCall call, size_t at, bool and_on)
{
    plans[call].at = at;
    plans[call].and_on = and_on;
    atomic_store(&plans[call].calls, 0);
}

void refuse(RefusableCall call, size_t at)
{
    plan(call, at, false);
}

void refuse_from(RefusableCall call, size_t at)
{
    plan(call, at, true);
}

void stand_in(RefusableCall call, void (*function)(void))
{
    plans[call].function = function;
}

void refuse_nothing(void)
{
    for (int call = 0; call < REFUSABLE_COUNT; call++) {
        plan((RefusableCall)call, 0, false);
        stand_in((RefusableCall)call, NULL);
    }
}

size_t calls_of(RefusableCall call)
{
    return atomic_load(&plans[call].calls);
}

static bool is_refused(RefusableCall call)
{
    size_t number = atomic_fetch_add(&plans[call].calls, 1) + 1;
    size_t at = plans[call].at;
    return at != 0 && (number == at || (plans[call].and_on && number > at));
}

static int errno_is(int error)
{
    errno = error;
    return -1;
}

// Those that set errno, and those that return what went wrong.
#define WRAP(type, name, refused, parameters, arguments)                       \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        if (plans[CALL_##name].function)                                       \
            return ((type(*) parameters)plans[CALL_##name].function)arguments; \
        return is_refused(CALL_##name) ? (refused) : __real_##name arguments;  \
    }
#define NO_MEMORY ((void *)(uintptr_t)(errno_is(ENOMEM) + 1))

WRAP(void *, mmap, (errno_is(ENOMEM), MAP_FAILED),
     (void *pages, size_t size, int protection, int flags, int file, off_t offset),
     (pages, size, protection, flags, file, offset))
WRAP(int, mprotect, errno_is(ENOMEM), (void *pages, size_t size, int protection),
     (pages, size, protection))
WRAP(int, madvise, errno_is(EINVAL), (void *pages, size_t size, int advice), (pages, size, advice))
WRAP(int, getrlimit, errno_is(EINVAL), (__rlimit_resource_t resource, struct rlimit *limit),
     (resource, limit))
WRAP(int, getentropy, errno_is(ENOSYS), (void *bytes, size_t size), (bytes, size))
WRAP(ssize_t, read, errno_is(EIO), (int file, void *bytes, size_t size), (file, bytes, size))
WRAP(ssize_t, write, errno_is(ENOSPC), (int file, const void *bytes, size_t size),
     (file, bytes, size))
WRAP(int, fstat, errno_is(EIO), (int file, struct stat *status), (file, status))
WRAP(int, flock, errno_is(ENOLCK), (int file, int how), (file, how))
WRAP(int, ftruncate, errno_is(EIO), (int file, off_t size), (file, size))
WRAP(FILE *, fopen, (FILE *)NO_MEMORY, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fdopen, (FILE *)NO_MEMORY, (int file, const char *mode), (file, mode))
WRAP(int, fclose, (__real_fclose(file), errno_is(EDQUOT)), (FILE * file), (file))
WRAP(ssize_t, readlink, errno_is(ENOENT), (const char *path, char *target, size_t size),
     (path, target, size))
WRAP(char *, getcwd, (char *)NO_MEMORY, (char *place, size_t size), (place, size))
WRAP(int, backtrace, 0, (void **frames, int most), (frames, most))
WRAP(int, dl_iterate_phdr, 0, (int (*call)(struct dl_phdr_info *, size_t, void *), void *context),
     (call, context))
WRAP(int, dladdr, 0, (const void *address, Dl_info *info), (address, info))
WRAP(char *, secure_getenv, NULL, (const char *name), (name))
WRAP(int, sched_yield, errno_is(ENOSYS), (void), ())
WRAP(int, poll, errno_is(EINTR), (struct pollfd * files, nfds_t count, int timeout),
     (files, count, timeout))
WRAP(int, pthread_atfork, ENOMEM, (void (*before)(void), void (*parent)(void), void (*child)(void)),
     (before, parent, child))
WRAP(int, pthread_key_create, EAGAIN, (pthread_key_t * key, void (*call)(void *)), (key, call))
WRAP(int, pthread_setspecific, ENOMEM, (pthread_key_t key, const void *value), (key, value))

// ----- Memory, of which the address says whether it was moved on -----

enum { SHIFT = 8 };

static bool shifts;

void misalign(bool is_wanted)
{
    shifts = is_wanted;
}

static size_t shift_of(const void *object)
{
    return (uintptr_t)object & SHIFT;
}

void *__real_realloc(void *object, size_t size);
void *__wrap_realloc(void *object, size_t size);
void *__wrap_realloc(void *object, size_t size)
{
    if (plans[CALL_realloc].function)
        return ((void *(*)(void *, size_t))plans[CALL_realloc].function)(object, size);
    if (is_refused(CALL_realloc))
        return NO_MEMORY;
    size_t before = shift_of(object), after = shifts ? SHIFT : 0;
    char *memory = __real_realloc(object ? (char *)object - before : NULL, size + SHIFT);
    return memory ? memmove(memory + after, memory + before, size) : NULL;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (plans[CALL_malloc].function)
        return ((void *(*)(size_t))plans[CALL_malloc].function)(size);
    if (is_refused(CALL_malloc))
        return NO_MEMORY;
    char *memory = __real_malloc(shifts ? size + SHIFT : size);
    return memory && shifts ? memory + SHIFT : memory;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    if (plans[CALL_calloc].function)
        return ((void *(*)(size_t, size_t))plans[CALL_calloc].function)(count, size);
    if (is_refused(CALL_calloc))
        return NO_MEMORY;
    char *memory = shifts ? __real_calloc(1, count * size + SHIFT) : __real_calloc(count, size);
    return memory && shifts ? memory + SHIFT : memory;
}

void __real_free(void *object);
void __wrap_free(void *object);
void __wrap_free(void *object)
{
    __real_free(object ? (char *)object - shift_of(object) : NULL);
}

// ----- What takes all its arguments only with some flags -----

void *__real_mremap(void *pages, size_t old_size, size_t new_size, int flags, void *to);
void *__wrap_mremap(void *pages, size_t old_size, size_t new_size, int flags, ...);
void *__wrap_mremap(void *pages, size_t old_size, size_t new_size, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
    va_end(more);
    if (is_refused(CALL_mremap)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return __real_mremap(pages, old_size, new_size, flags, to);
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return is_refused(CALL_open) ? errno_is(EMFILE) : __real_open(path, flags, mode);
}
