#!/bin/sh
# All C files compile as C11, all C++ files as C++11, and each public header alone as C11, C17, C++11 and
# C++17, without a warning. With optimisation, since some warnings need its analysis.
# usage: warnings.sh ROOT C-COMPILER C++-COMPILER

for tool in "$2" "$3"; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not here"
        exit 77
    }
done
cd "$1" || exit 1

strict="-Wall -Wextra -Wconversion -Wshadow -Wundef -Werror -O2"
strict_c="$strict -Wstrict-prototypes"
object=$(mktemp) || exit 1
trap 'rm -f "$object"' EXIT
failed=0

try() {
    "$@" -c -o "$object" || {
        echo "failed: $*"
        failed=1
    }
}

# shellcheck disable=SC2086 # the flags are lists of words
for header in include/arena/*.h include/arena/adapters/[!y]*.h; do # yyjson's needs yyjson
    try "$2" -std=c11 $strict_c -x c -Iinclude -include "$header" /dev/null
    try "$2" -std=c17 $strict_c -x c -Iinclude -include "$header" /dev/null
    try "$3" -std=c++11 $strict -x c++ -Iinclude -include "$header" /dev/null
    try "$3" -std=c++17 $strict -x c++ -Iinclude -include "$header" /dev/null
done

# As compilers are built.
# shellcheck disable=SC2086
try "$3" -std=c++17 $strict -fno-exceptions -fno-rtti -x c++ -Iinclude \
    -include include/arena/adapters/resource.hpp /dev/null

# What lies in tests/cparse is input; the peers have bugs that compilers see, and headers of their own, as
# adapters have. No file's name has a space in it.
# shellcheck disable=SC2044,SC2086
for source in $(find src tests examples bench tools -path tests/cparse -prune -o \
    -path tests/adapters -prune -o -path tests/caught/peers -prune -o -name '*.c' -print); do
    try "$2" -std=c11 $strict_c -Iinclude -Isrc -Itests -Itests/support "$source"
done

# shellcheck disable=SC2044,SC2086
for source in $(find tests examples -path tests/caught/peers -prune -o -name '*.cpp' -print); do
    case $source in
    */test_resource.cpp) standard=c++17 ;; # what it tests is
    *) standard=c++11 ;;
    esac
    try "$3" -std=$standard $strict -Iinclude "$source"
done

exit "$failed"
