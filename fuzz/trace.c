// The reader of traces on any file: what it takes for a trace can be replayed and shown, and anything else is
// refused with a sentence.

#define _GNU_SOURCE

#include "fuzz.h"

#include "../tools/arena-replay/page.h"
#include "../tools/arena-replay/verify.h"

#include <sys/mman.h>
#include <unistd.h>

enum { MOST_REPLAYED = 1 << 24, MOST_OPERATIONS = 1 << 16 };

// Whatever is printed is of no interest here.
static FILE *nowhere(void)
{
    static FILE *file;
    if (!file)
        file = fopen("/dev/null", "w");
    return file;
}

// A sanitizer takes an eighth of what is only reserved, as for an object that is aligned to gigabytes, or
// for a first block of so many.
static bool is_small(const Operations *operations)
{
    for (uint32_t i = 0; i < operations->count; i++) {
        const Operation *operation = &operations->items[i];
        bool is_large = operation->kind == OP_CREATE && operation->size > MOST_REPLAYED;
        if (is_large || (operation->log_align & 63) > 20)
            return false;
    }
    return operations->peak <= MOST_REPLAYED && operations->count <= MOST_OPERATIONS;
}

static void read_trace(const char *path)
{
    Operations operations;
    Trace *trace = trace_open(path);
    if (!trace)
        return;
    bool good = operations_read(&operations, trace, path);
    if (good && is_small(&operations))
        verify_replay(&operations, trace, path);
    operations_free(&operations);
    trace_rewind(trace);
    CHECK(page_write(trace, nowhere()));
    trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int file = -1;
    static char path[32];
    static FILE *errors, *output;
    if (file < 0) {
        file = memfd_create("trace", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        errors = stderr;
        output = stdout;
    }
    if (file < 0 || !nowhere() || ftruncate(file, 0) != 0 ||
        pwrite(file, bytes, size, 0) != (ssize_t)size)
        return 0;
    stderr = stdout = nowhere();
    read_trace(path);
    stderr = errors;
    stdout = output;
    return 0;
}
