#!/bin/sh
# The public header refuses a language that it does not work in, with a sentence that says what it
# needs, and compiles in every one that it promises.
# usage: header.sh ROOT C-COMPILER C++-COMPILER

for tool in "$2" "$3"; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not here"
        exit 77
    }
done
include=$1/include
cc=$2
cxx=$3
failed=0

compile() { # COMPILER LANGUAGE FLAGS...: prints what the compiler says
    compiler=$1
    language=$2
    shift 2
    echo '#include <arena/arena.h>' | "$compiler" "$@" -x "$language" -I"$include" -fsyntax-only - 2>&1
}

accepts() { # COMPILER LANGUAGE FLAGS...
    if ! said=$(compile "$@") || [ -n "$said" ]; then
        echo "failed: $* is not accepted: $said"
        failed=1
    fi
}

refuses() { # SENTENCE COMPILER LANGUAGE FLAGS...
    sentence=$1
    shift
    if said=$(compile "$@"); then
        echo "failed: $* is accepted"
        failed=1
        return
    fi
    case $said in
    *"#error \"$sentence"*) ;;
    *)
        echo "failed: $* is refused without a word about \"$sentence\": $said"
        failed=1
        ;;
    esac
}

for standard in gnu89 c99 gnu99; do
    refuses "arena needs C11" "$cc" c -std=$standard
done
for standard in gnu11 c11 gnu17; do
    refuses "arena needs the inline functions of C99" "$cc" c -std=$standard -fgnu89-inline
done
for standard in c11 gnu11 c17 gnu17; do
    accepts "$cc" c -std=$standard -Wall -Wextra -pedantic
done
for standard in c++11 gnu++11 c++17; do
    accepts "$cxx" c++ -std=$standard -Wall -Wextra
done
exit "$failed"
