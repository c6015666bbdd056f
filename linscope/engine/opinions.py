"""Three opinions on one total: the modules' own formulas, the operators that ran, and thop."""

from __future__ import annotations

import contextlib
import copy
import io
from importlib import metadata
from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.engine.derivations.registry import derive
from linscope.engine.thop_reasons import reason_for
from linscope.report.record import Opinion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.frames import Frame

MOST_THOP_MODULES = 2_000
MOST_THOP_MACS = 2 * 10**9
"""Beyond these a second forward under thop's hooks would cost more than the answer is worth."""


def operators_opinion(total: int, *, complete: bool) -> Opinion:
    """What the operators add up to, which is what the report says."""
    reason = None if complete else "some operators have no formula: a lower bound"
    return Opinion("operators", None, total, True, reason)


def formula_opinion(root: Frame, total: int) -> Opinion:
    """What the modules' attributes and shapes say, without a look at the operators."""
    counted, without = _analytic(root)
    if without and counted == 0:
        return Opinion("formula", None, None, None, f"no formula for {_listed(without)}")
    if counted == total:
        return Opinion("formula", None, counted, True, None)
    if without:
        missing = f"no formula for {_listed(without)}, which ran {total - counted:,} MACs"
        return Opinion("formula", None, counted, None, missing)
    return Opinion("formula", None, counted, False, "the module's formula and what ran differ")


def _analytic(root: Frame) -> tuple[int, list[str]]:
    """The sum over the topmost calls with a formula, and the types of those with work and none."""
    counted = 0
    without: dict[str, None] = {}
    waiting = list(root.children)
    if root.macs:
        without["the model's own code"] = None
    while waiting:
        frame = waiting.pop()
        found = None
        if frame.module is not None:
            found = derive(frame.module, frame.input_shapes, frame.output_shapes)
        if found is not None and (found.terms or not frame.children):
            counted += found.count
            continue
        if frame.macs:
            without[type(frame.module).__name__] = None
        waiting.extend(frame.children)
    return counted, list(without)


def thop_opinion(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], total: int) -> Opinion:
    """What thop counts on a copy of the model. Its absence, its prints and its failures stay outside."""
    version = _version("thop")
    if version is None:
        return Opinion("thop", None, None, None, "not installed")
    if kwargs:
        return Opinion("thop", version, None, None, "not asked: it takes no arguments by name")
    if total > MOST_THOP_MACS:
        return Opinion("thop", version, None, None, "not asked: it would run the model a second time")
    kinds = [type(module) for module in model.modules()]
    if len(kinds) > MOST_THOP_MODULES:
        return Opinion("thop", version, None, None, f"not asked: more than {MOST_THOP_MODULES:,} modules")
    try:
        with _silenced():
            import thop

            counted, _ = thop.profile(nn.Sequential(copy.deepcopy(model)), args, verbose=False)
    except Exception as error:  # a third opinion never breaks a run
        return Opinion("thop", version, None, None, f"it failed: {type(error).__name__}")
    macs = int(counted)
    agrees = macs == total
    reason = None if agrees else reason_for({kind.__name__ for kind in kinds}, macs, total)
    return Opinion("thop", version, macs, agrees, reason)


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
