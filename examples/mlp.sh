#!/bin/sh
# A multi-layer perceptron with biases: 652 parameters, 1,800 MACs.
set -eu
linscope analyze --explain none \
  "[3,10] -> Linear(10,50,bias=True) -> ReLU -> Linear(50,2,bias=True) -> [3,2]"
