#!/bin/sh
# Runs a program of adapter.h on malloc and on an arena: it has to print the same, under the checker too.
# usage: run.sh PROGRAM FILE WORK

set -eu
mkdir -p "$3"
"$1" malloc "$2" >"$3/malloc"
ARENA_OPTIONS=nocheck "$1" arena "$2" >"$3/arena"
ARENA_OPTIONS=check "$1" arena "$2" >"$3/checked"
test -s "$3/malloc"
cmp "$3/malloc" "$3/arena"
cmp "$3/malloc" "$3/checked"
