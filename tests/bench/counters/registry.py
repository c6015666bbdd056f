"""The one list of counters: a name, the distribution whose version counts, and how to ask it.

A counter is asked as somebody who knows it well would ask: arguments it cannot take are closed over in a wrapper,
and what it counts beside multiply-accumulates (normalisation, activations, pooling) is switched off where it has a
switch. What it prints is not looked at; what it warns of without being asked to is.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cases import Case


@dataclass(frozen=True, slots=True)
class Said:
    """What a counter says of a case; None where it says nothing. ``warned``: it said that something is missing."""

    macs: int | None
    parameters: int | None
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """A program that counts, in one of its ways; ``distribution`` is what pip calls it."""

    name: str
    distribution: str
    count: Callable[[Case], Said]

    @property
    def version(self) -> str:
        return metadata.version(self.distribution)


FILES = ("ours", "flop_counter_mode", "fvcore", "torchinfo", "thop", "ptflops", "calflops")
"""The files of this folder that register counters, in the order of the table."""

COUNTERS: dict[str, Counter] = {}


def counter(name: str, distribution: str) -> Callable[[Callable[[Case], Said]], Callable[[Case], Said]]:
    """Registers a function as the counter of that name."""

    def register(count: Callable[[Case], Said]) -> Callable[[Case], Said]:
        COUNTERS[name] = Counter(name, distribution, count)
        return count

    return register


def load() -> dict[str, Counter]:
    """Every counter by its name.

    Raises:
        ModuleNotFoundError: one of them is not installed.
    """
    for file in FILES:
        importlib.import_module(f"bench.counters.{file}")
    return COUNTERS


def whole(number: float) -> int:
    """The nearest integer: what is said as a float is meant as a whole number."""
    return round(float(number)) if isinstance(number, float) else int(number)
