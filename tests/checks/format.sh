#!/bin/sh
# The C files are formatted as .clang-format says.
# usage: format.sh ROOT

exec "$1/script/format" --check
