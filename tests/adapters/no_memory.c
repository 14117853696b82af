// Libraries that do not bear a lack of memory: brotli's encoder, as Debian builds it, ends the program, and
// gumbo writes to NULL. On arenas that are too small `on_failure` leaves them by longjmp; nothing is lost.

#include <arena/adapters/opaque.h>

#include "adapter.h"

#include <brotli/encode.h>
#include <gumbo.h>
#include <setjmp.h>

enum { PART = 20000 };

// Returns a number that says what came of it.
typedef size_t Job(Arena *arena, const char *bytes, size_t size);

static size_t count_nodes(const GumboNode *node)
{
    size_t count = 1;
    if (node->type == GUMBO_NODE_ELEMENT)
        for (unsigned i = 0; i < node->v.element.children.length; i++)
            count += count_nodes(node->v.element.children.data[i]);
    return count;
}

static size_t parse(Arena *arena, const char *bytes, size_t size)
{
    GumboOptions options = kGumboDefaultOptions;
    if (arena) {
        options.allocator = arena_opaque_alloc;
        options.deallocator = arena_opaque_free;
        options.userdata = arena;
    }
    GumboOutput *output = gumbo_parse_with_options(&options, bytes, size);
    size_t count = count_nodes(output->root);
    gumbo_destroy_output(&options, output);
    return count;
}

static size_t pack(Arena *arena, const char *bytes, size_t size)
{
    static uint8_t packed[2 * PART];
    BrotliEncoderState *packer =
        arena ? BrotliEncoderCreateInstance(arena_opaque_alloc, arena_opaque_free, arena)
              : BrotliEncoderCreateInstance(NULL, NULL, NULL);
    size_t left = size, room = sizeof packed, length = 0;
    const uint8_t *in = (const uint8_t *)bytes;
    uint8_t *out = packed;
    BrotliEncoderSetParameter(packer, BROTLI_PARAM_LGWIN, 16);
    check(BrotliEncoderCompressStream(packer, BROTLI_OPERATION_FINISH, &left, &in, &room, &out,
                                      &length) &&
              BrotliEncoderIsFinished(packer),
          "it is compressed");
    BrotliEncoderDestroyInstance(packer);
    return length;
}

static jmp_buf way_out;

static void leave(Arena *arena, size_t size, void *context)
{
    (void)arena;
    (void)size;
    (void)context;
    longjmp(way_out, 1);
}

// Whether the memory was enough.
static bool is_done(Job *job, Arena *arena, const char *bytes, size_t size, size_t expected)
{
    if (setjmp(way_out))
        return false;
    check(job(arena, bytes, size) == expected, "it is the same on a small arena");
    return true;
}

// On arenas of each size up to that which is enough.
static void do_on_small_arenas(Job *job, const char *bytes, size_t size, size_t expected)
{
    bool done = false;
    int failures = 0;
    for (size_t limit = 8192; !done; limit += limit / 8) {
        ArenaOptions options = {.capacity = 64, .limit = limit, .on_failure = leave};
        Arena *arena = arena_create_with(&options);
        check(arena, "there is an arena");
        done = is_done(job, arena, bytes, size, expected);
        failures += done ? 0 : 1;
        check(arena_is_valid(arena), "the arena is whole");
        check(arena_stats(arena).failures == (done ? 0 : 1), "it is left at its first failure");
        arena_destroy(arena);
    }
    check(failures > 10, "arenas were too small");
}

// Small arenas are made where malloc serves, whose calls nobody counts there.
static void work(Arena *arena, const char *bytes, size_t size)
{
    static Job *const jobs[] = {parse, pack};
    size_t part = size < PART ? size : PART;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        size_t result = jobs[i](arena, bytes, part);
        printf("%zu\n", result);
        if (!arena)
            do_on_small_arenas(jobs[i], bytes, part, result);
    }
}
