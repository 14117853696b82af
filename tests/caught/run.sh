#!/bin/sh
# Runs each program of bugs.c on the release library, under one tool, and compares who was caught with
# the column of `expected`. Or those of a peer: peers/PEER.c with peers/PEER.expected.
# usage: run.sh ROOT SCRATCH LIBRARY|PEER TOOL [--print]
# TOOL: check, guard, asan, msan, tsan or valgrind; a peer has plain, which is none, and no guard, and
# malloc has check, which is that of glibc.
set -u

root=$1
scratch=$2
library=$3
tool=$4
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
plain) ;;
check | guard) ARENA_OPTIONS=$tool ;;
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
    under="valgrind --quiet --leak-check=full --error-exitcode=9"
    ;;
esac

source=$here/peers/$library.c
table=$here/peers/$library.expected
case $library in
malloc)
    with=
    if [ "$tool" = check ]; then
        under="env LD_PRELOAD=libc_malloc_debug.so.0 GLIBC_TUNABLES=glibc.malloc.check=3"
    fi
    ;;
apr)
    pkg-config --exists apr-1 2>/dev/null || skip "libapr1-dev is not here"
    with=$(pkg-config --cflags --libs apr-1)
    ;;
llvm)
    command -v llvm-config-14 >/dev/null || skip "llvm-14-dev is not here"
    # The whole of LLVM, which is one shared library, takes seconds to load under valgrind.
    with="-isystem $(llvm-config-14 --includedir) -L$(llvm-config-14 --libdir) -lLLVMSupport
        -lLLVMDemangle -lstdc++ -lm -ltinfo -l:libz.so.1"
    source=$here/peers/llvm.cpp
    ;;
*)
    with="-I$root/include $library -Wl,-rpath,$(dirname "$library")"
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
"$compiler" $language -g -O1 $flags "$source" $with -lpthread -o "$program" || exit

actual=$scratch/caught-$tool.txt
"$program" --list >"$scratch/list-$tool.txt" || exit
while read -r bug; do
    caught=yes
    # shellcheck disable=SC2086
    $under "$program" "$bug" >"$scratch/$tool-$bug.txt" 2>&1 && caught=no
    echo "$bug $caught"
done <"$scratch/list-$tool.txt" | sort >"$actual"

if [ "${5-}" = --print ]; then
    cat "$actual"
    exit
fi
expected=$scratch/expected-$tool.txt
awk -v tool="$tool" '
    /^#/ { for (i = 3; i <= NF; i++) if ($i == tool) column = i - 1; next }
    NF && $column != "n/a" { print $1, $column }' "$table" | sort >"$expected"
diff "$expected" "$actual" || {
    echo "failed: < is expected, > is what happened; $scratch/$tool-NAME.txt has what was said"
    exit 1
}
echo "$(grep -c yes "$actual") of $(wc -l <"$actual") were caught, as expected"
