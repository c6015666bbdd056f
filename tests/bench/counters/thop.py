"""thop: a rule for each class of module. It counts no bare layer, so that each is put into another module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import thop
from bench.counters.calls import Closed
from bench.counters.registry import Said, counter, whole
from thop.profile import register_hooks, zero_ops

if TYPE_CHECKING:
    from bench.cases import Case

WITH_PRODUCTS = ("Conv", "Linear", "RNN", "GRU", "LSTM")
NO_PRODUCTS = {kind: zero_ops for kind in register_hooks if not any(name in kind.__name__ for name in WITH_PRODUCTS)}
"""What it has a rule for, and is no MAC: normalisation, activations, pooling."""


@counter("thop", "thop")
def count(case: Case) -> Said:
    macs, parameters = thop.profile(Closed(case.build()), (), custom_ops=NO_PRODUCTS, verbose=False)
    return Said(whole(macs), whole(parameters))
