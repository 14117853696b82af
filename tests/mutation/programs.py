"""The library and its test programs, built piece by piece, so that one piece can be changed."""

import copy, hashlib, json, os, re, resource, shutil, signal, subprocess, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CC = os.environ.get("CC", "gcc").split()
CXX = os.environ.get("CXX", "g++").split()
FLAGS = ["-O2", "-w", "-Iinclude", "-I."]
LINKER = ["-fuse-ld=lld"] if shutil.which("ld.lld") else []
ASAN = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g", "-fno-omit-frame-pointer"]
TSAN = ["-fsanitize=thread", "-O1", "-g", "-fno-omit-frame-pointer"]
TINY = ["-DARENA_VARIANT_TINY=1", "-DARENA_TUNE_FIRST=256", "-DARENA_TUNE_LEAST=128", "-DARENA_TUNE_MOST=4096",
        "-DARENA_TUNE_MAPPED=65536", "-DARENA_TUNE_HUGE=1024"]

# As in tests/CMakeLists.txt: how each variant is compiled, and with which sanitizer.
VARIANTS = {
    "quick": (["-DARENA_VARIANT_PLAIN=1"], ""), # those of the plain one that take little time
    "plain": (["-DARENA_VARIANT_PLAIN=1"], ""),
    "tiny": (TINY, ""),
    "cut8": (["-DARENA_VARIANT_CUT=1", "-DARENA_TUNE_STRIDE=8"], ""),
    "empty": (["-DARENA_VARIANT_EMPTY=1", "-DARENA_TUNE_STRIDE=0"], ""),
    "cut24": (["-DARENA_VARIANT_CUT=1", "-DARENA_TUNE_STRIDE=24"], ""),
    "cut40": (["-DARENA_VARIANT_CUT=1", "-DARENA_TUNE_STRIDE=40"], ""),
    "plain_asan": (["-DARENA_VARIANT_PLAIN=1"], "asan"),
    "tiny_asan": (TINY, "asan"),
    "tsan": (["-DARENA_VARIANT_PLAIN=1"], "tsan"),
    "msan": (["-DARENA_VARIANT_PLAIN=1"], "msan"), # by clang; and arenas are checked
}
QUICK = 0.2 # seconds
MSAN = ["-fsanitize=memory", "-fno-sanitize-recover=all", "-O1", "-g", "-fno-omit-frame-pointer"]
SANITIZERS = {"": ["-DNDEBUG"], "asan": ASAN, "tsan": TSAN, "msan": MSAN}
OF_THREADS = ("test_thread", "test_scratch", "test_herd", "test_audit", "stress_herd")
ENVIRONMENT = {"ASAN_OPTIONS": "allocator_may_return_null=1", "TSAN_OPTIONS": "allocator_may_return_null=1",
               "MSAN_OPTIONS": "allocator_may_return_null=1",
               "UBSAN_OPTIONS": "", "ARENA_OPTIONS": "nocheck"}
MOST_DATA = 8 << 30 # bytes that a mutant may write to


class Program:
    """A test program: its sources, and how it is run."""

    def __init__(self, name, sources, words=(), kind="real", options="nocheck"):
        self.name = name
        self.sources = sources
        self.words = list(words)
        self.kind = kind
        self.options = options
        self.group = None  # it is in one file with others
        self.seconds = 1.0 # without a mutant

    @property
    def binary(self):
        return self.sources[0]


class Variant:
    """All of it in one variant, in build/mutate/NAME: objects of the library, of the tests, programs."""

    def __init__(self, root, place, name, only=()):
        self.root = root
        self.name = name
        self.place = place / name
        self.defines, self.sanitizer = VARIANTS[name]
        self.library = sorted(str(path.relative_to(root)) for path in root.glob("src/*/*.c")
                              if path.name != "source_none.c")
        self.support = sorted(str(path.relative_to(root)) for path in root.glob("tests/support/*.c"))
        self.wraps = [f"-Wl,--wrap={call}" for call in
                      re.findall(r"CALL\(([a-z_]+)\)", (root / "tests/refusals.h").read_text())]
        self.programs = [program for program in self.list_programs() if not only or program.name in only]
        self.needs = {}

    def list_programs(self):
        programs = []
        for path in sorted(self.root.glob("tests/test_*.c*")) + sorted(self.root.glob("tests/fake_pages_*.c")) + \
                sorted(self.root.glob("tests/refused_*.c")):
            kind = path.name.split("_")[0]
            beside = {"fake": ["tests/fake_pages.c"], "refused": ["tests/refusals.c"], "test": []}[kind]
            kind = {"test": "real"}.get(kind, kind)
            programs.append(Program(path.stem, [f"tests/{path.name}", *beside], kind=kind))
        model = ["tests/random_model.c"]
        programs.append(Program("random_model", model, ["--steps", "30000", "--seed", "1"]))
        if self.name == "plain":
            programs.append(Program("random_model checked", model, ["--steps", "20000", "--seed", "1"], options="check"))
            programs.append(Program("random_model guarded", model, ["--steps", "20000", "--seed", "2"],
                                    options="check:guard=5"))
            programs.append(Program("random_model audited", model, ["--steps", "20000", "--seed", "4"],
                                    options="check=audit"))
        if self.name in ("plain", "tsan"):
            programs.append(Program("stress_herd", ["tests/stress_herd.c"]))
        if self.sanitizer == "tsan":
            programs = [program for program in programs if program.name in OF_THREADS]
        if self.sanitizer == "msan":
            programs = [program for program in programs if program.kind == "real" and
                        not program.binary.endswith(".cpp")]
            for program in programs:
                program.options = "check"
        return programs

    # ----- Building -----

    def compiler(self):
        return ["clang"] if self.sanitizer == "msan" else CC

    def command(self, source):
        if source.endswith(".cpp"):
            standard = "-std=c++17" if source.endswith("test_resource.cpp") else "-std=c++11"
            start = [*CXX, standard]
        else:
            start = [*self.compiler(), "-std=c11", "-fvisibility=hidden"]
        flags = SANITIZERS[self.sanitizer]
        if source == "tests/refusals.c":
            flags = [*flags, "-fno-sanitize=all"]
        return [*start, *FLAGS, *flags, *self.defines]

    def object_of(self, source):
        return self.place / (source.replace("/", "_") + ".o")

    def compile(self, tree, source, target):
        """Compiles in a tree that may hold a mutant; whether that went well."""
        return run_quietly([*self.command(source), "-c", source, "-o", target], tree) == 0

    def sources(self):
        found = set(self.library) | set(self.support)
        for program in self.programs:
            found.update(program.sources)
        return sorted(found)

    def build(self, jobs, tell):
        """Compiles what is not up to date, links all programs, and times them; leaves out who fails."""
        self.place.mkdir(parents=True, exist_ok=True)
        def one(source):
            target, stamp = self.object_of(source), self.digest(source)
            note = target.with_suffix(".from")
            if target.exists() and note.exists() and note.read_text() == stamp:
                return True
            if not self.compile(self.root, source, target):
                return False
            note.write_text(stamp)
            return True
        tell(f"{self.name}: building")
        with ThreadPoolExecutor(jobs) as pool:
            sources = self.sources()
            for source, built in zip(sources, pool.map(one, sources)):
                if not built:
                    raise SystemExit(f"{source} does not build in the variant {self.name}")
        self.join()
        note = self.place / "times.json"
        known = json.loads(note.read_text()) if note.exists() else {}
        stamps = {program.name: self.stamp(program) for program in self.programs}
        stale = [program for program in self.programs
                 if known.get(program.name, [None])[0] != stamps[program.name]]
        if stale:
            tell(f"{self.name}: {len(stale)} tests without a mutant")
            for name, found in self.time_all(stale).items():
                known[name] = stamps[name], *found
            note.write_text(json.dumps(known))
        for program in list(self.programs):
            _, program.seconds, program.group, how = known[program.name]
            if how:
                print(f"{self.name}: {program.name} is left out: without a mutant it ends with {how}")
                self.programs.remove(program)
        return self

    def stamp(self, program):
        """Of all that a program is made of, and how it is run."""
        text = hashlib.sha256(repr((program.words, program.options)).encode())
        for source in [*program.sources, *self.support, *self.library]:
            text.update(self.object_of(source).with_suffix(".from").read_bytes())
        return text.hexdigest()

    def time_all(self, programs):
        """How long each program takes, what it is in one file with, and how it fails."""
        for group in {program.group for program in programs if program.group}:
            if not self.link_group(group, self.place / group, {}):
                raise SystemExit(f"the programs of {group} do not link in the variant {self.name}")
        found = {}
        for program in programs:
            how = self.time(program, self.place / program.group) if program.group else "alone"
            if how: # it minds the company, or has none
                program.group = None
                target = self.place / program.name.split()[0]
                if not self.link(program, target, {}):
                    raise SystemExit(f"{program.name} does not link in the variant {self.name}")
                how = self.time(program, target)
            found[program.name] = program.seconds, program.group, how
        return found

    def time(self, program, binary):
        """How long it takes; how it fails, if it does so in one of two runs."""
        program.seconds = 0
        for _ in range(2):
            begin = time.monotonic()
            how = run_program(program, binary, self.place, self.sanitizer, 60, bool(program.group))
            if how:
                return how
            program.seconds = max(program.seconds, time.monotonic() - begin)
        return ""

    # ----- Programs in one file, which are linked at once -----

    def join(self):
        """Makes one object of the tests of a kind, and a main() that calls theirs by name."""
        groups = {}
        for program in self.programs:
            own = self.files_of(program.binary).intersection(self.library) # it includes a source
            if not program.binary.endswith(".cpp") and not own and not self.acts_by_itself(program.binary):
                program.group = f"all_{program.kind}"
                groups.setdefault(program.group, {})[Path(program.binary).stem] = program
        for group, members in groups.items():
            lines = ["#include <string.h>"]
            objects = []
            for name, program in members.items():
                target = self.place / f"{group}_{name}.o"
                run_quietly(["objcopy", "--redefine-sym", f"main=main_{name}", f"--keep-global-symbol=main_{name}",
                             self.object_of(program.binary), target], self.root)
                objects.append(target)
                lines.append(f"int main_{name}(int, char **);")
            lines.append("int main(int count, char **words) {")
            for name in members:
                lines.append(f'if (strcmp(words[1], "{name}") == 0) return main_{name}(count - 1, words + 1);')
            lines.append("return 99; }")
            source = self.place / f"{group}.c"
            source.write_text("\n".join(lines))
            objects.append(self.place / f"{group}_main.o")
            run_quietly([*CC, "-O1", "-c", source, "-o", objects[-1]], self.root)
            objects += sorted({self.object_of(beside) for program in members.values() for beside in program.sources[1:]})
            objects += [self.object_of(beside) for beside in self.support]
            run_quietly(["ld", "-r", *objects, "-o", self.place / f"{group}.o"], self.root)

    def acts_by_itself(self, source):
        """Before or after main, as it would in the company of others, too. All do under sanitizers."""
        run = subprocess.run(["readelf", "-SW", self.object_of(source)], capture_output=True, text=True)
        return not self.sanitizer and ("init_array" in run.stdout or "fini_array" in run.stdout)

    def link_group(self, group, target, changed, rest=None):
        kind = "fake" if group == "all_fake" else "real"
        def counts(source):
            return not (kind == "fake" and "/pages_" in source)
        if rest:
            library = [rest[kind], *(one for source, one in changed.items() if counts(source))]
        else:
            library = [self.object_of(source) for source in self.library if counts(source)]
        return self.run_linker(self.compiler(), [self.place / f"{group}.o", *library], group == "all_refused", target)

    def run_linker(self, compiler, objects, refuses, target):
        flags = [flag for flag in SANITIZERS[self.sanitizer] if flag.startswith("-fsanitize")]
        wraps = self.wraps if refuses else []
        return run_quietly([*compiler, *flags, *LINKER, *objects, *wraps, "-lcmocka", "-lpthread", "-ldl",
                            "-o", target], self.root) == 0

    def quick(self):
        """The same with only the programs that take little time."""
        few = copy.copy(self)
        few.name = "quick"
        few.programs = [program for program in self.programs if program.seconds < QUICK]
        return few

    def digest(self, source):
        text = hashlib.sha256(repr(self.command(source)).encode())
        for file in sorted(self.files_of(source)):
            text.update((self.root / file).read_bytes())
        return text.hexdigest()

    def files_of(self, source):
        """The project's files that this one is compiled from."""
        if source not in self.needs:
            run = subprocess.run([*self.command(source), "-MM", source], cwd=self.root, capture_output=True, text=True)
            words = run.stdout.replace("\\\n", " ").split()[1:]
            self.needs[source] = {os.path.normpath(word) for word in words}
        return self.needs[source]

    def rest_of(self, changed, lock):
        """All objects of the library but one in one file, once without pages: linking is then quick."""
        name = "rest_" + "_".join(sorted(changed)).replace("/", "_")[:150]
        found = {}
        with lock:
            for kind in ("real", "fake"):
                target = self.place / f"{name}.{kind}.o"
                objects = [self.object_of(source) for source in self.library if source not in changed and
                           not (kind == "fake" and "/pages_" in source)]
                if not target.exists() or any(target.stat().st_mtime < one.stat().st_mtime for one in objects):
                    if run_quietly(["ld", "-r", *objects, "-o", target], self.root) != 0:
                        raise SystemExit("ld -r fails")
                found[kind] = target
        return found

    def link(self, program, target, changed, rest=None):
        """Links a program; `changed` has objects that take the place of others, by source."""
        objects = [changed.get(source, self.object_of(source)) for source in program.sources]
        kind = "fake" if program.kind == "fake" else "real"
        own = self.files_of(program.binary).intersection(self.library) # a test that includes a source
        if rest and not own:
            library = [rest[kind]] + [one for source, one in changed.items() if source in self.library and
                                      not (kind == "fake" and "/pages_" in source)]
        else:
            library = [changed.get(source, self.object_of(source)) for source in self.library
                       if source not in own and not (kind == "fake" and "/pages_" in source)]
        support = [changed.get(source, self.object_of(source)) for source in self.support]
        return self.run_linker(CXX if program.binary.endswith(".cpp") else self.compiler(), [*objects, *support, *library],
                               program.kind == "refused", target)


def run_quietly(command, where):
    return subprocess.run([str(word) for word in command], cwd=where, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def run_program(program, binary, place, sanitizer, seconds, joined):
    """How the program fails: a status, a signal, or "time"; an empty word if it does not."""
    def bound():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
        if not sanitizer:
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    environment = {**os.environ, **ENVIRONMENT, "ARENA_OPTIONS": program.options}
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        member = [Path(program.binary).stem] if joined else []
        process = subprocess.Popen([str(binary), *member, *program.words], cwd=scratch, env=environment, preexec_fn=bound,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        try: # also what it has left running
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    if status is None:
        return "time"
    return "" if status == 0 else f"signal {-status}" if status < 0 else f"status {status}"
