// Reads a trace with each of its bytes changed to each other value, and replays what is still one.
// Nothing is expected but that this comes to its end.

#define _DEFAULT_SOURCE

#include "../../tools/arena-replay/verify.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4096, MOST_REPLAYED = 1 << 26 };

static bool write_file(const char *path, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(bytes, 1, size, file) == size;
    return file && fclose(file) == 0 && good;
}

// Whether it is a trace, and could be replayed.
static bool replay_file(const char *path)
{
    Operations operations;
    Trace *trace = trace_open(path);
    if (!trace)
        return false;
    bool good = operations_read(&operations, trace, path);
    if (good && operations.peak <= MOST_REPLAYED)
        good = verify_replay(&operations, trace, path);
    operations_free(&operations);
    trace_close(trace);
    return good;
}

// How many are still good, of those that differ in a byte; MOST * 256 if they could not be written.
static size_t try_all(unsigned char *bytes, size_t size, const char *path)
{
    size_t good = 0;
    for (size_t at = 0; at < size; at++) {
        unsigned char right = bytes[at];
        for (int value = 0; value < 256; value++) {
            bytes[at] = (unsigned char)value;
            if (!write_file(path, bytes, size))
                return (size_t)MOST * 256;
            good += value != right && replay_file(path);
        }
        bytes[at] = right;
    }
    return good;
}

int main(int count, char **words)
{
    static unsigned char bytes[MOST];
    FILE *file = count == 3 ? fopen(words[1], "rb") : NULL;
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    setenv("ARENA_OPTIONS", "nocheck", 1);
    if (size == 0 || !replay_file(words[1])) {
        fputs("usage: damaged TRACE CHANGED\n", stderr);
        return 1;
    }
    // Each of them has something to say.
    if (!freopen("/dev/null", "w", stderr))
        return 1;
    if (!freopen("/dev/null", "w", stdout))
        return 1;
    return try_all(bytes, size, words[2]) == (size_t)MOST * 256;
}
