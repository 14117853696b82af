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
(cd "$2" && ctest --output-on-failure)
