"""Where the programs of the lessons run, and what is read off them: numbers, differences, errors, MACs.

A lesson's program is text that the lesson wrote and that its reader is shown: what holds of it here holds of it
there. No text of the user's is in it but numbers.
"""

from __future__ import annotations

import contextlib
import io
from math import inf
from typing import TYPE_CHECKING, Any

import torch

from linscope.engine.evidence.ways import gap_between
from linscope.engine.keeping import AroundForeignCode, Seeded, WithoutFastPaths
from linscope.engine.modes import ONE_AT_A_TIME
from linscope.engine.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def laboratory(seed: int) -> Iterator[Laboratory]:
    """A laboratory for one program; random states and global switches are put back at the end."""
    with ONE_AT_A_TIME, Seeded(seed), AroundForeignCode(seed), WithoutFastPaths(), torch.enable_grad():
        torch.set_default_dtype(torch.float32)
        yield Laboratory()


class Laboratory:
    """One program's names and what it has printed so far."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"__name__": "lesson"}

    def run(self, text: str) -> str:
        """Run a part of the program; what it prints."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "<lesson>", "exec"), self._names)
        return printed.getvalue()

    def value(self, expression: str) -> Any:
        """What an expression gives, as plain numbers: tensors as nested lists, sizes as tuples."""
        return _plain(self._evaluated(expression))

    def gap(self, left: str, right: str) -> float:
        """The largest absolute difference of two tensors, infinite where their shapes differ."""
        with torch.no_grad():
            one, other = (torch.as_tensor(self._evaluated(side)) for side in (left, right))
            return gap_between(one, other) if one.shape == other.shape else inf

    def rounding(self, size: str, terms: int) -> float:
        """How far apart two ways to sum ``terms`` products may come out, whose absolute values sum to ``size``.

        terms · eps · max(size): N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1;
        two sums in floating point are each within half of that of the true one.
        """
        tensor = torch.as_tensor(self._evaluated(size))
        return terms * torch.finfo(tensor.dtype).eps * float(tensor.abs().max())

    def macs(self, text: str) -> int:
        """The multiply-accumulates of running ``text``, counted at the operators, a backward pass included."""
        tracer = Tracer(None)
        with tracer:
            self.run(text)
        return sum(tally.macs for tally in tracer.operators.values())

    def error(self, text: str) -> tuple[str, str] | None:
        """The type and the first line of what running ``text`` raises; None where it raises nothing."""
        try:
            self.run(text)
        except Exception as error:
            return type(error).__name__, str(error).partition("\n")[0]
        return None

    def _evaluated(self, expression: str) -> Any:
        with torch.no_grad():
            return eval(compile(expression, "<lesson>", "eval"), self._names)


def _plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value
