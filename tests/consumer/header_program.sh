#!/bin/sh
# Prints the program at the top of arena.h.
# usage: header_program.sh HEADER

awk '
    /^\/\/     / { inside = 1 }
    inside && /^\/\/ [^ ]/ { exit }
    inside { sub(/^\/\/ ? ? ? ? ?/, ""); print }' "$1"
