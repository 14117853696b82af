// What ARENA_OPTIONS says: who watches the arenas of a program that was started with it, and what is
// said of words that mean nothing. It is read once in a process, so each has one of its own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // fork
#endif

#include "support/check.h"
#include "support/memory.h"

#include <arena/watch.h>

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHECKED = 1, GUARDED = 2, WATCHED = 4, AUDITED = 8, COUNTED = 16, WRITTEN = 32 };

static char said[1 << 16]; // on stderr
static char path[1000];    // from the root on

static bool knows(const void *address)
{
    FILE *out = tmpfile();
    bool known = out && arena_explain(address, out);
    if (out)
        fclose(out);
    return known;
}

// Objects in the caller's buffer are the checker's to know only.
static int use_arenas(void)
{
    static _Alignas(max_align_t) unsigned char buffer[4096];
    static void *left;
    Arena *lent = arena_create_in(buffer, sizeof buffer);
    int found = knows(arena_alloc(lent, 10)) ? CHECKED : 0;
    arena_destroy(lent);
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "named"});
    arena_audit_root(&left, sizeof left, "left");
    left = hide_pointer(arena_alloc(arena, 100));
    found |= arena->watch ? WATCHED : 0;
    found |= arena_guard_counts().live > 0 ? GUARDED : 0;
    arena_reset(arena);
    arena_destroy(arena);
    return found;
}

// What comes of a program that was started with these options.
static int run_with(const char *options)
{
    int status = -1;
    FILE *err = tmpfile();
    assert_non_null(err);
    remove(path);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(err), STDERR_FILENO);
        setenv("ARENA_OPTIONS", options, 1);
        exit(use_arenas());
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    rewind(err);
    said[fread(said, 1, sizeof said - 1, err)] = 0;
    fclose(err);
    struct stat about;
    return WEXITSTATUS(status) | (strstr(said, "outlives what") ? AUDITED : 0) |
           (strstr(said, "arena: what arenas were used for") ? COUNTED : 0) |
           (stat(path, &about) == 0 && about.st_size > 0 ? WRITTEN : 0);
}

static int set_path(void **state)
{
    (void)state;
    char place[sizeof path / 2];
    if (!getcwd(place, sizeof place))
        return -1;
    snprintf(path, sizeof path, "%s/test_options.%ld", place, (long)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    remove(path);
    return 0;
}

// A tool that sees memory needs no guarded pages, and a sanitizer that does not has them without a word.
enum { GUARDED_BY_TOOL = UNDER_THREAD_SANITIZER ? GUARDED : 0 };

static bool has_guard(void)
{
    return UNDER_THREAD_SANITIZER || !(UNDER_SANITIZER || under_valgrind());
}

// Under a tool all are checked, unless that is switched off.
static int run_with_no_more(const char *options)
{
    char text[8192];
    snprintf(text, sizeof text, "nocheck:%s", options);
    return run_with(text);
}

static void a_word_has_arenas_watched(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        int found;
    } cases[] = {
        {"", 0},
        {"check", CHECKED | WATCHED},
        {"check=audit", CHECKED | WATCHED | AUDITED},
        {"check=audit:check", CHECKED | WATCHED | AUDITED},
        {"check:check=audit", CHECKED | WATCHED | AUDITED},
        {"check=audit:nocheck", 0},
        {"check:guard:nocheck", 0},
        {"stats", WATCHED | COUNTED},
        {"check::stats:", CHECKED | WATCHED | COUNTED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(run_with_no_more(cases[i].options), cases[i].found);
        assert_null(strstr(said, "means nothing"));
    }
    assert_int_equal(run_with(""),
                     UNDER_SANITIZER || under_valgrind() ? CHECKED | WATCHED | GUARDED_BY_TOOL : 0);
}

#if defined(__aarch64__)
enum { MAY_HAVE_TAGS = 1 }; // which tests/targets tries
#else
enum { MAY_HAVE_TAGS = 0 };
#endif

static void without_tags_it_checks_all_the_same(void **state)
{
    (void)state;
    if (MAY_HAVE_TAGS)
        skip();
    assert_int_equal(run_with_no_more("check=tags"), CHECKED | WATCHED);
    assert_string_equal(said, "arena: there are no memory tags here; the checker does without\n");
}

static void the_guard_is_asked_for_with_or_without_a_share(void **state)
{
    (void)state;
    static const char *const words[] = {"guard", "guard=", "guard=1", "guard=0000000001"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_int_equal(run_with_no_more(words[i]) | (has_guard() ? 0 : GUARDED),
                         GUARDED | WATCHED);
        assert_string_equal(said, "");
    }
    assert_int_equal(run_with_no_more("guard=9999999999"), WATCHED);
    assert_string_equal(said, "");
    assert_int_equal(run_with_no_more("guard:stats") & ~GUARDED, WATCHED | COUNTED);
    assert_int_equal(strstr(said, "\n  guarded: 1 objects; about 0 were chosen") != NULL,
                     has_guard());
}

static void a_word_has_files_written(void **state)
{
    (void)state;
    static const char *const words[] = {"trace=", "profile=", "interval=1:profile="};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char text[1100];
        snprintf(text, sizeof text, "%s%s", words[i], path);
        assert_int_equal(run_with_no_more(text), WATCHED | WRITTEN);
        assert_null(strstr(said, "means nothing"));
    }
    static const char *const no_files[] = {"trace=/no/such/place/t", "profile=/no/such/place/p"};
    for (size_t i = 0; i < COUNT_OF(no_files); i++) {
        assert_int_equal(run_with_no_more(no_files[i]), 0);
        assert_non_null(strstr(said, "/no/such/place/"));
        assert_null(strstr(said, "means nothing"));
    }
}

static void a_word_that_means_nothing_is_told_of(void **state)
{
    (void)state;
    static const char *const words[] = {
        "chek",       "CHECK",     "check=twice", "check=audits",
        "check=tag",  "nocheck=1", "guard=0",     "guard=x",
        "guard=1x",   "guard= 1",  "guard=-1",    "guard=/",
        "guard=:",    "stats=1",   "profile",     "profile=",
        "trace",      "trace=",    "interval",    "interval=0",
        "interval=x", "interval=", "=",           "guard=99999999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "arena: ARENA_OPTIONS has \"%.*s\", which means nothing",
                 (int)strlen(words[i]) - (words[i][strlen(words[i]) - 1] == ':'), words[i]);
        // After "guard=:", which is "guard=", there is nothing, and that is no word.
        bool is_word = strcmp(words[i], "guard=:") != 0;
        assert_int_equal(run_with_no_more(words[i]) & ~GUARDED, is_word ? 0 : WATCHED);
        assert_int_equal(strstr(said, expected) != NULL, is_word);
    }
}

// Nor is a file written that has the beginning of its name.
static void a_word_that_is_too_long_does_nothing(void **state)
{
    (void)state;
    static const char *const begins[] = {"", "trace=", "profile=", "check="};
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        char text[6000] = "";
        size_t length = strlen(begins[i]);
        memcpy(text, begins[i], length);
        size_t filler = 4095 - length - strlen(path);
        memset(text + length, '/', filler);
        strcpy(text + length + filler, path);
        strcat(text, "more");
        assert_int_equal(run_with_no_more(text), 0);
        assert_non_null(strstr(said, "which means nothing"));
    }
}

static void help_lists_the_words(void **state)
{
    (void)state;
    static const char *const words[] = {"check ",     "check=audit", "nocheck",      "guard ",
                                        "guard=N",    "stats",       "profile=FILE", "interval=N",
                                        "trace=FILE", "help"};
    assert_int_equal(run_with_no_more("help"), 0);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_non_null(strstr(said, words[i]));
    assert_null(strstr(said, "means nothing"));
    assert_null(strstr(said, "    trace "));
    assert_int_equal(run_with_no_more("help=1"), 0);
    assert_non_null(strstr(said, "\"help=1\", which means nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_has_arenas_watched),
        cmocka_unit_test(without_tags_it_checks_all_the_same),
        cmocka_unit_test(the_guard_is_asked_for_with_or_without_a_share),
        cmocka_unit_test(a_word_has_files_written),
        cmocka_unit_test(a_word_that_means_nothing_is_told_of),
        cmocka_unit_test(a_word_that_is_too_long_does_nothing),
        cmocka_unit_test(help_lists_the_words),
    };
    return cmocka_run_group_tests(tests, set_path, remove_file);
}
