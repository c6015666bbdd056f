"""Shapes, counts and numbers as the lessons write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.evidence import LINEAR

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence

ROUNDED = "rounded to 4 digits"


def many(count: int, noun: str) -> str:
    """``1 row``, ``96 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def layer_name(e: LinearEvidence) -> str:
    """``Linear(4, 2)``, ``Parameter(4, 2)``."""
    return f"{e.kind}({e.in_features}, {e.out_features})"


def used_name(e: LinearEvidence) -> str:
    """What the input is multiplied by, as code."""
    return "weight.T" if e.kind == LINEAR else "weight"


def plus_bias(e: LinearEvidence, term: str = " + bias") -> str:
    """``term`` where the layer has a bias."""
    return term if e.has_bias else ""


def parameter_sum(e: LinearEvidence) -> str:
    """``8 + 2 = 10`` with a bias, ``8`` without."""
    if not e.has_bias:
        return f"{e.weights:,}"
    return f"{e.weights:,} + {e.out_features:,} = {e.weights + e.out_features:,}"
