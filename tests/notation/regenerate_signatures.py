"""Writes linscope/notation/signatures.json from the installed torch.

Run it after an upgrade of torch: ``python tests/notation/regenerate_signatures.py``. One line per layer: the
arguments of its constructor and of its forward, in order. A default is written as its ``repr``; null means
that there is none. ``"literal": false`` marks a default that is no Python literal, written by its name.
``forward`` is null where a class has none, ``abstract`` true where the notation has nothing to build it from.
"""

from __future__ import annotations

import ast
import inspect
import json
import typing
from pathlib import Path
from typing import Any

import torch
from torch import nn

PATH = Path(__file__).parents[2] / "linscope" / "notation" / "signatures.json"

# They hold tensors, or are there to be subclassed: no number, string or layer makes a useful one.
ABSTRACT = {"Container", "Module", "ParameterDict", "ParameterList", "RNNBase", "RNNCellBase"}

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}


def layer_classes() -> dict[str, type[nn.Module]]:
    """Every public class of torch.nn that is a module, sorted by name."""
    public = {name: getattr(nn, name) for name in dir(nn) if not name.startswith("_")}
    return {
        name: value for name, value in sorted(public.items()) if inspect.isclass(value) and issubclass(value, nn.Module)
    }


def signatures() -> dict[str, Any]:
    """The content of signatures.json for the installed torch."""
    version = ".".join(torch.__version__.split(".")[:2])
    return {"torch": version, "layers": {name: _layer(name, cls) for name, cls in layer_classes().items()}}


def _layer(name: str, cls: type[nn.Module]) -> dict[str, Any]:
    has_forward = cls.forward is not nn.Module.forward
    entry = {
        "arguments": _arguments(_constructor(cls)) if _constructor(cls) else [],
        "forward": _arguments(cls.forward) if has_forward else None,
    }
    return entry | ({"abstract": True} if name in ABSTRACT else {})


def _constructor(cls: type[nn.Module]) -> Any:
    """The function whose signature a call of ``cls`` answers to, or None where it takes nothing."""
    if cls.__init__ is nn.Module.__init__:
        return None  # it says *args, **kwargs and then refuses whatever is given
    # The recurrent layers take *args, **kwargs too, and declare what they mean in an overload.
    return next(iter(typing.get_overloads(cls.__init__)), cls.__init__)


def _arguments(function: Any) -> list[dict[str, Any]]:
    _, *parameters = inspect.signature(function).parameters.values()  # the first is self
    return [{"name": p.name, "kind": KINDS[p.kind], **_default(p.default)} for p in parameters]


def _default(default: Any) -> dict[str, Any]:
    if default is inspect.Parameter.empty:
        return {"default": None}
    try:
        ast.literal_eval(repr(default))
    except (SyntaxError, ValueError):
        return {"default": default.__name__, "literal": False}
    return {"default": repr(default)}


def as_text(content: dict[str, Any]) -> str:
    """``content`` as JSON, one line per layer: what the catalogue reads a layer from, and a diff shows."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in content["layers"].items())
    return f'{{"torch": {json.dumps(content["torch"])}, "layers": {{\n{lines}\n}}}}\n'


if __name__ == "__main__":
    PATH.write_text(as_text(signatures()), encoding="utf-8")
