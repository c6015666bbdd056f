"""Who counts ten published models right, and how fast. Run it: ``python tests/bench/models_peers.py [ROUNDS]``.

Every counter is asked about the same built model on the same inputs, in this process, under ``no_grad`` and warm: once
to see what it says, then some rounds in turn. FlopCounterMode is asked on the CPU and on meta, everyone else that
needs real tensors on those. Ours is ``linscope.analyze(model, inputs, crosscheck=False)``, with the model and the
inputs that the others get: real ones (auto runs those for real where that is short, and on shapes where it is not), and
those on meta. The cross-check is left out, as it asks thop, and runs the model once more. What is asked is not made
anew: building takes the same time for all. Times are the processor's, on one thread, which a busy machine changes
little, and the garbage collector is off while they are taken.

What should hold: linscope is right on all, and its faster way no slower than the fastest one that is right. The exit
code says whether it does.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import platform
import sys
import time
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.counters.registry import Said, load
from bench.models_standings import BEGIN, END, OURS, Line, block, summary, table
from bench.models_standings import Said as Told
from bench.standings import replaced
from ten_models import Known, prepare, ten
from timing import in_rounds

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cases import Case
    from bench.counters.registry import Counter

    Ask = Callable[[], Said]

README = Path(__file__).parents[2] / "README.md"
ON_META = "FlopCounterMode, meta"
OTHERS = ("FlopCounterMode, CPU", "thop", "fvcore", "torchinfo", "calflops")


def ours(case: Case) -> Said:
    """linscope, without the opinions of others."""
    model, inputs = case.asked()
    report = linscope.analyze(model, inputs, crosscheck=False)
    return Said(report.totals.macs, report.totals.parameters.total, warned=not report.complete)


def ways(known: Known, counters: dict[str, Counter]) -> dict[str, Ask]:
    """Everyone who is asked about a model, by name."""
    real, shapes = known.case(known.values), known.case(known.shapes)
    return {
        OURS: partial(ours, real),
        f"{OURS}, meta": partial(ours, shapes),
        # Asked as on the CPU: the model that it would move to meta is there already.
        ON_META: partial(counters["FlopCounterMode, CPU"].count, shapes),
        **{name: partial(counters[name].count, real) for name in OTHERS},
    }


def measured(known: Known, counters: dict[str, Counter], rounds: int) -> Line:
    """What everyone says of ``known``, and how long they take to say it."""
    answers: dict[str, Said | None] = {}
    asks = ways(known, counters)
    for name, ask in asks.items():
        answers[name] = _tried(ask)
    able = [name for name, answer in answers.items() if answer is not None]
    gc.collect()  # what one leaves behind is not for the next to clear away
    gc.disable()
    times = in_rounds([lambda _, ask=asks[name]: _tried(ask) for name in able], rounds, 0, time.process_time)
    gc.enable()
    seconds = dict(zip(able, zip(*times, strict=True), strict=True))
    return Line(
        known.name,
        {
            name: Told(
                answer.macs if answer is not None else None,
                answer is not None and known.right(answer.macs, answer.parameters),
                seconds.get(name, ()),
            )
            for name, answer in answers.items()
        },
    )


def _tried(ask: Ask) -> Said | None:
    """What it says, quietly; None where it fails."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), torch.no_grad():
            said = ask()
    except Exception:  # a program under test may raise what it likes
        return None
    return said if said.macs is not None else None


def main() -> int:
    parser = argparse.ArgumentParser(description="Who counts ten published models right, and how fast.")
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--only", default="", metavar="TEXT", help="only the models with this in their names")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    options = parser.parse_args()
    if options.readme and options.only:
        parser.error("the table of the README is of all models")
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    prepare()
    counters = load()
    lines = []
    for known in ten():
        if options.only in known.name:
            lines.append(measured(known, counters, options.rounds))
            print(f"{known.name}: {lines[-1].verdict()}", file=sys.stderr, flush=True)
    print(table(lines))
    print(summary(lines))
    if options.readme:
        versions = {"torch": torch.__version__, "Python": platform.python_version()}
        text = README.read_text(encoding="utf-8")
        README.write_text(replaced(text, block(lines, versions), BEGIN, END), encoding="utf-8")
    return 0 if all(line.holds() for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
