"""TorchScript is seen through, or what it hides is named; and what arrives whole, on nested tensors, is counted so."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.user_models import Model, ran
from torch import nn

from linscope.engine.tracer import Tracer
from linscope.report.record import UNCOUNTED

pytestmark = pytest.mark.filterwarnings("ignore")


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).eval()


# 2 images, 6 · 6 places of 4 · 3·3·3, and 2 rows of 144 · 2
NET_MACS = 7_776 + 576
IMAGE = torch.rand(2, 3, 8, 8)


@pytest.mark.parametrize(
    "compiled",
    [
        lambda: torch.jit.script(net()),
        lambda: torch.jit.trace(net(), IMAGE),
        lambda: torch.jit.freeze(torch.jit.script(net())),
    ],
    ids=["scripted", "traced", "frozen"],
)
def test_a_compiled_program_is_seen_through(compiled: Any) -> None:
    model = compiled()
    for _ in range(3):  # it is compiled further on its second run
        tracer = Tracer(None)
        with torch.no_grad(), tracer:
            tracer.traced("", model, model)(IMAGE)
        assert tracer.root.children[0].macs == NET_MACS
        assert not [o.name for o in tracer.operators.values() if o.state == UNCOUNTED]


def test_what_a_compiled_program_hides_is_named() -> None:
    """Its convolution runs in no operator that a mode gets to see; its Linear does."""
    model = torch.jit.optimize_for_inference(torch.jit.script(net()))
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        tracer.traced("", model, model)(IMAGE)
    assert tracer.root.children[0].macs == 576
    hidden = {o.name: (o.calls, list(o.modules)) for o in tracer.operators.values() if o.state == UNCOUNTED}
    assert hidden == {"prim.mkldnn_convolution": (1, [""])}


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_a_composite_that_takes_nested_tensors_counts_as_a_whole(layout: torch.layout, inference: bool) -> None:
    def nested(self: Any, x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode(inference):
            self.a(torch.nested.nested_tensor([torch.rand(2, 4), torch.rand(3, 4)], layout=layout))
        return x

    report = ran(Model(nested, a=nn.Linear(4, 4)), "[1]", crosscheck=False)
    assert (report.totals.macs, report.status) == (80, "complete")  # 2 + 3 rows of 4 · 4
    assert [(row.name, row.macs) for row in report.operators if row.macs] == [("aten.linear", 80)]
