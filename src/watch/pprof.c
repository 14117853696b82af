// profile.proto, as pprof reads it: messages whose fields have numbers, each with its length in front.
// https://github.com/google/pprof/blob/main/proto/profile.proto has the meaning of each.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "gzip.h"
#include "modules.h"
#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

// Fields of the messages Profile, ValueType, Sample, Label, Mapping, Location, Line and Function.
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_TIME = 9,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_DEFAULT_TYPE = 14,
    TYPE_TYPE = 1,
    TYPE_UNIT = 2,
    SAMPLE_LOCATION = 1,
    SAMPLE_VALUE = 2,
    SAMPLE_LABEL = 3,
    LABEL_KEY = 1,
    LABEL_TEXT = 2,
    MAPPING_ID = 1,
    MAPPING_START = 2,
    MAPPING_LIMIT = 3,
    MAPPING_OFFSET = 4,
    MAPPING_FILE = 5,
    MAPPING_BUILD_ID = 6,
    LOCATION_ID = 1,
    LOCATION_MAPPING = 2,
    LOCATION_ADDRESS = 3,
    LOCATION_LINE = 4,
    LINE_FUNCTION = 1,
    FUNCTION_ID = 1,
    FUNCTION_NAME = 2,
    FUNCTION_SYMBOL = 3,
};

enum { MOST_MODULES = 256 };

// Bytes so far; `failed` once there was no memory for more.
typedef struct Message {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    bool failed;
} Message;

// What the parts of a profile share. Strings and places are known by their position in these.
typedef struct Encoder {
    Message profile;
    char **strings;
    size_t string_count;
    size_t *table; // of the strings; a power of two, and at least half empty
    size_t table_size;
    void **places; // code that is in a stack, sorted
    size_t place_count;
    Module modules[MOST_MODULES];
    size_t module_count;
} Encoder;

// ----- Messages -----

static void add_bytes(Message *message, const void *bytes, size_t size)
{
    if (message->capacity - message->size < size) {
        size_t capacity = 2 * message->capacity + size;
        unsigned char *more = realloc(message->bytes, capacity);
        message->failed = message->failed || !more;
        if (!more)
            return;
        message->bytes = more;
        message->capacity = capacity;
    }
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static void add_number(Message *message, uint64_t number)
{
    unsigned char bytes[10];
    size_t size = 0;
    for (; number > 0x7f; number >>= 7)
        bytes[size++] = (unsigned char)(number | 0x80);
    bytes[size++] = (unsigned char)number;
    add_bytes(message, bytes, size);
}

static void add_field(Message *message, unsigned field, uint64_t number)
{
    add_number(message, field << 3);
    add_number(message, number);
}

static void add_text(Message *message, unsigned field, const void *text, size_t size)
{
    add_number(message, field << 3 | 2);
    add_number(message, size);
    add_bytes(message, text, size);
}

// Puts one into the other, and makes it empty.
static void add_message(Message *message, unsigned field, Message *part)
{
    add_text(message, field, part->bytes, part->size);
    message->failed = message->failed || part->failed;
    free(part->bytes);
    *part = (Message){0};
}

// ----- Strings and places -----

static uint64_t hash_of_text(const char *text)
{
    uint64_t hash = 0;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x9e3779b97f4a7c15u;
    return hash >> 20;
}

// Where the table has a string, or would have it: a position that is more by one.
static size_t *entry_of(Encoder *encoder, const char *text)
{
    size_t index = (size_t)hash_of_text(text);
    size_t *entry = &encoder->table[index & (encoder->table_size - 1)];
    while (*entry && strcmp(encoder->strings[*entry - 1], text) != 0)
        entry = &encoder->table[++index & (encoder->table_size - 1)];
    return entry;
}

// Room for as many strings again, in the table for twice as many.
static bool enlarge_strings(Encoder *encoder)
{
    size_t room = encoder->string_count ? 2 * encoder->string_count : 256;
    char **strings = realloc(encoder->strings, room * sizeof *strings);
    size_t *table = calloc(2 * room, sizeof *table);
    if (strings)
        encoder->strings = strings;
    if (!strings || !table) {
        free(table);
        return false;
    }
    free(encoder->table);
    encoder->table = table;
    encoder->table_size = 2 * room;
    for (size_t i = 0; i < encoder->string_count; i++)
        *entry_of(encoder, strings[i]) = i + 1;
    return true;
}

// Bytes of the character at the beginning; 0 if there is none in UTF-8. The second byte has bounds of its
// own where there is a shorter form, a surrogate, or no character.
static size_t utf8_length(const unsigned char *text)
{
    unsigned first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    bool is_good = text[1] >= low && text[1] <= high;
    for (size_t i = 2; is_good && i < length; i++)
        is_good = (text[i] & 0xc0) == 0x80;
    return is_good ? length : 0;
}

// Readers refuse a profile with any other text. Names of arenas and of files may be anything.
static char *make_utf8(char *text)
{
    for (char *at = text; *at;) {
        size_t length = utf8_length((const unsigned char *)at);
        if (length == 0)
            *at = '?';
        at += length ? length : 1;
    }
    return text;
}

// The position of a string, which is added if it is new.
static uint64_t string_of(Encoder *encoder, const char *text)
{
    bool has_room = 2 * encoder->string_count < encoder->table_size || enlarge_strings(encoder);
    size_t *entry = has_room ? entry_of(encoder, text) : NULL;
    if (entry && *entry)
        return *entry - 1;
    size_t size = strlen(text) + 1;
    char *copy = entry ? malloc(size) : NULL;
    if (!copy) {
        encoder->profile.failed = true;
        return 0;
    }
    encoder->strings[encoder->string_count] = memcpy(copy, text, size);
    *entry = ++encoder->string_count;
    return encoder->string_count - 1;
}

static int compare_places(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (void *const *)left;
    uintptr_t b = (uintptr_t) * (void *const *)right;
    return (a > b) - (a < b);
}

// All places in stacks, each once.
static bool collect_places(Encoder *encoder, const ProfileSite *sites, size_t count)
{
    void *const *frames;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += arena_profile_frames(sites[i].stack, &frames);
    encoder->places = malloc((total + 1) * sizeof *encoder->places);
    if (!encoder->places)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t depth = arena_profile_frames(sites[i].stack, &frames);
        for (size_t j = 0; j < depth; j++)
            encoder->places[at++] = frames[j];
    }
    qsort(encoder->places, total, sizeof *encoder->places, compare_places);
    for (size_t i = 0; i < total; i++)
        if (i == 0 || encoder->places[i] != encoder->places[i - 1])
            encoder->places[encoder->place_count++] = encoder->places[i];
    return true;
}

// Numbers begin at 1.
static uint64_t number_of_place(const Encoder *encoder, void *place)
{
    void **found =
        bsearch(&place, encoder->places, encoder->place_count, sizeof place, compare_places);
    return (uint64_t)(found - encoder->places) + 1;
}

static uint64_t number_of_module(const Encoder *encoder, uintptr_t address)
{
    for (size_t i = 0; i < encoder->module_count; i++)
        if (address >= encoder->modules[i].start && address < encoder->modules[i].end)
            return i + 1;
    return 0;
}

// ----- The parts of a profile -----

static void add_type(Encoder *encoder, unsigned field, const char *type, const char *unit)
{
    Message message = {0};
    add_field(&message, TYPE_TYPE, string_of(encoder, type));
    add_field(&message, TYPE_UNIT, string_of(encoder, unit));
    add_message(&encoder->profile, field, &message);
}

static void add_types(Encoder *encoder)
{
    static const char *const types[] = {"alloc", "peak", "inuse"};
    for (size_t i = 0; i < 3; i++) {
        char type[32];
        snprintf(type, sizeof type, "%s_objects", types[i]);
        add_type(encoder, PROFILE_SAMPLE_TYPE, type, "count");
        snprintf(type, sizeof type, "%s_space", types[i]);
        add_type(encoder, PROFILE_SAMPLE_TYPE, type, "bytes");
    }
    add_type(encoder, PROFILE_PERIOD_TYPE, "space", "bytes");
    add_field(&encoder->profile, PROFILE_PERIOD, arena_profile_interval_now());
    add_field(&encoder->profile, PROFILE_DEFAULT_TYPE, string_of(encoder, "alloc_space"));
    add_field(&encoder->profile, PROFILE_TIME, (uint64_t)time(NULL) * 1000000000u);
}

static uint64_t whole(double amount)
{
    return amount > 0 ? (uint64_t)(amount + 0.5) : 0;
}

static void add_amount(Message *message, const Amount *amount)
{
    add_field(message, SAMPLE_VALUE, whole(amount->objects));
    add_field(message, SAMPLE_VALUE, whole(amount->bytes));
}

static void add_site(Encoder *encoder, const ProfileSite *site)
{
    void *const *frames;
    size_t count = arena_profile_frames(site->stack, &frames);
    Message message = {0};
    Message label = {0};
    for (size_t i = 0; i < count; i++)
        add_field(&message, SAMPLE_LOCATION, number_of_place(encoder, frames[i]));
    add_amount(&message, &site->total);
    add_amount(&message, &site->peak);
    add_amount(&message, &site->live);
    add_field(&label, LABEL_KEY, string_of(encoder, "arena"));
    add_field(&label, LABEL_TEXT, string_of(encoder, site->name[0] ? site->name : "(no name)"));
    add_message(&message, SAMPLE_LABEL, &label);
    add_message(&encoder->profile, PROFILE_SAMPLE, &message);
}

static void add_modules(Encoder *encoder)
{
    for (size_t i = 0; i < encoder->module_count; i++) {
        const Module *module = &encoder->modules[i];
        Message message = {0};
        add_field(&message, MAPPING_ID, i + 1);
        add_field(&message, MAPPING_START, module->start);
        add_field(&message, MAPPING_LIMIT, module->end);
        add_field(&message, MAPPING_OFFSET, module->offset);
        add_field(&message, MAPPING_FILE, string_of(encoder, module->file));
        add_field(&message, MAPPING_BUILD_ID, string_of(encoder, module->build_id));
        add_message(&encoder->profile, PROFILE_MAPPING, &message);
    }
}

// A function has the number of its name. Addresses are where calls return to, so the call is before.
static void add_places(Encoder *encoder, bool *is_known)
{
    for (size_t i = 0; i < encoder->place_count; i++) {
        char name[256] = "";
        Message message = {0};
        Message line = {0};
        uintptr_t call = (uintptr_t)encoder->places[i] - 1;
        arena_profile_name(encoder->places[i], name, sizeof name);
        uint64_t function = string_of(encoder, name);
        is_known[function] = true;
        add_field(&line, LINE_FUNCTION, function);
        add_field(&message, LOCATION_ID, i + 1);
        add_field(&message, LOCATION_MAPPING, number_of_module(encoder, call));
        add_field(&message, LOCATION_ADDRESS, call);
        add_message(&message, LOCATION_LINE, &line);
        add_message(&encoder->profile, PROFILE_LOCATION, &message);
    }
}

static void add_functions(Encoder *encoder, const bool *is_function)
{
    for (size_t i = 0; i < encoder->string_count; i++) {
        Message message = {0};
        if (!is_function[i])
            continue;
        add_field(&message, FUNCTION_ID, i);
        add_field(&message, FUNCTION_NAME, i);
        add_field(&message, FUNCTION_SYMBOL, i);
        add_message(&encoder->profile, PROFILE_FUNCTION, &message);
    }
}

static void add_strings(Encoder *encoder)
{
    for (size_t i = 0; i < encoder->string_count; i++) {
        const char *text = make_utf8(encoder->strings[i]);
        add_text(&encoder->profile, PROFILE_STRING, text, strlen(text));
    }
}

static void add_profile(Encoder *encoder, const ProfileSite *sites, size_t count)
{
    string_of(encoder, ""); // the first is empty
    add_types(encoder);
    for (size_t i = 0; i < count; i++)
        add_site(encoder, &sites[i]);
    encoder->module_count = arena_modules(encoder->modules, MOST_MODULES);
    add_modules(encoder);
    bool *is_function = calloc(encoder->string_count + encoder->place_count + 1, 1);
    encoder->profile.failed = encoder->profile.failed || !is_function;
    if (is_function) {
        add_places(encoder, is_function);
        add_functions(encoder, is_function);
    }
    free(is_function);
    add_strings(encoder);
}

static void free_encoder(Encoder *encoder)
{
    for (size_t i = 0; i < encoder->string_count; i++)
        free(encoder->strings[i]);
    free(encoder->strings);
    free(encoder->table);
    free(encoder->places);
    free(encoder->profile.bytes);
    free(encoder);
}

bool arena_profile_write_pprof(const ProfileSite *sites, size_t count, FILE *out)
{
    Encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return false;
    if (collect_places(encoder, sites, count))
        add_profile(encoder, sites, count);
    bool complete = encoder->places && !encoder->profile.failed;
    if (!complete)
        errno = ENOMEM;
    bool good = complete && arena_gzip_write(encoder->profile.bytes, encoder->profile.size, out);
    free_encoder(encoder);
    return good;
}

#endif
