#!/usr/bin/env python3
"""Makes pages for man(1) of the headers.

    man.py OUTPUT HEADER...

A page for each comment and the declarations below it, up to the next empty line, with the name of
the first and links from the others; and one for each header, with what its top comment says.
"""

import os, re, sys, time
from pathlib import Path

NOISE = re.compile(r"\b(static inline|ARENA_(API|INLINE|COLD|FRESH|RESULT|ALIGNED)\b|ARENA_(SIZED|PRINTF)\([^)]*\)) *")
RULE = re.compile(r"// [-=]{20,}$")
PRIVATE = "Inline bodies", "Implementation", "What the macros stand on", "What it stands on"


def uncomment(lines):
    return [re.sub(r"^// ?", "", line) for line in lines]


def entries(lines):
    """(comment, declarations) of each paragraph that has both; without what is private."""
    paragraph, title, private = [], False, False
    for line in [*lines, ""]:
        if RULE.match(line):
            title = not title
            private = private and not title
        elif title:
            private = private or line[3:].startswith(PRIVATE)
        elif line or unfinished(paragraph):
            paragraph.append(line)
        else:
            count = next((i for i, each in enumerate(paragraph) if not each.startswith("//")), 0)
            if count and not private:
                yield uncomment(paragraph[:count]), paragraph[count:]
            paragraph = []


def unfinished(paragraph):
    """Within a struct there may be empty lines."""
    text = "\n".join(paragraph).replace('extern "C" {', "")
    return text.count("{") > text.count("}")


def split(declarations):
    """One string for each declaration."""
    part = ""
    for line in declarations:
        if re.match(r"#(if|el|endif)", line):
            continue
        part += line + "\n"
        macro = part.startswith("#define")
        if not (line.endswith("\\") if macro else unfinished([part]) or ";" not in line and line != "}"):
            yield part.rstrip("\n")
            part = ""


def name_of(declaration):
    macro = re.match(r"#define (\w+)", declaration)
    if macro:
        return macro[1]
    struct = re.match(r"(?:typedef )?struct (\w+)( \1;)?", declaration)
    if struct:
        return None if struct[2] else struct[1]
    made = re.match(r"typedef [^;]*?(\w+);", declaration)
    function = re.search(r"(\w+)\(", NOISE.sub("", declaration))
    return made[1] if made else function[1] if function else None


def show(declaration):
    """What a user writes, or sees: of macros and functions without their bodies."""
    macro = re.match(r"#define (\w+(\([^)]*\))?)( +\w+)?$", declaration) or \
        re.match(r"#define (\w+(\([^)]*\))?)", declaration)
    if macro:
        return macro[1] if "(" in macro[1] else macro[0]
    declaration = re.sub(r"\n{.*", ";", NOISE.sub("", declaration), flags=re.DOTALL)
    return declaration if "{" in declaration else re.sub(r"\n +", " ", declaration)


# They return a pointer or a bool, and false, or NULL, is an answer.
ANSWERS = re.compile(r"arena_(is_\w+|owns|extend|map_find|explain|current|segment_of)$")


def can_fail(declared):
    """Whether any is a function that returns a pointer or a bool, or a macro that stands for one, to say so."""
    return any(re.match(r"(void \*|char \*|const char \*|Arena\w* \*|bool )\**\w+\(|ARENA_\w+\(arena", text)
               and not ANSWERS.match(name) for name, text in declared)


def escape(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def prose(lines):
    """Paragraphs, lists and code as the comments have them."""
    out, code = [], False
    for line in lines:
        is_code = line.startswith("    ")
        if is_code != code:
            out.append(".PP\n.in +4n\n.nf" if is_code else ".fi\n.in\n.PP")
            code = is_code
        line = escape(line[4:] if is_code else line)
        if not code:
            line = re.sub(r"`([^`]+)`", r"\\fI\1\\fR", line)
            line = re.sub(r"\*(\w[^*]*)\*", r"\\fI\1\\fR", line)
            line = re.sub(r"^\\- ", ".IP \\\\(bu 2\n", line.lstrip())
        out.append(line if line.strip() else "" if code else ".PP")
    return "\n".join([*out, ".fi\n.in" if code else ""]).rstrip("\n")


def brief(lines):
    text = " ".join(lines if not lines[0].startswith(" ") else [each for each in lines if each and not each.startswith(" ")])
    return escape(re.split(r"(?<=[.;]) |\.$", text + " ")[0].rstrip(".:;").replace("`", ""))


ERRORS = """.SH ERRORS
Failure is NULL or false, with \\fIerrno\\fR ENOMEM, or EINVAL for arguments that make no sense; the arena
stays as it was. What holds for all calls is in
.BR arena.h (3)."""


# The day of the headers, or the one that who makes packages says.
date = ""


def page(name, summary, synopsis, text, errors, also):
    parts = [f'.TH {name} 3 {date} arena "Library Functions Manual"', ".SH NAME", f"{name} \\- {summary}",
             ".SH LIBRARY\nlibarena (\\-larena)", ".SH SYNOPSIS\n.nf", synopsis, ".fi", ".SH DESCRIPTION", text]
    return "\n".join([*parts, *([ERRORS] if errors else []), ".SH SEE ALSO", also, ""])


def write_links(output, title, lines):
    """Of C++ the header's page has all; the names that it uses lead there."""
    names = sorted(set(re.findall(r"\barena::\w+", "\n".join(lines[:lines.index("")]))))
    for name in names:
        (output / f"{name}.3").write_text(f".so man3/{title}.3\n")
    return names


def write_header(output, header):
    lines = header.read_text().splitlines()
    end = lines.index("")
    top, title = uncomment(lines[:end]), f"arena_{header.name}" if header.stem != "arena" else "arena.h"
    folder = "arena/adapters" if header.parent.name == "adapters" else "arena"
    include = f"#include <{folder}/{header.name}>"
    names = []
    for comment, declarations in entries(lines[end:]) if header.suffix == ".h" else ():
        declared = [(name_of(each), show(each)) for each in split(declarations)]
        declared = [(name, text) for name, text in declared if name]
        if not declared:
            continue
        first = declared[0][0]
        synopsis = "\n".join([escape(include), "", *(escape(part) for _, text in declared for part in text.split("\n"))])
        (output / f"{first}.3").write_text(page(first, brief(comment), synopsis, prose(comment), can_fail(declared),
                                             f".BR {title} (3)"))
        names += [name for name, _ in declared]
        for name, _ in declared[1:]:
            if name != first:
                (output / f"{name}.3").write_text(f".so man3/{first}.3\n")
    if header.suffix == ".hpp":
        names = write_links(output, title, lines)
    also = ",\n".join(f".BR {name} (3)" for name in dict.fromkeys(names))
    (output / f"{title}.3").write_text(page(title, brief(top), escape(include), prose(top), False, also))
    return len(names)


def main():
    global date
    newest = max(os.path.getmtime(header) for header in sys.argv[2:])
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", newest))))
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    count = sum(write_header(output, Path(header)) for header in sys.argv[2:])
    print(f"{count} names have pages for man")


main()
