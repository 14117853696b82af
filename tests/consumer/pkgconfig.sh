#!/bin/sh
# Builds and runs both programs, as C and as C++, against the library installed under PREFIX, with
# the flags that pkg-config gives: shared, and static.
# usage: pkgconfig.sh PREFIX SCRATCH

set -eu
prefix=$1 scratch=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$scratch"
cp "$here/mission.c" "$scratch/"
"$here/header_program.sh" "$prefix/include/arena/arena.h" >"$scratch/header_program.c"

PKG_CONFIG_PATH=$(find "$prefix" -type d -name pkgconfig)
export PKG_CONFIG_PATH

# What pkg-config prints is quoted for the shell.
eval "LD_LIBRARY_PATH=$(pkg-config --variable=libdir arena)"
export LD_LIBRARY_PATH
eval "set -- $(pkg-config --cflags --libs arena)"

private=$(pkg-config --static --libs-only-l arena)

# build_and_run PROGRAM EXPECTED COMPILER... ; the flags of pkg-config are in "$@" of the caller.
build_and_run() {
    program=$1 expected=$2
    shift 2
    "$@" -o "$scratch/program"
    printed=$("$scratch/program")
    if [ "$printed" != "$expected" ]; then
        echo "failed: $program printed '$printed' instead of '$expected'"
        exit 1
    fi
}

for program in mission header_program; do
    case $program in
    mission) expected='hello world' ;;
    *) expected='(0, 0)' ;;
    esac
    for language in c c++; do
        case $language in
        c) compiler='cc -std=c11' ;;
        *) compiler='c++ -std=c++11' ;;
        esac
        # shellcheck disable=SC2086 # a list of words
        {
            build_and_run "$program" "$expected" $compiler -Wall -Wextra -Werror \
                -x "$language" "$scratch/$program.c" -x none "$@"
            echo "ok: $program as $language, shared library, pkg-config"
            build_and_run "$program" "$expected" $compiler -Wall -Wextra -Werror \
                -x "$language" "$scratch/$program.c" -x none "$@" $private -static
            echo "ok: $program as $language, static library, pkg-config"
        }
    done
done
