// RFC 1952, with blocks that are stored as RFC 1951 lets them be.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "gzip.h"

#include <stdint.h>

enum { MOST_STORED = 65535 };

static uint32_t checksum(const unsigned char *data, size_t size)
{
    uint32_t sum = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
    }
    return ~sum;
}

static void put_bytes(uint32_t number, int count, FILE *out)
{
    for (int i = 0; i < count; i++)
        fputc((int)(number >> 8 * i & 0xff), out);
}

static void put_stored(const unsigned char *data, size_t size, bool is_last, FILE *out)
{
    put_bytes(is_last, 1, out);
    put_bytes((uint32_t)size, 2, out);
    put_bytes(~(uint32_t)size, 2, out);
    fwrite(data, 1, size, out);
}

bool arena_gzip_write(const unsigned char *data, size_t size, FILE *out)
{
    static const unsigned char header[10] = {0x1f, 0x8b, 8, [9] = 255};
    fwrite(header, 1, sizeof header, out);
    size_t left = size;
    for (; left > MOST_STORED; left -= MOST_STORED)
        put_stored(data + size - left, MOST_STORED, false, out);
    put_stored(data + size - left, left, true, out);
    put_bytes(checksum(data, size), 4, out);
    put_bytes((uint32_t)size, 4, out);
    return !ferror(out);
}

#endif
