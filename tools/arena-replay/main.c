// arena-replay: shows what arenas did according to a trace, and finds the settings with which they
// would have done it faster.

#define _DEFAULT_SOURCE

#include "list.h"
#include "page.h"
#include "report.h"
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The build says which version this is.
#ifndef ARENA_REPLAY_VERSION
#define ARENA_REPLAY_VERSION "(a version that nobody has named)"
#endif

static const char usage[] =
    "usage: arena-replay [options] FILE\n"
    "\n"
    "Does again what the arenas of a program did, with other settings, and says which are the "
    "best.\n"
    "FILE is a trace: ARENA_OPTIONS=trace=FILE program writes it.\n"
    "\n"
    "  --arena NAME       try settings for the arenas of this name only\n"
    "  --rounds N         measure each setting N times (7; at most 1000)\n"
    "  --list             print what is in the trace instead\n"
    "  --verify           instead, see that a replay allocates what the trace says\n"
    "  --html OUT         write a page that shows the trace instead\n"
    "  --help, --version  print this, or the version\n";

typedef struct Choices {
    const char *path;
    const char *arena; // NULL: all
    const char *html;  // NULL: none
    size_t rounds;
    bool lists;
    bool verifies;
} Choices;

// ----- The command line -----

static _Noreturn void refuse(const char *what, const char *word)
{
    fprintf(stderr, "arena-replay: %s %s\n", what, word);
    exit(2);
}

static const char *take_value(char ***words)
{
    const char *option = **words;
    if (!(*words)[1])
        refuse("a value is missing after", option);
    return *++*words;
}

static size_t take_number(char ***words, size_t most)
{
    const char *option = **words;
    const char *word = take_value(words);
    if (!*word || word[strspn(word, "0123456789")])
        refuse("not a number:", word);
    errno = 0;
    unsigned long long number = strtoull(word, NULL, 10);
    if (errno || number < 1 || number > most) {
        fprintf(stderr, "arena-replay: %s is from 1 to %zu, not %s\n", option, most, word);
        exit(2);
    }
    return (size_t)number;
}

static _Noreturn void print_and_exit(const char *text)
{
    exit(fputs(text, stdout) == EOF || fflush(stdout) == EOF);
}

static void take_option(Choices *choices, char ***words)
{
    const char *word = **words;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        print_and_exit(usage);
    else if (strcmp(word, "--version") == 0)
        print_and_exit("arena-replay " ARENA_REPLAY_VERSION "\n");
    else if (strcmp(word, "--list") == 0)
        choices->lists = true;
    else if (strcmp(word, "--verify") == 0)
        choices->verifies = true;
    else if (strcmp(word, "--arena") == 0)
        choices->arena = take_value(words);
    else if (strcmp(word, "--html") == 0)
        choices->html = take_value(words);
    else if (strcmp(word, "--rounds") == 0)
        choices->rounds = take_number(words, MOST_ROUNDS);
    else
        refuse("unknown option", word);
}

static Choices take_words(char **words)
{
    Choices choices = {.rounds = 7};
    bool has_options = true;
    for (words++; *words; words++) {
        if (has_options && strcmp(*words, "--") == 0)
            has_options = false;
        else if (has_options && (*words)[0] == '-' && (*words)[1])
            take_option(&choices, &words);
        else if (choices.path)
            refuse("more than one file:", *words);
        else
            choices.path = *words;
    }
    if (!choices.path) {
        fputs("arena-replay: there is no trace to read; --help says more\n", stderr);
        exit(2);
    }
    if (choices.lists + choices.verifies + (choices.html != NULL) + (choices.arena != NULL) > 1)
        refuse("one at a time of", "--list, --verify, --html and --arena");
    return choices;
}

// ----- What is done -----

static bool say(const Choices *choices, const char *what)
{
    fprintf(stderr, "arena-replay: %s: %s\n", choices->path, what);
    return false;
}

static bool fits_memory(const Choices *choices, const Operations *operations)
{
    char texts[2][32];
    uint64_t most = replay_most_bytes();
    if (operations->peak <= most)
        return true;
    fprintf(stderr, "arena-replay: %s: the arenas had %s; a replay can have %s on this machine\n",
            choices->path, bytes_text(operations->peak, texts[0], sizeof texts[0]),
            bytes_text(most, texts[1], sizeof texts[1]));
    return false;
}

// Marks what settings apply to; false, after a message, if there is nothing.
static bool choose_groups(const Choices *choices, Operations *operations)
{
    bool any = false;
    for (uint32_t i = 0; i < operations->group_count; i++) {
        Group *group = &operations->groups[i];
        const char *name = *group->name ? group->name : "(no name)"; // as --list has it
        bool is_named = !choices->arena || strcmp(choices->arena, name) == 0;
        group->is_tuned = group->source == TRACE_HEAP && is_named;
        any = any || group->is_tuned;
    }
    return any || say(choices, choices->arena ? "no arena on the heap has that name; see --list"
                                              : "no arena on the heap is in it");
}

static bool find_settings(const Choices *choices, Operations *operations, const char *program)
{
    Search search = {0};
    Measure measure;
    if (!fits_memory(choices, operations) || !choose_groups(choices, operations) ||
        !measure_begin(&measure, operations, choices->path, program))
        return false;
    bool good = search_settings(&search, &measure, operations, choices->rounds);
    if (good)
        report_search(&search, operations, choices->rounds);
    search_free(&search);
    measure_end(&measure);
    return good;
}

static bool is_same_file(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

static bool write_page(const Choices *choices, Trace *trace)
{
    trace_rewind(trace);
    if (is_same_file(choices->path, choices->html))
        return say(choices, "the page would be written over the trace");
    FILE *out = fopen(choices->html, "w");
    bool good = out && page_write(trace, out);
    int error = errno;
    if (out && fclose(out) != 0 && good) {
        error = errno;
        good = false;
    }
    if (!good)
        fprintf(stderr, "arena-replay: %s: %s\n", choices->html, strerror(error));
    return good;
}

static bool use_operations(const Choices *choices, Trace *trace, const char *program)
{
    Operations operations;
    bool good = operations_read(&operations, trace, choices->path);
    if (good && choices->lists)
        list_groups(&operations);
    if (good && choices->verifies)
        good =
            fits_memory(choices, &operations) && verify_replay(&operations, trace, choices->path);
    if (good && !choices->lists && !choices->verifies)
        good = find_settings(choices, &operations, program);
    operations_free(&operations);
    return good;
}

static bool use_trace(const Choices *choices, const char *program)
{
    Trace *trace = trace_open(choices->path);
    if (!trace)
        return false;
    bool good = true;
    if (choices->html)
        good = write_page(choices, trace);
    if (good && (!choices->html || choices->lists || choices->verifies))
        good = use_operations(choices, trace, program);
    trace_close(trace);
    return good;
}

// Whoever exports ARENA_OPTIONS means other programs, and maybe the very file that is read here.
int main(int count, char **words)
{
    setenv("ARENA_OPTIONS", "nocheck", 1);
    int status = measure_in_child(count, words);
    if (status >= 0)
        _exit(status);
    Choices choices = take_words(words);
    bool good = use_trace(&choices, words[0]);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "arena-replay: the output: %s\n", strerror(errno));
        good = false;
    }
    return good ? 0 : 1;
}
