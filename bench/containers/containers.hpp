// The workloads of containers, the same for all. A peer is a class `Kit` in a file of its own:
//
//     Kit::Tokens    push(Token), clear() and items(), the first of them
//     Kit::Turns     push(size_t which, Token) to one of TURNS arrays
//     Kit::Text      append(const char *, size_t), number(unsigned), size()
//     Kit::Map       slot(const Word &): a reference to the void * of that key, found or new
//                    has(const Word &), count()
//     Kit::Scope     alloc8(size_t): objects that are gone when it ends
//
// All start empty and give their memory back when they end. Each may be missing. Maps copy their keys,
// and hash them with what comes with them: ours with a secret, the others without.

#ifndef ARENA_BENCH_CONTAINERS_HPP
#define ARENA_BENCH_CONTAINERS_HPP

#include "../workloads.hpp"

#include <fstream>
#include <sstream>
#include <string_view>

#include <malloc.h>

namespace bench
{

enum { TURNS = 8 };

// A string that has a zero after it as well, since one of the peers needs that.
using Word = std::string_view;

// Identifiers, each with a zero, one after the other.
class Words
{
  public:
    // Those of the file that the program `words` wrote.
    static Words of_code()
    {
        std::ifstream file(BENCH_WORDS, std::ios::binary);
        std::stringstream lines;
        lines << file.rdbuf();
        Words words;
        words.text = lines.str();
        for (size_t end = 0; end < words.text.size(); end++)
            if (words.text[end] == '\n') {
                words.text[end] = 0;
                words.ends.push_back(end);
            }
        if (words.size() == 0) {
            fprintf(stderr, "no words in %s\n", BENCH_WORDS);
            exit(1);
        }
        return words;
    }

    // As many different ones: each with the one that follows it, and a number.
    static Words all_different()
    {
        Words code = of_code(), words;
        for (size_t i = 0; i < code.size(); i++) {
            words.text.append(code[i]).append("::").append(code[(i + 1) % code.size()]);
            words.text.append(std::to_string(i));
            words.ends.push_back(words.text.size());
            words.text.push_back(0);
        }
        return words;
    }

    // For who measures: what the list was made with goes back to the system.
    static Words apart(Words (*make)())
    {
        Words words = make();
        malloc_trim(0);
        return words;
    }

    size_t size() const
    {
        return ends.size();
    }

    Word operator[](size_t i) const
    {
        size_t start = i ? ends[i - 1] + 1 : 0;
        return Word(text.data() + start, ends[i] - start);
    }

  private:
    std::string text;
    std::vector<size_t> ends;
};

template <class Map> [[gnu::noinline]] void insert_all(Map &map, const Words &words)
{
    for (size_t i = 0; i < words.size(); i++) {
        void *&value = map.slot(words[i]);
        if (!value)
            value = &map;
    }
}

template <class Map> void register_maps()
{
    struct {
        const char *name;
        Words (*words)();
    } cases[] = {{"map/intern", Words::of_code}, {"map/distinct", Words::all_different}};
    for (auto [name, get] : cases)
        add_once(name, [get = get](State &state) {
            Words words = Words::apart(get);
            std::unique_ptr<Map> map;
            for (auto _ : state) {
                map = std::make_unique<Map>();
                insert_all(*map, words);
            }
            state.counters["entries"] = static_cast<double>(map->count());
            count_items(state, words.size());
        });
    add_once("map/find", [](State &state) {
        Words words = Words::apart(Words::all_different);
        Map map;
        insert_all(map, words);
        size_t found = 0, at = 0;
        for (auto _ : state)
            for (size_t i = 0; i < words.size(); i++) {
                found += map.has(words[at]);
                at = (at + 514229) % words.size(); // all of them, in no order
            }
        if (found != words.size())
            state.SkipWithError("an entry was not found");
        count_items(state, words.size());
    });
    add_once("memory/map", [](State &state) {
        Words words = Words::apart(Words::all_different);
        Map map;
        double before = smaps_kb("Rss:");
        for (auto _ : state)
            insert_all(map, words);
        double taken = (smaps_kb("Rss:") - before) * 1024, payload = 0;
        for (size_t i = 0; i < words.size(); i++)
            payload += static_cast<double>(words[i].size() + 1 + sizeof(void *));
        state.counters["taken"] = taken / static_cast<double>(words.size());
        state.counters["payload"] = payload / static_cast<double>(words.size());
        count_items(state, 1);
    });
}

template <class Tokens> void register_array()
{
    add("array/push", [](State &state) {
        Tokens tokens;
        for (auto _ : state) {
            for (uint32_t i = 0; i < HOT_OBJECTS; i++)
                tokens.push(Token{i, i, nullptr});
            use(tokens.items());
            tokens.clear();
        }
        count_items(state, HOT_OBJECTS);
    });
    add("array/100", [](State &state) {
        for (auto _ : state) {
            Tokens tokens;
            for (uint32_t i = 0; i < 100; i++)
                tokens.push(Token{i, i, nullptr});
            use(tokens.items());
        }
        count_items(state, 100);
    });
}

template <class Turns> void register_turns()
{
    add_once("array/by-turns", [](State &state) {
        std::unique_ptr<Turns> arrays;
        for (auto _ : state) {
            arrays = std::make_unique<Turns>();
            for (uint32_t i = 0; i < GROWN_BYTES / sizeof(Token); i++)
                arrays->push(i % TURNS, Token{i, i, nullptr});
            use(arrays.get());
        }
        count_items(state, GROWN_BYTES / sizeof(Token));
    });
}

template <class Text> void register_text()
{
    add("text/lines", [](State &state) {
        for (auto _ : state) {
            Text text;
            for (unsigned i = 0; i < 1000; i++) {
                text.append("file.c", 6);
                text.append(":", 1);
                text.number(i);
                text.append(": a message of a compiler\n", 26);
            }
            if (text.size() != 35890)
                state.SkipWithError("the text is wrong");
        }
        count_items(state, 1000);
    });
}

template <class Scope> void register_scopes()
{
    add("scratch/scope", [](State &state) {
        for (auto _ : state) {
            Scope scope;
            for (int i = 0; i < SCRATCH_OBJECTS; i++)
                use(scope.alloc8(sizes.mixed[i]));
        }
        count_items(state, 1);
    });
}

template <class Kit> void register_containers()
{
    if constexpr (requires { typename Kit::Tokens; })
        register_array<typename Kit::Tokens>();
    if constexpr (requires { typename Kit::Turns; })
        register_turns<typename Kit::Turns>();
    if constexpr (requires { typename Kit::Text; })
        register_text<typename Kit::Text>();
    if constexpr (requires { typename Kit::Map; })
        register_maps<typename Kit::Map>();
    if constexpr (requires { typename Kit::Scope; })
        register_scopes<typename Kit::Scope>();
}

} // namespace bench

#define BENCH_CONTAINERS(Kit)                                   \
    int main(int argc, char **argv)                             \
    {                                                           \
        bench::register_containers<Kit>();                      \
        benchmark::Initialize(&argc, argv);                     \
        if (benchmark::ReportUnrecognizedArguments(argc, argv)) \
            return 2;                                           \
        benchmark::RunSpecifiedBenchmarks();                    \
        return 0;                                               \
    }

#endif
