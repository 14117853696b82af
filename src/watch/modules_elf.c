// What the loader of ELF files has loaded.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dl_iterate_phdr
#endif

#include "arena/compiler.h"

#if ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "modules.h"

#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Modules {
    Module *items;
    size_t count;
    size_t most;
} Modules;

enum { NOTE_ALIGN = 4, BUILD_ID = 3 };

static void print_digits(const unsigned char *bytes, size_t count, char *text, size_t size)
{
    for (size_t i = 0; i < count && 2 * i + 2 < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

// What a part of a note of so many bytes takes there.
static uint64_t note_part(uint64_t size)
{
    return (size + NOTE_ALIGN - 1) & ~(uint64_t)(NOTE_ALIGN - 1);
}

// The linker's note of what it has linked, which names the file for those who look for it.
static void find_build_id(const unsigned char *notes, size_t size, char *text, size_t room)
{
    uint64_t at = 0;
    while (size - at >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, notes + at, sizeof note);
        uint64_t name = at + sizeof note;
        uint64_t data = name + note_part(note.n_namesz);
        uint64_t end = data + note_part(note.n_descsz);
        if (end > size)
            return;
        if (note.n_type == BUILD_ID && note.n_namesz == 4 && memcmp(notes + name, "GNU", 4) == 0)
            print_digits(notes + data, note.n_descsz, text, room);
        at = end;
    }
}

// The main program has no name there.
static void find_name_of(const struct dl_phdr_info *info, char *text, size_t size)
{
    if (info->dlpi_name && info->dlpi_name[0]) {
        snprintf(text, size, "%s", info->dlpi_name);
        return;
    }
    ssize_t length = readlink("/proc/self/exe", text, size - 1);
    text[length > 0 ? length : 0] = 0;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
    Modules *modules = context;
    Module found = {0};
    (void)size;
    find_name_of(info, found.file, sizeof found.file);
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_NOTE)
            find_build_id((const unsigned char *)(info->dlpi_addr + part->p_vaddr), part->p_memsz,
                          found.build_id, sizeof found.build_id);
    }
    for (size_t i = 0; i < info->dlpi_phnum && modules->count < modules->most; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        found.start = info->dlpi_addr + part->p_vaddr;
        found.end = found.start + part->p_memsz;
        found.offset = part->p_offset;
        modules->items[modules->count++] = found;
    }
    return 0;
}

size_t arena_modules(Module *modules, size_t most)
{
    Modules found = {modules, 0, most};
    dl_iterate_phdr(add_module, &found);
    return found.count;
}

#endif
