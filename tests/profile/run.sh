#!/usr/bin/env bash
# Profiles of a program that is known, in the hands of those who read them: pprof, gzip and
# flamegraph.pl. And that the sums are right: the largest error of ten runs.
#
#     run.sh KNOWN WHAT     WHAT: pprof, folded, sums or files

set -eu
known=$1
what=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset PPROF_TMPDIR
export PPROF_TOOLS='' HOME="$work"

fail() {
    echo "$*"
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

# The program with these options, and what it says it has allocated for an arena.
run() {
    ARENA_OPTIONS=$1 "$known" "${@:2}" >said 2>errors || fail "it failed: $(cat errors)"
    ! [ -s errors ] || fail "it said: $(cat errors)"
}

said() {
    sed -n "s/^$1 //p" said
}

# Bytes of an arena in collapsed stacks, or of all.
folded() {
    awk -v begin="arena $2" 'index($0, begin) == 1 { sum += $NF } END { printf "%.0f\n", sum }' "$1"
}

find_pprof() {
    if command -v pprof >/dev/null; then
        pprof=(pprof)
    elif command -v go >/dev/null; then
        pprof=(go tool pprof)
    else
        skip "there is no pprof (golang-go on Debian)"
    fi
}

# With an interval of one byte every object is noted, and all sums are exact.
check_pprof() {
    find_pprof
    command -v gzip >/dev/null || skip "there is no gzip"
    run profile=all.pb.gz:interval=1 20000
    gzip -t all.pb.gz || fail "this is not what gzip writes"
    total=$(($(said tokens) + $(said nodes)))
    "${pprof[@]}" -top -unit=B -sample_index=alloc_space "$known" all.pb.gz >top 2>&1 ||
        fail "pprof refused it: $(cat top)"
    grep -q "of ${total}B total" top || fail "pprof has another sum than $total: $(cat top)"
    grep -q "$(said tokens)B .* make_tokens" top || fail "make_tokens is not there: $(cat top)"
    ! grep -q 'arena_\|watched' top || fail "functions of the library are there: $(cat top)"
    "${pprof[@]}" -tags -unit=B -sample_index=alloc_space "$known" all.pb.gz >tags 2>&1
    for arena in tokens nodes; do
        grep -q "$(said $arena)\(\.0\)\?B .*: $arena" tags || fail "no tag $arena: $(cat tags)"
    done
    "${pprof[@]}" -top -sample_index=alloc_objects "$known" all.pb.gz >objects 2>&1
    grep -q 'of 20200 total' objects || fail "pprof has another number of objects: $(cat objects)"
    for index in peak_objects peak_space inuse_objects inuse_space; do
        "${pprof[@]}" -top -sample_index=$index "$known" all.pb.gz >top 2>&1 ||
            fail "pprof has no $index: $(cat top)"
    done
    cp "$known" $'b\xe2\x82\xac, and b\xe2\x82d'
    ARENA_OPTIONS=profile=bytes.pb.gz:interval=1 ./$'b\xe2\x82\xac, and b\xe2\x82d' 1000 >said
    gzip -dc bytes.pb.gz | grep -aq $'/b\xe2\x82\xac, and b??d' || fail "a name is not in UTF-8"
    "${pprof[@]}" -raw all.pb.gz >raw 2>&1
    grep -q "$(basename "$known")" raw || fail "the file of the program is not there"
}

check_folded() {
    run profile=all.folded:interval=1 20000
    for arena in tokens nodes; do
        [ "$(folded all.folded "$arena;")" = "$(said $arena)" ] || fail "not all of $arena is there"
    done
    grep -q '^arena tokens;.*main;.*make_tokens [0-9]*$' all.folded ||
        fail "make_tokens is not called by main: $(cat all.folded)"
    drawer=$(command -v flamegraph.pl || echo /usr/share/perl5/Devel/NYTProf/flamegraph.pl)
    [ -e "$drawer" ] || skip "there is no flamegraph.pl (libdevel-nytprof-perl on Debian)"
    perl "$drawer" --countname=bytes all.folded >all.svg || fail "flamegraph.pl refused it"
    grep -q '<title>make_tokens (' all.svg || fail "make_tokens is not in the picture"
}

# As it is where nobody says how often: every run, and all together, where samples come less often than
# they might, are off by four times the usual error once in ten thousand times.
check_sums() {
    sum=0 sum_found=0
    for i in 1 2 3 4 5 6 7 8 9 10; do
        run profile=sum.folded 34000000
        for arena in tokens nodes; do
            echo "$i: $arena $(said $arena), estimated $(folded sum.folded "$arena;")"
        done
        total=$(($(said tokens) + $(said nodes)))
        found=$(folded sum.folded '')
        echo "$i: $total, estimated $found"
        is_within 10 "$found" "$total"
        sum=$((sum + total)) sum_found=$((sum_found + found))
    done
    is_within 4 "$sum_found" "$sum"
}

is_within() { # PERCENT ESTIMATE TRUTH
    off=$(($2 > $3 ? $2 - $3 : $3 - $2))
    [ $((off * 100)) -lt $(($3 * $1)) ] || fail "$2 is more than $1 % off $3"
}

check_files() {
    run profile=%p.folded:interval=1 1000 fork
    [ "$(find . -name '*.folded' | wc -l)" = 2 ] || fail "not a file for each process: $(ls)"
    for file in *.folded; do
        [ "$(folded "$file" 'tokens;')" = "$(sed -n 's/^tokens //p' said | head -n 1)" ] ||
            fail "a process has what another one has allocated: $(cat "$file")"
    done
    rm -f ./*.folded
    run profile=one.folded:interval=1 1000 fork
    [ "$(folded one.folded 'tokens;')" = "$(sed -n 's/^tokens //p' said | head -n 1)" ] ||
        fail "the child has written over its parent's"
    ARENA_OPTIONS=profile=/no/such/place "$known" >said 2>errors || fail "it failed"
    grep -q 'no profile' errors || fail "nothing was said of a file that cannot be written"
    ARENA_OPTIONS=profile= "$known" >said 2>errors || fail "it failed"
    grep -q 'means nothing as it is' errors || fail "nothing was said of a profile without a file"
    ARENA_OPTIONS=profile=few%p.folded "$known" 1000 >said 2>errors || fail "it failed"
    grep -q "$(echo few[0-9]*.folded) is made of .* allocations: its sum may be" errors ||
        fail "few were not said to be few: $(cat errors)"
    run profile=many.folded:interval=1 1000
    ARENA_OPTIONS=profile=/dev/full "$known" >said 2>errors || fail "it failed"
    ! [ -e /dev/full ] || grep -q 'was not written' errors || fail "nothing was said of a full disk"
    ARENA_OPTIONS=interval=0 "$known" >said 2>errors
    grep -q 'means nothing' errors || fail "an interval of 0 was taken"
}

case $what in
pprof | folded | sums | files) "check_$what" ;;
*) fail "unknown: $what" ;;
esac
