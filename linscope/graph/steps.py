"""What a graph does, step by step, with the layer that each step belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linscope.report.derivation import Derivation


@dataclass(frozen=True, slots=True)
class Scope:
    """One call of one layer: its path, what it is, which call of it, and how it is shown where not by its type."""

    path: str
    type: str
    call: int = 1
    written: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One operator at work.

    Args:
        scopes: the calls it is part of, the outermost first.
        operator: its name.
        state: counted, free, elementwise or uncounted.
        derivation: the products behind its count; None where it is not counted.
        elements: the elements it touches, where it is element-wise.
        reads: the names of the tensors that go in.
        writes: the names of those that come out.
        times: how often it is done: more than once inside a loop.
    """

    scopes: tuple[Scope, ...]
    operator: str
    state: str
    derivation: Derivation | None = None
    elements: int = 0
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    times: int = 1

    @property
    def macs(self) -> int:
        """Multiply-accumulates, all times together."""
        return self.times * self.derivation.count if self.derivation is not None else 0
