"""Which layers a figure grew in, from one baseline entry to another."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_LAYERS = 8
"""Layers that are told one by one: those that grew the most."""


def growth_lines(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """A line for each layer that grew in ``key``, params or macs.

    ``grew: features.0 Conv2d from 896 to 1,792 (+100%), [1,32,8,8] → [1,64,8,8]``
    """
    grown = [path for path in now if now[path][key] > _was(before, path, key)]
    grown.sort(key=lambda path: _was(before, path, key) - now[path][key])
    for path in grown[:MOST_LAYERS]:
        yield _line(path, key, before.get(path), now[path])
    if len(grown) > MOST_LAYERS:
        yield f"grew: {len(grown) - MOST_LAYERS:,} more layers"
    gone = [path for path in before if path not in now]
    if gone:
        yield f"gone: {', '.join(gone[:MOST_LAYERS])}{', …' if len(gone) > MOST_LAYERS else ''}"


def part_lines(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    """A line for each part of the memory that grew: ``grew: activations from 2,304 to 4,608 bytes (+100%)``."""
    for part, new in now.items():
        old = before.get(part)
        if old is not None and new > old:
            share = f" (+{percent(Fraction(new - old, old))})" if old else ""
            yield f"grew: {part.replace('_', ' ')} from {old:,} to {new:,} bytes{share}"


def _was(before: Mapping[str, Any], path: str, figure: str) -> int:
    layer = before.get(path)
    return layer[figure] if layer else 0


def _line(path: str, figure: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    name = f"{path} {now['type']}".strip()
    if before is None:
        return f"new: {name} with {now[figure]:,}, {now['output']}"
    old, new = before[figure], now[figure]
    share = f" (+{percent(Fraction(new - old, old))})" if old else ""
    shapes = f", {before['output']} → {now['output']}" if before["output"] != now["output"] else ""
    return f"grew: {name} from {old:,} to {new:,}{share}{shapes}"


def percent(share: Fraction) -> str:
    """``12.5%``, ``1.25%``: to three figures or so."""
    places = 2 if share < Fraction(1, 10) else 1
    text = f"{float(round(share * 100, places)):.{places}f}" if share < 10**9 else f"{int(share * 100)}.0"
    shown = text.rstrip("0").rstrip(".")
    return "<0.01%" if shown == "0" else f"{shown}%"
