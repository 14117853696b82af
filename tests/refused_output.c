// Profiles, traces, counts and pictures where there is no memory for them, or no file: what cannot be noted
// is missing, what cannot be written is said, and the program goes on.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // fopencookie, memmem
#endif

#include "refusals.h"

#include "../src/watch/lock.h"
#include "../src/watch/output.h"
#include "../src/watch/profile.h"
#include "../src/watch/stats.h"
#include "../src/watch/trace.h"
#include "../src/watch/trace_format.h"
#include "support/check.h"

#include <arena/watch.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAND_IN(name, function) stand_in(CALL_##name, (void (*)(void))(function))

#define SIZE ((size_t)112) // which needs no padding

static char file_name[64]; // of what is written

static void name_file(const char *ending)
{
    remove(file_name);
    snprintf(file_name, sizeof file_name, "refused_output.%ld.%s", (long)getpid(), ending);
}

static int start(void **state)
{
    (void)state;
    refuse_nothing();
    arena_profile_interval(1);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    refuse_nothing();
    remove(file_name);
    return 0;
}

// The contents of the file; to be freed.
static char *read_whole(FILE *file, size_t *size)
{
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *size, file), *size);
    text[*size] = 0;
    fclose(file);
    return text;
}

static Arena *new_watched(const char *name, const ArenaWatcher *watcher)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = name, .capacity = 2000});
    if (arena && watcher && !arena_watch(arena, watcher))
        abort();
    return arena;
}

static ARENA_OUTLINED void *use(Arena *arena)
{
    return hide_pointer(arena_alloc(arena, SIZE));
}

// ----- Child processes -----

// What is not so ends a child with a failure.
#define must(condition) ((condition) ? (void)0 : give_up(__LINE__, #condition))

static void give_up(int line, const char *condition)
{
    fprintf(stderr, "line %d: %s\n", line, condition);
    _exit(1);
}

static void (*at_very_end)(void); // after the library has been told that the process ends

__attribute__((destructor(102))) static void run_at_very_end(void)
{
    if (at_very_end)
        at_very_end();
}

// What a process says that does this, and ends as programs do; to be freed.
static char *said_by(void (*work)(void))
{
    FILE *errors = tmpfile();
    assert_non_null(errors);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(100); // for what would never end
        if (dup2(fileno(errors), STDERR_FILENO) < 0)
            _exit(1);
        work();
        refuse_nothing();
        exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    size_t size;
    char *text = read_whole(errors, &size);
    if (status != 0)
        fail_msg("status %d: %s", status, text);
    return text;
}

static void check_said(void (*work)(void), const char *expected)
{
    char *text = said_by(work);
    assert_string_equal(text, expected);
    free(text);
}

// ----- What is quick -----

static int yield_nothing(void)
{
    return 0;
}

// Whoever waits for the lock yields some 60,000 times, and to whoever else has work on this machine.
static void yield_nothing_from_now(void)
{
    STAND_IN(sched_yield, yield_nothing);
}

// Frames that are in the program, of which the linker knows the start: AddressSanitizer looks for new
// libraries at each address that is in no file.
extern char program_start[] __asm__("__executable_start");

static int short_stack(void **frames, int most)
{
    for (int i = 0; i < 3 && i < most; i++)
        frames[i] = program_start + 1 + i;
    return 3;
}

// ----- Profiles -----

// Bytes that the profile has of arenas of a name, in all or now.
static double bytes_of(const char *ending, const char *name)
{
    char line[8192], begin[100];
    double sum = 0;
    name_file(ending);
    assert_true(arena_profile_write(file_name));
    FILE *file = fopen(file_name, "r");
    assert_non_null(file);
    size_t length = (size_t)snprintf(begin, sizeof begin, "arena %s", name);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, begin, length) == 0 && strchr("; ", line[length]))
            sum += strtod(strrchr(line, ' '), NULL);
    fclose(file);
    return sum;
}

static double total_of(const char *name)
{
    return bytes_of("folded", name);
}

static double live_of(const char *name)
{
    return bytes_of("live.folded", name);
}

// Whatever is refused of what it takes to note an object.
static void what_there_is_no_memory_to_note_is_missing(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_malloc, CALL_calloc, CALL_realloc};
    size_t missing = 0, not_live = 0, nameless = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        for (size_t nth = 1, needed = 0; nth <= needed + 1; nth++) {
            char name[20];
            snprintf(name, sizeof name, "name %zu.%zu", i, nth);
            Arena *arena = new_watched(name, arena_profiler());
            double before = total_of("(no name)");
            refuse(calls[i], nth);
            assert_non_null(use(arena));
            needed = calls_of(calls[i]);
            refuse_nothing();
            double without_name = total_of("(no name)") - before;
            double total = total_of(name) + without_name;
            assert_true(total == (double)SIZE || (total == 0 && nth <= needed));
            double live = live_of(name) + without_name;
            assert_true(live == total || (live == 0 && nth <= needed));
            missing += total == 0;
            not_live += live < total;
            nameless += without_name > 0;
            arena_reset(arena);
            assert_true(live_of(name) == 0);
            assert_non_null(use(arena));
            arena_destroy(arena);
        }
    assert_true(missing == 2 && not_live == 1 && nameless == 1);
}

static Arena *another;

static void *malloc_after_another(size_t size)
{
    refuse_nothing();
    assert_non_null(use(another));
    return malloc(size);
}

static void two_arenas_of_a_name_may_be_noted_at_once(void **state)
{
    (void)state;
    Arena *arena = new_watched("at once", arena_profiler());
    another = new_watched("at once", arena_profiler());
    STAND_IN(malloc, malloc_after_another);
    assert_non_null(use(arena));
    assert_true(total_of("at once") == 2 * (double)SIZE);
    arena_destroy(arena);
    arena_destroy(another);
}

enum { NAMES = 270 };

// With so many digits.
static void note_many(const char *prefix, int digits)
{
    STAND_IN(backtrace, short_stack); // each frame is named in each profile
    for (int i = 0; i < NAMES; i++) {
        char name[300];
        snprintf(name, sizeof name, "%s %0*d", prefix, digits, i);
        Arena *arena = new_watched(name, arena_profiler());
        assert_non_null(use(arena));
        arena_destroy(arena);
    }
    stand_in(CALL_backtrace, NULL);
}

static void *calloc_after_many(size_t count, size_t size)
{
    refuse_nothing();
    note_many("meanwhile", 3);
    return calloc(count, size);
}

static void what_is_found_while_a_profile_is_written_is_in_it(void **state)
{
    (void)state;
    STAND_IN(calloc, calloc_after_many);
    assert_true(total_of("meanwhile 269") == (double)SIZE);
}

static size_t write_pprof(bool succeeds)
{
    size_t size;
    name_file("pb.gz");
    errno = 0;
    bool is_written = arena_profile_write(file_name);
    int error = errno;
    refuse_nothing();
    assert_int_equal(is_written, succeeds);
    if (!succeeds) {
        assert_int_equal(error, ENOMEM);
        return 0;
    }
    free(read_whole(fopen(file_name, "rb"), &size));
    return size;
}

// All is written, or it is said that it is not.
static void check_refusals(const RefusableCall *calls, size_t count)
{
    size_t size = write_pprof(true);
    for (size_t i = 0; i < count; i++) {
        refuse(calls[i], 0);
        assert_true(arena_profile_write(file_name));
        size_t needed = calls_of(calls[i]);
        assert_true(needed > 0);
        for (size_t nth = 1; nth <= needed; nth++) {
            refuse(calls[i], nth);
            write_pprof(false);
        }
    }
    assert_int_equal(write_pprof(true), size);
}

static void without_memory_no_profile_is_written(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_malloc, CALL_calloc, CALL_realloc};
    Arena *arena = new_watched("one", arena_profiler());
    assert_non_null(use(arena));
    arena_destroy(arena);
    check_refusals(calls, COUNT_OF(calls));
}

static void a_profile_may_be_of_many_names(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_calloc};
    note_many("written", 250);
    assert_true(write_pprof(true) > 65535); // which is more than one piece
    check_refusals(calls, COUNT_OF(calls));
}

static void without_memory_to_copy_nothing_is_written(void **state)
{
    (void)state;
    name_file("folded");
    refuse(CALL_calloc, 1);
    errno = 0;
    assert_false(arena_profile_write(file_name));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(access(file_name, F_OK), -1);
}

static int made_up_frames(void **frames, int most)
{
    for (int i = 0; i < 3 && i < most; i++)
        frames[i] = (void *)((uintptr_t)0x1234 + (unsigned)i * 16); // NOLINT
    return 3;
}

static void code_may_be_of_no_file(void **state)
{
    (void)state;
    Arena *arena = new_watched("nowhere", arena_profiler());
    STAND_IN(backtrace, made_up_frames);
    assert_non_null(use(arena));
    arena_destroy(arena);
    assert_true(total_of("nowhere") == (double)SIZE);
    write_pprof(true);
}

static void a_profile_that_is_lost_at_the_close_is_a_failure(void **state)
{
    (void)state;
    name_file("folded");
    refuse(CALL_fclose, 1);
    errno = 0;
    assert_false(arena_profile_write(file_name));
    assert_int_equal(errno, EDQUOT);
}

static size_t writes_to_fail;

static ssize_t fail_at_first(void *cookie, const char *bytes, size_t size)
{
    (void)cookie;
    (void)bytes;
    if (writes_to_fail == 0)
        return (ssize_t)size;
    writes_to_fail--;
    errno = EIO;
    return 0;
}

static FILE *open_failing(const char *path, const char *mode)
{
    (void)path;
    FILE *file = fopencookie(NULL, mode, (cookie_io_functions_t){.write = fail_at_first});
    if (file)
        setvbuf(file, NULL, _IONBF, 0);
    return file;
}

static void a_write_that_fails_once_is_a_failure(void **state)
{
    (void)state;
    note_many("once", 3);
    static const char *const names[] = {"profile.folded", "profile.pb.gz"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (writes_to_fail = 0; writes_to_fail < 2; writes_to_fail++) {
            size_t fails = writes_to_fail;
            assert_int_equal(symlink("/dev/null", names[i]), 0); // which is not replaced
            STAND_IN(fopen, open_failing);
            assert_int_equal(arena_profile_write(names[i]), fails == 0);
            remove(names[i]);
            assert_int_equal(writes_to_fail, 0);
            writes_to_fail = fails;
        }
}

// Bytes that the file has; without it, SIZE_MAX.
static size_t bytes_in_file(void)
{
    struct stat status;
    return stat(file_name, &status) == 0 ? (size_t)status.st_size : SIZE_MAX;
}

static void a_profile_that_fails_leaves_the_one_before(void **state)
{
    (void)state;
    char beside[100];
    size_t size = write_pprof(true);
    assert_int_equal(bytes_in_file(), size);
    refuse(CALL_fclose, 1);
    assert_false(arena_profile_write(file_name));
    assert_int_equal(bytes_in_file(), size);
    snprintf(beside, sizeof beside, "%s.%ld~", file_name, (long)getpid());
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(mkdir(beside, 0700), 0); // no second file can be
    size_t larger_size = write_pprof(true);
    assert_true(larger_size > 0 && larger_size != SIZE_MAX);
    assert_int_equal(rmdir(beside), 0);
}

static void promise_profile(void)
{
    must(arena_profile_from_now(file_name));
    must(bytes_in_file() == SIZE_MAX);
    must(chdir("/") == 0);
    Arena *arena = new_watched("promised", arena_profiler());
    must(use(arena));
    arena_destroy(arena);
}

static void a_profile_is_where_the_program_was_when_it_began(void **state)
{
    (void)state;
    name_file("folded");
    check_said(promise_profile, "");
    assert_true(bytes_in_file() > 0 && bytes_in_file() != SIZE_MAX);
}

static void say_there_is_no_profile(void)
{
    refuse(CALL_malloc, 1);
    must(!arena_profile_from_now("profile"));
    refuse(CALL_fopen, 1);
    must(!arena_profile_from_now("profile"));
}

static void a_profile_that_cannot_be_is_told_of(void **state)
{
    (void)state;
    check_said(say_there_is_no_profile,
               "arena: there will be no profile: profile: Cannot allocate memory\n"
               "arena: there will be no profile: profile: Cannot allocate memory\n");
}

// ----- Pictures -----

static void without_memory_a_picture_is_without_functions(void **state)
{
    (void)state;
    Arena *arena = new_watched("picture", arena_profiler());
    assert_non_null(use(arena));
    for (size_t nth = 1; nth <= 6; nth++) {
        size_t size;
        FILE *file = tmpfile();
        assert_non_null(file);
        RefusableCall call = nth <= 4 ? CALL_calloc : CALL_malloc;
        refuse_from(call, nth <= 4 ? nth : 1);
        if (nth == 6)
            refuse_nothing();
        assert_true(arena_picture(arena, file));
        refuse_nothing();
        char *text = read_whole(file, &size);
        assert_non_null(strstr(text, "</svg>"));
        assert_int_equal(strstr(text, "as a profile estimates") != NULL, nth == 6);
        free(text);
    }
    arena_destroy(arena);
}

static void whose_stack_nobody_knows_has_no_name_in_a_picture(void **state)
{
    (void)state;
    size_t size;
    Arena *arena = new_watched("picture", arena_profiler());
    refuse_from(CALL_backtrace, 1);
    assert_non_null(use(arena));
    refuse_nothing();
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(arena_picture(arena, file));
    char *text = read_whole(file, &size);
    assert_non_null(strstr(text, "about that, by ?</title>"));
    free(text);
    arena_destroy(arena);
}

// ----- Traces -----

// What a trace has, which has to be whole.
typedef struct Trace {
    const unsigned char *at;
    const unsigned char *end;
    size_t events[TRACE_EVENTS];
    size_t frames_of_latest; // stack
    size_t allocated_by_nobody;
    uint64_t sources[4]; // of the latest arenas
} Trace;

static uint64_t next_number(Trace *trace)
{
    uint64_t number = 0;
    unsigned shift = 0;
    do {
        assert_true(trace->at < trace->end);
        number |= (uint64_t)(*trace->at & 0x7f) << shift;
        shift += 7;
    } while (*trace->at++ & 0x80);
    return number;
}

static void skip_text(Trace *trace)
{
    trace->at += next_number(trace);
    assert_true(trace->at <= trace->end);
}

static void read_alloc(Trace *trace, unsigned kind, uint64_t *stack)
{
    next_number(trace);
    next_number(trace);
    if (!(kind & TRACE_NEXT_PLACE))
        next_number(trace);
    if (!(kind & TRACE_SAME_STACK))
        *stack = next_number(trace);
    assert_true(*stack < trace->events[TRACE_STACK]);
    trace->allocated_by_nobody += *stack == 0;
}

static void read_event(Trace *trace, unsigned kind, uint64_t *stack)
{
    static const size_t numbers[TRACE_EVENTS] = {
        [TRACE_END] = 1,      [TRACE_RESIZE] = 4,   [TRACE_MARK] = 2,
        [TRACE_REWIND] = 1,   [TRACE_ADOPT] = 1,    [TRACE_THREAD] = 1,
        [TRACE_ACQUIRED] = 1, [TRACE_RELEASED] = 1, [TRACE_TIME] = 1,
    };
    TraceEvent event = (TraceEvent)(kind & TRACE_KIND);
    assert_true(event < TRACE_EVENTS);
    bool has_arena = event >= TRACE_ALLOC && event <= TRACE_RELEASED;
    if (has_arena && !(kind & TRACE_SAME_ARENA))
        assert_true(next_number(trace) < trace->events[TRACE_CREATE]);
    for (size_t i = 0; i < numbers[event]; i++)
        next_number(trace);
    if (event == TRACE_FRAME)
        skip_text(trace);
    if (event == TRACE_ALLOC)
        read_alloc(trace, kind, stack);
    if (event == TRACE_STACK) {
        trace->frames_of_latest = next_number(trace);
        for (size_t i = 0; i < trace->frames_of_latest; i++)
            assert_true(next_number(trace) < trace->events[TRACE_FRAME]);
    }
    if (event == TRACE_CREATE) {
        uint64_t source = next_number(trace);
        trace->sources[trace->events[TRACE_CREATE] % COUNT_OF(trace->sources)] = source;
        for (int i = 0; i < 2; i++)
            next_number(trace);
        skip_text(trace);
        *stack = next_number(trace);
        assert_true(*stack < trace->events[TRACE_STACK]);
    }
    trace->events[event]++;
}

static Trace read_trace(void)
{
    size_t size;
    uint64_t stack = 0;
    char *text = read_whole(fopen(file_name, "rb"), &size);
    Trace trace = {.at = (unsigned char *)text, .end = (unsigned char *)text + size};
    assert_true(size > strlen(TRACE_MAGIC));
    assert_memory_equal(text, TRACE_MAGIC, strlen(TRACE_MAGIC));
    trace.at += strlen(TRACE_MAGIC);
    while (trace.at < trace.end) {
        assert_int_equal(trace.events[TRACE_END], 0);
        unsigned kind = *trace.at++;
        read_event(&trace, kind, &stack);
    }
    assert_int_equal(trace.events[TRACE_END], 1);
    free(text);
    return trace;
}

static void say_there_is_no_trace(void)
{
    static const RefusableCall calls[] = {CALL_malloc, CALL_open, CALL_ftruncate, CALL_fstat,
                                          CALL_fdopen};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        refuse(calls[i], 1);
        must(!arena_trace_from_now("refused_output.none"));
    }
    must(remove("refused_output.none") == 0);
}

static void a_trace_that_cannot_be_is_told_of(void **state)
{
    (void)state;
    check_said(say_there_is_no_trace,
               "arena: there will be no trace: refused_output.none: Cannot allocate memory\n"
               "arena: there will be no trace: refused_output.none: Too many open files\n"
               "arena: there will be no trace: refused_output.none: Input/output error\n"
               "arena: there will be no trace: refused_output.none: Input/output error\n"
               "arena: there will be no trace: refused_output.none: Cannot allocate memory\n");
}

static void trace_with_long_name(void)
{
    static char name[5000];
    memset(name, 'x', sizeof name - 1);
    must(!arena_trace_from_now(name));
    must(!arena_profile_from_now(name));
}

static void a_file_has_no_name_of_five_thousand_letters(void **state)
{
    (void)state;
    char *text = said_by(trace_with_long_name);
    static const char *const ends[] = {"xxx: File name too long\narena:",
                                       "xxx: File name too long\n"};
    assert_non_null(strstr(text, ends[0]));
    assert_string_equal(text + strlen(text) - strlen(ends[1]), ends[1]);
    free(text);
}

static void trace_without_locks(void)
{
    refuse(CALL_flock, 1);
    must(arena_trace_from_now(file_name));
    Arena *arena = new_watched("traced", &arena_tracer);
    must(use(arena));
    arena_destroy(arena);
}

static void where_files_have_no_locks_they_are_written_without(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_without_locks, "");
    assert_int_equal(read_trace().events[TRACE_ALLOC], 1);
}

static void use_in_all_ways(Arena *arena, Arena *from)
{
    ArenaMark mark = arena_mark(arena);
    void *object = use(arena);
    must(arena_realloc(arena, object, SIZE, SIZE + 8));
    arena_rewind(arena, mark);
    must(use(from));
    must(arena_adopt(arena, from));
    hide_pointer(arena_alloc(arena, 100000));
    arena_reset(arena);
    arena_destroy(arena);
}

static size_t refused_at;
static RefusableCall refused_call;

static void trace_with_refusal(void)
{
    must(arena_trace_from_now(file_name));
    (refused_call == CALL_realloc ? refuse_from : refuse)(refused_call, refused_at);
    Arena *arena = arena_create(1000);
    Arena *from = arena_create(1000);
    if (arena && from && arena_watch(arena, &arena_tracer) && arena_watch(from, &arena_tracer)) {
        use_in_all_ways(arena, from);
    } else {
        arena_destroy(arena);
        arena_destroy(from);
    }
    refuse_nothing();
    arena = new_watched("whole", &arena_tracer);
    must(use(arena));
    arena_destroy(arena);
}

// What is written can be read, whatever is refused, and has all of an arena that comes later.
static void what_there_is_no_memory_to_trace_is_missing(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_malloc, CALL_calloc, CALL_realloc};
    size_t of_nobody = 0, not_created = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        for (refused_at = 1; refused_at <= 10; refused_at++) {
            name_file("trace");
            refused_call = calls[i];
            check_said(trace_with_refusal, "");
            Trace trace = read_trace();
            assert_true(trace.events[TRACE_CREATE] >= 1 && trace.events[TRACE_CREATE] <= 3);
            assert_true(trace.events[TRACE_ALLOC] >= 1 && trace.frames_of_latest > 0);
            of_nobody += trace.allocated_by_nobody > 0;
            not_created += trace.events[TRACE_CREATE] == 2;
        }
    if (of_nobody == 0 || not_created < 2)
        fail_msg("%zu %zu", of_nobody, not_created);
}

// The first is full of frames that the next calls do not have.
static unsigned made_up_call;

static int sixteen_frames(void **frames, int most)
{
    for (unsigned i = 0; i < 16 && i < (unsigned)most; i++)
        frames[i] = program_start + 1 + made_up_call * 16 + i;
    made_up_call++;
    return 16;
}

static void trace_many_frames(void)
{
    must(arena_trace_from_now(file_name));
    STAND_IN(backtrace, sixteen_frames);
    Arena *arena = new_watched("frames", &arena_tracer);
    for (int i = 0; i < 300; i++)
        must(use(arena));
    refuse(CALL_calloc, 1); // for a table that is larger
    for (int i = 0; i < 300; i++)
        must(use(arena));
    arena_destroy(arena);
}

static void a_trace_has_thousands_of_functions(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_many_frames, "");
    Trace trace = read_trace();
    assert_int_equal(trace.events[TRACE_STACK], 602);
    assert_true(trace.events[TRACE_FRAME] > 4096 && trace.events[TRACE_FRAME] <= 601 * 16);
    assert_int_equal(trace.events[TRACE_ALLOC], 600);
}

// More than is put together in memory.
static void trace_much(void)
{
    must(arena_trace_from_now(file_name));
    Arena *arena = new_watched("much", &arena_tracer);
    Arena *other = new_watched("other", &arena_tracer);
    for (int i = 0; i < 40000; i++)
        must(use(arena));
    use_in_all_ways(arena, other);
    arena = new_watched("later", &arena_tracer);
    other = new_watched("later", &arena_tracer);
    use_in_all_ways(arena, other);
}

static void trace_little(void)
{
    must(arena_trace_from_now(file_name));
    arena_destroy(new_watched("little", &arena_tracer));
}

static void on_a_full_disk_a_trace_ends_and_the_program_goes_on(void **state)
{
    (void)state;
    const char *expected = "arena: the trace ends here: No space left on device\n";
    if (access("/dev/full", F_OK) != 0)
        skip();
    name_file("trace");
    check_said(trace_much, "");
    assert_true(read_trace().events[TRACE_ALLOC] >= 40000);
    remove(file_name);
    snprintf(file_name, sizeof file_name, "/dev/full");
    check_said(trace_much, expected);
    check_said(trace_little, expected);
    file_name[0] = 0;
}

static void lose_file_at_the_end(void)
{
    refuse_from(CALL_fclose, 1);
}

static void trace_and_lose(void)
{
    trace_little();
    if (atexit(lose_file_at_the_end) != 0)
        _exit(1);
}

static void a_trace_that_is_lost_at_the_close_is_told_of(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_and_lose, "arena: the trace is not whole: Disk quota exceeded\n");
}

// As one that becomes a daemon does: all files are closed, and maybe another one is opened.
static FILE *(*open_another)(void);

static FILE *open_null(void)
{
    return fopen("/dev/null", "r+");
}

static void close_behind(const char *name)
{
    struct stat named, each;
    must(stat(name, &named) == 0);
    int closed = 0;
    for (int file = 3; file < 1000; file++)
        if (fstat(file, &each) == 0 && each.st_dev == named.st_dev && each.st_ino == named.st_ino)
            closed += close(file) == 0;
    must(closed > 0);
}

static void trace_and_close(void)
{
    must(arena_trace_from_now(file_name));
    close_behind(file_name);
    Arena *arena = new_watched("closed", &arena_tracer);
    FILE *other[300] = {NULL};
    for (size_t i = 0; open_another && i < COUNT_OF(other); i++)
        must((other[i] = open_another()) != NULL);
    for (int i = 0; i < 40000; i++)
        must(use(arena));
    arena_destroy(arena);
    for (size_t i = 0; open_another == tmpfile && i < COUNT_OF(other); i++)
        must(fseek(other[i], 0, SEEK_END) == 0 && ftell(other[i]) == 0);
}

static void a_trace_is_not_written_to_another_file(void **state)
{
    (void)state;
    FILE *(*const others[])(void) = {NULL, tmpfile, open_null};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        name_file("trace");
        open_another = others[i];
        check_said(trace_and_close, "arena: the trace ends here: Bad file descriptor\n");
    }
}

static void trace_what_another_writes(void)
{
    FILE *other = fopen(file_name, "wb");
    must(other && fputs("another", other) > 0 && fflush(other) == 0);
    must(flock(fileno(other), LOCK_EX) == 0);
    must(!arena_trace_from_now(file_name));
    must(fclose(other) == 0);
}

static void a_trace_that_another_process_writes_is_left_to_it(void **state)
{
    (void)state;
    char expected[200];
    name_file("trace");
    snprintf(expected, sizeof expected,
             "arena: there will be no trace: %s: Device or resource busy: another process writes "
             "it; with %%p in its name each has its own\n",
             file_name);
    check_said(trace_what_another_writes, expected);
    assert_int_equal(bytes_in_file(), strlen("another"));
}

// So the file has the number that it was given.
static void trace_with_few_files(void)
{
    must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 100}) == 0);
    trace_little();
}

static void a_trace_needs_no_high_number(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_with_few_files, "");
    assert_int_equal(read_trace().events[TRACE_DESTROY], 1);
}

static void trace_without_stacks(void)
{
    must(arena_trace_from_now(file_name));
    refuse_from(CALL_backtrace, 1);
    Arena *arena = new_watched("nowhere", &arena_tracer);
    must(use(arena) && use(arena));
    arena_destroy(arena);
}

static void what_was_called_from_nowhere_is_traced(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_without_stacks, "");
    Trace trace = read_trace();
    assert_int_equal(trace.events[TRACE_ALLOC], 2);
    assert_int_equal(trace.allocated_by_nobody, 2);
    assert_int_equal(trace.events[TRACE_STACK], 1);
}

static void trace_all_sources(void)
{
    static TestSource source;
    static char buffer[4000];
    must(arena_trace_from_now(file_name));
    Arena *arenas[] = {
        arena_create(0),
        arena_create_in(buffer, sizeof buffer),
        arena_create_region(100000),
        arena_create_with(&(ArenaOptions){.source = test_source(&source)}),
    };
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        must(arenas[i] && arena_watch(arenas[i], &arena_tracer) && use(arenas[i]));
        if (i != 1)
            arena_destroy(arenas[i]);
    }
}

static void a_trace_says_where_memory_came_from(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_all_sources, "");
    Trace trace = read_trace();
    assert_int_equal(trace.events[TRACE_CREATE], 4);
    static const TraceSource sources[] = {TRACE_HEAP, TRACE_BUFFER, TRACE_REGION, TRACE_OWN};
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        assert_int_equal(trace.sources[i], sources[i]);
}

// Whichever has the later epoch, marks that come after the adoption are new.
static void trace_adoption(void)
{
    must(arena_trace_from_now(file_name));
    for (int i = 0; i < 2; i++) {
        Arena *arena = new_watched("into", &arena_tracer);
        Arena *from = new_watched("from", &arena_tracer);
        if ((arena->epoch < from->epoch) == (i == 0)) {
            Arena *other = arena;
            arena = from;
            from = other;
        }
        must(use(arena) && use(from) && arena_adopt(arena, from));
        ArenaMark mark = arena_mark(arena);
        must(use(arena));
        arena_rewind(arena, mark);
        arena_destroy(arena);
    }
}

static void rewinds_after_an_adoption_are_traced(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_adoption, "");
    Trace trace = read_trace();
    assert_int_equal(trace.events[TRACE_ADOPT], 2);
    assert_int_equal(trace.events[TRACE_REWIND], 2);
    assert_int_equal(trace.events[TRACE_ALLOC], 6);
}

static atomic_bool is_cancelled;

static void *allocate_when_cancelled(void *context)
{
    while (!is_cancelled)
        sched_yield();
    for (int i = 0; i < 40000; i++)
        must(use(context));
    pthread_testcancel();
    return NULL;
}

static void trace_and_cancel(void)
{
    pthread_t thread;
    void *result = NULL;
    must(arena_trace_from_now(file_name));
    Arena *arena = new_watched("cancelled", &arena_tracer);
    must(pthread_create(&thread, NULL, allocate_when_cancelled, arena) == 0);
    must(pthread_cancel(thread) == 0);
    is_cancelled = true;
    must(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    arena_destroy(arena);
}

static void a_thread_is_not_cancelled_while_it_writes(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_and_cancel, "");
    assert_int_equal(read_trace().events[TRACE_ALLOC], 40000);
}

static int says_locked[2]; // pipes
static int says_alive[2];

// The child lives longer than its parent, and says whether the trace is locked then.
static void trace_and_leave_child(void)
{
    must(arena_trace_from_now(file_name));
    if (fork() > 0)
        return;
    char byte;
    close(says_alive[1]);
    (void)!read(says_alive[0], &byte, 1);
    int file = open(file_name, O_RDONLY);
    byte = file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0 ? 'f' : 'l';
    _exit(write(says_locked[1], &byte, 1) == 1 ? 0 : 1);
}

static void a_child_does_not_keep_the_trace_locked(void **state)
{
    (void)state;
    char byte = 0;
    assert_int_equal(pipe(says_locked), 0);
    assert_int_equal(pipe(says_alive), 0);
    name_file("trace");
    check_said(trace_and_leave_child, "");
    close(says_alive[1]);
    assert_int_equal(read(says_locked[0], &byte, 1), 1);
    assert_int_equal(byte, 'f');
    close(says_alive[0]);
    close(says_locked[0]);
    close(says_locked[1]);
}

static void trace_and_fork(void)
{
    must(arena_trace_from_now(file_name));
    Arena *arena = new_watched("parent", &arena_tracer);
    must(use(arena));
    pid_t child = fork();
    if (child == 0) {
        use_in_all_ways(arena, new_watched("child", &arena_tracer));
        exit(0);
    }
    int status = 1;
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    must(use(arena));
    arena_destroy(arena);
}

static void a_child_leaves_the_trace_to_its_parent(void **state)
{
    (void)state;
    name_file("trace");
    check_said(trace_and_fork, "");
    Trace trace = read_trace();
    assert_int_equal(trace.events[TRACE_CREATE], 1);
    assert_int_equal(trace.events[TRACE_ALLOC], 2);
}

// ----- What else may come -----

static void a_name_is_as_it_was_where_nobody_knows_the_directory(void **state)
{
    (void)state;
    refuse(CALL_getcwd, 1);
    char *name = arena_output_name("profile");
    assert_string_equal(name, "profile");
    free(name);
    name = arena_output_name("profile");
    assert_true(name[0] == '/' && strstr(name, "/profile"));
    free(name);
}

static void a_profile_has_no_name_of_five_thousand_letters(void **state)
{
    (void)state;
    char name[5000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    errno = 0;
    assert_false(arena_profile_write(name));
    assert_int_equal(errno, ENAMETOOLONG);
}

static bool make_directory_meanwhile(FILE *out, const void *context)
{
    (void)context;
    return fputs("text", out) >= 0 && mkdir(file_name, 0700) == 0;
}

static void what_cannot_take_its_place_is_not_left_beside(void **state)
{
    (void)state;
    char beside[100];
    name_file("directory");
    snprintf(beside, sizeof beside, "%s.%ld~", file_name, (long)getpid());
    errno = 0;
    assert_false(arena_output_write(file_name, make_directory_meanwhile, NULL));
    assert_int_equal(errno, EISDIR);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(rmdir(file_name), 0);
}

// Both names are of the new profile then.
static void a_file_of_two_names_is_written_over(void **state)
{
    (void)state;
    char other[100];
    size_t size = write_pprof(true);
    snprintf(other, sizeof other, "%s.other", file_name);
    assert_int_equal(link(file_name, other), 0);
    Arena *arena = new_watched("of two names", arena_profiler());
    assert_non_null(use(arena));
    arena_destroy(arena);
    assert_true(arena_profile_write(file_name));
    assert_true(bytes_in_file() > size);
    struct stat status;
    assert_int_equal(stat(other, &status), 0);
    assert_int_equal(status.st_size, bytes_in_file());
    assert_int_equal(remove(other), 0);
}

// In a directory of its own.
static void write_short_name(void)
{
    must(mkdir(file_name, 0700) == 0 && chdir(file_name) == 0);
    must(arena_profile_write("p"));
    FILE *file = fopen("p", "rb");
    must(file && fgetc(file) == 0x1f && fgetc(file) == 0x8b);
    must(remove("p") == 0 && chdir("..") == 0 && rmdir(file_name) == 0);
}

static void a_name_of_one_letter_is_of_a_profile_for_pprof(void **state)
{
    (void)state;
    name_file("short");
    check_said(write_short_name, "");
}

// A reader refuses text that is not UTF-8.
static void names_are_text_whatever_their_bytes(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"utf \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "utf \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"a \xE0\xA0\x80 \xED\x9F\xBF \xF4\x8F\xBF\xBF",
         "a \xE0\xA0\x80 \xED\x9F\xBF \xF4\x8F\xBF\xBF"},
        {"\xE9t\xE9 there", "?t? there"},
        {"cut \xE2\x82 here", "cut ?? here"},
        {"cut \xF0\x9F\x98 here", "cut ??? here"},
        {"overlong \xC0\xAF \xE0\x80\xAF \xF0\x80\x80\xAF", "overlong ?? ??? ????"},
        {"surrogate \xED\xA0\x80", "surrogate ???"},
        {"too far \xF4\x90\x80\x80 \xF9\x90\x80\x80", "too far ???? ????"},
        {"alone \x80 \xBF \xFF", "alone ? ? ?"},
        {"not after \xC3\x28 \xC3\xC3", "not after ?( ??"},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Arena *arena = new_watched(names[i][0], arena_profiler());
        assert_non_null(use(arena));
        arena_destroy(arena);
    }
    name_file("pb.gz");
    assert_true(arena_profile_write(file_name));
    size_t size;
    char *text = read_whole(fopen(file_name, "rb"), &size); // which is stored as it is
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(memmem(text, size, names[i][1], strlen(names[i][1])));
    free(text);
}

// What is left behind stays noted where it is, though nobody hears of the copy, which lies in the window.
static void a_copy_that_nobody_heard_of_is_an_object_of_its_own(void **state)
{
    (void)state;
    Arena *arena = arena_create_with(&(ArenaOptions){.capacity = 100000});
    assert_true(arena && arena_watch(arena, arena_profiler()));
    void *left = use(arena);
    arena_profile_interval(SIZE_MAX / 4); // from the next object on
    assert_non_null(use(arena));
    void *copy = hide_pointer(arena_realloc(arena, left, SIZE, 2 * SIZE));
    assert_true(copy && copy != left);
    size_t count, found = 0;
    ProfileMark *marks = arena_profile_marks(arena, &count);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++)
        found += marks[i].start == left;
    assert_int_equal(found, 1);
    free(marks);
    arena_destroy(arena);
}

static void a_shrink_where_nothing_was_noted_is_not_noted(void **state)
{
    (void)state;
    arena_profile_interval(SIZE_MAX / 4);
    Arena *arena = new_watched("shrunk", arena_profiler());
    void *object = use(arena);
    assert_ptr_equal(hide_pointer(arena_realloc(arena, object, SIZE, 8)), object);
    size_t count = 1;
    free(arena_profile_marks(arena, &count));
    assert_int_equal(count, 0);
    assert_true(total_of("shrunk") == 0);
    arena_destroy(arena);
}

static void an_empty_name_is_none(void **state)
{
    (void)state;
    double before = total_of("(no name)");
    Arena *arena = new_watched("", arena_profiler());
    assert_non_null(use(arena));
    arena_destroy(arena);
    assert_true(total_of("(no name)") - before == (double)SIZE);
}

static void what_nobody_has_noted_can_be_adopted(void **state)
{
    (void)state;
    Arena *into = new_watched("into", arena_profiler());
    Arena *from = new_watched("from", NULL);
    assert_non_null(use(into));
    assert_non_null(use(from));
    assert_true(arena_adopt(into, from));
    assert_true(live_of("into") == (double)SIZE);
    assert_true(live_of("from") == 0);
    arena_destroy(into);
    assert_true(live_of("into") == 0);
}

// Refused is what is needed for the other one's objects, or first of all to note any.
static void what_there_is_no_memory_to_adopt_is_not_live(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_calloc, CALL_realloc};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        Arena *into = new_watched("adopts", arena_profiler());
        Arena *from = new_watched("adopted", arena_profiler());
        assert_non_null(use(from));
        assert_true(live_of("adopted") == (double)SIZE);
        refuse_from(calls[i], 1);
        assert_true(arena_adopt(into, from));
        assert_true(calls_of(calls[i]) > 0);
        refuse_nothing();
        assert_true(live_of("adopted") == 0);
        assert_true(total_of("adopted") == (double)SIZE * (double)(i + 1));
        arena_destroy(into);
    }
}

static void the_interval_is_known_while_the_lock_is_held(void **state)
{
    (void)state;
    arena_profile_interval(12345);
    STAND_IN(sched_yield, yield_nothing);
    take_lock();
    size_t interval = arena_profile_interval_now();
    release_lock();
    assert_int_equal(interval, 12345);
}

// Some sixteen of forty are noted, and the sum is some twenty percent off.
static void profile_a_few_megabytes(void)
{
    arena_profile_interval(0);
    must(arena_profile_from_now(file_name));
    Arena *arena = new_watched("few", arena_profiler());
    for (int i = 0; i < 40; i++)
        must(hide_pointer(arena_alloc(arena, 256 << 10)));
    arena_destroy(arena);
}

static void profile_nothing(void)
{
    must(arena_profile_from_now(file_name));
}

// Until the first of small objects is noted, which stands for a thousand.
static void profile_one(void)
{
    size_t count = 0;
    arena_profile_interval(64 << 10);
    must(arena_profile_from_now(file_name));
    Arena *arena = new_watched("one", arena_profiler());
    for (int i = 0; count == 0 && i < 1000000; i++) {
        must(hide_pointer(arena_alloc(arena, 64)));
        free(arena_profile_marks(arena, &count));
    }
    must(count == 1);
    arena_destroy(arena);
}

static void a_profile_of_little_says_how_little_it_is(void **state)
{
    (void)state;
    name_file("folded");
    char *text = said_by(profile_a_few_megabytes);
    const char *off = strstr(text, "its sum may be "), *finer = strstr(text, "interval=");
    assert_true(off && finer);
    unsigned long percent = strtoul(off + 15, NULL, 10), interval = strtoul(finer + 9, NULL, 10);
    assert_true(percent > 10 && percent < 60);
    assert_true(interval >= 1024 && interval <= 32768);
    free(text);
    text = said_by(profile_nothing);
    assert_non_null(strstr(text, "is made of 0 allocations: its sum may be 100 % off"));
    assert_non_null(strstr(text, "interval=1 notes more"));
    free(text);
    text = said_by(profile_one);
    assert_non_null(strstr(text, "is made of 1 allocations: its sum may be 100 % off"));
    free(text);
}

// Nor does its child, which finds that the parent has none.
static char profile_name[sizeof file_name]; // beside the trace

static void fork_twice(void)
{
    must(arena_profile_from_now(profile_name));
    must(arena_trace_from_now(file_name));
    Arena *arena = new_watched("parent", arena_profiler());
    must(arena_watch(arena, &arena_tracer));
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild != 0)
            must(waitpid(grandchild, NULL, 0) == grandchild);
        must(use(arena) && use(arena));
        exit(0);
    }
    int status = -1;
    must(waitpid(child, &status, 0) == child && status == 0);
    must(use(arena));
    arena_destroy(arena);
}

static void children_of_children_write_nothing(void **state)
{
    (void)state;
    name_file("trace");
    snprintf(profile_name, sizeof profile_name, "refused_output.%ld.folded", (long)getpid());
    check_said(fork_twice, "");
    assert_int_equal(read_trace().events[TRACE_ALLOC], 1);
    size_t size;
    char *text = read_whole(fopen(profile_name, "rb"), &size);
    char *row = strstr(text, "arena parent"); // among those of the tests before
    assert_non_null(row);
    row[strcspn(row, "\n")] = '\0';
    assert_true(strtoul(strrchr(row, ' '), NULL, 10) == SIZE);
    free(text);
    assert_int_equal(remove(profile_name), 0);
}

// ----- Counts -----

// The row of a name in the table that was printed.
enum { TOTAL, LARGEST, WASTED, RESERVED, HELD, ARENAS, ALIVE, REWINDS, RESETS, FAILED, COLUMNS };
typedef struct Row {
    size_t figures[COLUMNS];
} Row;

static Row row_of(const char *text, const char *name)
{
    char end[100];
    Row row = {{0}};
    snprintf(end, sizeof end, "  %s\n", name);
    const char *at = strstr(text, end);
    if (!at)
        fail_msg("no \"%s\" in %s", name, text);
    while (at > text && at[-1] != '\n')
        at--;
    for (size_t i = 0; i < COLUMNS; i++) {
        char *next;
        row.figures[i] = strtoul(at, &next, 10);
        at = next;
    }
    return row;
}

static void count_without_memory(void)
{
    arena_count_from_now();
    size_t refused = 0;
    for (size_t nth = 1, needed = 0; nth <= needed + 1; nth++) {
        char name[20];
        snprintf(name, sizeof name, "name %zu", nth);
        Arena *arena = new_watched(name, NULL);
        Arena *other = new_watched("other", NULL);
        refuse(CALL_calloc, nth);
        bool is_watched = arena_watch(arena, &arena_counter);
        needed = calls_of(CALL_calloc);
        refuse_nothing();
        refused += !is_watched;
        use_in_all_ways(arena, other);
    }
    must(refused <= 1);
}

static void arenas_without_memory_to_count_them_are_counted_together(void **state)
{
    (void)state;
    char *text = said_by(count_without_memory);
    Row others = row_of(text, "(others)");
    assert_int_equal(others.figures[ARENAS], 1);
    assert_int_equal(others.figures[ALIVE], 0);
    assert_true(others.figures[TOTAL] > 100000);
    assert_non_null(strstr(text, "\nand 1 arenas for which there was no memory to count them\n"));
    free(text);
}

static void count_none(void)
{
    arena_count_from_now();
}

static void count_one(size_t refused)
{
    arena_count_from_now();
    Arena *arena = new_watched("one", NULL);
    must(arena_watch(arena, &(ArenaWatcher){.context = NULL})); // which has the watch there
    refuse(CALL_calloc, refused);
    must(arena_watch(arena, &arena_counter));
    must(calls_of(CALL_calloc) == refused);
    refuse_nothing();
    must(use(arena));
    arena_destroy(arena);
}

static void count_one_without_seat(void)
{
    count_one(1);
}

static void count_one_without_line(void)
{
    count_one(2);
}

static void there_is_a_table_if_there_was_an_arena(void **state)
{
    (void)state;
    check_said(count_none, "");
    char *text = said_by(count_one_without_seat);
    assert_null(strstr(text, "one\n"));
    assert_non_null(strstr(text, "\nand 1 arenas for which there was no memory to count them\n"));
    free(text);
    text = said_by(count_one_without_line);
    assert_int_equal(row_of(text, "(others)").figures[ARENAS], 1);
    assert_int_equal(row_of(text, "(others)").figures[TOTAL], SIZE);
    assert_null(strstr(text, "no memory"));
    free(text);
}

static Arena *living;

static void count_after_the_end(void)
{
    size_t used = arena_stats(living).used;
    arena_rewind(living, arena_mark(living));
    arena_destroy(living);
    Arena *arena = new_watched("too late", &arena_counter);
    must(use(arena));
    arena_reset(arena);
    arena_destroy(arena);
    if (used < SIZE)
        _exit(1);
}

static void count_to_the_end(void)
{
    static const char *const names[] = {"same b", "same a", "same c"};
    arena_count_from_now();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Arena *arena = new_watched(names[i], &arena_counter);
        must(use(arena));
        arena_destroy(arena);
    }
    living = new_watched("living", &arena_counter);
    for (int i = 0; i < 3; i++)
        must(use(living));
    at_very_end = count_after_the_end;
}

static void what_comes_after_the_end_is_not_counted(void **state)
{
    (void)state;
    char *text = said_by(count_to_the_end);
    Row row = row_of(text, "living");
    assert_int_equal(row.figures[TOTAL], 3 * SIZE);
    assert_int_equal(row.figures[LARGEST], 3 * SIZE);
    assert_int_equal(row.figures[ALIVE], 1);
    assert_int_equal(row.figures[REWINDS], 0);
    assert_null(strstr(text, "too late"));
    const char *a = strstr(text, "same a");
    const char *b = strstr(text, "same b");
    const char *c = strstr(text, "same c");
    assert_true(a && a < b && b < c && c > strstr(text, "living"));
    free(text);
}

static void end_now(Arena *arena, void *state, const ArenaMark *mark)
{
    (void)arena;
    (void)state;
    (void)mark;
    exit(0);
}

static void end_while_rewinding(void)
{
    static const ArenaWatcher ending = {.rewound = end_now};
    arena_count_from_now();
    Arena *arena = new_watched("rewinding", &arena_counter);
    must(arena_watch(arena, &ending));
    must(use(arena));
    ArenaMark mark = arena_mark(arena);
    must(use(arena) && use(arena));
    arena_rewind(arena, mark);
    _exit(1);
}

static void a_process_may_end_while_an_arena_is_rewound(void **state)
{
    (void)state;
    char *text = said_by(end_while_rewinding);
    Row row = row_of(text, "rewinding");
    assert_int_equal(row.figures[TOTAL], 3 * SIZE);
    assert_int_equal(row.figures[ALIVE], 1);
    assert_int_equal(row.figures[REWINDS], 1);
    free(text);
}

// As a thread does that is stopped while it has the lock.
static void end_with_lock(void)
{
    trace_little();
    arena_count_from_now();
    must(arena_profile_from_now("/dev/null"));
    must(use(new_watched("locked", &arena_counter)));
    must(atexit(yield_nothing_from_now) == 0); // after refuse_nothing
    take_lock();
}

static void a_process_may_end_with_the_lock(void **state)
{
    (void)state;
    name_file("trace");
    char *text = said_by(end_with_lock);
    assert_int_equal(row_of(text, "locked").figures[TOTAL], SIZE);
    assert_int_equal(read_trace().events[TRACE_DESTROY], 1);
    free(text);
}

static void count_sources(void)
{
    static TestSource source;
    static char buffer[4000];
    arena_count_from_now();
    Arena *arenas[] = {
        arena_create_with(&(ArenaOptions){.name = "own", .source = test_source(&source)}),
        arena_create_with(
            &(ArenaOptions){.name = "buffer", .buffer = buffer, .buffer_size = sizeof buffer}),
        arena_create_region(100000),
    };
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        must(arenas[i] && arena_watch(arenas[i], &arena_counter));
        must(use(arenas[i]));
        arena_rewind(arenas[i], arena_mark(arenas[i]));
    }
}

// What is in the program's memory may be gone at the end, and nobody looks there.
static void only_memory_of_the_librarys_is_looked_at_in_the_end(void **state)
{
    (void)state;
    char *text = said_by(count_sources);
    assert_int_equal(row_of(text, "own").figures[TOTAL], SIZE);
    assert_int_equal(row_of(text, "own").figures[HELD], 0);
    assert_int_equal(row_of(text, "own").figures[ALIVE], 1);
    assert_int_equal(row_of(text, "buffer").figures[HELD], 0);
    assert_int_equal(row_of(text, "buffer").figures[TOTAL], SIZE);
    free(text);
}

static ARENA_OUTLINED Arena *make_here(void)
{
    Arena *arena = arena_create(1000);
    must(arena && arena_watch(arena, &arena_counter));
    return arena;
}

static void count_nameless(void)
{
    arena_count_from_now();
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            refuse_from(CALL_backtrace, 1);
        Arena *arena = make_here();
        refuse_nothing();
        for (int j = 0; j <= i; j++)
            must(use(arena));
        arena_destroy(arena);
    }
}

static void arenas_that_nobody_knows_are_together(void **state)
{
    (void)state;
    char *text = said_by(count_nameless);
    Row row = row_of(text, "(no name)");
    assert_int_equal(row.figures[ARENAS], 1);
    assert_int_equal(row.figures[TOTAL], 2 * SIZE);
    free(text);
}

static void count_many(void)
{
    static Arena *arenas[3000];
    arena_count_from_now();
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        arenas[i] = arena_create_with(&(ArenaOptions){.name = "many", .capacity = 500});
        must(arenas[i] && arena_watch(arenas[i], &arena_counter));
        must(use(arenas[i]) && (i % 2 || use(arenas[i])));
    }
    for (size_t i = 0; i < COUNT_OF(arenas); i++)
        arena_destroy(arenas[i]);
}

static void thousands_of_arenas_are_counted(void **state)
{
    (void)state;
    char *text = said_by(count_many);
    Row row = row_of(text, "many");
    assert_int_equal(row.figures[TOTAL], 4500 * SIZE);
    assert_int_equal(row.figures[LARGEST], 2 * SIZE);
    assert_int_equal(row.figures[ARENAS], 3000);
    assert_int_equal(row.figures[ALIVE], 0);
    free(text);
}

// One that is not the newest, the newest, and one that moves.
static void count_resized(void)
{
    arena_count_from_now();
    Arena *arena = new_watched("resized", &arena_counter);
    void *older = use(arena), *newest = use(arena);
    must(hide_pointer(arena_realloc(arena, older, SIZE, 8)) == older);
    must(hide_pointer(arena_realloc(arena, newest, SIZE, 48)) == newest);
    must(hide_pointer(arena_realloc(arena, older, 8, 2 * SIZE)) != older);
    arena_destroy(arena);
}

static void what_the_newest_gives_back_was_handed_out(void **state)
{
    (void)state;
    char *text = said_by(count_resized);
    Row row = row_of(text, "resized");
    assert_int_equal(row.figures[TOTAL], 4 * SIZE);
    assert_int_equal(row.figures[ALIVE], 0);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_profile_of_little_says_how_little_it_is), // before anything is noted
        TEST(without_memory_no_profile_is_written),
        TEST(what_there_is_no_memory_to_note_is_missing),
        TEST(two_arenas_of_a_name_may_be_noted_at_once),
        TEST(without_memory_to_copy_nothing_is_written),
        TEST(code_may_be_of_no_file),
        TEST(a_profile_that_is_lost_at_the_close_is_a_failure),
        TEST(a_profile_that_fails_leaves_the_one_before),
        TEST(a_profile_is_where_the_program_was_when_it_began),
        TEST(a_profile_that_cannot_be_is_told_of),
        TEST(without_memory_a_picture_is_without_functions),
        TEST(whose_stack_nobody_knows_has_no_name_in_a_picture),
        TEST(a_trace_that_cannot_be_is_told_of),
        TEST(a_file_has_no_name_of_five_thousand_letters),
        TEST(where_files_have_no_locks_they_are_written_without),
        TEST(what_there_is_no_memory_to_trace_is_missing),
        TEST(a_trace_has_thousands_of_functions),
        TEST(on_a_full_disk_a_trace_ends_and_the_program_goes_on),
        TEST(a_trace_that_is_lost_at_the_close_is_told_of),
        TEST(a_trace_is_not_written_to_another_file),
        TEST(a_thread_is_not_cancelled_while_it_writes),
        TEST(a_child_does_not_keep_the_trace_locked),
        TEST(a_child_leaves_the_trace_to_its_parent),
        TEST(arenas_without_memory_to_count_them_are_counted_together),
        TEST(there_is_a_table_if_there_was_an_arena),
        TEST(what_comes_after_the_end_is_not_counted),
        TEST(a_process_may_end_while_an_arena_is_rewound),
        TEST(a_process_may_end_with_the_lock),
        TEST(only_memory_of_the_librarys_is_looked_at_in_the_end),
        TEST(arenas_that_nobody_knows_are_together),
        TEST(thousands_of_arenas_are_counted),
        TEST(what_the_newest_gives_back_was_handed_out),
        TEST(a_trace_that_another_process_writes_is_left_to_it),
        TEST(a_trace_needs_no_high_number),
        TEST(what_was_called_from_nowhere_is_traced),
        TEST(a_trace_says_where_memory_came_from),
        TEST(rewinds_after_an_adoption_are_traced),
        TEST(a_name_is_as_it_was_where_nobody_knows_the_directory),
        TEST(a_profile_has_no_name_of_five_thousand_letters),
        TEST(what_cannot_take_its_place_is_not_left_beside),
        TEST(a_file_of_two_names_is_written_over),
        TEST(a_name_of_one_letter_is_of_a_profile_for_pprof),
        TEST(names_are_text_whatever_their_bytes),
        TEST(a_copy_that_nobody_heard_of_is_an_object_of_its_own),
        TEST(a_shrink_where_nothing_was_noted_is_not_noted),
        TEST(an_empty_name_is_none),
        TEST(what_nobody_has_noted_can_be_adopted),
        TEST(what_there_is_no_memory_to_adopt_is_not_live),
        TEST(the_interval_is_known_while_the_lock_is_held),
        TEST(children_of_children_write_nothing),
        // From here on each profile is of hundreds of names, and takes long to write under AddressSanitizer.
        TEST(what_is_found_while_a_profile_is_written_is_in_it),
        TEST(a_write_that_fails_once_is_a_failure),
        TEST(a_profile_may_be_of_many_names),
    };
    setenv("ARENA_OPTIONS", "nocheck", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
