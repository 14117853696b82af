"""Arenas in gdb: what they hold, which there are, and what is at an address.

    (gdb) source arena.py
    (gdb) help arena

Where the shared library is installed, gdb loads this file together with it.
Everything is read from memory and nothing is called, so a core file will do;
the only exception is `arena explain` in a live process whose library has no
debug information.

The names of fields are those of include/arena/ and, for what the checker knows,
of src/watch/ledger.h and src/watch/stack_glibc.c.
"""

import os
import runpy

import gdb
import gdb.printing

# Bounds of what is walked, since what is read may be damaged.
MOST_BLOCKS = 1 << 20
MOST_ARENAS = 1 << 16
MOST_FRAMES = 256
MOST_ELEMENTS = 64
LONGEST_KEY = 1 << 20
GRANULE = 8
FIRST_SEGMENT = 8
MOST_FRAMES = 127
# How many frames at the top of a stack may be the library's, and where that is from.
MOST_LIBRARY_FRAMES = 12
LIBRARY_PARTS = ("core", "containers", "memory", "threads", "watch")


# ----- Values -----

def is_struct(value_type):
    return value_type.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def is_pointer(value_type):
    return value_type.code == gdb.TYPE_CODE_PTR


def has_fields(value_type, names):
    fields = [field.name for field in value_type.fields()]
    return all(name in fields for name in names)


def is_arena_type(value_type):
    plain = value_type.strip_typedefs()
    return (is_struct(plain) and plain.tag == "Arena"
            and has_fields(plain, ["cursor", "adopted_sums"]))


def is_readable(address, size=1):
    """Whether the first and the last of these bytes can be read."""
    inferior = gdb.selected_inferior()
    try:
        inferior.read_memory(address, 1)
        inferior.read_memory(address + max(size, 1) - 1, 1)
    except (gdb.MemoryError, OverflowError, ValueError):
        return False
    return True


def quoted(pointer):
    """A string of the program in quotes, cut where it is long."""
    if int(pointer) == 0:
        return "(no name)"
    text = pointer.format_string(max_elements=60)
    return text[text.index('"'):] if '"' in text else "(a name that cannot be read)"


def counted(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")


def chain(first, link, most, follow=lambda pointer: pointer):
    """The structs of a list, as far as it is one; `follow` makes a pointer of a link."""
    size = first.type.target().sizeof
    seen = set()
    pointer = first
    while len(seen) < most and int(pointer) not in seen and is_readable(int(pointer), size):
        seen.add(int(pointer))
        yield pointer.dereference()
        pointer = follow(pointer.dereference()[link])


# ----- Arenas -----

class Block:
    """A block, and how it serves its arena: as one that was left, as the current
    one, as a spare or as a large object."""

    def __init__(self, value, kind, used):
        self.start = int(value["data"].address)
        self.capacity = int(value["capacity"])
        memory = int(value["memory"])  # NULL for the caller's buffer
        self.first = memory or int(value.address)
        self.end = memory + int(value["size"]) if memory else self.start + self.capacity
        self.kind = kind
        self.used = used

    def covers(self, address):
        return self.start <= address < self.start + self.capacity

    def holds(self, address):
        """The block's header and its last bytes count."""
        return self.first <= address < self.end


class Arena:
    """What the fields of an arena come to. `value` is the struct."""

    def __init__(self, value):
        self.value = value
        self.address = int(value.address)

    @property
    def name(self):
        return quoted(self.value["name"])

    @property
    def title(self):
        return "arena %s (0x%x)" % (self.name, self.address)

    def is_at(self, address):
        return self.address <= address < self.address + self.value.type.sizeof

    def current_used(self):
        current = self.value["current"].dereference()
        return int(self.value["cursor"]) - int(current["data"].address)

    def stats(self):
        """What arena_stats would return."""
        value = self.value
        current = value["current"].dereference()
        adopted = value["adopted_sums"]
        used = (int(current["used_before"]) + self.current_used() + int(value["large_used"])
                + int(adopted["used"]) - int(value["hidden"]))
        guarded = [int(block["size"]) for block in chain(value["large"], "next", MOST_BLOCKS)
                   if int(value["hidden"]) > 0 and int(block["memory"]) == 0]
        return {
            "used": used,
            "peak": max(int(value["peak"]), used),
            "reserved": (int(value["chain_size"]) + int(value["large_size"])
                         + int(adopted["reserved"]) - sum(guarded)),
            "wasted": (int(current["wasted_before"]) + int(value["large_capacity"])
                       - int(value["large_used"]) + int(adopted["wasted"])),
            "blocks": int(value["block_count"]) + int(adopted["blocks"]) - len(guarded),
            "failures": int(value["failures"]),
        }

    def has_limit(self):
        limit = self.value["limit"]
        return int(limit) != (1 << 8 * limit.type.sizeof) - 1

    def blocks(self):
        """Its own blocks, oldest first, and then its large objects, newest first."""
        current = int(self.value["current"])
        kind, used = "", None
        for block in chain(self.value["blocks"], "next", MOST_BLOCKS):
            if int(block.address) == current:
                yield Block(block, "current", self.current_used())
                kind, used = "spare", 0
            else:
                yield Block(block, kind, int(block["used"]) if used is None else used)
        for block in chain(self.value["large"], "next", MOST_BLOCKS):
            yield Block(block, "large", int(block["used"]))

    def adopted(self):
        return [Arena(value) for value in chain(self.value["adopted"], "adopted", MOST_ARENAS)]

    def problem(self):
        """Why this is no arena, or None. Most of arena_is_valid is not asked."""
        try:
            value = self.value
            epoch = int(value["epoch"])
            if epoch == 0 or epoch % 2:
                return "its epoch is %d" % epoch
            if int(value["block_count"]) == 0:
                return "it has no blocks"
            current = value["current"].dereference()
            start = int(current["data"].address)
            places = [start, int(value["floor"]), int(value["cursor"]), int(value["end"]),
                      start + int(current["capacity"])]
            if places != sorted(places) or any(place % GRANULE for place in places):
                return "its window is not in its current block"
            return None
        except gdb.error:
            return "it points to what cannot be read"


def arena_pointer_type():
    try:
        arena_type = gdb.lookup_type("Arena")
    except gdb.error:
        arena_type = None
    if arena_type is None or not is_arena_type(arena_type):
        raise gdb.GdbError("Nothing here knows what an Arena is: compile the program with -g.")
    return arena_type.pointer()


def arena_at(value):
    """The arena that a value is, or points to; the value may be a number."""
    plain = value.type.strip_typedefs()
    if not is_arena_type(plain):
        value = value.cast(arena_pointer_type()).dereference()
    arena = Arena(value)
    problem = arena.problem()
    if problem:
        raise gdb.GdbError("There is no arena at 0x%x: %s." % (arena.address, problem))
    return arena


# ----- Printers -----

class ArenaPrinter:
    """A line, and below it what arena_stats says and where to look on."""

    SHOWN = ("epoch", "cursor", "end", "current", "blocks", "large", "adopted", "watch")
    BYTES = ("cursor", "end")  # which are no strings

    def __init__(self, value):
        self.value = value
        self.arena = Arena(value)
        self.problem = self.arena.problem()

    def to_string(self):
        if self.problem:
            return "<no arena: %s>" % self.problem
        stats = self.arena.stats()
        return "%s, %d bytes used, %d held in %s" % (
            self.arena.name, stats["used"], stats["reserved"], counted(stats["blocks"], "block"))

    def children(self):
        if self.problem:
            return raw_fields(self.value)
        shown = self.arena.stats()
        del shown["blocks"]  # the list of them has that name
        if self.arena.has_limit():
            shown["limit"] = self.value["limit"]
        shown.update((name, self.member(name)) for name in self.SHOWN)
        return iter(shown.items())

    def member(self, name):
        member = self.value[name]
        return member.cast(gdb.lookup_type("void").pointer()) if name in self.BYTES else member


class MarkPrinter:
    """A mark: where the cursor was, and when."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "mark at 0x%x, epoch %d" % (int(self.value["cursor"]), int(self.value["epoch"]))


def raw_fields(value):
    fields = value.type.strip_typedefs().fields()
    return iter([(field.name, value[field.name]) for field in fields])


class Container:
    """What the printers of containers share. What cannot be one shows its members."""

    hint = None
    noun = "container"

    def __init__(self, value):
        self.value = value
        self.problem = self.find_problem()

    def to_string(self):
        return "<no %s: %s>" % (self.noun, self.problem) if self.problem else self.summary()

    def children(self):
        return raw_fields(self.value) if self.problem else self.items()

    def display_hint(self):
        return None if self.problem else self.hint

    def find_problem(self):
        try:
            return self.find_disorder() or self.find_unreadable()
        except gdb.error as error:
            return str(error)

    def find_disorder(self):
        return excess(self.value["count"], self.value["capacity"])


def excess(count, capacity):
    if int(count) > int(capacity):
        return "%d items and a capacity of %d" % (int(count), int(capacity))
    return None


def unreadable(pointer, count):
    size = count * pointer.type.target().sizeof
    if count and not is_readable(int(pointer), size):
        return "%d items at 0x%x cannot be read" % (count, int(pointer))
    return None


class ArrayPrinter(Container):
    hint = "array"
    noun = "array"

    def find_unreadable(self):
        return unreadable(self.value["items"], int(self.value["count"]))

    def summary(self):
        return "%s, room for %d" % (counted(int(self.value["count"]), "item"),
                                    int(self.value["capacity"]))

    def items(self):
        return (("[%d]" % i, self.value["items"][i]) for i in range(int(self.value["count"])))


class SegmentedPrinter(ArrayPrinter):
    def find_unreadable(self):
        return unreadable_segment(self.value)

    def summary(self):
        return "%s in %s, room for %d" % (
            counted(int(self.value["count"]), "item"),
            counted(segments_of(int(self.value["capacity"])), "segment"),
            int(self.value["capacity"]))

    def items(self):
        return (("[%d]" % i, segmented_item(self.value["items"], i))
                for i in range(int(self.value["count"])))


def segments_of(capacity):
    """How many segments that is, of 8, 16, 32 ... items; 0 if there is no such number."""
    whole = capacity + FIRST_SEGMENT
    return whole.bit_length() - 4 if capacity and whole & (whole - 1) == 0 else 0


def segmented_item(row, index):
    """Item `index` is number `index + 8` of a row in which segment s begins at 8 << s."""
    number = index + FIRST_SEGMENT
    top = number.bit_length() - 1
    return row[top - 3][number - (1 << top)]


def unreadable_segment(value):
    capacity = int(value["capacity"])
    segments = segments_of(capacity)
    if capacity and not segments:
        return "no segments make a capacity of %d" % capacity
    for i in range(segments):
        problem = unreadable(value["items"], i + 1) or unreadable(value["items"][i],
                                                                  FIRST_SEGMENT << i)
        if problem:
            return problem
    return None


class TextPrinter(Container):
    hint = "string"
    noun = "text"

    def find_unreadable(self):
        return unreadable(self.value["items"], int(self.value["count"]))

    def summary(self):
        count = int(self.value["count"])
        return self.value["items"].lazy_string(length=count) if count else ""

    def children(self):
        return raw_fields(self.value) if self.problem else iter(())


class MapPrinter(Container):
    hint = "map"
    noun = "map"

    def find_disorder(self):
        root, count = self.value["root"], self.value["count"]
        if int(root) == 0:
            return excess(count, 0)
        return excess(count, root["capacity"])

    def find_unreadable(self):
        root = self.value["root"]
        return unreadable_segment(root.dereference()) if int(root) else None

    def summary(self):
        return "%d entr%s" % (int(self.value["count"]), "y" if int(self.value["count"]) == 1
                              else "ies")

    def items(self):
        for i in range(int(self.value["count"])):
            entry = segmented_item(self.value["root"]["items"], i)
            length = min(int(entry["length"]), LONGEST_KEY)
            yield "key %d" % i, entry["key"].lazy_string(length=length) if length else ""
            yield "value %d" % i, entry["value"]


def is_array_type(plain):
    names = [field.name for field in plain.fields()]
    if len(names) != 4 or set(names) != {"epoch", "items", "count", "capacity"}:
        return False
    kinds = {field.name: field.type.strip_typedefs().code for field in plain.fields()}
    return kinds["items"] == gdb.TYPE_CODE_PTR and all(
        kinds[name] == gdb.TYPE_CODE_INT for name in ("epoch", "count", "capacity"))


def array_printer(value, plain):
    """An array, a text or a segmented array. An array of pointers has the type of a
    segmented one, and differs in its capacity, as good as always."""
    item = plain["items"].type.strip_typedefs().target().strip_typedefs().unqualified()
    if str(item) == "char":
        return TextPrinter(value)
    if is_pointer(item) and item.target().sizeof:
        if segments_of(int(value["capacity"])) and not unreadable_segment(value):
            return SegmentedPrinter(value)
    return ArrayPrinter(value)


def find_printer(value):
    """What gdb calls for each value that it is to print."""
    plain = value.type.strip_typedefs()
    if plain.code != gdb.TYPE_CODE_STRUCT:
        return None
    if is_arena_type(plain):
        return ArenaPrinter(value) if value.address is not None else None
    if is_array_type(plain):
        return array_printer(value, plain)
    name = value.type.unqualified().name or plain.tag
    if name == "ArenaMap" and has_fields(plain, ["root", "count"]):
        return MapPrinter(value)
    if name == "ArenaMark" and has_fields(plain, ["cursor", "epoch"]):
        return MarkPrinter(value)
    return None


class Printers(gdb.printing.PrettyPrinter):
    """Found as `arena` by `info pretty-printer`."""

    def __init__(self):
        super().__init__("arena")

    def __call__(self, value):
        return find_printer(value)


# ----- Code -----

def functions_at(pc):
    """The functions that an instruction is in: what was inlined, innermost first, and
    then the one that it was inlined into."""
    functions = []
    block = gdb.block_for_pc(pc)
    while block is not None and not block.is_static and not block.is_global:
        if block.function is not None:
            functions.append((block.function, block))
        block = block.superblock
    return functions


def line_before(symtab, start, pc):
    """The latest line of this file before `pc`, where something is inlined: that is
    where it was called, or a line or two before, as far as code is in order."""
    lines = [(entry.pc, entry.line) for entry in symtab.linetable() if start <= entry.pc <= pc]
    return max(lines)[1] if lines else 0


def describe_symbol(pc):
    text = gdb.execute("info symbol 0x%x" % pc, to_string=True).strip()
    if " in section " in text:
        return text.split(" in section ")[0]
    return "0x%x in %s" % (pc, gdb.solib_name(pc) or "nobody knows what")


def is_library_name(name):
    """Whether the library has a function of that name; a program may have some that
    begin with arena_ too, which without debug information of the library nobody can tell."""
    names = library_names()
    return name in names if names else name.startswith("arena_")


def library_names():
    """Read once for each program, and None where there is no debug information."""
    space = gdb.current_progspace()
    if getattr(space, "arena_names", None) is None:
        array = static_symbol("own_functions", lambda kind: kind.code == gdb.TYPE_CODE_ARRAY)
        space.arena_names = None if array is None else {
            array[i].string() for i in range(array.type.range()[1] + 1)}
    return space.arena_names


def library_directories():
    """Where the sources of the library are, if it has debug information."""
    for symbol in gdb.lookup_static_symbols("all"):
        if symbol.type is not None and is_veiled(symbol.type):
            root = os.path.dirname(os.path.dirname(symbol.symtab.fullname()))
            return {os.path.join(root, part) for part in LIBRARY_PARTS}
    return set()


def name_at(pc):
    """The name of the function, which others may be inlined into."""
    functions = functions_at(pc)
    return functions[-1][0].name if functions else describe_symbol(pc).split(" ")[0]


def is_library_code(pc, directories):
    functions = functions_at(pc)
    file = functions[-1][0].symtab.fullname() if functions else ""
    return is_library_name(name_at(pc)) or os.path.dirname(file) in directories


def describe_code(pc):
    """Function, file and line. What the headers have inlined is its caller's, whose
    line gdb does not tell its scripts, so that it is the nearest one before."""
    functions = functions_at(pc)
    if not functions:
        return describe_symbol(pc)
    inlined = 0
    while inlined + 1 < len(functions) and is_library_name(functions[inlined][0].name):
        inlined += 1
    function, block = functions[inlined]
    if inlined:
        line = line_before(function.symtab, block.start, functions[inlined - 1][1].start)
        where = "%s near %s:%d" % (function.name, function.symtab.filename, line)
    else:
        here = gdb.find_pc_line(pc)
        file = (here.symtab or function.symtab).filename
        where = "%s at %s:%d" % (function.name, file, here.line)
    outer = functions[-1][0].name
    return where if outer == function.name else "%s, in %s" % (where, outer)


# ----- What the checker knows -----

def static_symbol(name, wanted):
    """A static variable or constant of the library: of those with the name the one
    whose type is wanted; None where there is no debug information."""
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.type is not None and wanted(symbol.type):
            return symbol.value()
    return None


def constant(name):
    value = static_symbol(name, lambda kind: kind.code == gdb.TYPE_CODE_ENUM)
    if value is None:
        raise gdb.GdbError("The library's debug information has no %s." % name)
    return int(value)


def is_veiled(kind):
    return str(kind) in ("Veiled", "struct Veiled")


def unveil(veiled):
    """The ledger that a Veiled stands for, as ledger.h says."""
    kind = gdb.lookup_type("Ledger").pointer()
    return gdb.Value(-int(veiled["negated"]) % (1 << 8 * kind.sizeof)).cast(kind)


def ledgers():
    """The checker's ledgers, newest first; None if the library has no debug information."""
    first = static_symbol("all", is_veiled)
    return None if first is None else list(chain(unveil(first), "next", MOST_ARENAS, unveil))


def ledger_name(ledger):
    name = ledger["name"].string(errors="replace")
    return '"%s"' % name if name else "(no name)"


def frames_of(stack):
    """The addresses of a stack that the library has noted."""
    number = int(stack)
    pieces = static_symbol("pieces", lambda kind: "Noted" in str(kind))
    if number == 0 or pieces is None:
        return []
    piece = constant("PIECE")
    noted = pieces[(number - 1) // piece][(number - 1) % piece]
    return [int(noted["frames"][i]) for i in range(min(int(noted["count"]), MOST_FRAMES))]


def user_frames(stack):
    """Those of them that are not the library's. Each is where a call returns to."""
    calls = [frame - 1 for frame in frames_of(stack)]
    directories = library_directories()
    first, end = 0, len(calls)
    for i, pc in enumerate(calls[:-1]):
        if i < MOST_LIBRARY_FRAMES and is_library_code(pc, directories):
            first = i + 1
        if name_at(pc) == "main":
            end = i + 1
    return calls[first:end]


def describe_stack(what, stack):
    calls = user_frames(stack)
    if not calls:
        return ["  %s, nobody knows where" % what]
    return ["  %s at" % what] + ["    #%d %s" % (i, describe_code(pc))
                                 for i, pc in enumerate(calls)]


def read_records(pointer, count):
    """Structs of plain numbers and pointers, read at once, as dictionaries."""
    kind = pointer.type.target().strip_typedefs()
    if count == 0:
        return
    memory = gdb.selected_inferior().read_memory(int(pointer), count * kind.sizeof).tobytes()
    order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"
    fields = [(field.name, field.bitpos // 8, field.type.sizeof) for field in kind.fields()]
    for base in range(0, len(memory), kind.sizeof):
        yield {name: int.from_bytes(memory[base + offset:base + offset + size], order)
               for name, offset, size in fields}


def covers(known, address):
    """Whether it is in the object or its red zones, as ledger.c says."""
    size, zone = int(known["size"]), int(known["zone"])
    return 0 <= address - (int(known["start"]) - zone) < size + 2 * zone + (size == 0)


def find_in_run(objects, first, end, address):
    low, high = first, end
    while low < high:
        middle = (low + high) // 2
        if int(objects[middle]["start"]) <= address:
            low = middle + 1
        else:
            high = middle
    near = ([low - 1] if low > first else []) + ([low] if low < end else [])
    return next((objects[i] for i in near if covers(objects[i], address)), None)


def find_object(ledger, address):
    """The object there, or between whose red zones it is; None if there is none."""
    end = int(ledger["count"])
    runs = [run["first"] for run in read_records(ledger["runs"], int(ledger["run_count"]))]
    for first in reversed(runs):
        found = find_in_run(ledger["objects"], first, end, address)
        if found is not None:
            return None if int(found["is_left"]) else found
        end = first
    return None


def find_gone(ledger, address):
    """The latest object that was there, of those that the ledger remembers; or None."""
    if int(ledger["gone"]) == 0:
        return None
    most, count = constant("GONE"), int(ledger["gone_count"])
    records = list(read_records(ledger["gone"], min(count, most)))
    for i in range(count - 1, max(count - most, 0) - 1, -1):
        record = records[i % most]
        if 0 <= address - record["start"] < max(record["size"], 1):
            return ledger["gone"][i % most]
    return None


def find_guarded(address):
    """Who is, or was, where an address in the guard's pool is, or nearest to it, as guard.c says."""
    pool = static_symbol("guard_pool", lambda kind: str(kind) == "Pool")
    pieces = static_symbol("slot_pieces", lambda kind: "Guarded" in str(kind))
    if pool is None or pieces is None or int(pool["start"]) == 0:
        return None
    index = (address - int(pool["start"])) // int(pool["slot_size"])
    if not 0 <= index < int(pool["slot_count"]):
        return None
    found = guarded_in_slot(pieces, index)
    after = int(found["first"]) + int(found["slot_count"]) if found is not None else index + 1
    near = [each for each in (found, guarded_in_slot(pieces, after)) if each is not None]
    return min(near, key=lambda each: distance_to(each, address), default=None)


def guarded_in_slot(pieces, index):
    share = constant("SLOTS_A_PIECE")
    if index // share > pieces.type.range()[1] or int(pieces[index // share]) == 0:
        return None
    at = pieces[index // share][index % share]
    if int(at["lead"]):
        return guarded_in_slot(pieces, index - int(at["lead"]))
    return at if int(at["start"]) else None


def distance_to(guarded, address):
    start, size = int(guarded["start"]), max(int(guarded["size"]), 1)
    return start - address if address < start else max(address - start - size + 1, 0)


# ----- Which arenas there are -----

class Finds:
    """Arenas by their addresses, each with where it was found first."""

    def __init__(self):
        self.arenas = {}
        self.origins = {}

    def add(self, arena, origin):
        if arena.address not in self.arenas and not arena.problem():
            self.arenas[arena.address] = arena
            self.origins[arena.address] = origin

    def leave_out_adopted(self):
        for arena in list(self.arenas.values()):
            for adopted in arena.adopted():
                self.arenas.pop(adopted.address, None)

    def add_value(self, value, label, place, depth=2):
        """The arenas that a variable is, points to, or has in its members."""
        try:
            kind = value.type.strip_typedefs()
            if is_pointer(kind):
                if leads_to_arena(kind.target(), depth) and int(value):
                    self.add_value(value.dereference(), label, place, depth)
            elif is_arena_type(kind):
                self.add(Arena(value), "%s in %s" % (label, place))
            elif leads_to_arena(kind, depth):
                self.add_members(value, kind, label, place, depth)
        except gdb.error:
            pass  # it is not there, or not yet anything

    def add_members(self, value, kind, label, place, depth):
        if kind.code == gdb.TYPE_CODE_ARRAY:
            last = min(kind.range()[1], MOST_ELEMENTS - 1)
            for i in range(last + 1):
                self.add_value(value[i], "%s[%d]" % (label, i), place, depth)
            return
        for field in kind.fields():
            if field.name and hasattr(field, "bitpos"):  # a static member has none
                self.add_value(value[field], "%s.%s" % (label, field.name), place, depth - 1)


def leads_to_arena(kind, depth):
    """Whether values of a type can have an arena so many members down."""
    kind = kind.strip_typedefs()
    if is_pointer(kind):
        kind = kind.target().strip_typedefs()
    if is_arena_type(kind):
        return True
    if kind.code == gdb.TYPE_CODE_ARRAY:
        return leads_to_arena(kind.target(), depth)
    return depth > 0 and is_struct(kind) and any(
        leads_to_arena(field.type, depth - 1) for field in kind.fields() if field.name)


def add_checked(finds, known):
    for ledger in known:
        if int(ledger["arena"]):
            calls = user_frames(ledger["made"])
            origin = "the checker"
            if calls:
                origin += ", made by %s" % describe_code(calls[0])
            finds.add(Arena(ledger["arena"].dereference()), origin)


def add_frame(finds, frame, place):
    block = frame.block()
    while block is not None and not block.is_static and not block.is_global:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                finds.add_value(symbol.value(frame), symbol.name, place)
        block = block.superblock


def add_stack(finds, suffix):
    frame = gdb.newest_frame()
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        try:
            add_frame(finds, frame, (frame.name() or "?") + suffix)
        except (gdb.error, RuntimeError):
            pass  # a frame without debug information
        frame = frame.older()


def add_frames(finds):
    """Those of the variables in the frames of all threads."""
    threads = sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num)
    chosen = gdb.selected_thread()
    frame = gdb.selected_frame() if chosen else None
    for thread in threads:
        try:
            thread.switch()
            add_stack(finds, ", thread %d" % thread.num if len(threads) > 1 else "")
        except gdb.error:
            pass  # the thread is running, or its stack is damaged
    if chosen:
        chosen.switch()
        frame.select()


def add_globals(finds):
    """Those of global variables, static ones included, in files that know of arenas."""
    for known in gdb.lookup_static_symbols("Arena"):
        for block in (known.symtab.global_block(), known.symtab.static_block()):
            for symbol in block:
                if symbol.is_variable and leads_to_arena(symbol.type, 2):
                    add_global(finds, symbol)


def add_global(finds, symbol):
    try:
        finds.add_value(symbol.value(), symbol.name, symbol.symtab.filename)
    except gdb.error:
        pass  # it is in no memory


def find_arenas():
    """All arenas that can be found, but those that others have adopted; and the
    ledgers, or None."""
    finds = Finds()
    known = ledgers()
    add_checked(finds, known or [])
    add_globals(finds)
    add_frames(finds)
    finds.leave_out_adopted()
    return finds, known


SEARCHED = "global variables and those of the frames of all threads"


def describe_sources(known):
    """What a list of arenas is from, and so what may be missing."""
    if known is None:
        return ("From %s;\nthe library has no debug information, which tells what the checker "
                "knows." % SEARCHED)
    if not known:
        return "From %s;\nthe checker is off, and there may be others." % SEARCHED
    gone = sum(1 for ledger in known if not int(ledger["arena"]))
    return "From the checker, which remembers %s that %s gone, and from\n%s." % (
        counted(gone, "arena"), "is" if gone == 1 else "are", SEARCHED)


# ----- Commands -----

def print_table(rows, right):
    """Rows of texts, the first of them the heading; columns in `right` are numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) if i in right else cell.ljust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def evaluate(expression, command):
    if not expression.strip():
        raise gdb.GdbError("%s of what? `help %s` says more." % (command, command))
    return gdb.parse_and_eval(expression)


class Command(gdb.Command):
    """A command whose failures are messages, and no exceptions of Python."""

    def invoke(self, argument, from_tty):
        try:
            self.answer(argument)
        except gdb.error as error:
            raise gdb.GdbError(str(error))


class ArenaCommand(Command):
    """What arenas hold, which there are, and what is at an address."""

    def __init__(self):
        super().__init__("arena", gdb.COMMAND_DATA, prefix=True)

    def answer(self, argument):
        if argument:
            raise gdb.GdbError("There is no `arena %s`; `help arena` says what there is."
                               % argument)
        gdb.execute("help arena")


class ListCommand(Command):
    """List the arenas of the program.
Usage: arena list

With the checker on (ARENA_OPTIONS=check) these are all arenas, and where each was
made. Otherwise they are those to which global variables lead, and variables of the
frames of all threads: of type Arena or Arena *, or with such members, up to two
members away. Thread-local variables are those of the selected thread. The last line
says what the list is from.

USED is what the program has asked for, HELD what the arena has from its source."""

    def __init__(self):
        super().__init__("arena list", gdb.COMMAND_DATA)

    def answer(self, argument):
        finds, known = find_arenas()
        rows = [["ADDRESS", "USED", "HELD", "BLOCKS", "NAME", "FOUND IN"]]
        for address, arena in finds.arenas.items():
            stats = arena.stats()
            rows.append(["0x%x" % address, str(stats["used"]), str(stats["reserved"]),
                         str(stats["blocks"]), arena.name, finds.origins[address]])
        if len(rows) > 1:
            print_table(rows, {1, 2, 3})
        else:
            print("No arena was found.")
        print(describe_sources(known))


class BlocksCommand(Command):
    """List the blocks of an arena, and of those that it has adopted.
Usage: arena blocks ARENA

ARENA is an expression: an Arena, a pointer to one, or its address.

START is where objects begin, CAPACITY how many bytes there are for them, USED how
many of these were handed out; red zones of the checker count. The current block is
where the next object goes, spares are kept for later, and large objects have blocks
of their own."""

    def __init__(self):
        super().__init__("arena blocks", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def answer(self, argument):
        arena = arena_at(evaluate(argument, "arena blocks"))
        totals = [print_blocks(arena, "")]
        for adopted in arena.adopted():
            totals.append(print_blocks(adopted, ", adopted"))
        if len(totals) > 1:
            print("In all: %s, capacity %d, used %d." % (
                (counted(sum(total[0] for total in totals), "block"),)
                + tuple(sum(total[i] for total in totals) for i in (1, 2))))


def print_blocks(arena, suffix):
    """Returns the sums: blocks, capacity, used."""
    blocks = list(arena.blocks())
    capacity = sum(block.capacity for block in blocks)
    used = sum(block.used for block in blocks)
    rows = [["", "START", "CAPACITY", "USED", ""]]
    for i, block in enumerate(blocks):
        rows.append([str(i), "0x%x" % block.start, str(block.capacity), str(block.used),
                     block.kind])
    rows.append(["", "sum", str(capacity), str(used), ""])
    print("%s%s" % (arena.title, suffix))
    print_table(rows, {0, 2, 3})
    if len(blocks) != int(arena.value["block_count"]):
        print("The arena counts %d blocks, so it is damaged." % int(arena.value["block_count"]))
    return len(blocks), capacity, used


class ExplainCommand(Command):
    """Say what is at an address.
Usage: arena explain ADDRESS

ADDRESS is an expression. Says in which block of which arena it is, and whether it
is used. With the checker on (ARENA_OPTIONS=check) it says also in which object, how
large that is and where it was allocated; of an object that is gone, what took it
back and where. `arena list` says which arenas are searched.

The library's debug information tells what the checker knows. Where there is none,
arena_explain of the library is called, in a live process; it writes to stderr."""

    def __init__(self):
        super().__init__("arena explain", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def answer(self, argument):
        value = evaluate(argument, "arena explain")
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY:
            value = value.address
        address = int(value.cast(gdb.lookup_type("unsigned long long")))
        finds, known = find_arenas()
        told = describe_known(known or [], address)
        place = find_place(finds, address)
        is_gone = any("taken back" in line for line in told)
        lines = told + describe_place(place, address, is_gone)
        if not told:
            lines += describe_silence(known, place, address)
        print("\n".join(lines))
        if known is None and (place is None or place.is_watched()):
            call_library(address)


def describe_guarded(guarded, address):
    end = ", in guarded pages" if int(guarded["is_live"]) else ", taken back"
    if not int(guarded["is_live"]) and int(guarded["how"]):
        end += " by " + guarded["how"].string()
    lines = [describe_offset(guarded, address), describe_bytes(guarded, guarded) + end]
    lines += describe_stack("allocated", guarded["made"])
    if not int(guarded["is_live"]):
        lines += describe_stack("taken back", guarded["freed"])
    return lines


def describe_known(known, address):
    guarded = find_guarded(address)
    if guarded is not None:
        return describe_guarded(guarded, address)
    for ledger in known:
        found = find_object(ledger, address)
        if found is not None:
            return describe_object(ledger, found, address)
    for ledger in known:
        gone = find_gone(ledger, address)
        if gone is not None:
            return describe_gone(ledger, gone, address)
    return []


def describe_offset(known, address):
    start, size = int(known["start"]), int(known["size"])
    if address < start:
        return "0x%x is %s before" % (address, counted(start - address, "byte"))
    if address >= start + size:
        return "0x%x is %s after the end of" % (address, counted(address - start - size, "byte"))
    return "0x%x is %s into" % (address, counted(address - start, "byte"))


def describe_bytes(ledger, known):
    return "  %s at 0x%x of arena %s" % (counted(int(known["size"]), "byte"), int(known["start"]),
                                         ledger_name(ledger))


def describe_object(ledger, known, address):
    zones = ", between red zones of %d" % int(known["zone"]) if int(known["zone"]) else ""
    return ([describe_offset(known, address), describe_bytes(ledger, known) + zones]
            + describe_stack("allocated", known["made"]))


def describe_gone(ledger, gone, address):
    return ([describe_offset(gone, address),
             describe_bytes(ledger, gone) + ", taken back by " + gone["how"].string()]
            + describe_stack("allocated", gone["made"])
            + describe_stack("taken back", gone["freed"]))


class Place:
    """A block of an arena, or of one that it has adopted."""

    def __init__(self, arena, owner, index, block):
        self.arena = arena
        self.owner = owner
        self.index = index
        self.block = block
        self.title = owner.title
        if owner.address != arena.address:
            self.title += ", which %s has adopted" % arena.title

    def is_watched(self):
        return int(self.arena.value["watch"]) != 0


def find_place(finds, address):
    """Where an address is; None if in no block."""
    for arena in finds.arenas.values():
        for owner in [arena] + arena.adopted():
            for i, block in enumerate(owner.blocks()):
                if block.holds(address) or (i == 0 and owner.is_at(address)):
                    return Place(arena, owner, i, block)
    return None


KINDS = {"": "a block that was left", "current": "the current block", "spare": "a spare",
         "large": "a large object"}


def describe_place(place, address, is_gone):
    """What was taken back lies idle where the arena has not gone back."""
    if place is None and find_guarded(address) is not None:
        return ["0x%x is inaccessible." % address]
    if place is None:
        return ["0x%x is in no arena that was found." % address]
    block = place.block
    offset = address - block.start
    if place.owner.is_at(address):
        return ["0x%x is in the arena itself: %s" % (address, place.title)]
    if not block.covers(address):
        return ["0x%x is in the header of block %d of %s" % (address, place.index, place.title)]
    state = "free" if offset >= block.used else "idle" if is_gone else "used"
    return ["0x%x is %s: at %d of the %d bytes of block %d, %s, of" % (
        address, state, offset, block.capacity, place.index, KINDS[block.kind]),
            "  " + place.title]


def describe_silence(known, place, address):
    """Why there is no more to say."""
    if place is None:
        return [describe_sources(known)]
    if not place.block.covers(address):
        return []
    if known is None and place.is_watched():
        return ["The library has no debug information, which tells what the checker knows."]
    if any(int(ledger["arena"]) == place.owner.address for ledger in known or []):
        return ["It is in no object that the checker knows."]
    if address - place.block.start < place.block.used:
        return ["In which object that is, the checker would know: ARENA_OPTIONS=check."]
    return []


def call_library(address):
    """A core file has nobody to call."""
    call = ("((char (*)(const void *, void *))arena_explain)((const void *)0x%x, "
            "*(void **)&stderr)" % address)
    try:
        gdb.parse_and_eval(call)
    except gdb.error:
        pass  # and why it says no more was said before


def register():
    gdb.printing.register_pretty_printer(None, Printers(), replace=True)
    ArenaCommand()
    ListCommand()
    BlocksCommand()
    ExplainCommand()


# gdb runs all scripts in one namespace, so this one goes to one of its own.
if __name__ == "__main__":
    runpy.run_path(__file__, run_name="arena")
else:
    register()
