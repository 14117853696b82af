#!/bin/sh
# Builds the calculator with flex and bison, and has it calculate, under AddressSanitizer too.
# usage: run.sh ROOT LIBRARY WORK

set -eu
for tool in flex bison; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not here"
        exit 77
    }
done
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$3"
cd "$3"
flex -o sums.lex.c "$here/sums.l"
bison -d -o sums.tab.c "$here/sums.y"

# Twenty parentheses, so that the stack of the parser grows.
input="a = 1 + 2 * 3; b = (10 - 4) / 2; c = $(printf '%020d' 0 | tr 0 '(')7$(printf '%020d' 0 | tr 0 ')');"
expected="a is 7
b is 3
c is 7"
for flags in -O1 "-O1 -fsanitize=address"; do
    # shellcheck disable=SC2086 # they are words
    cc -D_GNU_SOURCE $flags "-I$1/include" -I. sums.tab.c sums.lex.c "$2" -lpthread -ldl -o sums
    test "$(echo "$input" | ./sums)" = "$expected"
done
test "$(echo "$input" | ARENA_OPTIONS=check ./sums)" = "$expected"
echo "ok: flex and bison"
