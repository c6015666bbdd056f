"""Calls that are out of the ordinary: of oneself, of what was just made, piece by piece, around or past the others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.user_models import Model, macs_by_path, ran
from torch import nn

from linscope.engine.frames import Frame, take_in, walk

LINEAR = 3 * 4 * 4  # MACs of three rows through Linear(4, 4)


def linear() -> nn.Linear:
    return nn.Linear(4, 4)


def test_a_layer_that_calls_itself() -> None:
    def again(self: Any, x: torch.Tensor, depth: int = 3) -> torch.Tensor:
        return self(self.a(x), depth - 1) if depth else x

    report = ran(Model(again, a=linear()), "[3,4]")
    assert [(row.path, row.call, row.depth) for row in report.layers] == [
        *(("", 1, 0), ("a", 1, 1), ("", 2, 1), ("a", 2, 2), ("", 3, 2), ("a", 3, 3), ("", 4, 3)),
    ]
    assert report.totals.macs == 3 * LINEAR
    assert [row.parameters.total for row in report.calls_of("a")] == [20, 0, 0]


def test_a_layer_made_on_the_way_counts_for_who_made_it() -> None:
    report = ran(Model(lambda s, x: linear()(x)), "[3,4]")
    assert macs_by_path(report) == {"": LINEAR}
    assert report.totals.parameters.total == 0


def test_functional_call_of_a_layer_that_is_none_of_the_models() -> None:
    stateless = linear().to("meta")
    model = Model(
        lambda s, x: torch.func.functional_call(stateless, {"weight": s.w, "bias": s.b}, (x,)),
        w=nn.Parameter(torch.ones(4, 4)),
        b=nn.Parameter(torch.ones(4)),
    )
    report = ran(model, "[3,4]")
    assert macs_by_path(report) == {"": LINEAR}
    assert (report.totals.parameters.total, report.totals.parameters.unused) == (20, 0)


def layer_by_layer(self: Any, x: torch.Tensor) -> Any:
    for layer in self.layers:
        x = layer(x)
        yield x


class Yielding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([linear(), linear()])

    forward = layer_by_layer


def test_a_forward_that_yields_is_run_to_its_end() -> None:
    report = ran(Yielding(), "[3,4]")
    assert macs_by_path(report) == {"layers.0": LINEAR, "layers.1": LINEAR}
    assert [row.depth for row in report.layers] == [0, 1, 1]
    assert [tensor.shape for tensor in report.outputs] == [(3, 4), (3, 4)]


def test_what_is_yielded_counts_for_who_yields_it() -> None:
    model = Model(lambda s, x: [s.after(y) for y in s.pieces(x)], pieces=Yielding(), after=linear())
    report = ran(model, "[3,4]")
    assert {row.path: row.depth for row in report.layers} == {
        "": 0, "pieces": 1, "pieces.layers.0": 2, "pieces.layers.1": 2, "after": 1,
    }  # fmt: skip
    assert report.totals.macs == 4 * LINEAR


def test_an_output_that_is_still_to_be_worked_out_is_worked_out() -> None:
    report = ran(Model(lambda s, x: map(s.a, [x, x]), a=linear()), "[3,4]")
    assert macs_by_path(report) == {"a": 2 * LINEAR}


def test_work_in_a_hook_of_the_model_itself_is_the_models() -> None:
    layer = linear()
    layer.register_forward_pre_hook(lambda module, args: (args[0] @ torch.ones(4, 4),))
    report = ran(layer, "[3,4]")
    assert macs_by_path(report) == {"": 2 * LINEAR}
    inside = ran(nn.Sequential(layer), "[3,4]")
    assert macs_by_path(inside) == {"": LINEAR, "0": LINEAR}  # as the caller's, who called past its forward


def test_work_around_every_call_makes_a_call_of_its_own() -> None:
    root, seen, model = Frame("", None, 1), Frame("a", linear(), 1), Model(lambda s, x: x)
    root.macs, root.children = 7, [seen]
    take_in(root, model)
    ((outer, depth), (inner, below)) = walk(root)
    assert (outer.path, outer.module, outer.macs, depth, root.macs) == ("", model, 7, 0, 0)
    assert (inner, below) == (seen, 1)


def test_replicas_are_not_sent_to_other_threads() -> None:
    class Sent(nn.DataParallel):  # type: ignore[type-arg]
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert self.device_ids == [0]
            return self.module(x)

    model = Sent(linear())
    model.device_ids = [0, 1, 2]
    assert macs_by_path(ran(model, "[3,4]", crosscheck=False)) == {"module": LINEAR}
    assert model.device_ids == [0, 1, 2]
    assert macs_by_path(ran(nn.DataParallel(linear()), "[3,4]")) == {"module": LINEAR}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("traced", [False, True])
def test_compiled_layers_have_rows_and_what_is_inside_counts_for_them(traced: bool) -> None:
    layer = nn.Sequential(linear(), nn.ReLU(), linear())
    compiled = torch.jit.trace(layer, torch.ones(3, 4)) if traced else torch.jit.script(layer)
    before = dict(compiled.__dict__)
    report = ran(nn.Sequential(compiled, linear()), "[3,4]")
    assert macs_by_path(report) == {"0": 2 * LINEAR, "1": LINEAR}
    assert [(row.type, row.parameters.total) for row in report.layers] == [
        *(("Sequential", 0), ("Sequential", 40), ("Linear", 20)),
    ]
    assert dict(compiled.__dict__) == before
    (row,) = ran(compiled, "[3,4]").layers
    assert (row.path, row.type, row.macs) == ("", "Sequential", 2 * LINEAR)
