#!/bin/sh
# The main example: one layer, its shapes, its 8 parameters and its 768 MACs.
set -eu
linscope analyze "[32,3,4] -> Linear(4,2)"
