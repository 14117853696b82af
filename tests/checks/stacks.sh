#!/usr/bin/env bash
# What stacks in a report say: functions that a program keeps to itself have names, however it was linked,
# and those of the library are left out; without names there are places. And that a file which is damaged
# is only one without names.
# usage: stacks.sh ROOT SCRATCH LIBRARY C-COMPILER

set -eu
root=$1
mkdir -p "$2"
work=$(mktemp -d "$2/stacks-XXXXXX")
library=$(realpath "$3")
compiler=$4
trap 'rm -rf "$work"' EXIT

cat >"$work/program.c" <<'PROGRAM'
#include <arena/arena.h>

#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline))

static void *volatile kept;

// Its name is nobody's else.
static APART void *arena_of_the_program(Arena *arena)
{
    kept = arena_alloc(arena, 24);
    return kept;
}

static APART void *make_node(Arena *arena, int depth)
{
    kept = depth > 0 ? make_node(arena, depth - 1) : arena_of_the_program(arena);
    return kept;
}

int main(int count, char **words)
{
    Arena *arena = arena_create(0);
    if (!arena)
        return 1;
    int depth = count > 1 ? atoi(words[1]) : 0;
    char *node = depth < 0 ? arena_strdup(arena, "a text of 23 characters") : make_node(arena, depth);
    memset(node, 0, 25);
    arena_destroy(arena);
    return 0;
}
PROGRAM

fail() {
    echo "failed: $*"
    cat "$work/report"
    exit 1
}

# A program that is linked so, and its report.
report() { # DEPTH FLAGS...
    depth=$1
    shift
    "$compiler" -O1 -w -I"$root/include" "$work/program.c" "$library" -lpthread -ldl -o "$work/program" "$@" ||
        return 1
    ARENA_OPTIONS=check "$work/program" "$depth" >"$work/report" 2>&1 && fail "nothing was found"
    grep -q 'somebody wrote after the end of an object' "$work/report" || fail "another report"
}

expect() {
    grep -q -e "$1" "$work/report" || fail "no '$1' in the report"
}

for flags in '' -rdynamic -no-pie -static; do
    # shellcheck disable=SC2086 # none, or one
    report 1 $flags 2>/dev/null || {
        echo "skipped: programs cannot be linked with $flags here"
        continue
    }
    expect '#0 arena_of_the_program+0x'
    expect '#1 make_node+0x'
    expect '#3 main+0x'
    echo "linked with ${flags:-nothing more}: there are names"
done

report 1 -s
expect '#[0-9]* program+0x'
! grep -q 'make_node' "$work/report" || fail "where is that name from?"
echo "stripped: there are places"

report -1
expect '#0 main+0x'
echo "a copied string: the copy is the library's"

cat >>"$work/program.c" <<'PROGRAM'

static APART void say_goodbye(void *context)
{
    arena_of_the_program(context);
    memset(kept, 0, 25);
}

static __attribute__((constructor)) void end_otherwise(void)
{
    if (!getenv("OTHERWISE"))
        return;
    Arena *arena = arena_create(0), *other = arena_create(0);
    arena_defer(arena, say_goodbye, other);
    arena_reset(arena);
    arena_destroy(other);
}
PROGRAM
OTHERWISE=1 report 1
expect '#0 arena_of_the_program+0x'
expect '#1 say_goodbye+0x'
echo "a deferred call: it is the program's, and who called it is shown"

report 200
expect '#3 make_node+0x'
expect '^    \.\.\.$'
echo "200 frames: it says that there are more"

# The table of sections, which is at the end, is cut off, or is somewhere else. The program runs as before.
for damage in cut moved; do
    report 1
    cp "$work/program" "$work/damaged"
    size=$(stat -c %s "$work/program")
    case $damage in
    cut) truncate -s $((size - 2000)) "$work/damaged" ;;
    moved) printf '\377\377\377\377\377\377\377\177' | dd of="$work/damaged" bs=1 seek=40 conv=notrunc 2>/dev/null ;;
    esac
    ARENA_OPTIONS=check "$work/damaged" 1 >"$work/report" 2>&1 && fail "nothing was found"
    expect '#[0-9]* damaged+0x'
    echo "damaged ($damage): there are places"
done
