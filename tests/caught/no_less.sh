#!/bin/sh
# What a tool catches with malloc it catches with ours too. The tables are compared; that they are true,
# run.sh sees to.
# usage: no_less.sh ROOT
set -u

awk '
    /^# bug/ { for (i = 3; i <= NF; i++) name[FILENAME, i - 1] = $i; next }
    /^#/ { next }
    { for (i = 2; i <= NF; i++) caught[FILENAME, $1, name[FILENAME, i]] = $i; bugs[$1] }
    END {
        for (bug in bugs)
            for (i = 2; (ARGV[2], i) in name; i++) {
                tool = name[ARGV[2], i]
                if (caught[ARGV[2], bug, tool] == "yes" && caught[ARGV[1], bug, tool] == "no") {
                    print "only with malloc: " bug ", " tool
                    less = 1
                }
            }
        exit less
    }' "$1/tests/caught/expected" "$1/tests/caught/peers/expected"
