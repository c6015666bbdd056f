"""The tensor methods are torch's, by name and by argument, and their examples run."""

from __future__ import annotations

import pytest
import torch

import linscope
from linscope.notation import methods
from linscope.notation.catalogue import signature_text

NAMES = methods.method_names()

BY_KEYWORD = {
    "flatten": {"start_dim": 0, "end_dim": 1},
    "unflatten": {"dim": 2, "sizes": (4, 4)},
    "view": {"size": (-1, 48)},
    "reshape": {"shape": (-1,)},
    "permute": {"dims": (0, 2, 1)},
    "transpose": {"dim0": 0, "dim1": 1},
    "swapaxes": {"axis0": 0, "axis1": 1},
    "swapdims": {"dim0": 0, "dim1": 1},
    "movedim": {"source": 0, "destination": 1},
    "moveaxis": {"source": 0, "destination": 1},
    "unsqueeze": {"dim": 0},
    "squeeze": {"dim": 0},
    "expand": {"size": (2, 3, 16)},
    "repeat": {"repeats": (1, 2, 1)},
    "tile": {"dims": (2,)},
    "narrow": {"dim": 0, "start": 0, "length": 1},
    "select": {"dim": 0, "index": 0},
    "flip": {"dims": (0,)},
    "roll": {"shifts": 1, "dims": 0},
    "diagonal": {"offset": 0, "dim1": 0, "dim2": 1},
    "tril": {"diagonal": 1},
    "triu": {"diagonal": 1},
    "chunk": {"chunks": 2, "dim": 0},
    "split": {"split_size": 1, "dim": 0},
    "unbind": {"dim": 0},
    **{name: {"dim": 1, "keepdim": True, "dtype": torch.float64} for name in ("mean", "sum", "prod")},
    **{name: {"dim": 1, "keepdim": True} for name in ("amax", "amin", "max", "min", "argmax", "argmin")},
    **{name: {"dim": 1, "keepdim": True} for name in ("logsumexp", "all", "any")},
    **{name: {"dim": 1, "correction": 0, "keepdim": True} for name in ("std", "var")},
    "norm": {"p": 2, "dim": 1, "keepdim": True, "dtype": torch.float64},
    **{name: {"dim": 1, "dtype": torch.float64} for name in ("softmax", "log_softmax", "cumsum", "cumprod")},
    "clamp": {"min": 0, "max": 6},
    "to": {"dtype": torch.float64},
}
"""Every argument of every method that has any, by name, for a tensor of shape [2, 3, 16]."""


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_torchs(name):
    entry = methods.method(name)
    given = BY_KEYWORD.get(name, {})
    assert {a.name for a in entry.arguments} == set(given)
    tensor = torch.randn(4, 4) if name == "t" else torch.randn(2, 3, 16)
    getattr(tensor, name)(**given)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs(name):
    entry = methods.method(name)
    assert f"-> {name}" in entry.example
    assert linscope.analyze(entry.example).outputs


def test_integers_may_be_spread():
    spread = {name for name in NAMES if any(a.kind == "spread" for a in methods.method(name).arguments)}
    assert spread == {"view", "reshape", "permute", "expand", "repeat", "tile", "flip"}
    tensor = torch.randn(2, 3, 4)
    for name, sizes in [("view", (4, 6)), ("permute", (2, 0, 1)), ("repeat", (1, 1, 2)), ("flip", (0, 1))]:
        assert torch.equal(getattr(tensor, name)(*sizes), getattr(tensor, name)(sizes))


def test_names_are_lower_case_and_unknown_ones_are_none():
    assert all(name == name.lower() and not name.startswith("_") for name in NAMES)
    assert methods.method("backward") is None
    assert methods.method("Flatten") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("view", "view(*size)"),
        ("transpose", "transpose(dim0, dim1)"),
        ("mean", "mean(dim=None, keepdim=False, *, dtype=None)"),
        ("t", "t()"),
    ],
)
def test_signature_text(name, text):
    assert signature_text(methods.method(name)) == text
