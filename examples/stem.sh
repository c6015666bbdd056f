#!/bin/sh
# The first layers of a residual network, the channels of the normalisation read off the incoming shape.
set -eu
linscope analyze "[B=1,3,224,224] -> Conv2d(3,64,7,stride=2,padding=3,bias=False) -> BatchNorm2d(_) -> ReLU
  -> MaxPool2d(3,stride=2,padding=1) -> [B,64,56,56]"
