// A request server: all that a request needs is in one arena, which is reset when the answer is
// out. No request leaves anything behind, so the last one finds what the first one found. One that
// wants more memory than it may have is left by longjmp, and the arena serves the next.
//
// A request is a line, "sort WORDS" or "repeat NUMBER WORD"; so is an answer. The client is a
// thread of the same program.

#define _POSIX_C_SOURCE 200809L

#include <arena/array.h>
#include <arena/text.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_MEMORY = 1 << 20, LONGEST_LINE = 10000, ROUNDS = 20 };

typedef ARENA_ARRAY(const char *) Words;

typedef struct Connection {
    Arena *arena;
    FILE *in, *out;
    jmp_buf no_memory;
} Connection;

static const char *const examples[] = {
    "sort pear fig apple", "repeat 3 ha", "repeat 1000000 incessantly",
    "sing a song",         "sort b a",    NULL,
};

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void leave_request(Arena *arena, size_t size, void *connection)
{
    (void)arena, (void)size;
    longjmp(((Connection *)connection)->no_memory, 1);
}

// ----- Lines -----

// NULL at the end of the connection; a line that is too long is one.
static char *read_line(Arena *arena, FILE *in)
{
    ArenaText line = {0};
    int character;
    while ((character = getc(in)) != EOF && character != '\n' && line.count < LONGEST_LINE)
        arena_text_append_char(arena, &line, (char)character);
    return character == '\n' ? arena_text_finish(arena, &line) : NULL;
}

static Words split(Arena *arena, char *line)
{
    Words words = {0};
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        *ARENA_PUSH(arena, &words) = word;
    return words;
}

// ----- Requests -----

static int compare_words(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static char *answer_to(Arena *arena, char *line)
{
    ArenaText answer = {0};
    Words words = split(arena, line);
    const char *verb = words.count > 0 ? words.items[0] : "nothing";
    if (strcmp(verb, "sort") == 0) {
        qsort(words.items + 1, words.count - 1, sizeof *words.items, compare_words);
        arena_text_join(arena, &answer, " ", words.items + 1, words.count - 1);
    } else if (strcmp(verb, "repeat") == 0 && words.count == 3) {
        size_t times = strtoul(words.items[1], NULL, 10);
        for (; times > 0; times--)
            arena_text_append_string(arena, &answer, words.items[2]);
    } else {
        arena_text_printf(arena, &answer, "error: cannot \"%s\"", verb);
    }
    return arena_text_finish(arena, &answer);
}

// False at the end of the connection.
static bool serve_request(Connection *connection)
{
    if (setjmp(connection->no_memory) == 0) {
        char *line = read_line(connection->arena, connection->in);
        if (!line)
            return false;
        fprintf(connection->out, "%s\n", answer_to(connection->arena, line));
    } else {
        fprintf(connection->out, "error: this takes more than %d bytes\n", MOST_MEMORY);
    }
    return fflush(connection->out) == 0;
}

static void serve(int socket)
{
    Connection connection = {.in = fdopen(socket, "r"), .out = fdopen(dup(socket), "w")};
    connection.arena = arena_create_with(&(ArenaOptions){.name = "request",
                                                         .limit = MOST_MEMORY,
                                                         .on_failure = leave_request,
                                                         .on_failure_context = &connection});
    if (!connection.arena || !connection.in || !connection.out)
        fail("server");
    size_t count = 0, first = 0;
    while (serve_request(&connection)) {
        arena_reset(connection.arena);
        if (++count == 1)
            first = arena_stats(connection.arena).blocks;
    }
    printf("%zu requests; blocks after the first: %zu, after the last: %zu\n", count, first,
           arena_stats(connection.arena).blocks);
    arena_destroy(connection.arena);
    fclose(connection.in);
    fclose(connection.out);
}

// ----- The client -----

static void *run_client(void *address)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    if (end < 0 || connect(end, address, sizeof(struct sockaddr_in)) < 0)
        fail("client");
    FILE *in = fdopen(end, "r"), *out = fdopen(dup(end), "w");
    Arena *arena = arena_create(0);
    if (!in || !out || !arena)
        fail("client");
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; examples[i]; i++) {
            fprintf(out, "%s\n", examples[i]);
            fflush(out);
            const char *answer = read_line(arena, in);
            if (!answer)
                fail("client: no answer");
            if (round == 0)
                printf("%-28s %s\n", examples[i], answer);
            arena_reset(arena);
        }
    }
    arena_destroy(arena);
    fclose(in);
    fclose(out);
    return NULL;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); // a client that is gone is an error of the stream, no more
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr *general = (struct sockaddr *)&address;
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, general, size) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, general, &size) < 0)
        fail("server");
    pthread_t client;
    if (pthread_create(&client, NULL, run_client, &address) != 0)
        fail("server: no thread");
    int connection = accept(listener, NULL, NULL);
    if (connection < 0)
        fail("server");
    serve(connection);
    pthread_join(client, NULL);
    close(listener);
    return 0;
}
