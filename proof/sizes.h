#include "logic.h"
#include <stdbool.h>
/*@ assigns \nothing;
    ensures \result != 0 <==> pow2(number); */
static inline bool is_power_of_two(size_t number);

/*@ requires number > 0;
    assigns \nothing;
    ensures pow2(\result) && \result <= number; */
static inline size_t bit_floor(size_t number);

/*@ requires pow2(align) && number + (align - 1) <= SIZE_MAX;
    assigns \nothing;
    ensures \result % align == 0;
    ensures number <= \result < number + align;
    ensures \result == next_multiple(number, align);
    ensures align == 8 ==> of_8(\result); */
static inline size_t round_up(size_t number, size_t align);

/*@ assigns \nothing;
    ensures \result == (a < b ? a : b); */
static inline size_t smaller(size_t a, size_t b);

/*@ assigns \nothing;
    ensures \result == (a < b ? b : a); */
static inline size_t larger(size_t a, size_t b);

/*@ requires pow2(align) && 0 <= (uintptr_t)address <= UINTPTR_MAX;
    assigns \nothing;
    ensures \result < align;
    ensures (uintptr_t)address + \result == next_multiple((uintptr_t)address, align);
    ensures of_8((uintptr_t)address) ==> of_8(next_multiple((uintptr_t)address, align)); */
static inline size_t padding(const void *address, size_t align);
