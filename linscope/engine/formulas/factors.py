"""The names under which the dimensions of a product appear in its derivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: dict[int, tuple[str, ...]] = {0: (), 1: ("rows",), 2: ("batch", "rows")}


def leading(shape: Sequence[int]) -> tuple[Factor, ...]:
    """The dimensions that a product is repeated over: ``batch · rows`` for (32, 3)."""
    names = _NAMES.get(len(shape))
    if names is None:
        names = ("batch", *(f"dim{i}" for i in range(1, len(shape) - 1)), "rows")
        _NAMES[len(shape)] = names
    return tuple(map(Factor, names, shape))


def product(rows: tuple[Factor, ...], weights: tuple[Factor, ...], label: str = "") -> Derivation:
    """A count that is one product."""
    return Derivation((Term(rows, weights, label),))
