"""The table of kinds, read: what to build, what goes in, and what must come out of counting it."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

_TABLE = Path(__file__).parents[1] / "data" / "kinds.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table.

    Args:
        kind: of which kind of code.
        family: the module of this folder in whose names ``model`` and ``inputs`` are written.
        model: Python that builds the module.
        inputs: a list of arguments or a dict of them by name; text in brackets is a shape, other text Python.
        uncounted: the operators to be named, in any order.
        why: the working, ``4*3 parameters; 5*4*3 MACs; words``.
        train: run in training mode.
        trainable: parameters that are; all of them where it is None.
        differs: where the layers' own formulas rightly come to another number, words of the reason given.
        cannot: for a run mode that has no answer, why.
        gap: for a run mode whose answer is wrong as yet, how; under ``formula``, for the layers' own formulas.
        nth: how many entries of its kind stand before it.
    """

    kind: str
    family: str
    model: str
    inputs: Any
    output_shapes: list[list[int]]
    params: int
    macs: int
    why: str
    uncounted: list[str] = field(default_factory=list)
    train: bool = False
    trainable: int | None = None
    differs: str | None = None
    cannot: dict[str, str] = field(default_factory=dict)
    gap: dict[str, str] = field(default_factory=dict)
    nth: int = 0

    def __str__(self) -> str:
        return f"{self.kind}: {self.model} {'train' if self.train else ''}"

    def built(self) -> nn.Module:
        """The module, the same numbers in it each time, in its mode."""
        torch.default_generator.manual_seed(0)
        model: nn.Module = eval(self.model, self._names())
        if getattr(model, "training", self.train) is not self.train:  # what is frozen has no mode
            model.train(self.train)
        return model

    def given(self) -> Any:
        """What goes in, shapes still as text."""
        torch.default_generator.manual_seed(0)
        return self._read(self.inputs)

    def drawn(self) -> Any:
        """What goes in, a random tensor for every shape."""
        return _drawn(self.given())

    def _names(self) -> dict[str, Any]:
        return dict(vars(importlib.import_module(f"kinds.{self.family}")))

    def _read(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if value.startswith("[") else eval(value, self._names())
        if isinstance(value, list):
            return [self._read(item) for item in value]
        if isinstance(value, dict):
            return {name: self._read(item) for name, item in value.items()}
        return value


def _drawn(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("["):
        sizes, _, name = value.partition(":")
        shape = [int(size) for size in re.findall(r"\d+", sizes)]
        dtype = getattr(torch, name or "float32")
        if dtype.is_floating_point or dtype.is_complex:
            return torch.randn(shape, dtype=dtype)
        return torch.randint(0, 2 if dtype is torch.bool else 5, shape).to(dtype)
    if isinstance(value, list):
        return [_drawn(item) for item in value]
    if isinstance(value, dict):
        return {name: _drawn(item) for name, item in value.items()}
    return value


def _read_table() -> list[Entry]:
    seen: Counter[str] = Counter()
    entries = []
    for line in json.loads(_TABLE.read_text(encoding="utf-8")):
        entries.append(Entry(**line, nth=seen[line["kind"]]))
        seen[line["kind"]] += 1
    return entries


ENTRIES = _read_table()
