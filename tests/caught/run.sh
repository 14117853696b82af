#!/bin/sh
# Runs each program of bugs.c on the release library, under one tool, and compares who was caught with
# the column of `expected`.
# usage: run.sh ROOT SCRATCH LIBRARY TOOL [--print]
# TOOL: check, guard, asan, msan, tsan or valgrind
# LIBRARY may be malloc: then it is peers/malloc.c, and TOOL may be plain, which is none.
set -u

root=$1
scratch=$2
library=$3
tool=$4
here=$root/tests/caught
source=$here/bugs.c
table=$here/expected
if [ "$library" = malloc ]; then
    source=$here/peers/malloc.c
    table=$here/peers/expected
    library=
fi
mkdir -p "$scratch"

skip() {
    echo "skipped: $1"
    exit 77
}

compiler=${CC:-cc}
flags=
under=
unset ASAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS ARENA_OPTIONS
case $tool in
check | guard) ARENA_OPTIONS=$tool ;;
plain) ;;
asan) flags=-fsanitize=address ;;
msan)
    compiler=clang
    flags=-fsanitize=memory
    ;;
tsan) flags=-fsanitize=thread ;;
valgrind)
    command -v valgrind >/dev/null || skip "valgrind is not here"
    echo '#include <valgrind/memcheck.h>' | "$compiler" -E - >/dev/null 2>&1 ||
        skip "the headers of valgrind are not here"
    under="valgrind --quiet --error-exitcode=9"
    ;;
esac
export ARENA_OPTIONS="${ARENA_OPTIONS-}"

program=$scratch/bugs-$tool
command -v "$compiler" >/dev/null || skip "$compiler is not here"
# shellcheck disable=SC2086 # the flags are words
"$compiler" -std=c11 -g -O1 $flags -I"$root/include" "$source" \
    ${library:+"$library" "-Wl,-rpath,$(dirname "$library")"} -lpthread -o "$program" || skip "$compiler cannot build with $flags"

actual=$scratch/caught-$tool.txt
"$program" --list >/dev/null 2>&1 || skip "programs under $tool do not run here"
"$program" --list | while read -r bug; do
    caught=yes
    # shellcheck disable=SC2086
    $under "$program" "$bug" >"$scratch/$tool-$bug.txt" 2>&1 && caught=no
    echo "$bug $caught"
done >"$actual"

if [ "${5-}" = --print ]; then
    cat "$actual"
    exit
fi
expected=$scratch/expected-$tool.txt
awk -v tool="$tool" '
    /^#/ { for (i = 3; i <= NF; i++) if ($i == tool) column = i - 1; next }
    NF && $column != "n/a" { print $1, $column }' "$table" >"$expected"
diff "$expected" "$actual" || {
    echo "failed: < is expected, > is what happened; $scratch/$tool-NAME.txt has what was said"
    exit 1
}
echo "$(grep -c yes "$actual") of $(wc -l <"$actual") were caught, as expected"
