#!/bin/sh
# An installed arena-run finds its library, also by a link and after the tree was moved, and has put
# nothing where other programs would find it.
# usage: installed.sh PREFIX DIRECTORY     DIRECTORY is made anew
set -eu

prefix=$1
directory=$2
rm -rf "$directory"
mkdir -p "$directory"
cp -R "$prefix" "$directory/moved"
ln -s "$directory/moved/bin/arena-run" "$directory/linked"
cd /
for run in "$prefix/bin/arena-run" "$directory/moved/bin/arena-run" "$directory/linked"; do
    "$run" cat /proc/self/maps | grep -q 'arena/libarena-malloc\.so$' || {
        echo "failed: $run has no library"
        exit 1
    }
done
PATH=$directory/moved/bin:$PATH arena-run cat /proc/self/maps | grep -q "$directory/moved/.*/libarena-malloc"

find "$directory/moved" -name 'libarena-malloc*' | grep -v '/arena/libarena-malloc\.so$' && exit 1
nm -D --defined-only "$(find "$directory/moved" -name 'libarena-malloc*')" | awk '{ print $3 }' |
    sort >"$directory/offered"
tr ' ' '\n' >"$directory/wanted" <<'END'
aligned_alloc calloc free free_aligned_sized free_sized malloc malloc_usable_size memalign
posix_memalign pvalloc realloc reallocarray valloc
END
diff "$directory/wanted" "$directory/offered"
