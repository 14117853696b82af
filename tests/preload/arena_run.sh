#!/bin/sh
# What arena-run does itself, and what the tools of ARENA_OPTIONS see of a program that it runs.
# usage: arena_run.sh ARENA-RUN SPENDER ARENA-REPLAY DIRECTORY     DIRECTORY is made anew
set -u

run=$1
spender=$2
replay=$3
directory=$4
failed=0

complain() {
    echo "failed: $*"
    failed=1
}

status_is() { # STATUS COMMAND...
    wanted=$1
    shift
    "$@" >output 2>&1
    status=$?
    [ "$status" -eq "$wanted" ] || complain "$* ended with $status, not $wanted: $(cat output)"
}

# The last output has a line like that.
output_has() { # PATTERN
    grep -Eq -- "$1" output || complain "nothing like \"$1\" in: $(head -n 20 output)"
}

# The bytes of stacks that end in a function.
bytes_of() { # FUNCTION FILE
    awk -v end=";$1" '{
        stack = $0
        sub(/ [0-9]+$/, "", stack)
        if (substr(stack, length(stack) - length(end) + 1) == end) sum += $NF
    } END { print sum + 0 }' "$2"
}

is_about() { # FUNCTION FILE BYTES
    bytes=$(bytes_of "$1" "$2")
    if [ "$bytes" -lt "$(($3 * 8 / 10))" ] || [ "$bytes" -gt "$(($3 * 12 / 10))" ]; then
        complain "$1 has $bytes bytes in $2, not about $3"
    fi
}

rm -rf "$directory"
mkdir -p "$directory"
cd "$directory" || exit 1
unset ARENA_OPTIONS LD_PRELOAD

# ----- The program -----

status_is 0 "$run" --help
output_has '^usage: arena-run PROGRAM'
status_is 125 "$run"
status_is 125 "$run" --nothing
status_is 127 "$run" ./not-there
echo not a program >not-a-program
status_is 126 "$run" ./not-a-program
status_is 7 "$run" sh -c 'exit 7'
status_is 0 "$run" -- printf '%s|' 'a b' '' '*'
grep -qxF 'a b||*|' output || complain "arguments have changed: $(cat output)"
status_is 0 "$run" sh -c 'cat /proc/self/maps'
output_has libarena-malloc.so

# Another library stays, and comes after.
status_is 0 env LD_PRELOAD=libm.so.6 "$run" sh -c 'echo "$LD_PRELOAD"; cat /proc/self/maps'
output_has 'libarena-malloc.so:libm.so.6$'
output_has ' [^ ]*/libm[^ ]*$'

# The loader would split such a path.
mkdir 'a b' nowhere
cp "$run" "$(dirname "$run")/libarena-malloc.so" 'a b'
status_is 125 './a b/arena-run' true
cp "$run" nowhere
status_is 125 nowhere/arena-run true
ln -s "$run" linked
status_is 0 ./linked true

# ----- The tools -----

status_is 0 env ARENA_OPTIONS=stats "$run" "$spender" spend
output_has '^ +[0-9]+ .* 2 +2 +0 +0 +0  malloc$'
output_has '^ +101[0-9]{5} .* 12 +1 +0 +0 +0  malloc, large$' # stdout has one

# What was freed is there still, but for large objects.
for kind in profile profile.live; do
    status_is 0 env ARENA_OPTIONS="interval=1000:profile=$kind.folded" "$run" "$spender" spend
    is_about spend_small $kind.folded 2150000
    is_about free_in_turn $kind.folded 1010000
done
is_about spend_large profile.folded 10000000
is_about spend_large profile.live.folded 0

status_is 0 env ARENA_OPTIONS=trace=trace "$run" "$spender" spend
status_is 0 "$replay" --list trace
output_has '^malloc, large +heap +12 '
output_has '^malloc +heap +2 +21[0-9]{3} '
status_is 0 "$replay" --verify trace
output_has '^the same '

# Small objects are looked at by the guard; large ones by the checker too, when they are freed.
status_is 134 env ARENA_OPTIONS=check "$run" "$spender" large
output_has 'somebody wrote after the end of an object'
output_has '#0 main'
for options in guard check:guard; do
    for size in small large; do
        status_is 139 env ARENA_OPTIONS=$options "$run" "$spender" $size
        output_has 'is 0 bytes after the end'
        output_has '#0 main'
        output_has '#0 write_after_end'
    done
    status_is 139 env ARENA_OPTIONS=$options "$run" "$spender" freed
    output_has 'somebody used memory that was taken back'
    output_has '#0 write_after_end'
done
for options in nocheck check guard=2; do
    status_is 0 env ARENA_OPTIONS=$options "$run" "$spender" spend
    output_has '^done$'
done

exit "$failed"
