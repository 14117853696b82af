// The table.

#include "list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *printable_name(const char *name, char *text, size_t size)
{
    snprintf(text, size, "%s", *name ? name : "(no name)");
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    return text;
}

static int by_bytes(const void *a, const void *b)
{
    const Group *first = *(const Group *const *)a;
    const Group *second = *(const Group *const *)b;
    if (first->bytes != second->bytes)
        return first->bytes < second->bytes ? 1 : -1;
    return first < second ? -1 : first > second;
}

static void print_group(const Group *group)
{
    static const char *const sources[TRACE_SOURCES] = {"heap", "buffer", "region", "own"};
    char name[64];
    printf("%-24s %-7s %9" PRIu32 " %12" PRIu64 " %14" PRIu64 " %14" PRIu64 " %10" PRIu64
           " %10" PRIu64 " %8" PRIu64 "\n",
           printable_name(group->name, name, sizeof name), sources[group->source], group->arenas,
           group->allocations, group->bytes, group->peak, group->resizes, group->rewinds,
           group->resets);
}

void list_groups(const Operations *operations)
{
    uint32_t count = operations->group_count;
    const Group **groups = calloc((size_t)count + 1, sizeof *groups);
    printf("%-24s %-7s %9s %12s %14s %14s %10s %10s %8s\n", "name", "source", "arenas",
           "allocations", "bytes", "peak", "resizes", "rewinds", "resets");
    for (uint32_t i = 0; groups && i < count; i++)
        groups[i] = &operations->groups[i];
    if (groups)
        qsort(groups, count, sizeof *groups, by_bytes);
    for (uint32_t i = 0; i < count; i++)
        print_group(groups ? groups[i] : &operations->groups[i]);
    free(groups);
}
