#define ZSTD_STATIC_LINKING_ONLY // for contexts with memory of the user's
#include <zstd.h>

#include <arena/adapters/opaque.h>

#include "adapter.h"

static void work(Arena *arena, const char *bytes, size_t size)
{
    ZSTD_customMem memory = {0};
    if (arena)
        memory = (ZSTD_customMem){arena_opaque_alloc, arena_opaque_free, arena};
    size_t room = ZSTD_compressBound(size);
    char *packed = malloc(room), *unpacked = malloc(size);
    ZSTD_CCtx *packer = ZSTD_createCCtx_advanced(memory);
    ZSTD_DCtx *unpacker = ZSTD_createDCtx_advanced(memory);
    check(packed && unpacked && packer && unpacker, "it begins");
    size_t length = ZSTD_compressCCtx(packer, packed, room, bytes, size, 10);
    check(!ZSTD_isError(length), "it is compressed");
    fwrite(packed, 1, length, stdout);
    check(ZSTD_decompressDCtx(unpacker, unpacked, size, packed, length) == size &&
              memcmp(unpacked, bytes, size) == 0,
          "it is what it was");
    if (!arena) {
        ZSTD_freeCCtx(packer);
        ZSTD_freeDCtx(unpacker);
    }
    free(packed);
    free(unpacked);
}
