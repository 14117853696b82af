# shellcheck shell=sh
# To be sourced. What both tests of gdb need.

skip() {
    echo "skipped: $1"
    exit 77
}

# Whoever runs the tests may have settings of their own.
# shellcheck disable=SC2154 # `scratch` is set by who sources this
run_gdb() {
    HOME=$scratch gdb -nx -batch -iex "set debuginfod enabled off" "$@" </dev/null 2>&1
}

command -v gdb >/dev/null || skip "gdb is not here"
gdb -nx -batch -ex "python print(6 * 7)" 2>&1 | grep -qx 42 || skip "gdb has no Python"
