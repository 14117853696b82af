#include <arena/adapters/yyjson.h>

#include "adapter.h"

static void work(Arena *arena, const char *bytes, size_t size)
{
    yyjson_alc memory;
    if (arena)
        memory = arena_yyjson(arena);
    const yyjson_alc *used = arena ? &memory : NULL;
    yyjson_read_err error;
    yyjson_doc *document = yyjson_read_opts((char *)(uintptr_t)bytes, size, 0, used, &error);
    check(document, "it is parsed");
    char *text = yyjson_write_opts(document, YYJSON_WRITE_PRETTY, used, NULL, NULL);
    check(text, "it is printed");
    puts(text);
    if (!arena) {
        free(text);
        yyjson_doc_free(document);
    }
}
