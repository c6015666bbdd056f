"""torchinfo: weights times outputs, module by module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.counters.calls import NOTHING, Closed, of_tensors
from bench.counters.registry import Said, counter, whole
from torchinfo import summary

if TYPE_CHECKING:
    from bench.cases import Case


@counter("torchinfo", "torchinfo")
def count(case: Case) -> Said:
    built = case.build()
    mode = "train" if built.model.training else "eval"
    try:
        if of_tensors(built) and not (built.args and built.kwargs):
            told = summary(built.model, input_data=list(built.args) or built.kwargs, mode=mode, verbose=0)
        else:
            told = summary(Closed(built), input_data=[NOTHING], mode=mode, verbose=0)
    except Exception:  # of whatever kind: without inputs it tells the parameters alone
        return Said(None, whole(summary(built.model, mode=mode, verbose=0).total_params))
    return Said(whole(told.total_mult_adds), whole(told.total_params))
