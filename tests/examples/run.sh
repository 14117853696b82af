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

case $name in
backtrack)
    run 'T(x);' 'T * y;' 'x * y;' 'T(x) * y;' 'T(z) * y;' 'T(T) * y;' 'T * z;' 'T(T);' 'T * z;'
    run '' 'T;' 'T x' 'T(x;' 'T **(*x);' 'T(T(x)) * T(x * x);' 'x * ;'
    ;;
intern)
    run < address.txt
    run < /dev/null
    run < .
    ;;
scratch)
    run
    run 'a=<{b}>' 'b={c}{c}' 'c=x' '{a}' 'nothing to do' '{b}{a}'
    run 'a={b}' 'b={a}' '{a}'
    run '{nobody}'
    run 'c=x' '{c'
    run '{'
    ;;
server)
    run
    ;;
wordcount)
    run lines.txt
    run lines.txt /dev/null lines.txt
    run no-such-file.txt
    run .
    ;;
esac

[ "$accept" != --accept ] || cp "$output" "$name.expected"
diff -u "$name.expected" "$output"
