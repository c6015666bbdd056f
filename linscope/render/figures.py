"""Shapes and counts as people read them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.report.record import TensorInfo


def number(count: int) -> str:
    """``1,536``."""
    return f"{count:,}"


def shape(sizes: tuple[int, ...]) -> str:
    """A tensor that flows: ``[32, 3, 4]``."""
    return f"[{', '.join(map(str, sizes))}]"


def stored(sizes: tuple[int, ...]) -> str:
    """A tensor that is kept, a weight: ``(2, 4)``, ``(64,)``."""
    return str(tuple(sizes))


def tensor(info: TensorInfo) -> str:
    """Shape, with name and dtype where they are out of the ordinary: ``src=[2, 10]:int64``."""
    name = f"{info.name}=" if info.name else ""
    dtype = "" if info.dtype == "float32" else f":{info.dtype}"
    return f"{name}{shape(info.shape)}{dtype}"


def several(times: int, item: str) -> str:
    """``32 × LlamaDecoderLayer``; the item alone where there is one."""
    return item if times == 1 else f"{times:,} × {item}"


def runs(items: Iterable[str]) -> tuple[str, ...]:
    """``items`` with neighbours that are alike told once: ``2 × (80, 20)``."""
    counted = ((item, len(list(alike))) for item, alike in groupby(items))
    return tuple(several(count, item) for item, count in counted)


def calls(count: int) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count:,} call{'' if count == 1 else 's'}"
