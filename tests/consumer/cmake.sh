#!/bin/sh
# Builds and runs both programs, as C and as C++, with CMake: against the library installed under
# PREFIX, with find_package, or with its SOURCES as a directory of the project.
# usage: cmake.sh PREFIX|SOURCES SCRATCH

set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
"$here/header_program.sh" "$1/include/arena/arena.h" >"$2/header_program.c"
cmake -S "$here" -B "$2" --log-level=WARNING -Darena_UNDER="$1"
cmake --build "$2"

# Its report is not the one of the tests that this is part of, so it is shown only if it is bad.
ctest --test-dir "$2" --output-on-failure >"$2/report" || {
    cat "$2/report"
    exit 1
}

# The consumer installs nothing; neither does a library that is only a directory of it.
rm -rf "$2/prefix"
cmake --install "$2" --prefix "$2/prefix" >"$2/report"
if [ -e "$2/prefix" ]; then
    echo "failed: the library is installed with the project that it is a directory of"
    cat "$2/report"
    exit 1
fi
echo "ok: both programs as C and as C++, shared and static library, CMake"
