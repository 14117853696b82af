// An arena for the containers of C++: std::pmr::memory_resource, and objects that are destroyed with their
// arena.
//
//     arena::resource memory(arena);
//     std::pmr::vector<std::pmr::string> names(&memory);
//     Parser *parser = arena::make<Parser>(arena, text);     // ~Parser when `arena` takes it back
//
// The resource borrows the arena, which has to outlive it and the containers. What a container gives back
// is taken back at once if it is the newest object, so that a temporary string costs nothing; other
// storage, as what a vector leaves when it grows, stays until the arena is rewound, reset or destroyed.
// Whoever rewinds to a mark ends the containers that have grown since first: they do not follow marks, as
// those of arena/array.h do.
//
// What cannot be had is std::bad_alloc; in programs without exceptions, std::abort. C++17, or anything
// newer.

#ifndef ARENA_ADAPTERS_RESOURCE_HPP
#define ARENA_ADAPTERS_RESOURCE_HPP

#include "../arena.h"

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

// What there is for C++ alone.
namespace arena
{

namespace detail
{

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
[[noreturn]] inline void fail()
{
    throw std::bad_alloc();
}
#else
[[noreturn]] inline void fail()
{
    std::abort();
}
#endif

inline void *tested(void *object)
{
    if (ARENA_LIKELY(object != nullptr))
        return object;
    fail();
}

// NULL if it is something else, or without type information, where nobody knows.
#if defined(__cpp_rtti) || defined(_CPPRTTI)
template <class T> const T *as(const std::pmr::memory_resource &resource) noexcept
{
    return dynamic_cast<const T *>(&resource);
}
#else
template <class T> const T *as(const std::pmr::memory_resource &) noexcept
{
    return nullptr;
}
#endif

template <class T> void destroy(void *object)
{
    static_cast<T *>(object)->~T();
}

// Destroys what was made, should an exception leave before it is told who does.
template <class T> struct unowned {
    T *object;

    ~unowned()
    {
        if (object)
            object->~T();
    }
};

} // namespace detail

// Takes from an arena, which it borrows. Two of the same arena are equal: either gives back what the other
// has taken.
class resource final : public std::pmr::memory_resource
{
  public:
    // Of an arena that outlives it.
    explicit resource(Arena *arena) noexcept : arena_(arena)
    {
    }

    // The arena that it takes from.
    Arena *arena() const noexcept
    {
        return arena_;
    }

  private:
    void *do_allocate(std::size_t size, std::size_t align) override
    {
        return detail::tested(arena_new(arena_, size, align));
    }

    // Whether it is the newest is seen without a call. Of a large object pages may go back; and who
    // watches wants to know of the others, too: the checker finds who uses them later.
    void do_deallocate(void *object, std::size_t size, std::size_t) override
    {
        if (static_cast<unsigned char *>(object) + ARENA_ROUNDED(size) == arena_->cursor ||
            size >= ARENA_SMALL || arena_->watch) {
            void *rest = arena_realloc(arena_, object, size, 0);
            static_cast<void>(rest);
        }
    }

    // Without type information only one that is the same object is known to be equal.
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
    {
        const auto *same = detail::as<resource>(other);
        return this == &other || (same && same->arena_ == arena_);
    }

    Arena *arena_;
};

// An object of type T, made of the arguments, whose destructor runs when the arena takes it back: at a
// rewind, newest first, a reset or the end. One that has nothing to destroy costs what ARENA_NEW costs.
template <class T, class... Arguments> T *make(Arena *arena, Arguments &&...arguments)
{
    void *memory = detail::tested(arena_new(arena, sizeof(T), alignof(T)));
    T *object = ::new (memory) T(std::forward<Arguments>(arguments)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
        detail::unowned<T> made{object};
        if (!arena_defer(arena, detail::destroy<T>, object))
            detail::tested(nullptr);
        made.object = nullptr;
    }
    return object;
}

} // namespace arena

#endif
