// SipHash-1-3, after "SipHash: a fast short-input PRF" by Jean-Philippe Aumasson and Daniel J.
// Bernstein, 2012: one round for each word, three at the end.

#include "hash.h"

#include "../core/platform.h"
#include "../core/atomics.h"

static inline uint64_t reverse(uint64_t word)
{
    uint64_t reversed = 0;
    for (int i = 0; i < 64; i += 8)
        reversed = reversed << 8 | (word >> i & 0xff);
    return reversed;
}

static inline uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

// The word that is at `bytes` in little-endian order.
static inline uint64_t load(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ARENA_IS_LITTLE_ENDIAN ? word : reverse(word);
}

// The last `size % 8` bytes.
static inline uint64_t load_tail(const unsigned char *bytes, size_t size)
{
    size_t rest = size % 8;
    if (rest == 0)
        return 0;
    if (size >= 8)
        return load(bytes + size - 8) >> (8 * (8 - rest));
    uint64_t word = 0;
    for (size_t i = 0; i < rest; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

typedef struct State {
    uint64_t a, b, c, d;
} State;

static inline State round_of(State s)
{
    s.a += s.b;
    s.c += s.d;
    s.b = rotate(s.b, 13) ^ s.a;
    s.d = rotate(s.d, 16) ^ s.c;
    s.a = rotate(s.a, 32) + s.d;
    s.c += s.b;
    s.d = rotate(s.d, 21) ^ s.a;
    s.b = rotate(s.b, 17) ^ s.c;
    s.c = rotate(s.c, 32);
    return s;
}

static inline State absorb(State s, uint64_t word)
{
    s.d ^= word;
    s = round_of(s);
    s.a ^= word;
    return s;
}

uint64_t arena_hash(HashKey key, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    State s = {
        key.words[0] ^ 0x736f6d6570736575,
        key.words[1] ^ 0x646f72616e646f6d,
        key.words[0] ^ 0x6c7967656e657261,
        key.words[1] ^ 0x7465646279746573,
    };
    for (size_t i = 0; i + 8 <= size; i += 8)
        s = absorb(s, load(from + i));
    s = absorb(s, (uint64_t)size << 56 | load_tail(from, size));
    s.c ^= 0xff;
    s = round_of(round_of(round_of(s)));
    return s.a ^ s.b ^ s.c ^ s.d;
}

// ----- The secret -----

static ARENA_ATOMIC(uint64_t) first_word;  // 0: not known yet; set after the second
static ARENA_ATOMIC(uint64_t) second_word; // 0: not known yet

// Whoever is first decides.
static void decide(ARENA_ATOMIC(uint64_t) *word, uint64_t value)
{
    uint64_t unknown = 0;
    atomic_compare_exchange_strong(word, &unknown, value | 1);
}

HashKey arena_secret(void)
{
    if (atomic_load(&first_word) == 0) {
        HashKey entropy = arena_entropy();
        decide(&second_word, entropy.words[1]);
        decide(&first_word, entropy.words[0]);
    }
    return (HashKey){{atomic_load(&first_word), atomic_load(&second_word)}};
}
