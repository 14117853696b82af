#!/bin/sh
# Builds and runs a program in a CMake project that fetches the sources with FetchContent.
# usage: fetch.sh ROOT SCRATCH

set -eu
git -C "$1" rev-parse HEAD >/dev/null 2>&1 || {
    echo "skipped: these sources are in no git repository, or git is not here"
    exit 77
}
scratch=$2
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
cp "$here/mission.c" "$2"
cat >"$2/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.21)
project(fetcher C)
include(FetchContent)
FetchContent_Declare(arena GIT_REPOSITORY "file://$1" GIT_TAG $(git -C "$1" rev-parse HEAD))
FetchContent_MakeAvailable(arena)
add_executable(mission mission.c)
target_link_libraries(mission PRIVATE arena::arena)
END
# What it says is shown if it fails.
quiet_cmake() {
    cmake "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        exit 1
    }
}
quiet_cmake -S "$2" -B "$2/build"
quiet_cmake --build "$2/build"
test "$(find "$2/build" -name mission -type f -exec {} \;)" = "hello world"
echo "ok: a program with the library that CMake has fetched"
