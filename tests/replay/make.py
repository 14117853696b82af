"""Makes traces: a list of events becomes the bytes of one. src/watch/trace_format.h says what they are."""

MAGIC = b"arena trace 2\n"
(END, CREATE, ALLOC, RESIZE, MARK, REWIND, RESET, ADOPT, DESTROY, ACQUIRED, RELEASED, THREAD, TIME,
 FRAME, STACK) = range(15)
SAME_ARENA, SAME_STACK, NEXT_PLACE = 0x20, 0x40, 0x80
HEAP, BUFFER, REGION, OWN = range(4)


def number(value):
    """Seven bits in each byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    """A difference of places."""
    return number(2 * value if value >= 0 else -2 * value - 1)


def text(value):
    """A length, and so many bytes."""
    return number(len(value)) + value


def event(kind, *parts):
    """Numbers become numbers; bytes stay."""
    return bytes([kind]) + b"".join(part if isinstance(part, bytes) else number(part)
                                    for part in parts)


def create(name=b"an arena", source=HEAP, capacity=65536, stack=0, largest=0):
    return event(CREATE, source, capacity, largest, text(name), stack)


def alloc(arena, size, place, log_align=3, stack=0):
    """`place` is the difference from that of the arena's event before."""
    return event(ALLOC, arena, size, log_align, signed(place), stack)


def resize(arena, from_before, old_size, from_old, size):
    return event(RESIZE, arena, signed(from_before), old_size, signed(from_old), size)


def mark(arena, epoch, count=1):
    return event(MARK, arena, epoch, count)


def rewind(arena, epoch):
    return event(REWIND, arena, epoch)


def begin():
    """The stack that nobody knows, and a thread."""
    return [event(STACK, 0), event(THREAD, 0)]


def trace(events, end=True):
    """The bytes of a trace that begins as the library's do."""
    events = begin() + events
    return MAGIC + b"".join(events) + (event(END, len(events)) if end else b"")


def everything():
    """A small trace with an event of each kind."""
    return trace([
        event(FRAME, text(b"main")), event(FRAME, text(b"parse")), event(STACK, 2, 1, 0),
        create(b"tree", stack=1), create(b"other", capacity=4096),
        event(ALLOC | SAME_STACK, 0, 24, 3, signed(1 << 20)),
        event(ALLOC | SAME_ARENA | NEXT_PLACE, 100, 4, 1),
        resize(0, 0, 100, 0, 200),             # in place
        mark(0, 0, 2), alloc(0, 8, 200, 3), rewind(0, 1),
        event(TIME, 30), event(ACQUIRED, 0, 8192),
        alloc(0, 400, 8192, 4), resize(0, -8192, 200, 8192, 400),  # copied
        resize(0, 0, 400, 0, 50), rewind(0, 0),
        event(THREAD, 1), alloc(1, 16, 1 << 21, 4), event(ADOPT, 0, 1),
        alloc(0, 0, 64), event(RESET | SAME_ARENA), event(RELEASED | SAME_ARENA, 8192),
        event(DESTROY | SAME_ARENA), create(b"", REGION), create(b"b", BUFFER, 500),
        alloc(3, 10, 1 << 22),
    ])


if __name__ == "__main__":
    import sys
    sys.stdout.buffer.write(everything())
