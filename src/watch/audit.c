// Pointers that outlive what they point to. When objects are taken back, all memory that stays, as far as
// it is known to be there, is searched for words that are addresses in them.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "audit.h"
#include "lock.h"
#include "report.h"
#include "tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_REPORTS = 100, WORDS = 512, NO_POINTER = 0xa1 };

bool arena_audits;

// Memory that is no arena's.
typedef struct Root {
    struct Root *next;
    const unsigned char *start;
    size_t size;
    char name[LEDGER_NAME];
} Root;

// What a pointer was found in: an object, or a root.
typedef struct Holder {
    const Ledger *ledger;
    const Object *object;
    const Root *root;
} Holder;

// Copies of an object and its ledger, or of a root.
typedef struct Copy {
    Ledger ledger;
    Object object;
    Root root;
    bool is_root;
} Copy;

// What was reported: where the holder was made, or which one it is if nobody knows, and the target. Not
// the offset: each item of a table has its own.
typedef struct Seen {
    const void *holder;
    Stack made;
    Stack target;
} Seen;

// What will be reported once the lock is free: whoever gets the report may need it, and to find names of
// functions takes others.
typedef struct Note {
    struct Note *next;
    bool is_last; // and says that there are more
    size_t offset;
    size_t target_offset;
    Copy holder;
    Copy target;
} Note;

// Objects that are going: of `ledger`, from number `stays` on, and if `is_all`, of those it has adopted.
typedef struct Audit {
    const Ledger *ledger;
    size_t stays;
    bool is_all;
    uintptr_t low;  // all of their addresses are from here
    uintptr_t high; // up to here
    const char *how;
    Stack here;
    Note *notes;
    Note **last_note;
} Audit;

// All under the lock.
static Root *roots;
static Seen seen[MOST_REPORTS];
static size_t seen_count;
static bool is_full;

// ----- Roots -----

static bool set_root(const void *start, size_t size, const char *name)
{
    Root *root = roots;
    while (root && root->start != start)
        root = root->next;
    bool is_new_root = !root;
    if (is_new_root)
        root = calloc(1, sizeof *root);
    if (!root)
        return false;
    if (is_new_root) {
        root->next = roots;
        roots = root;
    }
    root->start = start;
    root->size = size;
    snprintf(root->name, sizeof root->name, "%s", name ? name : "(no name)");
    return true;
}

bool arena_audit_root(const void *start, size_t size, const char *name)
{
    arena_lock_around_fork();
    arena_ledgers_take();
    bool good = set_root(start, size, name);
    arena_ledgers_release();
    if (!good)
        errno = ENOMEM;
    return good;
}

void arena_audit_forget(const void *start)
{
    arena_ledgers_take();
    Root **link = &roots;
    while (*link && (*link)->start != start)
        link = &(*link)->next;
    Root *root = *link;
    if (root)
        *link = root->next;
    arena_ledgers_release();
    free(root);
}

// ----- What is going -----

// Number of the first object of a ledger that is going; all before it stay.
static size_t first_going(const Audit *audit, const Ledger *ledger)
{
    if (ledger == audit->ledger)
        return audit->stays;
    return audit->is_all && ledger->is_going ? 0 : ledger->count;
}

static const Ledger *next_going(const Audit *audit, const Ledger *ledger)
{
    return audit->is_all ? ledger->adopted : NULL;
}

static void add_bounds(Audit *audit, const Ledger *ledger)
{
    for (size_t i = first_going(audit, ledger); i < ledger->count; i++) {
        uintptr_t start = (uintptr_t)ledger->objects[i].start;
        audit->low = start < audit->low ? start : audit->low;
        audit->high = larger(audit->high, start + ledger->objects[i].size);
    }
}

static void mark_adopted(Ledger *ledger, bool is_going)
{
    for (Ledger *adopted = ledger->adopted; adopted; adopted = adopted->adopted)
        adopted->is_going = is_going;
}

// The object that is going and has this address in its bytes; and in which ledger.
static const Object *find_going(const Audit *audit, uintptr_t address, const Ledger **where)
{
    for (const Ledger *ledger = audit->ledger; ledger; ledger = next_going(audit, ledger)) {
        const Object *object = arena_ledger_find(ledger, (const void *)address);
        bool is_going = object && object >= ledger->objects + first_going(audit, ledger);
        *where = ledger;
        if (is_going && address - (uintptr_t)object->start < object->size)
            return object;
    }
    return NULL;
}

// ----- What is found -----

static bool is_new(const Holder *holder, Stack target)
{
    Seen one = {.target = target};
    if (holder->root)
        one.holder = holder->root->start;
    else if (holder->object->made)
        one.made = holder->object->made;
    else
        one.holder = holder->object->start;
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i].holder == one.holder && seen[i].made == one.made && seen[i].target == target)
            return false;
    if (seen_count < MOST_REPORTS)
        seen[seen_count] = one;
    return true;
}

static Note *add_note(Audit *audit)
{
    Note *note = calloc(1, sizeof *note);
    if (!note)
        return NULL;
    *audit->last_note = note;
    audit->last_note = &note->next;
    return note;
}

static Copy copy_of(const Holder *holder)
{
    Copy copy = {.is_root = holder->root};
    if (holder->root) {
        copy.root = *holder->root;
    } else {
        copy.ledger = *holder->ledger;
        copy.object = *holder->object;
    }
    return copy;
}

static void note_pointer(Audit *audit, const Holder *holder, size_t offset, uintptr_t address)
{
    const Ledger *ledger;
    const Object *target = find_going(audit, address, &ledger);
    if (!target || is_full || !is_new(holder, target->made))
        return;
    is_full = seen_count == MOST_REPORTS;
    Note *note = add_note(audit);
    if (!note)
        return;
    note->is_last = is_full;
    seen_count += !is_full;
    note->offset = offset;
    note->target_offset = (size_t)(address - (uintptr_t)target->start);
    note->holder = copy_of(holder);
    note->target = copy_of(&(Holder){.ledger = ledger, .object = target});
}

// ----- What is said -----

static void add_copy(Report *report, const Copy *copy)
{
    if (copy->is_root)
        arena_report_add(report, "  %zu bytes at %p, the root \"%s\"\n", copy->root.size,
                         (const void *)copy->root.start, copy->root.name);
    else
        arena_report_add_object(report, &copy->ledger, &copy->object);
}

static void send_note(const Audit *audit, const Note *note)
{
    Report report = {0};
    if (note->is_last) {
        arena_report_add(&report, "arena: more pointers outlive what they point to\n");
    } else {
        arena_report_add(&report, "arena: a pointer outlives what %s takes back\n", audit->how);
        arena_report_add(&report, "at offset %zu of\n", note->offset);
        add_copy(&report, &note->holder);
        arena_report_add(&report, "it points %zu bytes into\n", note->target_offset);
        add_copy(&report, &note->target);
        arena_report_add(&report, "  taken back at\n");
        arena_report_add_stack(&report, audit->here);
    }
    arena_report_print(&report);
}

static void send_notes(const Audit *audit)
{
    for (Note *note = audit->notes; note;) {
        Note *next = note->next;
        send_note(audit, note);
        free(note);
        note = next;
    }
}

// ----- The search -----

// Words may be nobody's, or not initialised, of which tools know; the copy is in order.
static ARENA_UNCHECKED void copy_words(uintptr_t *copy, const unsigned char *start, size_t count)
{
    const volatile uintptr_t *words = (const volatile uintptr_t *)(const volatile void *)start;
    for (size_t i = 0; i < count; i++)
        copy[i] = words[i];
    arena_tool_note_initialised(copy, count * sizeof *copy);
}

static void search(Audit *audit, const Holder *holder, const unsigned char *start, size_t size)
{
    uintptr_t words[WORDS];
    size_t offset = padding(start, sizeof *words);
    while (offset + sizeof *words <= size) {
        size_t count = smaller(WORDS, (size - offset) / sizeof *words);
        copy_words(words, start + offset, count);
        for (size_t i = 0; i < count; i++)
            if (words[i] - audit->low < audit->high - audit->low)
                note_pointer(audit, holder, offset + i * sizeof *words, words[i]);
        offset += count * sizeof *words;
    }
}

static void search_all(Audit *audit)
{
    for (const Ledger *ledger = arena_ledger_newest(); ledger; ledger = unveil(ledger->next))
        for (size_t i = 0, end = first_going(audit, ledger); i < end; i++) {
            const Object *object = &ledger->objects[i];
            const Holder holder = {.ledger = ledger, .object = object};
            if (!object->is_left && !ledger->is_lent)
                search(audit, &holder, object->start, object->size);
        }
    for (const Root *root = roots; root; root = root->next)
        search(audit, &(Holder){.root = root}, root->start, root->size);
}

// ----- What is asked for -----

void arena_audit_from_now(void)
{
    arena_audits = true;
}

void arena_audit_clear(void *start, size_t size)
{
    if (!arena_audits)
        return;
    arena_tool_forget(start, size);
    memset(start, NO_POINTER, size);
}

static size_t count_staying(const Ledger *ledger, uint64_t epoch)
{
    size_t count = ledger->count;
    while (count > 0 && ledger->objects[count - 1].epoch > epoch)
        count--;
    return count;
}

static void run(Audit *audit, Ledger *ledger)
{
    for (const Ledger *each = ledger; each; each = next_going(audit, each))
        add_bounds(audit, each);
    if (audit->low >= audit->high)
        return;
    search_all(audit);
}

void arena_audit_taken_back(Ledger *ledger, uint64_t epoch, const char *how, Stack here)
{
    if (!arena_audits)
        return;
    Audit audit = {
        .ledger = ledger, .is_all = epoch == 0, .low = UINTPTR_MAX, .how = how, .here = here};
    audit.last_note = &audit.notes;
    arena_ledgers_take();
    audit.stays = count_staying(ledger, epoch);
    mark_adopted(ledger, audit.is_all);
    run(&audit, ledger);
    mark_adopted(ledger, false);
    arena_ledgers_release();
    send_notes(&audit);
}

#endif
