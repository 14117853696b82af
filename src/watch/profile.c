// The profiler: where memory is asked for, from a few allocations that are chosen so that each byte has
// the same chance. Each stands for as many as went unnoticed beside it: an object of `size` bytes that
// was noted with a chance of c for 1 / c objects. tcmalloc's heap profiler has it so, and pprof's format
// is of that house.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "profile.h"
#include "clock.h"
#include "gap.h"
#include "lock.h"
#include "output.h"
#include "report.h"
#include "watching.h"
#include "../memory/pages.h"

#include <errno.h>
#include <stdlib.h>

enum { INTERVAL = 512 << 10, SITE_BUCKETS = 4096 };

// One stack in arenas of one name. `peak` is what `live` was when the process had most, if that has
// changed since; `changed` is when it did last.
typedef struct Site {
    struct Site *next; // in the same bucket
    ProfileSite found;
    uint64_t changed;
} Site;

// An object that was noted, or what it has grown by; for how many bytes each of its bytes stands.
typedef struct Sample {
    Site *site;
    unsigned char *start;
    size_t size;
    double weight;
    double objects;
    uint64_t epoch;
} Sample;

typedef struct Samples {
    Sample *items; // oldest first
    size_t count;
    size_t capacity;
} Samples;

// What the profiler knows of an arena. What came with another one stays until all is taken back.
typedef struct Sampled {
    Samples own;
    Samples adopted;
    const char *name;
} Sampled;

typedef struct Name {
    struct Name *next;
    char text[];
} Name;

// All under the one lock.
static Site *site_table[SITE_BUCKETS];
static size_t site_count;
static Name *known_names;
static size_t noted_so_far;
static double noted_bytes;
static double noted_variance; // of that, as an estimate
static double live_bytes;
static double peak_bytes;
static uint64_t changes; // of what is live, so far
static uint64_t peak_at; // the change after which the process had most

// ----- How often -----

// Of the time, the profiler takes no more than one part in SHARE; what the program loses, because its
// caches hold something else then, is about twice as much again. But no interval is more than one part in
// SAMPLES of what was allocated so far: sums are right to 2 or 3 %, however fast a program allocates, for
// samples that go with the logarithm of its bytes: 1,700 for a gigabyte, 6,300 for a hundred.
enum { SHARE = 600, SAMPLES = 1000 };

typedef struct Pace {
    size_t chosen;   // the interval that somebody wants; 0: nobody has said
    size_t interval; // at present
    uint64_t last;   // when an object was noted, in nanoseconds
} Pace;

static Pace pace = {.interval = INTERVAL};

// An object was noted. If the one before it was so short a time ago that noting took more than its share,
// they are to come less often, or else more often. In small steps: one that stands for much more than
// others has the estimates leap about. Threads may be interrupted.
static void keep_pace(uint64_t began, uint64_t ended)
{
    enum { LONGEST = 20000 };
    uint64_t took = ended - began < LONGEST ? ended - began : LONGEST;
    bool too_often = began - pace.last < SHARE * took;
    size_t next = too_often ? pace.interval / 2 * 3 : pace.interval / 3 * 2;
    double most = noted_bytes / (double)SAMPLES;
    pace.interval = larger((double)next < most ? next : (size_t)most, INTERVAL);
    pace.last = ended;
}

size_t arena_profile_interval_now(void)
{
    bool locked = try_lock(); // a thread may have ended with it
    size_t interval = pace.chosen ? pace.chosen : pace.interval;
    if (locked)
        release_lock();
    return interval;
}

void arena_profile_interval(size_t bytes)
{
    take_lock();
    pace.chosen = bytes;
    release_lock();
}

// ----- Sites -----

// What is live at a site changes. Whoever has had most is told from the changes since, so that nothing
// is to be done at a peak.
static void change_live(Site *site, double objects, double bytes)
{
    if (site->changed <= peak_at)
        site->found.peak = site->found.live;
    site->changed = ++changes;
    site->found.live.objects += objects;
    site->found.live.bytes += bytes;
    live_bytes += bytes;
    if (live_bytes > peak_bytes) {
        peak_bytes = live_bytes;
        peak_at = changes;
    }
}

static Site **bucket_of_site(Stack stack, const char *name)
{
    uint64_t hash = (stack ^ (uint64_t)(uintptr_t)name) * 0x9e3779b97f4a7c15u;
    return &site_table[(hash >> 32) % SITE_BUCKETS];
}

// `fresh` becomes the site, and NULL, if there is none; that may be NULL from the beginning.
static Site *find_site(Stack stack, const char *name, Site **fresh)
{
    Site **bucket = bucket_of_site(stack, name);
    Site *site = *bucket;
    while (site && (site->found.stack != stack || site->found.name != name))
        site = site->next;
    if (site || !*fresh)
        return site;
    site = *fresh;
    *fresh = NULL;
    *site = (Site){.next = *bucket, .found = {.stack = stack, .name = name}};
    *bucket = site;
    site_count++;
    return site;
}

// Names stay: there are few of them, and arenas come and go.
static const char *find_name(const char *text)
{
    Name *name = known_names;
    while (name && strcmp(name->text, text) != 0)
        name = name->next;
    return name ? name->text : NULL;
}

static const char *keep_name(const char *text)
{
    if (!text || !*text)
        return "";
    size_t size = strlen(text) + 1;
    take_lock();
    const char *known = find_name(text);
    release_lock();
    Name *fresh = known ? NULL : malloc(sizeof *fresh + size);
    if (!fresh)
        return known ? known : "";
    memcpy(fresh->text, text, size);
    take_lock();
    known = find_name(text);
    if (!known) {
        fresh->next = known_names;
        known_names = fresh;
    }
    release_lock();
    if (known)
        free(fresh);
    return known ? known : fresh->text;
}

// ----- Samples -----

static bool add_sample(Samples *samples, const Sample *sample)
{
    if (samples->count == samples->capacity) {
        size_t capacity = samples->capacity ? 2 * samples->capacity : 8;
        Sample *more = realloc(samples->items, capacity * sizeof *more);
        if (!more)
            return false;
        samples->items = more;
        samples->capacity = capacity;
    }
    samples->items[samples->count++] = *sample;
    return true;
}

// The last so many bytes of it are gone, which may be all.
static void cut_sample(Sample *sample, size_t bytes)
{
    sample->size -= bytes;
    double objects = sample->size == 0 ? sample->objects : 0;
    sample->objects -= objects;
    take_lock();
    change_live(sample->site, -objects, -(double)bytes * sample->weight);
    release_lock();
}

static void end_samples_since(Samples *samples, size_t first)
{
    while (samples->count > first) {
        Sample *sample = &samples->items[--samples->count];
        cut_sample(sample, sample->size);
    }
}

// What is known of the arena, which begins with its first sample: most arenas come and go without one.
// NULL if there is no memory.
static Sampled *sampled_of(const Arena *arena, Attached *to)
{
    if (!to->state) {
        Sampled *sampled = calloc(1, sizeof *sampled);
        if (sampled)
            sampled->name = keep_name(arena->name);
        to->state = sampled;
    }
    return to->state;
}

// `size` bytes were noted, with a chance that follows from the interval; an object, or what one has
// grown by.
static void add_noted(Arena *arena, Sampled *sampled, Sample sample)
{
    Stack stack = arena_stack_here(STACK_DEEP);
    double bytes = sample.weight * (double)sample.size;
    Site *fresh = malloc(sizeof *fresh);
    sample.epoch = arena->epoch;
    take_lock();
    sample.site = find_site(stack, sampled->name, &fresh);
    if (sample.site) {
        noted_so_far++;
        noted_bytes += bytes;
        noted_variance += bytes * bytes * (1 - 1 / sample.weight);
        sample.site->found.total.objects += sample.objects;
        sample.site->found.total.bytes += bytes;
        change_live(sample.site, sample.objects, bytes);
    }
    release_lock();
    free(fresh);
    if (sample.site && !add_sample(&sampled->own, &sample))
        cut_sample(&sample, sample.size);
}

static void note_sample(Arena *arena, Attached *to, void *start, size_t size, double objects)
{
    uint64_t began = arena_nanoseconds();
    double weight = 1 / chance_within(size, to->interval);
    Sampled *sampled = sampled_of(arena, to);
    if (sampled)
        add_noted(
            arena, sampled,
            (Sample){.start = start, .size = size, .weight = weight, .objects = weight * objects});
    take_lock();
    keep_pace(began, arena_nanoseconds());
    release_lock();
}

// ----- What the watcher hears -----

static void end_sampling(Arena *arena, void *state)
{
    Sampled *sampled = state;
    (void)arena;
    if (!sampled)
        return;
    end_samples_since(&sampled->own, 0);
    end_samples_since(&sampled->adopted, 0);
    free(sampled->own.items);
    free(sampled->adopted.items);
    free(sampled);
}

// The interval changes between the object that was chosen by it and the next gap that is drawn. One
// without bytes is never chosen.
static void note_by_chance(Arena *arena, void *state, void *object, size_t size)
{
    Attached *to = attached_of(arena, arena_profiler());
    (void)state;
    note_sample(arena, to, object, size, 1);
    to->interval = arena_profile_interval_now();
}

// Those of an object that ends earlier than it did: its beginning, where that was noted, is the oldest.
static void cut_object(Samples *samples, const unsigned char *object, size_t old_size, size_t size)
{
    const Sample *sample = NULL;
    for (size_t i = samples->count; i > 0 && (!sample || sample->start != object);) {
        Sample *each = &samples->items[--i];
        size_t offset = (size_t)((uintptr_t)each->start - (uintptr_t)object);
        if (offset >= old_size)
            continue;
        sample = each;
        if (offset + each->size > size)
            cut_sample(each, smaller(each->size, offset + each->size - size));
    }
}

// The system has moved its pages.
static void move_object(Samples *samples, const unsigned char *old, size_t old_size,
                        unsigned char *object)
{
    for (size_t i = 0; i < samples->count; i++) {
        size_t offset = (size_t)((uintptr_t)samples->items[i].start - (uintptr_t)old);
        if (offset < old_size)
            samples->items[i].start = object + offset;
    }
}

// What was copied to a new place was heard of as an object of its own, and what is left behind stays
// until it is taken back.
static void note_other_size(Arena *arena, void *state, void *old, size_t old_size, void *object,
                            size_t size)
{
    Sampled *sampled = state;
    Attached *to = attached_of(arena, arena_profiler());
    if (arena_was_copied(arena, old, object, size))
        return;
    if (sampled && object != old)
        move_object(&sampled->own, old, old_size, object);
    if (sampled && size < old_size)
        cut_object(&sampled->own, object, old_size, size);
    else if (size > old_size &&
             random_gap(&watch_of(arena)->random, to->interval) < size - old_size)
        note_sample(arena, to, (unsigned char *)object + old_size, size - old_size, 0);
}

static void note_taken_back(Arena *arena, void *state, const ArenaMark *mark)
{
    Sampled *sampled = state;
    (void)arena;
    if (!sampled)
        return;
    size_t count = sampled->own.count;
    while (count > 0 && (!mark || sampled->own.items[count - 1].epoch > mark->epoch))
        count--;
    end_samples_since(&sampled->own, count);
    if (!mark)
        end_samples_since(&sampled->adopted, 0);
}

static void take_samples(Samples *to, Samples *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (!add_sample(to, &from->items[i]))
            cut_sample(&from->items[i], from->items[i].size);
    from->count = 0;
}

static void note_adoption(Arena *arena, void *state, Arena *from)
{
    Sampled *other = arena_state_of(from, arena_profiler());
    Sampled *sampled = other ? sampled_of(arena, attached_of(arena, arena_profiler())) : state;
    if (!sampled || !other)
        return;
    take_samples(&sampled->adopted, &other->own);
    take_samples(&sampled->adopted, &other->adopted);
}

static const ArenaWatcher profiler = {
    .interval = INTERVAL,
    .detached = end_sampling,
    .allocated = note_by_chance,
    .resized = note_other_size,
    .rewound = note_taken_back,
    .adopted = note_adoption,
};

const ArenaWatcher *arena_profiler(void)
{
    return &profiler;
}

// ----- What was found -----

static ProfileMark *copy_marks(const Samples *samples, ProfileMark *marks)
{
    for (size_t i = 0; i < samples->count; i++) {
        const Sample *sample = &samples->items[i];
        double bytes = sample->weight * (double)sample->size;
        *marks++ = (ProfileMark){sample->start, sample->size, bytes, sample->site->found.stack};
    }
    return marks;
}

static int compare_marks(const void *left, const void *right)
{
    const ProfileMark *a = left;
    const ProfileMark *b = right;
    return ((uintptr_t)a->start > (uintptr_t)b->start) -
           ((uintptr_t)a->start < (uintptr_t)b->start);
}

ProfileMark *arena_profile_marks(const Arena *arena, size_t *count)
{
    const Sampled *sampled = arena_state_of(arena, arena_profiler());
    *count = sampled ? sampled->own.count + sampled->adopted.count : 0;
    ProfileMark *marks = *count ? malloc(*count * sizeof *marks) : NULL;
    if (!marks)
        return NULL;
    copy_marks(&sampled->adopted, copy_marks(&sampled->own, marks));
    qsort(marks, *count, sizeof *marks, compare_marks);
    return marks;
}

// Sites, up to `capacity`; the number of all. A process may end while it has the lock.
static size_t copy_found(ProfileSite *copy, size_t capacity)
{
    size_t count = 0;
    bool locked = try_lock();
    for (size_t i = 0; i < SITE_BUCKETS; i++)
        for (Site *site = site_table[i]; site; site = site->next, count++) {
            if (count >= capacity)
                continue;
            copy[count] = site->found;
            if (site->changed <= peak_at)
                copy[count].peak = site->found.live;
        }
    if (locked)
        release_lock();
    return count;
}

// NULL if there is no memory. Other threads may find more sites meanwhile.
static ProfileSite *copy_sites(size_t *count)
{
    enum { SPARE = 16 };
    ProfileSite *copy = NULL;
    size_t capacity = 0;
    do {
        free(copy);
        capacity = copy_found(NULL, 0) + SPARE;
        copy = calloc(capacity, sizeof *copy);
        *count = copy ? copy_found(copy, capacity) : 0;
    } while (*count > capacity);
    return copy;
}

size_t arena_profile_frames(Stack stack, void *const **frames)
{
    size_t count = arena_stack_frames(stack, frames);
    size_t first = count ? arena_report_first(*frames, count) : 0;
    *frames += first;
    return count - first;
}

static void cut_at(char *text, const char *part)
{
    char *found = strstr(text, part);
    if (found)
        *found = 0;
}

// "function+0x12 (file+0x345)", "file+0x345" or "function file:12" without what comes after; a function
// of which the compiler has made several is one.
void arena_profile_name(void *frame, char *text, size_t size)
{
    static const char *const parts[] = {"+0x", ".cold", ".part.", ".constprop.", ".isra."};
    arena_stack_describe(frame, text, size);
    char *space = strchr(text, ' ');
    if (!space)
        return;
    *space = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cut_at(text, parts[i]);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

// Which file is to have which sites.
typedef struct Wanted {
    const char *file;
    const ProfileSite *found;
    size_t count;
} Wanted;

static bool write_sites(FILE *out, const void *context)
{
    const Wanted *wanted = context;
    if (!ends_with(wanted->file, ".folded"))
        return arena_profile_write_pprof(wanted->found, wanted->count, out);
    size_t amount = ends_with(wanted->file, ".peak.folded")   ? offsetof(ProfileSite, peak)
                    : ends_with(wanted->file, ".live.folded") ? offsetof(ProfileSite, live)
                                                              : offsetof(ProfileSite, total);
    return arena_profile_write_folded(wanted->found, wanted->count, amount, out);
}

bool arena_profile_write(const char *file)
{
    Wanted wanted = {.file = file};
    ProfileSite *found = copy_sites(&wanted.count);
    wanted.found = found;
    bool written = found && arena_output_write(file, write_sites, &wanted);
    free(found);
    return written;
}

// ----- ARENA_OPTIONS -----

static char *profile_file;  // which stays, for who looks for leaks
static bool writes_profile; // there, at the end

// In which two of three estimates are, around the truth.
static unsigned percent_off(void)
{
    unsigned percent = 0;
    while (percent < 100 &&
           percent * percent * noted_bytes * noted_bytes < noted_variance * 100 * 100)
        percent++;
    return percent;
}

// The interval of which there would be some thousand samples; 1 where none were noted.
static size_t finer_interval(void)
{
    size_t interval = INTERVAL;
    while (interval > 1 && noted_bytes < 1000.0 * (double)interval)
        interval /= 2;
    return interval;
}

// Whoever reads it is to know what it is worth.
static void say_how_good(const char *file)
{
    enum { GOOD = 10 };
    unsigned off = noted_so_far > 0 ? percent_off() : 100;
    if (off > GOOD)
        fprintf(
            stderr,
            "arena: %s is made of %zu allocations: its sum may be %u %% off, and its parts more; "
            "interval=%zu notes more\n",
            arena_output_file(file), noted_so_far, off, finer_interval());
}

static ARENA_AT_UNLOAD void write_profile_at_end(void)
{
    if (!writes_profile)
        return;
    writes_profile = false;
    if (arena_profile_write(profile_file))
        say_how_good(profile_file);
    else
        fprintf(stderr, "arena: the profile was not written: %s: %s\n", profile_file,
                strerror(errno));
}

// A child has what its parent had then, and has allocated nothing yet.
static void begin_anew(void)
{
    for (size_t i = 0; i < SITE_BUCKETS; i++)
        for (Site *site = site_table[i]; site; site = site->next) {
            site->found.total = (Amount){0};
            site->found.peak = site->found.live;
        }
    noted_so_far = 0;
    noted_bytes = noted_variance = 0;
    peak_bytes = live_bytes;
    peak_at = changes;
}

static void profile_child(void)
{
    if (writes_profile && !arena_output_is_of_each_process(profile_file))
        writes_profile = false;
    if (writes_profile)
        begin_anew();
}

bool arena_profile_from_now(const char *file)
{
    char *kept = arena_output_name(file);
    if (!kept || !arena_output_can_open(kept)) {
        fprintf(stderr, "arena: there will be no profile: %s: %s\n", file, strerror(errno));
        free(kept);
        return false;
    }
    profile_file = kept;
    writes_profile = true;
    arena_stack_here(STACK_DEEP); // the first takes long
    arena_pages_at_fork(profile_child);
    if (!ARENA_HAS_UNLOAD)
        atexit(write_profile_at_end);
    return true;
}

#endif
