#!/bin/sh
# Tests cparse: what it prints for valid input, its errors and its options.
#
#     tests/cparse/run.sh CPARSE           run the tests
#     tests/cparse/run.sh CPARSE --accept  take what it prints now as what is expected
set -u

cparse=$(realpath "$1")
accept=${2:-}
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

check() { # NAME COMMAND...: the command succeeds
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name"
    fi
}

skip() { # NAME REASON
    skipped=$((skipped + 1))
    echo "skipped: $1: $2"
}

expect_file() { # EXPECTED: $work/out is as expected
    [ "$accept" != --accept ] || cp "$work/out" "$1"
    check "$1" diff -u "$1" "$work/out"
}

run() { # ARGUMENTS: leaves both outputs and the status in $work/out
    "$cparse" "$@" > "$work/out" 2>&1
    echo "status $?" >> "$work/out"
}

expect() { # STATUS PATTERN ARGUMENTS...
    status=$1
    pattern=$2
    shift 2
    run "$@"
    check "cparse $* ends with $status" grep -qx "status $status" "$work/out"
    check "cparse $* says $pattern" grep -q -e "$pattern" "$work/out"
}

test_valid() {
    for file in valid/*.[ci]; do
        run --ast "$file"
        expect_file "$file.ast"
        run --functions "$file"
        expect_file "$file.functions"
    done
}

test_errors() {
    for file in errors/*.[ci]; do
        options=--functions
        [ "$file" != errors/depth.i ] || options="$options --max-depth 4"
        # shellcheck disable=SC2086
        run $options "$file"
        expect_file "$file.expected"
    done
}

test_options() {
    expect 0 "^usage:" --help
    expect 0 "^cparse [0-9]" --version
    expect 2 "unknown option --no-such" --no-such x.c
    expect 2 "no file" --ast
    expect 2 "missing after --svg" x.c --svg
    expect 2 "not a number: x" --max-depth x x.c
    expect 2 "not a number: -1" --limit -1 x.c
    expect 2 "not a number: $" --max-depth "" x.c
    expect 2 "100000 is over 5000" --max-depth 100000 x.c
    expect 2 "4294967296 is over 5000" --max-depth 4294967296 x.c
    expect 2 "is over 5000" --max-depth 99999999999999999999 x.c
    expect 2 "is over [0-9]*," --limit 99999999999999999999 x.c
    expect 1 "no-such-file.c: No such file" no-such-file.c
    expect 1 "no-such-compiler: No such file" --cc no-such-compiler valid/older.c
    expect 1 "false -E ended with status 1" --cc false valid/older.c
    expect 1 "Is a directory" --preprocessed .
    expect 1 "out of memory: .* for the tree" --limit 8000 valid/older.c
    expect 1 "^valid/older.c:3: main" --functions no-such-file.c valid/older.c
    expect 0 "  nodes  *[1-9]" valid/older.c
}

test_preprocessor() {
    printf 'VALUE f(void) { return CONSTANT; }\n#include "g.h"\n' > "$work/macros.c"
    mkdir "$work/a directory"
    echo 'static int g(void) { return 1; }' > "$work/a directory/g.h"
    expect 0 ": f$" --functions -D VALUE=int -DCONSTANT=2 -I "$work/a directory" "$work/macros.c"
    check "a function in a header is listed" grep -q "g.h:1: g$" "$work/out"
    expect 1 "ended with status" -D VALUE=int -U VALUE "$work/macros.c"
    (
        cd "$work" || exit 1
        for name in '-dash.c' '@at.c' 'a space.c' "a'quote.c" '$(touch made).c'; do
            echo 'int main(void) { return 0; }' > "./$name"
            run --functions -- "$name"
            grep -q "^status 0" out && grep -q ":1: main" out || exit 1
        done
        [ ! -e made ]
    )
    check "any file name is a file name" test $? -eq 0
    echo 'int f(void) { return __LINE__; }' | run --functions -
    check "standard input is preprocessed" grep -q '<stdin>:1: f' "$work/out"
    echo 'int f(void) { return 1; }' | run --functions --preprocessed -
    check "standard input may be preprocessed" grep -q '<stdin>:1: f' "$work/out"
}

test_drawing() {
    expect 0 nodes --svg "$work/a.svg" valid/gnu.c
    check "lines and tokens grow in place: in one block, with nothing wasted" grep -q \
        'arena lines and tokens: [^;]* bytes used, [^;]* reserved, 0 wasted, 1 block, ' "$work/a.svg"
    check "the drawing ends" grep -q '^</svg>' "$work/a.svg"
    check "each of few blocks is drawn alone" sh -c "! grep 'summed up' '$work/a.svg'"
    awk 'BEGIN { name = "a"; while (length(name) < 70000) name = name name
         for (i = 0; i < 40; i++) print "int " name i ";" }' > "$work/blocks.i"
    expect 0 "tree blocks  *[4-9][0-9]" --svg "$work/b.svg" "$work/blocks.i"
    check "a drawing has all blocks" grep -q '[4-9][0-9] large objects, newest first' "$work/b.svg"
    if command -v xmllint > /dev/null; then
        check "the drawing is XML" xmllint --noout "$work/a.svg"
    else
        skip "the drawing is XML" "xmllint is not here"
    fi
    if command -v python3 > /dev/null; then
        check "any file name can be in a drawing" python3 drawing.py "$cparse" "$work"
    else
        skip "any file name can be in a drawing" "python3 is not here"
    fi
    expect 1 "Is a directory" --svg "$work" valid/gnu.c
}

test_comparison() {
    expect 0 "^  teardown .*x$" --compare valid/gnu.c valid/scopes.c
    expect 0 "^  *nodes " --growth valid/gnu.c
    check "--growth says why teardown steps up" grep -q "steps up once" "$work/out"
    expect 1 "expected" --compare errors/several.c
    if [ -e /dev/full ]; then
        "$cparse" --functions valid/gnu.c > /dev/full 2> "$work/out"
        check "a full disk is an error" test $? -eq 1
    else
        skip "a full disk is an error" "/dev/full is not here"
    fi
}

test_valid
test_errors
test_options
test_preprocessor
test_drawing
test_comparison
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
