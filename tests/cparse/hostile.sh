#!/bin/sh
# cparse survives hostile input: hostile.py gives it what no C programmer writes.
#
#     tests/cparse/hostile.sh CPARSE
#
# HOSTILE_SECONDS says how long random input is tried.

command -v python3 > /dev/null || {
    echo "skipped: python3 is not here"
    exit 77
}
cparse=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cd "$work" || exit 1
python3 "$here/hostile.py" "$cparse" "${HOSTILE_SECONDS:-10}"
