// Which compiler and system this is. Every question is asked here, and every answer is always
// defined.

#ifndef ARENA_COMPILER_H
#define ARENA_COMPILER_H

#include <stddef.h>

// A prover (Frama-C defines __FRAMAC__) reads C without a compiler's extensions.
#if defined(__cplusplus)
#if __cplusplus < 201103L && !defined(_MSC_VER)
#error "arena needs C11, or C++11"
#endif
#elif !defined(__FRAMAC__)
#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 201112L
#error "arena needs C11, or C++11"
#endif
#ifdef __GNUC_GNU_INLINE__
#error "arena needs the inline functions of C99: no -fgnu89-inline"
#endif
#endif

#if defined(__GNUC__) && !defined(__FRAMAC__)
#define ARENA_HAS_GNU 1
#else
#define ARENA_HAS_GNU 0
#endif

// 0 where the C library is no more than memcpy, memset and memmove.
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#define ARENA_HAS_LIBC 1
#include <string.h>
#else
#define ARENA_HAS_LIBC 0
#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *bytes, int value, size_t size);
#ifdef __cplusplus
}
#endif
#endif

// 1 where nothing of src/watch is in the library, as in one without a C library.
#ifndef ARENA_UNWATCHED
#define ARENA_UNWATCHED (!ARENA_HAS_LIBC)
#endif

// ARENA_RETURNED(T, call), what a call returns, in a program that MemorySanitizer looks at. To that, a
// struct which is returned in memory is not initialised if the function was built without it. Such a
// function has a macro of its name, and where it is defined its name is in parentheses.
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define ARENA_UNDER_MSAN 1
#endif
#endif
#ifndef ARENA_UNDER_MSAN
#define ARENA_UNDER_MSAN 0
#endif
#if ARENA_UNDER_MSAN
#ifdef __cplusplus
extern "C" {
#endif
void __msan_unpoison(const volatile void *start, size_t size);
#ifdef __cplusplus
}
#endif
#define ARENA_RETURNED(T, call)                                  \
    __extension__({                                              \
        T arena_returned = call;                                 \
        __msan_unpoison(&arena_returned, sizeof arena_returned); \
        arena_returned;                                          \
    })
#endif

// A variable that several threads read and write; only one, where the compiler has no such variables.
#if defined(__STDC_NO_ATOMICS__)
#define ARENA_HAS_ATOMICS 0
#else
#define ARENA_HAS_ATOMICS 1
#endif
#if defined(__FRAMAC__) || !ARENA_HAS_ATOMICS
#define ARENA_ATOMIC(T) T
#else
#define ARENA_ATOMIC(T) _Atomic(T)
#endif

// Whether the least significant byte of a number comes first in memory.
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
#define ARENA_IS_LITTLE_ENDIAN (__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__)
#else
#define ARENA_IS_LITTLE_ENDIAN 1
#endif

// Which system gives pages: exactly one is 1. A build may say that none does.
#ifndef ARENA_PAGES_NONE
#if defined(_WIN32) || defined(__unix__) || defined(__APPLE__)
#define ARENA_PAGES_NONE 0
#else
#define ARENA_PAGES_NONE 1
#endif
#endif
#if !ARENA_PAGES_NONE && defined(_WIN32)
#define ARENA_PAGES_WINDOWS 1
#else
#define ARENA_PAGES_WINDOWS 0
#endif
#define ARENA_PAGES_POSIX (!ARENA_PAGES_NONE && !ARENA_PAGES_WINDOWS)

// ARENA_API marks what the library offers, ARENA_INLINE those of it that the header defines.
// ARENA_DLL is 1 while the Windows DLL is built, 2 where it is used.
#ifndef ARENA_DLL
#define ARENA_DLL 0
#endif
#if defined(_WIN32) && ARENA_DLL == 1
#define ARENA_API __declspec(dllexport)
#elif defined(_WIN32) && ARENA_DLL == 2
#define ARENA_API __declspec(dllimport)
#elif ARENA_HAS_GNU && !defined(_WIN32)
#define ARENA_API __attribute__((visibility("default")))
#else
#define ARENA_API
#endif
#if defined(_WIN32)
#define ARENA_INLINE inline
#else
#define ARENA_INLINE ARENA_API inline
#endif

// ARENA_ALIGNOF(T), the alignment of a type; ARENA_ALIGNED, that of malloc's results, for a struct
// member.
#if defined(__FRAMAC__)
#define ARENA_ALIGNOF(T) 16
#define ARENA_ALIGNED
#elif defined(__cplusplus)
#define ARENA_ALIGNOF(T) alignof(T)
#define ARENA_ALIGNED alignas(max_align_t)
#else
#define ARENA_ALIGNOF(T) _Alignof(T)
#define ARENA_ALIGNED _Alignas(max_align_t)
#endif

// The alignment of what `pointer` points to. A compiler that cannot tell takes the largest one that
// the size allows, up to malloc's.
#if defined(__FRAMAC__)
#define ARENA_ALIGNOF_TARGET(pointer) 8
#elif defined(__cplusplus)
#define ARENA_ALIGNOF_TARGET(pointer) alignof(decltype(*(pointer)))
#elif ARENA_HAS_GNU || defined(__TINYC__)
#define ARENA_ALIGNOF_TARGET(pointer) __alignof__(*(pointer))
#else
#define ARENA_ALIGNOF_TARGET(pointer) \
    ((sizeof *(pointer) | _Alignof(max_align_t)) & -(sizeof *(pointer) | _Alignof(max_align_t)))
#endif

// A type by the name of something that has it.
#if defined(__cplusplus)
#define ARENA_TYPEOF(member) decltype(member)
#else
#define ARENA_TYPEOF(member) __typeof__(member)
#endif

// The length of a flexible array member, which C++ does not have.
#if defined(__cplusplus)
#define ARENA_FLEXIBLE 1
#else
#define ARENA_FLEXIBLE
#endif

// A variable of which each thread has one. In a shared library it would cost a call each time, but
// for a model that not every loader allows later than at the start of a program; glibc does. Where
// there are no pages there need be no threads.
#if ARENA_PAGES_NONE
#define ARENA_THREAD_LOCAL
#elif defined(__GLIBC__) && ARENA_HAS_GNU
#define ARENA_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define ARENA_THREAD_LOCAL _Thread_local
#endif

// ARENA_CLEANUP(call): has `call` run, with the address of the variable that this is said of, when the
// block around that is left.
#if ARENA_HAS_GNU
#define ARENA_HAS_CLEANUP 1
#define ARENA_CLEANUP(call) __attribute__((cleanup(call)))
#else
#define ARENA_HAS_CLEANUP 0
#endif

// A function that runs when the library is unloaded, or the process ends.
#if ARENA_HAS_GNU
#define ARENA_HAS_UNLOAD 1
#define ARENA_AT_UNLOAD __attribute__((destructor))
#else
#define ARENA_HAS_UNLOAD 0
#define ARENA_AT_UNLOAD
#endif

// Whether the C library can tell the call stack.
#if defined(__GLIBC__) && ARENA_HAS_GNU
#define ARENA_HAS_BACKTRACE 1
#else
#define ARENA_HAS_BACKTRACE 0
#endif

// A variable of the environment; where the C library can tell, not that of somebody whose rights the
// program does not have.
#if defined(__GLIBC__)
#define ARENA_GETENV(name) secure_getenv(name)
#else
#define ARENA_GETENV(name) getenv(name)
#endif

// Whether a program can ask for a symbol that may not be there: that of a tool it may run under.
#if ARENA_HAS_GNU && defined(__ELF__)
#define ARENA_HAS_WEAK 1
#define ARENA_WEAK __attribute__((weak))
#else
#define ARENA_HAS_WEAK 0
#define ARENA_WEAK
#endif

// Whether the headers of Valgrind are here.
#if !defined(ARENA_HAS_VALGRIND) && ARENA_HAS_GNU && defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#define ARENA_HAS_VALGRIND 1
#endif
#endif
#ifndef ARENA_HAS_VALGRIND
#define ARENA_HAS_VALGRIND 0
#endif

// ARENA_LOG2(number): the position of the highest bit of a number that is not 0.
#if ARENA_HAS_GNU
#define ARENA_LOG2(number) ((size_t)(63 ^ __builtin_clzll(number)))
#else
#define ARENA_LOG2(number) arena_log2(number)
static inline size_t arena_log2(size_t number)
{
    size_t log = 0;
    while (number >>= 1)
        log++;
    return log;
}
#endif

// An address in the stack frame of this function, and where the stack of its caller ends, above which
// all is the caller's. NULL: nobody knows. Stacks that grow down.
#if ARENA_HAS_GNU
#define ARENA_FRAME() ((const void *)__builtin_frame_address(0))
#define ARENA_CALLER_FRAME() ((const void *)__builtin_dwarf_cfa())
#else
#define ARENA_FRAME() NULL
#define ARENA_CALLER_FRAME() NULL
#endif

// Functions that read memory that may be nobody's any more, which tools would report.
#if ARENA_HAS_GNU && defined(__clang__)
#define ARENA_UNCHECKED __attribute__((noinline, no_sanitize("address", "memory", "thread")))
#elif ARENA_HAS_GNU
#define ARENA_UNCHECKED __attribute__((noinline, no_sanitize("address", "thread")))
#else
#define ARENA_UNCHECKED
#endif

// `size - 1`, which is meant to wrap. A prover takes any other difference that wraps for a mistake.
#if defined(__FRAMAC__)
size_t arena_last(size_t size);
#define ARENA_LAST(size) arena_last(size)
#else
#define ARENA_LAST(size) ((size)-1)
#endif

// ARENA_IS_CONSTANT(value): whether the compiler knows it; it need not notice. ARENA_NEVER_NULL tells
// the compiler what is so, which takes no instruction, and saves those of who tests the pointer.
#if ARENA_HAS_GNU
#define ARENA_NEVER_NULL(pointer) ((pointer) ? (void)0 : __builtin_unreachable())
#define ARENA_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define ARENA_IS_CONSTANT(value) __builtin_constant_p(value)
#define ARENA_COLD __attribute__((cold, noinline))
#define ARENA_OUTLINED __attribute__((noinline))
#else
#define ARENA_NEVER_NULL(pointer) ((void)0)
#define ARENA_LIKELY(condition) (condition)
#if defined(__FRAMAC__)
int arena_is_constant(size_t value); // either: both ways are proved
#define ARENA_IS_CONSTANT(value) arena_is_constant(value)
#else
#define ARENA_IS_CONSTANT(value) 0
#endif
#define ARENA_COLD
#define ARENA_OUTLINED
#endif

// ARENA_RESULT: whoever drops the result loses the memory. ARENA_FRESH: besides, nothing else
// points to that memory, and no pointer to anything is in it; gcc builds on both, so copies are not
// fresh. ARENA_SIZED names the argument with its size.
#if ARENA_HAS_GNU
#define ARENA_RESULT __attribute__((warn_unused_result))
#define ARENA_FRESH __attribute__((malloc, warn_unused_result))
#define ARENA_SIZED(argument) __attribute__((alloc_size(argument)))
#if defined(_WIN32) // the library has mingw's own functions, which are those of C
#define ARENA_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define ARENA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#else
#define ARENA_RESULT
#define ARENA_FRESH
#define ARENA_SIZED(argument)
#define ARENA_PRINTF(text, first)
#endif

#endif
