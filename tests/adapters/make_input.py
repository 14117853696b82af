#!/usr/bin/env python3
"""Writes what the adapters' tests parse, made of the project's own files.

    make_input.py ROOT OUTPUT      OUTPUT/input.json, .xml, .html, .md and .c
"""

import json, sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

root, output = Path(sys.argv[1]), Path(sys.argv[2])
output.mkdir(parents=True, exist_ok=True)
files = sorted([*root.glob("include/arena/*.h"), *root.glob("src/core/*.c"), *root.glob("docs/*.md")])
texts = {file.name: file.read_text() for file in files}


def write(name, text):
    (output / name).write_text(text)


write("input.json", json.dumps({name: [{"number": number, "text": line, "ratio": number / 7}
                                       for number, line in enumerate(text.splitlines(), 1)]
                                for name, text in texts.items()}))
parts = [f"<file name={quoteattr(name)}>" + "".join(
    f'<line n="{number}">{escape(line)}</line>\n' for number, line in enumerate(text.splitlines(), 1)) + "</file>"
    for name, text in texts.items()]
write("input.xml", "<?xml version='1.0'?>\n<files>" + "".join(parts) + "</files>\n")
write("input.html", "<!DOCTYPE html><title>files</title>" + "".join(
    f"<h1>{escape(name)}<table>" + "".join(f"<tr><td>{escape(line)}" for line in text.splitlines()) + "</table>"
    for name, text in texts.items()))
write("input.md", texts["design.md"])
write("input.c", "".join(text for name, text in texts.items() if name.endswith(".c")))
