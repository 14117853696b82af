#!/usr/bin/env python3
"""Builds and runs the programs of the documents.

    snippets.py CC LIBRARY SCRATCH FILE...

The C blocks of a section, up to and with the one that has `main`, are a program. It has to compile
without a warning and to end well; if a `text` block comes next in the section, that is its output.
A C block that belongs to no program is an error: nobody would see it rot.
"""

import re, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = "-std=c11 -D_POSIX_C_SOURCE=200809L -O1 -Wall -Wextra -Werror".split()

LIBRARIES = ["-lpthread", "-ldl", "-lm"]


def blocks(path):
    """(line, language, text) of each fenced block; and (line, None, title) of each heading."""
    language, begun, lines = None, 0, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = re.match(r"```(\S*)", line)
        if fence and language is None:
            language, begun, lines = fence[1], number, []
        elif fence:
            yield begun, language, "\n".join(lines) + "\n"
            language = None
        elif language is not None:
            lines.append(line)
        elif line.startswith("#"):
            yield number, None, line


def programs(path):
    """(line, source, output or None) of each."""
    parts, program = [], None
    for line, language, text in [*blocks(path), (0, None, "")]:
        if program and language == "text":
            program[2] = text
        if program:
            yield tuple(program)
            program = None
        if language is None and parts:
            sys.exit(f"failed: {path}:{parts[0][0]}: a C block that is in no program")
        if language == "c":
            parts.append((line, text))
            if re.search(r"^int main\(", text, re.M):
                # The compiler names lines of the document.
                source = "".join(f'#line {at + 1} "{path}"\n{part}' for at, part in parts)
                program, parts = [parts[0][0], source, None], []


def run(words):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


class Missing(str):
    """A header of somebody else that is not here."""


def check(compiler, library, scratch, path, line, source, output):
    program = scratch / f"{path.stem}-{line}"
    file = program.with_suffix(".c")
    file.write_text(source)
    built = run([compiler, *FLAGS, f"-I{ROOT / 'include'}", file, library, *LIBRARIES, "-o", program])
    missing = re.search(r"fatal error: (?!arena/)(\S+): No such file", built.stdout)
    if missing:
        return Missing(missing[1])
    if built.returncode != 0:
        return built.stdout
    done = run([program])
    if done.returncode != 0:
        return f"it ended with {done.returncode}\n{done.stdout}"
    if output is not None and done.stdout != output:
        return f"it is to print\n{output}and prints\n{done.stdout}"
    return None


def main():
    compiler, library, scratch, *files = sys.argv[1:]
    Path(scratch).mkdir(parents=True, exist_ok=True)
    count = failed = 0
    for file in map(Path, files):
        for line, source, output in programs(file):
            count += 1
            wrong = check(compiler, library, Path(scratch), file, line, source, output)
            if isinstance(wrong, Missing):
                print(f"left out: the program at {file}:{line}, since {wrong} is not here")
                count -= 1
            elif wrong:
                failed += 1
                print(f"failed: the program at {file}:{line}: {wrong}")
    print(f"{count - failed} of {count} programs of the documents are as they say")
    sys.exit(failed > 0 or count == 0)


main()
