"""A spec with every name bound: all that it says before anything is built. Pure, and the same for every run."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from linscope.errors import Place, SizeError
from linscope.notation.binding import sizes_by_name, sizes_of
from linscope.notation.spec import (
    Argument,
    Assertion,
    Group,
    Hole,
    Input,
    Items,
    Layer,
    Literal,
    Method,
    Spec,
    Step,
    Table,
    Value,
)
from linscope.notation.unparse import unparse_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAIN = frozenset({"Linear", "Parameter", "Bilinear", "Embedding", "EmbeddingBag"})
"""Layers whose parameters are no more than the product of their numbers."""


class Most(NamedTuple):
    """What the numbers of a layer may multiply to: of plain ones; of convolutions, whose kernel size may count three
    times; of any other, in which one number may count twice (the hidden size of an LSTM)."""

    plain: int
    kernels: int
    other: int


TINY = Most(1 << 22, 1 << 20, 1 << 10)
"""A layer below it holds at most some million parameters."""

LIGHT = Most(1 << 24, 1 << 26, 1 << 17)
"""A layer below it is built in some tenths of a second, and in some hundred megabytes, at the very most."""

FEW_STEPS = 64

WIDEST = 16
"""Bytes of the widest element, a complex128."""


@dataclass(frozen=True, slots=True)
class BoundInput:
    """An input with its sizes; ``dtype`` is None where the default is meant."""

    shape: tuple[int, ...]
    dtype: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class BoundSpec:
    """A spec, its names with sizes, its groups unrolled.

    Args:
        sequence: the steps in order, assertions among them, each as often as it is repeated.
        steps: the same without the assertions; the path of a step is its index here.
        written: the text of each step, by path.
        largest: the largest number among the arguments of the steps.
        small: whether what it builds is sure to take little memory.
        light: whether it is sure to take no more than a moment to build.
        learns: whether it has holes or lazy layers, which the first input fills.
    """

    spec: Spec
    sizes: Mapping[str, int]
    inputs: tuple[BoundInput, ...]
    sequence: tuple[Layer | Method | Assertion, ...]
    steps: tuple[Layer | Method, ...]
    written: Mapping[str, str]
    largest: int
    small: bool
    light: bool
    learns: bool


def bind(spec: Spec, sizes: Mapping[str, int]) -> BoundSpec:
    """``spec`` with its named dimensions bound to ``sizes``, over those given in place.

    Raises:
        NotationError: a dimension without a size. UsageError: a size without a dimension.
        SizeError: an input larger than torch can index.
    """
    bound = sizes_by_name(spec, sizes)
    sequence = tuple(_unrolled(spec.steps))
    steps = tuple(step for step in sequence if not isinstance(step, Assertion))
    texts = {id(step): unparse_step(step) for step in steps}  # a repeated step is one object
    small = len(sequence) <= FEW_STEPS and all(_is_below(TINY, step) for step in steps)
    return BoundSpec(
        spec=spec,
        sizes=bound,
        inputs=tuple(_input(spec, given, bound) for given in spec.inputs),
        sequence=sequence,
        steps=steps,
        written={str(index): texts[id(step)] for index, step in enumerate(steps)},
        largest=max((max(_sizes(step), default=1) for step in spec.steps), default=1),
        small=small,
        light=small or (len(sequence) <= FEW_STEPS and all(_is_below(LIGHT, step) for step in steps)),
        learns=any(isinstance(value, Hole) for step in spec.steps for value in _values_in(step))
        or any("Lazy" in text for text in texts.values()),
    )


def _input(spec: Spec, given: Input, bound: Mapping[str, int]) -> BoundInput:
    shape = tuple(size for size in sizes_of(given.shape, bound) if isinstance(size, int))
    if prod(size for size in shape if size) * WIDEST >= 2**63:  # torch strides over a size of 0 as over 1
        raise SizeError(
            f"[{','.join(map(str, shape))}] is more than torch can index",
            place=Place(spec.text, *given.shape.span),
            hint="a tensor has at most 2^63 - 1 bytes: write smaller sizes",
        )
    return BoundInput(shape, given.shape.dtype, given.name)


def _unrolled(steps: tuple[Step, ...]) -> Iterator[Layer | Method | Assertion]:
    for step in steps:
        if isinstance(step, Group):
            inside = tuple(_unrolled(step.steps))
            for _ in range(step.count):
                yield from inside
        else:
            yield step


def _is_below(most: Most, step: Layer | Method) -> bool:
    """Whether the numbers in a step are so small that nothing built from them is larger."""
    if step.name.startswith("Transformer"):
        return False  # large by default
    numbers = list(_sizes(step))
    product, largest = prod(numbers), max(numbers, default=1)
    if step.name in PLAIN:
        return product < most.plain
    return product * largest**2 < most.kernels if "Conv" in unparse_step(step) else product < most.other


def _sizes(step: Step) -> Iterator[int]:
    """The numbers in a step, as whole ones from 1."""
    for value in _values_in(step):
        if isinstance(value, Literal) and isinstance(value.value, int | float):
            yield max(abs(int(value.value)), 1)


def _values_in(step: Step) -> Iterator[Value]:
    if isinstance(step, Group):
        for inner in step.steps:
            yield from _values_in(inner)
    elif not isinstance(step, Assertion):
        yield from _values(step.arguments)
        if isinstance(step, Layer):
            for child in step.children:
                yield from _values_in(child.layer)


def _values(arguments: tuple[Argument, ...]) -> Iterator[Value]:
    """All values of a call, those of the layers inside it too."""
    waiting = [a.value for a in arguments]
    while waiting:
        value = waiting.pop()
        yield value
        match value:
            case Items(items):
                waiting.extend(items)
            case Table(pairs):
                waiting.extend(item for _, item in pairs)
            case Layer(arguments=inner, children=children):
                waiting.extend(a.value for a in inner)
                waiting.extend(child.layer for child in children)
