"""calflops: functions replaced by ones that count. It tells MACs from FLOPs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.counters.calls import NOTHING, Closed, of_tensors
from bench.counters.registry import Said, counter, whole
from calflops import calculate_flops

if TYPE_CHECKING:
    from bench.cases import Case


@counter("calflops", "calflops")
def count(case: Case) -> Said:
    built = case.build()
    if of_tensors(built) and any(True for _ in built.model.parameters()):
        model, args, kwargs = built.model, list(built.args), dict(built.kwargs)
    else:
        model, args, kwargs = Closed(built), [NOTHING], {}
    _, macs, parameters = calculate_flops(model, args=args, kwargs=kwargs, print_results=False, output_as_string=False)
    return Said(whole(macs), whole(parameters))
