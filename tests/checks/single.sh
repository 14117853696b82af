#!/bin/sh
# The library in two files, and in one header: without warnings as C11, C17 and C23, whole and the core
# alone, also for Windows and without an operating system; the header in C++11 to C++23 too.
# usage: single.sh ROOT SCRATCH

set -eu
mkdir -p "$2"
"$1/script/single" "$2" >"$2/log"
cd "$2"
strict="-Wall -Wextra -Wconversion -Wshadow -Wundef -Werror"
failed=0

has() {
    command -v "$1" >/dev/null || {
        echo "left out: $1 is not here"
        return 1
    }
}

try() {
    "$@" -c -o object.o || {
        echo "failed: $*"
        failed=1
    }
}

# shellcheck disable=SC2086 # the flags are lists of words
for compiler in gcc clang; do
    has $compiler || continue
    for standard in c11 c17 c2x; do
        for what in "" -DARENA_CORE_ONLY; do
            try $compiler -std=$standard -O2 $strict -Wstrict-prototypes $what arena.c
            try $compiler -std=$standard -O0 $strict $what -DARENA_IMPLEMENTATION -x c single/arena.h
        done
    done
    try $compiler -std=c11 -O2 $strict -DARENA_UNWATCHED arena.c
    try $compiler -std=c11 -O2 $strict -DARENA_PAGES_NONE=1 arena.c
    try $compiler -std=c11 -O2 $strict -ffreestanding arena.c
    if nm -u object.o | grep -v -e memcpy -e memset -e memmove; then
        echo "failed: without an operating system it needs more than memcpy, memset and memmove"
        failed=1
    fi
done
# shellcheck disable=SC2086
for compiler in g++ clang++; do
    has $compiler || continue
    for standard in c++11 c++14 c++17 c++20 c++2b; do
        for header in arena.h single/arena.h; do
            try $compiler -std=$standard -O2 $strict -x c++ -include $header /dev/null
            try $compiler -std=$standard -O2 $strict -DARENA_CORE_ONLY -x c++ -include $header /dev/null
        done
    done
done
# shellcheck disable=SC2086
if has x86_64-w64-mingw32-gcc; then
    try x86_64-w64-mingw32-gcc -std=c11 -O2 $strict arena.c
    try x86_64-w64-mingw32-gcc -O2 $strict arena.c
    try x86_64-w64-mingw32-gcc -std=c11 -O2 $strict -DARENA_CORE_ONLY arena.c
fi
exit $failed
