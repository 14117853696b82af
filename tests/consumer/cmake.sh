#!/bin/sh
# Builds and runs both programs, as C and as C++, against the library installed under PREFIX, with
# find_package.
# usage: cmake.sh PREFIX SCRATCH

set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
sh "$here/header_program.sh" "$1/include/arena/arena.h" >"$2/header_program.c"
cmake -S "$here" -B "$2" --log-level=WARNING -DCMAKE_PREFIX_PATH="$1" -Darena_EXPECTED_UNDER="$1"
cmake --build "$2"

# Its report is not the one of the tests that this is part of, so it is shown only if it is bad.
ctest --test-dir "$2" --output-on-failure >"$2/report" || {
    cat "$2/report"
    exit 1
}
echo "ok: both programs as C and as C++, shared and static library, find_package"
