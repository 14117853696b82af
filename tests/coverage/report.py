#!/usr/bin/env python3
"""What the tests have reached of the library: regions, lines, branches and conditions (MC/DC).

    report.py BUILD [--list] [--all] [--html]

BUILD was built for coverage and its tests have run (script/coverage does both). Each variant of the
library is read by itself, since the same function may have other branches there; a branch counts as
taken, and a condition as shown to decide, if one variant shows it. What none does has to be in
exclusions.txt, and only that may be. --list names what is missing; --all also what is excluded. --html writes BUILD/html, the sources with the
counts of the variant that is as the library ships.
"""

import json, os, subprocess, sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERSION = os.environ.get("LLVM_VERSION", "19")
CODE, EXPANSION, MCDC_BRANCH = 0, 1, 6 # kinds of regions, and of branches
KINDS = ["region", "branch", "condition"]


def objects(build):
    """The programs of each variant; those without one have the library as it ships."""
    groups = defaultdict(list)
    variants = {"plain", "tiny", "empty", "cut8", "cut24", "cut40", "no_pages"}
    variants |= {name + "_asan" for name in variants}
    for place in ["", "tests", "tests/adapters", "tools/arena-replay", "tools/arena-run"]:
        for file in sorted((build / place).glob("*")):
            if file.is_symlink() or not file.is_file() or file.open("rb").read(4) != b"\x7fELF":
                continue
            if file.suffix[1:] in variants:
                groups[file.suffix[1:]].append(file)
            elif ".so" in file.name or file.suffix == "" and os.access(file, os.X_OK):
                groups["shipped"].append(file)
    return groups


def run_tool(name, *arguments):
    return subprocess.run([f"{name}-{VERSION}", *map(str, arguments)], capture_output=True, text=True)


def export(files, profile):
    more = [word for file in files[1:] for word in ("-object", str(file))]
    run = run_tool("llvm-cov", "export", files[0], *more, "-instr-profile", profile)
    if run.returncode != 0:
        sys.exit(f"llvm-cov-{VERSION}: {run.stderr.strip()}")
    return json.loads(run.stdout)["data"][0]


def is_ours(name):
    return name.startswith(f"{ROOT}/src/") or name.startswith(f"{ROOT}/include/")


class Reached:
    """What is there, by place, and whether it was reached: (file, function, kind, place) -> bool."""

    def __init__(self):
        self.points = {}
        self.lines = {}

    def note(self, file, function, kind, place, reached):
        key = (file, function, kind, place)
        self.points[key] = self.points.get(key, False) or reached

    # What a macro brings stands where the macro is used.
    def add_function(self, function):
        if not is_ours(function["filenames"][0]):
            return
        file = function["filenames"][0][len(str(ROOT)) + 1:]
        name = function["name"].rpartition(":")[2]
        if name.startswith("_Z"):  # one place, whatever types it is made for
            name = f"the function at line {function['regions'][0][0]}"
        used_at = {r[6]: (tuple(r[:4]), r[5]) for r in function["regions"] if r[7] == EXPANSION}

        def place(entry, of_file):
            steps = [tuple(entry[:4])]
            while of_file in used_at:
                step, of_file = used_at[of_file]
                steps.insert(0, step)
            return tuple(steps)

        for region in function["regions"]:
            if region[7] == CODE:
                self.note(file, name, "region", place(region, region[5]), region[4] > 0)
        conditions = []
        for branch in function["branches"]:
            here = place(branch, branch[6])
            true, false = branch[4] > 0, branch[5] > 0
            if true or false:  # else its region says so, or it is a constant
                self.note(file, name, "branch", here + ("true",), true)
                self.note(file, name, "branch", here + ("false",), false)
            if branch[8] == MCDC_BRANCH:
                conditions.append((branch[6], tuple(branch[:4]), true or false))
        for record in function["mcdc_records"]:
            shown = record[6]
            of_file, within = self.conditions_of(record, conditions)
            for index, is_shown in enumerate(shown):
                if len(within) != len(shown) or within[index][2]:
                    self.note(file, name, "condition", place(record, of_file) + (index + 1,), is_shown)

    # A record does not say which file it is in; where its conditions are, it is.
    @staticmethod
    def conditions_of(record, conditions):
        start, end = tuple(record[:2]), tuple(record[2:4])
        by_file = defaultdict(list)
        for condition in conditions:
            if start <= condition[1][:2] and condition[1][2:] <= end:
                by_file[condition[0]].append(condition)
        for of_file, within in by_file.items():
            if len(within) == len(record[6]):
                for condition in within: # another use of the macro has others
                    conditions.remove(condition)
                return of_file, sorted(within)
        return record[4], []

    # As llvm-cov has it: the most of the segments that begin on a line, and of the one that it is in.
    def add_lines(self, file):
        name = file["filename"]
        if not is_ours(name):
            return
        name = name[len(str(ROOT)) + 1:]
        begins = defaultdict(list)
        for segment in file["segments"]:
            begins[segment[0]].append(segment)
        around = None
        for line in range(1, max(begins, default=0) + 1):
            here = begins.get(line, [])
            entries = [s for s in here if s[3] and s[4] and not s[5]]
            counts = [s[2] for s in entries]
            if around and around[3]:
                counts.append(around[2])
            if counts and (entries or around and around[3] and not (here and not here[0][3])):
                key = (name, line)
                self.lines[key] = self.lines.get(key, False) or max(counts) > 0
            if here:
                around = here[-1]


def merge_profiles(build):
    """What a program wrote that was killed while it did so is left out."""
    merged = build / "coverage.profdata"
    whole = []
    for file in sorted((build / "profiles").glob("*.profraw")):
        run = run_tool("llvm-profdata", "merge", "-sparse", "-o", merged, file)
        if run.returncode == 0 and not run.stderr:
            whole.append(file)
        else:
            print(f"left out: {file.name}: {run.stderr.strip().splitlines()[-1:]}")
    run = run_tool("llvm-profdata", "merge", "-sparse", "-o", merged, *whole)
    if run.returncode != 0:
        sys.exit(f"llvm-profdata-{VERSION}: {run.stderr.strip()}")
    return merged


def write_html(build, files, profile):
    more = [word for file in files[1:] for word in ("-object", str(file))]
    run_tool("llvm-cov", "show", files[0], *more, "-instr-profile", profile, "-format=html",
             "-show-branches=count", "-show-mcdc", "-output-dir", build / "html",
             "-sources", ROOT / "src", ROOT / "include")


def gather(groups, merged):
    reached = Reached()
    with ThreadPoolExecutor() as pool:
        for data in pool.map(lambda files: export(files, merged), groups.values()):
            for function in data["functions"]:
                reached.add_function(function)
            for file in data["files"]:
                reached.add_lines(file)
    return reached


def read_exclusions():
    """(file, kind, text of the line) -> reason. A kind of * is all that the line has. What comes by chance
    may be reached or not."""
    exclusions = {}
    reason = None
    for number, line in enumerate((HERE / "exclusions.txt").read_text().splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith("    "):
            reason = line.strip()
            continue
        parts = line.strip().split(" | ", 2)
        if len(parts) != 3 or reason is None:
            sys.exit(f"exclusions.txt:{number}: not \"    FILE | KIND | TEXT\" below a reason")
        exclusions[tuple(parts)] = reason
    return exclusions


def text_of(file, line):
    lines = text_of.files.setdefault(file, (ROOT / file).read_text().splitlines())
    return lines[line - 1].strip()


text_of.files = {}


def describe(point):
    file, function, kind, place = point
    more = f" {place[-1]}" if kind != "region" else ""
    line, column = place[0][:2]
    return f"{file}:{line}:{column}: {kind}{more} in {function}: {text_of(file, line)}"


def main():
    build = Path(sys.argv[1]).resolve()
    groups = objects(build)
    merged = merge_profiles(build)
    reached = gather(groups, merged)
    if "--html" in sys.argv:
        write_html(build, groups["plain"], merged)
    exclusions = read_exclusions()
    used = set()
    missing = []
    table = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for point, is_reached in sorted(reached.points.items()):
        file, _, kind, place = point
        text = text_of(file, place[0][0])
        if text.startswith("assert("):  # which the shipped library does not have
            continue
        cell = table[file][kind]
        cell[1] += 1
        keys = [(file, kind, text), (file, "*", text)]
        key = next((key for key in keys if key in exclusions), None)
        if is_reached:
            cell[0] += 1
        elif key:
            used.add(key)
            cell[2] += 1
            if "--all" in sys.argv:
                print("excluded:", describe(point))
        else:
            missing.append(point)
    for (file, line), is_reached in reached.lines.items():
        cell = table[file]["line"]
        cell[1] += 1
        cell[0] += is_reached
    if "--list" in sys.argv or "--all" in sys.argv:
        for point in missing:
            print(describe(point))
    kinds = ["line"] + KINDS
    print(f"{'':42}" + "".join(f"{kind + 's':>22}" for kind in kinds))
    total = {kind: [0, 0, 0] for kind in kinds}
    for file in sorted(table):
        row = f"{file:42}"
        for kind in kinds:
            covered, count, excluded = table[file][kind]
            total[kind] = [a + b for a, b in zip(total[kind], table[file][kind])]
            row += f"{covered:>10} of {count:<5}" + (f"(-{excluded})" if excluded else "").ljust(6)
        print(row.rstrip())
    print(f"{'all':42}" + "".join(f"{c:>10} of {n:<5}" + (f"(-{x})" if x else "").ljust(6) for c, n, x in total.values()))
    stale = {key for key in set(exclusions) - used if not exclusions[key].startswith("By chance: ")}
    for key in sorted(stale):
        print("excluded, but reached or not there:", " | ".join(key))
    print(f"{len(missing)} missing, {len(used)} lines excluded with a reason, {len(stale)} exclusions without use")
    return 1 if missing or stale else 0


if __name__ == "__main__":
    sys.exit(main())
