"""The record of a comparison: two analyses side by side, as a plain, frozen record. Nothing here imports torch.

Counts are integers, and memory is in bytes. ``before`` and ``after`` are whatever the user named first and second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linscope.report.record import Note, TensorInfo

COMPARISON_SCHEMA_VERSION = "1.0"

CHANGED = "changed"
ADDED = "added"
REMOVED = "removed"
RENAMED = "renamed"

Shapes = tuple[tuple[int, ...], ...]

POSITION = "*"
LONGEST_POSITION = 9


def is_position(name: str) -> bool:
    """Whether a part of a path is a place in a chain or a list, and no name."""
    return name.isdecimal() and len(name) <= LONGEST_POSITION


def generic(path: str) -> str:
    """``path`` with a star for every position: ``blocks.*.up``."""
    return ".".join(POSITION if is_position(part) else part for part in path.split("."))


@dataclass(frozen=True, slots=True)
class Figure:
    """One count on both sides; None where that side has none.

    ``before_least`` and ``after_least`` say that the count is a lower bound: there is work in it that has no count.
    ``same_rest`` says that this uncounted work is the same on both sides, so that the difference is exact all the
    same.
    """

    name: str
    before: int | None
    after: int | None
    before_least: bool = False
    after_least: bool = False
    same_rest: bool = False

    @property
    def exact(self) -> bool:
        """Whether the difference of the two counts is the difference of what they count."""
        known = self.before is not None and self.after is not None
        return known and (self.same_rest or not (self.before_least or self.after_least))

    @property
    def change(self) -> int | None:
        """``after - before``; None where that cannot be told."""
        if self.before is None or self.after is None or not self.exact:
            return None
        return self.after - self.before

    @property
    def ratio(self) -> Fraction | None:
        """``after / before``; None where that cannot be told, or where there was nothing before."""
        if self.before is None or self.after is None or not self.exact or not self.before:
            return None
        return Fraction(self.after, self.before)

    @property
    def changed(self) -> bool:
        """Whether the two differ, or may differ."""
        return self.change != 0

    def within(self, allowance: Fraction) -> bool | None:
        """Whether ``after`` is at most ``before`` and ``allowance`` times it on top; None where that cannot be told.

        A bound can still decide: what is at least 9 is more than 8.
        """
        if self.before is None or self.after is None:
            return None
        fits = self.after <= self.before * (1 + allowance)
        if self.exact:
            return fits
        # A true count is never below its bound: that settles one direction for each side that is a bound.
        if fits:
            return None if self.after_least else True
        return None if self.before_least else False


@dataclass(frozen=True, slots=True)
class LayerSide:
    """One call of one layer as one side has it."""

    path: str
    type: str
    call: int
    written: str
    input_shapes: Shapes
    output_shapes: Shapes
    output_dtypes: tuple[str, ...]
    parameter_shapes: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One call of one layer that is not the same on both sides.

    ``kind`` is changed, added, removed or renamed (nothing but the path). ``what`` names the aspects that differ:
    path, type, written, input_shapes, output_shapes, output_dtypes, parameter_shapes, uncounted, or a figure. The
    figures are the layer's own, outside the layers it calls, so that they add up to the totals.
    """

    kind: str
    before: LayerSide | None
    after: LayerSide | None
    what: tuple[str, ...]
    figures: tuple[Figure, ...]

    @property
    def side(self) -> LayerSide:
        """The layer as it is after, or as it was where it is gone."""
        side = self.after or self.before
        assert side is not None
        return side

    def figure(self, name: str) -> Figure:
        """The figure of that name.

        Raises:
            StopIteration: there is none.
        """
        return next(figure for figure in self.figures if figure.name == name)


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared: ``status`` is complete or lower_bound, ``uncounted`` names the operators without a count."""

    target: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    status: str
    uncounted: tuple[str, ...]
    mode: str
    training: bool
    environment: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a figure kept a limit. ``what`` is the limit's name, ``allowance`` the share it may grow by.

    ``holds`` is None where it cannot be told, which is no pass; ``reason`` then says why.
    """

    what: str
    allowance: Fraction
    figure: Figure
    holds: bool | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two analyses side by side.

    ``layers`` are those that are not the same on both sides, in the order they run; ``unchanged`` is the number of
    those that are, ``moved`` the number of these whose position in a chain changed.
    """

    before: Compared
    after: Compared
    totals: tuple[Figure, ...]
    layers: tuple[LayerChange, ...]
    unchanged: int
    moved: int
    notes: tuple[Note, ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether nothing differs: no layer, no total, no shape or dtype of an input or an output."""
        return (
            not self.layers
            and not any(figure.changed for figure in self.totals)
            and self.before.inputs == self.after.inputs
            and self.before.outputs == self.after.outputs
        )

    def total(self, name: str) -> Figure | None:
        """The total of that name; None where neither side has it."""
        return next((figure for figure in self.totals if figure.name == name), None)

    def with_verdicts(self, verdicts: tuple[Verdict, ...]) -> Comparison:
        return replace(self, verdicts=verdicts)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as ``comparison_schema`` describes it."""
        from linscope.report.comparison_form import comparison_to_dict

        return comparison_to_dict(self)
