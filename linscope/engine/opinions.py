"""Three opinions on one total: the modules' own formulas, the operators that ran, and thop."""

from __future__ import annotations

import contextlib
import copy
import io
from importlib import metadata
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrize import ParametrizationList

from linscope.engine.derivations.calls import derive_call
from linscope.engine.formula_reasons import difference, kind_without
from linscope.engine.frames import walk
from linscope.engine.thop_reasons import SHARED, reason_for, unbatched_convolution
from linscope.report.record import Opinion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.frames import Frame
    from linscope.report.derivation import Derivation

MOST_THOP_MODULES = 2_000
MOST_THOP_MACS = 2 * 10**9
MOST_THOP_BYTES = 2**30
"""Beyond these a copy of the model and a second forward would cost more than the answer is worth."""


def operators_opinion(total: int, *, complete: bool) -> Opinion:
    """What the operators add up to, which is what the report says."""
    reason = None if complete else "some operators have no formula: a lower bound"
    return Opinion("operators", None, total, True, reason)


def formula_opinion(root: Frame, total: int) -> Opinion:
    """What the modules' attributes and shapes say, without a look at the operators."""
    covered, without = _analytic(root)
    counted = sum([derivation.count for _, derivation in covered])
    if without and counted == 0:
        return Opinion("formula", None, None, None, f"no formula for {_listed(without)}")
    if counted == total:
        return Opinion("formula", None, counted, True, None)
    found = difference(covered)
    if found is not None or not without:
        return Opinion("formula", None, counted, False, found or "its sum and what ran differ")
    missing = f"no formula for {_listed(without)}, which ran {total - counted:,} MACs"
    return Opinion("formula", None, counted, None, missing)


def _analytic(root: Frame) -> tuple[list[tuple[Frame, Derivation]], list[str]]:
    """The topmost calls with a formula, each with it, and the types of those with work and none.

    A formula speaks for all that its layer calls, but for the weights that ``parametrize`` computes anew.
    """
    covered: list[tuple[Frame, Derivation]] = []
    without: dict[str, None] = {}
    if root.macs:
        without["the model's own code"] = None
    spoken_for: list[tuple[int, bool]] = []  # depths from which a formula speaks for what is deeper, or does not
    for frame, depth in walk(root):
        while spoken_for and depth <= spoken_for[-1][0]:
            spoken_for.pop()
        if isinstance(frame.module, ParametrizationList):
            spoken_for.append((depth, False))
        elif spoken_for and spoken_for[-1][1]:
            continue
        found = derive_call(frame)
        if found is not None and (found.terms or not frame.children):
            covered.append((frame, found))
            spoken_for.append((depth, True))
        elif frame.macs:
            without[kind_without(frame)] = None
    return covered, list(without)


def thop_opinion(model: nn.Module, root: Frame, args: tuple[Any, ...], kwargs: dict[str, Any], total: int) -> Opinion:
    """What thop counts on a copy of the model. Its absence, its prints and its failures stay outside."""
    version = _version("thop")
    if version is None:
        return Opinion("thop", None, None, None, "not installed")
    if total > MOST_THOP_MACS:
        return Opinion("thop", version, None, None, "not asked: it would run the model a second time")
    held = sum(t.numel() * t.element_size() for t in model.parameters() if not is_lazy(t))
    if held > MOST_THOP_BYTES:
        return Opinion("thop", version, None, None, "not asked: it would need a copy of the model")
    if sum(1 for _ in model.modules()) > MOST_THOP_MODULES:
        return Opinion("thop", version, None, None, f"not asked: more than {MOST_THOP_MODULES:,} modules")
    try:
        with _silenced():
            import thop

            counted, _ = thop.profile(_Asked(copy.deepcopy(model), _copied(kwargs)), _copied(args), verbose=False)
    except Exception as error:  # a third opinion never breaks a run
        return Opinion("thop", version, None, None, f"it failed: {type(error).__name__}")
    macs = int(counted)
    agrees = macs == total
    reason = None if agrees else _why(model, root, macs, total)
    return Opinion("thop", version, macs, agrees, reason)


def _why(model: nn.Module, root: Frame, counted: int, total: int) -> str:
    """Why thop differs, the particular before the general."""
    if sum(1 for _ in model.named_modules(remove_duplicate=False)) > sum(1 for _ in model.modules()):
        return SHARED
    for frame, _ in walk(root):
        ranks = tuple(map(len, frame.input_shapes))
        found = unbatched_convolution(type(frame.module).__name__, ranks)
        if found is not None:
            return found
    return reason_for(frozenset(type(module).__name__ for module in model.modules()), counted, total)


class _Asked(nn.Module):
    """A model inside another, since thop counts no bare layer; whatever arguments it takes pass through."""

    def __init__(self, model: nn.Module, kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.model = model
        self._kwargs = kwargs

    def forward(self, *args: Any) -> Any:
        return self.model(*args, **self._kwargs)


def _copied(value: Any) -> Any:
    """``value`` with a copy of every tensor in it that a layer might change in place."""
    if type(value) is torch.Tensor:
        return value.detach().clone()
    if type(value) in (tuple, list):
        return type(value)(_copied(item) for item in value)
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
