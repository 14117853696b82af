#!/usr/bin/env python3
"""Gives cparse what no C programmer writes, and checks that it ends, quickly, with status 0 or 1.

    tests/cparse/hostile.py CPARSE [SECONDS] [SEED]

First nests and chains of every kind; then, for SECONDS (15), pieces of the valid inputs and of its
own sources, cut and mixed. What made it fail is left in hostile-input.i.
"""

import glob
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
N = 10000
LONG = 100000

# name, text, whether it is valid C that has to be accepted
FIXED = [
    ("empty", "", True),
    ("parentheses", "int x = " + "(" * N + "1" + ")" * N + ";", False),
    ("parentheses after each operator",
     "int x = " + "1||1&&1|1^1&1==1<1<<1+1*(" * N + "1" + ")" * N + ";", False),
    ("open parentheses", "int x = " + "(" * N, False),
    ("casts to the unknown", "int f(void) { return " + "(a)(" * N + "1" + ")" * N + "; }", False),
    ("pointers to the unknown", "int f(void) { return " + "(a*(" * N + "1" + "))" * N + "; }", False),
    ("functions of the unknown", "int f(void) { return " + "(a*(*)(" * N + "1" + "))" * N + "; }", False),
    ("products of the unknown", "int f(void) { return " + "(a*(*b)(c)) + " * N + "1; }", True),
    ("stars of the unknown", "int f(void) { return (a" + "*" * LONG + "b); }", True),
    ("guesses in guesses", "int f(void) { " + "a * b[({ " * N, False),
    ("guesses around a long sum", "int f(void) { " + "a * b[({ " * 240 + "1 + " * 300000 + "1; " +
     "})] + 1; " * 240 + "}", True),
    ("braces", "void f(void) " + "{" * N + "}" * N, False),
    ("open braces", "void f(void) " + "{" * N, False),
    ("close braces", "}" * N, False),
    ("initialisers", "int x = " + "{" * N + "}" * N + ";", False),
    ("brackets", "int x" + "[1" * N, False),
    ("arrays", "int x" + "[1]" * N + ";", True),
    ("structs", "struct {" * N, False),
    ("declarators", "int " + "(" * N + "x" + ")" * N + ";", False),
    ("parameters", "int f(" + "int (" * N, False),
    ("attributes", "__attribute__((" * N, False),
    ("more attributes", "[[" * N + "int x;", False),
    ("typeof", "typeof(" * N + "int" + ")" * N + " x;", False),
    ("generic", "int x = " + "_Generic(1, default: " * N, False),
    ("statement expressions", "int x = " + "({" * N, False),
    ("conditions", "int f(int a) { " + "if (a) " * N + "; }", False),
    ("old-style functions", "int f(a) " + "int g(b) " * 30000 + "{}", False),
    ("more old-style functions", "int f(a) " + "int g(b) " * 300000 + "{}", False),
    ("loops", "int f(int a) { " + "for (;;) " * N + "; }", False),
    ("strings", 'char *x = ' + '"a" ' * LONG + ";", True),
    ("else if", "int f(int a) { if (a) ; " + "else if (a) ; " * LONG + "}", True),
    ("sum", "int x = 1" + " + 1" * LONG + ";", True),
    ("assignments", "int f(int a) { a " + "= a " * LONG + "; }", True),
    ("conditionals", "int x = " + "1 ? 2 : " * LONG + "3;", True),
    ("commas", "int f(int a) { " + "a, " * LONG + "a; }", True),
    ("prefixes", "int x = " + "- " * LONG + "1;", True),
    ("sizeofs", "int x = " + "sizeof " * LONG + "1;", True),
    ("real casts", "int x = " + "(int)" * LONG + "1;", True),
    ("suffixes", "int f(int a) { a" + "[1](2).c" * LONG + "; }", True),
    ("pointers", "int " + "*" * LONG + "x;", True),
    ("cases", "int f(int a) { switch (a) { " + "case 1: " * LONG + "; } }", True),
    ("labels", "int f(int a) { " + "l: " * LONG + "; }", True),
    ("designators", "int x = { " + ".a" * LONG + " = 1 };", True),
    ("list", "int x[] = { " + "1, " * LONG + "};", True),
    ("declarators in a row", "int x" + ", x" * LONG + ";", True),
    ("specifiers", "const " * LONG + "int x;", True),
    ("enumerators", "enum { " + "a, " * LONG + "};", True),
    ("semicolons", ";" * LONG, True),
    ("errors", "int ) ;\n" * LONG, False),
    ("one long name", "int " + "a" * 1000000 + ";", True),
    ("one long line", "int x = 1; " * LONG, True),
    ("no end of string", 'char *x = "abc', False),
    ("no end of raw string", 'char *x = R"(abc' * LONG, False),
    ("no end of raw strings", 'char *x = R"a(b)a" u8R"' * LONG, False),
    ("no end of character", "char x = 'a", False),
    ("no end of comment", "int x; /* abc", False),
    ("no end of line marker", '# 12 "abc', True),
    ("backslash at the end", "int x; \\", False),
    ("marker overflow", '# 99999999999999999999 "f.h"\nint )', False),
    ("every byte", "".join(map(chr, range(256))), False),
]


def run(cparse, text, *options):
    with open("hostile-input.i", "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode("latin-1"))
    try:
        result = subprocess.run([cparse, *options, "hostile-input.i"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "hangs", b""
    return result.returncode, result.stderr


def cut(rng, pool):
    text = rng.choice(pool)
    start = rng.randrange(len(text) + 1)
    return text[start:start + rng.randrange(1, 1 + min(3000, len(text)))]


TOKENS = b"( ) { } [ ] ; , * = : . ... -> # \" ' \\ /* && ++ sizeof struct enum if else case for " \
         b"typedef int x (T) __attribute__(( asm( _Generic( ({ [[ return typeof( ~ ? 0 \0 \xff".split(b" ")

TROUBLE = b" \n\r\t#\"'\\/*(){}[];,=:.abT01x&+-<>?%\0\xff"


def mutate(rng, pool):
    if rng.random() < 0.1:
        size = rng.randrange(2000)
        return rng.choice([rng.randbytes(size), bytes(rng.choices(TROUBLE, k=size))])
    text = bytearray(cut(rng, pool) + cut(rng, pool) if rng.random() < 0.5 else cut(rng, pool))
    for _ in range(rng.randrange(12)):
        at = rng.randrange(len(text) + 1)
        choice = rng.random()
        if choice < 0.4:
            text[at:at] = b" " + rng.choice(TOKENS) + b" "
        elif choice < 0.7:
            del text[at:at + rng.randrange(1, 20)]
        elif choice < 0.85:
            text[at:at] = bytes([rng.randrange(256)])
        else:
            text[at:at] = text[at:at + rng.randrange(1, 200)]
    return bytes(text)


def main():
    cparse = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    failed = 0
    for name, text, valid in FIXED:
        for options in [["--max-depth", "5000"], ["--ast"], ["--compare"]]:
            start = time.monotonic()
            status, errors = run(cparse, text, *options)
            wrong = status != (0 if valid else 1)
            if wrong or b"Sanitizer" in errors or time.monotonic() - start > 50:
                failed += 1
                print(f"hostile: {name} {options}: status {status}: {errors[:600]!r}")
    pool = [open(path, "rb").read() for path in
            glob.glob(HERE + "/valid/*.c") + glob.glob(HERE + "/../../examples/cparse/*.c")]
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end and not failed:
        text = mutate(rng, pool)
        status, errors = run(cparse, text, rng.choice(["--ast", "--functions", "--compare"]))
        count += 1
        if status not in (0, 1) or b"Sanitizer" in errors or b"runtime error" in errors:
            failed += 1
            print(f"hostile: a mutation: status {status}: {errors[:600]!r}")
    print(f"hostile: {len(FIXED)} fixed inputs, {count} mutations, {failed} failed")
    if not failed:
        os.unlink("hostile-input.i")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
