#!/bin/sh
# Builds and runs a program together with the library's files and no build system, as the README
# says.
# usage: files.sh ROOT SCRATCH

set -eu
cd "$1"
mkdir -p "$2"

set -- "$2/program"
for file in src/*/*.c; do
    case $file in
    */source_none.c) ;;
    *) set -- "$@" "$file" ;;
    esac
done
program=$1
shift
cc -Iinclude -o "$program" tests/consumer/mission.c "$@"
"$program"
