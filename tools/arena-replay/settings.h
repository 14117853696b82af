// Which settings there are to try.

#ifndef REPLAY_SETTINGS_H
#define REPLAY_SETTINGS_H

#include "replay.h"

enum { MOST_SETTINGS = 48 };

// What settings change, one thing at a time.
typedef enum Knob { KNOB_CAPACITY, KNOB_LARGEST, KNOB_PAGES, KNOB_CACHE, KNOB_REGION, KNOBS } Knob;

typedef struct SettingsList {
    Settings items[MOST_SETTINGS];
    size_t count;
} SettingsList;

// The most bytes that an arena had which settings apply to.
uint64_t settings_peak(const Operations *operations);

// Those of the trace, and then all that change one thing and could make a difference.
void settings_single(SettingsList *list, const Operations *operations);

// The one thing that is changed; KNOBS if none is, or more.
Knob settings_knob(const Settings *settings);

// Has `into` what `from` changes of that thing.
void settings_take(Settings *into, const Settings *from, Knob knob);

bool settings_are_same(const Settings *a, const Settings *b);

// What they change, in words; `text` has room for `size` bytes, and is returned.
const char *settings_text(const Settings *settings, uint64_t peak, char *text, size_t size);

// Bytes in a unit that is easy to read: "12.3 MiB".
const char *bytes_text(uint64_t bytes, char *text, size_t size);

// And as a number in C: "1 << 20".
const char *bytes_code(uint64_t bytes, char *text, size_t size);

#endif
