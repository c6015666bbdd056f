"""The truth tables of ``tests/data`` as cases that any counter can be asked about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from kinds.table import ENTRIES, Entry
from torch import nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.rnn import pack_padded_sequence

from linscope import parse
from linscope.engine.inputs import Drawer
from linscope.engine.settling import settle
from linscope.notation.bound import bind
from linscope.sources.notation import subject_of

TRUTH = Path(__file__).parents[1] / "data" / "truth.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A model in its mode, with every size known, and the tensors that go in."""

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the tables.

    Args:
        name: what tells it from all others.
        macs: how many there are.
        parameters: how many there are.
        build: makes it anew.
        asked: what ``linscope.analyze`` takes: the target, and its inputs.
    """

    name: str
    macs: int
    parameters: int
    build: Callable[[], Built]
    asked: Callable[[], tuple[Any, Any]]


def cases() -> tuple[Case, ...]:
    """Every layer, then every other kind of code."""
    layers = json.loads(TRUTH.read_text(encoding="utf-8"))
    return (*map(_layer, layers), *map(_kind, ENTRIES))


def _layer(line: dict[str, Any]) -> Case:
    text, inputs = line["spec"], line.get("inputs")
    if inputs is None:
        return Case(text, line["macs"], line["params"], lambda: _written(text), lambda: (text, None))

    def build() -> Built:
        torch.manual_seed(0)
        return _settled(Built(eval(text, {"nn": nn}).eval(), tuple(map(_value, inputs)), {}))

    def asked() -> tuple[Any, Any]:
        built = build()
        return built.model, built.args

    return Case(f"{text} of {json.dumps(inputs)}", line["macs"], line["params"], build, asked)


def _written(text: str) -> Built:
    """What the notation says; a layer that a hole stands for is put in its place."""
    torch.manual_seed(0)
    subject = subject_of(bind(parse(text), {}))
    model = subject.build().eval()
    args, kwargs = Drawer("real", torch.device("cpu"), None).materialize(subject.arguments(model))
    settled = settle(subject, model, tuple(model.named_modules()), args, kwargs, None)
    return Built(settled, args, kwargs)


def _kind(entry: Entry) -> Case:
    def build() -> Built:
        given = entry.drawn()
        by_name = isinstance(given, Mapping)
        return _settled(Built(entry.built(), () if by_name else tuple(given), dict(given) if by_name else {}))

    name = f"{entry.kind}: {entry.model} of {json.dumps(entry.inputs)}{', training' if entry.train else ''}"
    return Case(name, entry.macs, entry.params, build, lambda: (entry.built(), entry.given()))


def _settled(built: Built) -> Built:
    """Lazy layers learn their sizes first: most counters know nothing of them."""
    if any(is_lazy(parameter) for parameter in built.model.parameters()):
        with torch.no_grad():
            built.model(*built.args, **built.kwargs)
    return built


def _value(written: dict[str, Any]) -> Any:
    if "values" in written:
        return torch.tensor(written["values"], dtype=getattr(torch, written["dtype"]))
    if "tuple" in written:
        return tuple(map(_value, written["tuple"]))
    if "packed" in written:
        lengths = written["packed"]
        padded = torch.randn(max(lengths), len(lengths), written["features"])
        return pack_padded_sequence(padded, torch.tensor(lengths), enforce_sorted=False)
    return torch.randn(written["shape"])
