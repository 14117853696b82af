#!/bin/sh
# Each public name has a comment that Doxygen finds, and each public function a page for man without
# mistakes, but those that only macros call.
# usage: reference.sh ROOT SCRATCH

set -eu
for tool in doxygen mandoc python3; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not here"
        exit 77
    }
done
"$1/script/docs" "$2"

cd "$2/html"
grep -ho 'href="[^"#]*' ./*.html | sed 's/^href="//' | sort -u | grep -v '^http' | while read -r page; do
    test -z "$page" || test -e "$page" || {
        echo "failed: a link leads to $page, which is not there"
        exit 1
    }
done

cd "$2/man"
mandoc -T lint -W error man3/*
{
    grep -ho '^ARENA_\(API\|INLINE\)[^;]*' "$1"/include/arena/*.h
    sed '/^#endif/q; /What it stands on/,/^\/\/ An allocator/d' "$1"/include/arena/adapters/*.h | grep '^[a-z].*('
} | grep -o 'arena_[a-z0-9_]*(' | tr -d '(' |
    grep -v -e _slow -e '^arena_array_' -e '^arena_segment' -e '^arena_place' >names
printf '%s\n' arena::resource arena::make arena_lua_alloc arena_sized_size arena_yyjson >>names
while read -r name; do
    test -e "man3/$name.3" || {
        echo "failed: $name has no page for man"
        exit 1
    }
    grep -q '^.SH SYNOPSIS\|^.so ' "man3/$name.3"
done <names
for name in ARENA_SIZED_HEADER ArenaSizedHeader arena_yyjson_malloc ArenaUndo; do
    test ! -e "man3/$name.3" || {
        echo "failed: $name is nobody's business, and has a page for man"
        exit 1
    }
done
for text in arena_opaque_alloc arena_lua_alloc arena_yyjson 'an arena that outlives it' 'arena::make'; do
    grep -rqs "$text" ../html/*.html || {
        echo "failed: the site does not have $text"
        exit 1
    }
done
