// std::pmr containers over an arena, and objects that are destroyed with it. C++17.

#include <arena/adapters/resource.hpp>
#include <arena/watch.h>

#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{

int mistakes = 0;

void check(bool is_true, const char *claim)
{
    if (is_true)
        return;
    std::fprintf(stderr, "not so: %s\n", claim);
    mistakes++;
}

int alive = 0;
int last_gone = 0;

struct Counted {
    int number;

    explicit Counted(int which) : number(which)
    {
        alive++;
    }
    Counted(const Counted &) = delete;
    ~Counted()
    {
        alive--;
        last_gone = number;
    }
};

struct Refuses {
    Refuses()
    {
        throw std::runtime_error("no");
    }
    ~Refuses()
    {
        alive = -1000;
    }
};

struct alignas(64) Line {
    unsigned char bytes[64];
};

void containers_hold_what_those_of_malloc_hold(Arena *arena)
{
    arena::resource memory(arena);
    std::pmr::map<std::pmr::string, std::pmr::vector<int>> ours(&memory);
    std::map<std::string, std::vector<int>> theirs;
    for (int i = 0; i < 20000; i++) {
        char key[64];
        std::snprintf(key, sizeof key, "a key that is too long for a small string %d", i % 997);
        ours[std::pmr::string(key, &memory)].push_back(i);
        theirs[key].push_back(i);
        if (i % 7 == 0) {
            ours.erase(ours.begin());
            theirs.erase(theirs.begin());
        }
    }
    bool same = ours.size() == theirs.size();
    auto their = theirs.begin();
    for (const auto &[key, numbers] : ours) {
        same = same && key.compare(their->first.c_str()) == 0 &&
               std::vector<int>(numbers.begin(), numbers.end()) == their->second;
        ++their;
    }
    check(same, "a map of strings and vectors is the same");
    check(ours.begin()->second.get_allocator().resource()->is_equal(memory),
          "the inner containers are in the arena too");
    check(arena_owns(arena, ours.begin()->second.data()), "and so is what they hold");
}

void a_vector_that_is_alone_wastes_little(Arena *arena)
{
    arena::resource memory(arena);
    size_t before = arena_stats(arena).used;
    {
        std::pmr::vector<int> numbers(&memory);
        for (int i = 0; i < 1000; i++)
            numbers.push_back(i);
    }
    {
        std::pmr::string text("a string that is too long to be a small one", &memory);
    }
    size_t once = arena_stats(arena).used;
    for (int i = 0; i < 100; i++)
        std::pmr::string text("a string that is too long to be a small one", &memory);
    check(arena_stats(arena).used == once, "what is newest and given back is taken back");
    check(once - before < 8192, "and a vector leaves behind no more than it had to");
}

void over_aligned_objects_are_aligned(Arena *arena)
{
    arena::resource memory(arena);
    std::pmr::vector<Line> lines(3, &memory);
    check(reinterpret_cast<uintptr_t>(lines.data()) % 64 == 0, "in containers");
    check(reinterpret_cast<uintptr_t>(arena::make<Line>(arena)) % 64 == 0, "and when made");
}

void resources_are_equal_where_their_arena_is(Arena *arena)
{
    Arena *other = arena_create(0);
    arena::resource one(arena), same(arena), another(other);
    check(one == same && one != another && one.arena() == arena, "resources of an arena are equal");
    check(one != *std::pmr::new_delete_resource(), "and no others");
    arena_destroy(other);
}

void no_memory_is_an_exception()
{
    ArenaOptions options = {};
    options.limit = 4096;
    options.capacity = 1024;
    Arena *arena = arena_create_with(&options);
    {
        arena::resource memory(arena);
        std::pmr::vector<int> numbers(&memory); // which ends before the arena does
        bool thrown = false;
        try {
            for (int i = 0; i < 100000; i++)
                numbers.push_back(i);
        } catch (const std::bad_alloc &) {
            thrown = true;
        }
        check(thrown && !numbers.empty() && numbers.back() == static_cast<int>(numbers.size()) - 1,
              "a vector that finds no memory is as it was");
    }
    int made = 0;
    try {
        for (; made < 100000; made++)
            arena::make<Counted>(arena, made);
    } catch (const std::bad_alloc &) {
        check(alive == made, "an object that cannot be noted is not there");
    }
    check(made > 0 && made < 100000, "make finds no memory");
    arena_destroy(arena);
    check(alive == 0, "all that were made are destroyed");
}

void destructors_run_with_the_arena(Arena *arena)
{
    Counted *first = arena::make<Counted>(arena, 1);
    ArenaMark mark = arena_mark(arena);
    arena::make<Counted>(arena, 2);
    auto *owner = arena::make<std::unique_ptr<Counted>>(arena, std::make_unique<Counted>(3));
    check(alive == 3 && (*owner)->number == 3, "objects are made of their arguments");
    arena_rewind(arena, mark);
    check(alive == 1 && last_gone == 2, "a rewind destroys those since, newest first");
    check(first->number == 1, "and no older ones");
    arena_reset(arena);
    check(alive == 0 && last_gone == 1, "a reset destroys all");

    size_t before = arena_stats(arena).used;
    check(*arena::make<int>(arena, 7) == 7, "a trivial type is made");
    check(arena_stats(arena).used - before == 8, "and takes no more than its bytes");
    try {
        arena::make<Refuses>(arena);
        check(false, "a constructor that throws is not caught");
    } catch (const std::runtime_error &) {
    }
    arena_reset(arena);
    check(alive == 0, "what was never made is not destroyed");
}

void hear_resized(Arena *, void *heard, void *, size_t, void *, size_t size)
{
    *static_cast<int *>(heard) += size == 0;
}

void who_watches_hears_of_what_is_given_back(Arena *arena)
{
    int heard = 0;
    ArenaWatcher watcher = {};
    watcher.context = &heard;
    watcher.resized = hear_resized;
    check(arena_watch(arena, &watcher), "an arena can be watched");
    arena::resource memory(arena);
    void *older = memory.allocate(24), *newer = memory.allocate(24);
    memory.deallocate(older, 24);
    check(heard == 1, "an object that is not the newest is heard of, too");
    memory.deallocate(newer, 24);
    check(heard == 2, "and the newest");
    arena_unwatch(arena, &watcher);
}

} // namespace

int main()
{
#ifdef __has_feature
#if __has_feature(memory_sanitizer)
    std::puts("skipped: the C++ library writes without MemorySanitizer's knowing");
    return 77;
#endif
#endif
    Arena *arena = arena_create(0);
    containers_hold_what_those_of_malloc_hold(arena);
    a_vector_that_is_alone_wastes_little(arena);
    over_aligned_objects_are_aligned(arena);
    resources_are_equal_where_their_arena_is(arena);
    no_memory_is_an_exception();
    arena_reset(arena);
    destructors_run_with_the_arena(arena);
    who_watches_hears_of_what_is_given_back(arena);
    arena_destroy(arena);
    return mistakes != 0;
}
