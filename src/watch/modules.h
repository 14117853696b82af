// The files whose code is in the process.

#ifndef ARENA_MODULES_H
#define ARENA_MODULES_H

#include <stddef.h>
#include <stdint.h>

// A piece of code: where it is, and where it comes from. `build_id` is in hexadecimal digits, or empty.
typedef struct Module {
    uintptr_t start;
    uintptr_t end;
    uint64_t offset; // of `start` in the file
    char file[256];
    char build_id[64];
} Module;

// The first of them, at most so many; returns how many there are.
size_t arena_modules(Module *modules, size_t most);

#endif
