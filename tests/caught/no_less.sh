#!/bin/sh
# What a tool reports with malloc, with LLVM's allocator or with APR's it reports with ours too, but for
# what is named here; a crash is no report. The tables are compared, and that they have the same bugs; that they are true,
# run.sh sees to.
# usage: no_less.sh ROOT
set -u

# The checker does not see what is given to free, and the checks of malloc, which do, crash on the way to
# their report if what lies before the object is a red zone.
known='free_of_an_object check malloc'

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
              if ($i == "yes" && tool != "alone" && caught[ARGV[1], $1, tool] != "yes")
                  print $1, tool, peer
          }
        }
        END { if (row < count) print "too short:", peer }' expected "peers/$peer.expected"
done)
if [ "$less" != "$known" ]; then
    echo "reported with others only:"
    echo "$less"
    echo "but known is:"
    echo "$known"
    exit 1
fi
