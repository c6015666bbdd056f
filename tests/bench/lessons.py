"""What a lesson costs from a cold start. Run it: ``python tests/bench/lessons.py [ROUNDS]``.

Against ``import torch``: a lesson analyses its spec, runs its program, and draws what came of it.
"""

from __future__ import annotations

import sys

from timing import command, in_turn, process

LESSONS = ("transpose", "parameter-vs-linear", "flatten", "initialization", "backward", "convolution", "attention")


def main(rounds: int) -> None:
    linscope = command("linscope")
    torch = process([sys.executable, "-c", "import torch"])
    for name in LESSONS:
        ours = process([linscope, "explain", name])
        print(in_turn(ours, torch, rounds).line(f"linscope explain {name}, import torch", 1.25))
    ours = process([linscope, "explain", "transpose", "--lang", "zh"])
    print(in_turn(ours, torch, rounds).line("the same in Chinese, import torch", 1.25))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
