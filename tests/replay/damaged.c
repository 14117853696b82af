// Reads a trace with each of its bytes changed to each other value, and replays what is still one.
// Nothing is expected but that this comes to its end.

#define _DEFAULT_SOURCE

#include "../../tools/arena-replay/verify.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4096, MOST_REPLAYED = 1 << 26 };

// A byte in the file, which stays as long as it is: that is faster than a new one.
static bool write_byte(FILE *file, size_t at, int value)
{
    return fseek(file, (long)at, SEEK_SET) == 0 && fputc(value, file) == value && fflush(file) == 0;
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

// Whether all could be written.
static bool try_all(FILE *file, const unsigned char *bytes, size_t size, const char *path)
{
    for (size_t at = 0; at < size; at++) {
        for (int value = 0; value < 256; value++) {
            if (!write_byte(file, at, value))
                return false;
            replay_file(path);
        }
        if (!write_byte(file, at, bytes[at]))
            return false;
    }
    return true;
}

static bool copy_and_try(const unsigned char *bytes, size_t size, const char *path)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(bytes, 1, size, file) == size && fflush(file) == 0 &&
                try_all(file, bytes, size, path);
    return file && fclose(file) == 0 && good;
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
    if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
        return 1;
    return copy_and_try(bytes, size, words[2]) ? 0 : 1;
}
