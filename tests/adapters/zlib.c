#include <arena/adapters/opaque.h>

#include "adapter.h"

#include <zlib.h>

static void work(Arena *arena, const char *bytes, size_t size)
{
    z_stream stream = {0};
    if (arena) {
        stream.zalloc = arena_opaque_items;
        stream.zfree = arena_opaque_free;
        stream.opaque = arena;
    }
    size_t room = compressBound(size);
    unsigned char *packed = malloc(room), *unpacked = malloc(size);
    check(packed && unpacked && deflateInit(&stream, 9) == Z_OK, "it begins");
    stream.next_in = (z_const unsigned char *)bytes;
    stream.avail_in = (unsigned)size;
    stream.next_out = packed;
    stream.avail_out = (unsigned)room;
    check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "it is compressed");
    size_t length = stream.total_out;
    fwrite(packed, 1, length, stdout);
    if (!arena)
        deflateEnd(&stream);

    check(inflateInit(&stream) == Z_OK, "it begins again");
    stream.next_in = packed;
    stream.avail_in = (unsigned)length;
    stream.next_out = unpacked;
    stream.avail_out = (unsigned)size;
    check(inflate(&stream, Z_FINISH) == Z_STREAM_END && memcmp(unpacked, bytes, size) == 0,
          "it is what it was");
    if (!arena)
        inflateEnd(&stream);
    free(packed);
    free(unpacked);
}
