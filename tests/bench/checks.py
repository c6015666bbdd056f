"""What 10,000 distinct one-layer checks take. Run it: ``python tests/bench/checks.py [CHECKS] [KIND...]``.

Against building each layer and calling ``thop.profile`` on it, in the same run, in turns of some hundred checks: those
are read from a file of their own, prepared, run, counted and compared. Importing torch is in neither. At the end, all
in one process as a person starts it, and how much memory that takes beside a tenth of them.

Checks run on one thread, and ``thop.profile`` on as many as torch takes: OMP_NUM_THREADS=1 gives both one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import thop
import torch
from timing import in_turn
from torch import nn

from linscope.checking.asking import plan_at
from linscope.checking.suite import Manner, holding_of, run_suite, suite_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TURN = 250
"""Checks in one turn."""


class Kind(NamedTuple):
    """A layer as it is written, what goes in and comes out, and what it comes to; ``build`` makes it for thop."""

    spec: Callable[[int, int], str]
    params: Callable[[int, int], int]
    macs: Callable[[int, int], str]
    build: Callable[[int, int], nn.Module]
    shape: Callable[[int, int, int], tuple[int, ...]]


KINDS = {
    "Linear": Kind(
        lambda a, b: f"[B,3,{a}] -> Linear({a},{b}) -> [B,3,{b}]",
        lambda a, b: a * b,
        lambda a, b: f"B*3*{a}*{b}",
        lambda a, b: nn.Linear(a, b, bias=False),
        lambda a, b, batch: (batch, 3, a),
    ),
    "Conv2d": Kind(
        lambda a, b: f"[B,{a},9,9] -> Conv2d({a},{b},3) -> [B,{b},7,7]",
        lambda a, b: 9 * a * b + b,
        lambda a, b: f"B*7*7*9*{a}*{b}",
        lambda a, b: nn.Conv2d(a, b, 3),
        lambda a, b, batch: (batch, a, 9, 9),
    ),
    "Conv1d": Kind(
        lambda a, b: f"[B,{a},20] -> Conv1d({a},{b},3,padding=1) -> [B,{b},20]",
        lambda a, b: 3 * a * b + b,
        lambda a, b: f"B*20*3*{a}*{b}",
        lambda a, b: nn.Conv1d(a, b, 3, padding=1),
        lambda a, b, batch: (batch, a, 20),
    ),
    "BatchNorm2d": Kind(
        lambda a, b: f"[B,{a},{b},4] -> BatchNorm2d({a}) -> [B,{a},{b},4]",
        lambda a, b: 2 * a,
        lambda a, b: "0",
        lambda a, b: nn.BatchNorm2d(a),
        lambda a, b, batch: (batch, a, b, 4),
    ),
    "LSTM": Kind(
        lambda a, b: f"[5,B,{a}] -> LSTM({a},{b}) -> [5,B,{b}]",
        lambda a, b: 4 * b * (a + b + 2),
        lambda a, b: f"5*B*4*{b}*({a}+{b})",
        lambda a, b: nn.LSTM(a, b),
        lambda a, b, batch: (5, batch, a),
    ),
    "LayerNorm": Kind(
        lambda a, b: f"[B,{b},{a}] -> LayerNorm({a}) -> [B,{b},{a}]",
        lambda a, b: 2 * a,
        lambda a, b: "0",
        lambda a, b: nn.LayerNorm(a),
        lambda a, b, batch: (batch, b, a),
    ),
}


def sizes(number: int) -> tuple[int, int]:
    """Two sizes that no other number has."""
    return 2 + number % 29, 2 + number // 29 % 60


def text_of(numbers: Sequence[int], kinds: Sequence[str]) -> str:
    """A file of the checks of these numbers; kinds in turn."""
    checks = []
    for number in numbers:
        kind, (a, b) = KINDS[kinds[number % len(kinds)]], sizes(number // len(kinds))
        checks.append(
            f'[[check]]\nname = "c{number}"\nspec = "{kind.spec(a, b)}"\nbind = {{B = 2}}\n'
            f'params = {kind.params(a, b)}\nmacs = "{kind.macs(a, b)}"\n'
        )
    return "schema = 1\n" + "\n".join(checks)


def main(checks: int, kinds: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        turns = max(checks // TURN, 2)
        files = [Path(folder, f"{turn}.toml") for turn in range(turns)]
        for turn, file in enumerate(files):
            file.write_text(text_of(range(turn * TURN, (turn + 1) * TURN), kinds))

        def ours(turn: int) -> None:
            manner = Manner()
            cases = plan_at(str(files[turn % turns])).cases
            run = run_suite(suite_of(cases, manner), holding_of(None, Fraction(0)), manner)
            assert run.ok and len(run.results) == TURN

        def theirs(turn: int) -> None:
            for number in range(turn % turns * TURN, (turn % turns + 1) * TURN):
                kind, (a, b) = KINDS[kinds[number % len(kinds)]], sizes(number // len(kinds))
                # Sizes of its own: torch keeps what it prepares for a size, and the first to meet it pays for it.
                thop.profile(kind.build(a, b), (torch.randn(kind.shape(a, b, 3)),), verbose=False)

        for chosen in [kinds] if len(kinds) == 1 else [kinds, *([kind] for kind in kinds)]:
            if chosen is not kinds:
                for turn, file in enumerate(files):
                    file.write_text(text_of(range(turn * TURN, (turn + 1) * TURN), chosen))
            name = chosen[0] if len(chosen) == 1 else f"{len(chosen)} kinds of layer"
            now, kinds = kinds, chosen
            ratio = in_turn(ours, theirs, turns if chosen is now else max(turns // 8, 2), warm_up=1)
            print(ratio.line(f"{TURN} checks of {name}, build and thop.profile", 1.5))
            kinds = now
        print(whole(Path(folder), checks, kinds))


def whole(folder: Path, checks: int, kinds: Sequence[str]) -> str:
    """Seconds and memory of one process that runs all, and one that runs a tenth."""
    told = []
    for count in (checks, max(checks // 10, 1)):
        file = folder / "whole.toml"
        file.write_text(text_of(range(count), kinds))
        program = (
            "import resource, sys; from linscope.cli.main import outcome; code = outcome(sys.argv[1:]); "
            "print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
        )
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, "check", str(file)], capture_output=True, encoding="utf-8", check=True
        )
        code, megabytes = done.stderr.split()
        assert code == "0", done.stdout
        told.append(f"{count:,} checks in {time.perf_counter() - start:.1f} s and {megabytes} MiB")
    return ", ".join(told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:] or tuple(KINDS))
