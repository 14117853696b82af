// Arrays, in one piece and in segments.

#include "arena/array.h"
#include "header.h"
#include "../core/platform.h"
#include "../core/sizes.h"

extern ARENA_API inline size_t arena_segment_of(size_t index);
extern ARENA_API inline size_t arena_place_in_segment(size_t index);

// Bytes of the first storage of an array, if that holds a few items.
enum { FIRST_BYTES = 128, FIRST_ITEMS = 4 };

// An array as the functions below are given it.
typedef struct Array {
    Header header;
    size_t size;  // bytes of an item
    size_t align; // of an item
} Array;

#define ARRAY(items, count, capacity, epoch, size, align) \
    (&(Array){{(items), (count), (capacity), (epoch)}, (size), (align)})

static unsigned char *items_of(const Array *array)
{
    return get_items(&array->header);
}

static bool is_shared(const Array *array)
{
    return (*array->header.epoch & EPOCH_SHARED) != 0;
}

static bool touch(Arena *arena, const Array *array)
{
    return arena_touch(arena, &array->header, arena_restore_header);
}

// Twice what there was, unless that is enough and only has to be elsewhere.
static size_t roomy_capacity(const Array *array, size_t least)
{
    size_t first = larger(FIRST_ITEMS, FIRST_BYTES / larger(array->size, 1));
    size_t capacity = *array->header.capacity;
    return larger(larger(least, first), least > capacity ? 2 * capacity : capacity);
}

// The array has this storage now, of so many bytes. What is no whole item is given back, so that the
// array is known for the newest object when it grows again.
static void settle(Arena *arena, const Array *array, void *items, size_t bytes)
{
    size_t size = larger(array->size, 1);
    void *same = arena_realloc(arena, items, bytes, bytes / size * size);
    set_items(&array->header, same);
    *array->header.capacity = array->size ? bytes / size : SIZE_MAX;
}

// Copies the items, of which there are some, to new storage with room for `least` of them. What was there stays as it is, so
// nothing is shared any more.
static bool move_items(Arena *arena, const Array *array, size_t least)
{
    size_t bytes = arena_array_size(roomy_capacity(array, least), array->size);
    void *items =
        arena_grow(arena, NULL, 0, arena_array_size(least, array->size), &bytes, array->align);
    if (!items)
        return false;
    memcpy(items, items_of(array), *array->header.count * array->size);
    settle(arena, array, items, bytes);
    *array->header.epoch = arena->epoch;
    return true;
}

// Grows the storage where it stands, if it can, or else moves it.
static bool extend(Arena *arena, const Array *array, size_t least)
{
    unsigned char *before = items_of(array);
    size_t bytes = arena_array_size(roomy_capacity(array, least), array->size);
    void *items = arena_grow(arena, before, *array->header.capacity * array->size,
                             arena_array_size(least, array->size), &bytes, array->align);
    if (!items)
        return false;
    settle(arena, array, items, bytes);
    if (items != before)
        *array->header.epoch = arena->epoch;
    return true;
}

static bool make_room(Arena *arena, const Array *array, size_t more)
{
    size_t count = *array->header.count;
    size_t least = more <= SIZE_MAX - count ? count + more : SIZE_MAX;
    return least <= *array->header.capacity || extend(arena, array, least);
}

bool arena_array_grow(Arena *arena, void *items, size_t *count, size_t *capacity, uint64_t *epoch,
                      size_t size, size_t align, size_t more)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    return touch(arena, array) && make_room(arena, array, more);
}

bool arena_array_reserve(Arena *arena, void *items, size_t *count, size_t *capacity,
                         uint64_t *epoch, size_t size, size_t align, size_t total)
{
    return arena_array_grow(arena, items, count, capacity, epoch, size, align,
                            total > *count ? total - *count : 0);
}

// Of no items, too, the address is one.
void *arena_array_extend(Arena *arena, void *items, size_t *count, size_t *capacity,
                         uint64_t *epoch, size_t size, size_t align, size_t more)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    if (!touch(arena, array) || !make_room(arena, array, *capacity ? more : larger(more, 1)))
        return NULL;
    void *first = items_of(array) + *count * size;
    *count += more;
    return first;
}

bool arena_array_append(Arena *arena, void *items, size_t *count, size_t *capacity, uint64_t *epoch,
                        size_t size, size_t align, const void *source, size_t more)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    if (more == 0)
        return true;

    // The items of the array itself may move with it.
    size_t offset = (size_t)((uintptr_t)source - (uintptr_t)items_of(array));
    bool is_own = offset < *count * size;
    if (!touch(arena, array) || !make_room(arena, array, more))
        return false;
    const void *from = is_own ? items_of(array) + offset : source;
    memmove(items_of(array) + *count * size, from, more * size);
    *count += more;
    return true;
}

void *arena_array_insert(Arena *arena, void *items, size_t *count, size_t *capacity,
                         uint64_t *epoch, size_t size, size_t align, size_t index)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    if (index > *count)
        return arena_fail(arena, 0, EINVAL);
    if (!touch(arena, array))
        return NULL;
    bool overwrites = is_shared(array) && index < *count;
    if (!(overwrites ? move_items(arena, array, *count + 1) : make_room(arena, array, 1)))
        return NULL;
    unsigned char *item = items_of(array) + index * size;
    memmove(item + size, item, (*count - index) * size);
    ++*count;
    return item;
}

bool arena_array_truncate(Arena *arena, void *items, size_t *count, size_t *capacity,
                          uint64_t *epoch, size_t size, size_t align, size_t kept)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    if (kept > *count)
        return arena_fail(arena, 0, EINVAL);
    if (kept == *count)
        return true;
    if (!touch(arena, array))
        return false;
    *count = kept;
    if (is_shared(array))
        *capacity = kept; // so that nothing is written over the others
    return true;
}

bool arena_array_remove(Arena *arena, void *items, size_t *count, size_t *capacity, uint64_t *epoch,
                        size_t size, size_t align, size_t index)
{
    const Array *array = ARRAY(items, count, capacity, epoch, size, align);
    if (index >= *count)
        return arena_fail(arena, 0, EINVAL);
    if (index == *count - 1)
        return arena_array_truncate(arena, items, count, capacity, epoch, size, align, index);
    if (!touch(arena, array) || (is_shared(array) && !move_items(arena, array, *count)))
        return false;
    unsigned char *item = items_of(array) + index * size;
    memmove(item, item + size, (*count - index - 1) * size);
    --*count;
    return true;
}

// ----- Segments -----

// The row of segments has room for a power of two of them. A longer one is a copy: the old one may be
// what a mark saw.
static void **row_with_room(Arena *arena, void **row, size_t segments)
{
    enum { FIRST_SEGMENTS = 4 };
    bool full = segments >= FIRST_SEGMENTS && (segments & (segments - 1)) == 0;
    if (row && !full)
        return row;
    void **longer = ARENA_NEW_ARRAY(arena, void *, segments ? 2 * segments : FIRST_SEGMENTS);
    return longer && row ? memcpy(longer, row, segments * sizeof *row) : longer;
}

bool arena_segmented_grow(Arena *arena, void *items, size_t *count, size_t *capacity,
                          uint64_t *epoch, size_t size, size_t align)
{
    const Header header = {items, count, capacity, epoch};
    if (!arena_touch(arena, &header, arena_restore_header))
        return false;
    if (*count < *capacity)
        return true;

    size_t segments = arena_segment_of(*capacity);
    size_t length = (size_t)8 << segments;
    void *segment = arena_alloc_aligned(arena, arena_array_size(length, size), align);
    void **row = segment ? row_with_room(arena, get_items(&header), segments) : NULL;
    if (!row) {
        arena_give_back(arena, segment, length * size);
        return false;
    }
    row[segments] = segment;
    set_items(&header, row);
    *capacity += length;
    return true;
}
