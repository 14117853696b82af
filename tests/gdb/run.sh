#!/bin/sh
# Runs gdb on a program and on its core, and compares what it says with `expected-MODE`, addresses
# aside. The modes: the checker is on, or off, or the guard, or the checker in a library without debug
# information.
# usage: run.sh ROOT SCRATCH LIBRARY check|nocheck|guard|bare [--print]
set -u

root=$1
mode=$4
scratch=$2/$mode
library=$3
mkdir -p "$scratch"
unset ARENA_OPTIONS DEBUGINFOD_URLS

# shellcheck source=tests/gdb/here.sh
. "$root/tests/gdb/here.sh"
[ "$(getconf LONG_BIT)" = 64 ] || skip "what is expected is for 64 bits"
getconf GNU_LIBC_VERSION >/dev/null 2>&1 || skip "stacks are found by glibc"
readelf -S "$library" | grep -q debug_info || skip "the library was built without -g"

if [ "$mode" = bare ]; then
    objcopy --strip-debug "$library" "$scratch/libarena.a"
    library=$scratch/libarena.a
fi
"${CC:-cc}" -std=c11 -g -O0 -I"$root/include" "$root/tests/gdb/program.c" "$library" -lpthread \
    -o "$scratch/program" || exit 1

case $mode in
bare) ARENA_OPTIONS=check ;;
*) ARENA_OPTIONS=$mode ;;
esac
export ARENA_OPTIONS
script=$root/tools/gdb/arena.py
commands=$root/tests/gdb/commands.gdb
rm -f "$scratch/core"
run_gdb -x "$script" -ex "break stop" -ex run -ex "generate-core-file $scratch/core" \
    -x "$commands" "$scratch/program" >"$scratch/live.txt"
grep -qE "ptrace: Operation not permitted|Could not trace" "$scratch/live.txt" &&
    skip "gdb may not trace programs here"
run_gdb -x "$script" -x "$commands" "$scratch/program" "$scratch/core" >"$scratch/core.txt"

# What may differ from one machine and build to the next: addresses, epochs, the size of an Arena.
normalise() {
    sed -n '/^--- /,$p' "$1" | sed -E "s|$root/||g
        s/0x[0-9a-f]{3,}/ADDRESS/g
        s/epoch( =)? [0-9]+/epoch\1 N/
        s/^(ADDRESS +[0-9]+ +)[0-9]+/\1N/
        s/[0-9]+ held/N held/
        s/reserved = [0-9]+/reserved = N/
        s/ +/ /g"
}

normalise "$scratch/core.txt" >"$scratch/actual-core"
normalise "$scratch/live.txt" >"$scratch/actual-live"
if [ "${5-}" = --print ]; then
    cat "$scratch/actual-core"
    exit
fi
expected=$root/tests/gdb/expected-$mode
status=0
diff "$expected" "$scratch/actual-core" || status=1
if [ "$mode" = bare ]; then # in a process the library is asked
    grep -q '^ 16 bytes at ADDRESS of arena "scene"$' "$scratch/actual-live" || status=1
else
    diff "$expected" "$scratch/actual-live" || status=1
fi

# What is damaged is shown as far as it goes.
run_gdb -x "$script" -ex "break stop" -ex run -ex "frame function main" \
    -ex "set var arena->blocks->next = arena->blocks" -ex "set var arena->large = (ArenaBlock *)16" \
    -ex "arena blocks arena" "$scratch/program" >"$scratch/damaged.txt"
grep -qxE "The arena counts [0-9]+ blocks, so it is damaged." "$scratch/damaged.txt" || {
    echo "failed: the damage is not found"
    status=1
}
[ $status -eq 0 ] || {
    echo "failed: < is expected, > is what gdb said; it is in $scratch"
    exit 1
}
echo "ok: gdb says of the program and of its core what it is to say"
