"""The notation as data. Every node knows its span; equality ignores spans, so layout does not count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """Characters ``start`` up to, not including, ``end`` of the text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


def _span() -> Span:
    return field(default=NOWHERE, compare=False, repr=False)


# ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Fixed:
    """A size written as a number: ``32``."""

    size: int
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Named:
    """A named size: ``B``, or ``B=32`` where the value is given in place."""

    name: str
    size: int | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class AnySize:
    """``_`` in an assertion: one dimension of any size."""

    span: Span = _span()


@dataclass(frozen=True, slots=True)
class AnyNumber:
    """``...`` in an assertion: any number of dimensions."""

    span: Span = _span()


Dimension = Fixed | Named | AnySize | AnyNumber


@dataclass(frozen=True, slots=True)
class Shape:
    """``[32,3,4]``, with ``:int64`` where a dtype is given."""

    dimensions: tuple[Dimension, ...]
    dtype: str | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Input:
    """A shape to draw a tensor of, with the name of the argument it goes to, if any."""

    shape: Shape
    name: str | None = None
    span: Span = _span()


# ── Arguments ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string, ``True``, ``False`` or ``None``."""

    value: int | float | str | bool | None
    span: Span = _span()

    def __eq__(self, other: object) -> bool:
        # 1, 1.0 and True are equal in Python and different arguments to a layer.
        return (
            isinstance(other, Literal)
            and type(self.value) is type(other.value)
            and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple, or a list: ``(3, 5)``, ``[100, 400]``."""

    items: tuple[Value, ...]
    is_list: bool = False
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Table:
    """A dict: ``{'a': Linear(4,2)}``."""

    pairs: tuple[tuple[Literal, Value], ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of torch by name: a dtype (``float64``) or a memory format."""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Hole:
    """``_`` in place of a number that the incoming shape decides."""

    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; ``keyword`` is None when it is positional."""

    value: Value
    keyword: str | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Child:
    """``(0): Linear(...)`` or ``(0-5): 6 x Linear(...)``, as ``print(module)`` shows a child."""

    name: str
    layer: Layer
    count: int = 1
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Layer:
    """A call of a torch.nn class. ``prefixed`` where it was written ``nn.Name``: PyTorch to the letter."""

    name: str
    arguments: tuple[Argument, ...] = ()
    prefixed: bool = False
    children: tuple[Child, ...] = ()
    span: Span = _span()


Value = Literal | Items | Table | Constant | Hole | Layer


# ── Steps ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Method:
    """A tensor method, in lower case: ``flatten(1)``."""

    name: str
    arguments: tuple[Argument, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Assertion:
    """A shape in the chain: what must have come out so far."""

    shape: Shape
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Group:
    """``(Linear(4,4) -> ReLU) * 3``; ``count`` is 1 where nothing repeats."""

    steps: tuple[Step, ...]
    count: int = 1
    span: Span = _span()


Step = Layer | Method | Assertion | Group


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole spec: what goes in, and what happens to it. ``text`` is what the spans point into."""

    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    text: str = field(default="", compare=False, repr=False)
