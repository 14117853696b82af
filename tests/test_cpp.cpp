// The public headers are C++ as well: every declaration compiles, and links to the C library.

#include <arena/arena.h>
#include <arena/array.h>
#include <arena/herd.h>
#include <arena/scratch.h>
#include <arena/text.h>

#include "support/constants.h"

#include <cstdio>
#include <cstring>

namespace
{

struct Point {
    double x, y;
};

struct alignas(64) Line {
    unsigned char bytes[64];
};

int mistakes = 0;
int calls = 0;

void check(bool is_true, const char *claim)
{
    if (is_true)
        return;
    std::fprintf(stderr, "not so: %s\n", claim);
    mistakes++;
}

void count_call(void *)
{
    calls++;
}

bool is_aligned(const void *pointer, size_t align)
{
    return reinterpret_cast<uintptr_t>(pointer) % align == 0;
}

void typed_objects_have_their_type(Arena *arena)
{
    Point *point = ARENA_NEW0(arena, Point);
    check(point && point->x == 0 && point->y == 0, "a zeroed object is zero");
    Line *lines = ARENA_NEW_ARRAY(arena, Line, 3);
    check(lines && is_aligned(lines, 64), "an over-aligned type is aligned");
    Point *points = ARENA_NEW0_ARRAY(arena, Point, 10);
    check(points && points[9].y == 0, "a zeroed array is zero");
    check(is_aligned(arena_alloc(arena, 3), alignof(max_align_t)), "results are aligned");
}

void marks_undo(Arena *arena)
{
    int value = 1;
    ArenaMark mark = arena_mark(arena);
    check(arena_remember(arena, &value, sizeof value), "bytes are remembered");
    check(arena_defer(arena, count_call, nullptr), "calls are deferred");
    value = 2;
    char *text = arena_asprintf(arena, "%d", value);
    check(text && std::strcmp(text, "2") == 0, "text is formatted");
    arena_rewind(arena, mark);
    check(value == 1 && calls == 1, "a rewind undoes");
}

#if ARENA_HAS_CLEANUP

void leave_by_exception(Arena *results)
{
    ARENA_SCRATCH(scratch, results);
    check(scratch.arena && scratch.arena != results, "a scratch arena is no conflict");
    check(arena_defer(scratch.arena, count_call, nullptr), "calls are deferred in it");
    throw 1;
}

void scopes_end_with_their_block()
{
    ARENA_SCRATCH(outer);
    ARENA_SCRATCH(other, outer.arena, nullptr);
    int before = calls;
    try {
        leave_by_exception(outer.arena);
    } catch (int) {
        check(calls == before + 1, "an exception ends the scope");
    }
    ARENA_SCRATCH(inner);
    check(inner.arena == outer.arena && inner.depth == 3, "a scope without conflicts is nested");
    check(other.arena != outer.arena, "an arena that is named is not taken");
}

#else

void scopes_end_with_their_block()
{
}

#endif

void herds_join(Arena *results)
{
    ArenaHerd *herd = arena_herd_create(nullptr);
    check(herd && arena_herd_number(herd, 1), "a thread has a number in a herd");
    char *text = arena_strdup(arena_herd_member(herd), "text");
    check(arena_herd_join(herd, results), "a herd is joined");
    arena_herd_destroy(herd);
    check(text && arena_owns(results, text), "what was joined lives on");
}

void containers_follow_marks(Arena *arena)
{
    ARENA_ARRAY(Line) lines = {};
    ARENA_SEGMENTED(Point) points = {};
    ArenaText text = {};
    for (size_t i = 0; i < 20; i++) {
        Line *line = ARENA_PUSH(arena, &lines);
        check(line && is_aligned(line, 64), "a pushed item is aligned");
        check(ARENA_ADD(arena, &points) == ARENA_AT(&points, i), "an added item has its place");
    }
    check(arena_text_printf(arena, &text, "%d", 20), "text is formatted into a text");
    ArenaMark mark = arena_mark(arena);
    check(ARENA_POP(arena, &lines) == &lines.items[19], "the last item is popped");
    check(ARENA_APPEND(arena, &lines, lines.items, 5), "items are appended");
    check(ARENA_INSERT(arena, &lines, 3) && ARENA_REMOVE(arena, &lines, 0), "items move");
    check(ARENA_RESERVE(arena, &lines, 50) && ARENA_TRUNCATE(arena, &lines, 2),
          "room and no items");
    check(std::strcmp(arena_text_finish(arena, &text), "20") == 0, "a text is a string");
    arena_rewind(arena, mark);
    check(lines.count == 20 && points.count == 20 && text.count == 2, "all is as it was");
}

} // namespace

int main()
{
    ArenaOptions options = {};
    options.capacity = 1000;
    Arena *arena = arena_create_with(&options);
    if (!arena)
        return 1;
    typed_objects_have_their_type(arena);
    marks_undo(arena);
    scopes_end_with_their_block();
    herds_join(arena);

    check(known_sizes_are_placed_where_they_fit(), "known sizes are placed where they fit");
    check(known_sizes_that_wrap_are_refused(arena), "known sizes that wrap are refused");
    check(known_sizes_fit_no_window_at_the_last_addresses(), "no size passes the last address");
    containers_follow_marks(arena);
    check(arena_stats(arena).used > 0, "something is used");
    check(arena_is_valid(arena), "the arena is valid");
    arena_destroy(arena);
    return mistakes != 0;
}
