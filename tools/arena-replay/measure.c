// The process that measures, and what it says.

#define _DEFAULT_SOURCE

#include "measure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>

static bool refuse_huge_pages(void)
{
    return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
}
#else
static bool refuse_huge_pages(void)
{
    return true; // there are none
}
#endif

static const char child_option[] = "--replay-in-child";

enum { CHILD_ARGUMENTS = 9, CANNOT_BE_HAD = 3 };

// ----- The file -----

// Followed by the operations, the groups of the arenas, and the groups.
typedef struct SharedHeader {
    uint32_t count;
    uint32_t peak_at;
    uint32_t arenas;
    uint32_t objects;
    uint32_t marks;
    uint32_t group_count;
} SharedHeader;

static bool write_all(int file, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool read_all(int file, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = read(file, at, size);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static int open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    char name[4096];
    snprintf(name, sizeof name, "%s/arena-replay-XXXXXX", folder && *folder ? folder : "/tmp");
    int file = mkstemp(name);
    if (file >= 0)
        unlink(name);
    return file;
}

static bool write_operations(int file, const Operations *operations)
{
    SharedHeader header = {
        operations->count,   operations->peak_at, operations->arenas,
        operations->objects, operations->marks,   operations->group_count,
    };
    return write_all(file, &header, sizeof header) &&
           write_all(file, operations->items, operations->count * sizeof *operations->items) &&
           write_all(file, operations->groups, operations->group_count * sizeof(Group)) &&
           write_all(file, operations->group_of, operations->arenas * sizeof(uint32_t));
}

bool measure_begin(Measure *measure, const Operations *operations, const char *path,
                   const char *program)
{
    *measure = (Measure){.program = program, .path = path, .file = open_nameless()};
    if (measure->file >= 0 && write_operations(measure->file, operations))
        return true;
    fprintf(stderr, "arena-replay: a temporary file: %s\n", strerror(errno));
    measure_end(measure);
    return false;
}

void measure_end(Measure *measure)
{
    if (measure->file >= 0)
        close(measure->file);
    measure->file = -1;
}

// ----- The child -----

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint64_t page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

// A line of /proc/self/status, in bytes. What getrusage says includes what the parent was before.
static uint64_t status_bytes(const char *name)
{
    uint64_t kilobytes = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtoull(line + strlen(name), NULL, 10);
    if (status)
        fclose(status);
    return kilobytes * 1024;
}

// Zeroes that are there, outside of the heap that the replay is going to use.
static void *map_room(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room == MAP_FAILED ? NULL : memset(room, 0, size);
}

// All in memory before anything is measured.
static bool map_file(int file, Operations *operations)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return false;
    size_t size = (size_t)status.st_size;
    char *bytes = map_room(size);
    if (!bytes || lseek(file, 0, SEEK_SET) != 0 || !read_all(file, bytes, size))
        return false;
    SharedHeader header;
    memcpy(&header, bytes, sizeof header);
    *operations = (Operations){
        .count = header.count,
        .peak_at = header.peak_at,
        .arenas = header.arenas,
        .objects = header.objects,
        .marks = header.marks,
        .group_count = header.group_count,
        .items = (Operation *)(void *)(bytes + sizeof header),
    };
    operations->groups = (Group *)(void *)(operations->items + header.count);
    operations->group_of = (uint32_t *)(void *)(operations->groups + header.group_count);
    for (uint32_t i = 0; i < header.group_count; i++)
        operations->groups[i].name = NULL; // an address of the parent's
    return true;
}

static void note_sums(const Replay *replay, Outcome *outcome)
{
    for (uint32_t i = 0; i < replay->operations->arenas; i++) {
        if (!replay->arenas[i])
            continue;
        ArenaStats stats = arena_stats(replay->arenas[i]);
        outcome->reserved += stats.reserved;
        outcome->used += stats.used;
    }
}

static bool replay_and_measure(Replay *replay, Outcome *outcome)
{
    uint32_t count = replay->operations->count;
    uint32_t half = replay->operations->peak_at < count ? replay->operations->peak_at + 1 : count;
    uint64_t resident = status_bytes("VmRSS:");
    uint64_t faults = page_faults();
    double start = now();
    bool good = replay_some(replay, 0, half);
    outcome->seconds = now() - start;
    note_sums(replay, outcome);
    start = now();
    good = good && replay_some(replay, half, count);
    outcome->seconds += now() - start;
    outcome->faults = page_faults() - faults;
    uint64_t most = status_bytes("VmHWM:");
    outcome->resident = most > resident ? most - resident : 0;
    return good;
}

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 10);
}

int measure_in_child(int count, char **arguments)
{
    if (count != CHILD_ARGUMENTS || strcmp(arguments[1], child_option) != 0)
        return -1;
    Settings settings = {
        .capacity = number_of(arguments[4]),
        .largest_block = number_of(arguments[5]),
        .cache = number_of(arguments[6]),
        .has_small_pages = number_of(arguments[7]) != 0,
        .has_region = number_of(arguments[8]) != 0,
    };
    Operations operations;
    Outcome outcome = {0};
    if (settings.has_small_pages && !refuse_huge_pages())
        return CANNOT_BE_HAD;
    if (!map_file((int)number_of(arguments[2]), &operations))
        return 1;
    if (settings.cache != AS_TRACED)
        arena_cache_limit((size_t)settings.cache);
    Replay replay = {.operations = &operations, .settings = &settings};
    void *room = map_room(replay_room(&operations));
    if (!room)
        return CANNOT_BE_HAD;
    replay_begin(&replay, room);
    if (!replay_and_measure(&replay, &outcome))
        return CANNOT_BE_HAD;
    return write_all((int)number_of(arguments[3]), &outcome, sizeof outcome) ? 0 : 1;
}

// ----- The parent -----

static _Noreturn void become_child(const Measure *measure, const Settings *settings, int out)
{
    char numbers[CHILD_ARGUMENTS][24];
    char *arguments[CHILD_ARGUMENTS + 1] = {(char *)(uintptr_t)measure->program,
                                            (char *)(uintptr_t)child_option};
    const uint64_t values[CHILD_ARGUMENTS] = {
        0,
        0,
        (uint64_t)measure->file,
        (uint64_t)out,
        settings->capacity,
        settings->largest_block,
        settings->cache,
        settings->has_small_pages,
        settings->has_region,
    };
    for (int i = 2; i < CHILD_ARGUMENTS; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%" PRIu64, values[i]);
        arguments[i] = numbers[i];
    }
    execv("/proc/self/exe", arguments);
    execvp(measure->program, arguments);
    _exit(127);
}

static Measured say_bad(const Measure *measure, const char *what, int number)
{
    fprintf(stderr, "arena-replay: %s: %s%d\n", measure->path, what, number);
    return MEASURED_BADLY;
}

static Measured wait_for_child(const Measure *measure, pid_t child, bool has_outcome)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        return say_bad(measure, "the replay was ended by signal ", WTERMSIG(status));
    if (WEXITSTATUS(status) == CANNOT_BE_HAD)
        return MEASURED_NOTHING;
    if (WEXITSTATUS(status) != 0 || !has_outcome)
        return say_bad(measure, "the replay ended with status ", WEXITSTATUS(status));
    return MEASURED;
}

Measured measure(const Measure *measure, const Settings *settings, Outcome *outcome)
{
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0)
        return say_bad(measure, "no pipe: error ", errno);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_child(measure, settings, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return say_bad(measure, "no process: error ", errno);
    }
    bool has_outcome = read_all(ends[0], outcome, sizeof *outcome);
    close(ends[0]);
    return wait_for_child(measure, child, has_outcome);
}
