#define LZ4F_STATIC_LINKING_ONLY // for contexts with memory of the user's
#include <lz4frame.h>

#include <arena/adapters/opaque.h>

#include "adapter.h"

static size_t checked(size_t result)
{
    check(!LZ4F_isError(result), LZ4F_getErrorName(result));
    return result;
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    LZ4F_CustomMem memory = {0};
    if (arena)
        memory =
            (LZ4F_CustomMem){arena_opaque_alloc, arena_opaque_calloc, arena_opaque_free, arena};
    LZ4F_cctx *packer = LZ4F_createCompressionContext_advanced(memory, LZ4F_VERSION);
    LZ4F_dctx *unpacker = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
    const LZ4F_preferences_t wishes = {.compressionLevel = 9};
    size_t room = LZ4F_compressFrameBound(size, &wishes), length = 0;
    char *packed = malloc(room), *unpacked = malloc(size);
    check(packer && unpacker && packed && unpacked, "it begins");
    length += checked(LZ4F_compressBegin(packer, packed, room, &wishes));
    length +=
        checked(LZ4F_compressUpdate(packer, packed + length, room - length, bytes, size, NULL));
    length += checked(LZ4F_compressEnd(packer, packed + length, room - length, NULL));
    check(length <= room, "it is compressed");
    fwrite(packed, 1, length, stdout);
    size_t got = 0, taken = 0;
    while (taken < length) {
        size_t out = size - got, in = length - taken;
        checked(LZ4F_decompress(unpacker, unpacked + got, &out, packed + taken, &in, NULL));
        got += out;
        taken += in;
    }
    check(got == size && memcmp(unpacked, bytes, size) == 0, "it is what it was");
    if (!arena) {
        LZ4F_freeCompressionContext(packer);
        LZ4F_freeDecompressionContext(unpacker);
    }
    free(packed);
    free(unpacked);
}
