"""Changes told once: a layer that came or went with all within it; what happened to twelve blocks alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.report.comparison import ADDED, REMOVED, RENAMED, Figure, generic

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from linscope.report.comparison import LayerChange, LayerSide

MOST_NAMED = 3
"""Positions that are told one by one; more that do not follow one another are a star."""


@dataclass(frozen=True, slots=True)
class Group:
    """A change, with what came or went within it: ``inside`` is how many, ``figures`` of all together."""

    change: LayerChange
    inside: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Groups that differ in nothing but the positions in their paths, and in their calls."""

    groups: tuple[Group, ...]

    @property
    def change(self) -> LayerChange:
        """The first of them."""
        return self.groups[0].change

    @property
    def inside(self) -> int:
        return self.groups[0].inside

    @property
    def times(self) -> int:
        return len(self.groups)

    def figure(self, name: str) -> Figure:
        """The figure of that name, of one of them."""
        return next(figure for figure in self.groups[0].figures if figure.name == name)


def folded(changes: Iterable[LayerChange]) -> tuple[Fold, ...]:
    """The changes by kind, in the order of the first of each; what was only renamed is left to ``renamings``."""
    kinds: dict[Hashable, list[Group]] = {}
    for group in _groups([change for change in changes if change.kind != RENAMED]):
        change = group.change
        key = (change.kind, _face(change.before), _face(change.after), change.what, group.inside, group.figures)
        kinds.setdefault(key, []).append(group)
    return tuple(Fold(tuple(alike)) for alike in kinds.values())


def _groups(changes: Sequence[LayerChange]) -> Iterator[Group]:
    """Layers that came or went, with those beneath them that did the same; every other change by itself."""
    start = 0
    while start < len(changes):
        first = changes[start]
        end = start + 1
        if first.kind in (ADDED, REMOVED):
            path = first.side.path
            while end < len(changes) and changes[end].kind == first.kind and _beneath(changes[end].side.path, path):
                end += 1
        yield Group(first, end - start - 1, _together(changes[start:end]))
        start = end


def _beneath(path: str, above: str) -> bool:
    return path != above and (not above or path.startswith(f"{above}."))


def _together(changes: Sequence[LayerChange]) -> tuple[Figure, ...]:
    if len(changes) == 1:
        return changes[0].figures
    return tuple(map(_sum, zip(*(change.figures for change in changes), strict=True)))


def _sum(figures: tuple[Figure, ...]) -> Figure:
    return Figure(
        figures[0].name,
        sum(figure.before or 0 for figure in figures),
        sum(figure.after or 0 for figure in figures),
        any(figure.before_least for figure in figures),
        any(figure.after_least for figure in figures),
        all(figure.same_rest for figure in figures),
    )


def _face(side: LayerSide | None) -> Hashable:
    if side is None:
        return None
    return (
        generic(side.path),
        side.type,
        side.written,
        side.input_shapes,
        side.output_shapes,
        side.output_dtypes,
        side.parameter_shapes,
    )


def place(sides: Sequence[LayerSide]) -> str:
    """The paths of sides that are alike as one, with their calls: ``blocks.0–11.up``, ``cell, calls 2–5``."""
    path = ".".join(map(_component, zip(*(side.path.split(".") for side in sides), strict=True)))
    calls = sorted({side.call for side in sides})
    if calls == [1]:
        return path
    return f"{path}, call{'' if len(calls) == 1 else 's'} {_span(calls)}"


def _component(parts: tuple[str, ...]) -> str:
    """One place of several paths: the name they share, or their positions."""
    if len(set(parts)) == 1:
        return parts[0]
    return _span(sorted({int(part) for part in parts}))


def _span(numbers: list[int]) -> str:
    """``0–11``, ``0,2,5``; a star where they are many and have gaps."""
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}–{numbers[-1]}"
    return ",".join(map(str, numbers)) if len(numbers) <= MOST_NAMED else "*"


def renamings(changes: Iterable[LayerChange]) -> dict[tuple[str, str], int]:
    """How many layers were renamed, by the part of the path that changed: ``encoder`` to ``backbone``, 12."""
    found: dict[tuple[str, str], int] = {}
    for change in changes:
        if change.kind == RENAMED and change.before and change.after:
            pair = _apart(change.before.path.split("."), change.after.path.split("."))
            found[pair] = found.get(pair, 0) + 1
    return found


def _apart(old: list[str], new: list[str]) -> tuple[str, str]:
    """Two paths without what they end in alike: the last names stay where nothing else would."""
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return ".".join(old), ".".join(new)
