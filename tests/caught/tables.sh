#!/bin/sh
# The tables in docs/debugging.md of who catches what are those that follow from `expected` and
# peers/*.expected.
# usage: tables.sh ROOT [--print]
set -u
cd "$1/tests/caught" || exit

# Of each bug what its columns have, a line each: TABLE BUG COLUMN VALUE, in the order of the tables.
values() {
    for table in expected peers/malloc.expected peers/llvm.expected peers/apr.expected; do
        awk -v table="$(basename "$table" .expected)" '
            /^# bug/ { for (i = 3; i <= NF; i++) name[i - 1] = $i }
            /^[^#]/ && $1 !~ /^nothing_wrong/ {
                for (i = 2; i <= NF; i++)
                    if (name[i] != "kind" && name[i] != "object")
                        print table, $1, name[i], $i
            }' "$table"
    done
}

rows() {
    awk 'function words(bug) {
            gsub(/_/, " ", bug)
            return bug
        }
        { if ($1 == "expected" && !known[$2]++)
              bugs[++count] = $2
          value[$1, $2, $3] = $4 }
        '"$1"
}

who_catches_what() {
    echo '| bug | alone | check | guard | AddressSanitizer | MemorySanitizer | ThreadSanitizer | Valgrind |'
    echo '|---|---|---|---|---|---|---|---|'
    values | rows '
        END {
            split("alone check guard asan msan tsan valgrind", tools, " ")
            for (i = 1; i <= count; i++) {
                line = "| " words(bugs[i]) " |"
                for (j = 1; j in tools; j++) {
                    cell = value["expected", bugs[i], tools[j]]
                    line = line " " (cell == "no" ? "-" : cell) " |"
                }
                print line
            }
        }'
    awk '/^nothing_wrong/ {
        gsub(/_/, " ", $1)
        print "| " $1 " | - | - | - | - | - | - | - |"
    }' expected
}

# Who reports it, and in brackets where it crashes.
the_same_elsewhere() {
    echo '| bug | malloc | LLVM | APR | arena |'
    echo '|---|---|---|---|---|'
    values | rows '
        function list(peer, bug, verdict,    j, all) {
            for (j = 1; j in tools; j++)
                if (value[peer, bug, tools[j]] == verdict)
                    all = all (all == "" ? "" : " ") shown[j]
            return all
        }
        function cell(peer, bug,    yes, crash) {
            if (value[peer, bug, "asan"] == "n/a")
                return "n/a"
            yes = list(peer, bug, "yes")
            crash = list(peer, bug, "crash")
            crash = crash == "" ? "" : "(" crash ")"
            return yes == "" && crash == "" ? "-" : yes (yes == "" || crash == "" ? "" : " ") crash
        }
        END {
            split("alone check guard asan msan tsan valgrind", tools, " ")
            split("alone check guard A M T V", shown, " ")
            for (i = 1; i <= count; i++) {
                others = cell("malloc", bugs[i]) " | " cell("llvm", bugs[i]) " | " cell("apr", bugs[i])
                if (others != "n/a | n/a | n/a")
                    print "| " words(bugs[i]) " | " others " | " cell("expected", bugs[i]) " |"
            }
        }'
}

sums() {
    echo '| | bugs | alone | check | guard | A | M | T | V |'
    echo '|---|---|---|---|---|---|---|---|---|'
    values | rows '
        function sum(title, table, of,    i, j, line, yes, crash, possible) {
            for (i = 1; i <= count; i++)
                possible += value[of, bugs[i], "asan"] != "n/a"
            line = "| " title " | " possible " |"
            for (j = 1; j in tools; j++) {
                is_there = (table, bugs[1], tools[j]) in value
                yes = crash = 0
                for (i = 1; i <= count; i++)
                    if (value[of, bugs[i], "asan"] != "n/a") {
                        yes += value[table, bugs[i], tools[j]] == "yes"
                        crash += value[table, bugs[i], tools[j]] == "crash"
                    }
                line = line " " (is_there ? yes (crash ? " (" crash ")" : "") : "") " |"
            }
            print line
        }
        END {
            split("alone check guard asan msan tsan valgrind", tools, " ")
            sum("malloc", "malloc", "malloc")
            sum("arena, of the same", "expected", "malloc")
            sum("LLVM", "llvm", "llvm")
            sum("arena, of the same", "expected", "llvm")
            sum("APR", "apr", "apr")
            sum("arena, of the same", "expected", "apr")
            sum("arena", "expected", "expected")
        }'
}

# Those of the document, one after the other: they begin with these lines, and end where tables do.
tables_of_document() {
    awk '/^\| bug \| (alone|malloc) \|/ || /^\| \| bugs \|/ { inside = 1 }
        !/^\|/ { inside = 0 }
        inside' ../../docs/debugging.md
}

tables() {
    who_catches_what
    the_same_elsewhere
    sums
}

if [ "${2-}" = --print ]; then
    tables
    exit
fi
there=$(mktemp)
trap 'rm -f "$there"' EXIT
tables_of_document >"$there"
tables | diff "$there" - || {
    echo "failed: < is what docs/debugging.md has, > what follows from the tables"
    exit 1
}
