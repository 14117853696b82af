#!/bin/sh
# Runs a program of adapter.h on malloc, on an arena, and on arenas that are too small until one is enough:
# it has to print the same, under the checker too.
# usage: run.sh PROGRAM FILE WORK

set -eu
mkdir -p "$3"
"$1" malloc "$2" >"$3/malloc"
ARENA_OPTIONS=nocheck "$1" arena "$2" >"$3/arena"
ARENA_OPTIONS=check "$1" arena "$2" >"$3/checked"
ARENA_OPTIONS=nocheck "$1" limits "$2" >"$3/limits"
test -s "$3/malloc"
cmp "$3/malloc" "$3/arena"
cmp "$3/malloc" "$3/checked"
cmp "$3/malloc" "$3/limits"
