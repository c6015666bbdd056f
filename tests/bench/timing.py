"""Two things timed in turn, A B A B ..., so that a machine whose speed drifts drifts for both."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Ratio(NamedTuple):
    """Medians in seconds, and the median of the ratios pair by pair."""

    ours: float
    theirs: float
    ratio: float

    def line(self, name: str, limit: float) -> str:
        return (
            f"{name:<44} {self.ours * 1e3:>10.3f} ms {self.theirs * 1e3:>10.3f} ms   "
            f"{self.ratio:>5.2f} ×   (at most {limit:g} ×)"
        )


def in_rounds(
    works: Sequence[Callable[[int], object]],
    times: int,
    warm_up: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> list[tuple[float, ...]]:
    """The seconds of each of ``works``, called in turn with the number of the round; a tuple for each round."""
    for i in range(warm_up):
        for work in works:
            work(i)
    rounds = []
    for i in range(times):
        marks = [clock()]
        for work in works:
            work(i)
            marks.append(clock())
        rounds.append(tuple(after - before for before, after in pairwise(marks)))
    return rounds


def in_turn(ours: Callable[[int], object], theirs: Callable[[int], object], times: int, warm_up: int = 3) -> Ratio:
    """Both called ``times`` times with the number of the round, after a warm-up."""
    pairs = in_rounds((ours, theirs), times, warm_up)
    return Ratio(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def command(name: str) -> str:
    """Where the console script of that name stands in the environment that runs this."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found is not None, f"{name} is not installed beside {sys.executable}"
    return found


def process(arguments: Sequence[str], expected: int = 0) -> Callable[[int], None]:
    """A process with these arguments, as something to time."""

    def run(_: int) -> None:
        done = subprocess.run(arguments, capture_output=True, check=False)
        assert done.returncode == expected, done.stderr.decode()

    return run
