// The Arena of RocksDB. Its header is not installed with the library, so nothing of it can be
// inlined; the functions are declared here as the library exports them. It cannot be reset. All its
// blocks have one size.

#include "../workloads.hpp"

namespace rocksdb
{

class AllocTracker;
class Logger;

class Arena
{
  public:
    Arena(size_t block_size, AllocTracker *tracker, size_t huge_page_size);
    ~Arena();
    char *AllocateAligned(size_t size, size_t huge_page_size, Logger *logger);

  private:
    alignas(16) char members[8192]; // more than it has
};

} // namespace rocksdb

namespace
{

struct Pool {
    std::unique_ptr<rocksdb::Arena> arena = make();

    explicit Pool(size_t)
    {
    }

    static std::unique_ptr<rocksdb::Arena> make()
    {
        return std::make_unique<rocksdb::Arena>(bench::block_size(), nullptr, 0);
    }

    void *node()
    {
        return arena->AllocateAligned(bench::NODE_SIZE, 0, nullptr);
    }
    void *alloc8(size_t size)
    {
        return arena->AllocateAligned(size, 0, nullptr);
    }
    void *alloc16(size_t size)
    {
        return arena->AllocateAligned(size, 0, nullptr);
    }
    void reset()
    {
        arena = make();
    }
};

} // namespace

BENCH_PEER(Pool)
