#include <arena/adapters/opaque.h>

#define LEAVES
#include "adapter.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

static void work(Arena *arena, const char *bytes, size_t size)
{
    brotli_alloc_func allocate = arena ? arena_opaque_alloc : NULL;
    brotli_free_func release = arena ? arena_opaque_free : NULL;
    size_t room = BrotliEncoderMaxCompressedSize(size), length = room, left = size;
    uint8_t *packed = malloc(room), *unpacked = malloc(size), *out = packed;
    const uint8_t *in = (const uint8_t *)bytes;
    BrotliEncoderState *packer = BrotliEncoderCreateInstance(allocate, release, arena);
    check(packed && unpacked && packer, "it begins");
    BrotliEncoderSetParameter(packer, BROTLI_PARAM_QUALITY, 6);
    check(BrotliEncoderCompressStream(packer, BROTLI_OPERATION_FINISH, &left, &in, &length, &out,
                                      NULL) &&
              BrotliEncoderIsFinished(packer),
          "it is compressed");
    fwrite(packed, 1, room - length, stdout);
    if (!arena)
        BrotliEncoderDestroyInstance(packer);

    BrotliDecoderState *unpacker = BrotliDecoderCreateInstance(allocate, release, arena);
    left = room - length;
    length = size;
    in = packed;
    out = unpacked;
    check(BrotliDecoderDecompressStream(unpacker, &left, &in, &length, &out, NULL) ==
                  BROTLI_DECODER_RESULT_SUCCESS &&
              memcmp(unpacked, bytes, size) == 0,
          "it is what it was");
    if (!arena)
        BrotliDecoderDestroyInstance(unpacker);
    free(packed);
    free(unpacked);
}
