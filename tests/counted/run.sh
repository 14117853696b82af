#!/bin/sh
# Compares what ARENA_OPTIONS=stats prints of a program with `expected`: as it is, while arenas are checked
# as well, and with more names than there is room for.
# usage: run.sh PROGRAM [--accept]     --accept takes what is printed now as what is expected
set -u

program=$(realpath "$1")
cd "$(dirname "$0")" || exit 1
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# Where something was made is an address.
run() { # OPTIONS ARGUMENTS
    options=$1
    shift
    ARENA_OPTIONS=$options "$program" "$@" 2>&1 | sed -E 's/  [^ ]*\+0x.*/  SOMEWHERE/'
}

# The checker moves objects apart, so that an arena holds more.
{
    run nocheck:stats
    run check:stats | sed 's/handed out/handed/; s/at exit/exit/' |
        awk '!/^arena:/ { print $1, $2, $6, $7, $8, $9, $10, $11 }'
    run nocheck:stats many | grep -c 'name [0-9]'
    run nocheck:stats many | tail -n 1
} >"$output"

[ "${2-}" != --accept ] || cp "$output" expected
diff -u expected "$output"
