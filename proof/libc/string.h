// What the proof takes of the C library, in terms of the bytes that the library means.

#ifndef PROOF_STRING_H
#define PROOF_STRING_H

#include "../logic.h"
#include <stddef.h>

/*@ requires \valid((unsigned char *)bytes + (0 .. size - 1));
    assigns ((unsigned char *)bytes)[0 .. size - 1] \from value;
    assigns \result \from bytes;
    ensures all_are((unsigned char *)bytes, size, (unsigned char)value);
    ensures \result == bytes; */
void *memset(void *bytes, int value, size_t size);

/*@ requires \valid((unsigned char *)to + (0 .. size - 1));
    requires \valid_read((unsigned char *)from + (0 .. size - 1));
    requires \separated((unsigned char *)to + (0 .. size - 1), (unsigned char *)from + (0 .. size - 1));
    assigns ((unsigned char *)to)[0 .. size - 1] \from ((unsigned char *)from)[0 .. size - 1];
    assigns \result \from to;
    ensures \forall integer k; 0 <= k < size ==>
      ((unsigned char *)to)[k] == \old(((unsigned char *)from)[k]);
    ensures \result == to; */
void *memcpy(void *to, const void *from, size_t size);

void *memmove(void *to, const void *from, size_t size);
void *memchr(const void *bytes, int value, size_t size);
size_t strlen(const char *text);

#endif
