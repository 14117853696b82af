// The lines of the file are packed as the repeated strings of a message.

#include <arena/adapters/opaque.h>

#include "adapter.h"

#include "lines.pb-c.h"

static void work(Arena *arena, const char *bytes, size_t size)
{
    (void)size;
    ProtobufCAllocator memory = {arena_opaque_alloc, arena_opaque_free, arena};
    ProtobufCAllocator *used = arena ? &memory : NULL;
    size_t count = 0, most = strlen(bytes) + 1;
    char *copy = malloc(most), **texts = malloc(most * sizeof *texts);
    check(copy && texts, "there is memory");
    memcpy(copy, bytes, most);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
        texts[count++] = line;
    Lines lines = LINES__INIT;
    lines.n_text = count;
    lines.text = texts;
    size_t length = lines__get_packed_size(&lines);
    unsigned char *packed = malloc(length);
    lines__pack(&lines, packed);
    Lines *unpacked = lines__unpack(used, length, packed);
    check(unpacked && unpacked->n_text == count, "it is unpacked");
    for (size_t i = 0; i < count; i++)
        puts(unpacked->text[i]);
    if (!arena)
        lines__free_unpacked(unpacked, NULL);
    free(packed);
    free(texts);
    free(copy);
}
