"""ptflops with each of its backends: hooks on modules and functions, or on operators.

It divides by the first dimension of the first input, so that it is given none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.counters.calls import Closed
from bench.counters.registry import Said, counter, whole
from ptflops import get_model_complexity_info
from ptflops.pytorch_ops import MODULES_MAPPING

if TYPE_CHECKING:
    from bench.cases import Case

WITH_PRODUCTS = ("Conv", "Linear", "RNN", "GRU", "LSTM", "Attention")
NO_PRODUCTS = [kind for kind in MODULES_MAPPING if not any(name in kind.__name__ for name in WITH_PRODUCTS)]
"""What it has a hook for, and is no MAC: normalisation, activations, pooling."""


@counter("ptflops, modules", "ptflops")
def by_modules(case: Case) -> Said:
    return _asked(case, backend="pytorch", ignore_modules=NO_PRODUCTS)


@counter("ptflops, operators", "ptflops")
def by_operators(case: Case) -> Said:
    return _asked(case, backend="aten")


def _asked(case: Case, **options: Any) -> Said:
    macs, parameters = get_model_complexity_info(
        Closed(case.build()),
        (1,),
        input_constructor=lambda _: {},
        as_strings=False,
        print_per_layer_stat=False,
        **options,
    )
    if macs is None:
        raise RuntimeError("ptflops gave up")
    return Said(whole(macs), whole(parameters))
