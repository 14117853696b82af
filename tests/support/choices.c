// The decisions of choices.h.

#include "choices.h"

Choices choices_from_seed(uint32_t seed)
{
    return (Choices){.state = ((uint64_t)seed << 32 ^ seed) * 0x9E3779B97F4A7C15u + 1};
}

Choices choices_from_bytes(const unsigned char *bytes, size_t size)
{
    return (Choices){.bytes = bytes, .left = size};
}

// A xorshift generator, whose upper half is well mixed.
static uint32_t next_number(Choices *choices)
{
    choices->state ^= choices->state >> 12;
    choices->state ^= choices->state << 25;
    choices->state ^= choices->state >> 27;
    return (uint32_t)(choices->state * 0x2545F4914F6CDD1Du >> 32);
}

static uint32_t next_byte(Choices *choices)
{
    if (choices->left == 0)
        return 0;
    choices->left--;
    return *choices->bytes++;
}

uint32_t choose(Choices *choices, uint32_t bound)
{
    if (!choices->bytes)
        return (uint32_t)((uint64_t)next_number(choices) * bound >> 32);

    uint32_t number = next_byte(choices);
    for (uint32_t reach = 256; reach != 0 && reach < bound; reach <<= 8)
        number = number << 8 | next_byte(choices);
    return number % bound;
}

bool choices_are_left(const Choices *choices)
{
    return !choices->bytes || choices->left != 0;
}
