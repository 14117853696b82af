// The reader: a path in, a text out, preprocessed.
//
// Threads may read at once, each a file of its own. So nothing is printed when it happens: what
// there is to say about a file is kept, and so is what its preprocessor said.

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "cparse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// -------------------------------------------------------------------------------------------------
// Opening and closing
// -------------------------------------------------------------------------------------------------

// Descriptors; -1: closed.
typedef struct Pipe {
    int reader;
    int writer;
} Pipe;

// A file, or what comes from a preprocessor.
typedef struct Input {
    Pipe text;
    Pipe complaints;    // of the preprocessor
    pid_t preprocessor; // 0: none, or it has ended
    int status;         // that it ended with
} Input;

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static void close_input(void *context)
{
    Input *input = context;
    close_end(&input->text.reader);
    close_end(&input->complaints.reader);
    while (input->preprocessor && waitpid(input->preprocessor, &input->status, 0) < 0) {
        if (errno != EINTR)
            break;
    }
    input->preprocessor = 0;
}

// The arguments are given as they are, without a shell; a path cannot be taken for an option.
static const char **preprocessor_arguments(Arena *arena, const Options *options, const char *path)
{
    Words words = {.epoch = arena_now(arena)};
    *ARENA_PUSH(arena, &words) = options->cc;
    *ARENA_PUSH(arena, &words) = "-E";
    ARENA_APPEND(arena, &words, options->cc_options.items, options->cc_options.count);
    *ARENA_PUSH(arena, &words) = "-x";
    *ARENA_PUSH(arena, &words) = "c";
    bool odd = (*path == '-' && path[1]) || *path == '@';
    *ARENA_PUSH(arena, &words) = odd ? arena_asprintf(arena, "./%s", path) : path;
    *ARENA_PUSH(arena, &words) = NULL;
    return words.items;
}

// Opens a pipe that a process to come has as its `descriptor`. Returns 0, or why it could not.
static int open_pipe(Pipe *opened, posix_spawn_file_actions_t *actions, int descriptor)
{
    int ends[2];
    if (pipe(ends) < 0)
        return errno;
    *opened = (Pipe){ends[0], ends[1]};
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return posix_spawn_file_actions_adddup2(actions, ends[1], descriptor);
}

// One at a time: a process that another thread starts now would hold the new pipes open.
static int spawn(const char **arguments, posix_spawn_file_actions_t *actions, Input *input)
{
    static pthread_mutex_t spawning = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&spawning);
    int error = open_pipe(&input->text, actions, STDOUT_FILENO);
    if (!error)
        error = open_pipe(&input->complaints, actions, STDERR_FILENO);
    // posix_spawn does not write to the arguments, but does not say so in its type.
    if (!error)
        error = posix_spawnp(&input->preprocessor, arguments[0], actions, NULL,
                             (char *const *)(uintptr_t)arguments, environ);
    close_end(&input->text.writer);
    close_end(&input->complaints.writer);
    pthread_mutex_unlock(&spawning);
    if (error)
        input->preprocessor = 0;
    return error;
}

// Starts `cc -E` with its output in pipes. Returns 0, or why it could not.
static int start_preprocessor(Arena *arena, const Options *options, const char *path, Input *input)
{
    const char **arguments = preprocessor_arguments(arena, options, path);
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = spawn(arguments, &actions, input);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int open_input(Arena *arena, const Options *options, const char *path, Input *input)
{
    bool standard = strcmp(path, "-") == 0;
    if (!standard && access(path, R_OK) < 0)
        return errno;
    if (!options->preprocessed && !ends_in(path, ".i"))
        return start_preprocessor(arena, options, path, input);
    input->text.reader =
        standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    return input->text.reader < 0 ? errno : 0;
}

// -------------------------------------------------------------------------------------------------
// Reading
// -------------------------------------------------------------------------------------------------

// Reads what there is. The end is -1 then: there is no more. Returns 0, or why it could not.
static int read_some(Arena *arena, ArenaText *text, int *end)
{
    enum { AT_ONCE = 1 << 16 }; // what a pipe holds
    ARENA_RESERVE(arena, text, text->count + AT_ONCE);
    ssize_t got = read(*end, text->items + text->count, text->capacity - text->count);
    if (got < 0)
        return errno == EINTR ? 0 : errno;
    if (got == 0)
        *end = -1;
    text->count += (size_t)got;
    return text->count < UINT32_MAX / 2 ? 0 : EFBIG;
}

// Reads both pipes to their ends, whichever has something, so that the preprocessor never waits for
// us. They are in different arenas, where each grows in place.
static int read_both(Arena *texts, ArenaText *text, Arena *scratch, ArenaText *complaint,
                     const Input *input)
{
    int error = 0;
    struct pollfd ends[] = {
        {.fd = input->text.reader, .events = POLLIN},
        {.fd = input->complaints.reader, .events = POLLIN},
    };
    while (!error && (ends[0].fd >= 0 || ends[1].fd >= 0)) {
        if (poll(ends, 2, -1) < 0) {
            error = errno == EINTR ? 0 : errno;
            continue;
        }
        if (ends[0].revents)
            error = read_some(texts, text, &ends[0].fd);
        if (!error && ends[1].revents)
            error = read_some(scratch, complaint, &ends[1].fd);
    }
    return error;
}

static int read_input(Arena *texts, Arena *scratch, const Input *input, Source *source)
{
    ArenaText text = {.epoch = arena_now(texts)}, complaint = {.epoch = arena_now(scratch)};
    int error = read_both(texts, &text, scratch, &complaint, input);
    source->size = text.count;
    source->text = arena_text_finish(texts, &text);
    source->complaint_size = complaint.count;
    source->complaint = arena_memdup(texts, complaint.items, complaint.count);
    return error;
}

// Whatever happens, the rewind closes the input: that was deferred when it was opened.
Source read_source(Arena *texts, Arena *scratch, const Options *options, const char *path)
{
    Input input = {.text = {-1, -1}, .complaints = {-1, -1}};
    Source source = {
        .path = strcmp(path, "-") == 0 ? "<stdin>" : path,
        .complaint = "",
        .blamed = path,
    };
    ArenaMark mark = arena_mark(scratch);
    arena_defer(scratch, close_input, &input);
    source.error = open_input(scratch, options, path, &input);
    bool opened = source.error == 0;
    if (opened)
        source.error = read_input(texts, scratch, &input, &source);
    else if (access(path, R_OK) == 0)
        source.blamed = options->cc;
    arena_rewind(scratch, mark);
    source.status = input.status;
    return source;
}

bool is_read(const Source *source)
{
    return !source->error && !source->status;
}

void print_problems(const Source *source, const Options *options, FILE *out)
{
    fwrite(source->complaint, 1, source->complaint_size, out);
    if (source->error)
        fprintf(out, "cparse: %s: %s\n", source->blamed, strerror(source->error));
    else if (WIFSIGNALED(source->status))
        fprintf(out, "cparse: %s: %s -E was ended by signal %d\n", source->path, options->cc,
                WTERMSIG(source->status));
    else if (source->status)
        fprintf(out, "cparse: %s: %s -E ended with status %d\n", source->path, options->cc,
                WEXITSTATUS(source->status));
}
