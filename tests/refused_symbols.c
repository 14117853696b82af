// Names of functions, from files of ELF as they should be and as they should not, which are there because
// this file says so in the place of the loader; and stacks where the system tells little, or nothing.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dl_iterate_phdr, dladdr
#endif

#include "refusals.h"
#include "support/check.h"
#include "support/child.h"

#include "../src/watch/modules.h"
#include "../src/watch/stack.h"
#include "../src/watch/symbols.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

#define STAND_IN(name, function) stand_in(CALL_##name, (void (*)(void))(function))

static char file_name[64]; // of what is read

static int start(void **state)
{
    (void)state;
    refuse_nothing();
    snprintf(file_name, sizeof file_name, "refused_symbols.%ld.elf", (long)getpid());
    return 0;
}

static int finish(void **state)
{
    (void)state;
    refuse_nothing();
    remove(file_name);
    return 0;
}

// ----- The loader -----

typedef int SeeLoaded(struct dl_phdr_info *info, size_t size, void *context);

static struct dl_phdr_info only_loaded;

static int tell_of_only_loaded(SeeLoaded *see, void *context)
{
    return see(&only_loaded, sizeof only_loaded, context);
}

// From now on nothing is loaded but this: what is in the file, PAGE bytes from another address each time,
// since files are remembered by that and their names. The segment before is of no use to anybody.
enum { PAGE = 4096, BEFORE = 0x10000 };

static uintptr_t load(const char *name)
{
    static ElfW(Phdr) parts[2];
    parts[0] = (ElfW(Phdr)){.p_type = PT_GNU_STACK, .p_memsz = PAGE};
    parts[1] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_vaddr = BEFORE, .p_memsz = PAGE};
    uintptr_t base = only_loaded.dlpi_addr + 16 * BEFORE;
    only_loaded = (struct dl_phdr_info){
        .dlpi_addr = base, .dlpi_name = name, .dlpi_phdr = parts, .dlpi_phnum = COUNT_OF(parts)};
    STAND_IN(dl_iterate_phdr, tell_of_only_loaded);
    return base;
}

static bool ask(uintptr_t address, Symbol *symbol)
{
    memset(symbol, 0xff, sizeof *symbol);
    return arena_symbol_at((const void *)address, symbol); // NOLINT
}

// ----- Files -----

enum { NONE, EXPORTED, WHOLE, TEXTS, SECTIONS, SYMBOLS = 8 };

// A file with two tables of symbols, the first of which has only the first symbol.
typedef struct Image {
    ElfW(Ehdr) header;
    ElfW(Shdr) sections[SECTIONS];
    ElfW(Sym) symbols[SYMBOLS];
    char names[32];
} Image;

static ElfW(Sym) symbol_of(unsigned name, int type, unsigned section, unsigned at, unsigned size)
{
    return (ElfW(Sym)){.st_name = name,
                       .st_info = (unsigned char)type,
                       .st_shndx = (ElfW(Half))section,
                       .st_value = BEFORE + at,
                       .st_size = size};
}

static ElfW(Shdr) section_of(unsigned type, size_t offset, size_t size)
{
    return (ElfW(Shdr)){.sh_type = type, .sh_offset = offset, .sh_size = size, .sh_link = TEXTS};
}

static Image sound_image(void)
{
    Image image = {.names = "\0first\0middle\0last\0endless"};
    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    image.header.e_shoff = offsetof(Image, sections);
    image.header.e_shentsize = sizeof image.sections[0];
    image.header.e_shnum = SECTIONS;
    size_t symbols = offsetof(Image, symbols);
    image.sections[EXPORTED] = section_of(SHT_DYNSYM, symbols, sizeof image.symbols[0]);
    image.sections[WHOLE] = section_of(SHT_SYMTAB, symbols, sizeof image.symbols);
    image.sections[TEXTS] = section_of(SHT_STRTAB, offsetof(Image, names), sizeof image.names);
    image.symbols[0] = symbol_of(7, STT_FUNC, 1, 0x200, 16);
    image.symbols[1] = symbol_of(14, STT_FUNC, 1, 0x300, 16);
    image.symbols[2] = symbol_of(1, STT_FUNC, 1, 0x100, 16);
    image.symbols[3] = symbol_of(1, STT_OBJECT, 1, 0x210, 16);
    image.symbols[4] = symbol_of(1, STT_FUNC, SHN_UNDEF, 0x220, 16);
    image.symbols[5] = symbol_of(sizeof image.names, STT_FUNC, 1, 0x230, 16);
    image.symbols[6] = symbol_of(19, STT_FUNC, 1, 0x400, 0);
    image.symbols[7] = symbol_of(0, STT_FUNC, 1, 0x500, 16); // without a name
    return image;
}

static void write_image(const Image *image, size_t size)
{
    FILE *file = fopen(file_name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// What is known of the middle of `middle`, of a file that is loaded for this.
static const char *name_in_file(void)
{
    uintptr_t base = load(file_name);
    Symbol symbol;
    assert_true(ask(base + BEFORE + 0x208, &symbol));
    assert_string_equal(symbol.file, file_name);
    assert_int_equal(symbol.in_file, BEFORE + 0x208);
    if (symbol.name)
        assert_int_equal(symbol.start, base + BEFORE + 0x200);
    return symbol.name;
}

static void functions_are_found_by_their_addresses(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        const char *name;
    } known[] = {
        {0, NULL},          {0xff, NULL},       {0x100, "first"},  {0x10f, "first"},
        {0x110, NULL},      {0x200, "middle"},  {0x20f, "middle"}, {0x215, NULL},
        {0x225, NULL},      {0x235, NULL},      {0x305, "last"},   {0x3ff, NULL},
        {0x400, "endless"}, {0x4ff, "endless"}, {0x505, NULL},     {PAGE - 1, NULL},
    };
    Image image = sound_image();
    write_image(&image, sizeof image);
    uintptr_t base = load(file_name);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        Symbol symbol;
        assert_true(ask(base + BEFORE + known[i].at, &symbol));
        assert_int_equal(symbol.in_file, BEFORE + known[i].at);
        if (known[i].name)
            assert_string_equal(symbol.name, known[i].name);
        else
            assert_null(symbol.name);
    }
    Symbol symbol;
    assert_false(ask(base + BEFORE - 1, &symbol));
    assert_false(ask(base + BEFORE + PAGE, &symbol));
}

static void without_a_whole_table_what_is_exported_is_known(void **state)
{
    (void)state;
    Image image = sound_image();
    image.sections[WHOLE].sh_type = SHT_NOTE;
    write_image(&image, sizeof image);
    assert_string_equal(name_in_file(), "middle");
    Symbol symbol;
    assert_true(ask(only_loaded.dlpi_addr + BEFORE + 0x100, &symbol));
    assert_null(symbol.name);
}

// The name of a file is not enough: another one may be loaded there later.
static void files_are_told_apart_by_names_and_addresses(void **state)
{
    (void)state;
    Image image = sound_image();
    write_image(&image, sizeof image);
    assert_string_equal(name_in_file(), "middle");
    Symbol symbol;
    only_loaded.dlpi_name = "no such file";
    assert_true(ask(only_loaded.dlpi_addr + BEFORE + 0x208, &symbol));
    assert_string_equal(symbol.file, "no such file");
    assert_null(symbol.name);
}

// ----- Files that are damaged -----

static void spoil_magic(Image *image)
{
    image->header.e_ident[EI_MAG1] = 'e';
}

static void change_class(Image *image)
{
    image->header.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
}

static void change_size_of_sections(Image *image)
{
    image->header.e_shentsize++;
}

static void move_sections_away(Image *image)
{
    image->header.e_shoff = sizeof *image;
}

static void move_sections_to_the_end_of_all(Image *image)
{
    image->header.e_shoff = (ElfW(Off))0 - sizeof image->sections[0];
}

static void forget_sections(Image *image)
{
    image->header.e_shnum = 0;
}

static void forget_symbols(Image *image)
{
    image->sections[EXPORTED].sh_type = image->sections[WHOLE].sh_type = SHT_NOTE;
}

static void link_to_no_section(Image *image)
{
    image->sections[WHOLE].sh_link = SECTIONS;
}

static void link_behind_the_end(Image *image)
{
    image->header.e_shnum = 0xffff;
    image->sections[WHOLE].sh_link = 0xfffe;
}

static void cut_symbols(Image *image)
{
    image->sections[WHOLE].sh_size = sizeof *image;
}

static void move_symbols_away(Image *image)
{
    image->sections[WHOLE].sh_offset = (ElfW(Off)) - 1;
}

static void cut_names(Image *image)
{
    image->sections[TEXTS].sh_size = sizeof image->names + 1;
}

static void damaged_files_have_no_names(void **state)
{
    (void)state;
    static void (*const damages[])(Image *) = {
        spoil_magic,
        change_class,
        change_size_of_sections,
        move_sections_away,
        move_sections_to_the_end_of_all,
        forget_sections,
        forget_symbols,
        link_to_no_section,
        link_behind_the_end,
        cut_symbols,
        move_symbols_away,
        cut_names,
    };
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        Image image = sound_image();
        damages[i](&image);
        write_image(&image, sizeof image);
        assert_null(name_in_file());
    }
}

static void files_that_end_anywhere_have_names_or_none(void **state)
{
    (void)state;
    Image image = sound_image();
    for (size_t size = 0; size <= sizeof image; size++) {
        write_image(&image, size);
        const char *name = name_in_file();
        assert_true(name ? size == sizeof image : size < sizeof image);
    }
}

static void names_need_not_end(void **state)
{
    (void)state;
    Image image = sound_image();
    memset(image.names + 7, 'x', sizeof image.names - 7);
    write_image(&image, sizeof image);
    assert_int_equal(strlen(name_in_file()), sizeof image.names - 7);
}

// ----- Files that cannot be read -----

static void what_the_system_refuses_has_no_names(void **state)
{
    (void)state;
    static const RefusableCall calls[] = {CALL_open, CALL_fstat, CALL_mmap};
    Image image = sound_image();
    write_image(&image, sizeof image);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        refuse(calls[i], 1);
        assert_null(name_in_file());
        assert_true(calls_of(calls[i]) >= 1);
    }
    refuse_nothing();
    assert_string_equal(name_in_file(), "middle");
}

static void a_directory_has_no_names(void **state)
{
    (void)state;
    Symbol symbol;
    uintptr_t base = load("/");
    assert_true(ask(base + BEFORE, &symbol));
    assert_string_equal(symbol.file, "/");
    assert_null(symbol.name);
}

static void without_memory_there_is_no_file_and_later_there_is(void **state)
{
    (void)state;
    Image image = sound_image();
    write_image(&image, sizeof image);
    uintptr_t base = load(file_name);
    Symbol symbol;
    refuse_from(CALL_mmap, 2);
    assert_false(ask(base + BEFORE + 0x208, &symbol));
    refuse(CALL_open, 1);
    refuse_from(CALL_mmap, 1);
    assert_false(ask(base + BEFORE + 0x208, &symbol));
    refuse(CALL_open, 0);
    refuse(CALL_mmap, 0);
    assert_true(ask(base + BEFORE + 0x208, &symbol));
    assert_string_equal(symbol.name, "middle");
}

static ssize_t link_to_file(const char *path, char *target, size_t size)
{
    assert_string_equal(path, "/proc/self/exe");
    assert_true(strlen(file_name) <= size);
    memcpy(target, file_name, strlen(file_name));
    return (ssize_t)strlen(file_name);
}

static void the_program_is_found_by_what_the_system_says(void **state)
{
    (void)state;
    static const char *const nameless[] = {"", NULL};
    Image image = sound_image();
    write_image(&image, sizeof image);
    for (size_t i = 0; i < COUNT_OF(nameless); i++) {
        Symbol symbol;
        uintptr_t base = load(nameless[i]);
        STAND_IN(readlink, link_to_file);
        assert_true(ask(base + BEFORE + 0x208, &symbol));
        assert_string_equal(symbol.file, file_name);
        assert_string_equal(symbol.name, "middle");
        stand_in(CALL_readlink, NULL);
        refuse(CALL_readlink, 1);
        assert_false(ask(base + BEFORE + 0x208, &symbol));
    }
}

// ----- Modules -----

// Notes as they lie in memory, to be added to.
typedef struct Notes {
    _Alignas(8) unsigned char bytes[256];
    size_t size;
} Notes;

static void add_note(Notes *notes, unsigned type, const char *name, unsigned char byte, size_t size)
{
    ElfW(Nhdr) note = {(ElfW(Word))strlen(name) + 1, (ElfW(Word))size, type};
    memcpy(notes->bytes + notes->size, &note, sizeof note);
    notes->size += sizeof note;
    memcpy(notes->bytes + notes->size, name, strlen(name) + 1);
    notes->size += round_up_to(strlen(name) + 1, 4);
    memset(notes->bytes + notes->size, byte, size);
    notes->size += round_up_to(size, 4);
}

// What is said of a module with these notes.
static Module module_with(const Notes *notes)
{
    static ElfW(Phdr) parts[4];
    uintptr_t base = (uintptr_t)notes;
    size_t size = notes->size;
    parts[0] = (ElfW(Phdr)){.p_type = PT_NOTE, .p_memsz = size};
    parts[1] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_vaddr = 100, .p_flags = PF_R, .p_memsz = PAGE};
    parts[2] = (ElfW(Phdr)){.p_type = PT_LOAD,
                            .p_vaddr = 8 * PAGE,
                            .p_flags = PF_R | PF_X,
                            .p_offset = PAGE,
                            .p_memsz = PAGE};
    parts[3] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_vaddr = 16 * PAGE, .p_flags = PF_X, .p_memsz = 8};
    only_loaded = (struct dl_phdr_info){
        .dlpi_addr = base, .dlpi_name = "module", .dlpi_phdr = parts, .dlpi_phnum = 4};
    STAND_IN(dl_iterate_phdr, tell_of_only_loaded);
    Module modules[3];
    assert_int_equal(arena_modules(modules, 3), 2);
    assert_int_equal(modules[1].start, base + 16 * PAGE);
    assert_string_equal(modules[1].build_id, modules[0].build_id);
    assert_int_equal(arena_modules(modules, 1), 1);
    assert_int_equal(modules[0].start, base + 8 * PAGE);
    assert_int_equal(modules[0].end, base + 9 * PAGE);
    assert_int_equal(modules[0].offset, PAGE);
    assert_string_equal(modules[0].file, "module");
    return modules[0];
}

static void a_module_has_the_build_id_of_its_note(void **state)
{
    (void)state;
    Notes notes = {.size = 0};
    assert_string_equal(module_with(&notes).build_id, "");
    add_note(&notes, 1, "GNU", 0x11, 16);
    add_note(&notes, 3, "Go", 0x22, 7);
    add_note(&notes, 3, "NGU", 0x33, 8);
    assert_string_equal(module_with(&notes).build_id, "");
    add_note(&notes, 3, "GNU", 0x4a, 3);
    add_note(&notes, 7, "GNU", 0x55, 5);
    assert_string_equal(module_with(&notes).build_id, "4a4a4a");
}

static void a_long_build_id_is_cut(void **state)
{
    (void)state;
    Notes notes = {.size = 0};
    add_note(&notes, 3, "GNU", 0xab, 100);
    Module module = module_with(&notes);
    assert_int_equal(strlen(module.build_id), (sizeof module.build_id - 1) / 2 * 2);
    assert_int_equal(strspn(module.build_id, "ab"), strlen(module.build_id));
}

// Sizes that lead behind the end, or around it, in memory that ends there.
static void damaged_notes_are_left_alone(void **state)
{
    (void)state;
    static const ElfW(Word) sizes[] = {5, 1000, 0x7fffffff, 0xfffffff0, 0xfffffffd, 0xffffffff};
    for (size_t i = 0; i < 2 * COUNT_OF(sizes); i++) {
        Notes *notes = calloc(1, sizeof *notes);
        assert_non_null(notes);
        add_note(notes, 1, "GNU", 0, sizeof notes->bytes - 4 * sizeof(ElfW(Nhdr)));
        ElfW(Nhdr) note = {4, 4, 3};
        *(i % 2 ? &note.n_namesz : &note.n_descsz) = sizes[i / 2];
        memcpy(notes->bytes + notes->size, &note, sizeof note);
        memcpy(notes->bytes + notes->size + sizeof note, "GNU\0abcd", 8);
        notes->size += sizeof note + 8;
        assert_true(notes->size <= sizeof notes->bytes);
        assert_string_equal(module_with(notes).build_id, "");
        free(notes);
    }
}

static void a_program_without_a_name_that_is_known_has_none(void **state)
{
    (void)state;
    static const char *const nameless[] = {"", NULL};
    for (size_t i = 0; i < COUNT_OF(nameless); i++) {
        Module module;
        Notes notes = {.size = 0};
        module_with(&notes);
        only_loaded.dlpi_name = nameless[i];
        STAND_IN(readlink, link_to_file);
        assert_int_equal(arena_modules(&module, 1), 1);
        assert_string_equal(module.file, file_name);
        stand_in(CALL_readlink, NULL);
        refuse(CALL_readlink, 1);
        assert_int_equal(arena_modules(&module, 1), 1);
        assert_string_equal(module.file, "");
    }
}

// ----- Stacks -----

static void *made_up_frames[STACK_DEEP + 1];
static int made_up_count;

static int make_frames_up(void **frames, int most)
{
    int count = most < made_up_count ? most : made_up_count;
    memcpy(frames, made_up_frames, (size_t)count * sizeof *frames);
    return count;
}

// The stack that consists of these frames, below the one that is the library's.
static Stack stack_of(size_t count, uintptr_t first, uintptr_t last)
{
    for (size_t i = 0; i < count; i++)
        made_up_frames[i + 1] = (void *)(i + 1 < count ? first : last); // NOLINT
    made_up_count = (int)count + 1;
    STAND_IN(backtrace, make_frames_up);
    return arena_stack_here(STACK_DEEP);
}

static void nobody_knows_a_stack_without_frames(void **state)
{
    (void)state;
    void *const *frames;
    refuse(CALL_backtrace, 1);
    assert_int_equal(arena_stack_here(STACK_USUAL), 0);
    assert_int_equal(stack_of(0, 1, 1), 0);
    assert_int_equal(arena_stack_frames(0, &frames), 0);
    assert_null(frames);
}

static void equal_stacks_are_noted_once(void **state)
{
    (void)state;
    void *const *frames;
    Stack stack = stack_of(3, 1000, 2000);
    assert_true(stack != 0);
    assert_int_equal(stack_of(3, 1000, 2000), stack);
    assert_true(stack_of(3, 1000, 2001) != stack);
    assert_true(stack_of(4, 1000, 2000) != stack);
    assert_int_equal(arena_stack_frames(stack, &frames), 3);
    assert_true((uintptr_t)frames[1] == 1000 && (uintptr_t)frames[2] == 2000);
}

// As src/watch/stack_glibc.c has it, 64 bits of which the upper half is kept. The last frame of a stack
// of so many, of which the others are 1, that has this one.
static uintptr_t frame_with_hash(size_t count, uint64_t hash)
{
    const uint64_t factor = 0x9e3779b97f4a7c15u;
    uint64_t inverse = factor;
    for (int i = 0; i < 6; i++) // of 3 bits, 6, 12 and so on
        inverse *= 2 - factor * inverse;
    uint64_t before = count;
    for (size_t i = 1; i < count; i++)
        before = (before ^ 1) * factor;
    return (uintptr_t)(hash * inverse ^ before);
}

static void stacks_of_equal_hash_are_told_apart(void **state)
{
    (void)state;
    if (sizeof(uintptr_t) < 8)
        skip();
    const uint64_t hash = 0x12345678u;
    Stack stacks[4];
    for (size_t i = 0; i < COUNT_OF(stacks); i++) {
        size_t count = 1 + i / 2;
        stacks[i] = stack_of(count, 1, frame_with_hash(count, hash << 32 | (i + 1)));
        assert_true(stacks[i] != 0);
        for (size_t j = 0; j < i; j++)
            assert_true(stacks[j] != stacks[i]);
    }
    for (size_t i = 0; i < COUNT_OF(stacks); i++) {
        size_t count = 1 + i / 2;
        assert_int_equal(stack_of(count, 1, frame_with_hash(count, hash << 32 | (i + 1))),
                         stacks[i]);
    }
}

// In a child, where no stack has been noted. A table, pieces and what is in them have to be there.
static bool first_stacks_need_memory(void)
{
    static const struct {
        RefusableCall call;
        size_t at;
    } needed[] = {{CALL_calloc, 1}, {CALL_malloc, 1}, {CALL_malloc, 2}};
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        refuse_nothing();
        refuse(needed[i].call, needed[i].at);
        good = stack_of(1, 1, 1) == 0 && calls_of(needed[i].call) == needed[i].at && good;
    }
    return stack_of(1, 1, 1) == 1 && stack_of(1, 1, 2) == 2 && good;
}

static void without_memory_nobody_knows_a_stack(void **state)
{
    (void)state;
    assert_true(child_succeeds(first_stacks_need_memory));
}

// However many there are, each keeps its number; but beyond a million only a few frames are told apart, and
// in the end no stack is known that was not before.
static bool noting_stacks_ends(void)
{
    enum { LONG = 6000, SHORT = 1 << 20, MOST = 1280 << 10 };
    bool good = stack_of(5, 1, 1) == 1;
    refuse_from(CALL_calloc, 1); // for more buckets
    for (uintptr_t i = 2; i <= LONG; i++)
        good = stack_of(5, 1, i) == i && good;
    good = calls_of(CALL_calloc) > 1 && stack_of(5, 1, 17) == 17 && good;
    refuse(CALL_calloc, 0);
    for (uintptr_t i = LONG + 1; i <= SHORT; i++)
        good = stack_of(1, 1, i) == i && good;
    good = stack_of(5, 1, 17) == SHORT + 1 && stack_of(5, 1, 18) == SHORT + 1 && good;
    good = stack_of(4, 1, 18) == SHORT + 2 && stack_of(1, 1, LONG + 1) == LONG + 1 && good;
    for (uintptr_t i = SHORT + 3; i <= MOST; i++)
        good = stack_of(1, 1, i) == i && good;
    return stack_of(1, 1, MOST + 1) == 0 && stack_of(1, 1, MOST) == MOST && good;
}

static void the_number_of_stacks_has_a_bound(void **state)
{
    (void)state;
    assert_true(child_succeeds(noting_stacks_ends));
}

// ----- What is said of code -----

extern void __sanitizer_symbolize_pc(void *address, const char *format, char *text, size_t size)
    __attribute__((weak));

static const char *loader_says_file;
static const char *loader_says_name;

static int tell_of_place(const void *address, Dl_info *info)
{
    uintptr_t start = (uintptr_t)address & ~(uintptr_t)0xff;
    *info = (Dl_info){loader_says_file, (void *)(start - 0x1000), // NOLINT
                      loader_says_name, (void *)start};           // NOLINT
    return 1;
}

static void check_description(const char *expected)
{
    char text[100];
    arena_stack_describe((void *)(uintptr_t)0x12345, text, sizeof text);
    assert_string_equal(text, expected);
}

static void where_no_file_is_known_the_loader_is_asked(void **state)
{
    (void)state;
    if (__sanitizer_symbolize_pc)
        skip(); // which knows names by itself
    refuse_from(CALL_dl_iterate_phdr, 1);
    STAND_IN(dladdr, tell_of_place);
    loader_says_file = "/somewhere/program";
    loader_says_name = "function";
    check_description("function+0x45 (program+0x1044)");
    loader_says_name = NULL;
    check_description("program+0x1044");
    loader_says_file = NULL;
    check_description("?+0x1044");
    stand_in(CALL_dladdr, NULL);
    refuse_from(CALL_dladdr, 1);
    check_description("0x12345");
}

static void what_is_the_librarys_is_known_by_its_name(void **state)
{
    (void)state;
    static const char *const ours[] = {"arena_adopt+0x10 (program+0x1000)", "arena_alloc",
                                       "destroy_all /there/watch.c:17", "libarena.so.1+0x17",
                                       "malloc+0x1 (libarena-malloc.so+0x1)"};
    static const char *const others[] = {
        "arena_allocate+0x1 (program+0x1)", "main /there/arena_alloc.c:1", "",
        "a_function_that_has_a_name_which_is_much_longer_than_any_of_the_library_s_own+0x1"};
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        assert_true(arena_stack_is_ours(ours[i]));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(arena_stack_is_ours(others[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_memory_nobody_knows_a_stack),
        TEST(the_number_of_stacks_has_a_bound),
        TEST(functions_are_found_by_their_addresses),
        TEST(without_a_whole_table_what_is_exported_is_known),
        TEST(files_are_told_apart_by_names_and_addresses),
        TEST(damaged_files_have_no_names),
        TEST(files_that_end_anywhere_have_names_or_none),
        TEST(names_need_not_end),
        TEST(what_the_system_refuses_has_no_names),
        TEST(a_directory_has_no_names),
        TEST(without_memory_there_is_no_file_and_later_there_is),
        TEST(the_program_is_found_by_what_the_system_says),
        TEST(a_module_has_the_build_id_of_its_note),
        TEST(a_long_build_id_is_cut),
        TEST(damaged_notes_are_left_alone),
        TEST(a_program_without_a_name_that_is_known_has_none),
        TEST(nobody_knows_a_stack_without_frames),
        TEST(equal_stacks_are_noted_once),
        TEST(stacks_of_equal_hash_are_told_apart),
        TEST(where_no_file_is_known_the_loader_is_asked),
        TEST(what_is_the_librarys_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
