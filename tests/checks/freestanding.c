// A program without a C library, for freestanding.sh: it brings the three functions that the arena
// needs and nothing more. `volatile` keeps the compiler from making a loop a call of itself.

#include <arena/arena.h>

void *memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    volatile unsigned char *target = to;
    const unsigned char *source = from;
    for (size_t i = 0; i < size; i++) {
        size_t at = target < source ? i : size - 1 - i;
        target[at] = source[at];
    }
    return to;
}

void *memset(void *bytes, int value, size_t size)
{
    volatile unsigned char *target = bytes;
    for (size_t i = 0; i < size; i++)
        target[i] = (unsigned char)value;
    return bytes;
}

static int use_arena(void)
{
    static unsigned char buffer[4096];
    Arena *arena = arena_create_in(buffer, sizeof(buffer));
    if (!arena || arena_create(0))
        return 1; // there is no heap to create the second one in

    int *numbers = ARENA_NEW0_ARRAY(arena, int, 10);
    ArenaMark mark = arena_mark(arena);
    if (!numbers || !arena_remember(arena, numbers, sizeof(int)))
        return 2;
    numbers[0] = 1;
    const char *text = arena_strdup(arena, "text");
    if (!text || text[3] != 't')
        return 3;
    arena_rewind(arena, mark);
    if (numbers[0] != 0 || !arena_is_valid(arena))
        return 4;
    if (arena_alloc(arena, sizeof(buffer)))
        return 5;
    arena_destroy(arena);
    return 0;
}

#if defined(__linux__) && defined(__x86_64__)
__attribute__((force_align_arg_pointer, noreturn)) void start(void)
{
    __asm__ volatile("syscall" : : "a"(231), "D"(use_arena()));
    __builtin_unreachable();
}
#else
void start(void)
{
    (void)use_arena(); // linked only
}
#endif
