#!/bin/sh
# Compares what an example prints, and how it ends, with NAME.expected.
#
#     tests/examples/run.sh NAME PROGRAM           run it
#     tests/examples/run.sh NAME PROGRAM --accept  take what it prints now as what is expected
set -u

name=$1
program=$(realpath "$2")
accept=${3:-}
cd "$(dirname "$0")" || exit 1
output=$(mktemp)
trap 'rm -f "$output"' EXIT

run() { # ARGUMENTS: both outputs and the status go to $output
    {
        echo "\$ $name $*"
        "$program" "$@" 2>&1
        echo "status $?"
    } >> "$output"
}

[ "$name" = server ] || run --help
case $name in
backtrack)
    run
    run 'int x, y;' 'int y, z + 1;' 'z;' 'x * ((y + 3);' 'x);' '' 'x + y * x;'
    ;;
intern)
    run < address.txt
    run address.txt
    run no-such-file.txt
    run .
    ;;
scratch)
    run
    run 'a=<{b}>' 'b={c}{c}' 'c=x' '{a}' 'nothing to do' '{b}{a}'
    run 'a={b}' 'b={a}' '{a}'
    run '{nobody}'
    run '{unclosed'
    ;;
server)
    run
    ;;
wordcount)
    run 1 address.txt
    run 8 address.txt
    run 64 address.txt
    run 2 no-such-file.txt
    run 0 address.txt
    ;;
esac

[ "$accept" != --accept ] || cp "$output" "$name.expected"
diff -u "$name.expected" "$output"
