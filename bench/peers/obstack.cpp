// obstack, of the C library. Its chunks come from malloc. All after the first have one size, which
// may be changed at any time.

#include "../workloads.hpp"

#include <obstack.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

namespace
{

template <int align> struct Stack {
    using Pool16 = Stack<16>;
    obstack stack;
    void *first;

    explicit Stack(size_t expected)
    {
        size_t chunk = expected ? expected : bench::first_block(4064);
        obstack_specify_allocation(&stack, static_cast<int>(chunk), align, malloc, free);
        if (bench::block_size() > chunk)
            obstack_chunk_size(&stack) = static_cast<long>(bench::block_size());
        first = enter();
    }
    Stack(const Stack &) = delete;
    ~Stack()
    {
        obstack_free(&stack, nullptr);
    }

    void *node()
    {
        return obstack_alloc(&stack, static_cast<int>(bench::NODE_SIZE));
    }
    void *alloc8(size_t size)
    {
        return obstack_alloc(&stack, static_cast<int>(size));
    }
    void *alloc16(size_t size)
    {
        return obstack_alloc(&stack, static_cast<int>(size));
    }
    void reset()
    {
        leave(first);
    }

    // To free an object is to free all that came after it.
    void *enter()
    {
        return obstack_alloc(&stack, 0);
    }
    void leave(void *mark)
    {
        obstack_free(&stack, mark);
    }
};

using Pool = Stack<8>;

} // namespace

BENCH_PEER(Pool)
