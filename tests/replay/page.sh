#!/bin/sh
# Tests the page that arena-replay makes, in a browser without a screen.
# usage: page.sh ARENA-REPLAY WORK
set -eu

for tool in chromium chromedriver; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not here"
        exit 77
    }
done

# Debian's package is for Debian's own python3, which need not be the first one.
for python in python3 /usr/bin/python3; do
    if "$python" -c "import selenium" 2>/dev/null; then
        mkdir -p "$2"
        exec "$python" -B "$(dirname "$0")/page.py" "$1" "$2"
    fi
done
echo "skipped: python3 has no selenium here"
exit 77
