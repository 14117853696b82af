#!/bin/sh
# Builds and runs both programs, as C and as C++, in a Meson project that has the sources as a
# subproject, static and shared; and looks whether Meson and CMake build the same files.
# usage: meson.sh ROOT SCRATCH

set -eu
command -v meson >/dev/null || {
    echo "skipped: meson is not here"
    exit 77
}
root=$1 scratch=$2
here=$(cd "$(dirname "$0")" && pwd)

# Of CMake, what a library with an operating system has.
files() {
    grep -o 'src/[a-z]*/[a-z_0-9]*\.c' "$1" | grep -v source_none | sort -u
}
rm -rf "$scratch"
mkdir -p "$scratch/subprojects"
files "$root/CMakeLists.txt" >"$scratch/cmake"
files "$root/meson.build" >"$scratch/meson"
diff "$scratch/cmake" "$scratch/meson" || {
    echo "failed: < is built by CMake, > by Meson"
    exit 1
}

ln -s "$root" "$scratch/subprojects/arena"
"$here/header_program.sh" "$root/include/arena/arena.h" >"$scratch/header_program.c"
cp "$here/mission.c" "$scratch"
for program in mission header_program; do
    cp "$scratch/$program.c" "$scratch/$program.cpp"
done
cat >"$scratch/meson.build" <<'END'
project('consumer', 'c', 'cpp', default_options: ['c_std=c11', 'cpp_std=c++11'])
arena = dependency('arena', fallback: ['arena', 'arena_dep'])
foreach program : ['mission', 'header_program']
  foreach language : ['c', 'cpp']
    test(program + '.' + language,
      executable(program + '_' + language, program + '.' + language, dependencies: arena))
  endforeach
endforeach
END

# What it says is shown if it fails.
quiet_meson() {
    meson "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        exit 1
    }
}
for kind in static shared; do
    build=$scratch/$kind
    quiet_meson setup "$build" "$scratch" --wrap-mode=forcefallback --fatal-meson-warnings \
        -Ddefault_library=$kind -Darena:default_library=$kind -Darena:werror=true
    quiet_meson compile -C "$build"
    quiet_meson test -C "$build"
    test "$("$build/mission_c")" = "hello world"
    test "$("$build/header_program_cpp")" = "(0, 0)"
    echo "ok: both programs as C and as C++, $kind library, Meson"
done
