#!/bin/sh
# mingw-w64 builds the library for Windows, without a warning, and programs against both kinds of
# it. Where wine is installed, they run.
# usage: windows.sh ROOT SCRATCH C-COMPILER

set -eu
root=$1 scratch=$2 compiler=$3
command -v "$compiler" >/dev/null || {
    echo "skipped: $compiler is not here"
    exit 77
}

cmake -S "$root" -B "$scratch" --log-level=WARNING -DCMAKE_SYSTEM_NAME=Windows \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release -DARENA_WARNINGS=ON -DCMAKE_C_FLAGS=-Werror
cmake --build "$scratch"

link_program() {
    "$compiler" -std=c11 -Wall -Wextra -Werror "-I$root/include" "$root/tests/consumer/mission.c" "$@"
}
link_program "$scratch/libarena.a" -o "$scratch/static.exe"
link_program "$scratch/libarena.dll.a" -DARENA_DLL=2 -o "$scratch/shared.exe"

if command -v wine >/dev/null; then
    WINEDEBUG=-all wine "$scratch/static.exe"
    WINEDEBUG=-all wine "$scratch/shared.exe"
fi
