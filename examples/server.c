// A request server on loopback: all that a request needs is in one arena, which is reset when the
// answer is out, so that the last request finds what the first one found. One that wants more
// memory than it may have is left by longjmp, wherever it is, and the arena serves the next.
//
// A request is a line of words, and the answer has them the other way round. The client is a child
// of the server.

#define _POSIX_C_SOURCE 200809L

#include <arena/array.h>
#include <arena/text.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_MEMORY = 1 << 20 };

static void leave_request(Arena *arena, size_t size, void *no_memory)
{
    (void)arena, (void)size;
    longjmp(*(jmp_buf *)no_memory, 1);
}

static char *answer_to(Arena *arena, char *request)
{
    ARENA_ARRAY(const char *) words = {0};
    for (char *word = strtok(request, " "); word; word = strtok(NULL, " "))
        *ARENA_PUSH(arena, &words) = word;
    ArenaText answer = {0};
    while (words.count > 0)
        arena_text_printf(arena, &answer, "%s ", *ARENA_POP(arena, &words));
    return arena_text_finish(arena, &answer);
}

static void serve(FILE *in, Arena *arena, jmp_buf *no_memory)
{
    for (; ungetc(getc(in), in) != EOF; arena_reset(arena)) {
        if (setjmp(*no_memory) == 0) {
            ArenaText request = {0};
            for (int next; (next = getc(in)) != EOF && next != '\n';)
                arena_text_append_char(arena, &request, (char)next);
            dprintf(fileno(in), "%s\n", answer_to(arena, arena_text_finish(arena, &request)));
        } else {
            dprintf(fileno(in), "error: a request may take no more than %d bytes\n", MOST_MEMORY);
            for (int next; (next = getc(in)) != EOF && next != '\n';)
                continue; // the rest of it
        }
    }
}

static int run_client(const struct sockaddr *server, socklen_t size)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    if (end < 0 || connect(end, server, size) < 0)
        return perror("client"), 1;
    // Some words, none, more than there may be, and some again.
    dprintf(end, "how do you do\n\n%2000000s\none more\n", "of much room");
    shutdown(end, SHUT_WR);
    FILE *answers = fdopen(end, "r");
    for (int next; (next = getc(answers)) != EOF;)
        putchar(next);
    return 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr *server = (struct sockaddr *)&address;
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, server, size) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, server, &size) < 0)
        return perror("server"), 1;
    pid_t client = fork();
    if (client == 0)
        return run_client(server, size);
    jmp_buf no_memory;
    Arena *arena = arena_create_with(&(ArenaOptions){
        .limit = MOST_MEMORY, .on_failure = leave_request, .on_failure_context = &no_memory});
    FILE *in = client > 0 ? fdopen(accept(listener, NULL, NULL), "r") : NULL;
    if (!arena || !in)
        return perror("server"), 1;
    serve(in, arena, &no_memory);
    fclose(in);
    wait(NULL); // for the client to print what it was answered
    printf("in use after the last request: %zu bytes\n", arena_stats(arena).used);
    arena_destroy(arena);
    return 0;
}
