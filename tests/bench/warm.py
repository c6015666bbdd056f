"""How long one more analysis takes in a process that is warm. Run it: ``python tests/bench/warm.py [ROUNDS]``.

Against building the same layer and calling ``thop.profile`` on it; without explanation and cross-check.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import thop
import torch
from timing import in_turn
from torch import nn

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS: tuple[tuple[str, str, Callable[[], nn.Module], tuple[int, ...]], ...] = (
    ("Linear(4,2)", "3,4", lambda: nn.Linear(4, 2, bias=False), (3, 4)),
    ("nn.Linear(512,512)", "3,512", lambda: nn.Linear(512, 512), (3, 512)),
    ("Conv2d(3,8,3)", "3,16,16", lambda: nn.Conv2d(3, 8, 3), (3, 16, 16)),
    ("Conv2d(64,64,3,padding=1)", "64,28,28", lambda: nn.Conv2d(64, 64, 3, padding=1), (64, 28, 28)),
    ("BatchNorm2d(8)", "8,4,4", lambda: nn.BatchNorm2d(8), (8, 4, 4)),
    ("LSTM(16,16)", "4,16", lambda: nn.LSTM(16, 16), (4, 16)),
)
BATCHES = 40


def main(rounds: int) -> None:
    for layer, tail, build, shape in LAYERS:

        def ours(i: int, layer: str = layer, tail: str = tail) -> None:
            linscope.analyze(f"[{1 + i % BATCHES},{tail}] -> {layer}", crosscheck=False)

        def theirs(i: int, build: Callable[[], nn.Module] = build, shape: tuple[int, ...] = shape) -> None:
            thop.profile(build(), (torch.randn(1 + i % BATCHES, *shape),), verbose=False)

        ratio = in_turn(ours, theirs, rounds, warm_up=2 * BATCHES)
        print(ratio.line(f"{layer}, build and thop.profile", 1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
