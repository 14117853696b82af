#!/bin/sh
# Builds the quick benchmark with other figures of src/core/tuning.h, and runs WORKLOADS with each:
#     bench/tuning.sh "request small" -DARENA_TUNE_FIRST=4096 -DARENA_TUNE_FIRST=65536
# An option may hold several definitions, separated by spaces. Loops are aligned: one that lies across
# two lines of the instruction cache takes half as long again, on either side, by chance.
set -eu
cd "$(dirname "$0")/.."
workloads=$1
shift
program=$(mktemp)
trap 'rm -f "$program"' EXIT
for definitions in "" "$@"; do
    # shellcheck disable=SC2086 # words are wanted
    ${CC:-cc} -std=c11 -O2 -falign-loops=64 -DNDEBUG $definitions -Iinclude bench/quick.c src/core/*.c \
        src/memory/source_heap.c src/memory/source_buffer.c src/memory/source_region.c \
        src/memory/pages_posix.c -o "$program"
    echo "${definitions:-as shipped}"
    # shellcheck disable=SC2086
    "$program" $workloads
done
