// Names of functions, also of those that a program keeps to itself.

#ifndef ARENA_SYMBOLS_H
#define ARENA_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is at an address. The strings stay where they are.
typedef struct Symbol {
    const char *file;  // that the code is from
    uintptr_t in_file; // the address there, as addr2line takes it
    const char *name;  // of the function; NULL: nobody knows
    uintptr_t start;   // of the function, in the process
} Symbol;

// False if no file is known. The first time a file is asked for it is read, which takes long. May be
// called by the handler of a signal.
bool arena_symbol_at(const void *address, Symbol *symbol);

#endif
