// cparse: parses C, shows what it found, and compares an arena with malloc on the same work.

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "cparse.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What --max-depth may be: a stack of 8 MiB is enough for it, sanitized too.
enum { DEEPEST = 5000 };

static const char usage[] =
    "usage: cparse [options] file...\n"
    "\n"
    "Parses C and prints a summary. A file ending in .i is preprocessed already; any other goes\n"
    "through `cc -E` first; - is standard input.\n"
    "\n"
    "  --ast              print the tree instead\n"
    "  --functions        list the function definitions instead\n"
    "  --svg FILE         draw the arena of the last file\n"
    "  --compare          parse again with an arena, and with one malloc for each object\n"
    "  --growth           compare on each file repeated up to 64 times\n"
    "  --cc NAME          the compiler to preprocess with (cc)\n"
    "  -I DIR  -D NAME[=VALUE]  -U NAME  -std=NAME\n"
    "                     passed on to it\n"
    "  --preprocessed     no file needs it\n"
    "  --max-depth N      refuse deeper nesting (2000; at most 5000)\n"
    "  --limit BYTES      give the tree no more memory than this\n"
    "  --help, --version  print this, or the version\n";

// -------------------------------------------------------------------------------------------------
// Memory
// -------------------------------------------------------------------------------------------------

_Noreturn void out_of_memory(Arena *arena, size_t size, void *context)
{
    (void)arena;
    const char *what = context ? context : "a node";
    fprintf(stderr, "cparse: out of memory: %zu bytes for %s\n", size, what);
    exit(1);
}

// With a first block that holds `capacity` bytes, if there is memory for it, or one as usual.
static Arena *create_arena_of(const char *name, size_t capacity, size_t limit)
{
    ArenaOptions options = {
        .name = name,
        .capacity = capacity,
        .limit = limit,
        .on_failure = out_of_memory,
        .on_failure_context = (void *)(uintptr_t)name,
    };
    Arena *arena = arena_create_with(&options);
    if (!arena && capacity) {
        options.capacity = 0;
        arena = arena_create_with(&options);
    }
    if (!arena)
        out_of_memory(NULL, sizeof(ArenaBlock), options.on_failure_context);
    return arena;
}

static Arena *create_arena(const char *name, size_t limit)
{
    return create_arena_of(name, 0, limit);
}

// Lines and tokens of a text of `size` bytes, with room for the array that grows: enough where
// tokens take as much of the text as is assumed, and a line about eight bytes. Where they take less,
// the array moves.
static Arena *create_arrays(size_t size)
{
    enum { LEAST = 1 << 16, FOR_EACH_BYTE = sizeof(Token) / BYTES_FOR_TOKEN + 2 };
    bool fits = size < (PTRDIFF_MAX - LEAST) / FOR_EACH_BYTE;
    return create_arena_of("lines and tokens", fits ? LEAST + size * FOR_EACH_BYTE : 0, 0);
}

// The arena for lines and tokens is made for each unit.
static Memory create_memory(bool with_tree, size_t limit)
{
    return (Memory){
        .tree = with_tree ? create_arena("the tree", limit) : NULL,
        .table = create_arena("the symbol table", 0),
    };
}

static void destroy_memory(Memory *memory)
{
    arena_destroy(memory->arrays);
    arena_destroy(memory->tree);
    arena_destroy(memory->table);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// -------------------------------------------------------------------------------------------------
// Progress, on a terminal, when there are several files
// -------------------------------------------------------------------------------------------------

static void show_progress(const Options *options, size_t file)
{
    const Words *paths = &options->paths;
    if (paths->count > 1 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K[%zu/%zu] %s", file + 1, paths->count, paths->items[file]);
}

// Before anything else is printed.
static void hide_progress(const Options *options)
{
    if (options->paths.count > 1 && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

// -------------------------------------------------------------------------------------------------
// One unit
// -------------------------------------------------------------------------------------------------

static Unit build_unit(Memory *memory, const Source *source, unsigned max_depth)
{
    memory->arrays = create_arrays(source->size);
    Unit unit = {
        .memory = *memory,
        .path = source->path,
        .text = source->text,
        .size = source->size,
        .max_depth = max_depth,
    };
    lex(&unit);
    parse(&unit);
    return unit;
}

static bool save_svg(const Unit *unit, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file)
        draw_svg(unit, file);
    bool failed = !file || ferror(file);
    failed = (file && fclose(file) != 0) || failed;
    if (failed)
        fprintf(stderr, "cparse: %s: %s\n", path, strerror(errno));
    return !failed;
}

// Parses a source, shows what was asked for, and leaves the arenas empty. False if it has errors.
static bool show(Memory *memory, const Options *options, const Source *source, bool last)
{
    double start = now_ms();
    Unit unit = build_unit(memory, source, options->max_depth);
    double built = now_ms();
    hide_progress(options);
    print_errors(&unit, stderr);
    if (options->tree)
        print_tree(&unit, stdout);
    if (options->functions)
        print_functions(&unit, stdout);
    bool good = unit.error_count == 0;
    if (options->svg && last)
        good = save_svg(&unit, options->svg) && good;
    Summary summary = {
        .census = take_census(&unit),
        .tree = arena_stats(memory->tree),
        .arrays = arena_stats(memory->arrays),
        .tokens = unit.tokens.count - 1,
        .identifiers = unit.names.count - unit.names.keywords,
        .build_ms = built - start,
    };
    double before = now_ms();
    arena_reset(memory->tree);
    summary.teardown_ms = now_ms() - before;
    arena_reset(memory->table);
    arena_destroy(memory->arrays);
    memory->arrays = NULL;
    if (!options->tree && !options->functions && !options->compare && !options->growth)
        print_summary(source->path, &summary, stdout);
    return good;
}

// -------------------------------------------------------------------------------------------------
// The comparison
// -------------------------------------------------------------------------------------------------

// Everything in a tree, and nothing else: lines, tokens and scopes are the same in both ways.
static double tear_down(Unit *unit, bool last)
{
    double start = now_ms();
    if (!unit->memory.tree) {
        free_tree(unit->root);
        free_names(&unit->names);
    } else if (last) {
        arena_destroy(unit->memory.tree);
    } else {
        arena_reset(unit->memory.tree);
    }
    return now_ms() - start;
}

static Cost run(const Source *sources, size_t count, bool with_arena, unsigned max_depth)
{
    Cost cost = {.nodes = 0};
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    Memory memory = create_memory(with_arena, 0);
    for (size_t i = 0; i < count; i++) {
        double start = now_ms();
        Unit unit = build_unit(&memory, &sources[i], max_depth);
        cost.build_ms += now_ms() - start;
        cost.nodes += take_census(&unit).nodes;
        cost.blocks = with_arena ? arena_stats(memory.tree).blocks : 0;
        cost.teardown_ms += tear_down(&unit, i + 1 == count);
        arena_reset(memory.table);
        arena_destroy(memory.arrays);
        memory.arrays = NULL;
    }
    getrusage(RUSAGE_SELF, &after);
    cost.page_faults = (size_t)(after.ru_minflt - before.ru_minflt);
    cost.peak_bytes = (size_t)after.ru_maxrss * 1024;
    memory.tree = NULL;
    destroy_memory(&memory);
    return cost;
}

// A process begins with what its parent holds, which its peak can then not be below. So the parent
// lets go of what is kept for later.
static void drop_kept_memory(void)
{
    enum { USUAL = 512 << 20 }; // what the cache is bounded by from the start
    arena_cache_limit(0);
    arena_cache_limit(USUAL);
}

// Runs in a process of its own, so that neither way finds the memory of the other.
static Cost run_apart(const Source *sources, size_t count, bool with_arena, unsigned max_depth)
{
    int ends[2];
    fflush(stdout);
    drop_kept_memory();
    pid_t child = pipe(ends) < 0 ? -1 : fork();
    if (child < 0) {
        perror("cparse: fork");
        exit(1);
    }
    if (child == 0) {
        Cost cost = run(sources, count, with_arena, max_depth);
        exit(write(ends[1], &cost, sizeof cost) != sizeof cost);
    }
    close(ends[1]);
    Cost cost = {.nodes = 0};
    bool good = read(ends[0], &cost, sizeof cost) == sizeof cost;
    close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) < 0 || status != 0 || !good) {
        fprintf(stderr, "cparse: the comparison failed\n");
        exit(1);
    }
    return cost;
}

#define KEEP_LESS(kept, other) ((kept) = (other) < (kept) ? (other) : (kept))

static void keep_best(Cost *best, const Cost *cost)
{
    KEEP_LESS(best->build_ms, cost->build_ms);
    KEEP_LESS(best->teardown_ms, cost->teardown_ms);
    KEEP_LESS(best->peak_bytes, cost->peak_bytes);
    KEEP_LESS(best->page_faults, cost->page_faults);
}

typedef struct Comparison {
    Cost arena;
    Cost heap;
} Comparison;

// The best of some runs, in turns: whatever else the machine does only adds to them.
static Comparison run_both(const Source *sources, size_t count, unsigned max_depth)
{
    enum { RUNS = 7 };
    Comparison best = {
        .arena = run_apart(sources, count, true, max_depth),
        .heap = run_apart(sources, count, false, max_depth),
    };
    for (int i = 1; i < RUNS; i++) {
        Cost arena = run_apart(sources, count, true, max_depth);
        Cost heap = run_apart(sources, count, false, max_depth);
        keep_best(&best.arena, &arena);
        keep_best(&best.heap, &heap);
    }
    return best;
}

static void compare(const Options *options, const Source *sources, size_t count)
{
    Comparison best = run_both(sources, count, options->max_depth);
    if (count == 1)
        printf("%s, parsed both ways\n", sources[0].path);
    else
        printf("%zu files, parsed both ways\n", count);
    print_comparison(&best.arena, &best.heap, stdout);
}

// The source's text, so many times, at the end of the arena.
static Source repeat(Arena *texts, const Source *source, size_t times)
{
    Source repeated = {.path = source->path, .size = source->size * times};
    repeated.text = ARENA_NEW_ARRAY(texts, char, repeated.size + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(repeated.text + i * source->size, source->text, source->size);
    repeated.text[repeated.size] = 0;
    return repeated;
}

static void show_growth(const Options *options, Arena *texts, const Source *source)
{
    enum { MOST_TEXT = 100000000 };
    printf("%s, again and again in one text\n", source->path);
    print_growth_heading(stdout);
    for (size_t times = 1; times <= 64; times *= 4) {
        if (times > 1 && source->size > MOST_TEXT / times)
            break;
        ArenaMark mark = arena_mark(texts);
        Source repeated = repeat(texts, source, times);
        Comparison best = run_both(&repeated, 1, options->max_depth);
        print_growth_row(&best.arena, &best.heap, stdout);
        arena_rewind(texts, mark);
    }
    print_growth_note(stdout);
}

// -------------------------------------------------------------------------------------------------
// All units
// -------------------------------------------------------------------------------------------------

// The texts stay if they will be parsed again.
static bool parse_all(const Options *options, Arena *texts)
{
    bool keep = options->compare || options->growth, good = true;
    Arena *scratch = create_arena("a list", 0), *list = create_arena("a list", 0);
    Memory memory = create_memory(true, options->limit);
    ARENA_ARRAY(Source) sources = {0};
    for (size_t i = 0; i < options->paths.count; i++) {
        show_progress(options, i);
        Source source = read_source(texts, scratch, options, options->paths.items[i]);
        bool last = i + 1 == options->paths.count;
        hide_progress(options);
        if (print_problem(&source, options, stderr)) {
            good = false;
        } else {
            good = show(&memory, options, &source, last) && good;
            *ARENA_PUSH(list, &sources) = source;
        }
        if (!keep)
            arena_reset(texts);
    }
    destroy_memory(&memory);
    if (options->compare && sources.count > 0)
        compare(options, sources.items, sources.count);
    for (size_t i = 0; options->growth && i < sources.count; i++)
        show_growth(options, texts, &sources.items[i]);
    arena_destroy(list);
    arena_destroy(scratch);
    return good;
}

// -------------------------------------------------------------------------------------------------
// Options
// -------------------------------------------------------------------------------------------------

static _Noreturn void refuse(const char *what, const char *word)
{
    fprintf(stderr, "cparse: %s %s\nTry cparse --help.\n", what, word);
    exit(2);
}

// The value of an option that takes one: the next word.
static const char *take_value(char ***words)
{
    const char *option = **words;
    if (!(*words)[1])
        refuse("a value is missing after", option);
    return *++*words;
}

// The same, as a number that is at most `most`.
static size_t take_number(char ***words, size_t most)
{
    const char *word = take_value(words);
    if (!*word || word[strspn(word, "0123456789")])
        refuse("not a number:", word);
    errno = 0;
    unsigned long long number = strtoull(word, NULL, 10);
    if (errno || number > most) {
        fprintf(stderr, "cparse: %s is over %zu, the most that is possible\n", word, most);
        exit(2);
    }
    return (size_t)number;
}

static bool take_flag(Options *options, const char *word)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"--ast", &options->tree},
        {"--functions", &options->functions},
        {"--compare", &options->compare},
        {"--growth", &options->growth},
        {"--preprocessed", &options->preprocessed},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(word, flags[i].word) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

// -I, -D and -U with their values in the same word or in the next; and -std=.
static bool take_cc_option(Arena *arena, Options *options, char ***words)
{
    const char *word = **words;
    bool takes_value = word[0] == '-' && word[1] && strchr("IDU", word[1]);
    if (!takes_value && strncmp(word, "-std=", 5) != 0)
        return false;
    *ARENA_PUSH(arena, &options->cc_options) = word;
    if (takes_value && !word[2])
        *ARENA_PUSH(arena, &options->cc_options) = take_value(words);
    return true;
}

static void take_option(Arena *arena, Options *options, char ***words)
{
    const char *word = **words;
    if (strcmp(word, "--cc") == 0)
        options->cc = take_value(words);
    else if (strcmp(word, "--svg") == 0)
        options->svg = take_value(words);
    else if (strcmp(word, "--max-depth") == 0)
        options->max_depth = (unsigned)take_number(words, DEEPEST);
    else if (strcmp(word, "--limit") == 0)
        options->limit = take_number(words, SIZE_MAX);
    else if (!take_flag(options, word) && !take_cc_option(arena, options, words))
        refuse("unknown option", word);
}

static void print_and_exit(const char *text)
{
    exit(fputs(text, stdout) == EOF || fflush(stdout) == EOF);
}

static Options read_options(Arena *arena, char **words)
{
    Options options = {.cc = "cc", .max_depth = 2000};
    bool only_paths = false;
    for (words++; *words; words++) {
        if (only_paths || **words != '-' || strcmp(*words, "-") == 0)
            *ARENA_PUSH(arena, &options.paths) = *words;
        else if (strcmp(*words, "--") == 0)
            only_paths = true;
        else if (strcmp(*words, "--help") == 0)
            print_and_exit(usage);
        else if (strcmp(*words, "--version") == 0)
            print_and_exit("cparse 1.0\n");
        else
            take_option(arena, &options, &words);
    }
    if (options.paths.count == 0)
        refuse("no file", "was given");
    return options;
}

int main(int count, char **words)
{
    (void)count;
    Arena *arena = create_arena("options", 0);
    Arena *texts = create_arena("texts", 0);
    Options options = read_options(arena, words);
    bool good = parse_all(&options, texts);
    arena_destroy(texts);
    arena_destroy(arena);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "cparse: standard output: %s\n", strerror(errno));
        return 1;
    }
    return good ? 0 : 1;
}
