"""Runs a layer that must fail, asks for its diagnosis, and carries out every repair that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from linscope.engine.diagnosis import Diagnosis, diagnose
from linscope.sources.layers import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

Input = tuple[tuple[int, ...], str]

CLASSES = {**vars(nn), "Parameter": Parameter}


@dataclass(frozen=True)
class Layer:
    """A class by name, its constructor arguments by keyword, and the mode it runs in."""

    name: str
    arguments: dict[str, Any]
    training: bool = False

    def build(self, **changes: object) -> nn.Module:
        return CLASSES[self.name](**{**self.arguments, **changes}).train(self.training)

    def run(self, *inputs: Input, **changes: object) -> None:
        self.call(*(tensor(*one) for one in inputs), **changes)

    def call(self, *tensors: torch.Tensor, **changes: object) -> None:
        arguments: tuple[Any, ...] = tensors
        if self.name.startswith("LSTM") and len(tensors) > 1:
            arguments = (tensors[0], tensors[1:])
        with torch.no_grad():
            self.build(**changes)(*arguments)


def parse(*texts: str) -> tuple[Input, ...]:
    """``[3,5]``, ``[3]:int64`` as sizes and dtypes."""
    return tuple(
        (tuple(int(size) for size in sizes.split(",") if size), dtype or "float32")
        for text in texts
        for sizes, dtype in re.findall(r"\[([\d,]*)\](?::(\w+))?", text)
    )


def tensor(shape: tuple[int, ...], dtype: str) -> torch.Tensor:
    """Numbers between 0 and 1, where any will do; zeros, where they are indices."""
    wanted = getattr(torch, dtype)
    return torch.rand(shape).to(wanted) if wanted.is_floating_point else torch.zeros(shape, dtype=wanted)


def failure(layer: Layer, *inputs: Input) -> Exception | None:
    """What the layer raises, None where it runs."""
    try:
        layer.run(*inputs)
    except Exception as error:
        return error
    return None


def diagnosed(layer: Layer, *inputs: Input) -> Diagnosis | None:
    """The diagnosis of a call that has to fail."""
    error = failure(layer, *inputs)
    assert error is not None, f"{layer} takes {inputs}"
    shapes, dtypes = zip(*inputs, strict=True) if inputs else ((), ())
    return diagnose(layer.build(), shapes, dtypes, error)


def carry_out(found: Diagnosis, layer: Layer, *inputs: Input) -> Iterator[str]:
    """Each repair in turn, by running it; yields what kind it was. A repair that fails raises."""
    if found.arguments:
        layer.run(*inputs, **dict(found.arguments))
        yield "arguments"
    if found.before:
        layer.call(applied(found.before, tensor(*inputs[0])))
        yield "before"
    if found.instead is not None:
        yield from _in_words(found.instead, layer, *inputs)


def applied(step: str, x: torch.Tensor) -> torch.Tensor:
    """``transpose(1,2)`` of a tensor."""
    method, arguments = re.fullmatch(r"(\w+)\(([-\d,]+)\)", step).groups()
    return getattr(x, method)(*(int(number) for number in arguments.split(",")))


def _in_words(text: str, layer: Layer, *inputs: Input) -> Iterator[str]:
    """The repairs in words that can be read back: other inputs, changes beside them, another class."""
    if text.startswith(("[", "an input", "inputs")):
        text, _, change = text.partition(", and with it ")
        given = parse(text)
    else:
        change, given = text, inputs
    if not change:
        layer.run(*given)
        yield "instead"
    elif ", which takes" in change:
        Layer(change.split(",")[0], layer.arguments, layer.training).run(*given)
        yield "instead"
    elif re.fullmatch(r"\w+\([-\d,]+\)", change):
        layer.call(applied(change, tensor(*given[0])))
        yield "instead"
    elif re.fullmatch(r"\w+=[^=]+(, \w+=[^=]+)*", change) and " of " not in change and " with " not in change:
        layer.run(*given, **eval(f"dict({change})"))
        yield "instead"
    else:
        yield "words"
