// ARENA_OPTIONS, and who watches the arenas that are made.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // secure_getenv
#endif

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "audit.h"
#include "fault.h"
#include "lock.h"
#include "profile.h"
#include "stats.h"
#include "tags.h"
#include "tools.h"
#include "trace.h"
#include "watch.h"
#include "../core/atomics.h"

#include <errno.h>
#include <stdlib.h>

// What ARENA_OPTIONS can say: words, some of which have a value after a =.
typedef struct Word {
    const char *name;
    // "" if there is none; false: it means nothing. NULL: a word with a value, for help only.
    bool (*apply)(const char *value);
    const char *meaning; // NULL: the word is nothing without a value
} Word;

static bool checks; // every new arena
static bool guards;
static bool counts;
static bool audits; // if it checks
static bool profiles;
static bool traces;
static ARENA_ATOMIC(const ArenaWatcher *) watcher_of_new;

// A number in digits, and nothing else.
static bool read_number(const char *text, size_t *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

static bool switch_check_on(const char *value)
{
    bool audits_too = strcmp(value, "audit") == 0;
    bool tags_too = strcmp(value, "tags") == 0;
    if (*value != 0 && !audits_too && !tags_too)
        return false;
    if (tags_too && !arena_tags_begin())
        fputs("arena: there are no memory tags here; the checker does without\n", stderr);
    checks = true;
    audits = audits || audits_too;
    return true;
}

static bool switch_check_off(const char *value)
{
    if (*value == 0)
        checks = guards = false;
    return *value == 0;
}

static bool switch_guard_on(const char *value)
{
    size_t share = 1;
    if ((*value && !read_number(value, &share)) || share == 0)
        return false;
    arena_guard_one_in(share);
    guards = true;
    return true;
}

static bool switch_counts_on(const char *value)
{
    if (*value == 0)
        counts = true;
    return *value == 0;
}

static bool switch_profile_on(const char *value)
{
    profiles = *value && arena_profile_from_now(value);
    return *value != 0;
}

static bool switch_trace_on(const char *value)
{
    traces = *value && arena_trace_from_now(value);
    return *value != 0;
}

static bool choose_interval(const char *value)
{
    size_t bytes = 0;
    bool good = read_number(value, &bytes) && bytes > 0;
    if (good)
        arena_profile_interval(bytes);
    return good;
}

static bool print_help(const char *value);

static const Word known_words[] = {
    {"check", switch_check_on, "find misuse of arenas, report it and abort"},
    {"check=audit", NULL, "besides, report pointers to what is taken back, and go on"},
    {"check=tags", NULL, "besides, use the memory tags of an Arm processor (MTE)"},
    {"nocheck", switch_check_off, "do not, under a sanitizer or Valgrind either"},
    {"guard", switch_guard_on,
     "give each object pages of its own, inaccessible once it is taken back"},
    {"guard=N", NULL,
     "the same for one object in N, chosen at random; 1000 is cheap enough for use"},
    {"stats", switch_counts_on, "print at the end what arenas were used for"},
    {"profile", switch_profile_on, NULL},
    {"profile=FILE", NULL,
     "write at the end which call stacks allocated how much, for pprof, or collapsed to .folded"},
    {"interval", choose_interval, NULL},
    {"interval=N", NULL,
     "have the profile note an allocation each N bytes, on average; else 524288"},
    {"trace", switch_trace_on, NULL},
    {"trace=FILE", NULL, "write down what arenas do, for arena-replay"},
    {"help", print_help, "print these words"},
};

static bool print_help(const char *value)
{
    fputs("ARENA_OPTIONS, words with : between them\n", stderr);
    for (size_t i = 0; i < sizeof known_words / sizeof *known_words; i++)
        if (known_words[i].meaning)
            fprintf(stderr, "    %-12s %s\n", known_words[i].name, known_words[i].meaning);
    return *value == 0;
}

static bool apply(const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof known_words / sizeof *known_words; i++)
        if (known_words[i].apply && strcmp(known_words[i].name, name) == 0)
            return known_words[i].apply(value);
    return false;
}

// A word of the text, cut in two where it has a value.
static void apply_word(const char *text, size_t length)
{
    char word[4096];
    snprintf(word, sizeof word, "%.*s", (int)smaller(length, sizeof word - 1), text);
    char *equals = strchr(word, '=');
    if (equals)
        *equals = 0;
    if (length > 0 && (length >= sizeof word || !apply(word, equals ? equals + 1 : "")))
        fprintf(stderr,
                "arena: ARENA_OPTIONS has \"%.*s\", which means nothing as it is; help lists what "
                "does\n",
                (int)smaller(length, sizeof word), text);
}

static void apply_all(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ":");
        apply_word(text, length);
        if (text[length] == 0)
            return;
        text += length + 1;
    }
}

static void explain_to_tool(const void *address)
{
    arena_explain(address, stderr);
}

static void watch_new_arena(Arena *arena)
{
    if (checks)
        arena_watch(arena, arena_checker());
    if (guards)
        arena_watch(arena, arena_guard());
    if (counts)
        arena_watch(arena, &arena_counter);
    if (profiles)
        arena_watch(arena, arena_profiler());
    if (traces)
        arena_watch(arena, &arena_tracer);
    const ArenaWatcher *watcher = atomic_load(&watcher_of_new);
    if (watcher)
        arena_watch(arena, watcher);
}

// Memory that goes back to the process's cache would be seen by no tool; what goes to the system no tool
// knows.
static void begin_checking(void)
{
    arena_cache_limit(0);
    arena_fault_begin_checked();
    arena_tool_on_report(explain_to_tool);
}

// New arenas announce themselves only if somebody wants to know.
static void choose_announcement(void)
{
    bool wanted = checks || guards || counts || profiles || traces || atomic_load(&watcher_of_new);
    atomic_store(&arena_on_create, wanted ? watch_new_arena : NULL);
}

static void read_options(void)
{
    checks = arena_tool_is_there();
    guards = checks && !arena_tool_sees_memory(); // which finds reads, as such a tool would
    const char *text = ARENA_GETENV("ARENA_OPTIONS");
    if (text)
        apply_all(text);
    if (checks)
        begin_checking();
    if (checks && audits)
        arena_audit_from_now();
    if (counts)
        arena_count_from_now();
}

// Once, by whichever thread is first; the others wait for it.
static void read_options_once(void)
{
    enum { UNREAD, READING, READ };
    static atomic_int state = UNREAD;
    int expected = UNREAD;
    if (atomic_compare_exchange_strong(&state, &expected, READING)) {
        read_options();
        choose_announcement();
        atomic_store(&state, READ);
    }
    while (atomic_load(&state) != READ)
        arena_yield();
}

void arena_first_create(Arena *arena)
{
    read_options_once();
    watch_new_arena(arena);
}

void arena_watch_new(const ArenaWatcher *watcher)
{
    read_options_once();
    atomic_store(&watcher_of_new, watcher);
    choose_announcement();
}

#endif
