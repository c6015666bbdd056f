"""Memory of a forward: what is alive at once, worked out by hand from what each line makes and drops."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.user_models import Model
from torch import nn

import linscope
from linscope.engine.frames import Frame
from linscope.engine.liveness import Liveness
from linscope.report.memory import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.record import Report

MODES = ("real", "meta", "fake")
K = 4 * 1000
"""Bytes of the [1000] float32 that goes in: the cases below count in these."""


def ran(model: nn.Module, inputs: Any = "[1000]", mode: str = "real", **options: Any) -> Report:
    return linscope.analyze(model, inputs, run=mode, crosscheck=False, **options)


def keeps_everything(self: Any, x: torch.Tensor) -> torch.Tensor:
    a = x + 1  # x, a
    b = a * 2  # x, a, b
    return a + b  # x, a, b, and the sum


def drops_as_it_goes(self: Any, x: torch.Tensor) -> torch.Tensor:
    for _ in range(5):
        x = x + 1  # what went in, the last one, and the next
    return x


def looks_at_the_same(self: Any, x: torch.Tensor) -> torch.Tensor:
    y = x + 1
    return y.view(10, 100).t().reshape(-1)[:50].expand(3, 50)  # the reshape of a transpose is a copy


def works_in_place(self: Any, x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    return y.relu_().add_(1).mul_(y)


def writes_into_an_empty_one(self: Any, x: torch.Tensor) -> torch.Tensor:
    y = torch.empty(0)
    torch.add(x, 1, out=y)  # grows it
    return y


def makes_a_large_one_for_a_moment(self: Any, x: torch.Tensor) -> torch.Tensor:
    y = x.expand(7, 1000).contiguous().sum(0)  # x, seven times x, and the sum
    return y + 1


def gives_two(self: Any, x: torch.Tensor) -> torch.Tensor:
    values, places = x.topk(1000)  # numbers of 4 bytes and places of 8
    return values + places


def gives_what_it_got(self: Any, x: torch.Tensor) -> torch.Tensor:
    return x


CASES: list[tuple[Callable[[Any, torch.Tensor], torch.Tensor], float]] = [
    (keeps_everything, 4),
    (drops_as_it_goes, 3),
    (looks_at_the_same, 3),
    (works_in_place, 2),
    (writes_into_an_empty_one, 2),
    (makes_a_large_one_for_a_moment, 9),
    (gives_two, 5),
    (gives_what_it_got, 1),
]


@pytest.mark.filterwarnings("ignore:Accessing the data pointer")
@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("forward", "most"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_what_is_alive_at_once(forward: Any, most: float, mode: str) -> None:
    assert ran(Model(forward), mode=mode).memory.activations == most * K


@pytest.mark.parametrize("mode", MODES)
def test_parameters_and_buffers_are_no_activations(mode: str) -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)).eval()
    memory = ran(model, "[5,8]", mode).memory
    assert (memory.parameters, memory.buffers) == (4 * (72 + 16), 4 * 16 + 8)
    assert memory.held == (Held("float32", 88, 352, 64), Held("int64", 0, 0, 8))
    assert memory.activations == 3 * 5 * 8 * 4  # what went in, what came of the Linear, what comes out
    assert memory.total == memory.parameters + memory.buffers + 480


@pytest.mark.parametrize("mode", MODES)
def test_tied_parameters_and_views_of_them_count_once(mode: str) -> None:
    first, second = nn.Linear(6, 6, bias=False), nn.Linear(6, 6, bias=False)
    second.weight = first.weight
    assert ran(nn.Sequential(first, second), "[2,6]", mode).memory.parameters == 4 * 36


def test_the_layer_where_it_is_the_most_is_named() -> None:
    report = ran(nn.Sequential(nn.Linear(10, 500), nn.ReLU(), nn.Linear(500, 2)), "[3,10]")
    assert report.memory.activations == 4 * 3 * (10 + 500 + 500)  # in the ReLU
    assert report.memory.reached_in == "1"


def test_rows_add_up_to_what_was_made() -> None:
    model = nn.Sequential(nn.Linear(10, 50), nn.Sequential(nn.ReLU(), nn.Linear(50, 2)))
    report = ran(model, "[3,10]")
    made = {row.path: row.allocated for row in report.layers}
    assert made == {"": 0, "0": 4 * 150, "1": 0, "1.0": 4 * 150, "1.1": 4 * 6}
    assert report.layers[0].subtree_allocated == sum(made.values())


def test_resnet_like_shapes_come_to_the_known_peak() -> None:
    # [1,64,56,56] in, then a bottleneck's widest moment: its input, the shortcut, the branch, and their sum
    conv, shortcut = nn.Conv2d(64, 256, 1, bias=False), nn.Conv2d(64, 256, 1, bias=False)
    model = Model(lambda s, x: s.a(x) + s.b(x), a=conv, b=shortcut)
    assert ran(model, "[1,64,56,56]").memory.activations == 4 * 56 * 56 * (64 + 3 * 256)


def test_sparse_tensors_are_weighed_with_their_indices() -> None:
    model = Model(lambda s, x: x.to_sparse())
    x = torch.zeros(10, 10)
    x[2, 3] = x[4, 5] = 1.0
    assert ran(model, x).memory.activations == 400 + 2 * (4 + 2 * 8)


def test_what_was_alive_before_is_not_alive_after() -> None:
    alive, frame = Liveness(()), Frame("", None, 1)
    first = torch.empty(100)
    assert alive.made([first, first.view(10, 10)], frame) == 400
    assert alive.made(first, frame) == 0
    kept = first[:1]
    del first
    gc.collect()
    assert alive.now == 400  # a view keeps all of it
    del kept
    gc.collect()
    assert (alive.now, alive.peak) == (0, 400)
    again = torch.empty(100)  # perhaps at the very same address
    alive.made(again, frame)
    assert (alive.now, alive.peak) == (400, 400)


@pytest.mark.parametrize(
    ("dtype", "size"), [(None, 4), ("float32", 4), ("bfloat16", 2), ("float16", 2), ("float64", 8)]
)
def test_a_spec_in_another_dtype(dtype: str | None, size: int) -> None:
    report = linscope.analyze("[32,3,4] -> Linear(4,2)", dtype=dtype)
    assert (report.memory.parameters, report.memory.activations) == (8 * size, (384 + 192) * size)
    assert report.totals.parameters.bytes == 8 * size
    assert torch.get_default_dtype() is torch.float32


@pytest.mark.parametrize(("dtype", "expected"), [("int8", 63 + 7), ("int4", (63 + 7 + 1) // 2)])
def test_weights_of_few_bits_are_weighed_and_all_else_runs_as_before(dtype: str, expected: int) -> None:
    plain, report = (linscope.analyze("[2,9] -> nn.Linear(9,7)", dtype=d) for d in (None, dtype))
    assert (report.memory.parameters, report.memory.weights_as) == (expected, dtype)
    assert report.memory.activations == plain.memory.activations
    assert report.totals.parameters == replace(plain.totals.parameters, bytes=expected)
    assert replace(report.totals, parameters=plain.totals.parameters) == plain.totals
    assert sum(row.parameters.bytes for row in report.layers) == expected
    assert report.to_dict()["memory"]["parameters"] == {
        "bytes": expected, "stored_as": dtype, "by_dtype": {"float32": 280},
    }  # fmt: skip


def test_a_module_keeps_its_own_dtype() -> None:
    with pytest.raises(linscope.LinscopeError, match="keeps its own dtype"):
        linscope.analyze(nn.Linear(2, 2), "[1,2]", dtype="bfloat16")
    assert linscope.analyze(nn.Linear(2, 2), "[1,2]", dtype="int8").memory.parameters == 6


def test_layers_stored_in_half_bytes_add_up_to_the_whole() -> None:
    report = linscope.analyze("[2,3] -> nn.Linear(3,3) -> nn.Linear(3,1) -> nn.Linear(1,1)", dtype="int4")  # 12, 4, 2
    assert [row.parameters.bytes for row in report.layers] == [6, 2, 1]
    odd = linscope.analyze("[2,3] -> Linear(3,3) -> Linear(3,1)", dtype="int4")  # 9 and 3 elements
    assert [row.parameters.bytes for row in odd.layers] == [5, 1]
    assert odd.memory.parameters == odd.totals.parameters.bytes == 6
