"""Every parameter is counted once, in the row of the layer that first holds it."""

from __future__ import annotations

from typing import Any

import torch
from engine.user_models import Model, ones, ran
from torch import nn

import linscope
from linscope.engine.ledger import Ledger, buffers_of


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
    assert Ledger(tuple(model.named_modules()), frozenset({"0", "1"})).total().total == 8


def test_scalars_and_empty_parameters() -> None:
    model = Model(lambda s, x: x * s.scale, scale=nn.Parameter(torch.tensor(2.0)), none=nn.Parameter(torch.ones(0, 4)))
    model.register_parameter("absent", None)
    assert counts(model) == {("", 1): (1, 1, 0, 0)}
