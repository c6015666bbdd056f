"""PyTorch's own counter, on the CPU and on meta. It says FLOPs, two for each MAC, and nothing of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from bench.counters.registry import Said, counter
from torch import nn
from torch.nn.utils.rnn import PackedSequence
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from bench.cases import Case


@counter("FlopCounterMode, CPU", "torch")
def on_cpu(case: Case) -> Said:
    built = case.build()
    return Said(_macs(built.model, built.args, built.kwargs), None)


@counter("FlopCounterMode, meta", "torch")
def on_meta(case: Case) -> Said:
    """The model and its arguments moved there; where that will not do, made there."""
    built = case.build()
    try:
        macs = _macs(built.model.to("meta"), *tree_map(_moved, (built.args, built.kwargs)))
    except Exception:  # whatever it was: the other way is tried, and fails for itself
        with torch.device("meta"):
            built = case.build()
            macs = _macs(built.model, built.args, built.kwargs)
    return Said(macs, None)


def _macs(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    mode = FlopCounterMode(display=False)
    with mode:
        model(*args, **kwargs)
    return int(mode.get_total_flops()) // 2


def _moved(value: Any) -> Any:
    return value.to("meta") if isinstance(value, torch.Tensor | PackedSequence) else value
