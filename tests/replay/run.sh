#!/bin/sh
# Tests arena-replay.
# usage: run.sh ARENA-REPLAY DAMAGED WORK CPARSE RANDOM-MODEL
set -eu

command -v python3 >/dev/null || {
    echo "skipped: python3 is not here"
    exit 77
}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$3"
python3 -B "$here/make.py" >"$3/everything.trace"
"$2" "$3/everything.trace" "$3/damaged.trace"
python3 -B "$here/test.py" "$1" "$3" "$4" "$5"
