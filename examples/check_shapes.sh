#!/bin/sh
# A shape check for CI: the exit code is 0 where every asserted shape came out, 1 where one did not.
set -u
failed=0
check() {
    if linscope analyze --format plain --explain none "$1" >/dev/null; then
        echo "ok      $1"
    else
        echo "failed  $1"
        failed=1
    fi
}

check "[B=32,3,4] -> Linear(4,2) -> [B,3,2]"
check "[8,3,32,32] -> Conv2d(3,16,3,padding=1) -> MaxPool2d(2) -> [8,16,16,16]"
check "[8,16,4,4] -> Flatten -> Linear(256,10) -> [8,10]"
exit $failed
