// google::protobuf::Arena, whose blocks come from operator new. It aligns to 8; arrays of bytes are
// what it gives to those who have no message type.

#include "../workloads.hpp"

#include <google/protobuf/arena.h>

namespace
{

struct Node {
    Node *left, *right;
    size_t kind, value;
};

google::protobuf::ArenaOptions first_block(size_t expected)
{
    google::protobuf::ArenaOptions options;
    options.start_block_size = expected ? expected : bench::first_block(256);
    options.max_block_size = 64 << 20;
    return options;
}

struct Pool {
    google::protobuf::Arena arena;

    explicit Pool(size_t expected) : arena(first_block(expected))
    {
    }

    void *node()
    {
        return google::protobuf::Arena::CreateArray<Node>(&arena, 1);
    }
    void *alloc8(size_t size)
    {
        return google::protobuf::Arena::CreateArray<char>(&arena, size);
    }
    void reset()
    {
        arena.Reset();
    }
};

} // namespace

BENCH_PEER(Pool)
