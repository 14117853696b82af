// The atomic variables of C11; for a compiler without them, the same names for what a program with one
// thread needs.

#ifndef ARENA_ATOMICS_H
#define ARENA_ATOMICS_H

#include "arena/compiler.h"

#if ARENA_HAS_ATOMICS

#include <stdatomic.h>

#elif !ARENA_PAGES_NONE
#error "this compiler has no atomic variables: ARENA_PAGES_NONE=1 makes a library for one thread"
#else

#include <stdbool.h>
#include <stddef.h>

typedef bool atomic_bool;
typedef bool atomic_flag;
typedef int atomic_int;
typedef size_t atomic_size_t;

#define ATOMIC_FLAG_INIT false

#define atomic_init(variable, value) ((void)(*(variable) = (value)))
#define atomic_load(variable) (*(variable))
#define atomic_load_explicit(variable, order) atomic_load(variable)
#define atomic_store(variable, value) ((void)(*(variable) = (value)))
#define atomic_store_explicit(variable, value, order) atomic_store(variable, value)
#define atomic_fetch_add(variable, value) ((*(variable) += (value)) - (value))
#define atomic_fetch_add_explicit(variable, value, order) atomic_fetch_add(variable, value)
#define atomic_fetch_sub(variable, value) ((*(variable) -= (value)) + (value))
#define atomic_exchange(variable, value)              \
    __extension__({                                   \
        __typeof__(*(variable)) before = *(variable); \
        *(variable) = (value);                        \
        before;                                       \
    })
#define atomic_compare_exchange_strong(variable, expected, value) \
    (*(variable) == *(expected) ? (*(variable) = (value), true)   \
                                : (*(expected) = *(variable), false))
#define atomic_compare_exchange_weak(variable, expected, value) \
    atomic_compare_exchange_strong(variable, expected, value)
#define atomic_flag_test_and_set(flag) atomic_exchange(flag, true)
#define atomic_flag_test_and_set_explicit(flag, order) atomic_flag_test_and_set(flag)
#define atomic_flag_clear_explicit(flag, order) ((void)(*(flag) = false))

#endif

#endif
