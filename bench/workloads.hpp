// The workloads, the same for all allocators. A peer is a class `Pool` in a file of its own:
//
//     explicit Pool(size_t expected)  creates one; `expected` bytes will be asked for. 0: who knows;
//                                     whoever lets the user choose then starts with FIRST bytes
//     ~Pool()                         gives everything back
//     void *node()                    32 bytes, aligned to 8
//     void *alloc8(size_t size)       aligned to 8, and
//     void *alloc16(size_t size)      to 16, as far as the allocator can promise it
//     void reset()                    forgets everything, keeps the memory
//     void *zeroed(size_t size)       zero, aligned to 8 at least
//     void *grow(void *, size_t old_size, size_t new_size)
//     Mark enter(), void leave(Mark)  takes back what was allocated since
//
// What a user keeps is often a pointer, and in a register. Such a peer has the functions that allocate
// in a class `Handle` which holds that pointer, is the base of Pool, and is copied into each loop.
//
// All but the first three may be missing; register_workloads<Pool>() leaves out what needs them. The
// class Loops has each loop that is timed, so that a peer of another language can bring its own.
//
// Loops are compiled with the allocator inlined into them, as far as its header lets them, and
// aligned to 64 bytes: one that lies across two lines of the instruction cache by chance takes half
// as long again.

#ifndef ARENA_BENCH_WORKLOADS_HPP
#define ARENA_BENCH_WORKLOADS_HPP

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace bench
{

enum { HOT_OBJECTS = 4000, SIZES = 4096, SCRATCH_OBJECTS = 20, ACROSS_OBJECTS = 10000 };

constexpr size_t NODE_SIZE = 32;
constexpr size_t FIRST = 64 << 10;

// What the first block of a pool of unknown size gets: FIRST, or, where the environment says so, what
// the allocator itself would choose.
inline size_t first_block(size_t own)
{
    static const bool chooses = getenv("BENCH_OWN_FIRST") != nullptr;
    return chooses ? own : FIRST;
}

// The size of every block of a pool that does not make them larger by itself: FIRST, or what the
// environment says.
inline size_t block_size()
{
    static const char *chosen = getenv("BENCH_BLOCK");
    static const size_t size = chosen ? strtoul(chosen, nullptr, 10) : FIRST;
    return size;
}

constexpr size_t GROWN_BYTES = 100 << 20;
constexpr size_t LARGE = 4 << 20;
constexpr size_t LARGE_OBJECTS = 16;
constexpr size_t PAGE = 4096;

struct Token {
    uint32_t kind, line;
    const char *text;
};

// Sizes of 16 to 72 bytes, 44 on average; for memory/* multiples of 8, so that rounding does not
// count as waste.
struct Sizes {
    unsigned char mixed[SIZES], whole[SIZES];
    size_t sum = 0; // of `whole`

    Sizes()
    {
        uint32_t state = 1;
        for (int i = 0; i < SIZES; i++) {
            state = state * 1664525 + 1013904223;
            mixed[i] = static_cast<unsigned char>(16 + (state >> 16) % 57);
            whole[i] = static_cast<unsigned char>((mixed[i] + 7) & ~7);
            sum += whole[i];
        }
    }
};

inline const Sizes sizes;

// Keeps the compiler from seeing that an object is never read.
inline void use(void *object)
{
    asm volatile("" : : "r"(object) : "memory");
}

// Writes an object at both ends, so that its pages are there. A pool with LINKED objects has written
// their first bytes itself.
template <class Pool> void touch(void *object, size_t size)
{
    char *bytes = static_cast<char *>(object);
    if constexpr (!requires { Pool::LINKED; })
        bytes[0] = 1;
    bytes[size - 1] = 1;
    use(object);
}

// -------------------------------------------------------------------------------------------------
// What an allocator can do
// -------------------------------------------------------------------------------------------------

template <class Pool>
concept Aligns16 = requires(Pool pool)
{
    pool.alloc16(1);
};
template <class Pool>
concept Resets = requires(Pool pool)
{
    pool.reset();
};
template <class Pool>
concept Zeroes = requires(Pool pool)
{
    pool.zeroed(1);
};
template <class Pool>
concept Grows = requires(Pool pool)
{
    pool.grow(nullptr, 0, 1);
};
template <class Pool>
concept Marks = requires(Pool pool)
{
    pool.leave(pool.enter());
};

// An allocator that is told its alignment when it is created names the class that was told 16.
template <class Pool> struct Aligned16 {
    using Type = Pool;
};
template <class Pool>
requires requires
{
    typename Pool::Pool16;
}
struct Aligned16<Pool> {
    using Type = typename Pool::Pool16;
};

// What loops allocate from: a copy of the handle, or the pool itself.
template <class Pool> struct HandleOf {
    using Type = Pool &;
};
template <class Pool>
requires requires
{
    typename Pool::Handle;
}
struct HandleOf<Pool> {
    using Type = typename Pool::Handle;
};
template <class Pool> using Handle = typename HandleOf<Pool>::Type;

template <class Pool> void *zeroed(Pool &pool, size_t size)
{
    if constexpr (Zeroes<Pool>)
        return pool.zeroed(size);
    else
        return memset(pool.alloc8(size), 0, size);
}

// What one does where there is no realloc: a new place, and a copy.
template <class Pool> void *grow(Pool &pool, void *object, size_t old_size, size_t new_size)
{
    if constexpr (Grows<Pool>) {
        return pool.grow(object, old_size, new_size);
    } else {
        void *grown = pool.alloc8(new_size);
        return old_size ? memcpy(grown, object, old_size) : grown;
    }
}

// -------------------------------------------------------------------------------------------------
// The loops
// -------------------------------------------------------------------------------------------------

// A growing array of tokens, and a growing text, as one writes them over a realloc.
template <class Pool> struct Tokens {
    Token *items = nullptr;
    size_t count = 0, capacity = 0;

    void push(Pool &pool, Token token)
    {
        if (count == capacity) {
            size_t more = capacity ? 2 * capacity : 16;
            items = static_cast<Token *>(
                grow(pool, items, capacity * sizeof(Token), more * sizeof(Token)));
            capacity = more;
        }
        items[count++] = token;
    }
};

template <class Pool> struct Text {
    char *bytes = nullptr;
    size_t count = 0, capacity = 0;

    void append(Pool &pool, const char *piece, size_t size)
    {
        if (size > capacity - count) {
            size_t more = capacity ? 2 * capacity : 256;
            bytes = static_cast<char *>(grow(pool, bytes, capacity, more));
            capacity = more;
        }
        memcpy(bytes + count, piece, size);
        count += size;
    }
};

template <class Pool> struct Loops {
    [[gnu::noinline]] static void hot_typed(Pool &pool)
    {
        Handle<Pool> handle = pool;
        for (int i = 0; i < HOT_OBJECTS; i++)
            use(handle.node());
        pool.reset();
    }

    [[gnu::noinline]] static void hot_mixed8(Pool &pool)
    {
        Handle<Pool> handle = pool;
        for (int i = 0; i < HOT_OBJECTS; i++)
            use(handle.alloc8(sizes.mixed[i]));
        pool.reset();
    }

    [[gnu::noinline]] static void hot_mixed16(Pool &pool)
    {
        Handle<Pool> handle = pool;
        for (int i = 0; i < HOT_OBJECTS; i++)
            use(handle.alloc16(sizes.mixed[i]));
        pool.reset();
    }

    [[gnu::noinline]] static void request(size_t count)
    {
        Pool pool(0);
        Handle<Pool> handle = pool;
        for (size_t i = 0; i < count; i++)
            use(handle.node());
    }

    [[gnu::noinline]] static void fill(Pool &pool, size_t count)
    {
        Handle<Pool> handle = pool;
        for (size_t i = 0; i < count; i++) {
            size_t size = sizes.mixed[i % SIZES];
            touch<Pool>(handle.alloc8(size), size);
        }
    }

    // Objects of sizes that are multiples of 8, up to `bytes` bytes; returns how many bytes.
    [[gnu::noinline]] static size_t fill_whole(Pool &pool, size_t bytes)
    {
        Handle<Pool> handle = pool;
        size_t sum = 0;
        for (size_t i = 0; sum + sizes.whole[i % SIZES] <= bytes; i++) {
            size_t size = sizes.whole[i % SIZES];
            touch<Pool>(handle.alloc8(size), size);
            sum += size;
        }
        return sum;
    }

    [[gnu::noinline]] static void zero(Pool &pool, size_t count)
    {
        Handle<Pool> handle = pool;
        for (size_t i = 0; i < count; i++)
            use(zeroed(handle, 64));
    }

    // Large zeroed memory is used a page at a time, as tables are.
    [[gnu::noinline]] static void zero_large(Pool &pool, size_t count)
    {
        for (size_t i = 0; i < count; i++) {
            char *bytes = static_cast<char *>(zeroed(pool, LARGE));
            for (size_t page = 0; page < LARGE; page += PAGE)
                bytes[page + 8] = 1;
            use(bytes);
        }
    }

    [[gnu::noinline]] static void scratch(Pool &pool, size_t count)
    {
        Handle<Pool> handle = pool;
        auto mark = handle.enter();
        for (size_t i = 0; i < count; i++) {
            size_t size = sizes.mixed[i % SIZES];
            use(handle.alloc8(size));
        }
        handle.leave(mark);
    }

    [[gnu::noinline]] static void grow_tokens(Pool &pool)
    {
        Tokens<Pool> tokens;
        for (uint32_t i = 0; i < GROWN_BYTES / sizeof(Token); i++)
            tokens.push(pool, Token{i, i, nullptr});
        use(tokens.items);
    }

    [[gnu::noinline]] static void grow_text(Pool &pool)
    {
        Text<Pool> text;
        for (size_t i = 0; text.count < GROWN_BYTES; i++)
            text.append(pool, "an identifier, 32 bytes in all..", 8 + sizes.mixed[i % SIZES] % 16);
        use(text.bytes);
    }

    // Eight arrays by turns, so that no one stays the newest object.
    [[gnu::noinline]] static void grow_interleaved(Pool &pool)
    {
        Tokens<Pool> arrays[8];
        for (uint32_t i = 0; i < GROWN_BYTES / sizeof(Token); i++)
            arrays[i % 8].push(pool, Token{i, i, nullptr});
        for (auto &array : arrays)
            use(array.items);
    }
};

// -------------------------------------------------------------------------------------------------
// What the system says of this process
// -------------------------------------------------------------------------------------------------

// A line of /proc/self/smaps_rollup, in KiB; 0 where there is none.
inline double smaps_kb(const char *key)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (!file)
        return 0;
    char line[256];
    double kb = 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = atof(line + strlen(key));
    fclose(file);
    return kb;
}

// How many pages this process has touched that were not there.
inline double page_faults()
{
    struct rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_minflt + usage.ru_majflt);
}

// What it holds, in KiB, without what the system may take back at any time.
inline double held_kb()
{
    return smaps_kb("Rss:") - smaps_kb("LazyFree:");
}

// -------------------------------------------------------------------------------------------------
// Registration
// -------------------------------------------------------------------------------------------------

using State = benchmark::State;

inline void count_items(State &state, size_t items)
{
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(items));
}

template <class Function>
benchmark::internal::Benchmark *add(const std::string &name, Function function)
{
    return benchmark::RegisterBenchmark(name.c_str(), function);
}

// Once, in a process that has done nothing else.
template <class Function>
benchmark::internal::Benchmark *add_once(const std::string &name, Function function)
{
    return add(name, function)->Iterations(1)->Unit(benchmark::kMillisecond);
}

// Runs `loop` on a warm pool; it takes back what it allocates.
template <class Pool, class Loop>
void add_warm(const char *name, size_t items, size_t bytes, Loop loop)
{
    add(name, [=](State &state) {
        Pool pool(bytes);
        for (int i = 0; i < 3; i++)
            loop(pool);
        for (auto _ : state)
            loop(pool);
        count_items(state, items);
    });
}

// Runs `loop` on a new pool in a new process.
template <class Pool, class Loop> void add_first(const char *name, size_t items, Loop loop)
{
    add_once(name, [=](State &state) {
        std::unique_ptr<Pool> pool;
        for (auto _ : state) {
            pool = std::make_unique<Pool>(0);
            loop(*pool);
        }
        state.counters["huge_kb"] = smaps_kb("AnonHugePages:");
        count_items(state, items);
    });
}

template <class Pool> void register_hot()
{
    using Its = Loops<Pool>;
    size_t bytes = HOT_OBJECTS * 80;
    add_warm<Pool>("hot/typed", HOT_OBJECTS, bytes, [](Pool &pool) { Its::hot_typed(pool); });
    add_warm<Pool>("hot/mixed8", HOT_OBJECTS, bytes, [](Pool &pool) { Its::hot_mixed8(pool); });
    using Pool16 = typename Aligned16<Pool>::Type;
    if constexpr (Aligns16<Pool16>)
        add_warm<Pool16>("hot/mixed16", HOT_OBJECTS, bytes,
                         [](Pool16 &pool) { Loops<Pool16>::hot_mixed16(pool); });
}

template <class Pool> void register_requests()
{
    for (size_t count : {5, 50, 500})
        add("request/" + std::to_string(count), [=](State &state) {
            for (auto _ : state)
                Loops<Pool>::request(count);
            count_items(state, 1);
        });
}

template <class Pool> void register_fresh()
{
    struct {
        const char *name;
        size_t count;
    } cases[] = {{"fresh/20k", 20000}, {"fresh/1M", 1000000}, {"fresh/8M", 8000000}};
    for (auto [name, count] : cases)
        add_first<Pool>(name, count,
                        [count = count](Pool &pool) { Loops<Pool>::fill(pool, count); });
}

// Runs `fill` again, warm; `faults` tells whether the memory of the last time was still there.
template <class Fill> void time_again(State &state, size_t items, Fill fill)
{
    double before = page_faults();
    for (auto _ : state)
        fill();
    state.counters["faults"] = (page_faults() - before) / static_cast<double>(state.iterations());
    count_items(state, items);
}

template <class Pool> void register_steady()
{
    // Who keeps only its largest block has all it needs after the third fill.
    enum { OBJECTS = 8000000, ROUNDS = 1, RESETS = 3 };
    add("steady/destroy", [](State &state) {
        auto fill = [] { Loops<Pool>::fill(*std::make_unique<Pool>(0), OBJECTS); };
        fill();
        time_again(state, OBJECTS, fill);
    })->Iterations(ROUNDS);
    if constexpr (Resets<Pool>)
        add("steady/reset", [](State &state) {
            Pool pool(0);
            auto fill = [&pool] {
                Loops<Pool>::fill(pool, OBJECTS);
                pool.reset();
            };
            for (int i = 0; i < RESETS; i++)
                fill();
            time_again(state, OBJECTS, fill);
        })->Iterations(ROUNDS);
}

// `kept` is the part of the memory that is still there afterwards.
template <class Pool> void register_teardown()
{
    struct {
        const char *name;
        size_t count;
    } cases[] = {{"teardown/1k", 1000},
                 {"teardown/10k", 10000},
                 {"teardown/1M", 1000000},
                 {"teardown/8M", 8000000}};
    for (auto [name, count] : cases)
        add_once(name, [count = count](State &state) {
            double before = held_kb();
            auto pool = std::make_unique<Pool>(0);
            Loops<Pool>::fill(*pool, count);
            for (auto _ : state)
                pool.reset(); // destroys it
            double payload = static_cast<double>(count * sizes.sum / SIZES);
            state.counters["kept"] = (held_kb() - before) * 1024 / payload;
            count_items(state, 1);
        });
}

template <class Pool> void register_growth()
{
    size_t tokens = GROWN_BYTES / sizeof(Token);
    add_first<Pool>("growth/tokens", tokens, [](Pool &pool) { Loops<Pool>::grow_tokens(pool); });
    add_first<Pool>("growth/text", GROWN_BYTES / 16,
                    [](Pool &pool) { Loops<Pool>::grow_text(pool); });
    add_first<Pool>("growth/interleaved", tokens,
                    [](Pool &pool) { Loops<Pool>::grow_interleaved(pool); });
}

template <class Pool> void register_calloc()
{
    add_first<Pool>("calloc/small-fresh", 1000000,
                    [](Pool &pool) { Loops<Pool>::zero(pool, 1000000); });
    add_first<Pool>("calloc/large-fresh", LARGE_OBJECTS,
                    [](Pool &pool) { Loops<Pool>::zero_large(pool, LARGE_OBJECTS); });
    if constexpr (Resets<Pool>) {
        add_warm<Pool>("calloc/small-reused", HOT_OBJECTS, HOT_OBJECTS * 80, [](Pool &pool) {
            Loops<Pool>::zero(pool, HOT_OBJECTS);
            pool.reset();
        });
        add_warm<Pool>("calloc/large-reused", LARGE_OBJECTS, 0, [](Pool &pool) {
            Loops<Pool>::zero_large(pool, LARGE_OBJECTS);
            pool.reset();
        });
    }
}

template <class Pool> void register_scratch()
{
    add_warm<Pool>("scratch/20", 1, 4096,
                   [](Pool &pool) { Loops<Pool>::scratch(pool, SCRATCH_OBJECTS); });
    add_warm<Pool>("scratch/across", 1, 0,
                   [](Pool &pool) { Loops<Pool>::scratch(pool, ACROSS_OBJECTS); });
}

// `pools` at once, with `bytes` of objects each; where the size is known, it is said before.
template <class Pool> void add_memory(const char *name, size_t pools, size_t bytes, bool known)
{
    add_once(name, [=](State &state) {
        std::vector<std::unique_ptr<Pool>> all(pools);
        size_t payload = 0;
        double before = smaps_kb("Rss:");
        for (auto _ : state)
            for (auto &pool : all) {
                pool = std::make_unique<Pool>(known ? bytes : 0);
                payload += Loops<Pool>::fill_whole(*pool, bytes);
            }
        state.counters["taken"] = (smaps_kb("Rss:") - before) * 1024 / static_cast<double>(pools);
        state.counters["payload"] = static_cast<double>(payload / pools);
        state.counters["huge_kb"] = smaps_kb("AnonHugePages:");
        count_items(state, 1);
    });
}

template <class Pool> void register_memory()
{
    add_memory<Pool>("memory/1KB", 1000, 1024, true);
    add_memory<Pool>("memory/100KB", 100, 100000, false);
    add_memory<Pool>("memory/300KB", 100, 300000, false);
    add_memory<Pool>("memory/10MB", 1, 10000000, false);
    add_memory<Pool>("memory/10MB-known", 1, 10000000, true);
    add_memory<Pool>("memory/345MB", 1, 345000000, false);
}

// A pool for each thread, made and destroyed by it.
template <class Function> void add_threads(const std::string &name, size_t items, Function function)
{
    for (int threads : {1, 2})
        add(name + std::to_string(threads),
            [=](State &state) {
                function();
                for (auto _ : state)
                    function();
                count_items(state, items);
            })
            ->Threads(threads)
            ->UseRealTime();
}

template <class Pool> void register_threads_small()
{
    add_threads("threads/small/", 500, [] { Loops<Pool>::request(500); });
}

template <class Pool> void register_threads_large()
{
    add_threads("threads/large/", 1000000,
                [] { Loops<Pool>::fill(*std::make_unique<Pool>(0), 1000000); });
}

template <class Pool> void register_workloads()
{
    register_hot<Pool>();
    register_requests<Pool>();
    register_fresh<Pool>();
    register_steady<Pool>();
    register_teardown<Pool>();
    register_growth<Pool>();
    register_calloc<Pool>();
    if constexpr (Marks<Pool>)
        register_scratch<Pool>();
    register_memory<Pool>();
    register_threads_small<Pool>();
    register_threads_large<Pool>();
}

// -------------------------------------------------------------------------------------------------
// The program
// -------------------------------------------------------------------------------------------------

// `--instructions COUNT` does nothing but allocate COUNT objects, for callgrind to count; anything
// else is Google Benchmark's.
template <class Pool> int run(int argc, char **argv, void *(*one_node)(Handle<Pool>))
{
    if (argc == 3 && strcmp(argv[1], "--instructions") == 0) {
        size_t count = strtoul(argv[2], nullptr, 10);
        Pool pool(count * NODE_SIZE);
        for (size_t i = 0; i < count; i++)
            use(one_node(pool));
        return 0;
    }
    register_workloads<Pool>();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// The end of each peer's file. `bench_one_node` is what bench/code-size looks at.
#define BENCH_PEER(Pool)                                                          \
    extern "C" [[gnu::noinline]] void *bench_one_node(bench::Handle<Pool> handle) \
    {                                                                             \
        return handle.node();                                                     \
    }                                                                             \
    int main(int argc, char **argv)                                               \
    {                                                                             \
        return bench::run<Pool>(argc, argv, bench_one_node);                      \
    }

} // namespace bench

#endif
