// The standard library used in another way, which may be the faster one: arrays that grow by turns as
// deques, and maps that make a string of each key before they look for it, so that they hash it once.

#include "containers.hpp"

#include <deque>
#include <unordered_map>

namespace
{

struct Turns {
    std::deque<bench::Token> arrays[bench::TURNS];

    void push(size_t which, bench::Token token)
    {
        arrays[which].push_back(token);
    }
};

struct Map {
    std::unordered_map<std::string, void *> map;

    void *&slot(const bench::Word &key)
    {
        return map[std::string(key)];
    }
    bool has(const bench::Word &key) const
    {
        return map.find(std::string(key)) != map.end();
    }
    size_t count() const
    {
        return map.size();
    }
};

struct Kit {
    using Turns = ::Turns;
    using Map = ::Map;
};

} // namespace

BENCH_CONTAINERS(Kit)
