"""The peak of activations against torch's own profiler, which sees every allocation of the CPU's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from bench.models import MODELS
from torch.profiler import ProfilerActivity, profile

import linscope

if TYPE_CHECKING:
    from bench.models import Model
    from torch import nn

ALONE = ("ViT-tiny", "GPT, 6 blocks of 256", "MLP, 400 tiny layers")
"""Models none of whose operators takes memory for itself while it runs, as convolutions and LSTMs do."""


def profiled(model: nn.Module, x: torch.Tensor) -> int:
    """Bytes that were allocated at most during a forward, with what went in."""
    with torch.no_grad():
        model(x)  # whatever is set up once
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as run:
            model(x)
    events = [event for event in run.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most + x.nbytes


@pytest.mark.parametrize("known", MODELS, ids=lambda model: model.name)
def test_the_peak_is_the_profilers(known: Model) -> None:
    model, x = known.build().eval(), known.given()
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        most = profiled(model, x)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    memory = linscope.analyze(model, x, run="real", crosscheck=False).memory
    if known.name in ALONE:
        assert memory.activations == most
        assert linscope.analyze(model, x, run="meta", crosscheck=False).memory.activations == most
    else:
        assert memory.activations is not None
        assert most / 3 < memory.activations < most
