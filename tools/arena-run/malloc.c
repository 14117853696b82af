// The C library's malloc and its kin on arenas: a shared library that arena-run puts in front of the C
// library, for programs that are done before it matters what they have freed.
//
// Each thread has an arena. What is freed stays there, unless it is the newest object. An object of
// LARGE bytes has an arena of its own instead, which any thread can destroy: so that memory is given
// back, and grows where the system can move pages.
//
// What must not come from an arena comes from the C library's own malloc, by the names that it has for
// that: before this library has begun, after a thread has ended, and for the arena library, which takes
// its blocks there. Any other source would have to be written; this one knows forks, threads and
// alignment, and its large pieces are mappings. malloc_trim, mallopt and mallinfo stay the C library's,
// and are about that part.

#define _GNU_SOURCE // reallocarray

#include "object.h"
#include "threads.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

// Bytes from which on an object has an arena of its own: at about a page, that takes an eighth more.
#define LARGE ((size_t)4 << 10)

// What glibc offers besides.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *start, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *start);

// What newer ones declare.
void free_sized(void *object, size_t size);
void free_aligned_sized(void *object, size_t align, size_t size);

// ----- The system -----

static void *allocate_from_system(size_t size, size_t align, bool zero)
{
    size_t lead = align;
    unsigned char *start = NULL;
    if (align > ALIGN)
        start = __libc_memalign(align, lead + size);
    else
        start = zero ? __libc_calloc(1, lead + size) : __libc_malloc(lead + size);
    if (!start)
        return NULL;
    void *object = start + lead;
    header_of(object)->lead = lead;
    set_size(object, size, OWNER_SYSTEM);
    return zero && align > ALIGN ? memset(object, 0, size) : object;
}

// NULL if it has to be copied, or there is no memory.
static void *resize_in_system(void *object, size_t size)
{
    size_t lead = header_of(object)->lead;
    if (lead > ALIGN)
        return NULL;
    unsigned char *start = __libc_realloc((unsigned char *)object - lead, lead + size);
    if (!start)
        return NULL;
    set_size(start + lead, size, OWNER_SYSTEM);
    return start + lead;
}

// What the arena library has for malloc and its kin: the linker gives it these instead, so that what it
// notes of an allocation is none itself, whoever calls it. It frees as all do.
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *object, size_t size);

void *__wrap_malloc(size_t size)
{
    return size <= MOST_BYTES ? allocate_from_system(size, ALIGN, false) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    size_t whole = arena_array_size(count, size);
    return whole <= MOST_BYTES ? allocate_from_system(whole, ALIGN, true) : NULL;
}

void *__wrap_realloc(void *object, size_t size)
{
    if (!object)
        return __wrap_malloc(size);
    return size <= MOST_BYTES ? resize_in_system(object, size) : NULL;
}

// ----- Large objects -----

static void *place_large(Arena *arena, size_t size, size_t align, bool zero)
{
    Large *large = ARENA_NEW(arena, Large);
    unsigned char *start = NULL;
    if (large)
        start = zero ? arena_calloc(arena, align + size) : arena_alloc(arena, align + size);
    if (!start)
        return NULL;
    *large = (Large){arena, lead_at(start, align)};
    void *object = start + large->lead;
    header_of(object)->large = large;
    set_size(object, size, OWNER_ITSELF);
    return object;
}

static void *allocate_large(size_t size, size_t align, bool zero)
{
    const ArenaOptions options = {.name = "malloc, large", .capacity = sizeof(Large)};
    Arena *arena = arena_create_with(&options);
    void *object = arena ? place_large(arena, size, align, zero) : NULL;
    if (!object)
        arena_destroy(arena);
    return object;
}

// An arena in which every allocation is seen would copy the object, and keep what it was: NULL then.
static void *resize_large_object(void *object, size_t size)
{
    const Large *large = header_of(object)->large;
    if (large->arena->stride == 0)
        return size <= size_of(object) ? object : NULL;
    unsigned char *start = (unsigned char *)object - large->lead;
    start = arena_realloc(large->arena, start, large->lead + size_of(object), large->lead + size);
    if (!start)
        return NULL;
    set_size(start + large->lead, size, OWNER_ITSELF);
    return start + large->lead;
}

// ----- Objects in the arena of a thread -----

static inline void *place(unsigned char *start, size_t lead, size_t size)
{
    void *object = start + lead;
    if (lead > SHORT_LEAD)
        header_of(object)->lead = lead;
    set_size(object, size, lead > SHORT_LEAD ? OWNER_THREAD_WIDE : OWNER_THREAD);
    return object;
}

static inline bool has_room(const Arena *arena, size_t size)
{
    return size <= (size_t)(arena->end - arena->cursor);
}

// Where it is not known at which place the object will be, the lead is long enough for any.
static void *allocate_small(Arena *arena, size_t size, size_t align, bool zero)
{
    size_t lead = lead_at(arena->cursor, align);
    if (!has_room(arena, lead + size))
        lead = align;
    unsigned char *start = zero ? arena_new0(arena, lead + size, ARENA_GRANULE)
                                : arena_new(arena, lead + size, ARENA_GRANULE);
    if (!start)
        return NULL;
    size_t needed = lead_at(start, align);
    return place(start, needed, lead + size - needed);
}

// Whether it is the newest object of this thread's arena. No other arena has an object that ends there.
static inline bool ends_at_cursor(const Arena *arena, void *object)
{
    return arena->cursor == (unsigned char *)object + ARENA_ROUNDED(size_of(object));
}

// Where the newest object stands; false: there is no room.
static bool resize_newest_object(Arena *arena, void *object, size_t size)
{
    size_t lead = lead_of_object(object);
    unsigned char *start = (unsigned char *)object - lead;
    size_t held = lead + size_of(object);
    size_t wanted = lead + size;
    bool good = wanted <= held ? arena_realloc(arena, start, held, wanted) != NULL
                               : arena_extend(arena, start, held, wanted, &wanted);
    if (good)
        set_size(object, size, owner_of(object));
    return good;
}

static void give_back_newest(Arena *arena, void *object)
{
    size_t lead = lead_of_object(object);
    unsigned char *start = (unsigned char *)object - lead;
    (void)!arena_realloc(arena, start, lead + size_of(object), 0);
}

// ----- Any object -----

static ARENA_COLD void *allocate(size_t size, size_t align, bool zero)
{
    if (size > MOST_BYTES || align > MOST_BYTES - size) {
        errno = ENOMEM;
        return NULL;
    }
    Visit visit = begin_visit();
    void *object = NULL;
    if (!visit.arena)
        object = allocate_from_system(size, align, zero);
    else if (align + size >= LARGE)
        object = allocate_large(size, align, zero);
    else
        object = allocate_small(visit.arena, size, align, zero);
    end_visit(&visit, object != NULL);
    return object;
}

void *malloc(size_t size)
{
    Arena *arena = mine;
    if (ARENA_LIKELY(arena && size < LARGE - ALIGN)) {
        size_t lead = lead_at(arena->cursor, ALIGN);
        if (ARENA_LIKELY(has_room(arena, lead + size)))
            return place(arena_new(arena, lead + size, ARENA_GRANULE), lead, size);
    }
    return allocate(size, ALIGN, false);
}

void *calloc(size_t count, size_t size)
{
    size_t whole = arena_array_size(count, size);
    Arena *arena = mine;
    if (ARENA_LIKELY(arena && whole < LARGE - ALIGN)) {
        size_t lead = lead_at(arena->cursor, ALIGN);
        if (ARENA_LIKELY(has_room(arena, lead + whole)))
            return place(arena_new0(arena, lead + whole, ARENA_GRANULE), lead, whole);
    }
    return allocate(whole, ALIGN, true);
}

// What somebody may note, or a source hears of. An arena is not destroyed in the midst of a visit.
static ARENA_COLD void give_back(void *object)
{
    Visit visit = begin_visit();
    if (owner_of(object) == OWNER_SYSTEM)
        __libc_free((unsigned char *)object - header_of(object)->lead);
    else if (owner_of(object) != OWNER_ITSELF)
        give_back_newest(visit.arena, object);
    else if (!visit.is_refused)
        arena_destroy(header_of(object)->large->arena);
    end_visit(&visit, true);
}

static inline bool is_small(void *object)
{
    return owner_of(object) == OWNER_THREAD || owner_of(object) == OWNER_THREAD_WIDE;
}

// A library that was opened so that it sees the C library first may hand its objects to others, and the
// loader may have some: these are left alone.
static inline bool is_ours(void *object)
{
    return is_small(object) || owner_of(object) == OWNER_ITSELF || owner_of(object) == OWNER_SYSTEM;
}

static inline bool can_give_back(void *object)
{
    return is_small(object) ? mine && ends_at_cursor(mine, object) : is_ours(object);
}

void free(void *object)
{
    if (!object || !can_give_back(object))
        return;
    if (is_small(object) && !mine->watch)
        give_back_newest(mine, object);
    else
        give_back(object);
}

// ----- Other sizes -----

// Without a copy; NULL if that cannot be. What is not the newest stays as large as it is.
static void *resize_in_place(const Visit *visit, void *object, size_t size)
{
    switch (owner_of(object)) {
    case OWNER_SYSTEM: return resize_in_system(object, size);
    case OWNER_ITSELF: return visit->is_refused ? NULL : resize_large_object(object, size);
    default:
        if (visit->arena && size < LARGE && ends_at_cursor(visit->arena, object) &&
            resize_newest_object(visit->arena, object, size))
            return object;
        return size <= size_of(object) ? object : NULL;
    }
}

// What had to move once may have to again, so it gets room.
static void *move(void *object, size_t size)
{
    size_t held = size_of(object);
    size_t roomy = held + held / 2;
    void *moved = held < size && size < roomy ? malloc(roomy) : NULL;
    if (!moved)
        moved = malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, object, held < size ? held : size);
    free(object);
    return moved;
}

void *realloc(void *object, size_t size)
{
    if (!object)
        return malloc(size);
    if (!is_ours(object))
        return __libc_realloc(object, size);
    if (size == 0) {
        free(object);
        return NULL;
    }
    void *resized = NULL;
    if (size <= MOST_BYTES) {
        Visit visit = begin_visit();
        resized = resize_in_place(&visit, object, size);
        end_visit(&visit, true);
    }
    return resized ? resized : move(object, size);
}

void *reallocarray(void *object, size_t count, size_t size)
{
    return realloc(object, arena_array_size(count, size));
}

size_t malloc_usable_size(void *object)
{
    return object && is_ours(object) ? size_of(object) : 0;
}

// ----- Alignment -----

static bool is_power_of_two(size_t number)
{
    return number > 0 && (number & (number - 1)) == 0;
}

static void *allocate_aligned(size_t align, size_t size)
{
    return align <= ALIGN ? malloc(size) : allocate(size, align, false);
}

int posix_memalign(void **object, size_t align, size_t size)
{
    if (!is_power_of_two(align) || align < sizeof(void *))
        return EINVAL;
    int error = errno;
    void *aligned = allocate_aligned(align, size);
    errno = error;
    if (aligned)
        *object = aligned;
    return aligned ? 0 : ENOMEM;
}

void *aligned_alloc(size_t align, size_t size)
{
    if (is_power_of_two(align))
        return allocate_aligned(align, size);
    errno = EINVAL;
    return NULL;
}

// The next power of two, where it is none.
void *memalign(size_t align, size_t size)
{
    size_t power = ALIGN;
    while (power < align && power <= SIZE_MAX / 2)
        power *= 2;
    return aligned_alloc(power < align ? 0 : power, size);
}

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *valloc(size_t size)
{
    return allocate_aligned(page_size(), size);
}

void *pvalloc(size_t size)
{
    size_t page = page_size();
    return allocate_aligned(page, size > MOST_BYTES ? size : (size + page - 1) & ~(page - 1));
}

void free_sized(void *object, size_t size)
{
    (void)size;
    free(object);
}

void free_aligned_sized(void *object, size_t align, size_t size)
{
    (void)align;
    (void)size;
    free(object);
}
