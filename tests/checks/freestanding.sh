#!/bin/sh
# The freestanding build asks for memcpy, memset and memmove, and for nothing else: it links with a
# program that has just these, and the program runs.
# usage: freestanding.sh ROOT SCRATCH C-COMPILER

set -eu
cmake -S "$1" -B "$2" --log-level=WARNING -DCMAKE_C_COMPILER="$3" -DCMAKE_BUILD_TYPE=Release \
    -DARENA_FREESTANDING=ON
cmake --build "$2"

undefined=$(nm -u "$2/libarena.a" | awk '$1 == "U" { print $2 }' | sort -u)
defined=$(nm --defined-only "$2/libarena.a" | awk 'NF == 3 { print $3 }' | sort -u)
for symbol in $undefined; do
    case $symbol in
    memcpy | memset | memmove | _GLOBAL_OFFSET_TABLE_) continue ;;
    esac
    echo "$defined" | grep -qx "$symbol" || {
        echo "failed: the library asks for $symbol"
        exit 1
    }
done

"$3" -std=c11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -Wl,-e,start \
    -I"$1/include" -o "$2/program" "$1/tests/checks/freestanding.c" "$2/libarena.a"
if [ "$(uname -sm)" = "Linux x86_64" ]; then
    "$2/program"
fi
