"""fvcore: a trace of the model, and a handle for each operator in it. What it calls a flop is a MAC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.counters.calls import Flat, of_tensors
from bench.counters.registry import Said, counter, whole
from fvcore.nn import FlopCountAnalysis, parameter_count

if TYPE_CHECKING:
    from bench.cases import Case

NO_PRODUCTS = (
    "aten::batch_norm",
    "aten::group_norm",
    "aten::layer_norm",
    "aten::instance_norm",
    "aten::upsample_nearest2d",
    "aten::upsample_bilinear2d",
    "aten::adaptive_avg_pool2d",
)
"""What it counts beside MACs. A handle of None, which its documentation has for this, leaves its own in force."""


def nothing(inputs: list[Any], outputs: list[Any]) -> int:
    """The work of what is no product."""
    return 0


@counter("fvcore", "fvcore")
def count(case: Case) -> Said:
    built = case.build()
    if of_tensors(built) and not built.kwargs:
        model, inputs = built.model, built.args
    else:
        model = Flat(built)
        inputs = model.tensors
    parameters = parameter_count(model)[""]
    analysis = FlopCountAnalysis(model, inputs).set_op_handle(**dict.fromkeys(NO_PRODUCTS, nothing))
    try:
        macs = whole(analysis.total())
    except Exception:  # of whatever kind: the parameters it has told all the same
        return Said(None, parameters)
    return Said(macs, parameters, warned=bool(analysis.unsupported_ops()))
