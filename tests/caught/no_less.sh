#!/bin/sh
# What a tool catches with malloc, with LLVM's allocator or with APR's it catches with ours too, but for
# what is named here. The tables are compared, and that they have the same bugs; that they are true,
# run.sh sees to.
# usage: no_less.sh ROOT
set -u

# The checker knows every arena, so LeakSanitizer finds none that nobody else knows. MemorySanitizer
# ends where what is freed was mapped, as APR's memory is, and ours is not if it is small.
known='arena_never_destroyed asan malloc
arena_never_destroyed asan llvm
free_of_an_object msan apr'

cd "$1/tests/caught" || exit
less=$(for peer in malloc llvm apr; do
    awk -v peer="$peer" '
        /^# bug/ { for (i = 3; i <= NF; i++) name[FILENAME, i - 1] = $i; next }
        /^#/ { next }
        { for (i = 2; i <= NF; i++) caught[FILENAME, $1, name[FILENAME, i]] = $i }
        FILENAME == ARGV[1] { bugs[++count] = $1; next }
        $1 != bugs[++row] { print "out of order: " $1, peer; exit }
        { for (i = 2; i <= NF; i++) {
              tool = name[FILENAME, i]
              if ($i == "yes" && caught[ARGV[1], $1, tool] == "no")
                  print $1, tool, peer
          }
        }
        END { if (row < count) print "too short:", peer }' expected "peers/$peer.expected"
done)
if [ "$less" != "$known" ]; then
    echo "caught with others only:"
    echo "$less"
    echo "but known is:"
    echo "$known"
    exit 1
fi
