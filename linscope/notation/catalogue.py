"""The layers the notation knows: their arguments, and a guide to each. Read from data; imports no torch.

``signatures.json`` is torch's own, written by tests/notation/regenerate_signatures.py and read at the first
look-up. ``guide.json`` and ``formulas.json`` are read only where someone asks about a layer.
"""

from __future__ import annotations

from functools import cache
from io import FileIO
from typing import Any, NamedTuple

from linscope.notation.calls import (
    ArgumentEntry,
    CallEntry,
    Refusal,
    call_text,
    check_arguments,
)

__all__ = [
    "BIAS_FREE",
    "DTYPES",
    "MEMORY_FORMATS",
    "WORDS",
    "ArgumentEntry",
    "CallEntry",
    "GuideEntry",
    "LayerEntry",
    "Refusal",
    "check_arguments",
    "guide",
    "layer",
    "layer_names",
    "signature_text",
]

BIAS_FREE = frozenset({"Linear", "LazyLinear"})
"""The notation's one departure from PyTorch: unless told otherwise, these have no bias."""

DTYPES = {
    "float64": "float64",
    "float32": "float32",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "complex64": "complex64",
    "complex128": "complex128",
    "int8": "int8",
    "int16": "int16",
    "int32": "int32",
    "int64": "int64",
    "uint8": "uint8",
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
}
"""What may be written for a dtype, with the name torch prints for it."""

MEMORY_FORMATS = frozenset({"contiguous_format", "preserve_format", "channels_last", "channels_last_3d"})

WORDS = frozenset(
    {
        *("same", "valid"),  # padding of a convolution
        *("zeros", "reflect", "replicate", "circular"),  # padding_mode
        *("nearest", "linear", "bilinear", "bicubic", "trilinear", "area"),  # mode of Upsample
        *("none", "mean", "sum", "max"),  # reduction of a loss, mode of EmbeddingBag
        *("tanh", "relu", "gelu"),  # nonlinearity of a recurrent cell, activation of a transformer
    }
)
"""Strings that ``print(module)``, of one version of torch or another, shows without their quotes."""


class LayerEntry(NamedTuple):
    """A class of torch.nn. ``forward`` is None where it has none, so that it can be no step of a chain.

    ``abstract`` marks a class the notation has nothing to build from: it holds tensors, or is a base class.
    """

    name: str
    arguments: tuple[ArgumentEntry, ...]
    forward: tuple[ArgumentEntry, ...] | None
    abstract: bool = False

    @property
    def example(self) -> str | None:
        found = guide(self.name)
        return found.example if found else None


class GuideEntry(NamedTuple):
    """What a reader wants to know of a layer.

    ``example`` is a spec that runs, None where there can be none; ``remark`` then says why. The formulas are
    in terms of the layer's arguments and the input's sizes, None where none is written; ``where`` says what other
    names in them stand for.
    """

    name: str
    category: str
    summary: str
    example: str | None
    remark: str | None
    parameters_formula: str | None
    macs_formula: str | None
    where: tuple[tuple[str, str], ...] = ()


PARAMETER = LayerEntry(
    "Parameter",
    (ArgumentEntry("in_features"), ArgumentEntry("out_features"), ArgumentEntry("bias", default="False")),
    (ArgumentEntry("input"),),
)
"""The one layer not of torch.nn: an nn.Parameter ``W`` of shape (in, out), and ``y = x @ W``."""

PARAMETER_GUIDE = GuideEntry(
    name="Parameter",
    category="linear",
    summary="A linear map made by hand: an nn.Parameter W of shape (in_features, out_features), y = x @ W.",
    example="[32,3,4] -> Parameter(4,2)",
    remark="W is stored (in, out), the transpose of Linear's weight; bias=True adds out_features numbers.",
    parameters_formula="in_features · out_features (+ out_features with bias)",
    macs_formula="rows · in_features · out_features",
    where=(("rows", "all dimensions but the last"),),
)


def layer(name: str) -> LayerEntry | None:
    """The layer of exactly that name, or None."""
    if name == PARAMETER.name:
        return PARAMETER
    return _layer(name) if name in _signatures() else None


@cache
def layer_names() -> tuple[str, ...]:
    """Every name that ``layer`` knows, sorted."""
    return tuple(sorted((*_signatures(), PARAMETER.name)))


def guide(name: str) -> GuideEntry | None:
    """Category, summary, example and formulas of the layer of exactly that name, or None."""
    if name == PARAMETER.name:
        return PARAMETER_GUIDE
    found = _guides().get(name)
    if found is None:
        return None
    formulas = _formulas().get(name, {})
    return GuideEntry(
        name=name,
        category=found["category"],
        summary=found["summary"],
        example=found["example"],
        remark=found.get("remark"),
        parameters_formula=formulas.get("parameters"),
        macs_formula=formulas.get("macs"),
        where=tuple(formulas.get("where", {}).items()),
    )


def signature_text(entry: CallEntry) -> str:
    """The call with the notation's own defaults: ``Linear(in_features, out_features, bias=False)``.

    Of a layer it leaves out what nearly all of them take, ``device`` and ``dtype``, and what torch keeps to
    itself behind an underscore.
    """
    if not isinstance(entry, LayerEntry):
        return call_text(entry.name, entry.arguments)
    shown = (a for a in entry.arguments if a.name not in ("device", "dtype") and not a.name.startswith("_"))
    bias_free = entry.name in BIAS_FREE
    return call_text(entry.name, (a._replace(default="False") if bias_free and a.name == "bias" else a for a in shown))


@cache  # of known names only, so that it cannot grow without end
def _layer(name: str) -> LayerEntry:
    found = _parsed(_signatures()[name])
    forward = found["forward"]
    return LayerEntry(
        name,
        _arguments(found["arguments"]),
        None if forward is None else _arguments(forward),
        found.get("abstract", False),
    )


def _arguments(entries: list[dict[str, Any]]) -> tuple[ArgumentEntry, ...]:
    return tuple(ArgumentEntry(**entry) for entry in entries)


@cache
def _signatures() -> dict[str, str]:
    """What signatures.json holds of each layer, as text: a line for each, and few are ever asked for."""
    _, *lines, _ = _read("signatures.json").splitlines()
    entries = (line.removesuffix(",").partition(": ") for line in lines)
    return {name.strip('"'): entry for name, _, entry in entries}


@cache
def _guides() -> dict[str, Any]:
    return _parsed(_read("guide.json"))


@cache
def _formulas() -> dict[str, Any]:
    try:
        return _parsed(_read("formulas.json"))
    except FileNotFoundError:
        return {}


def _read(name: str) -> str:
    """The text of the file of that name beside this module."""
    # A plain path: importing pathlib or importlib.resources would take longer than all else a look-up does.
    with FileIO(__file__.removesuffix("catalogue.py") + name) as file:
        return file.readall().decode()


def _parsed(text: str) -> dict[str, Any]:
    import json  # not every use of this module needs it

    entries: dict[str, Any] = json.loads(text)
    return entries
