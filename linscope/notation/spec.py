"""The notation as data. Every node knows its span; equality ignores spans, so layout does not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeVar, dataclass_transform

T = TypeVar("T")


class Span(NamedTuple):
    """Characters ``start`` up to, not including, ``end`` of the text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


@dataclass_transform(frozen_default=True)
def _node(kind: type[T]) -> type[T]:
    """A frozen dataclass that leaves comparing to ``Node``: methods made for each class would cost start-up."""
    return dataclass(frozen=True, eq=False, repr=False)(kind)


class Node:
    """What all parts of a spec share: they are equal where their values are, wherever they stand."""

    def _values(self) -> tuple[object, ...]:
        return tuple([value for name, value in self.__dict__.items() if name not in ("span", "text")])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Node) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._values()))})"


# ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────


@_node
class Fixed(Node):
    """A size written as a number: ``32``."""

    size: int
    span: Span = NOWHERE


@_node
class Named(Node):
    """A named size: ``B``, or ``B=32`` where the value is given in place."""

    name: str
    size: int | None = None
    span: Span = NOWHERE


@_node
class AnySize(Node):
    """``_`` in an assertion: one dimension of any size."""

    span: Span = NOWHERE


@_node
class AnyNumber(Node):
    """``...`` in an assertion: any number of dimensions."""

    span: Span = NOWHERE


Dimension = Fixed | Named | AnySize | AnyNumber


@_node
class Shape(Node):
    """``[32,3,4]``, with ``:int64`` where a dtype is given."""

    dimensions: tuple[Dimension, ...]
    dtype: str | None = None
    span: Span = NOWHERE


@_node
class Input(Node):
    """A shape to draw a tensor of, with the name of the argument it goes to, if any."""

    shape: Shape
    name: str | None = None
    span: Span = NOWHERE


# ── Arguments ───────────────────────────────────────────────────────────────────────────────────────


@_node
class Literal(Node):
    """A number, a string, ``True``, ``False`` or ``None``."""

    value: int | float | str | bool | None
    span: Span = NOWHERE

    def _values(self) -> tuple[object, ...]:
        # 1, 1.0 and True are equal in Python, and different arguments to a layer.
        return (type(self.value), repr(self.value))

    def __repr__(self) -> str:
        return f"Literal({self.value!r})"


@_node
class Items(Node):
    """A tuple, or a list: ``(3, 5)``, ``[100, 400]``."""

    items: tuple[Value, ...]
    is_list: bool = False
    span: Span = NOWHERE


@_node
class Table(Node):
    """A dict: ``{'a': Linear(4,2)}``."""

    pairs: tuple[tuple[Literal, Value], ...]
    span: Span = NOWHERE


@_node
class Constant(Node):
    """A constant of torch by name: a dtype (``float64``) or a memory format."""

    name: str
    span: Span = NOWHERE


@_node
class Hole(Node):
    """``_`` in place of a number that the incoming shape decides."""

    span: Span = NOWHERE


@_node
class Argument(Node):
    """One argument of a call; ``keyword`` is None when it is positional."""

    value: Value
    keyword: str | None = None
    span: Span = NOWHERE


@_node
class Child(Node):
    """``(0): Linear(...)`` or ``(0-5): 6 x Linear(...)``, as ``print(module)`` shows a child."""

    name: str
    layer: Layer
    count: int = 1
    span: Span = NOWHERE


@_node
class Layer(Node):
    """A call of a torch.nn class. ``prefixed`` where it was written ``nn.Name``: PyTorch to the letter."""

    name: str
    arguments: tuple[Argument, ...] = ()
    prefixed: bool = False
    children: tuple[Child, ...] = ()
    span: Span = NOWHERE


Value = Literal | Items | Table | Constant | Hole | Layer


# ── Steps ───────────────────────────────────────────────────────────────────────────────────────────


@_node
class Method(Node):
    """A tensor method, in lower case: ``flatten(1)``."""

    name: str
    arguments: tuple[Argument, ...] = ()
    span: Span = NOWHERE


@_node
class Assertion(Node):
    """A shape in the chain: what must have come out so far."""

    shape: Shape
    span: Span = NOWHERE


@_node
class Group(Node):
    """``(Linear(4,4) -> ReLU) * 3``; ``count`` is 1 where nothing repeats."""

    steps: tuple[Step, ...]
    count: int = 1
    span: Span = NOWHERE


Step = Layer | Method | Assertion | Group


@_node
class Spec(Node):
    """A whole spec: what goes in, and what happens to it. ``text`` is what the spans point into."""

    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    text: str = ""
