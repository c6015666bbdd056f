"""Options on which layers to show: their tree down to a depth, or the most expensive of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from linscope.errors import UsageError
from linscope.render.look import MACS, MEASURES, Ranking

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = 10
"""Layers of a ranking whose length was not given."""


def overview_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``depth``, ``top``, ``by``: for ``Look.depth`` and ``ranking_of``. Formats for programs hold every layer."""
    for option in (
        click.option("--by", type=click.Choice(MEASURES), help="What to rank by; else macs."),
        click.option("--top", type=click.IntRange(min=1), metavar="N", help="Rank the N costliest layers."),
        click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Fold layers nested deeper."),
    ):
        command = option(command)
    return command


def ranking_of(depth: int | None, top: int | None, by: str | None) -> Ranking | None:
    """The ranking that is wanted; None for the tree.

    Raises:
        UsageError: a depth for a ranking, which has none.
    """
    if top is None and by is None:
        return None
    if depth is not None:
        raise UsageError("--depth folds the tree, and --top shows none", hint="leave one of them out")
    return Ranking(TOP if top is None else top, by or MACS)
