#!/bin/sh
# Two versions of a model side by side, and a limit for CI: the exit code is 1 where MACs grew by more than 5%.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

linscope analyze -o "$folder/before.json" \
  "[1,3,32,32] -> Conv2d(3,16,3,padding=1) -> ReLU -> Flatten -> Linear(16384,10)"

linscope compare --fail-on-increase macs=5% --fail-on-increase memory "$folder/before.json" \
  "[1,3,32,32] -> Conv2d(3,16,3,padding=1) -> ReLU -> MaxPool2d(2) -> Flatten -> Linear(4096,10)"
