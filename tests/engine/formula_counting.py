"""A mode that adds up the registry's counts, and nothing else: what the formulas say, without the tracer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.formulas import FORMULAS, rule_for
from linscope.engine.formulas.registry import INSIDE

if TYPE_CHECKING:
    from collections.abc import Callable


class Counting(TorchDispatchMode):
    """``macs`` and ``elements`` of all operators that arrive, and how many calls each state had, by name."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0
        self.elements = 0
        self.calls: dict[str, Counter[str]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        rule = rule_for(func)
        self.calls.setdefault(rule.state, Counter())[rule.name] += 1
        if rule.formula is not None:
            self.macs += rule.formula(args, kwargs, result).count
        if rule.inside is not None:
            self.elements += rule.inside(args, kwargs, result)
        return result


def run(call: Callable[[], Any], context: Any = torch.no_grad) -> Counting:
    """Everything that ``call`` runs, counted. Under ``no_grad`` composites arrive opened."""
    with context(), Counting() as mode:
        call()
    return mode


def formula_of(name: str, *args: Any, result: Any = None, **kwargs: Any) -> int:
    """The count of one operator, called or not: some need a device that is not here."""
    return FORMULAS[name](args, kwargs, result).count


def work_of(name: str, *args: Any, result: Any = None, **kwargs: Any) -> int:
    """The element-wise part of one operator, likewise."""
    return INSIDE[name](args, kwargs, result)
