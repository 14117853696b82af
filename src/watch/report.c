// What the checker says, and what arena_explain does.

#include "arena/compiler.h"

#if !ARENA_UNWATCHED

#include "report.h"
#include "lock.h"

#include <stdlib.h>

static void (*handler)(const char *message, void *context);
static void *handler_context;

void arena_report_add(Report *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof report->text - report->length;
    int length = vsnprintf(report->text + report->length, room, format, arguments);
    va_end(arguments);
    report->length += smaller((size_t)length, room - 1);
}

// After the last that is known to be the library's, of those that may be. Functions of a program that
// the library calls, and which call it again, stay.
size_t arena_report_first(void *const *frames, size_t count)
{
    enum { DEEPEST = 12 };
    size_t first = 0;
    for (size_t i = 0; i + 1 < count && i < DEEPEST; i++) {
        char text[256] = "";
        arena_stack_describe(frames[i], text, sizeof text);
        bool is_within = first == 0 || first == i;
        if (!is_within && arena_stack_calls_back(text))
            break;
        if (arena_stack_is_ours(text))
            first = i + 1;
    }
    return first;
}

void *arena_report_place(Stack stack)
{
    void *const *frames;
    size_t count = arena_stack_frames(stack, &frames);
    size_t first = arena_report_first(frames, count);
    return first > 0 ? frames[first] : NULL;
}

static void add_frames(Report *report, void *const *frames, size_t first, size_t count)
{
    for (size_t i = first; i < count; i++) {
        char text[256] = "";
        arena_stack_describe(frames[i], text, sizeof text);
        arena_report_add(report, "    #%zu %s\n", i - first, text);
    }
    if (count == STACK_USUAL)
        arena_report_add(report, "    ...\n");
}

void arena_report_add_stack(Report *report, Stack stack)
{
    void *const *frames;
    size_t count = arena_stack_frames(stack, &frames);
    add_frames(report, frames, arena_report_first(frames, count), count);
}

void arena_report_add_stack_from(Report *report, Stack stack, const void *innermost)
{
    void *const *frames;
    size_t count = arena_stack_frames(stack, &frames);
    size_t first = 0;
    while (first < count && frames[first] != innermost)
        first++;
    add_frames(report, frames, first < count ? first : 0, count);
}

static const char *name_of(const Ledger *ledger)
{
    return ledger->name[0] ? ledger->name : "(no name)";
}

static void add_at(Report *report, const char *what, Stack stack)
{
    arena_report_add(report, stack ? "  %s at\n" : "  %s, nobody knows where\n", what);
    arena_report_add_stack(report, stack);
}

void arena_report_add_arena(Report *report, const Ledger *ledger)
{
    arena_report_add(report, "  arena \"%s\" (%p)%s\n", name_of(ledger), ledger->was,
                     ledger->arena ? "" : ", which is gone");
    add_at(report, "made", ledger->made);
    if (!ledger->arena)
        add_at(report, "destroyed", ledger->ended);
}

void arena_report_add_object(Report *report, const Ledger *ledger, const Object *object)
{
    arena_report_add(report, "  %zu bytes at %p of arena \"%s\"\n", object->size,
                     (void *)object->start, name_of(ledger));
    add_at(report, "allocated", object->made);
}

void arena_report_add_gone(Report *report, const Ledger *ledger, const Gone *gone)
{
    arena_report_add(report, "  %zu bytes at %p of arena \"%s\", taken back by %s\n", gone->size,
                     (void *)gone->start, name_of(ledger), gone->how);
    add_at(report, "allocated", gone->made);
    add_at(report, "taken back", gone->freed);
}

// ----- What is at an address -----

// What is asked, and copies of what was found: functions are given names only once the lock is free,
// since the loader has one of its own, and may hold that while it calls somebody who waits for ours.
typedef struct Question {
    const unsigned char *address;
    Ledger ledger;
    Object object;
    Gone gone;
} Question;

void arena_report_add_offset(Report *report, const unsigned char *address,
                             const unsigned char *start, size_t size)
{
    if (address < start)
        arena_report_add(report, "%p is %zu bytes before\n", (const void *)address,
                         (size_t)(start - address));
    else if ((size_t)(address - start) >= size)
        arena_report_add(report, "%p is %zu bytes after the end of\n", (const void *)address,
                         (size_t)(address - start) - size);
    else
        arena_report_add(report, "%p is %zu bytes into\n", (const void *)address,
                         (size_t)(address - start));
}

void arena_report_add_guarded(Report *report, const Guarded *guarded, const void *address)
{
    arena_report_add_offset(report, address, guarded->start, guarded->size);
    arena_report_add(report, "  %zu bytes at %p of arena \"%s\"", guarded->size,
                     (void *)guarded->start, guarded->name[0] ? guarded->name : "(no name)");
    if (guarded->is_live)
        arena_report_add(report, ", in guarded pages\n");
    else
        arena_report_add(report, ", taken back by %s\n", guarded->how ? guarded->how : "its end");
    add_at(report, "allocated", guarded->made);
    if (!guarded->is_live)
        add_at(report, "taken back", guarded->freed);
}

void arena_report_guarded(const Guarded *guarded, const void *address, const char *what)
{
    Report report = {0};
    arena_report_add(&report, "arena: %s\n", what);
    arena_report_add_guarded(&report, guarded, address);
    arena_report_send(&report);
}

static bool look_for_object(Ledger *ledger, void *context)
{
    Question *question = context;
    const Object *object = arena_ledger_find(ledger, question->address);
    if (!object || object->is_left)
        return false;
    question->ledger = *ledger;
    question->object = *object;
    return true;
}

// The latest, of all arenas that have had something there.
static bool look_for_gone(Ledger *ledger, void *context)
{
    Question *question = context;
    const Gone *gone = arena_ledger_find_gone(ledger, question->address);
    if (gone && gone->number > question->gone.number) {
        question->ledger = *ledger;
        question->gone = *gone;
    }
    return false;
}

static bool find_gone(Question *question)
{
    (void)arena_ledger_any(look_for_gone, question);
    return question->gone.number > 0;
}

static void add_gone(Report *report, const Question *question)
{
    arena_report_add_offset(report, question->address, question->gone.start, question->gone.size);
    arena_report_add_gone(report, &question->ledger, &question->gone);
}

// Where the source has given memory to arenas that are there; what is no object's was never handed out, or
// long ago.
static bool look_for_extent(Ledger *ledger, void *context)
{
    Question *question = context;
    size_t i = 0;
    while (i < ledger->extent_count &&
           (uintptr_t)question->address - (uintptr_t)ledger->extents[i].start >=
               ledger->extents[i].size)
        i++;
    if (i < ledger->extent_count)
        question->ledger = *ledger;
    return i < ledger->extent_count;
}

static void add_lent(Report *report, const Ledger *ledger)
{
    if (ledger->is_lent)
        arena_report_add(report, "  if the buffer that this arena lies in is still there\n");
}

static bool add_what_is_known(Report *report, Question *question)
{
    const unsigned char *address = question->address;
    if (arena_ledger_any(look_for_object, question)) {
        arena_report_add_offset(report, address, question->object.start, question->object.size);
        add_lent(report, &question->ledger);
        arena_report_add_object(report, &question->ledger, &question->object);
    } else if (find_gone(question)) {
        add_gone(report, question);
    } else if (arena_ledger_any(look_for_extent, question)) {
        arena_report_add(report, "%p is in a block, and in no object, of\n", (const void *)address);
        arena_report_add_arena(report, &question->ledger);
    } else {
        return false;
    }
    return true;
}

bool arena_report_add_address(Report *report, const void *address)
{
    const Guarded *guarded = arena_guard_find(address);
    if (guarded) {
        arena_report_add_guarded(report, guarded, address);
        return true;
    }
    Question question = {.address = address};
    return add_what_is_known(report, &question);
}

bool arena_report_add_gone_at(Report *report, const void *address)
{
    Question question = {.address = address};
    bool known = find_gone(&question);
    if (known)
        add_gone(report, &question);
    return known;
}

bool arena_explain(const void *address, FILE *out)
{
    Report report = {0};
    bool known = arena_report_add_address(&report, address);
    if (known)
        fputs(report.text, out);
    return known;
}

// ----- Where it goes -----

void arena_on_report(void (*report)(const char *message, void *context), void *context)
{
    take_lock();
    handler = report;
    handler_context = context;
    release_lock();
}

bool arena_report_print(const Report *report)
{
    take_lock();
    void (*call)(const char *message, void *context) = handler;
    void *context = handler_context;
    release_lock();
    if (call) {
        call(report->text, context);
        return false;
    }
    fputs(report->text, stderr);
    fflush(stderr);
    return true;
}

void arena_report_send(const Report *report)
{
    if (arena_report_print(report))
        abort();
}

#endif
