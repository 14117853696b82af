#!/bin/sh
# Compares the library as shipped with builds of it that have other figures of src/core/tuning.h,
# in the workloads that match:
#     bench/tuning.sh 'request/50|fresh' -DARENA_TUNE_FIRST=4096 -DARENA_TUNE_FIRST=262144
# An option may hold several definitions, separated by spaces. `make bench` has to have built the
# benchmark. Ratios are to what is shipped: below 1, the other figure is better.
set -eu
cd "$(dirname "$0")/.."
case ${1---help} in
-*)
    sed -n 's/^# \{0,1\}//p' "bench/${0##*/}" | tail -n +2
    exit 2
    ;;
esac
workloads=$1
shift
folder=build/bench/tuning
rm -rf "$folder"
mkdir -p "$folder"
list='{"peer": "arena", "program": "../bin/peer-arena", "kind": "ours"}'
number=0
for definitions in "$@"; do
    number=$((number + 1))
    place=$PWD/$folder/$number
    mkdir "$place"
    # shellcheck disable=SC2086 # words are wanted
    (cd "$place" && ${CC:-cc} -std=c11 -O2 -g -DNDEBUG $definitions -I ../../../../include -c \
        ../../../../src/core/*.c ../../../../src/memory/source_[bhr]*.c ../../../../src/watch/*.c \
        ../../../../src/memory/pages_posix.c)
    ${CXX:-c++} -std=c++20 -O2 -g -DNDEBUG -falign-loops=64 -falign-functions=64 -Iinclude \
        bench/peers/arena.cpp "$place"/*.o -lbenchmark -lpthread -o "$place/peer"
    name=$(echo "$definitions" | sed 's/-DARENA_TUNE_//g')
    list="$list, {\"peer\": \"$name\", \"program\": \"$number/peer\", \"kind\": \"peer\"}"
done
echo "{\"found\": [$list], \"missing\": []}" >"$folder/programs.json"
exec bench/run --programs "$folder/programs.json" --only "$workloads" \
    --output "$folder/results.json"
