// The table of places. Entries are where their number leads, or the next that is free behind that.

#include "places.h"

#include <stdlib.h>

static Place *entry_for(const Places *places, uint64_t place, uint64_t size)
{
    uint64_t mixed = (place ^ size * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
    size_t index = (size_t)(mixed >> 20) & (places->room - 1);
    Place *entry = &places->items[index];
    while (entry->is_taken && (entry->place != place || entry->size != size)) {
        index = (index + 1) & (places->room - 1);
        entry = &places->items[index];
    }
    return entry;
}

static bool enlarge_places(Places *places)
{
    Places more = {.count = places->count, .room = places->room ? 2 * places->room : 1024};
    more.items = calloc(more.room, sizeof *more.items);
    if (!more.items)
        return false;
    for (size_t i = 0; i < places->room; i++)
        if (places->items[i].is_taken)
            *entry_for(&more, places->items[i].place, places->items[i].size) = places->items[i];
    places_free(places);
    *places = more;
    return true;
}

bool places_add(Places *places, uint64_t place, uint64_t size)
{
    if (2 * places->count >= places->room && !enlarge_places(places))
        return false;
    Place *entry = entry_for(places, place, size);
    if (!entry->is_taken) {
        *entry = (Place){.place = place, .size = size, .operation = NO_OPERATION, .is_taken = true};
        places->count++;
    }
    return true;
}

Place *places_find(const Places *places, uint64_t place, uint64_t size)
{
    Place *entry = places->room ? entry_for(places, place, size) : NULL;
    return entry && entry->is_taken ? entry : NULL;
}

void places_free(Places *places)
{
    free(places->items);
    *places = (Places){0};
}
