#!/bin/sh
# gdb loads the script by itself, together with the library that is installed under PREFIX, from where
# it trusts; and finds the line of a caller in optimised code too.
# usage: installed.sh ROOT PREFIX SCRATCH
set -u

root=$1
prefix=$2
scratch=$3/installed
mkdir -p "$scratch"
unset ARENA_OPTIONS DEBUGINFOD_URLS

# shellcheck source=tests/gdb/here.sh
. "$root/tests/gdb/here.sh"
library=$(find "$prefix" -name libarena.so)
directory=$(dirname "$library")
"${CC:-cc}" -std=c11 -g -O2 -I"$prefix/include" "$root/tests/gdb/program.c" "$library" -lpthread \
    "-Wl,-rpath,$directory" -o "$scratch/program" || exit 1

# Whether gdb trusts the prefix is up to whoever starts it.
look() {
    ARENA_OPTIONS=check run_gdb -iex "add-auto-load-scripts-directory $prefix/share/gdb/auto-load" "$@" \
        -ex "break stop" -ex run -ex "info pretty-printer" -ex "arena explain point" \
        "$scratch/program" >"$scratch/output.txt"
    grep -qE "ptrace: Operation not permitted|Could not trace" "$scratch/output.txt" &&
        skip "gdb may not trace programs here"
    grep -qx '  arena' "$scratch/output.txt"
}

if look; then
    echo "failed: the script was loaded from where gdb trusts nobody"
    exit 1
fi
look -iex "add-auto-load-safe-path $prefix/share/gdb/auto-load" || {
    echo "failed: the script was not loaded"
    cat "$scratch/output.txt"
    exit 1
}
readelf -S "$library" | grep -q debug_info || skip "the library was built without -g"
line=$(grep -n 'ARENA_NEW(arena, Point)' "$root/tests/gdb/program.c" | cut -d: -f1)
grep -qE "^    #0 make_point (at|near) .*program\.c:($line|$((line - 1)))\$" "$scratch/output.txt" || {
    echo "failed: line $line or the one before is not said to be where it was allocated"
    cat "$scratch/output.txt"
    exit 1
}
echo "ok: gdb loads the script with the installed library"
