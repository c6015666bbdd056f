"""What tracing costs, beside PyTorch's own FlopCounterMode: models against their plain forward, and operators.

Run it: ``python tests/bench/overhead.py [ROUNDS]``; with ``--processor-time`` on a machine that others use, too. The
tracer alone counts; an analysis also keeps the model as it was and writes the report; the cross-check asks the
layers' formulas, and thop, which runs the model again.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import torch
from models import MODELS
from timing import in_rounds
from torch.utils.flop_counter import FlopCounterMode

import linscope
from linscope.engine.forward import forward
from linscope.engine.guard import Allowance
from linscope.engine.keeping import WithoutFastPaths
from linscope.engine.tracer import Tracer
from linscope.sources.module import subject_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from models import Model
    from torch import nn

    Clock = Callable[[], float]

WAYS = ("tracer", "analyze, no cross-check", "analyze", "FlopCounterMode")
LONG = 1_000
"""Operators in a chain."""


def main() -> None:
    parser = argparse.ArgumentParser(description="What tracing costs.")
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    parser.add_argument("--processor-time", action="store_true", help="on one thread, and without its waiting")
    options = parser.parse_args()
    if options.processor_time:
        torch.set_num_threads(1)
    report(options.rounds, time.process_time if options.processor_time else time.perf_counter)


def report(rounds: int, clock: Clock) -> None:
    """Print a line for each model, then one for each kind of operator."""
    print(f"{'':<26} {'plain forward':>16}" + "".join(f" {way:>24}" for way in WAYS))
    for model in MODELS:
        print(model_line(model, rounds, clock))
    print(f"\n{'each operator':<26} {'alone':>16} {'tracer':>24} {'FlopCounterMode':>24}")
    for name, work in CHAINS.items():
        print(operator_line(name, work, rounds, clock))


def model_line(known: Model, rounds: int, clock: Clock) -> str:
    """Medians of the ratios to the plain forward of the same round; every count is checked first."""
    model, given = known.build().eval(), known.given()
    totals = linscope.analyze(model, given).totals
    assert (totals.parameters.total, totals.macs) == (known.parameters, known.macs), known.name
    works = (
        lambda _: plain(model, given),
        lambda _: traced(model, given),
        lambda _: linscope.analyze(model, given, crosscheck=False),
        lambda _: linscope.analyze(model, given),
        lambda _: flop_counter(model, given),
    )
    times = in_rounds(works, rounds, 2, clock)
    ratios = (statistics.median(t[way] / t[0] for t in times) for way in range(1, len(works)))
    seconds = statistics.median(t[0] for t in times)
    return f"{known.name:<26} {seconds * 1e3:>13.2f} ms" + "".join(f" {ratio:>22.2f} ×" for ratio in ratios)


def plain(model: nn.Module, given: torch.Tensor) -> None:
    with torch.no_grad():
        model(given)


def traced(model: nn.Module, given: torch.Tensor) -> None:
    """The forward as an analysis runs it, and nothing else of the analysis."""
    subject = subject_of(model, given, {})
    with WithoutFastPaths():
        forward(subject, model, tuple(model.named_modules()), Tracer(Allowance(limit_work=True)), (given,), {})


def flop_counter(model: nn.Module, given: torch.Tensor) -> None:
    """Without the encoder's fused path, which hides its products from this counter as from any other."""
    with torch.no_grad(), WithoutFastPaths(), FlopCounterMode(display=False):
        model(given)


def views(x: torch.Tensor) -> None:
    for _ in range(LONG):
        x.view(4, 4)


def additions(x: torch.Tensor) -> None:
    for _ in range(LONG):
        x.add(1)


def products(x: torch.Tensor) -> None:
    for _ in range(LONG):
        x.mm(x)


CHAINS: dict[str, Callable[[torch.Tensor], None]] = {
    "view, 4×4": views,
    "add, 4×4": additions,
    "mm, 4×4 by 4×4": products,
}
"""An operator of each kind: free, element-wise, counted."""


def operator_line(name: str, work: Callable[[torch.Tensor], None], rounds: int, clock: Clock) -> str:
    """Microseconds that an operator takes by itself, and those that being watched adds."""
    x = torch.randn(4, 4)

    def watched(mode: Tracer | FlopCounterMode) -> None:
        with mode:
            work(x)

    with torch.no_grad():
        works = (
            lambda _: work(x),
            lambda _: watched(Tracer(Allowance(limit_work=True))),
            lambda _: watched(FlopCounterMode(display=False)),
        )
        times = in_rounds(works, rounds, clock=clock)
    alone = statistics.median(t[0] for t in times) / LONG
    added = [statistics.median(t[way] - t[0] for t in times) / LONG for way in (1, 2)]
    return f"{name:<26} {alone * 1e6:>13.2f} µs" + "".join(f" {'+':>10} {more * 1e6:>10.2f} µs" for more in added)


if __name__ == "__main__":
    main()
