#!/bin/sh
# A newcomer's first minutes with the library in each of its forms, on a bare Debian, as root: installs what
# each form needs and no more, does what the README says, and builds and runs the programs. For
# script/try-fresh-root, since it installs things.
# usage: newcomer.sh

set -eu
cd "$(dirname "$0")/../.."
here=$PWD/tests/consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# form NAME PACKAGE... -- COMMAND...: what installing says is shown if it fails.
form() {
    name=$1 packages=
    shift
    while [ "$1" != -- ]; do
        packages="$packages $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages \
        >"$work/log" 2>&1 </dev/null || {
        cat "$work/log"
        exit 1
    }
    begin=$(date +%s)
    "$@"
    echo "== $name: $(($(date +%s) - begin)) s, with$packages"
}

install_by_hand() {
    make PREFIX=/opt/arena install >"$work/log" || {
        cat "$work/log"
        exit 1
    }
}

# Debian's packages are those of another machine as far as they know: nothing is left of what was built.
use_packages() {
    script/deb "$work/deb"
    rm -rf /opt/arena
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$work"/deb/*[01]_*.deb \
        "$work"/deb/libarena-d*.deb "$work"/deb/arena-tools_*.deb man-db >"$work/log" 2>&1 </dev/null || {
        cat "$work/log"
        exit 1
    }
    for test in pkg-config cmake tools; do
        AUTOPKGTEST_TMP=$work debian/tests/$test
    done
    man arena_alloc >/dev/null
}

apt-get update -qq >/dev/null
form "two files, one header" gcc g++ libc6-dev python3 -- "$here/single.sh" "$PWD" "$work/single"
form "make install" make cmake -- install_by_hand
form "pkg-config" pkg-config -- "$here/pkgconfig.sh" /opt/arena "$work/pkgconfig"
form "CMake, find_package" -- "$here/cmake.sh" /opt/arena "$work/cmake"
form "CMake, add_subdirectory" -- "$here/cmake.sh" "$PWD" "$work/subdirectory"
form "CMake, FetchContent" git -- "$here/fetch.sh" "$PWD" "$work/fetch"
form "Meson" meson -- "$here/meson.sh" "$PWD" "$work/meson"
form "Debian packages" -- use_packages
