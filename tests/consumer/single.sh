#!/bin/sh
# Builds and runs both programs with the files of dist/ copied beside them, as a newcomer would: with
# arena.c; and with the one header, implemented in a C file and used in others, of C and of C++. Adapters
# lie beside either, or are those of an installed library.
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

# Includes both forms of the header, in both orders.
cat >adapted.c <<END
#if INSTALLED_FIRST
#include <arena/adapters/opaque.h>
#include "arena.h"
#else
#include "arena.h"
#include FOUND
#endif
#include <stdio.h>

int main(void)
{
    Arena *arena = arena_create(0);
    unsigned char *zeroed = arena_opaque_calloc(arena, 10);
    printf("%d\\n", zeroed ? zeroed[9] : 1);
    arena_destroy(arena);
    return 0;
}
END

mkdir two one
cp -r dist/arena.h dist/arena.c dist/adapters mission.c point.c adapted.c two
cp -r dist/single/arena.h dist/adapters mission.c point.c adapted.c one
include=$1/include

adapt() { # SOURCE
    cc '-DFOUND="adapters/opaque.h"' adapted.c "$1" -o adapted -lpthread -ldl
    run adapted 0
    for first in 0 1; do
        cc "-I$include" '-DFOUND=<arena/adapters/opaque.h>' -DINSTALLED_FIRST=$first adapted.c "$1" \
            -o adapted -lpthread -ldl
        run adapted 0
    done
}

cd two
cc mission.c arena.c -o mission -lpthread -ldl
run mission "hello world"
cc -DARENA_CORE_ONLY point.c arena.c -o point -lpthread
run point "(0, 0)"
adapt arena.c
echo "ok: two files, and the core alone"

cd ../one
printf '#define ARENA_IMPLEMENTATION\n#include "arena.h"\n' >implementation.c
cc mission.c implementation.c -o mission -lpthread -ldl
run mission "hello world"
cc -c implementation.c
c++ -std=c++11 -x c++ point.c -x none implementation.o -o point -lpthread -ldl
run point "(0, 0)"
adapt implementation.c
printf '#include <stdio.h>\n' | cat - implementation.c >late.c
if cc -c late.c 2>message; then
    echo "failed: the implementation compiles behind other headers"
    exit 1
fi
grep -q "goes before every other header" message
echo "ok: one header, in C and in C++"
