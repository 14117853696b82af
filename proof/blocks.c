#include "alloc.h"

#include "../src/core/blocks.c"

// A fresh block serves the request that made it: what a source is asked for has the payload, however
// far from alignment the memory starts that it gives.
/*@ requires payload <= PTRDIFF_MAX - (sizeof(ArenaBlock) + 30);
    requires \valid(&block->size) && \valid(&block->capacity) && \valid_read(&block->memory);
    requires \base_addr(&block->data[0]) == \base_addr((unsigned char *)block->memory);
    requires sizeof(ArenaBlock) <= &block->data[0] - (unsigned char *)block->memory <= sizeof(ArenaBlock) + 15;
    requires \separated(&block->size, &block->capacity) && \separated(&block->size, &block->memory);
    assigns block->size, block->capacity;
    ensures block->capacity >= payload; */
static void serve_payload(ArenaBlock *block, size_t payload)
{
    set_block_size(block, block_size_for(payload));
}
