"""A run for totals alone comes to what a whole analysis does, wherever it says anything."""

from __future__ import annotations

import pytest
import torch

from linscope import engine
from linscope.engine.brief import brief, many
from linscope.errors import LinscopeError
from linscope.notation import parse
from linscope.notation.bound import bind
from linscope.notation.catalogue import guide, layer_names
from linscope.sources.notation import subject_of

EXAMPLES = sorted(
    {
        found.example.partition('"')[2].partition('"')[0] if '"' in found.example else found.example
        for name in layer_names()
        if (found := guide(name)) is not None and found.example
    }
)


@pytest.mark.filterwarnings("ignore:.*NLLLoss2d")
@pytest.mark.parametrize("spec", EXAMPLES)
def test_it_comes_to_what_a_whole_analysis_does(spec: str) -> None:
    bound = bind(parse(spec), {})
    if not bound.light:
        pytest.skip("not one that is sure to be light")
    with many():
        found = brief(subject_of(bound))
    try:
        whole = engine.analyze(subject_of(bound), engine.Request(crosscheck=False))
    except LinscopeError:
        assert found is None
        return
    if found is None:
        assert whole.uncounted or bound.learns
        return
    assert found.outputs == whole.outputs
    assert (found.totals.macs, found.totals.elementwise) == (whole.totals.macs, whole.totals.elementwise)
    assert found.totals.parameters.total == whole.totals.parameters.total
    assert found.totals.parameters.bytes == whole.totals.parameters.bytes
    assert (found.totals.buffers, found.totals.buffer_bytes) == (whole.totals.buffers, whole.totals.buffer_bytes)


@pytest.mark.filterwarnings("ignore:.*NLLLoss2d")
def test_most_layers_can_be_told_so() -> None:
    bounds = [bind(parse(spec), {}) for spec in EXAMPLES]
    with many():
        told = [bound for bound in bounds if bound.light and brief(subject_of(bound)) is not None]
    assert len(told) > len(bounds) // 2


@pytest.mark.parametrize(
    "spec", ["[2,5] -> Linear(4,2)", "[2,4] -> Linear(_,2)", "[2,4] -> LazyLinear(3)", "[2,3] -> ReLU -> [2,4]"]
)
def test_whatever_is_out_of_the_ordinary_is_left_to_a_whole_analysis(spec: str) -> None:
    with many():
        assert brief(subject_of(bind(parse(spec), {}))) is None


def test_nothing_is_left_behind() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with many():
        assert brief(subject_of(bind(parse("[2,4] -> Linear(4,2)"), {}))) is not None
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.is_grad_enabled()
