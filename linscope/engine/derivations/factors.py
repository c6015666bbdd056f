"""Names for the sizes that several families share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Iterable


def leading(shape: tuple[int, ...]) -> tuple[Factor, ...]:
    """Every dimension but the last, as rows: ``batch``, ``dim1``, ``dim2``, ..."""
    return tuple(Factor(f"dim{i}" if i else "batch", size) for i, size in enumerate(shape[:-1]))


def labelled(label: str, derivation: Derivation) -> Derivation:
    """The same count, each term saying which part of the layer it belongs to."""
    return replace(
        derivation,
        terms=tuple(t._replace(label=f"{label}: {t.label}" if t.label else label) for t in derivation.terms),
    )


def total(parts: Iterable[Derivation | None]) -> Derivation | None:
    """The parts as one sum; None as soon as one of them is unknown."""
    terms: list[Term] = []
    for part in parts:
        if part is None:
            return None
        terms.extend(part.terms)
    return Derivation(tuple(terms))
