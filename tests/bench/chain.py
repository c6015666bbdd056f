"""Whether the cost is linear in the number of layers. Run it: ``python tests/bench/chain.py [ROUNDS]``."""

from __future__ import annotations

import sys

from timing import in_turn

import linscope
from linscope.render import Look, render

STEP = " -> Linear(4,4)"


def main(rounds: int) -> None:
    texts = {n: "[2,4]" + STEP * n for n in (1_000, 10_000)}
    for name, work in (
        ("parse", lambda text: linscope.parse(text)),
        ("analyze", lambda text: linscope.analyze(text, crosscheck=False)),
        ("analyze and render a table", lambda text: render(linscope.analyze(text, crosscheck=False), "table", Look())),
    ):
        long, short = (lambda _, t=texts[n], w=work: w(t) for n in (10_000, 1_000))
        ratio = in_turn(long, short, rounds, warm_up=1)
        print(ratio.line(f"{name}: 10,000 layers, 1,000 layers", 10))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
