"""Shapes that are expected, and the layer at which another one came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.notation.binding import matches, sizes_of
from linscope.notation.shapes import parse_shape
from linscope.notation.spec import AnyNumber, AnySize, Named, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from linscope.notation.binding import Pattern
    from linscope.report.record import LayerRow

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """A shape as it was written, ``[B,...,2]:float32``."""

    shape: Shape
    text: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset(d.name for d in self.shape.dimensions if isinstance(d, Named))

    def fits(self, found: Sizes, dtype: str | None, sizes: Mapping[str, int]) -> bool:
        """Whether a tensor of that shape and dtype is meant; a dtype that is not known is no objection."""
        wanted = self.shape.dtype
        return matches(sizes_of(self.shape, sizes), found) and (wanted is None or dtype in (None, wanted))

    def words(self, sizes: Mapping[str, int]) -> str:
        """``[32, 3, 2]``, and from which names where there are any: ``[32, 3, 2] = [B,T,2]``."""
        pattern = sizes_of(self.shape, sizes)
        shown = ", ".join(
            "_" if isinstance(p, AnySize) else "..." if isinstance(p, AnyNumber) else str(p) for p in pattern
        )
        dtype = f":{self.shape.dtype}" if self.shape.dtype else ""
        return f"[{shown}]{dtype}"

    def turn(self, found: Sizes, rows: Sequence[LayerRow], sizes: Mapping[str, int]) -> LayerRow | None:
        """The layer from which on what flows has the size that is not the expected one; None where no layer's output
        shows it."""
        differs = _difference(sizes_of(self.shape, sizes), found)
        turned = None
        for row in reversed([row for row in rows if not row.has_children]):
            if not any(differs(shape) for shape in row.output_shapes):
                break
            turned = row
        return turned


def expected(text: str) -> Expected:
    """The shape that ``text`` writes.

    Raises:
        NotationError: it writes none.
    """
    return Expected(parse_shape(text), text)


def _difference(pattern: Pattern, found: Sizes) -> Callable[[Sizes], bool]:
    """Whether a shape has already what sets ``found`` apart from ``pattern``: the number of dimensions, or the size
    of the last one that differs, counted from the end."""
    gap = any(isinstance(part, AnyNumber) for part in pattern)
    if not gap and len(pattern) != len(found):
        return lambda shape: len(shape) == len(found)
    ends = zip(reversed(pattern), reversed(found), strict=False)
    for place, (wanted, size) in enumerate(ends, 1):
        if isinstance(wanted, AnyNumber):
            break
        if isinstance(wanted, int) and wanted != size:
            return lambda shape: len(shape) >= place and shape[-place] == size
    return lambda shape: shape == found
