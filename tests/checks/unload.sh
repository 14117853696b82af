#!/bin/sh
# The shared library keeps nothing back when it is unloaded.
# usage: unload.sh ROOT LIBRARY C-COMPILER

set -eu
program=$(mktemp)
trap 'rm -f "$program"' EXIT

"$3" -std=c11 -O1 "$1/tests/checks/unload.c" -ldl -o "$program"
"$program" "$2"
