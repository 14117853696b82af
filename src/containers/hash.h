// A hash that who does not know the key cannot foresee, and where the key comes from.

#ifndef ARENA_CONTAINERS_HASH_H
#define ARENA_CONTAINERS_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct HashKey {
    uint64_t words[2];
} HashKey;

// SipHash-1-3 of the bytes.
uint64_t arena_hash(HashKey key, const void *bytes, size_t size);

// The secret of the process, the same each time. Any thread may call this.
HashKey arena_secret(void);

// Sixteen bytes that nobody can foresee, as far as the system has any. One file for each system.
HashKey arena_entropy(void);

#endif
