// The containers of the standard library.

#include "containers.hpp"

#include <unordered_map>

namespace
{

struct Tokens {
    std::vector<bench::Token> array;

    void push(bench::Token token)
    {
        array.push_back(token);
    }
    void clear()
    {
        array.clear();
    }
    void *items()
    {
        return array.data();
    }
};

struct Turns {
    std::vector<bench::Token> arrays[bench::TURNS];

    void push(size_t which, bench::Token token)
    {
        arrays[which].push_back(token);
    }
};

struct Text {
    std::string text;

    void append(const char *bytes, size_t size)
    {
        text.append(bytes, size);
    }
    void number(unsigned value)
    {
        char digits[16];
        text.append(digits, static_cast<size_t>(snprintf(digits, sizeof digits, "%u", value)));
    }
    size_t size() const
    {
        return text.size();
    }
};

// Found by what it is given; only a new key is copied.
struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};

struct Map {
    std::unordered_map<std::string, void *, Hash, std::equal_to<>> map;

    void *&slot(const bench::Word &key)
    {
        auto found = map.find(key);
        return found != map.end() ? found->second : map.emplace(key, nullptr).first->second;
    }
    bool has(const bench::Word &key) const
    {
        return map.find(key) != map.end();
    }
    size_t count() const
    {
        return map.size();
    }
};

struct Kit {
    using Tokens = ::Tokens;
    using Turns = ::Turns;
    using Text = ::Text;
    using Map = ::Map;
};

} // namespace

BENCH_CONTAINERS(Kit)
