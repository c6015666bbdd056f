"""Tensor methods that could stand before a layer, each with the shape it would give."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Shape = tuple[int, ...]


class Step(NamedTuple):
    """A step in the notation, what comes out of it, and the reading of the input under which it is right."""

    text: str
    shape: Shape
    when: str


def first_fit(steps: Iterable[Step], fits: Callable[[Shape], bool]) -> Step | None:
    """The first step after which the layer would run."""
    return next((step for step in steps if fits(step.shape)), None)


def flatten(shape: Shape, start: int, end: int, when: str) -> Step:
    """Dimensions ``start`` up to and including ``end`` become one."""
    merged = (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])
    last = end == len(shape) - 1
    return Step(f"flatten({start})" if last else f"flatten({start},{end})", merged, when)


def unsqueeze(shape: Shape, dim: int, when: str) -> Step:
    """A new dimension of size 1 at ``dim``."""
    return Step(f"unsqueeze({dim})", (*shape[:dim], 1, *shape[dim:]), when)


def move(shape: Shape, source: int, target: int, when: str) -> Step:
    """One dimension goes elsewhere, the others keep their order: a transpose where that is enough."""
    order = [axis for axis in range(len(shape)) if axis != source]
    order.insert(target, source)
    moved = tuple(shape[axis] for axis in order)
    if abs(source - target) == 1:
        return Step(f"transpose({min(source, target)},{max(source, target)})", moved, when)
    return Step(f"permute({','.join(str(axis) for axis in order)})", moved, when)


def features_last(shape: Shape, noun: str = "features") -> Iterator[Step]:
    """Every dimension in turn moved to the end, the later ones first."""
    last = len(shape) - 1
    for dim in range(last - 1, -1, -1):
        yield move(shape, dim, last, f"if the {noun} are dimension {dim}")


def rows_of_all_the_rest(shape: Shape) -> Iterator[Step]:
    """Trailing dimensions merged into the last: one row per sample, then everything as one row."""
    last = len(shape) - 1
    for start in range(1, last):
        yield flatten(shape, start, last, f"if dimensions {start} to {last} together are the features")
    if last > 0:
        yield flatten(shape, 0, last, "if all of it is one sample")


def merged_batch(shape: Shape, kept: int) -> Iterator[Step]:
    """Leading dimensions merged into one batch, so that ``kept`` dimensions remain behind it."""
    end = len(shape) - kept - 1
    if end > 0:
        yield flatten(shape, 0, end, f"if dimensions 0 to {end} are all batch")
