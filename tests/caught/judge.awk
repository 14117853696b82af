# What a program with a bug came to, of which the output is read:
#
#     no      it ended well, and nothing was said
#     yes     the right thing was reported: the first line is one that `reports` has for this kind of
#             bug, the stack of the report goes through a line that ends with "// bug", and the object
#             is the one that the table has, where one is named
#     crash   it ended otherwise, with no report: by a signal, or by whoever was confused by it
#     wrong   something else was reported; why it is wrong goes to stderr
#
# usage: awk -v bug=NAME -v kind=KIND -v object=OBJECT -v status=STATUS -v own=WHO -v program=FILE
#            -v bugs=FILE -v reports=FILE -v sources=FILE:... -f judge.awk OUTPUT
# KIND and OBJECT are what the table has; WHO is glibc where a message of the C library is a report;
# FILE of bugs is a list of names.

# ----- What is right -----

function read_kinds(    line, words) {
    while ((getline line <reports) > 0) {
        if (split(line, words) < 3 || words[1] != kind)
            continue
        sub(/^[^ ]+ +[^ ]+ +/, "", line)
        if (words[2] in said)
            line = said[words[2]] "|" line
        said[words[2]] = line
    }
}

function read_names(    line) {
    while ((getline line <bugs) > 0)
        is_name[line] = 1
}

# Lines that are marked, but for those in functions of other programs, or of other programs by name.
function read_marks(source,    line, number, function_name, parts) {
    while ((getline line <source) > 0) {
        number++
        if (line ~ /^static .*\(/ && match(line, /[a-z_0-9]+\(/))
            function_name = substr(line, RSTART, RLENGTH - 1)
        if (line !~ /\/\/ bug( of [a-z_]+)?$/)
            continue
        is_ours = !is_name[function_name] || function_name == bug
        if (line ~ / of [a-z_]+$/)
            is_ours = line ~ (" of " bug "$")
        if (is_ours)
            marked[base(source) ":" number] = 1
    }
}

function base(path) {
    sub(/.*\//, "", path)
    return path
}

BEGIN {
    read_kinds()
    read_names()
    count = split(sources, files, ":")
    for (i = 1; i <= count; i++)
        read_marks(files[i])
}

# ----- What is said -----

# The first report is the one that counts.
function begin_report(who, what) {
    if (!reporter) {
        reporter = who
        first = what
        stack = who == "arena" ? "none" : "awaited"
    }
}

/^arena: / { begin_report("arena", substr($0, 8)) }
/(ERROR|WARNING): (Address|Leak|Memory|Thread)Sanitizer: / && !/: SEGV on / {
    what = $0
    sub(/.*Sanitizer: /, "", what)
    begin_report(tool_of($0), what)
}
/^==[0-9]+== [^ ]/ && !/Process terminating|Thread [0-9]+:/ {
    what = $0
    sub(/^==[0-9]+== /, "", what)
    begin_report("valgrind", what)
}
/^==[0-9]+==  Address .* is not stack/ { is_of_nothing = 1 }
/^==[0-9]+== Process terminating .* signal 11/ { is_fault = 1 }
own == "glibc" && /(\(\): |double free)/ { begin_report("glibc", $0) }

function tool_of(line) {
    return line ~ /Memory/ ? "msan" : line ~ /Thread/ ? "tsan" : "asan"
}

# The stack of what happened: a tool's first one, for a race the one of the other access too, and of our
# own the one that says so.
/^  (used|called|rewound) at$/ && stack == "none" { stack = "awaited"; next }
/^    #[0-9]+ |^==[0-9]+==    (at|by) / {
    if (stack == "awaited")
        stack = "here"
    if (stack == "here") {
        frames++
        look_at_frame()
    }
    next
}
stack == "here" { stack = reporter == "tsan" && stacks++ == 0 ? "awaited" : "over" }

# Inlined functions have a line each.
function look_at_frame(    place, command) {
    if (index($0, "(" base(program) "+0x") && $0 !~ /\.(c|h|cpp):[0-9]/) {
        match($0, /0x[0-9a-f]+\)$/)
        command = "addr2line -ie '" program "' " substr($0, RSTART, RLENGTH - 1)
        while ((command | getline place) > 0)
            look_at_place(place)
        close(command)
    } else {
        look_at_place($0)
    }
}

function look_at_place(place) {
    if (reporter == "arena" && frames == 1 && place ~ /\/src\/(core|watch)\//)
        is_inside = 1
    if (match(place, /[a-z_]+\.(c|h|cpp):[0-9]+/) && marked[substr(place, RSTART, RLENGTH)])
        is_at_bug = 1
}

# ----- Which object is named, as OFFSET_WHERE_SIZE_of_ARENA -----

reporter && !named && / bytes (before|after the end of|into)$/ {
    offset = $3 "_" ($5 == "after" ? "after" : $5) "_"
}
reporter && !named && /^  [0-9]+ bytes at 0x[0-9a-f]+ of arena / {
    named = offset $1 "_of_" arena_in($0)
}
/ is in a block, and in no object, of$/ { is_in_block = 1 }
reporter && !arena && /^  arena ".*" \(0x/ { arena = arena_in($0) }

function arena_in(line) {
    sub(/^[^"]*"/, "", line)
    sub(/".*/, "", line)
    gsub(/ /, "_", line)
    return line
}

# A tool that knows blocks of malloc; what it says of blocks in which arenas have objects says nothing.
object !~ /_of_/ && reporter && !named && /is located [0-9]+ bytes .*[0-9]+-byte region/ {
    named = $4 "_" ($6 == "inside" ? "into" : $6 == "before" || $8 == "left" ? "before" : "after")
    match($0, /[0-9]+-byte/)
    named = named "_" substr($0, RSTART, RLENGTH - 5)
}
object !~ /_of_/ && reporter && !named && /Address 0x.* is [0-9,]+ bytes .* block of size / {
    line = $0
    gsub(/,/, "", line)
    split(line, words)
    match(line, /size [0-9]+/)
    named = words[5] "_" (words[7] == "inside" ? "into" : words[7]) "_" substr(line, RSTART + 5, RLENGTH - 5)
}

# ----- The verdict -----

# A report may say less than the table: no offset, or only in whose block the address is. Who knows no
# objects says nothing of them, as Valgrind does where blocks of malloc have objects in them.
function is_object_right(    got) {
    got = named ? named : arena
    if (object == "-" || got == object)
        return 1
    if (got == "")
        return reporter ~ /msan|tsan|glibc/ || (reporter == "valgrind" && object ~ /_of_/)
    if (object !~ /_of_/)
        return got ~ ("^(" object ")$")
    return !offset && (named || is_in_block) && object ~ ("_" escaped(got) "$")
}

function escaped(text) {
    gsub(/[()]/, "[&]", text)
    return text
}

function wrong(why) {
    print bug ": " why " (" reporter ": " first ")" >"/dev/stderr"
    return "wrong"
}

function verdict() {
    if (reporter == "valgrind" && is_of_nothing && is_fault) # it says what the signal says
        return "crash"
    if (!reporter)
        return status == 0 ? "no" : "crash"
    if (status == 0)
        return wrong("the program ended well in spite of the report")
    if (!(reporter in said) || first !~ ("^(" said[reporter] ")"))
        return wrong("no report of this kind of bug")
    if (stack != "none" && reporter != "glibc" && !is_at_bug)
        return wrong("not at the line of the bug")
    if (is_inside)
        return wrong("the stack begins within the library")
    if (!is_object_right())
        return wrong("not of " object ", but of " (named ? named : arena))
    return "yes"
}

END { print bug, verdict() }
