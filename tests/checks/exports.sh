#!/bin/sh
# The shared library offers what the public headers declare and nothing else, under its soname, and
# is whole: no file is missing from it. What it offers is also what src/watch/own.h has.
# usage: exports.sh ROOT LIBRARY SONAME C-COMPILER

set -eu
promised=$(mktemp)
offered=$(mktemp)
program=$(mktemp)
trap 'rm -f "$promised" "$offered" "$program"' EXIT

# A declaration runs from ARENA_API or ARENA_INLINE to the semicolon; the first name that a
# parenthesis follows is the function's.
cat "$1"/include/arena/*.h | awk '
    /^ARENA_(API|INLINE)/ { inside = 1; text = "" }
    inside { text = text " " $0 }
    inside && /;/ {
        inside = 0
        if (match(text, /arena_[a-z0-9_]+\(/)) print substr(text, RSTART, RLENGTH - 1)
    }' | sort -u >"$promised"
nm -D --defined-only "$2" | awk '{ print $3 }' | sort -u >"$offered"

echo "$(wc -l <"$promised") functions are promised"
test -s "$promised"
diff "$promised" "$offered" || {
    echo "failed: < is promised and missing, > is there and not promised"
    exit 1
}

# Stacks are cut where the library begins, which is known by these names.
while read -r name; do
    grep -q "^    \"$name\",$" "$1/src/watch/own.h" || {
        echo "failed: src/watch/own.h does not have $name"
        exit 1
    }
done <"$promised"
sed -n 's/^    "\(.*\)",$/\1/p' "$1/src/watch/own.h" | LC_ALL=C sort -c

# The library is not linked with -z defs, which no library with clang's sanitizers passes: theirs are
# for the program to bring. So a program asks here for all that the library needs.
echo 'int main(void) { return 0; }' | "$4" -Wl,--no-as-needed,--no-allow-shlib-undefined \
    -o "$program" -x c - -x none "$2" || {
    echo "failed: the library needs what no file of it and no other library has"
    exit 1
}

readelf -d "$2" | grep -F "soname: [$3]"
