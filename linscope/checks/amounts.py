"""Amounts as people write them: ``1.5M``, ``100k``, ``2 MiB``, ``1%``. Exact: no float is in between."""

from __future__ import annotations

import re
from fractions import Fraction

from linscope.errors import NotationError, Place

COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
"""Of parameters and MACs; ``B`` is a billion, as in a 7B model."""

BYTES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
"""Of memory, by suffix in lower case."""

_AMOUNT = re.compile(r"\s*([0-9][0-9_,]{0,40}(?:\.[0-9]{1,20})?)\s*([A-Za-z]{0,3})\s*")
_SHARE = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%\s*")


def amount(text: str, units: dict[str, int]) -> int | None:
    """The whole number that ``text`` writes; None where it is no number with a suffix, and so may be an expression.

    Raises:
        NotationError: a suffix that is none of ``units``, or no whole number: ``1.5`` parameters.
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    unit = units.get(found[2].lower())
    if unit is None:
        known = "B, kB, MB, GB, KiB, MiB, GiB" if units is BYTES else "k, M, G, T"
        raise NotationError(f"there is no unit {found[2]}", place=Place(text, *found.span(2)), hint=f"one of {known}")
    value = Fraction(found[1].replace("_", "").replace(",", "")) * unit
    if value.denominator != 1:
        raise NotationError(
            f"{text.strip()[:60]} is no whole number", place=Place(text, 0, len(text)), hint="such as 1.5M"
        )
    return value.numerator


def share(text: str) -> Fraction:
    """``2%`` as a share of one.

    Raises:
        NotationError: no percentage.
    """
    found = _SHARE.fullmatch(text)
    if found is None:
        raise NotationError(f"{text[:40]!r} is no percentage", place=Place(text, 0, len(text)), hint="such as 2%")
    return Fraction(found[1]) / 100
