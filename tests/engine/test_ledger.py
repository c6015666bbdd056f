"""Every parameter is counted once, in the row of the layer that first holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.ao.nn.quantized as nnq
import torch.ao.nn.quantized.dynamic
from engine.user_models import Model, ones, ran
from torch import nn

import linscope
from linscope.engine.ledger import Ledger, buffers_of
from linscope.engine.packed import packed_of

if TYPE_CHECKING:
    from collections.abc import Callable


def counts(model: nn.Module, inputs: Any = "[3,4]") -> dict[tuple[str, int], tuple[int, int, int, int]]:
    """Total, trainable, frozen and shared of each row with any, by path and call."""
    found = {}
    for row in ran(model, inputs).layers:
        p = row.parameters
        if p.total or p.shared:
            found[row.path, row.call] = (p.total, p.trainable, p.frozen, p.shared)
    return found


def test_a_linear_and_its_bias() -> None:
    report = ran(nn.Linear(4, 2), "[3,4]")
    (row,) = report.layers
    assert row.parameters.shapes == (("weight", (2, 4)), ("bias", (2,)))
    assert (row.parameters.total, row.parameters.bytes) == (10, 40)  # 2·4 + 2, of 4 bytes each


def test_frozen_ones_are_told_apart() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    model[0].requires_grad_(False)
    model[1].bias.requires_grad_(False)
    assert counts(model) == {("0", 1): (40, 0, 40, 0), ("1", 1): (18, 16, 2, 0)}
    totals = ran(model, "[3,4]").totals.parameters
    assert (totals.total, totals.trainable, totals.frozen) == (58, 16, 42)


def test_a_second_call_shares_all() -> None:
    assert counts(Model(lambda s, x: s.a(s.a(x)), a=nn.Linear(4, 4))) == {
        ("a", 1): (20, 20, 0, 0),
        ("a", 2): (0, 0, 0, 20),
    }


def test_a_tied_weight_is_counted_where_it_is_first() -> None:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    assert counts(nn.Sequential(first, second)) == {("0", 1): (20, 20, 0, 0), ("1", 1): (4, 4, 0, 16)}
    row = ran(nn.Sequential(first, second), "[3,4]").layers[2]
    assert row.parameters.shapes == (("weight", (4, 4)), ("bias", (4,)))


def test_an_embedding_tied_to_its_head() -> None:
    model = nn.Sequential(nn.Embedding(11, 5), nn.Linear(5, 11, bias=False))
    model[1].weight = model[0].weight
    report = ran(model, "[2,7]:int64")
    assert (report.totals.parameters.total, report.totals.macs) == (55, 14 * 5 * 11)


def test_a_layer_under_two_names_is_one_set() -> None:
    layer = nn.Linear(4, 4)
    assert counts(Model(lambda s, x: s.b(s.a(x)), a=layer, b=layer)) == {
        ("a", 1): (20, 20, 0, 0),
        ("a", 2): (0, 0, 0, 20),
    }


def test_what_nothing_used_is_the_nearest_caller_s() -> None:
    model = Model(lambda s, x: s.a(x), a=nn.Linear(4, 2), unused=nn.Linear(7, 7), own=ones(3))
    assert counts(model) == {("", 1): (56 + 3, 59, 0, 0), ("a", 1): (10, 10, 0, 0)}
    (top, _) = ran(model, "[3,4]").layers
    assert dict(top.parameters.shapes) == {"own": (3,), "unused.weight": (7, 7), "unused.bias": (7,)}


def test_a_projection_that_attention_reads_past_its_module_is_attentions() -> None:
    report = ran(nn.MultiheadAttention(8, 2), ["[3,2,8]"] * 3, train=False)
    (row,) = report.layers
    assert dict(row.parameters.shapes) == {
        "in_proj_weight": (24, 8),
        "in_proj_bias": (24,),
        "out_proj.weight": (8, 8),
        "out_proj.bias": (8,),
    }
    assert row.parameters.total == 24 * 8 + 24 + 64 + 8


def test_bytes_follow_the_dtype() -> None:
    model = nn.Sequential(nn.Linear(4, 2, dtype=torch.float64), nn.Linear(2, 2, dtype=torch.float64))
    model[1].weight = nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
    report = ran(model, torch.ones(3, 4, dtype=torch.float64))
    assert report.totals.parameters.bytes == 8 * (10 + 6)
    half = linscope.analyze("[3,4]:bfloat16 -> Linear(4,2,dtype=bfloat16)")
    assert half.totals.parameters.bytes == 2 * 8


def test_buffers_are_counted_once_and_apart() -> None:
    norm = nn.BatchNorm1d(4)
    model = nn.Sequential(norm, norm)
    assert buffers_of(tuple(model.named_modules())) == (4 + 4 + 1, 4 * 4 + 4 * 4 + 8)
    report = ran(model, "[3,4]")
    assert (report.totals.buffers, report.totals.buffer_bytes) == (9, 40)
    assert report.totals.parameters.total == 8


def test_what_is_not_known_yet_is_not_counted() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2))
    total = Ledger(tuple(model.named_modules()), frozenset({"0", "1"})).total()
    assert (total.total, total.lazy) == (8, 2)


def test_lazy_layers_that_nothing_reached_are_told_apart() -> None:
    model = Model(lambda s, x: s.a(x), a=nn.LazyLinear(3), b=nn.LazyLinear(3, bias=False), c=nn.LazyBatchNorm1d())
    report = ran(model, "[3,4]")
    totals = report.totals.parameters
    assert (totals.total, totals.unused, totals.lazy) == (15, 0, 3)
    (note,) = [note for note in report.notes if note.code == "lazy-parameters"]
    assert dict(note.data) == {"lazy": 3, "names": ("b.weight", "c.weight", "c.bias")}
    assert note.message.startswith("3 lazy parameters without a size, in no count: nothing reached b.weight")


def quantized(*layers: nn.Module) -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(*layers), {nn.Linear, nn.LSTM}, dtype=torch.qint8)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_packed_weights_are_stated_beside_the_parameters() -> None:
    report = ran(quantized(nn.Linear(4, 2), nn.LSTM(2, 3, num_layers=2, bidirectional=True)), "[5,2,4]")
    # 8 weights of a byte and 2 biases of four; 432 numbers of the LSTM, of which 8 biases of 4·3 are floats
    lstm = sum(p.numel() for p in nn.LSTM(2, 3, num_layers=2, bidirectional=True).parameters())
    assert lstm == 432
    assert [(row.path, row.parameters.packed, row.parameters.packed_bytes) for row in report.layers] == [
        ("", 0, 0),
        ("0", 10, 8 + 8),
        ("1", 432, (432 - 96) + 4 * 96),
    ]
    totals = report.totals.parameters
    assert (totals.total, totals.bytes, totals.packed, totals.packed_bytes) == (0, 0, 442, 736)
    (note,) = [note for note in report.notes if note.code == "packed-weights"]
    assert note.message.startswith("442 packed besides, 736 bytes")


@pytest.mark.parametrize(
    ("build", "elements", "size"),
    [
        (lambda: nnq.Linear(4, 2), 10, 8 + 4 * 2),
        (lambda: nnq.Conv1d(3, 4, 3), 40, 36 + 4 * 4),
        (lambda: nnq.Conv2d(4, 8, 3, groups=2, bias=False), 144, 144),
        (lambda: nnq.ConvTranspose2d(4, 6, 3, groups=2), 114, 108 + 4 * 6),
        (lambda: nnq.Embedding(10, 8), 80, 80),
        (lambda: nnq.dynamic.LSTMCell(4, 5), 220, 180 + 4 * 40),
        (lambda: nnq.dynamic.GRU(4, 5), 165, 135 + 4 * 30),
        (lambda: nn.Linear(4, 2), 0, 0),
        (lambda: nn.ReLU(), 0, 0),
    ],
    ids=["linear", "conv1d", "conv2d", "transposed", "embedding", "cell", "gru", "plain", "nothing"],
)
def test_what_each_quantized_layer_holds(build: Callable[[], nn.Module], elements: int, size: int) -> None:
    found = [packed_of(module) for module in build().modules()]
    assert (sum(e for e, _ in found), sum(s for _, s in found)) == (elements, size)


def test_half_precision_is_packed_in_two_bytes() -> None:
    layer = nnq.dynamic.Linear(4, 2, dtype=torch.float16)
    assert packed_of(layer._packed_params) == (10, 2 * 8 + 4 * 2)


def test_totals_say_what_the_model_holds_in_several_places() -> None:
    first, second, third = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = third.weight = first.weight
    totals = ran(nn.Sequential(first, second, third), "[3,4]").totals.parameters
    assert (totals.total, totals.shared) == (16 + 3 * 4, 16)
    twice = ran(Model(lambda s, x: s.a(s.a(x)), a=nn.Linear(4, 4)), "[3,4]").totals.parameters
    assert (twice.total, twice.shared) == (20, 0)  # called twice, held once


def test_scalars_and_empty_parameters() -> None:
    model = Model(lambda s, x: x * s.scale, scale=nn.Parameter(torch.tensor(2.0)), none=nn.Parameter(torch.ones(0, 4)))
    model.register_parameter("absent", None)
    assert counts(model) == {("", 1): (1, 1, 0, 0)}
