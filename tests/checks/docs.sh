#!/bin/sh
# The documents have no line over 100 columns but in tables and code, which cannot be wrapped, and
# no word that their author left to be replaced later: TODO and the like, or a line of nothing but
# capitals.
# usage: docs.sh ROOT

set -eu
cd "$1"
find . \( -path './build*' -o -path './.?*' \) -prune -o -name '*.md' -exec env LC_ALL=C awk '
    function complain(what) {
        print "failed: " FILENAME ":" FNR ": " what
        failed = 1
    }
    FNR == 1 { fenced = 0 }
    /(^|[^A-Za-z0-9_])(TODO|FIXME|XXX|TBD)([^A-Za-z0-9_]|$)/ { complain("a placeholder") }
    /^ *```/ { fenced = !fenced; next }
    fenced || /^    / { next }
    /^[A-Z][A-Z _-]*[A-Z]$/ { complain("a placeholder") }
    {
        gsub(/[\200-\277]/, "") # the bytes of a character after its first
        if (length($0) > 100 && !/^\|/) complain(length($0) " columns")
    }
    END { exit failed }' {} +
