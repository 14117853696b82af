#!/usr/bin/env python3
"""Draws files of odd names, and checks that each drawing is XML with what of the name can be shown.

    tests/cparse/drawing.py CPARSE DIRECTORY

The files and the drawing are made in DIRECTORY.
"""

import os
import subprocess
import sys
import xml.parsers.expat

# name, what is shown of it
NAMES = [
    (b"plain.i", "plain.i"),
    (b"a<&>.i", "a<&>.i"),
    ("\u00e9\u20ac\U0001f600.i".encode(), "\u00e9\u20ac\U0001f600.i"),
    (b"\xe9t\xe9.i", "?t?.i"),
    (b"\xff\xfe.i", "??.i"),
    (b"cut \xe2\x82.i", "cut ??.i"),
    (b"overlong \xc0\xaf \xe0\x80\xaf.i", "overlong ?? ???.i"),
    (b"surrogate \xed\xa0\x80.i", "surrogate ???.i"),
    (b"no character \xef\xbf\xbf.i", "no character ???.i"),
    (b"too far \xf4\x90\x80\x80 \xf9\x90\x80\x80.i", "too far ???? ????.i"),
    (b"control \x01\x1b\t\n\x7f\xc2\x85.i", "control ???????.i"),
]


def title(path):
    """The first text of the drawing; an error if it is not XML."""
    texts = []
    parser = xml.parsers.expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: name == "text" and texts.append("")

    def add(text):
        if texts:
            texts[-1] += text

    parser.CharacterDataHandler = add
    with open(path, "rb") as file:
        parser.ParseFile(file)
    return texts[0].strip()


def main():
    cparse, directory = (os.fsencode(word) for word in sys.argv[1:3])
    drawing = os.path.join(directory, b"name.svg")
    failed = 0
    for name, shown in NAMES:
        path = os.path.join(directory, name)
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write("int x;\n")
        except OSError:
            continue  # this system does not allow such a name
        subprocess.run([cparse, b"--svg", drawing, path], stdout=subprocess.DEVNULL, check=True)
        try:
            found = title(drawing)
        except xml.parsers.expat.ExpatError as error:
            found = str(error)
        if found != shown:
            failed += 1
            print(f"drawing: {name!r}: {found!r} instead of {shown!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
