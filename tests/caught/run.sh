#!/bin/sh
# Runs each program of bugs.c on the release library, under one tool, and compares what came of it with
# the column of `expected`: whether the right thing was reported is judged by judge.awk. Without their
# bugs all of them have to end well. Or those of a peer: peers/PEER.c with peers/PEER.expected.
# usage: run.sh ROOT SCRATCH LIBRARY|PEER TOOL [--print]
# TOOL: alone, which is none, check, guard, asan, msan, tsan or valgrind; a peer has no guard, and check
# is that of glibc, which only malloc has.
set -u

root=$1
scratch=$2
library=$3
tool=$4
print=${5-}
here=$root/tests/caught
mkdir -p "$scratch"

skip() {
    echo "skipped: $1"
    exit 77
}

compiler=${CC:-cc}
flags=
under=
unset ASAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS ARENA_OPTIONS
export ARENA_OPTIONS=
case $tool in
alone) ;;
check | guard) ARENA_OPTIONS=$tool ;;
asan)
    flags=-fsanitize=address
    export ASAN_OPTIONS=fast_unwind_on_malloc=0 # the library has no frame pointers
    ;;
msan)
    compiler=clang
    flags=-fsanitize=memory
    ;;
tsan) flags=-fsanitize=thread ;;
valgrind)
    command -v valgrind >/dev/null || skip "valgrind is not here"
    echo '#include <valgrind/memcheck.h>' | "$compiler" -E - >/dev/null 2>&1 ||
        skip "the headers of valgrind are not here"
    under="valgrind --quiet --leak-check=full --error-exitcode=9"
    ;;
esac

command -v addr2line >/dev/null || skip "addr2line is not here"
own=
source=$here/peers/$library.c
table=$here/peers/$library.expected
case $library in
malloc)
    set --
    own=glibc
    if [ "$tool" = check ]; then
        under="env LD_PRELOAD=libc_malloc_debug.so.0 GLIBC_TUNABLES=glibc.malloc.check=3"
    fi
    ;;
apr)
    pkg-config --exists apr-1 2>/dev/null || skip "libapr1-dev is not here"
    # shellcheck disable=SC2046 # they are words
    set -- $(pkg-config --cflags --libs apr-1)
    ;;
llvm)
    command -v llvm-config-14 >/dev/null || skip "llvm-14-dev is not here"
    # The whole of LLVM, which is one shared library, takes seconds to load under valgrind.
    set -- -isystem "$(llvm-config-14 --includedir)" "-L$(llvm-config-14 --libdir)" -lLLVMSupport \
        -lLLVMDemangle -lstdc++ -lm -ltinfo -l:libz.so.1
    source=$here/peers/llvm.cpp
    ;;
*)
    set -- "-I$root/include" "$library" "-Wl,-rpath,$(dirname "$library")"
    source=$here/bugs.c
    table=$here/expected
    ;;
esac
case $source in
*.c) language=-std=c11 ;;
*.cpp) language=-std=c++14 ;;
esac

# Where no program can be made with these flags, that is a reason to skip; where this one cannot, it is
# none.
program=$scratch/bugs-$tool
command -v "$compiler" >/dev/null || skip "$compiler is not here"
# shellcheck disable=SC2086 # the flags are words
echo 'int main(void) { return 0; }' | "$compiler" $flags -x c - -o "$program" ||
    skip "$compiler cannot build with $flags"
"$program" || skip "programs under $tool do not run here"
# shellcheck disable=SC2086
"$compiler" $language -g -O1 -fno-optimize-sibling-calls -fno-omit-frame-pointer $flags "$source" \
    "$@" -lpthread -o "$program" || exit

list=$scratch/list-$tool.txt
"$program" --list >"$list" || exit

# Without their bugs, all in one process; the last name is that of the one that did not end well.
right=$scratch/$tool-right.txt
# shellcheck disable=SC2086
$under "$program" --right >"$right" 2>&1 || {
    cat "$right"
    echo "failed: a program without its bug was caught, or crashed"
    exit 1
}
diff "$list" "$right" || {
    echo "failed: something was said of programs without bugs"
    exit 1
}

# What the table has of a bug in the column of this name; kinds are only in the one of this library.
column() { # TABLE NAME BUG
    awk -v name="$2" -v bug="$3" '
        /^# bug/ { for (i = 3; i <= NF; i++) if ($i == name) column = i - 1 }
        $1 == bug { print column ? $column : "-" }' "$1"
}

judge() { # BUG STATUS
    awk -v bug="$1" -v kind="$(column "$here/expected" kind "$1")" -v status="$2" -v own="$own" \
        -v object="$(column "$table" object "$1")" -v program="$program" -v bugs="$list" \
        -v reports="$here/reports" -v sources="$source:$here/peers/pool.h:$here/program.h" \
        -f "$here/judge.awk" "$scratch/$tool-$1.txt"
}

# The checks of malloc know an overwritten byte by one that depends on the address: one time in 256 it is
# the right one.
tries=1
[ "$library $tool" != "malloc check" ] || tries="1 2 3"

actual=$scratch/caught-$tool.txt
while read -r bug; do
    for _ in $tries; do
        # shellcheck disable=SC2086
        $under "$program" "$bug" >"$scratch/$tool-$bug.txt" 2>&1
        status=$?
        [ $status -eq 0 ] || break
    done
    judge "$bug" "$status"
done <"$list" 2>"$scratch/wrong-$tool.txt" | sort >"$actual"

if [ "$print" = --print ]; then
    cat "$actual" "$scratch/wrong-$tool.txt"
    exit
fi
expected=$scratch/expected-$tool.txt
awk -v tool="$tool" '
    /^# bug/ { for (i = 3; i <= NF; i++) if ($i == tool) column = i - 1 }
    /^[^#]/ && $column != "n/a" { print $1, $column }' "$table" | sort >"$expected"
diff "$expected" "$actual" || {
    cat "$scratch/wrong-$tool.txt"
    echo "failed: < is expected, > is what happened; $scratch/$tool-NAME.txt has what was said"
    exit 1
}
echo "$(grep -c yes "$actual") of $(wc -l <"$actual") were reported, and $(grep -c crash "$actual") crashed, as expected"
