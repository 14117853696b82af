#!/bin/sh
# Runs a program of the system with and without arena-run: it writes the same, in the same files, and
# ends with the same status.
# usage: run.sh ARENA-RUN DIRECTORY PROGRAM     DIRECTORY is made anew
set -u

run=$1
directory=$(realpath -m "$2")
program=$3
here=$(realpath "$(dirname "$0")")
root=$here/../..

find_program() { # NAME...
    for name; do
        command -v "$name" && return
    done
    echo "skipped: $1 is not here" >&2
    return 1
}

# Each is called in an empty directory. $with is arena-run, or nothing.
do_cc() { # COMPILER
    for source in core/alloc memory/source_heap watch/picture; do
        $with "$1" -O2 -g -std=c11 -I"$root/include" -I"$root/src" -c "$root/src/$source.c" \
            -o "$(basename "$source").o" -fdebug-prefix-map="$PWD"=. || return
    done
    echo 'int main(void) { return undeclared; }' | $with "$1" -x c -c -o bad.o - 2>&1
}

do_gcc() {
    do_cc gcc
}

do_clang() {
    do_cc clang
}

do_python3() {
    $with python3 -c '
import ast, collections, json, re, subprocess, sys, threading

words = collections.Counter(re.findall(r"\w+", " ".join(str(i * i % 9973) for i in range(60000))))
print(sorted(words.items())[:20], len(words))
tree = ast.parse("\n".join("def f%d(x): return x + %d" % (i, i) for i in range(500)))
print(len(ast.dump(tree)), len(json.dumps(dict(words), indent=1)))

results = {}
def work(seed):
    results[seed] = sum(len(bytes(i % 70000)) for i in range(seed, 3000, 7))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(results.items()))
print(subprocess.run(["sh", "-c", "echo $((6 * 7)); exit 3"], capture_output=True))
sys.exit(5)
'
}

do_perl() {
    $with perl -e '
        my %words;
        for my $i (1 .. 50000) { push @{$words{$i * $i % 997}}, "word $i"; }
        my $text = join("\n", map { "$_: " . join(",", @{$words{$_}}) } sort keys %words);
        $text =~ s/word (\d+)/<$1>/g;
        print length($text), "\n", substr($text, 0, 2000), "\n";
        my @lines = sort { length($a) <=> length($b) || $a cmp $b } split(/\n/, $text);
        print "$lines[0]\n$lines[-1]\n";
        my $child = fork();
        if ($child == 0) { my @more = map { "x" x $_ } 1 .. 2000; exit(scalar(@more) % 7); }
        waitpid($child, 0);
        print $? >> 8, "\n";
        die "the end\n";'
}

do_git() {
    export GIT_CONFIG_NOSYSTEM=1 HOME="$PWD" GIT_AUTHOR_DATE='1000000000 +0000'
    export GIT_COMMITTER_DATE='1000000000 +0000'
    $with git init -q -b main repository || return
    cd repository || return
    git config user.name somebody
    git config user.email somebody@example.com
    for i in 1 2 3 4 5 6; do
        mkdir -p "directory$i"
        seq "$i" "$i" 3000 >"directory$i/numbers"
        seq "$i" 7 2000 >numbers
        $with git add . && $with git commit -q -m "number $i" || return
    done
    $with git log --stat -p
    $with git diff HEAD~3
    $with git blame numbers | head -n 20
    $with git repack -q -a -d
    $with git fsck --strict
    $with git archive HEAD | cksum
    $with git log nowhere
}

do_lua() {
    $with "$(find_program lua lua5.4 lua5.3)" - <<'END'
local words = {}
for i = 1, 100000 do
    words[i * i % 9973] = (words[i * i % 9973] or "") .. string.char(65 + i % 26)
end
local lines = {}
for i = 0, 9972 do if words[i] then lines[#lines + 1] = i .. words[i] end end
table.sort(lines)
print(#lines, table.concat(lines, " "))
error("the end")
END
}

do_sqlite3() {
    $with sqlite3 base <<'END'
create table numbers(n integer primary key, square text);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 50000)
    insert into numbers select n, printf('%08d', n * n % 9973) from c;
create index squares on numbers(square);
select square, count(*), group_concat(n, ',') from numbers group by square order by 2 desc, 1 limit 50;
delete from numbers where n % 3 = 0;
vacuum;
select count(*), sum(length(hex(randomblob(100)))) from numbers a join numbers b using (square);
pragma integrity_check;
select * from nowhere;
END
}

do_make() {
    cat >Makefile <<'END'
numbers := $(shell seq 1 300)
names := $(foreach n,$(numbers),$(n).out)
all: $(names)
	@cat $^ | cksum
	@echo $(words $(sort $(foreach a,$(numbers),$(addsuffix $(a),x y z))))
%.out:
	@echo $* $(patsubst %,a%b,$(wordlist 1,50,$(numbers))) >$@
bad:
	@exit 7
END
    $with make -j 4
    $with make bad 2>&1
}

do_sort() {
    awk 'BEGIN { for (i = 0; i < 300000; i++) print i * 7919 % 300007, i }' >numbers
    for threads in 1 4; do
        $with sort --parallel=$threads -S 8M -n numbers | cksum
        $with sort --parallel=$threads -S 64M -k2r numbers | cksum
    done
    $with sort nowhere
}

# In a directory of the same name each time, since some programs write that down.
work() { # SUBDIRECTORY
    mkdir -p "$directory/work"
    (
        cd "$directory/work" || exit 99
        "do_$program" >output 2>errors </dev/null
        echo "status $?" >>output
    )
    mv "$directory/work" "$directory/$1"
}

if [ "$program" = lua ]; then
    find_program lua lua5.4 lua5.3 >/dev/null || exit 77
else
    find_program "$program" >/dev/null || exit 77
fi

rm -rf "$directory"
with=
work without
with=$run
work with

# Random numbers have to stay out, and times of files.
diff -r "$directory/without" "$directory/with" -x index -x base || {
    echo "failed: $program writes something else with arena-run"
    exit 1
}
grep -E '^status' "$directory/with/output"

# What did nothing at all would be the same, too.
test "$(wc -c <"$directory/with/output")" -gt 50 || {
    echo "failed: $program has not done what it was to do"
    exit 1
}
"$run" cat /proc/self/maps | grep -q libarena-malloc.so
