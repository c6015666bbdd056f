"""Named dimensions to numbers: ``[B=32,3,4]`` in place, or given from outside, which wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import NotationError, Place, UsageError
from linscope.notation.spec import AnyNumber, AnySize, Assertion, Fixed, Group, Named, Shape, Spec, Step
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Pattern = tuple[int | AnySize | AnyNumber, ...]


def names_in(spec: Spec) -> set[str]:
    """All names of dimensions in ``spec``."""
    return {d.name for shape in _shapes(spec) for d in shape.dimensions if isinstance(d, Named)}


def sizes_by_name(spec: Spec, given: Mapping[str, int]) -> dict[str, int]:
    """The size of every name in ``spec``.

    Raises:
        NotationError: where a name has no size, or two.
        UsageError: where ``given`` holds a name that the spec does not use.
    """
    named = [d for shape in _shapes(spec) for d in shape.dimensions if isinstance(d, Named)]
    sizes: dict[str, int] = {}
    for dimension in named:
        if dimension.size is None:
            continue
        known = sizes.setdefault(dimension.name, dimension.size)
        if known != dimension.size and dimension.name not in given:
            raise NotationError(
                f"{dimension.name} is {known} and {dimension.size} in one spec",
                place=Place(spec.text, *dimension.span),
                hint=f"write {dimension.name}={known} once and {dimension.name} elsewhere",
            )
    names = {d.name for d in named}
    for name in given:
        if name not in names:
            nearest = closest(name, tuple(names))
            raise UsageError(
                f"the spec has no dimension called {name}",
                details=(f"its names: {', '.join(sorted(names)) or 'none'}",),
                hint=f"did you mean {nearest[0]}?" if nearest else f"write it in a shape, such as [{name},3,4]",
            )
    sizes.update(given)
    for dimension in named:
        if dimension.name not in sizes:
            raise NotationError(
                f"{dimension.name} has no size",
                place=Place(spec.text, *dimension.span),
                hint=f"give it in place, {dimension.name}=32, or as an option, -d {dimension.name}=32",
            )
    return sizes


def sizes_of(shape: Shape, bound: Mapping[str, int]) -> Pattern:
    """The dimensions of ``shape`` as numbers, with ``_`` and ``...`` as they stand."""
    pattern: list[int | AnySize | AnyNumber] = []
    for dimension in shape.dimensions:
        match dimension:
            case Fixed(size):
                pattern.append(size)
            case Named(name):
                pattern.append(bound[name])
            case AnySize() | AnyNumber():
                pattern.append(dimension)
    return tuple(pattern)


def matches(pattern: Pattern, shape: tuple[int, ...]) -> bool:
    """Whether ``shape`` is one that ``pattern`` allows."""
    gap = next((i for i, part in enumerate(pattern) if isinstance(part, AnyNumber)), None)
    if gap is None:
        return len(pattern) == len(shape) and _same(pattern, shape)
    head, tail = pattern[:gap], pattern[gap + 1 :]
    if len(shape) < len(head) + len(tail):
        return False
    return _same(head, shape[: len(head)]) and _same(tail, shape[len(shape) - len(tail) :])


def _same(pattern: Pattern, shape: tuple[int, ...]) -> bool:
    return all(isinstance(p, AnySize) or p == s for p, s in zip(pattern, shape, strict=True))


def _shapes(spec: Spec) -> Iterator[Shape]:
    for given in spec.inputs:
        yield given.shape
    yield from _asserted(spec.steps)


def _asserted(steps: tuple[Step, ...]) -> Iterator[Shape]:
    for step in steps:
        if isinstance(step, Assertion):
            yield step.shape
        elif isinstance(step, Group):
            yield from _asserted(step.steps)
