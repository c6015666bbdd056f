"""A check as data: what to analyse, with which sizes, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from linscope.report.checks import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.checks.budgets import Budget
    from linscope.checks.files import TomlFile
    from linscope.checks.shapes import Expected
    from linscope.checks.toml_places import KeyPath

Sizes = tuple[tuple[str, int], ...]


LONGEST_NAME = 120
"""Characters of a name that is made up; of one that is given, too."""


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """``text``, its end left out where it is too long to be read."""
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Case:
    """One check as it was written.

    Args:
        name: its own, or what it analyses.
        target: a spec, the name of a model, or, from Python, a module.
        bindings: sizes of named dimensions; it is run with each.
        outputs: the shapes that must come out, in order.
        budgets: limits on counts.
        layers: by path, the shape that must come out of the layer there.
        message: the user's own words, for whoever meets the failure.
        options: keyword arguments of ``linscope.analyze`` for a model: inputs, args, batch, seq_len, dtype, train.
        origin: where it is written; ``file`` and ``path`` of it where that is a file, to tell the line of each key.
        notation_only: whether the target must be a spec: such a check runs nothing of anybody's.
        torch_defaults: whether ``Linear`` keeps PyTorch's default bias in a spec, too.
    """

    name: str
    target: Any
    bindings: tuple[Sizes, ...] = ((),)
    outputs: tuple[Expected, ...] = ()
    budgets: tuple[Budget, ...] = ()
    layers: tuple[tuple[str, Expected], ...] = ()
    message: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin()
    file: TomlFile | None = None
    path: KeyPath = ()
    notation_only: bool = False
    torch_defaults: bool = False

    def origin_of(self, *keys: str) -> Origin:
        """Where the first of ``keys`` that it has is written; the check itself where it has none."""
        if self.file is None:
            return self.origin
        for key in keys:
            if (*self.file.prefix, *self.path, key) in self.file.places.keys:
                return Origin(self.file.shown, self.file.line((*self.path, key)))
        return self.origin


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file asks for: its checks, and how they are held against a baseline.

    Args:
        baseline: the file of the baseline, as a path that can be opened; None for none.
        max_increase: the share that a figure may grow by over its baseline.
    """

    cases: tuple[Case, ...]
    baseline: str | None = None
    max_increase: Fraction = Fraction(0)
