#!/bin/sh
# Builds and runs both programs with the files of dist/ copied beside them, as a newcomer would: with
# arena.c; and with the one header, implemented in a C file and used in others, of C and of C++.
# usage: single.sh ROOT SCRATCH

set -eu
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
"$1/script/single" "$2/dist" >"$2/log"
cd "$2"
sed 's#<arena/arena.h>#"arena.h"#' "$here/mission.c" >mission.c
"$here/header_program.sh" "$1/include/arena/arena.h" | sed 's#<arena/arena.h>#"arena.h"#' >point.c

run() { # PROGRAM EXPECTED
    printed=$("./$1")
    test "$printed" = "$2" || {
        echo "failed: $1 printed '$printed' instead of '$2'"
        exit 1
    }
}

mkdir two one
cp dist/arena.h dist/arena.c mission.c point.c two
cp dist/single/arena.h mission.c point.c one

cd two
cc mission.c arena.c -o mission -lpthread -ldl
run mission "hello world"
cc -DARENA_CORE_ONLY point.c arena.c -o point -lpthread
run point "(0, 0)"
echo "ok: two files, and the core alone"

cd ../one
printf '#define ARENA_IMPLEMENTATION\n#include "arena.h"\n' >implementation.c
cc mission.c implementation.c -o mission -lpthread -ldl
run mission "hello world"
cc -c implementation.c
c++ -std=c++11 -x c++ point.c -x none implementation.o -o point -lpthread -ldl
run point "(0, 0)"
printf '#include <stdio.h>\n' | cat - implementation.c >late.c
if cc -c late.c 2>message; then
    echo "failed: the implementation compiles behind other headers"
    exit 1
fi
grep -q "goes before every other header" message
echo "ok: one header, in C and in C++"
