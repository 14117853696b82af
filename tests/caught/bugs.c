// Programs with one bug each, and some with none: which tool catches which is in `expected`.
//
//     bugs --list
//     bugs NAME         ends with 0 if nobody noticed
//     bugs --right      all of them, without their bugs, one after the other

#include "program.h"

#include <arena/array.h>
#include <arena/herd.h>
#include <arena/map.h>
#include <arena/scratch.h>
#include <arena/text.h>
#include <arena/watch.h>

static Arena *new_arena(void)
{
    Arena *arena = arena_create_with(&(ArenaOptions){.name = "bugs"});
    return arena ? arena : (perror("bugs"), exit(2), NULL);
}

static void end(Arena *arena)
{
    arena_destroy(arena);
}

#define BUGS(_)                          \
    _(write_past_the_end_by_1)           \
    _(write_past_the_end_by_8)           \
    _(write_past_the_end_by_15)          \
    _(write_before_the_start_by_1)       \
    _(write_before_the_start_by_8)       \
    _(read_past_the_end)                 \
    _(read_before_the_start)             \
    _(write_past_an_odd_end)             \
    _(write_past_a_zeroed_array)         \
    _(write_past_a_string)               \
    _(write_past_a_large_object)         \
    _(write_past_an_aligned_object)      \
    _(write_past_in_a_buffer)            \
    _(write_past_an_empty_object)        \
    _(write_after_rewind)                \
    _(read_after_rewind)                 \
    _(write_after_rewind_and_reuse)      \
    _(write_after_reset)                 \
    _(read_after_reset)                  \
    _(write_after_destroy)               \
    _(read_after_destroy)                \
    _(write_after_destroy_of_large)      \
    _(write_after_realloc)               \
    _(read_after_realloc)                \
    _(write_past_a_shrunk_object)        \
    _(write_after_rewind_of_large)       \
    _(write_after_reset_of_adopted)      \
    _(write_after_scratch_end)           \
    _(write_past_the_count_of_a_text)    \
    _(stale_mark)                        \
    _(mark_from_before_a_reset)          \
    _(mark_of_another_arena)             \
    _(realloc_of_another_arena)          \
    _(realloc_of_a_local)                \
    _(realloc_with_a_large_old_size)     \
    _(realloc_twice)                     \
    _(destroy_twice)                     \
    _(alloc_after_destroy)               \
    _(reset_after_destroy)               \
    _(scratch_scope_ended_twice)         \
    _(scratch_scopes_ended_out_of_order) \
    _(scratch_conflict_forgotten)        \
    _(two_threads_in_one_arena)          \
    _(read_uninitialised)                \
    _(read_uninitialised_after_reset)    \
    _(memcpy_past_the_end)               \
    _(strcpy_past_the_end)               \
    _(strlen_of_a_freed_string)          \
    _(free_of_an_object)                 \
    _(arena_never_destroyed)             \
    _(two_threads_in_one_object)         \
    _(destroy_while_in_use)              \
    _(uninitialised_to_the_system)       \
    _(nothing_wrong)                     \
    _(nothing_wrong_in_containers)       \
    _(nothing_wrong_in_a_buffer)         \
    _(nothing_wrong_in_threads)          \
    _(nothing_wrong_in_scratch)          \
    _(nothing_wrong_in_what_is_returned) \
    _(nothing_wrong_in_what_is_kept)

// ----- Beyond an object -----

static void write_past_the_end_by_1(Arena *arena)
{
    write_at(arena_alloc(arena, 32), wrong ? 32 : 31); // bug
    end(arena);
}

static void write_past_the_end_by_8(Arena *arena)
{
    write_at(arena_alloc(arena, 32), wrong ? 39 : 31); // bug
    end(arena);
}

static void write_past_the_end_by_15(Arena *arena)
{
    void *object = arena_alloc(arena, 32);
    arena_alloc(arena, 32) ? (void)0 : abort();
    write_at(object, wrong ? 47 : 31); // bug
    end(arena);
}

static void write_before_the_start_by_1(Arena *arena)
{
    write_at(arena_alloc(arena, 32), wrong ? -1 : 0); // bug
    end(arena);
}

static void write_before_the_start_by_8(Arena *arena)
{
    arena_alloc(arena, 32) ? (void)0 : abort();
    write_at(arena_alloc(arena, 32), wrong ? -8 : 0); // bug
    end(arena);
}

static void read_past_the_end(Arena *arena)
{
    read_at(arena_calloc(arena, 32), wrong ? 32 : 31); // bug
    end(arena);
}

static void read_before_the_start(Arena *arena)
{
    read_at(arena_calloc(arena, 32), wrong ? -1 : 0); // bug
    end(arena);
}

static void write_past_an_odd_end(Arena *arena)
{
    write_at(arena_alloc(arena, 29), wrong ? 29 : 28); // bug
    end(arena);
}

static void write_past_a_zeroed_array(Arena *arena)
{
    int *numbers = ARENA_NEW0_ARRAY(arena, int, 10);
    write_at(numbers + 10, wrong ? 0 : -1); // bug
    end(arena);
}

static void write_past_a_string(Arena *arena)
{
    char *text = arena_asprintf(arena, "%d", 1234);
    write_at(text, wrong ? 5 : 4); // bug
    end(arena);
}

static void write_past_a_large_object(Arena *arena)
{
    void *object = arena_alloc(arena, 5 << 20);
    write_at(object, wrong ? 5 << 20 : (5 << 20) - 1); // bug
    end(arena);
}

static void write_past_an_aligned_object(Arena *arena)
{
    write_at(arena_alloc_aligned(arena, 256, 256), wrong ? 256 : 255); // bug
    end(arena);
}

static void write_past_in_a_buffer(Arena *arena)
{
    static char buffer[4096];
    Arena *other = arena_create_in(buffer, sizeof buffer);
    write_at(arena_alloc(other, 29), wrong ? 29 : 28); // bug
    end(other);
    end(arena);
}

static void write_past_an_empty_object(Arena *arena)
{
    void *object = arena_alloc(arena, 0);
    if (wrong)
        write_at(object, 0); // bug
    end(arena);
}

// ----- What is gone -----

static void write_after_rewind(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    void *object = arena_alloc(arena, 48);
    arena_rewind(arena, mark);
    if (wrong)
        write_at(object, 16); // bug
    arena_alloc(arena, 100) ? (void)0 : abort();
    end(arena);
}

static void read_after_rewind(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    void *object = arena_calloc(arena, 48);
    arena_rewind(arena, mark);
    if (wrong)
        read_at(object, 16); // bug
    end(arena);
}

static void write_after_rewind_and_reuse(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    void *object = arena_alloc(arena, 48);
    arena_rewind(arena, mark);
    arena_alloc(arena, 48) ? (void)0 : abort();
    if (wrong)
        write_at(object, 16); // bug
    end(arena);
}

static void write_after_reset(Arena *arena)
{
    void *object = arena_alloc(arena, 48);
    arena_reset(arena);
    if (wrong)
        write_at(object, 16); // bug
    arena_alloc(arena, 48) ? (void)0 : abort();
    end(arena);
}

static void read_after_reset(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    arena_reset(arena);
    if (wrong)
        read_at(object, 16); // bug
    end(arena);
}

static void write_after_destroy(Arena *arena)
{
    void *object = arena_alloc(arena, 48);
    end(arena);
    if (wrong)
        write_at(object, 16); // bug
}

static void read_after_destroy(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    end(arena);
    if (wrong)
        read_at(object, 16); // bug
}

static void write_after_destroy_of_large(Arena *arena)
{
    void *object = arena_alloc(arena, 5 << 20);
    end(arena);
    if (wrong)
        write_at(object, 1 << 20); // bug
}

static void write_after_realloc(Arena *arena)
{
    void *object = arena_alloc(arena, 48);
    arena_alloc(arena, 8) ? (void)0 : abort();
    arena_realloc(arena, object, 48, 96) ? (void)0 : abort();
    if (wrong)
        write_at(object, 16); // bug
    end(arena);
}

static void read_after_realloc(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    arena_alloc(arena, 8) ? (void)0 : abort();
    arena_realloc(arena, object, 48, 96) ? (void)0 : abort();
    if (wrong)
        read_at(object, 16); // bug
    end(arena);
}

static void write_past_a_shrunk_object(Arena *arena)
{
    void *object = arena_alloc(arena, 96);
    arena_alloc(arena, 8) ? (void)0 : abort();
    object = arena_realloc(arena, object, 96, 40);
    write_at(object, wrong ? 41 : 39); // bug
    end(arena);
}

static void write_after_rewind_of_large(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    void *object = arena_alloc(arena, 5 << 20);
    arena_rewind(arena, mark);
    if (wrong)
        write_at(object, 1 << 20); // bug
    end(arena);
}

static void write_after_reset_of_adopted(Arena *arena)
{
    Arena *other = new_arena();
    void *object = arena_alloc(other, 48);
    arena_adopt(arena, other);
    arena_reset(arena);
    if (wrong)
        write_at(object, 16); // bug
    end(arena);
}

static void write_after_scratch_end(Arena *arena)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    void *object = arena_alloc(scratch.arena, 48);
    arena_scratch_end(scratch);
    if (wrong)
        write_at(object, 16); // bug
    scratch = arena_scratch_begin(NULL, 0);
    arena_alloc(scratch.arena, 48) ? (void)0 : abort();
    arena_scratch_end(scratch);
    end(arena);
}

static void write_past_the_count_of_a_text(Arena *arena)
{
    ArenaText text = {0};
    arena_text_append_string(arena, &text, "some text");
    char *string = arena_text_finish(arena, &text);
    write_at(string, wrong ? 10 : 9); // bug
    end(arena);
}

// ----- Marks and pointers -----

static void stale_mark(Arena *arena)
{
    ArenaMark older = arena_mark(arena);
    arena_alloc(arena, 48) ? (void)0 : abort();
    ArenaMark younger = arena_mark(arena);
    arena_rewind(arena, wrong ? older : younger);
    arena_rewind(arena, younger); // bug
    end(arena);
}

static void mark_from_before_a_reset(Arena *arena)
{
    arena_alloc(arena, 48) ? (void)0 : abort();
    ArenaMark mark = arena_mark(arena);
    arena_reset(arena);
    if (wrong)
        arena_rewind(arena, mark); // bug
    end(arena);
}

static void mark_of_another_arena(Arena *arena)
{
    Arena *other = new_arena();
    arena_rewind(arena, arena_mark(wrong ? other : arena)); // bug
    end(arena);
    end(other);
}

static void realloc_of_another_arena(Arena *arena)
{
    Arena *other = new_arena();
    void *object = arena_calloc(other, 48);
    arena_realloc(wrong ? arena : other, object, 48, 96) ? (void)0 : abort(); // bug
    end(arena);
    end(other);
}

static void realloc_of_a_local(Arena *arena)
{
    char local[48] = "local";
    void *object = wrong ? hide(local) : arena_memdup(arena, local, sizeof local);
    arena_realloc(arena, object, sizeof local, 96) ? (void)0 : abort(); // bug
    end(arena);
}

static void realloc_with_a_large_old_size(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    arena_alloc(arena, 48) ? (void)0 : abort();
    arena_realloc(arena, object, wrong ? 64 : 48, 96) ? (void)0 : abort(); // bug
    end(arena);
}

static void realloc_twice(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    arena_alloc(arena, 8) ? (void)0 : abort();
    void *moved = arena_realloc(arena, object, 48, 96);
    object = wrong ? object : moved;
    arena_realloc(arena, object, wrong ? 48 : 96, 200) ? (void)0 : abort(); // bug
    end(arena);
}

static void destroy_twice(Arena *arena)
{
    end(arena);
    if (wrong)
        arena_destroy(hide(arena)); // bug
}

static void alloc_after_destroy(Arena *arena)
{
    end(arena);
    if (wrong)
        sink = arena_alloc(hide(arena), 48) != NULL; // bug
}

static void reset_after_destroy(Arena *arena)
{
    end(arena);
    if (wrong)
        arena_reset(hide(arena)); // bug
}

// ----- Scratch arenas, threads -----

static void scratch_scope_ended_twice(Arena *arena)
{
    ArenaScratch outer = arena_scratch_begin(NULL, 0);
    ArenaScratch inner = arena_scratch_begin(NULL, 0);
    arena_scratch_end(inner);
    arena_alloc(outer.arena, 48) ? (void)0 : abort();
    arena_scratch_end(outer);
    if (wrong)
        arena_scratch_end(inner); // bug
    end(arena);
}

static void scratch_scopes_ended_out_of_order(Arena *arena)
{
    ArenaScratch outer = arena_scratch_begin(NULL, 0);
    ArenaScratch inner = arena_scratch_begin(NULL, 0);
    arena_scratch_end(wrong ? outer : inner);
    arena_scratch_end(wrong ? inner : outer); // bug
    end(arena);
}

// Its result is in an arena of the caller, which may be the scratch arena that it takes itself.
static char *greet(Arena *results, const char *name)
{
    ArenaScratch scratch = arena_scratch_begin(&results, wrong ? 0 : 1);
    char *draft = arena_asprintf(scratch.arena, "Hello, %s", name);
    char *greeting = arena_asprintf(results, "%s!", draft);
    arena_scratch_end(scratch);
    return greeting;
}

static void scratch_conflict_forgotten(Arena *arena)
{
    ArenaScratch scratch = arena_scratch_begin(NULL, 0);
    char *greeting = greet(scratch.arena, "world");
    write_at(greeting, 0); // bug
    greet(scratch.arena, "moon");
    arena_scratch_end(scratch);
    end(arena);
}

static void *fill(void *context)
{
    for (int i = 0; i < 1000; i++)
        if (!arena_alloc(context, 24)) // bug of two_threads_in_one_arena
            abort();
    return NULL;
}

static void two_threads_in_one_arena(Arena *arena)
{
    pthread_t threads[2];
    Arena *arenas[2] = {arena, wrong ? arena : new_arena()};
    for (int i = 0; i < 2; i++)
        threads[i] = start(fill, arenas[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    if (!wrong)
        end(arenas[1]);
    end(arena);
}

// ----- Not initialised -----

static void read_uninitialised(Arena *arena)
{
    void *object = wrong ? arena_alloc(arena, 48) : arena_calloc(arena, 48);
    read_at(object, 16); // bug
    end(arena);
}

static void read_uninitialised_after_reset(Arena *arena)
{
    memset(arena_alloc(arena, 48), 1, 48);
    arena_reset(arena);
    void *object = wrong ? arena_alloc(arena, 48) : arena_calloc(arena, 48);
    read_at(object, 16); // bug
    end(arena);
}

// ----- What the C library does, and the system -----

static void memcpy_past_the_end(Arena *arena)
{
    void *object = arena_alloc(arena, 32);
    memcpy(hide(object), hide(long_string), wrong ? sizeof long_string : 32); // bug
    end(arena);
}

static void strcpy_past_the_end(Arena *arena)
{
    strcpy(hide(arena_alloc(arena, 32)), hide(wrong ? long_string : short_string)); // bug
    end(arena);
}

static void strlen_of_a_freed_string(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    char *string = arena_strdup(arena, long_string);
    arena_rewind(arena, mark);
    if (wrong)
        measure(string); // bug
    end(arena);
}

static void free_of_an_object(Arena *arena)
{
    void *object = hide(arena_alloc(arena, 48));
    if (wrong)
        free(object); // bug
    end(arena);
}

static void *leave_an_arena(void *context)
{
    (void)context;
    Arena *arena = new_arena(); // bug of arena_never_destroyed
    write_at(arena_alloc(arena, 48), 16);
    if (!wrong)
        end(arena);
    return NULL;
}

static void arena_never_destroyed(Arena *arena)
{
    run_and_end(leave_an_arena);
    end(arena);
}

static void two_threads_in_one_object(Arena *arena)
{
    void *object = arena_calloc(arena, 48);
    pthread_t thread = start(write_object, object);
    if (!wrong)
        pthread_join(thread, NULL);
    write_at(object, 16); // bug
    if (wrong)
        pthread_join(thread, NULL);
    end(arena);
}

static void destroy_while_in_use(Arena *arena)
{
    pthread_t thread = start(write_object, arena_calloc(arena, 48));
    if (!wrong)
        pthread_join(thread, NULL);
    arena_destroy(arena); // bug
    if (wrong)
        pthread_join(thread, NULL);
}

static void uninitialised_to_the_system(Arena *arena)
{
    write_out(wrong ? arena_alloc(arena, 48) : arena_calloc(arena, 48), 48); // bug
    end(arena);
}

// ----- None -----

static void nothing_wrong(Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    for (size_t size = 0; size < 3000; size += 7) {
        char *object = arena_alloc(arena, size);
        memset(object, 1, size);
        object = arena_realloc(arena, object, size, 2 * size + 1);
        memset(object, 2, 2 * size + 1);
        if (size % 3 == 0)
            arena_rewind(arena, mark);
        read_at(arena_calloc(arena, size + 1), (ptrdiff_t)size);
    }
    memset(arena_alloc(arena, 5 << 20), 1, 5 << 20);
    Arena *other = new_arena();
    read_at(arena_strdup(other, "adopted"), 7);
    arena_adopt(arena, other);
    arena_reset(arena);
    end(arena);
}

static void nothing_wrong_in_containers(Arena *arena)
{
    ARENA_ARRAY(int) numbers = {0};
    ArenaMap map = {0};
    ArenaText text = {0};
    for (int i = 0; i < 1000; i++) {
        ArenaMark mark = arena_mark(arena);
        *ARENA_PUSH(arena, &numbers) = i;
        arena_text_printf(arena, &text, "%d,", i);
        ArenaMapEntry *entry = arena_map_entry(arena, &map, text.items, text.count);
        entry->value = entry;
        if (i % 10)
            arena_rewind(arena, mark);
    }
    if (numbers.count != 100 || map.count != 100 || !arena_text_finish(arena, &text))
        exit(3);
    end(arena);
}

static void *use_own_arenas(void *context)
{
    for (int i = 0; i < 300; i++) {
        Arena *arena = new_arena();
        for (int j = 0; j < 10; j++)
            memset(arena_alloc(arena, 100), 1, 100);
        arena_reset(arena);
        end(arena);
    }
    return context;
}

static void nothing_wrong_in_threads(Arena *arena)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start(use_own_arenas, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    end(arena);
}

static void nothing_wrong_in_a_buffer(Arena *arena)
{
    static char buffer[4096];
    Arena *other = arena_create_in(buffer, sizeof buffer);
    for (char *object; (object = arena_alloc(other, 24));)
        memset(object, 1, 24);
    arena_reset(other);
    memset(arena_alloc(other, 1000), 1, 1000);
    end(other);
    memset(buffer, 1, sizeof buffer);
    end(arena);
}

// The program looks at what the library has returned, and so does a tool that sees only the program.
static void nothing_wrong_in_scratch(Arena *arena)
{
    ArenaScratch outer = arena_scratch_begin(NULL, 0);
    memset(arena_alloc(outer.arena, 48), 1, 48);
    ArenaScratch inner = arena_scratch_begin(&outer.arena, 1);
    if (!inner.arena || inner.arena == outer.arena || inner.depth != outer.depth + 1)
        exit(3);
    memset(arena_alloc(inner.arena, 48), 1, 48);
    arena_scratch_end(inner);
    arena_scratch_end_at(&outer);
    if (outer.arena)
        exit(3);
    end(arena);
}

static void nothing_wrong_in_what_is_returned(Arena *arena)
{
    memset(arena_alloc(arena, 48), 1, 48);
    ArenaStats stats = arena_stats(arena);
    ArenaGuardCounts counts = arena_guard_counts();
    ArenaHerd *herd = arena_herd_create(NULL);
    memset(arena_alloc(arena_herd_member(herd), 48), 1, 48);
    ArenaStats sums = arena_herd_stats(herd);
    if (stats.used < 48 || counts.live > counts.guarded || sums.used < 48)
        exit(3);
    arena_herd_destroy(herd);
    end(arena);
}

// What only memory of arenas knows is not lost, as long as somebody knows the arenas.
static void keep(Arena *arena, Arena *volatile *keeper)
{
    enum { SMALL = 48, LARGE = 5 << 20 };
    for (size_t size = SMALL; size <= LARGE; size += LARGE - SMALL) {
        void **object = arena_alloc(arena, size);
        *object = malloc(size);
    }
    *keeper = arena;
}

static void nothing_wrong_in_what_is_kept(Arena *arena)
{
    static Arena *volatile keepers[3];
    keep(new_arena(), &keepers[0]);
    keep(arena_create(8 << 20), &keepers[1]);
    keep(arena_create_region(16 << 20), &keepers[2]);
    end(arena);
}

typedef struct Bug {
    const char *name;
    void (*run)(Arena *arena);
} Bug;

#define ENTRY(name) {#name, name},
static const Bug bugs[] = {BUGS(ENTRY)};

static void run_right(void)
{
    wrong = false;
    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
        announce(bugs[i].name);
        bugs[i].run(new_arena());
    }
}

int main(int count, char **words)
{
    const char *word = count == 2 ? words[1] : "";
    if (strcmp(word, "--right") == 0) {
        run_right();
        return 0;
    }
    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
        if (strcmp(word, "--list") == 0) {
            announce(bugs[i].name);
        } else if (strcmp(word, bugs[i].name) == 0) {
            bugs[i].run(new_arena());
            return 0;
        }
    }
    return strcmp(word, "--list") == 0 ? 0 : 2;
}
