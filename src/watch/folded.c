// Collapsed stacks: a line for each, outermost function first, and how many bytes. Flame graphs are
// drawn from these, by Brendan Gregg's flamegraph.pl, where the form is from, speedscope and others.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "profile.h"

static void print_part(const char *text, FILE *out)
{
    for (; *text; text++) {
        bool means_something = *text == ';' || (unsigned char)*text < ' ';
        fputc(means_something ? '_' : *text, out);
    }
}

static void print_site(const ProfileSite *site, double bytes, FILE *out)
{
    void *const *frames;
    size_t count = arena_profile_frames(site->stack, &frames);
    fputs("arena ", out);
    print_part(site->name[0] ? site->name : "(no name)", out);
    while (count > 0) {
        char name[256] = "";
        arena_profile_name(frames[--count], name, sizeof name);
        fputc(';', out);
        print_part(name, out);
    }
    fprintf(out, " %.0f\n", bytes);
}

bool arena_profile_write_folded(const ProfileSite *sites, size_t count, size_t amount, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const Amount *chosen = (const Amount *)((const char *)&sites[i] + amount);
        if (chosen->bytes >= 0.5)
            print_site(&sites[i], chosen->bytes, out);
    }
    return !ferror(out);
}

#endif
