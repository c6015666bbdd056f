"""How the reader wants it."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"
SHORT = "short"
FULL = "full"


@dataclass(frozen=True, slots=True)
class Look:
    """What the place that text goes to can show, and how much of it is wanted.

    Args:
        width: columns to stay within; None where there is no limit (a pipe, a file).
        color: whether to colour.
        ascii: whether to keep to ASCII; everything else is spelled out or escaped.
        explain: ``none``, ``short`` (the lessons) or ``full`` (and the code to paste).
        operators: whether to list the operators that ran.
    """

    width: int | None = None
    color: bool = False
    ascii: bool = False
    explain: str = SHORT
    operators: bool = False
