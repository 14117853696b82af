#!/bin/sh
# The shell scripts pass shellcheck.
# usage: scripts.sh ROOT

command -v shellcheck >/dev/null || {
    echo "skipped: shellcheck is not here"
    exit 77
}
cd "$1" || exit 1
# shellcheck disable=SC2046 # no script's name has a space in it
set -- $(grep -rlE --exclude-dir=build '^(#!.*[/ ](ba)?sh|# shellcheck shell=)' script .ci debian examples tests bench tools)
# Where it says $ in single quotes it means it.
shellcheck --external-sources --exclude=SC2016 "$@"
