// The default source: malloc for small blocks, mappings with huge pages for large ones. A mapping
// that is given back stays in a cache of the process, because a fresh page costs more than a
// hundred allocations. Of small blocks, each thread keeps the few that it gave back last: making and
// destroying one arena after another then costs no malloc, and the pages stay.
//
// The cache is one object, and who takes its address out of `cache` has it alone: no lock is ever
// held, and who finds it taken goes without. A forked child starts with an empty one, because pages
// that it shares with its parent are copied one by one when they are written.

#include "sources.h"
#include "pages.h"
#include "../core/tuning.h"
#include "../core/atomics.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct Mapping {
    void *pages;
    size_t size;
    bool is_warm; // not discarded
} Mapping;

// TRIES is how often to try for the cache before going without. Of what the cache may hold, one
// part in COOL stays warm: to discard pages interrupts every other thread, once for each huge page.
// While it is taken, the cache has one place more for a mapping that comes.
enum { MAPPINGS = 64, PLACES = MAPPINGS + 1, TRIES = 1000, COOL = 4, KEPT = 4 };

typedef struct Cache {
    Mapping mappings[PLACES]; // oldest first
    size_t count;
    size_t held; // bytes of all mappings
} Cache;

typedef struct SmallBlock {
    void *block;
    size_t size;
} SmallBlock;

// The small blocks that a thread keeps.
typedef struct Kept {
    SmallBlock blocks[KEPT]; // oldest first
    size_t count;
    bool is_watched; // the end of the thread will be told
} Kept;

typedef void (*ThreadEnd)(bool ended);

static ARENA_THREAD_LOCAL Kept mine;
static Cache cache_storage;
static ARENA_ATOMIC(Cache *) cache = &cache_storage;
static atomic_size_t cache_limit = ARENA_TUNE_CACHE;
static atomic_size_t live;      // bytes of mappings that arenas hold
static atomic_size_t most_live; // and that they ever held at once
static atomic_size_t warm; // bytes of mappings in the cache, or on the way, that were not discarded
static ARENA_ATOMIC(ThreadEnd) first_at_end; // what a thread that ends gives back here; or NULL

// ----- The cache -----

static void unmap_all(const Mapping *mappings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        arena_pages_unmap(mappings[i].pages, mappings[i].size);
}

// Runs in a forked child. Where another thread of the parent had the cache, what is in it cannot be
// trusted, and is left where it is.
static void forget_cache(void)
{
    if (atomic_load(&cache))
        unmap_all(cache_storage.mappings, cache_storage.count);
    cache_storage = (Cache){0};
    atomic_store(&warm, 0);
    atomic_store(&cache, &cache_storage);
}

// Whether children will forget the cache. It does them no harm to be told so twice.
static bool watches_forks(void)
{
    static atomic_bool watches;
    if (!atomic_load(&watches) && arena_pages_at_fork(forget_cache))
        atomic_store(&watches, true);
    return atomic_load(&watches);
}

// The cache, for the caller alone; NULL if somebody else has it and keeps it longer than usual. It is
// never taken before forks are watched, or a child could be left without it for good.
static Cache *take_cache(int patience)
{
    Cache *taken = NULL;
    while (!taken && patience-- > 0 && watches_forks())
        taken = atomic_exchange(&cache, NULL);
    return taken;
}

static Mapping remove_mapping(Cache *taken, size_t index)
{
    Mapping removed = taken->mappings[index];
    taken->held -= removed.size;
    if (removed.is_warm)
        atomic_fetch_sub(&warm, removed.size);
    taken->count--;
    for (size_t i = index; i < taken->count; i++)
        taken->mappings[i] = taken->mappings[i + 1];
    return removed;
}

// What the cache may hold under a limit.
static size_t cache_bound(size_t limit)
{
    size_t ever = atomic_load(&most_live);
    return limit < ever ? limit : ever;
}

// Moves the oldest mappings out until the others are within a limit, and of the warm ones until
// those are within their part of it.
static size_t evict(Cache *taken, size_t limit, Mapping evicted[PLACES])
{
    size_t count = 0;
    while (taken->held > cache_bound(limit) || taken->count > MAPPINGS)
        evicted[count++] = remove_mapping(taken, 0);
    for (size_t i = 0; i < taken->count && atomic_load(&warm) > limit / COOL;) {
        if (taken->mappings[i].is_warm)
            evicted[count++] = remove_mapping(taken, i);
        else
            i++;
    }
    return count;
}

// Who sets a limit does not wait for who has the cache: whoever returns it brings it within the limit,
// and looks afterwards whether there is a new one.
static void return_cache(Cache *taken)
{
    while (taken) {
        Mapping evicted[PLACES];
        size_t limit = atomic_load(&cache_limit);
        size_t count = evict(taken, limit, evicted);
        atomic_store(&cache, taken);
        unmap_all(evicted, count);
        taken = atomic_load(&cache_limit) == limit ? NULL : take_cache(1);
    }
}

// Whether a mapping may lie in the cache as it is, which counts as warm then.
static bool may_stay_warm(size_t size)
{
    size_t most = atomic_load(&cache_limit) / COOL;
    size_t now = atomic_load(&warm);
    while (size <= most && now <= most - size)
        if (atomic_compare_exchange_weak(&warm, &now, now + size))
            return true;
    return false;
}

// Puts a mapping into the cache; false if somebody else keeps that.
static bool store_mapping(Mapping mapping)
{
    Cache *taken = take_cache(TRIES);
    if (!taken)
        return false;
    taken->mappings[taken->count++] = mapping;
    taken->held += mapping.size;
    return_cache(taken);
    return true;
}

// Keeps a mapping for later; false if it may not be kept, or could only be kept as it is, and too much
// is already.
static bool keep_mapping(void *pages, size_t size)
{
    if (size > cache_bound(atomic_load(&cache_limit)))
        return false;
    Mapping mapping = {pages, size, may_stay_warm(size)};
    if (!mapping.is_warm && !arena_pages_discard(pages, size))
        return false;
    bool kept = store_mapping(mapping);
    if (!kept && mapping.is_warm)
        atomic_fetch_sub(&warm, size);
    return kept;
}

bool arena_heap_empty_cache(void)
{
    Cache *taken = take_cache(TRIES);
    if (!taken)
        return false;
    Mapping evicted[PLACES];
    size_t count = evict(taken, 0, evicted);
    return_cache(taken);
    unmap_all(evicted, count);
    return count > 0;
}

// Gives back what is more than `size` bytes, or all of it where the system cannot cut; NULL then.
static void *cut_mapping(Mapping mapping, size_t size)
{
    if (mapping.size == size)
        return mapping.pages;
    void *pages = arena_pages_remap(mapping.pages, mapping.size, size);
    if (!pages)
        arena_pages_unmap(mapping.pages, mapping.size);
    return pages;
}

// The smallest kept mapping of at least `size` bytes, and at most a quarter more; or NULL.
static void *reuse_mapping(size_t size)
{
    Cache *taken = take_cache(TRIES);
    if (!taken)
        return NULL;
    Mapping best = {.size = size + size / 4 + 1};
    size_t index = 0;
    for (size_t i = 0; i < taken->count; i++) {
        if (taken->mappings[i].size >= size && taken->mappings[i].size < best.size) {
            best = taken->mappings[i];
            index = i;
        }
    }
    if (best.pages)
        remove_mapping(taken, index);
    return_cache(taken);

    return best.pages ? cut_mapping(best, size) : NULL;
}

// ----- Mappings -----

static void count_live(size_t size)
{
    size_t now = atomic_fetch_add(&live, size) + size;
    size_t ever = atomic_load(&most_live);
    while (now > ever && !atomic_compare_exchange_weak(&most_live, &ever, now))
        continue;
}

static void *acquire_mapping(size_t size, bool *fresh)
{
    size_t whole = arena_whole_pages(size);
    unsigned char *pages = reuse_mapping(whole);
    *fresh = !pages;
    if (!pages)
        pages = arena_pages_map(whole);
    if (!pages && arena_heap_empty_cache())
        pages = arena_pages_map(whole);
    if (pages)
        count_live(whole);
    if (pages && *fresh && whole >= ARENA_HUGE_PAGE)
        pages[ARENA_HUGE_PAGE - 1] = 0; // before the header is written; see open_window
    return pages;
}

static void release_mapping(void *pages, size_t size)
{
    size_t whole = arena_whole_pages(size);
    atomic_fetch_sub(&live, whole);
    if (!keep_mapping(pages, whole))
        arena_pages_unmap(pages, whole);
}

static void *resize_mapping(void *pages, size_t old_size, size_t new_size)
{
    size_t old_whole = arena_whole_pages(old_size);
    size_t new_whole = arena_whole_pages(new_size);
    void *moved = arena_pages_remap(pages, old_whole, new_whole);
    if (moved) {
        atomic_fetch_sub(&live, old_whole);
        count_live(new_whole);
    }
    return moved;
}

static void *relocate_mapping(void *pages, size_t old_size, size_t new_size)
{
    void *moved = resize_mapping(pages, old_size, new_size);
    if (!moved && arena_heap_empty_cache())
        moved = resize_mapping(pages, old_size, new_size);
    return moved;
}

// ----- Small blocks -----

static void forget_kept(void)
{
    for (size_t i = 0; i < mine.count; i++)
        free(mine.blocks[i].block);
    mine = (Kept){0};
}

static void *remove_kept(size_t index)
{
    void *block = mine.blocks[index].block;
    mine.count--;
    for (size_t i = index; i < mine.count; i++)
        mine.blocks[i] = mine.blocks[i + 1];
    return block;
}

// What comes first gives blocks back, of which some are kept, as long as the thread is watched.
static void clear_thread(bool ended)
{
    ThreadEnd first = atomic_load(&first_at_end);
    if (first)
        first(ended);
    forget_kept();
}

static void end_thread(void)
{
    clear_thread(true);
}

bool arena_heap_at_thread_end(void (*call)(bool ended))
{
    atomic_store(&first_at_end, call);
    return arena_pages_at_thread_end(end_thread);
}

static bool may_keep(size_t size)
{
    return size <= ARENA_TUNE_KEPT &&
           atomic_load_explicit(&cache_limit, memory_order_relaxed) > 0 &&
           (mine.is_watched || arena_pages_at_thread_end(end_thread));
}

static void release_small(void *block, size_t size)
{
    if (!may_keep(size)) {
        free(block);
        if (atomic_load_explicit(&cache_limit, memory_order_relaxed) == 0)
            forget_kept();
        return;
    }
    if (mine.count == KEPT)
        free(remove_kept(0));
    mine.is_watched = true;
    mine.blocks[mine.count].block = block;
    mine.blocks[mine.count].size = size;
    mine.count++;
}

static ARENA_COLD void *search_kept(size_t size)
{
    for (size_t i = mine.count; i-- > 0;)
        if (mine.blocks[i].size == size)
            return remove_kept(i);
    void *block = malloc(size);
    return block || !arena_heap_empty_cache() ? block : malloc(size);
}

// An arena gives its first block back last, and the next arena asks for that first.
static void *acquire_small(size_t size)
{
    if (mine.count == 0 || mine.blocks[mine.count - 1].size != size)
        return search_kept(size);
    return mine.blocks[--mine.count].block;
}

// ----- The source -----

void arena_cache_limit(size_t bytes)
{
    atomic_store(&cache_limit, bytes);
    return_cache(take_cache(TRIES));
    if (bytes == 0)
        forget_kept();
}

// Nobody could ever give back what a library kept that is gone; what other threads kept is lost. Where
// it is the process that ends, this only does what the system would do next. What is given back from now
// on is not kept.
static ARENA_AT_UNLOAD void give_all_back(void)
{
    clear_thread(false);
    arena_cache_limit(0);
}

// Whether a block of this size is a mapping.
static bool is_mapped(size_t size)
{
    return size >= ARENA_TUNE_MAPPED && !arena_pages_are_unseen();
}

// Cold, as compared with a small block: the registers that it needs are saved here only.
static ARENA_COLD void *acquire_large(size_t size, bool *fresh)
{
    return is_mapped(size) ? acquire_mapping(size, fresh) : malloc(size);
}

static ARENA_COLD void release_large(void *block, size_t size)
{
    if (is_mapped(size))
        release_mapping(block, size);
    else
        free(block);
}

static void *acquire_heap(void *context, size_t *size)
{
    bool *fresh = context;
    *fresh = false;
    return *size < ARENA_TUNE_MAPPED ? acquire_small(*size) : acquire_large(*size, fresh);
}

static void release_heap(void *context, void *block, size_t size)
{
    (void)context;
    if (size < ARENA_TUNE_MAPPED)
        release_small(block, size);
    else
        release_large(block, size);
}

void arena_heap_source(ArenaSource *source, bool *fresh)
{
    source->acquire = acquire_heap;
    source->extend = NULL;
    source->release = release_heap;
    source->context = fresh;
}

bool arena_is_heap(const ArenaSource *source)
{
    return source->acquire == acquire_heap;
}

bool arena_heap_spares(const ArenaSource *source)
{
    return arena_is_heap(source) &&
           atomic_load_explicit(&live, memory_order_relaxed) < ARENA_TUNE_EARLY_LIVE;
}

static void *relocate_by_copy(void *block, size_t old_size, size_t new_size)
{
    bool fresh;
    void *moved = acquire_heap(&fresh, &new_size);
    if (!moved)
        return NULL;
    memcpy(moved, block, old_size);
    release_heap(NULL, block, old_size);
    return moved;
}

// A small block that realloc refuses is copied to where the cache was.
void *arena_heap_relocate(void *block, size_t old_size, size_t new_size)
{
    void *moved = NULL;
    if (!is_mapped(new_size))
        moved = realloc(block, new_size);
    else if (is_mapped(old_size))
        moved = relocate_mapping(block, old_size, new_size);
    return moved ? moved : relocate_by_copy(block, old_size, new_size);
}

bool arena_heap_cut(void *block, size_t old_size, size_t new_size)
{
    return is_mapped(new_size) && resize_mapping(block, old_size, new_size) != NULL;
}
