// The program that the library is for, in miniature: strings that die together. The same file is
// compiled as C and as C++.

#include <arena/arena.h>

#include <stdio.h>
#include <string.h>

static char *save(Arena *a, const char *data, size_t len)
{
    char *copy = (char *)arena_alloc(a, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

int main(void)
{
    Arena *a = arena_create(1 << 20);
    if (!a)
        return 1;
    const char *hello = save(a, "hello, world", 5);
    const char *world = save(a, "world", 5);
    int good = hello && world && strcmp(hello, "hello") == 0 && strcmp(world, "world") == 0;
    puts(good ? "hello world" : "failed");
    arena_destroy(a);
    return good ? 0 : 1;
}
