#define ARENA_CURRENT_IMPLEMENTATION
#include <arena/adapters/current.h>

#include "adapter.h"

#include <sqlite3.h>

static void *allocate(int size)
{
    return arena_sized_malloc((size_t)size);
}

static void *reallocate(void *object, int size)
{
    return arena_sized_realloc(object, (size_t)size);
}

static int size_of(void *object)
{
    return (int)arena_sized_size(object);
}

static int round_up(int size)
{
    return (size + 7) & ~7;
}

static int begin(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void end(void *context)
{
    (void)context;
}

static int print_row(void *context, int count, char **values, char **names)
{
    (void)context;
    for (int i = 0; i < count; i++)
        printf("%s=%s ", names[i], values[i]);
    puts("");
    return 0;
}

static void run(sqlite3 *base, const char *text)
{
    char *message = NULL;
    int result = sqlite3_exec(base, text, print_row, NULL, &message);
    check(result == SQLITE_OK, message ? message : "no memory");
}

// The lines of the file are the rows of a table.
static void fill(sqlite3 *base, const char *bytes)
{
    sqlite3_stmt *insert;
    int result = sqlite3_prepare_v2(base, "INSERT INTO line VALUES (?, ?)", -1, &insert, NULL);
    check(result == SQLITE_OK, sqlite3_errmsg(base));
    for (int number = 1; *bytes; number++) {
        int length = (int)strcspn(bytes, "\n");
        sqlite3_bind_int(insert, 1, number);
        sqlite3_bind_text(insert, 2, bytes, length, SQLITE_STATIC);
        check(sqlite3_step(insert) == SQLITE_DONE, sqlite3_errmsg(base));
        sqlite3_reset(insert);
        bytes += length + (bytes[length] == '\n');
    }
    sqlite3_finalize(insert);
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    (void)size;
    const sqlite3_mem_methods methods = {
        allocate, arena_sized_free, reallocate, size_of, round_up, begin, end, NULL};
    if (arena)
        check(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK, "the functions are set");
    check(sqlite3_initialize() == SQLITE_OK, "it begins");
    ArenaCurrent scope;
    arena_current_push(&scope, arena);
    sqlite3 *base;
    check(sqlite3_open(":memory:", &base) == SQLITE_OK, "a database is opened");
    run(base, "CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT); BEGIN");
    fill(base, bytes);
    run(base, "COMMIT; CREATE INDEX texts ON line (text)");
    run(base, "SELECT text, count(*) AS times FROM line GROUP BY text ORDER BY times DESC, text");
    sqlite3_close(base);
    arena_current_pop(&scope);
    sqlite3_shutdown();
}
