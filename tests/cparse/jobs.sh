#!/bin/sh
# Tests cparse --jobs: whatever their number, what is printed is the same, and so is the status.
#
#     tests/cparse/jobs.sh CPARSE
set -u

cparse=$(realpath "$1")
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

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

# How long it took to build a tree is all that may differ.
run() { # NAME ARGUMENTS...: leaves outputs and status in $work/NAME.*
    name=$1
    shift
    "$cparse" "$@" > "$work/$name.out" 2> "$work/$name.err"
    echo "status $?" >> "$work/$name.err"
    sed 's/^  build .*/  build/' "$work/$name.out" > "$work/$name.masked"
}

same() { # ARGUMENTS...: with any number of jobs
    run one --jobs 1 "$@"
    for jobs in 2 8; do
        run many "$@" --jobs "$jobs"
        check "the output of $jobs jobs: $*" cmp "$work/one.masked" "$work/many.masked"
        check "the errors of $jobs jobs: $*" cmp "$work/one.err" "$work/many.err"
    done
}

says() { # PATTERN FILE
    check "$2 says $1" grep -q -e "$1" "$work/$2"
}

refuses() { # NUMBER PATTERN
    run one --jobs "$1" valid/gnu.c
    says "$2" one.err
    says "^status 2" one.err
}

# The preprocessor takes longer than all else, so most files go through it once.
test_files() {
    for file in valid/*.c errors/*.c; do
        name=$(basename "$file")
        cc -E "$file" -o "$work/$name.i"
    done
    set -- "$work"/*.i valid/*.i errors/*.i
    same "$@"
    same --ast "$@"
    same --functions no-such-file.i "$@" . "$@" no-such-file.i
    says "^status 1" many.err
}

# Files that are missing, and that the preprocessor refuses or warns of, more than a pipe holds.
test_preprocessor() {
    printf 'int f(void) { return 1; }\n#error no\n' > "$work/refused.c"
    printf '#warning beware\nint g(void) { return 1; }\n' > "$work/warned.c"
    awk 'BEGIN { for (i = 0; i < 1000; i++) print "#warning number", i }' > "$work/verbose.c"
    same --ast valid/older.c "$work/refused.c" errors/several.c "$work/verbose.c" no-such-file.c \
        valid/scopes.c "$work/warned.c"
    says "^status 1" many.err
    says "refused.c: cc -E ended with status 1" many.err
    check "the test is long enough" test "$(wc -c < "$work/many.err")" -gt 65536
    check "complaints are where their file is" \
        sh -c "grep 'warning:\|no-such-file' '$work/many.err' | tail -1 | grep -q beware"
    same --cc no-such-compiler valid/*.[ci]
    same --cc false valid/*.[ci]
}

# Threads have room for what the first one has room for.
test_depth() {
    awk 'BEGIN { for (i = 0; i < 4990; i++) printf "("; printf "1"
         for (i = 0; i < 4990; i++) printf ")" }' > "$work/nested"
    { printf 'int x = '; cat "$work/nested"; echo ';'; } > "$work/deep.i"
    same --functions --max-depth 5000 "$work/deep.i" "$work/deep.i" "$work/deep.i"
    says "^status 0" many.err
    same --functions "$work/deep.i" "$work/deep.i" "$work/deep.i"
    says "nested more than 2000" many.err
}

# One file, standard input, and what has one job anyway.
test_one_job() {
    run one valid/gnu.c --jobs 8
    says "tree blocks" one.out
    for jobs in 1 8; do
        for function in f g h; do
            echo "int $function(void) { return 1; }"
            sleep 0.1
        done | run "input$jobs" --jobs "$jobs" --functions --preprocessed - valid/raw.i - - - - -
    done
    check "standard input is for the first who wants it" cmp "$work/input1.out" "$work/input8.out"
    says "<stdin>:3: h" input8.out
    same --limit 8000 valid/older.c valid/gnu.c
    says "out of memory: .* for the tree" many.err
    # Which objects the guard keeps elsewhere depends on which thread takes what.
    ARENA_OPTIONS=nocheck run one --svg "$work/one.svg" valid/gnu.c valid/scopes.c
    ARENA_OPTIONS=nocheck run many --jobs 8 --svg "$work/many.svg" valid/gnu.c valid/scopes.c
    check "a drawing is the same" cmp "$work/one.svg" "$work/many.svg"
}

test_numbers() {
    refuses 0 "0 is under 1, the least"
    refuses -1 "not a number: -1"
    refuses x "not a number: x"
    refuses "" "not a number: $"
    refuses 257 "257 is over 256, the most"
    run one valid/gnu.c --jobs
    says "missing after --jobs" one.err
}

test_files
test_preprocessor
test_depth
test_one_job
test_numbers
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
