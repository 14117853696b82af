// The tools that a program may run under, which see memory: AddressSanitizer, MemorySanitizer,
// ThreadSanitizer and Valgrind. Found at run time, so that it does not matter how the library was built.

#ifndef ARENA_TOOLS_H
#define ARENA_TOOLS_H

#include "arena/arena.h"

// Whether there is any.
bool arena_tool_is_there(void);

// Whether there is one to which it has to be said what is an object and what is not.
bool arena_tool_sees_memory(void);

// A pool is whatever has objects; its address is its name.
void arena_tool_begin_pool(const void *pool);
void arena_tool_end_pool(const void *pool);

// The arena itself is an object of its pool, which the program can lose; and is none any more.
void arena_tool_begin_arena(const void *pool, const Arena *arena);
void arena_tool_end_arena(const void *pool, const Arena *arena);

// An object was handed out, not initialised; it has another size; it was taken back.
void arena_tool_alloc(const void *pool, const void *object, size_t size);
void arena_tool_resize(const void *pool, const void *object, size_t old_size, size_t size);
void arena_tool_free(const void *pool, const void *object, size_t size);

// Clears memory, and returns it. What a compiler makes of memset may be more than a tool can see.
void *arena_tool_zero(void *object, size_t size);

// The library has written there, in a way that a tool may not see.
void arena_tool_note_initialised(const void *object, size_t size);

// No access, until an object is there.
void arena_tool_hide(const void *start, size_t size);

// The memory is the arena's no more, and for whoever gets it next.
void arena_tool_forget(const void *start, size_t size);

// The arena is used by this thread, in a way that no other may at the same time.
void arena_tool_note_use(const Arena *arena);

// What this thread does from now on is no business of a tool that looks for races, and it is again. For
// a lock that such a tool does not know; as one, it would order what the program has not.
void arena_tool_ignore_begin(void);
void arena_tool_ignore_end(void);

// What this thread has done comes before what another one does that acquires the same.
void arena_tool_release(const void *what);
void arena_tool_acquire(const void *what);

// So is this memory, which is taken back: no other thread may be in it.
void arena_tool_note_write(const void *start, size_t size);

// Has `call` run when the tool is about to report an access; its argument is the address.
void arena_tool_on_report(void (*call)(const void *address));

// Valgrind's part of that, in valgrind.c.
bool arena_valgrind_is_there(void);
void arena_valgrind_begin_pool(const void *pool);
void arena_valgrind_end_pool(const void *pool);
void arena_valgrind_alloc(const void *pool, const void *object, size_t size);
void arena_valgrind_resize(const void *pool, const void *object, size_t old_size, size_t size);
void arena_valgrind_free(const void *pool, const void *object);
void arena_valgrind_note_initialised(const void *object, size_t size);
void arena_valgrind_hide(const void *start, size_t size);
void arena_valgrind_forget(const void *start, size_t size);

#endif
