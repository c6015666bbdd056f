"""Where a count comes from: a sum of products of named factors, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Factor(NamedTuple):
    """One factor of a product: ``in_features`` is 4. A name may be a sum, ``in + hidden``."""

    name: str
    value: int


class Term(NamedTuple):
    """One product. ``rows`` is what the work is repeated over, ``weights`` what is done each time.

    ``rows=(32, 3), weights=(4, 2)`` reads ``32 · 3 × (4 · 2)``; either may be empty.
    ``label`` says what the product is where a sum has several: ``Q Kᵀ``.
    """

    rows: tuple[Factor, ...]
    weights: tuple[Factor, ...] = ()
    label: str = ""

    @property
    def product(self) -> int:
        """Multiply-accumulates."""
        product = 1
        for _, value in self.rows:
            product *= value
        for _, value in self.weights:
            product *= value
        return product


@dataclass(frozen=True, slots=True)
class Derivation:
    """A count as a sum of terms. No terms is a count of 0."""

    terms: tuple[Term, ...] = ()

    @property
    def count(self) -> int:
        """Multiply-accumulates."""
        return sum([term.product for term in self.terms])

    def numbers(self) -> str:
        """The product in figures, as Python evaluates it: ``32 * 3 * 4 * 2``."""
        return " + ".join(" * ".join(str(f.value) for f in (*t.rows, *t.weights)) or "1" for t in self.terms)

    def names(self) -> str:
        """The product in names: ``N * in_features * out_features``."""
        return " + ".join(" * ".join(_guarded(f.name) for f in (*t.rows, *t.weights)) or "1" for t in self.terms)

    def pretty(self) -> str:
        """The product as a person reads it: ``32 · 3 × (4 · 2)``."""
        return " + ".join(_pretty(term) for term in self.terms)


def _guarded(name: str) -> str:
    return f"({name})" if any(sign in name for sign in "+-/") else name


def _pretty(term: Term) -> str:
    rows = " · ".join(f"{f.value:,}" for f in term.rows)
    weights = " · ".join(f"{f.value:,}" for f in term.weights)
    if rows and weights:
        return f"{rows} × ({weights})"
    return rows or weights or "1"
