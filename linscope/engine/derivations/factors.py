"""Names for the sizes that several families share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_LEADING = ("N", *(f"dim{i}" for i in range(1, 64)))  # torch's tensors have 64 dimensions at most


def leading(shape: tuple[int, ...]) -> tuple[Factor, ...]:
    """Every dimension but the last, as rows: ``N``, ``dim1``, ``dim2``, ..."""
    return tuple(map(Factor, _LEADING, shape[:-1]))


def labelled(label: str, derivation: Derivation) -> Derivation:
    """The same count, each term saying which part of the layer it belongs to."""
    return replace(
        derivation,
        terms=tuple(t._replace(label=f"{label}: {t.label}" if t.label else label) for t in derivation.terms),
    )


def renamed(derivation: Derivation, names: Mapping[str, str]) -> Derivation:
    """The same count, its factors under the names that a larger layer has for them."""

    def renamed_in(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        return tuple([Factor(names.get(name, name), value) for name, value in factors])

    return Derivation(
        tuple([Term(renamed_in(rows), renamed_in(weights), label) for rows, weights, label in derivation.terms])
    )


def total(parts: Iterable[Derivation | None]) -> Derivation | None:
    """The parts as one sum; None as soon as one of them is unknown."""
    terms: list[Term] = []
    for part in parts:
        if part is None:
            return None
        terms.extend(part.terms)
    return Derivation(tuple(terms))
