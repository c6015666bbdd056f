"""From a layer as written to the module it means: the call of the class, and nothing else of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from linscope.errors import ArgumentError, LinscopeError, NotationError, Place, SizeError
from linscope.notation import catalogue
from linscope.notation.spec import (
    Argument,
    Constant,
    Hole,
    Items,
    Layer,
    Literal,
    Method,
    Table,
    Value,
)
from linscope.notation.unparse import unparse_step
from linscope.sources.holes import Shapes, decidable, decided
from linscope.sources.layers import Parameter, TensorMethod

MAKES_ITS_OWN_CHILDREN = frozenset({"Sequential"})
"""Containers whose children meet one another's outputs, so that a hole inside waits for its own input."""

REFUSALS = (TypeError, ValueError, ArithmeticError, RuntimeError, AssertionError, AttributeError, LookupError)
"""How constructors say that they do not take what they are given; what is ours or the system's passes through."""


@dataclass(slots=True)
class Builder:
    """Builds the layers of one spec, and counts what the notation left out of them.

    Args:
        text: the spec's text, for the places of errors.
        torch_defaults: whether Linear keeps PyTorch's default bias without the ``nn.`` prefix too.
        omitted: the bias elements that PyTorch's default would have added.
    """

    text: str
    torch_defaults: bool = False
    omitted: int = 0

    def module(self, layer: Layer, incoming: Shapes | None = None, *, to_the_letter: bool = False) -> nn.Module:
        """The module that ``layer`` writes.

        Args:
            incoming: the shapes that reach it, where known; they fill its holes.
            to_the_letter: inside a call with the ``nn.`` prefix, where PyTorch's defaults hold.

        Raises:
            ArgumentError: what the constructor refuses.
            SizeError: more elements than torch can index.
            NotationError: a hole that no shape decides.
        """
        if layer_is_open(layer) and incoming is None:
            return Waiting(self, layer, to_the_letter)
        to_the_letter = to_the_letter or layer.prefixed or self.torch_defaults
        inner = None if layer.name in MAKES_ITS_OWN_CHILDREN else incoming
        if layer.children:
            return self._printed(layer, inner, to_the_letter)
        args = [
            self._value(layer, a, i, incoming, inner, to_the_letter)
            for i, a in enumerate(layer.arguments)
            if a.keyword is None
        ]
        kwargs = {
            a.keyword: self._value(layer, a, i, incoming, inner, to_the_letter)
            for i, a in enumerate(layer.arguments)
            if a.keyword is not None
        }
        departs = layer.name in catalogue.BIAS_FREE and not to_the_letter and _bias_is_open(layer)
        if departs:
            kwargs["bias"] = False
        module = self._called(layer, args, kwargs)
        if departs:
            self.omitted += int(getattr(module, "out_features", 0))
        return module

    def method(self, method: Method) -> TensorMethod:
        """The step that calls a method of the tensor."""
        args = tuple(self._plain(a.value) for a in method.arguments if a.keyword is None)
        kwargs = {a.keyword: self._plain(a.value) for a in method.arguments if a.keyword is not None}
        return TensorMethod(method.name, args, kwargs)

    def _called(self, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> nn.Module:
        kind = Parameter if layer.name == "Parameter" else getattr(nn, layer.name, None)
        place = Place(self.text, *layer.span)
        if kind is None:
            raise NotationError(f"torch {torch.__version__} has no nn.{layer.name}", place=place)
        try:
            module: nn.Module = kind(*args, **kwargs)
        except REFUSALS as error:
            raise self._refused(layer, error, place) from error
        return module

    def _refused(self, layer: Layer, error: Exception, place: Place) -> LinscopeError:
        words = str(error).strip().partition("\n")[0] or type(error).__name__
        written = unparse_step(layer)
        if any(sign in words for sign in ("overflow", "too large", "Overflow", "out of memory", "can't allocate")):
            return SizeError(
                f"{written} is beyond what torch can index", place=place, details=(f"torch: {words}",),
                hint="a tensor has at most 2^63 - 1 bytes: write smaller sizes",
            )  # fmt: skip
        entry = catalogue.layer(layer.name)
        details = [f"torch: {words}"]
        if entry is not None:
            details.append(f"signature: {catalogue.signature_text(entry)}")
        return ArgumentError(
            f"{layer.name} does not take these arguments", place=place, details=tuple(details),
            hint=f"see `linscope layers {layer.name}`",
        )  # fmt: skip

    # ── arguments ───────────────────────────────────────────────────────────────────────────────────

    def _value(
        self,
        layer: Layer,
        argument: Argument,
        position: int,
        incoming: Shapes | None,
        inner: Shapes | None,
        to_the_letter: bool,
    ) -> Any:
        if isinstance(argument.value, Hole):
            return self._filled(layer, argument, position, incoming)
        return self._nested(argument.value, inner, to_the_letter)

    def _nested(self, value: Value, incoming: Shapes | None, to_the_letter: bool) -> Any:
        match value:
            case Layer():
                return self.module(value, incoming, to_the_letter=to_the_letter)
            case Items(items, is_list):
                made = [self._nested(item, incoming, to_the_letter) for item in items]
                return made if is_list else tuple(made)
            case Table(pairs):
                return {k.value: self._nested(v, incoming, to_the_letter) for k, v in pairs}
        return self._plain(value)

    def _plain(self, value: Value) -> Any:
        match value:
            case Literal(literal):
                return literal
            case Constant(name):
                return getattr(torch, name)
            case Items(items, is_list):
                made = [self._plain(item) for item in items]
                return made if is_list else tuple(made)
            case Table(pairs):
                return {k.value: self._plain(v) for k, v in pairs}
        raise NotationError(
            "a hole stands for one number of a layer", place=Place(self.text, *value.span),
            hint="write the number",
        )  # fmt: skip

    def _filled(self, layer: Layer, argument: Argument, position: int, incoming: Shapes | None) -> int:
        entry = catalogue.layer(layer.name)
        name = argument.keyword
        if name is None and entry is not None and position < len(entry.arguments):
            name = entry.arguments[position].name
        place = Place(self.text, *argument.value.span)
        rule = decided(layer.name, name or "")
        if rule is None:
            known = decidable(layer.name)
            raise NotationError(
                f"the incoming shape does not decide {name or 'this'} of {layer.name}",
                place=place,
                details=(f"it decides: {', '.join(known)}",) if known else (),
                hint="write the number",
            )
        try:
            return rule(incoming or ())
        except IndexError:
            shapes = ", ".join(str(list(s)) for s in incoming or ())
            raise NotationError(
                f"{shapes} has too few dimensions to decide {name} of {layer.name}",
                place=place, hint="write the number",
            ) from None  # fmt: skip

    def _printed(self, layer: Layer, incoming: Shapes | None, to_the_letter: bool) -> nn.Module:
        """A container from the children that ``print(module)`` showed."""
        named: dict[str, nn.Module] = {}
        for child in layer.children:
            for copy in range(child.count):
                name = str(int(child.name) + copy) if child.name.isdecimal() else child.name
                named[name] = self.module(child.layer, incoming, to_the_letter=to_the_letter)
        if layer.name == "ModuleDict":
            return nn.ModuleDict(named)
        if layer.name == "ModuleList":
            return nn.ModuleList(named.values())
        sequence = nn.Sequential()
        for name, module in named.items():
            sequence.add_module(name, module)
        return sequence


class Waiting(nn.Module):
    """A layer with a hole: it waits for its first input to know its sizes; then it is that layer."""

    is_hole = True

    def __init__(self, builder: Builder, layer: Layer, to_the_letter: bool) -> None:
        super().__init__()
        self._builder = builder
        self._layer = layer
        self._to_the_letter = to_the_letter
        self.filled: nn.Module | None = None

    def preview(self, shapes: Shapes) -> nn.Module:
        """The layer it will be for these shapes, without values: enough to see what it wants drawn."""
        omitted = self._builder.omitted
        with torch.device("meta"):
            made = self._builder.module(self._layer, shapes, to_the_letter=self._to_the_letter)
        self._builder.omitted = omitted
        return made

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if self.filled is None:
            shapes = tuple(tuple(a.shape) for a in (*args, *kwargs.values()) if isinstance(a, torch.Tensor))
            made = self._builder.module(self._layer, shapes, to_the_letter=self._to_the_letter)
            self.filled = made.train(self.training)
        if isinstance(self.filled, nn.MultiheadAttention) and len(args) == 1:
            args = args * 3
        return self.filled(*args, **kwargs)


def layer_is_open(layer: Layer) -> bool:
    """Whether a hole among its arguments, or in a layer inside them, waits for the incoming shape."""
    if layer.name in MAKES_ITS_OWN_CHILDREN:
        return False
    return any(_value_is_open(a.value) for a in layer.arguments) or any(
        layer_is_open(child.layer) for child in layer.children
    )


def _value_is_open(value: Value) -> bool:
    match value:
        case Hole():
            return True
        case Layer():
            return layer_is_open(value)
        case Items(items):
            return any(_value_is_open(item) for item in items)
        case Table(pairs):
            return any(_value_is_open(item) for _, item in pairs)
    return False


def _bias_is_open(layer: Layer) -> bool:
    """Whether the call leaves bias to its default: not by name, and not by position."""
    if any(a.keyword == "bias" for a in layer.arguments):
        return False
    entry = catalogue.layer(layer.name)
    assert entry is not None
    position = [a.name for a in entry.arguments].index("bias")
    return sum(a.keyword is None for a in layer.arguments) <= position
