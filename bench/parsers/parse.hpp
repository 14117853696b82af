// What the programs of this folder have in common: a real file is parsed, and everything that the
// parse has built is given back. A parser is a class with
//
//     using Root                     what a parse gives: a pointer, or something like it
//     NAME                           as it is called in the names of the benchmarks
//     static void on_malloc()        from now on the parser gets its memory from malloc,
//     static void on_arena()         or from the current arena
//     static Root parse(const Text &text)    false on failure
//     static void release(Root)      the parser's own way to free everything; for malloc only
//     static Sum sum(Root)           what the parse has built
//     static void load(Text &, const char *path)     may be missing: then the file is the text
//
// CMake names the file and the Debian package that has it: PARSE_INPUT and PARSE_PACKAGE. Both must
// be there, or each benchmark says what is missing.
//
// The text lies in mappings of its own. Had it come from malloc, freeing the buffers that it was
// made in would have told glibc to keep more memory than it otherwise does.

#ifndef ARENA_BENCH_PARSE_HPP
#define ARENA_BENCH_PARSE_HPP

#include "hooks.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench
{

// -------------------------------------------------------------------------------------------------
// The text
// -------------------------------------------------------------------------------------------------

class Text
{
  public:
    Text()
    {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        void *pages = mmap(nullptr, CAPACITY, PROT_READ | PROT_WRITE, flags, -1, 0);
        bytes = pages == MAP_FAILED ? nullptr : static_cast<char *>(pages);
    }

    Text(const Text &) = delete;

    ~Text()
    {
        if (bytes)
            munmap(bytes, CAPACITY);
    }

    const char *data() const
    {
        return bytes;
    }

    size_t size() const
    {
        return used;
    }

    // Where the next bytes go, and how many fit.
    char *end()
    {
        return bytes + used;
    }

    size_t room() const
    {
        return bytes ? CAPACITY - used : 0;
    }

    void added(size_t count)
    {
        used += count;
    }

    // What does not fit is not added, and the parse will fail.
    void append(const char *more, size_t count)
    {
        if (count > room())
            return;
        memcpy(end(), more, count);
        added(count);
    }

  private:
    static constexpr size_t CAPACITY = 256 << 20;

    char *bytes;
    size_t used = 0;
};

inline void load_file(Text &text, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    setvbuf(file, nullptr, _IONBF, 0);
    text.added(fread(text.end(), 1, text.room(), file));
    fclose(file);
}

template <class Parser> void load(Text &text)
{
    if constexpr (requires { Parser::load(text, PARSE_INPUT); })
        Parser::load(text, PARSE_INPUT);
    else
        load_file(text, PARSE_INPUT);
}

// -------------------------------------------------------------------------------------------------
// Malloc against an arena
// -------------------------------------------------------------------------------------------------

// What a parse has built: nodes of any kind, and bytes of text in them.
struct Sum {
    size_t nodes, bytes;

    Sum &operator+=(Sum other)
    {
        nodes += other.nodes;
        bytes += other.bytes;
        return *this;
    }

    bool operator==(const Sum &) const = default;
};

template <class Parser> typename Parser::Root parse_or_throw(const Text &text)
{
    typename Parser::Root root = Parser::parse(text);
    if (!root)
        throw std::runtime_error(std::string(Parser::NAME) + " cannot parse " PARSE_INPUT);
    return root;
}

template <class Parser> struct OnMalloc {
    using Root = typename Parser::Root;

    OnMalloc()
    {
        Parser::on_malloc();
    }

    Root parse(const Text &text)
    {
        return parse_or_throw<Parser>(text);
    }

    void release(Root root)
    {
        Parser::release(root);
    }
};

// Of the default capacity: who parses a file does not know what will be needed.
inline void open_arena()
{
    current_arena = arena_create(0);
    if (!current_arena)
        throw std::bad_alloc();
}

// One arena for each parse.
template <class Parser> struct OnFreshArena {
    using Root = typename Parser::Root;

    OnFreshArena()
    {
        Parser::on_arena();
    }

    Root parse(const Text &text)
    {
        open_arena();
        return parse_or_throw<Parser>(text);
    }

    void release(Root)
    {
        arena_destroy(current_arena);
    }
};

// One arena for all parses.
template <class Parser> struct OnReusedArena {
    using Root = typename Parser::Root;

    OnReusedArena()
    {
        Parser::on_arena();
        open_arena();
    }

    ~OnReusedArena()
    {
        arena_destroy(current_arena);
    }

    Root parse(const Text &text)
    {
        return parse_or_throw<Parser>(text);
    }

    void release(Root)
    {
        arena_reset(current_arena);
    }
};

// Arenas are checked against malloc, and malloc against an arena.
template <class Parser, class Side> struct Opposite {
    using Type = OnMalloc<Parser>;
};
template <class Parser> struct Opposite<Parser, OnMalloc<Parser>> {
    using Type = OnFreshArena<Parser>;
};

// -------------------------------------------------------------------------------------------------
// The check
// -------------------------------------------------------------------------------------------------

template <class Parser, class Side> [[noreturn]] void write_sum(const Text &text, int pipe)
{
    try {
        Side side;
        Sum sum = Parser::sum(side.parse(text));
        _exit(write(pipe, &sum, sizeof sum) == sizeof sum ? 0 : 1);
    } catch (const std::exception &) {
        _exit(1);
    }
}

// Seconds in which this process waited for such a child.
inline double aside;

// The sum of a parse in a child of its own, so that this process is as it was. What a child used
// counts as its parent's, unless the parent ignores that it ends.
template <class Parser, class Side> Sum sum_in_child(const Text &text)
{
    auto begin = std::chrono::steady_clock::now();
    int ends[2];
    Sum sum = {0, 0};
    if (pipe(ends) != 0)
        return sum;
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        write_sum<Parser, Side>(text, ends[1]);
    close(ends[1]);
    if (read(ends[0], &sum, sizeof sum) != sizeof sum)
        sum = {0, 0};
    close(ends[0]);
    waitpid(child, nullptr, 0);
    signal(SIGCHLD, SIG_DFL);
    aside = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return sum;
}

template <class Parser, class Side> Sum expected_sum(const Text &text)
{
    static const Sum sum = sum_in_child<Parser, typename Opposite<Parser, Side>::Type>(text);
    return sum;
}

inline void check(Sum sum, Sum expected)
{
    if (sum.nodes == 0 || !(sum == expected))
        throw std::runtime_error("malloc and the arena do not give the same");
}

// -------------------------------------------------------------------------------------------------
// The benchmarks
// -------------------------------------------------------------------------------------------------

// Whatever the allocator keeps is there already.
template <class Parser, class Side> Sum parse_warm(benchmark::State &state, const Text &text)
{
    Sum expected = expected_sum<Parser, Side>(text);
    Side side;
    typename Parser::Root root = side.parse(text);
    check(Parser::sum(root), expected);
    side.release(root);
    for (auto _ : state)
        side.release(side.parse(text));
    return expected;
}

// The first parse of this process.
template <class Parser, class Side> Sum parse_first(benchmark::State &state, const Text &text)
{
    Sum expected = expected_sum<Parser, Side>(text);
    Side side;
    for (auto _ : state) {
        typename Parser::Root root = side.parse(text);
        state.PauseTiming();
        check(Parser::sum(root), expected);
        state.ResumeTiming();
        side.release(root);
    }
    return expected;
}

constexpr int AGAIN = 3;

using Loop = Sum (*)(benchmark::State &, const Text &);

inline void add(const std::string &name, const Text &text, Loop loop, int parses)
{
    auto function = [&text, loop](benchmark::State &state) {
        try {
            if (text.size() == 0)
                throw std::runtime_error("missing: " PARSE_PACKAGE ", for " PARSE_INPUT);
            Sum sum = loop(state, text);
            state.SetItemsProcessed(state.iterations());
            state.counters["nodes"] = static_cast<double>(sum.nodes);
            state.counters["aside"] = aside;
        } catch (const std::exception &failure) {
            state.SkipWithError(failure.what());
        }
    };
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->Iterations(parses)
        ->Unit(benchmark::kMillisecond);
}

// The number of parses is fixed, because a malloc may be slower with each: glibc's freed chunks
// come back in an order that has less and less to do with their addresses.
template <class Parser> void register_parser(const Text &text)
{
    std::string prefix = std::string("parse/") + Parser::NAME + "/";
    add(prefix + "malloc", text, parse_warm<Parser, OnMalloc<Parser>>, AGAIN);
    add(prefix + "fresh", text, parse_warm<Parser, OnFreshArena<Parser>>, AGAIN);
    add(prefix + "reused", text, parse_warm<Parser, OnReusedArena<Parser>>, AGAIN);
    add(prefix + "malloc-first", text, parse_first<Parser, OnMalloc<Parser>>, 1);
    add(prefix + "arena-first", text, parse_first<Parser, OnFreshArena<Parser>>, 1);
}

template <class Parser> int run_parser(int argc, char **argv)
{
    Text text;
    load<Parser>(text);
    register_parser<Parser>(text);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// The end of each parser's file.
#define BENCH_PARSER(Parser)                          \
    int main(int argc, char **argv)                   \
    {                                                 \
        return bench::run_parser<Parser>(argc, argv); \
    }

} // namespace bench

#endif
