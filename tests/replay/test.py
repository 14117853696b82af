"""Tests arena-replay: traces that are whole, cut, damaged and hostile, and what is printed of them.

usage: test.py ARENA-REPLAY WORK [CPARSE RANDOM-MODEL]     which are traced, and the traces replayed
"""

import fcntl
import os
import pathlib
import re
import subprocess
import sys
import unittest

from make import (ACQUIRED, ADOPT, ALLOC, CREATE, DESTROY, END, FRAME, RESET, SAME_ARENA, STACK, THREAD,
                  TIME, alloc, create, event, everything, mark, resize, rewind, text, trace)

replay = work = cparse = model = None
HERE = pathlib.Path(__file__).resolve().parent


def run(*arguments, **options):
    return subprocess.run([replay, *map(str, arguments)], capture_output=True, timeout=120, check=False,
                          **options)


def run_on(data, *options):
    path = work / "test.trace"
    path.write_bytes(data)
    return run(*options, path)


class Case(unittest.TestCase):
    def refused(self, data, reason=""):
        """Exit status 1, and one line with an offset and the reason."""
        for option in ("--list", "--verify"):
            done = run_on(data, option)
            message = done.stderr.decode(errors="replace")
            self.assertEqual(done.returncode, 1, message)
            self.assertRegex(message, r"\Aarena-replay: .*test\.trace: offset \d+: .*" + reason)
            self.assertEqual(message.count("\n"), 1, message)
            self.assertEqual(done.stdout, b"")

    def verified(self, data, what):
        done = run_on(data, "--verify")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), what)


class Whole(Case):
    def test_nothing(self):
        self.verified(trace([]), "^the same 0 allocations, 0 bytes, .* in 0 arenas")

    def test_everything(self):
        self.verified(everything(), "^the same 7 allocations, 558 bytes, 3 resizes, 2 rewinds, 1 reset in 4")

    def test_list(self):
        done = run_on(everything(), "--list")
        self.assertEqual(done.returncode, 0)
        lines = [re.split(r"  +", line.strip()) for line in done.stdout.decode().splitlines()]
        self.assertEqual(lines[1], ["tree", "heap", "1", "5", "532", "624", "3", "2", "1"])
        self.assertIn(["(no name)", "region", "1", "0", "0", "0", "0", "0", "0"], lines)

    def test_terminals_get_no_control_characters(self):
        done = run_on(trace([create(b"a\x1b[31m\nb")]), "--list")
        self.assertIn(b"a?[31m?b", done.stdout)

    def test_an_old_object_is_there_again_after_a_rewind(self):
        grown = [alloc(0, 64, 4096), mark(0, 0), alloc(0, 8, 64), alloc(0, 128, 8), resize(0, -72, 64, 72, 128)]
        again = [rewind(0, 0), alloc(0, 96, 0), resize(0, -72, 64, 72, 96)]
        self.verified(trace([create()] + grown + again), "^the same 4 allocations, 296 bytes, 2 resizes")

    def test_an_object_that_was_adopted_is_resized(self):
        self.verified(trace([create(), create(), alloc(1, 40, 4096), event(ADOPT, 0, 1), alloc(0, 80, 8192),
                             resize(0, 4096 - 8192, 40, 4096, 80)]), "^the same 2 allocations, 120 bytes, 1 resize")

    def test_an_object_that_nobody_knows_is_resized(self):
        self.verified(trace([create(), alloc(0, 80, 8192), resize(0, -4096, 40, 4096, 80),
                             resize(0, 0, 7, 0, 9)]), "2 resizes of parts of objects, or")

    def test_what_a_rewind_has_taken_is_not_resized(self):
        dead = [create(), mark(0, 0), alloc(0, 40, 4096), rewind(0, 0), alloc(0, 80, 4096),
                resize(0, -4096, 40, 4096, 80)]
        self.verified(trace(dead), "1 resize of parts of objects, or")

    def test_threads_that_take_turns(self):
        self.verified(trace([create(), create(), alloc(0, 8, 64), alloc(1, 8, 6400), alloc(0, 100, 8),
                             event(THREAD, 1), alloc(1, 8, 8), event(THREAD, 0), resize(0, -8, 8, 8, 100)]),
                      "^the same 4 allocations")

    def test_more_than_there_is_memory_for(self):
        done = run_on(trace([create(), alloc(0, 1 << 61, 4096)]), "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"a replay can have", done.stderr)

    def test_many_names_and_marks(self):
        many = [create(b"name %d" % i) for i in range(3000)] + [mark(5, 0, 1 << 60), rewind(5, 1 << 59)]
        self.verified(trace(many), "1 rewind, 0 resets in 3000 arenas")


class Damaged(Case):
    def test_every_beginning(self):
        data = everything()
        for size in range(len(data)):
            with self.subTest(size=size):
                self.refused(data[:size])

    def test_bytes(self):
        data = everything()
        for at in range(len(data)):
            for change in (0x01, 0x80, 0xFF):
                changed = data[:at] + bytes([data[at] ^ change]) + data[at + 1:]
                done = run_on(changed, "--verify")
                with self.subTest(at=at, change=change):
                    self.assertIn(done.returncode, (0, 1), done.stderr)
                    self.assertEqual(done.returncode, 1 if done.stderr else 0)

    def test_other_files(self):
        self.refused(b"", "the file is empty")
        self.refused(b"\x7fELF" + bytes(100), "no trace")
        self.refused(b"arena trace 1\n" + bytes(100), "no trace")

    def test_endless_files(self):
        for path in ("/dev/zero", "/dev/null"):
            self.assertEqual(run(path).returncode, 1)

    def test_files_that_are_not_there(self):
        for path in ("/no/such/file", "/"):
            done = run(path)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rb"\Aarena-replay: /")


class Hostile(Case):
    def test_numbers(self):
        most = (1 << 64) - 1
        arena = [create(), alloc(0, 8, 4096)]
        for events, reason in (
                ([event(TIME, b"\x80" * 10 + b"\x00")], "ten bytes|64 bits"),
                ([event(TIME, b"\xff" * 9 + b"\x02")], "64 bits"),
                ([event(TIME, 1 << 62), event(TIME, 1 << 62)], "too late"),
                ([event(TIME, most)], "too late"),
                ([event(20)], "no event"),
                ([event(TIME | SAME_ARENA, 1)], "no event"),
                ([event(THREAD, 2)], "thread 2"),
                ([event(STACK, most)], "cut off"),
                ([event(STACK, 1, 0)], "frame 0"),
                ([event(FRAME, most)], "cut off"),
                ([event(FRAME, text(b"a\0b"))], "zero"),
                ([event(CREATE, 4, 1, 0, text(b""), 0)], "source 4"),
                ([event(CREATE, 0, most, 0, text(b""), 0)], "size"),
                ([event(CREATE, 0, 1, most, text(b""), 0)], "size"),
                ([event(CREATE, 0, 1, 0, text(b""), 1)], "stack 1"),
                ([event(CREATE, 0, 1, 0, most)], "cut off"),
                ([alloc(0, 8, 0)], "arena 0"),
                ([event(ALLOC | SAME_ARENA, 8, 3, 0, 0)], "no event before"),
                (arena + [alloc(1, 8, 0)], "arena 1"),
                (arena + [alloc(1 << 32, 8, 0)], "arena 4294967296"),
                (arena + [alloc(0, 1 << 63, 0)], "a size"),
                (arena + [alloc(0, 8, 0, log_align=63)], "alignment"),
                (arena + [alloc(0, 8, 0, log_align=most)], "alignment"),
                (arena + [alloc(0, 8, 0, stack=1)], "stack 1"),
                (arena + [alloc(0, 8, -5000)], "no address"),
                (arena + [event(ALLOC, 0, 8, 3, most, 0)], "no address"),
                (arena + [alloc(0, 8, (1 << 63) - 1), alloc(0, 8, (1 << 63) - 4097)], "behind all"),
                (arena + [alloc(0, (1 << 62), 8), alloc(0, (1 << 62), 8)], "more bytes"),
                (arena + [resize(0, 0, 1 << 63, 0, 8)], "a size"),
                (arena + [resize(0, -4097, 8, 0, 8)], "no address"),
                (arena + [mark(0, 0, 0)], "0 marks"),
                (arena + [mark(0, 1, most)], "marks"),
                (arena + [mark(0, 3), mark(0, 3)], "which is over"),
                (arena + [rewind(0, 0)], "no mark"),
                (arena + [mark(0, 0), rewind(0, 1)], "no mark"),
                (arena + [mark(0, 0), mark(0, 1), rewind(0, 0), rewind(0, 1)], "no mark"),
                (arena + [mark(0, 0, 2), rewind(0, 0), rewind(0, 1)], "no mark"),
                (arena + [mark(0, 0), event(RESET, 0), rewind(0, 0)], "no mark"),
                (arena + [event(DESTROY, 0), alloc(0, 8, 0)], "gone"),
                (arena + [event(DESTROY, 0), event(DESTROY | SAME_ARENA)], "gone"),
                (arena + [event(ADOPT, 0, 0)], "adopts itself"),
                (arena + [event(ADOPT, 0, 1)], "arena 1"),
                (arena + [create(), event(ADOPT, 0, 1), event(DESTROY, 1)], "gone"),
                (arena + [event(ACQUIRED, 0, 1 << 62), event(ACQUIRED, 0, 1 << 62)], "more bytes"),
        ):
            with self.subTest(reason=reason, events=events):
                self.refused(trace(events), reason)

    def test_ends(self):
        whole = trace([create()], end=False)
        self.refused(whole, "cut off")
        self.refused(whole + event(END, 2), "says that there are 2")
        self.refused(whole + event(END, 3) + b"x", "1 bytes after")

    def test_long_ways_are_short(self):
        """Adoption upon adoption, and growth that waits in each of many arenas."""
        count = 20000
        chain = [create() for _ in range(count)] + [alloc(i, 8, 64 * (i + 1)) for i in range(count)]
        chain += [event(ADOPT, i + 1, i) for i in range(count - 1)]
        chain += [resize(count - 1, 64 * (1 - count) if i == 0 else 64, 8, 0, 4) for i in range(count)]
        self.verified(trace(chain), "^the same 20000 allocations, 160000 bytes, 20000 resizes")
        turns = [create() for _ in range(count)] + [alloc(i, 8, 64 * (i + 1)) for i in range(count)]
        turns += [alloc(i, 16, 1 << 30) for i in range(count)]
        turns += [resize(i, -(1 << 30), 8, 1 << 30, 16) for i in reversed(range(count))]
        self.verified(trace(turns), "^the same 40000 allocations")


class Program(Case):
    def test_options(self):
        self.assertIn(b"usage:", run("--help").stdout)
        self.assertRegex(run("--version").stdout, rb"^arena-replay [0-9.]+\n$")
        for words, reason in ((["--no"], b"unknown option --no"), ([], b"no trace to read"), (["a", "b"], b"more than one"),
                              (["--rounds"], b"missing after --rounds"), (["--rounds", "x", "a"], b"not a number: x"),
                              (["--rounds", "0", "a"], b"--rounds is from 1 to 1000, not 0"), (["--rounds", "9" * 30, "a"], b"is from 1 to 1000, not 9"),
                              (["--list", "--arena", "a", "b"], b"one at a time"), (["--verify", "--html", "a", "b"], b"one at a time")):
            done = run(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(reason, done.stderr)

    def test_names_that_are_not_there(self):
        done = run_on(everything(), "--arena", "nobody")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no arena on the heap has that name", done.stderr)

    def test_the_trace_is_not_overwritten(self):
        path = work / "safe.trace"
        path.write_bytes(everything())
        done = run("--verify", path, env={**os.environ, "ARENA_OPTIONS": f"trace={path}"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(path.read_bytes(), everything())
        done = run("--html", path, path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"over the trace", done.stderr)
        self.assertEqual(path.read_bytes(), everything())

    def test_a_trace_is_written_by_one_process(self):
        path = work / "both.trace"
        with open(path, "wb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            done = subprocess.run([model, "--steps", "10", "--seed", "1"], capture_output=True,
                                  env={**os.environ, "ARENA_OPTIONS": f"trace={path}"})
        self.assertIn(b"another process writes it", done.stderr)
        self.assertEqual(path.read_bytes(), b"")

    def test_settings_are_tried(self):
        done = run_on(everything(), "--rounds", "1", "--arena", "tree")
        self.assertEqual(done.returncode, 0, done.stderr)
        table = done.stdout.decode()
        self.assertRegex(table, r"(?m)^\* .* as traced$")
        self.assertRegex(table, r"(?m)^  .* \.capacity 4 KiB$")
        self.assertRegex(table, r"(?m)^  .* a region of 1 MiB$")
        self.assertRegex(table, r"Stay with what you have\.\n|ArenaOptions options = \{\.name = \"tree\"|"
                                r"arena_create_region\(|arena_cache_limit\(0\);")


    def test_blocks_are_as_large_as_traced(self):
        waste = {}
        for largest in (0, 65536):
            objects = [alloc(0, 4096, 4096 * i) for i in range(1, 3000)]
            done = run_on(trace([create(largest=largest)] + objects), "--rounds", "1")
            self.assertEqual(done.returncode, 0, done.stderr)
            row = re.search(r"(?m)^\* +[\d.]+ \w+ +[\d.]+ +\d+ +[\d.]+ \w+ +([\d.]+ \w+) +as traced$",
                            done.stdout.decode())
            self.assertTrue(row, done.stdout.decode())
            waste[largest] = row.group(1)
        self.assertRegex(waste[0], "MiB$")
        self.assertRegex(waste[65536], "KiB$")


@unittest.skipUnless(len(sys.argv) > 4, "no programs to trace")
class FromTheLibrary(Case):
    def verified_trace_of(self, name, *command):
        path = work / (name + ".trace")
        subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL,
                       env={**os.environ, "ARENA_OPTIONS": f"nocheck:trace={path}"})
        done = run("--verify", path)
        with self.subTest(name=name):
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout.decode(), r"\Athe same \d{3,} allocations, \d+ bytes")
        return done.stdout.decode()

    def test_random_programs(self):
        for seed in range(5):
            self.verified_trace_of("model", model, "--steps", "20000", "--seed", str(seed))

    def test_cparse(self):
        for source in sorted((HERE.parent / "cparse" / "valid").glob("*.[ci]")):
            printed = self.verified_trace_of(source.name, cparse, "--ast", "--preprocessed", source)
            self.assertEqual(printed.count("\n"), 1, printed)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    replay = str(pathlib.Path(sys.argv[1]).resolve())
    work = pathlib.Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) > 4:
        cparse, model = (pathlib.Path(word).resolve() for word in sys.argv[3:5])
    os.environ.pop("ARENA_OPTIONS", None)
    unittest.main(argv=sys.argv[:1])
