#!/bin/sh
# What cparse shows of an arena: on a unit that includes every standard and POSIX header found
# here, and on all sources of this project.
#
#     examples/cparse/demo.sh CPARSE DIRECTORY
#
# Needs `cc` alone. Leaves DIRECTORY/demo.svg.
set -eu

cparse=$1
output=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
unit=$output/demo.c
mkdir -p "$output"

headers="assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdalign stdarg stdatomic stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath
    threads time uchar wchar wctype aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob
    grp iconv langinfo libgen monetary mqueue ndbm net/if netdb netinet/in netinet/tcp nl_types poll
    pthread pwd regex sched search semaphore spawn strings stropts sys/ipc sys/mman sys/msg
    sys/resource sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times
    sys/types sys/uio sys/un sys/utsname sys/wait syslog tar termios trace ulimit unistd utime utmpx
    wordexp"

# A header is in if the unit still compiles with it.
make_unit() {
    echo '#define _XOPEN_SOURCE 700' > "$unit"
    echo '#define _DEFAULT_SOURCE 1' >> "$unit"
    for header in $headers; do
        { cat "$unit"; echo "#include <$header.h>"; } > "$unit.next.c"
        if cc -w -fsyntax-only "$unit.next.c" 2> /dev/null; then
            mv "$unit.next.c" "$unit"
        fi
    done
    rm -f "$unit.next.c"
}

make_unit
echo "A unit that includes $(grep -c '^#include' "$unit") standard and POSIX headers"
echo
"$cparse" --svg "$output/demo.svg" "$unit"
echo
"$cparse" --compare "$unit"
echo
echo "Teardown, when there is more and more to tear down: an arena gives back its blocks, malloc"
echo "takes back the nodes."
echo
"$cparse" --growth "$unit"
echo

set --
for file in $(cd "$root" && find src examples tests -name '*.c' | sort); do
    if cc -w -fsyntax-only -I "$root/include" -I "$root/src" "$root/$file" 2> /dev/null; then
        set -- "$@" "$root/$file"
    fi
done
echo "The sources of this project"
echo
"$cparse" --compare -I "$root/include" -I "$root/src" "$@"
echo
echo "The arenas of the first unit are drawn in $output/demo.svg"
