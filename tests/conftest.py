"""What several folders of tests share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch


@pytest.fixture
def nothing_taught(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test starts with no operator taught, and what it teaches is forgotten after it."""
    from linscope import teaching
    from linscope.engine.formulas import RULES
    from linscope.engine.handling import HANDLINGS

    for name in ("TAUGHT", "FILES"):
        monkeypatch.setattr(teaching, name, {})
    monkeypatch.setattr(teaching, "BROKEN", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    teaching.load_plugins.cache_clear()
    HANDLINGS.clear()
    RULES.clear()


@pytest.fixture
def mylib(nothing_taught: None) -> Iterator[torch.library.Library]:
    """Operators that nobody has decided about; each gives a copy of its first argument."""
    import torch

    with torch.library._scoped_library("mylib", "DEF") as library:
        for schema in (
            "rotate(Tensor x, Tensor weight, int times=2, *, float scale=1.0, bool flip=False) -> Tensor",
            "rotate.wide(Tensor x, Tensor[] weights) -> Tensor",
            "turn_(Tensor(a!) x) -> Tensor(a!)",
            "halves(Tensor x) -> (Tensor, Tensor)",
        ):
            library.define(schema)
        for name in ("rotate", "rotate.wide"):
            library.impl(name, lambda x, *args, **kwargs: x.clone(), "CompositeExplicitAutograd")
        library.impl("turn_", lambda x: x, "CompositeExplicitAutograd")
        library.impl("halves", lambda x: (x[:1].clone(), x[1:].clone()), "CompositeExplicitAutograd")
        yield library
