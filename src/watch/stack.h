// Call stacks: where something was made, or taken back.

#ifndef ARENA_STACK_H
#define ARENA_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A stack that was noted. Equal stacks have equal numbers; 0 is one that nobody knows.
typedef uint32_t Stack;

// How many frames are noted: for reports, and for those who want to know who called those.
enum { STACK_USUAL = 16, STACK_DEEP = 127 };

// The stack of whoever called the library, of so many frames at most. Takes a microsecond or two, and
// memory once for each.
Stack arena_stack_here(size_t most);

// The addresses that are in it, innermost first; returns how many there are.
size_t arena_stack_frames(Stack stack, void *const **frames);

// Writes what is known of the code at an address: function and offset, or program and offset. And
// whether that is the library's, as far as its functions have names, or it is a file of its own; and
// whether it is where the library calls a function that it was given, other than to get memory.
void arena_stack_describe(void *address, char *text, size_t size);
bool arena_stack_is_ours(const char *description);
bool arena_stack_calls_back(const char *description);

#endif
