#!/usr/bin/env python3
"""Breaks the library in one place at a time, by rule, and says which changes no test notices.

Each mutant is compiled as the library is released. One with the same object code is equivalent and is
dropped, and so is one that does not compile, or is the same as another one in the code. The others are
linked into the test programs, one after the other, until one fails or does not end in time: the mutant
is killed. Survivors are tried in the other variants of the tests. What then survives has to be in
tests/mutation/survivors.txt, with a reason. Results are kept in build/mutate/results.jsonl, and are good
as long as the file with the mutant stays as it is; those of survivors, as long as the tests do.
"""

import argparse, fnmatch, hashlib, json, random, shutil, sys, threading, time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generate import mutants_of
from programs import QUICK, VARIANTS, Variant, run_program

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACE = ROOT / "build/mutate"
HEADER = "include/arena/arena.h"
DEFAULT = ["src/core", HEADER, "src/memory", "src/containers", "src/threads", "src/watch"]
# The library elsewhere: what this machine does not compile, and figures that change no result.
LEFT_OUT = {"src/core/tuning.h": "figures, which the tests read too", "src/memory/source_none.c": "freestanding only"}
SLOWEST, LEAST_SECONDS, TIMES = 600, 5, 10


def read_words():
    parser = argparse.ArgumentParser(prog="script/mutate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", action="append", metavar="PATTERN",
                        help="files or folders to break; all of src/ and the inline functions of arena.h by default")
    parser.add_argument("--line", type=int, metavar="N", help="only mutants of this line")
    parser.add_argument("--function", metavar="LIST", help="only mutants of these functions, with commas between")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many of them, by chance")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the sample; 1 by default")
    parser.add_argument("--variants", default="all", metavar="LIST",
                        help="with commas between; survivors go from one to the next. " + ",".join(VARIANTS))
    parser.add_argument("--only", metavar="LIST",
                        help="only these programs, with commas between; what they do not notice is still to be tried")
    parser.add_argument("--again", choices=["survivors", "all"], help="run these again, whatever is known of them")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at once; 2 by default")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--report", action="store_true", help="run nothing; say what is known")
    words = parser.parse_args()
    words.variants = list(VARIANTS) if words.variants == "all" else words.variants.split(",")
    if "msan" in words.variants and not shutil.which("clang"):
        print("skipped: clang is not here, for the variant msan")
        words.variants.remove("msan")
    words.only = words.only.split(",") if words.only else []
    for name in words.variants:
        if name not in VARIANTS:
            parser.error(f"there is no variant {name}")
    return words


def files_of(patterns):
    everything = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("src/*/*.[ch]"))
    everything = [file for file in [*everything, HEADER] if file not in LEFT_OUT]
    chosen = []
    for pattern in patterns or DEFAULT:
        pattern = pattern.rstrip("/")
        found = [file for file in everything
                 if file == pattern or file.startswith(pattern + "/") or fnmatch.fnmatch(file, pattern)]
        if not found:
            sys.exit(f"script/mutate: no file that can be broken is {pattern}")
        chosen += [file for file in found if file not in chosen]
    return chosen


def is_inline(text, mutant):
    """Of arena.h: the bodies and their macros."""
    return mutant.start > text.index("// Inline bodies.")


# ----- What is known to survive -----

def read_survivors():
    """(file, function, before, after) -> reason; the format is on top of the file."""
    known, reason, place, before = {}, [], None, None
    for number, line in enumerate((HERE / "survivors.txt").read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            reason, place = [], None
        elif not line.startswith(" "):
            reason.append(line.strip())
        elif line.startswith("      - "):
            before = line[8:].strip()
        elif line.startswith("      + ") and place:
            known[(*place, before, line[8:].strip())] = " ".join(reason)
        elif ": " in line and line.startswith("    ") and reason:
            place = tuple(line.strip().split(": ", 1))
        else:
            sys.exit(f"tests/mutation/survivors.txt:{number}: neither a reason, a place, nor a change: {line}")
    return known


# ----- Results -----

class Results:
    """What has become of mutants, in a file that grows by a line for each."""

    def __init__(self, path):
        self.path = path
        self.known = {}
        self.lock = threading.Lock()
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    entry = json.loads(line)
                except ValueError: # the run was stopped in the middle of it
                    continue
                self.known[entry["number"]] = entry

    def add(self, mutant, **more):
        entry = {"number": mutant.number, "file": mutant.file, "line": mutant.line, "function": mutant.function,
                 "before": mutant.before, "after": mutant.after, **more}
        with self.lock:
            self.known[mutant.number] = entry
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return entry


def digest_of(paths):
    text = hashlib.sha256()
    for path in sorted(paths):
        text.update(path.read_bytes())
    return text.hexdigest()[:16]


# ----- Trying one -----

class Runner:
    def __init__(self, words):
        self.words = words
        self.variants = {}
        self.tests = digest_of([*ROOT.glob("tests/*.[ch]*"), *ROOT.glob("tests/support/*")])
        self.results = Results(PLACE / "results.jsonl")
        self.lock = threading.Lock()
        self.trees = []
        self.hits = Counter() # how often a program has killed what is in a function or a file
        self.codes = {}       # the object code of mutants, and who had it first
        self.terminal = sys.stderr.isatty()

    def tell(self, text):
        if self.terminal:
            print(f"\r\033[K{text[:110]}", end="", file=sys.stderr, flush=True)

    def variant(self, name):
        if name == "quick":
            plain = self.variant("plain")
            with self.lock:
                return self.variants.setdefault(name, plain.quick())
        with self.lock:
            if name not in self.variants:
                self.variants[name] = Variant(ROOT, PLACE, name, self.words.only).build(self.words.jobs, self.tell)
            return self.variants[name]

    def take_tree(self):
        with self.lock:
            if self.trees:
                return self.trees.pop()
            count = len(list(PLACE.glob("tree.*")))
        tree = PLACE / f"tree.{threading.get_ident()}.{count}"
        for folder in ("include", "src", "tests"):
            shutil.copytree(ROOT / folder, tree / folder)
        return tree

    def give_tree(self, tree):
        with self.lock:
            self.trees.append(tree)

    def order(self, variant, mutant):
        """Those who have killed others here come first, then those who name the function, the quick ones."""
        def rank(program):
            here = self.hits[program.name, mutant.file, mutant.function]
            near = self.hits[program.name, mutant.file]
            stem = Path(mutant.file).stem
            named = mutant.function in self.text(program) or stem in program.name
            return (-here, not named, -near if not here else 0, program.seconds)
        return sorted(variant.programs, key=rank)

    def text(self, program):
        if not hasattr(program, "text"):
            program.text = (ROOT / program.sources[0]).read_text()
        return program.text

    def compile(self, variant, tree, mutant, place):
        """The objects of the library that the mutant changes, by source; None if it does not compile."""
        sources = [mutant.file]
        if mutant.file.endswith(".h"):
            sources = [source for source in variant.library if mutant.file in variant.files_of(source) and
                       not (mutant.file == HEADER and "/watch/" in source)]
        changed = {}
        for source in sources:
            target = place / (source.replace("/", "_") + ".o")
            if not variant.compile(tree, source, target):
                return None
            changed[source] = target
        return changed

    def changed_tests(self, variant, tree, mutant, program, place, changed):
        """Tests that have the mutant in them by themselves: those of the inline functions."""
        for source in [*program.sources, *variant.support]:
            if mutant.file.endswith(".h") and mutant.file != HEADER:
                break
            if source not in changed and mutant.file in variant.files_of(source):
                target = place / (source.replace("/", "_") + ".o")
                if not variant.compile(tree, source, target):
                    return False
                changed[source] = target
        return True

    @staticmethod
    def is_same(variant, changed):
        return all(path.read_bytes() == variant.object_of(source).read_bytes() for source, path in changed.items())

    def twin(self, mutant, changed):
        """Who had the same code before; NULL code never has."""
        text = hashlib.sha256()
        for source, path in sorted(changed.items()):
            text.update(source.encode() + path.read_bytes())
        with self.lock:
            first = self.codes.setdefault(text.digest(), mutant.number)
        return None if first == mutant.number else first

    def kill(self, variant, tree, mutant, place, changed, least):
        """Who kills it, and how, of the programs that take that long; None if nobody does."""
        in_library = {source: path for source, path in changed.items() if source in variant.library}
        rest = variant.rest_of(in_library, self.lock)
        linked = set()
        for program in self.order(variant, mutant):
            if program.seconds < least:
                continue
            if not self.changed_tests(variant, tree, mutant, program, place, changed):
                return program.name, "compiler"
            if mutant.file == HEADER and self.is_same(variant, changed):
                continue
            joined = program.group if set(changed) == set(in_library) else None
            binary = place / (joined or "program")
            if not joined:
                if not variant.link(program, binary, changed, rest):
                    return program.name, "linker"
            elif joined not in linked:
                if not variant.link_group(joined, binary, changed, rest):
                    return program.name, "linker"
                linked.add(joined)
            seconds = max(LEAST_SECONDS, TIMES * program.seconds)
            how = run_program(program, binary, place, variant.sanitizer, min(seconds, SLOWEST), bool(joined))
            if how:
                with self.lock:
                    self.hits[program.name, mutant.file, mutant.function] += 1
                    self.hits[program.name, mutant.file] += 1
                return program.name, how
        return None

    def judge(self, mutant, tree, place):
        plain = self.variant("plain")
        changed = self.compile(plain, tree, mutant, place)
        if changed is None:
            return {"verdict": "no code"}
        if mutant.file != HEADER:
            if self.is_same(plain, changed):
                return {"verdict": "equivalent"}
            twin = self.twin(mutant, changed)
            if twin:
                return {"verdict": "twin", "of": twin}
        known = self.results.known.get(mutant.number)
        tried = known.get("variants", []) if known and self.is_fresh(mutant, known) and not self.words.again else []
        for name in self.words.variants:
            if name in tried and not self.words.only:
                continue
            if mutant.key in self.listed and name != self.words.variants[0] and not self.words.again:
                break # it is known why nobody can notice
            variant = self.variant(name)
            if name not in ("quick", "plain"):
                changed = self.compile(variant, tree, mutant, place)
                if changed is None:
                    return {"verdict": "killed", "by": "compiler", "how": "compiler", "variant": name}
            after_quick = name == "plain" and "quick" in self.words.variants and "quick" not in tried
            killer = self.kill(variant, tree, mutant, place, changed, QUICK if after_quick else 0)
            if killer:
                return {"verdict": "killed", "by": killer[0], "how": killer[1], "variant": name}
            if mutant.file == HEADER and name == "plain" and self.is_same(variant, changed):
                return {"verdict": "equivalent"}
            tried = tried if self.words.only else [*tried, name]
        return {"verdict": "survived", "variants": sorted({*tried})}

    def try_one(self, mutant):
        tree = self.take_tree()
        path = tree / mutant.file
        text = (ROOT / mutant.file).read_text()
        place = tree / "objects"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        begin = time.monotonic()
        path.write_text(mutant.apply(text))
        try:
            found = self.judge(mutant, tree, place)
        finally:
            path.write_text(text)
            self.give_tree(tree)
        return self.results.add(mutant, source=self.sources[mutant.file], tests=self.tests,
                                seconds=round(time.monotonic() - begin, 2), **found)

    # ----- All of them -----

    def is_fresh(self, mutant, entry):
        if entry["source"] != self.sources[mutant.file]:
            return False
        return entry["verdict"] != "survived" or entry["tests"] == self.tests

    def is_settled(self, mutant):
        entry = self.results.known.get(mutant.number)
        if not entry or self.words.again == "all" or entry["source"] != self.sources[mutant.file]:
            return False
        if mutant.key in self.listed and not self.words.again:
            return True
        if not self.is_fresh(mutant, entry):
            return False
        if entry["verdict"] == "survived":
            return not self.words.again and not self.words.only and \
                set(self.words.variants) <= set(entry["variants"])
        return True

    def run(self, files, mutants):
        self.sources = {file: digest_of([ROOT / file]) for file in files}
        waiting = [] if self.words.report else [mutant for mutant in mutants if not self.is_settled(mutant)]
        if not waiting:
            return
        for tree in PLACE.glob("tree.*"):
            shutil.rmtree(tree)
        self.variant("plain")
        for entry in self.results.known.values():
            if entry["verdict"] == "killed":
                self.hits[entry["by"], entry["file"], entry["function"]] += 1
                self.hits[entry["by"], entry["file"]] += 1
        count = Counter()
        begin = time.monotonic()
        with ThreadPoolExecutor(self.words.jobs) as pool:
            for done, entry in enumerate(pool.map(self.try_one, waiting), 1):
                count[entry["verdict"]] += 1
                left = (time.monotonic() - begin) / done * (len(waiting) - done)
                self.tell(f"{done} of {len(waiting)}, {left / 60:.0f} min left; {count['killed']} killed, "
                          f"{count['survived']} survived; {entry['file']}:{entry['line']}")
        self.tell("")


def show(entry):
    print(f"{entry['file']}:{entry['line']}: {entry['function']}\n      - {entry['before']}\n      + {entry['after']}",
          flush=True)


# ----- What is said of it -----

def summary(runner, files, mutants, whole):
    """Prints a line for each file; how many survive that are not listed, or are listed in vain."""
    width = max(len(file) for file in files)
    print(f"\n{'':{width}}   made  no code  same code  mutants  killed  survived  listed  killed of 100")
    total, open_ones, met = Counter(), [], set()
    for file in files:
        count = Counter()
        for mutant in (one for one in mutants if one.file == file):
            entry = runner.results.known.get(mutant.number)
            count["made"] += 1
            if not entry or not runner.is_fresh(mutant, entry) and runner.words.report:
                count["untried"] += 1
                continue
            verdict = entry["verdict"]
            count[verdict] += 1
            if verdict == "survived":
                listed = mutant.key in runner.listed
                count["listed"] += listed
                met.add(mutant.key)
                if not listed:
                    open_ones.append({**entry, "line": mutant.line})
        if count["made"]:
            line(file, width, count)
        total.update(count)
    line("all", width, total)
    stale = [key for key in runner.listed if key[0] in files and key not in met] if whole else []
    for entry in open_ones:
        show(entry)
    for key in stale:
        print(f"in tests/mutation/survivors.txt, but it does not survive: {key[0]}: {key[1]}\n"
              f"      - {key[2]}\n      + {key[3]}")
    print(f"{total['survived']} survivors, of which {len(open_ones)} have no reason in tests/mutation/survivors.txt")
    return len(open_ones) + len(stale)


def line(name, width, count):
    mutants = count["killed"] + count["survived"]
    share = f"{100 * count['killed'] / mutants:.1f}" if mutants else "-"
    untried = f"  {count['untried']} not tried" if count["untried"] else ""
    print(f"{name:{width}}  {count['made']:5}  {count['no code']:7}  {count['equivalent'] + count['twin']:9}  "
          f"{mutants:7}  {count['killed']:6}  {count['survived']:8}  {count['listed']:6}  {share:>13}{untried}")


def main():
    words = read_words()
    PLACE.mkdir(parents=True, exist_ok=True)
    files = files_of(words.file)
    command = Variant(ROOT, PLACE, "plain").command("src/core/arena.c")
    mutants = []
    for file in files:
        found = mutants_of(ROOT, file, command)
        if file == HEADER:
            text = (ROOT / file).read_text()
            found = [mutant for mutant in found if is_inline(text, mutant)]
        mutants += found
    mutants = [mutant for mutant in mutants if (words.line in (None, mutant.line)) and
               (not words.function or mutant.function in words.function.split(","))]
    if words.sample and words.sample < len(mutants):
        chosen = set(random.Random(words.seed).sample(range(len(mutants)), words.sample))
        mutants = [mutant for i, mutant in enumerate(mutants) if i in chosen]
    if words.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line}: {mutant.function}\n      - {mutant.before}\n      + {mutant.after}")
        sys.exit(0)
    if not mutants:
        sys.exit("script/mutate: there is nothing to break there")
    runner = Runner(words)
    runner.listed = read_survivors()
    runner.run(files, mutants)
    whole = not (words.line or words.function or words.sample or words.report)
    sys.exit(1 if summary(runner, files, mutants, whole) else 0)


if __name__ == "__main__":
    main()
