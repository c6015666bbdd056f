"""How the reader wants it."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"
SHORT = "short"
FULL = "full"


MACS = "macs"
PARAMETERS = "parameters"
MEMORY = "memory"
MEASURES = (MACS, PARAMETERS, MEMORY)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ``top`` most expensive layers ``by`` one of ``MEASURES``."""

    top: int
    by: str = MACS


@dataclass(frozen=True, slots=True)
class Look:
    """What the place that text goes to can show, and how much of it is wanted.

    Args:
        width: columns to stay within; None where there is no limit (a pipe, a file).
        color: whether to colour.
        ascii: whether to keep to ASCII; everything else is spelled out or escaped.
        explain: ``none``, ``short`` (the lessons) or ``full`` (and the code to paste).
        operators: whether to list the operators that ran.
        depth: how deep layers may be nested to have a row of their own; None for as deep as there is room.
        ranking: which layers to show in the place of their tree; None for the tree.
    """

    width: int | None = None
    color: bool = False
    ascii: bool = False
    explain: str = SHORT
    operators: bool = False
    depth: int | None = None
    ranking: Ranking | None = None
