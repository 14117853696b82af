// cparse: parses C, shows what it found, and compares an arena with malloc on the same work.

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "cparse.h"

#include <arena/herd.h>
#include <arena/watch.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DEEPEST = 5000,  // what --max-depth may be
    STACK = 8 << 20, // bytes that are enough for it, sanitized too
    MOST_JOBS = 256,
};

static const char usage[] =
    "usage: cparse [options] file...\n"
    "\n"
    "Parses C and prints a summary. A file ending in .i is preprocessed already; any other goes\n"
    "through `cc -E` first; - is standard input.\n"
    "\n"
    "  --ast              print the tree instead\n"
    "  --functions        list the function definitions instead\n"
    "  --svg FILE         draw the arenas of the last file\n"
    "  --compare          parse again with an arena, and with one malloc for each object\n"
    "  --growth           compare on each file repeated up to 64 times\n"
    "  --cc NAME          the compiler to preprocess with (cc)\n"
    "  -I DIR  -D NAME[=VALUE]  -U NAME  -std=NAME\n"
    "                     passed on to it\n"
    "  --preprocessed     no file needs it\n"
    "  --jobs N           read and parse N files at once (1; at most 256). Prints the same, at "
    "the\n"
    "                     end: all texts and trees are held until then, where one job drops those\n"
    "                     of each file. Always one with --svg, --compare, --growth, --limit, and\n"
    "                     where - is given twice\n"
    "  --max-depth N      refuse deeper nesting (2000; at most 5000)\n"
    "  --limit BYTES      give the tree no more memory than this\n"
    "  --help, --version  print this, or the version\n";

// -------------------------------------------------------------------------------------------------
// Memory
// -------------------------------------------------------------------------------------------------

// A thread that ends the program keeps the lock, so that no other ends it too.
_Noreturn void out_of_memory(Arena *arena, size_t size, void *context)
{
    static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&ending);
    (void)arena;
    const char *what = context ? context : "a node";
    fprintf(stderr, "cparse: out of memory: %zu bytes for %s\n", size, what);
    exit(1);
}

static ArenaOptions arena_options(const char *name, size_t capacity, size_t limit)
{
    return (ArenaOptions){
        .name = name,
        .capacity = capacity,
        .limit = limit,
        .on_failure = out_of_memory,
        .on_failure_context = (void *)(uintptr_t)name,
    };
}

// With a first block that holds `capacity` bytes, if there is memory for it, or one as usual.
static Arena *create_arena_of(const char *name, size_t capacity, size_t limit)
{
    ArenaOptions options = arena_options(name, capacity, limit);
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
    const Memory *memory = &unit->memory;
    Arena *arenas[] = {memory->tree, memory->arrays, memory->table};
    const char *slash = strrchr(unit->path, '/');
    FILE *file = fopen(path, "w");
    bool failed = !file || !arena_picture_all(arenas, 3, slash ? slash + 1 : unit->path, file);
    failed = (file && fclose(file) != 0) || failed;
    if (failed)
        fprintf(stderr, "cparse: %s: %s\n", path, strerror(errno));
    return !failed;
}

// A file, from when it is read until it was shown.
typedef struct File {
    Source source;
    Unit unit; // if the source is read
    size_t tree_bytes;
    double build_ms;
} File;

// What files are parsed with.
typedef struct Place {
    Memory memory;
    Arena *texts;
    Arena *scratch;
} Place;

// Other files may be there already.
static File parse_file(const Options *options, Place *place, const char *path)
{
    File file = {.source = read_source(place->texts, place->scratch, options, path)};
    if (!is_read(&file.source))
        return file;
    size_t before = arena_stats(place->memory.tree).used;
    double start = now_ms();
    file.unit = build_unit(&place->memory, &file.source, options->max_depth);
    file.build_ms = now_ms() - start;
    file.tree_bytes = arena_stats(place->memory.tree).used - before;
    return file;
}

// Everything but the summary. False if there are errors.
static bool show(const Options *options, const File *file, bool last)
{
    const Unit *unit = &file->unit;
    hide_progress(options);
    print_problems(&file->source, options, stderr);
    if (!is_read(&file->source))
        return false;
    print_errors(unit, stderr);
    if (options->tree)
        print_tree(unit, stdout);
    if (options->functions)
        print_functions(unit, stdout);
    bool saved = !options->svg || !last || save_svg(unit, options->svg);
    return saved && unit->error_count == 0;
}

static bool wants_summaries(const Options *options)
{
    return !options->tree && !options->functions && !options->compare && !options->growth;
}

static Summary summarise(const File *file)
{
    const Unit *unit = &file->unit;
    return (Summary){
        .census = take_census(unit),
        .tokens = unit->tokens.count - 1,
        .identifiers = unit->names.count - unit->names.keywords,
        .tree_bytes = file->tree_bytes,
        .array_bytes = unit->lines.count * sizeof(Line) + unit->tokens.count * sizeof(Token),
        .build_ms = file->build_ms,
    };
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
// All units, in turn
// -------------------------------------------------------------------------------------------------

typedef ARENA_ARRAY(Source) Sources;

// Shows the summary, and leaves the arenas of the place empty. What an arena holds is shown for a
// file that is alone: with others, it would be what they have left there.
static void finish(const Options *options, Place *place, File *file)
{
    Summary summary = summarise(file);
    ArenaStats tree = arena_stats(place->memory.tree);
    double start = now_ms();
    arena_reset(place->memory.tree);
    summary.teardown_ms = now_ms() - start;
    if (options->paths.count == 1)
        summary.tree = &tree;
    arena_reset(place->memory.table);
    arena_destroy(place->memory.arrays);
    place->memory.arrays = NULL;
    if (wants_summaries(options))
        print_summary(file->source.path, &summary, stdout);
}

// One after the other. The texts stay if they will be parsed again.
static bool parse_in_turn(const Options *options, Arena *texts, Arena *list, Sources *sources)
{
    bool keep = options->compare || options->growth, good = true;
    Place place = {create_memory(true, options->limit), texts, create_arena("a list", 0)};
    for (size_t i = 0; i < options->paths.count; i++) {
        show_progress(options, i);
        File file = parse_file(options, &place, options->paths.items[i]);
        good = show(options, &file, i + 1 == options->paths.count) && good;
        if (is_read(&file.source)) {
            finish(options, &place, &file);
            *ARENA_PUSH(list, sources) = file.source;
        }
        if (!keep)
            arena_reset(texts);
    }
    destroy_memory(&place.memory);
    arena_destroy(place.scratch);
    return good;
}

// -------------------------------------------------------------------------------------------------
// All units, by several threads
// -------------------------------------------------------------------------------------------------

// Which thread takes which file does not matter: whoever it was, what came of the file is found by
// its number.
typedef struct Crew {
    const Options *options;
    ArenaHerd *trees;
    ArenaHerd *texts;
    File *files;
    pthread_mutex_t lock;
    size_t next; // the file that nobody has taken yet
} Crew;

static ArenaHerd *create_herd(const char *name)
{
    ArenaOptions options = arena_options(name, 0, 0);
    ArenaHerd *herd = arena_herd_create(&options);
    if (!herd)
        out_of_memory(NULL, 0, options.on_failure_context);
    return herd;
}

static Arena *member_of(ArenaHerd *herd)
{
    Arena *member = arena_herd_member(herd);
    if (!member)
        out_of_memory(NULL, sizeof(ArenaBlock), NULL);
    return member;
}

static bool take_file(Crew *crew, size_t *file)
{
    pthread_mutex_lock(&crew->lock);
    bool taken = crew->next < crew->options->paths.count;
    if (taken) {
        *file = crew->next++;
        show_progress(crew->options, *file);
    }
    pthread_mutex_unlock(&crew->lock);
    return taken;
}

static void *work(void *context)
{
    Crew *crew = context;
    Memory memory = {.tree = member_of(crew->trees), .table = create_arena("the symbol table", 0)};
    Place place = {memory, member_of(crew->texts), create_arena("a list", 0)};
    for (size_t i; take_file(crew, &i);) {
        crew->files[i] = parse_file(crew->options, &place, crew->options->paths.items[i]);
        arena_reset(place.memory.table);
    }
    arena_destroy(place.scratch);
    arena_destroy(place.memory.table);
    return NULL;
}

// Has up to `others` threads work, and this one too. They have the stack that DEEPEST takes.
static void work_together(Crew *crew, size_t others)
{
    pthread_t threads[MOST_JOBS];
    size_t started = 0;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, STACK);
        while (started < others && pthread_create(&threads[started], &attributes, work, crew) == 0)
            started++;
        pthread_attr_destroy(&attributes);
    }
    work(crew);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

// In the order of the files, whose trees are all in `tree`.
static bool show_all(const Options *options, File *files, Arena *tree)
{
    bool good = true;
    for (size_t i = 0; i < options->paths.count; i++) {
        files[i].unit.memory.tree = tree;
        good = show(options, &files[i], false) && good;
        if (!is_read(&files[i].source))
            continue;
        Summary summary = summarise(&files[i]);
        if (wants_summaries(options))
            print_summary(files[i].source.path, &summary, stdout);
        arena_destroy(files[i].unit.memory.arrays);
    }
    return good;
}

static bool parse_at_once(const Options *options, Arena *texts, Arena *list, size_t jobs)
{
    Crew crew = {
        .options = options,
        .trees = create_herd("the tree"),
        .texts = create_herd("texts"),
        .files = ARENA_NEW0_ARRAY(list, File, options->paths.count),
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    work_together(&crew, jobs - 1);
    Arena *tree = create_arena("the tree", 0);
    arena_herd_join(crew.trees, tree);
    arena_herd_join(crew.texts, texts);
    arena_herd_destroy(crew.trees);
    arena_herd_destroy(crew.texts);
    bool good = show_all(options, crew.files, tree);
    arena_destroy(tree);
    return good;
}

// -------------------------------------------------------------------------------------------------
// All units
// -------------------------------------------------------------------------------------------------

// Files are parsed in turn where the arena of one tree is looked at or limited, and where more than
// one is standard input.
static size_t count_jobs(const Options *options)
{
    const Words *paths = &options->paths;
    size_t readers = 0;
    for (size_t i = 0; i < paths->count; i++)
        readers += strcmp(paths->items[i], "-") == 0;
    if (options->compare || options->growth || options->svg || options->limit || readers > 1)
        return 1;
    return options->jobs < paths->count ? options->jobs : paths->count;
}

static bool parse_all(const Options *options, Arena *texts)
{
    Arena *list = create_arena("a list", 0);
    Sources sources = {0};
    size_t jobs = count_jobs(options);
    bool good = jobs > 1 ? parse_at_once(options, texts, list, jobs)
                         : parse_in_turn(options, texts, list, &sources);
    if (options->compare && sources.count > 0)
        compare(options, sources.items, sources.count);
    for (size_t i = 0; options->growth && i < sources.count; i++)
        show_growth(options, texts, &sources.items[i]);
    arena_destroy(list);
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

// The same, as a number from `least` to `most`.
static size_t take_number(char ***words, size_t least, size_t most)
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
    if (number < least) {
        fprintf(stderr, "cparse: %s is under %zu, the least that is possible\n", word, least);
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
        options->max_depth = (unsigned)take_number(words, 0, DEEPEST);
    else if (strcmp(word, "--limit") == 0)
        options->limit = take_number(words, 0, SIZE_MAX);
    else if (strcmp(word, "--jobs") == 0)
        options->jobs = take_number(words, 1, MOST_JOBS);
    else if (!take_flag(options, word) && !take_cc_option(arena, options, words))
        refuse("unknown option", word);
}

static void print_and_exit(const char *text)
{
    exit(fputs(text, stdout) == EOF || fflush(stdout) == EOF);
}

static Options read_options(Arena *arena, char **words)
{
    Options options = {.cc = "cc", .jobs = 1, .max_depth = 2000};
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
