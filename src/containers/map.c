// Maps: linear hashing over a segmented array of entries.
//
//     a segment   | entry entry ... | link link ... | head head ... |     8, 16, 32 ... of each
//
//     buckets     0 ... s-1     | s ... top-1 | top ... count-1           top: a power of two
//                 split already | not yet     | split off from 0 ... s-1
//
// Entry i has link i, which says where in a chain it is, and brings bucket i, whose head starts a
// chain. There are as many buckets as entries, but at least FIRST; the one that comes with entry
// `count` takes about half of the chain of bucket s = count - top. So the state of the table follows
// from `count`, and can be taken back entry by entry, which is what a rewind does. Links and heads lie
// apart from entries, since most of what a search looks at is not what it looks for.

#include "arena/map.h"
#include "hash.h"
#include "header.h"
#include "../core/platform.h"

extern ARENA_API inline ArenaMapEntry *arena_map_at(const ArenaMap *map, size_t index);

enum { FIRST = 8 };

// Links and heads name an entry by its index plus 1; 0 is nobody.
typedef struct Link {
    uint32_t hash;
    uint32_t next; // in the same chain
} Link;

static size_t segment_length(size_t index)
{
    return (size_t)1 << ARENA_LOG2(index + FIRST);
}

static ArenaMapEntry *segment_end(const ArenaMapRoot *root, size_t index)
{
    return root->items[arena_segment_of(index)] + segment_length(index);
}

static Link *link_at(const ArenaMapRoot *root, size_t index)
{
    return (Link *)(void *)segment_end(root, index) + arena_place_in_segment(index);
}

static uint32_t *head_at(const ArenaMapRoot *root, size_t index)
{
    Link *end = (Link *)(void *)segment_end(root, index) + segment_length(index);
    return (uint32_t *)(void *)end + arena_place_in_segment(index);
}

// The head of the chain in which entries with this hash are.
static uint32_t *chain_of(const ArenaMapRoot *root, uint32_t hash)
{
    size_t buckets = root->count > FIRST ? root->count : FIRST;
    size_t top = (size_t)1 << ARENA_LOG2(buckets);
    size_t bucket = hash & (2 * top - 1);
    return head_at(root, bucket < buckets ? bucket : bucket - top);
}

static uint32_t hash_of(const ArenaMapRoot *root, const char *key, size_t length)
{
    HashKey secret = arena_secret();
    secret.words[0] ^= root->seed;
    return (uint32_t)arena_hash(secret, key, length);
}

static ArenaMapEntry *find(const ArenaMapRoot *root, uint32_t hash, const char *key, size_t length)
{
    if (root->count == 0)
        return NULL;
    for (uint32_t number = *chain_of(root, hash); number;) {
        const Link *link = link_at(root, number - 1);
        if (link->hash == hash) {
            ArenaMapEntry *entry = ARENA_AT(root, number - 1);
            if (entry->length == length && (length == 0 || memcmp(entry->key, key, length) == 0))
                return entry;
        }
        number = link->next;
    }
    return NULL;
}

ArenaMapEntry *arena_map_find(const ArenaMap *map, const char *key, size_t length)
{
    const ArenaMapRoot *root = map->root;
    return root ? find(root, hash_of(root, key, length), key, length) : NULL;
}

// ----- Insertion, and what takes it back -----

// Moves what belongs into the bucket that comes with the next entry out of the one that is split.
static void split(const ArenaMapRoot *root)
{
    size_t top = (size_t)1 << ARENA_LOG2(root->count);
    uint32_t *stays = head_at(root, root->count - top);
    uint32_t *goes = head_at(root, root->count);
    for (uint32_t number = *stays; number;) {
        Link *link = link_at(root, number - 1);
        uint32_t **end = link->hash & top ? &goes : &stays;
        **end = number;
        *end = &link->next;
        number = link->next;
    }
    *stays = 0;
    *goes = 0;
}

// The opposite: what is in the last bucket goes to the end of the one that it was split off.
static void merge(const ArenaMapRoot *root, size_t bucket)
{
    uint32_t *end = head_at(root, bucket - ((size_t)1 << ARENA_LOG2(bucket)));
    while (*end)
        end = &link_at(root, *end - 1)->next;
    *end = *head_at(root, bucket);
}

static void add_bucket(const ArenaMapRoot *root)
{
    if (root->count >= FIRST)
        split(root);
    for (size_t i = 0; root->count == 0 && i < FIRST; i++)
        *head_at(root, i) = 0;
}

static void remove_last(ArenaMapRoot *root)
{
    size_t last = root->count - 1;
    uint32_t *number = chain_of(root, link_at(root, last)->hash);
    while (*number != last + 1)
        number = &link_at(root, *number - 1)->next;
    *number = link_at(root, last)->next;
    if (last >= FIRST)
        merge(root, last);
    root->count--;
}

// A root is older than what it notes, so it is there as long as that may be called.
static void undo_entries(void *saved, const ArenaRewind *rewind)
{
    const SavedHeader *old = saved;
    if (!arena_header_is_there(old, rewind))
        return;
    ArenaMapRoot *root = old->header.items;
    while (root->count > old->count) {
        remove_last(root);
        if (rewind->arena->watch) // who may look for pointers to the key
            *ARENA_AT(root, root->count) = (ArenaMapEntry){0};
    }
    arena_restore_header(saved, rewind);
}

static bool touch_root(Arena *arena, ArenaMapRoot *root)
{
    const Header header = {&root->items, &root->count, &root->capacity, &root->epoch};
    return arena_touch(arena, &header, undo_entries);
}

static bool has_room(Arena *arena, ArenaMapRoot *root)
{
    return root->count < root->capacity ||
           arena_segmented_grow(arena, &root->items, &root->count, &root->capacity, &root->epoch,
                                sizeof(ArenaMapEntry) + sizeof(Link) + sizeof(uint32_t),
                                ARENA_ALIGNOF(ArenaMapEntry));
}

static char *copy_key(Arena *arena, const char *key, size_t length)
{
    char *copy = ARENA_NEW_ARRAY(arena, char, length + 1);
    if (copy) {
        if (length > 0)
            memcpy(copy, key, length);
        copy[length] = 0;
    }
    return copy;
}

static ArenaMapEntry *insert(Arena *arena, ArenaMapRoot *root, uint32_t hash, const char *key,
                             size_t length)
{
    if (root->count >= UINT32_MAX - 1)
        return arena_fail(arena, 0, ENOMEM);
    char *copy =
        touch_root(arena, root) && has_room(arena, root) ? copy_key(arena, key, length) : NULL;
    if (!copy)
        return NULL;

    add_bucket(root);
    size_t index = root->count++;
    uint32_t *head = chain_of(root, hash);
    *link_at(root, index) = (Link){hash, *head};
    *head = (uint32_t)index + 1;
    ArenaMapEntry *entry = ARENA_AT(root, index);
    *entry = (ArenaMapEntry){copy, length, NULL};
    return entry;
}

// ----- The map -----

static ArenaMapRoot *new_root(Arena *arena)
{
    ArenaMapRoot *root = ARENA_NEW0(arena, ArenaMapRoot);
    if (root) {
        root->epoch = arena->epoch;
        root->seed = (uint64_t)(uintptr_t)root;
    }
    return root;
}

ArenaMapEntry *arena_map_entry(Arena *arena, ArenaMap *map, const char *key, size_t length)
{
    ArenaMapRoot *root = map->root;
    uint32_t hash = root ? hash_of(root, key, length) : 0;
    ArenaMapEntry *found = root ? find(root, hash, key, length) : NULL;
    if (found)
        return found;

    const Header header = {&map->root, &map->count, &map->count, &map->epoch};
    if (!arena_touch(arena, &header, arena_restore_header))
        return NULL;
    if (!root) {
        root = new_root(arena);
        if (!root)
            return NULL;
        map->root = root;
        hash = hash_of(root, key, length);
    }
    ArenaMapEntry *entry = insert(arena, root, hash, key, length);
    map->count = root->count;
    return entry;
}

void **arena_map_slot(Arena *arena, ArenaMap *map, const char *key, size_t length)
{
    ArenaMapEntry *entry = arena_map_entry(arena, map, key, length);
    return entry ? &entry->value : NULL;
}

const char *arena_map_intern(Arena *arena, ArenaMap *map, const char *key, size_t length)
{
    ArenaMapEntry *entry = arena_map_entry(arena, map, key, length);
    return entry ? entry->key : NULL;
}
