// Names from the symbol tables of ELF files, which have those of static functions too; the loader knows
// only what is exported. Nothing is taken from malloc: somebody may ask because of a fault in there.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dl_iterate_phdr
#endif

#include "arena/compiler.h"

#if ARENA_HAS_BACKTRACE && !ARENA_UNWATCHED

#include "symbols.h"
#include "../core/atomics.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Function {
    uintptr_t start; // as linked
    uintptr_t size;
    size_t name; // where it is in the names
} Function;

// A file that was read. One that cannot be has no functions.
typedef struct ObjectFile {
    struct ObjectFile *next;
    uintptr_t base; // what the loader has added to addresses
    char path[256];
    const char *names; // that many bytes, the last of which is 0
    size_t names_size;
    size_t count;
    Function functions[]; // in the order of their starts
} ObjectFile;

// Files are added at the front, and stay.
static ARENA_ATOMIC(ObjectFile *) object_files;

// The contents of a file, as long as it is looked into.
typedef struct Contents {
    const unsigned char *bytes;
    size_t size;
} Contents;

// ----- Sorting -----

static void swap_functions(Function *a, Function *b)
{
    Function kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(Function *functions, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && functions[child].start < functions[child + 1].start)
            child++;
        if (functions[root].start >= functions[child].start)
            return;
        swap_functions(&functions[root], &functions[child]);
    }
}

// Heapsort: qsort may ask malloc.
static void sort_functions(Function *functions, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(functions, i, count);
    for (size_t end = count; end-- > 1;) {
        swap_functions(&functions[0], &functions[end]);
        sift_down(functions, 0, end);
    }
}

// ----- Reading -----

// So many bytes of the contents, from an offset on; NULL if they are not there.
static const void *part_of(const Contents *contents, uint64_t offset, uint64_t size)
{
    bool inside = offset <= contents->size && size <= contents->size - offset;
    return inside ? contents->bytes + offset : NULL;
}

static bool read_section(const Contents *contents, const ElfW(Ehdr) * header, size_t index,
                         ElfW(Shdr) * section)
{
    const void *at = part_of(contents, header->e_shoff + index * sizeof *section, sizeof *section);
    if (!at || index >= header->e_shnum)
        return false;
    memcpy(section, at, sizeof *section);
    return true;
}

// The whole table of symbols, or of those that are exported if there is no other.
static bool find_table(const Contents *contents, const ElfW(Ehdr) * header, ElfW(Shdr) * table)
{
    bool found = false;
    ElfW(Shdr) section;
    for (size_t i = 0; read_section(contents, header, i, &section); i++) {
        bool is_whole = section.sh_type == SHT_SYMTAB;
        if (!is_whole && section.sh_type != SHT_DYNSYM)
            continue;
        *table = section;
        found = true;
        if (is_whole)
            return true;
    }
    return found;
}

static bool is_function(const ElfW(Sym) * symbol, size_t names_size)
{
    return (symbol->st_info & 0xf) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
           symbol->st_name < names_size;
}

static size_t read_functions(const unsigned char *table, size_t count, size_t names_size,
                             Function *functions)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        ElfW(Sym) symbol;
        memcpy(&symbol, table + i * sizeof symbol, sizeof symbol);
        if (!is_function(&symbol, names_size))
            continue;
        if (functions)
            functions[found] = (Function){symbol.st_value, symbol.st_size, symbol.st_name};
        found++;
    }
    return found;
}

static void *map_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

// A file with room for functions and names.
static ObjectFile *make_file(size_t count, const void *names, size_t names_size)
{
    ObjectFile *file =
        map_memory(sizeof *file + count * sizeof file->functions[0] + names_size + 1);
    if (!file)
        return NULL;
    char *copy = (char *)&file->functions[count];
    file->names = memcpy(copy, names, names_size);
    file->names_size = names_size + 1;
    file->count = count;
    return file;
}

// What the contents know; without functions if that is nothing, or damaged.
static ObjectFile *read_contents(const Contents *contents)
{
    ElfW(Ehdr) header = {0};
    ElfW(Shdr) table = {0};
    ElfW(Shdr) texts = {0};
    const void *start = part_of(contents, 0, sizeof header);
    if (start)
        memcpy(&header, start, sizeof header);
    bool is_read = start && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                   header.e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
                   header.e_shentsize == sizeof table && find_table(contents, &header, &table) &&
                   read_section(contents, &header, table.sh_link, &texts);
    const unsigned char *symbols =
        is_read ? part_of(contents, table.sh_offset, table.sh_size) : NULL;
    const void *names = symbols ? part_of(contents, texts.sh_offset, texts.sh_size) : NULL;
    if (!names)
        return make_file(0, "", 0);
    size_t count = table.sh_size / sizeof(ElfW(Sym));
    ObjectFile *file =
        make_file(read_functions(symbols, count, texts.sh_size, NULL), names, texts.sh_size);
    if (file) {
        read_functions(symbols, count, texts.sh_size, file->functions);
        sort_functions(file->functions, file->count);
    }
    return file;
}

static Contents map_contents(const char *path)
{
    Contents contents = {0};
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return contents;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes != MAP_FAILED)
            contents = (Contents){bytes, (size_t)about.st_size};
    }
    close(descriptor);
    return contents;
}

static ObjectFile *read_file(const char *path)
{
    Contents contents = map_contents(path);
    ObjectFile *file = read_contents(&contents);
    if (contents.bytes)
        munmap((void *)(uintptr_t)contents.bytes, contents.size);
    return file;
}

// ----- Asking -----

// Which file has an address; `path` is empty if none has.
typedef struct Loaded {
    uintptr_t address;
    uintptr_t base;
    char path[256];
} Loaded;

static bool has_address(const struct dl_phdr_info *info, uintptr_t address)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && address - (info->dlpi_addr + part->p_vaddr) < part->p_memsz)
            return true;
    }
    return false;
}

static int find_loaded(struct dl_phdr_info *info, size_t size, void *context)
{
    Loaded *loaded = context;
    (void)size;
    if (!has_address(info, loaded->address))
        return 0;
    loaded->base = info->dlpi_addr;
    if (info->dlpi_name && info->dlpi_name[0]) {
        snprintf(loaded->path, sizeof loaded->path, "%s", info->dlpi_name);
    } else { // the main program
        ssize_t length = readlink("/proc/self/exe", loaded->path, sizeof loaded->path - 1);
        loaded->path[length > 0 ? length : 0] = 0;
    }
    return 1;
}

// Two threads may read the same file at once, and both are right.
static const ObjectFile *file_of(const Loaded *loaded)
{
    ObjectFile *file = atomic_load(&object_files);
    while (file && (file->base != loaded->base || strcmp(file->path, loaded->path) != 0))
        file = file->next;
    if (file)
        return file;
    file = read_file(loaded->path);
    if (!file)
        return NULL;
    file->base = loaded->base;
    memcpy(file->path, loaded->path, sizeof file->path);
    file->next = atomic_load(&object_files);
    while (!atomic_compare_exchange_weak(&object_files, &file->next, file))
        continue;
    return file;
}

// The last function that starts at the address or before it, if it reaches that far.
static const Function *find_function(const ObjectFile *file, uintptr_t address)
{
    size_t low = 0;
    size_t high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->functions[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    const Function *found = low > 0 ? &file->functions[low - 1] : NULL;
    bool covers = found && (address - found->start < found->size || found->size == 0);
    return covers ? found : NULL;
}

bool arena_symbol_at(const void *address, Symbol *symbol)
{
    Loaded loaded = {.address = (uintptr_t)address};
    dl_iterate_phdr(find_loaded, &loaded);
    const ObjectFile *file = loaded.path[0] ? file_of(&loaded) : NULL;
    if (!file)
        return false;
    uintptr_t in_file = loaded.address - file->base;
    const Function *found = find_function(file, in_file);
    *symbol = (Symbol){.file = file->path, .in_file = in_file};
    if (found && file->names[found->name]) {
        symbol->name = file->names + found->name;
        symbol->start = file->base + found->start;
    }
    return true;
}

#endif
