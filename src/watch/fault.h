// Hears of the access that ends the process, where the system tells.

#ifndef ARENA_FAULT_H
#define ARENA_FAULT_H

// From now on an access to what the guard has made inaccessible is reported, before whoever was told of
// such things until now is told of it.
void arena_fault_begin(void);

// And one to what the checker knows was taken back, where its memory went back to the system.
void arena_fault_begin_checked(void);

#endif
