"""Every comparison can fail, and fails where it should."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from engine import evidence_seen
from engine.evidence_seen import ONE_ROW, WHOLE, broken, looked
from torch import nn

from linscope.engine.evidence import sample, ways
from linscope.sources.layers import Parameter


@pytest.fixture
def example():
    return evidence_seen.example()


def test_a_forgotten_transpose_is_seen_by_all():
    torch.manual_seed(0)
    layer, x = nn.Linear(4, 4), torch.randn(5, 4)
    e = looked(layer, x, y=(x @ layer.weight + layer.bias).detach())
    assert broken(e) == WHOLE | ONE_ROW | {"bias"}
    assert e.comparison("matmul").max_difference > 0.1


def test_a_transpose_too_many_is_seen_in_the_hand_made_layer():
    torch.manual_seed(0)
    layer, x = Parameter(4, 4), torch.randn(5, 4)
    e = looked(layer, x, y=(x @ layer.weight.T).detach())
    assert broken(e) == WHOLE | ONE_ROW


def test_a_weight_changed_since_is_seen(example):
    layer, x = example
    y = layer(x).detach()
    with torch.no_grad():
        layer.weight[0, 0] += 0.5
    e = looked(layer, x, y)
    assert broken(e) == WHOLE | ONE_ROW
    # |0.5·x| at its largest over the 96 rows
    assert e.comparison("matmul").max_difference == pytest.approx(0.5 * x[..., 0].abs().max().item(), rel=1e-4)


def test_a_bias_changed_since_is_seen():
    torch.manual_seed(0)
    layer, x = nn.Linear(4, 2), torch.randn(3, 4)
    y = layer(x).detach()
    with torch.no_grad():
        layer.bias[1] += 1.0
    assert looked(layer, x, y).comparison("bias").max_difference == pytest.approx(1.0, rel=1e-5)
    assert broken(looked(layer, x, y)) == WHOLE | ONE_ROW | {"bias"}


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ((0, 0, 0), WHOLE | ONE_ROW | {"bias"}),  # the row worked through, and the first row alone
        ((31, 2, 1), WHOLE | {"bias", "rows_alone"}),  # the last row alone
        ((7, 1, 1), WHOLE | {"bias"}),  # neither
    ],
)
def test_one_wrong_element_is_seen_by_those_that_look_there(place, seen):
    torch.manual_seed(0)
    layer, x = nn.Linear(4, 2), torch.randn(32, 3, 4)
    y = layer(x).detach()
    y[place] += 0.01
    assert broken(looked(layer, x, y)) == seen


def _wrong(function):
    return lambda *args: function(*args) + 0.01


@pytest.mark.parametrize(
    ("name", "bias", "subject"),
    [
        ("einsum", False, "einsum"),
        ("matmul", False, "torch_matmul"),
        ("mm", False, "addmm"),
        ("addmm", True, "addmm"),
    ],
)
def test_a_way_that_goes_wrong_alone_is_seen_alone(monkeypatch, name, bias, subject):
    layer, x = nn.Linear(4, 2, bias=bias), torch.randn(5, 4)
    monkeypatch.setattr(ways.torch, name, _wrong(getattr(torch, name)))
    assert broken(looked(layer, x)) == {subject}


def test_a_reshaped_copy_instead_of_a_transposed_one_is_seen(monkeypatch, example):
    monkeypatch.setattr(ways, "nn", SimpleNamespace(Parameter=lambda t: t.T.reshape(t.shape)))
    assert broken(looked(*example)) == {"by_hand"}


def test_a_layer_that_mixes_rows_is_seen(monkeypatch, example):
    layer, x = example
    y = layer(x).detach()
    # Alone a row is its own mean; among others it would not be.
    monkeypatch.setattr(sample, "partial", lambda forward, module: lambda row: forward(module, row) * 2)
    assert broken(looked(layer, x, y)) == {"rows_alone"}


def test_what_lies_otherwise_in_memory_is_the_same_map(example):
    layer, x = example
    layer.weight = nn.Parameter(layer.weight.detach().T.contiguous().T)  # (2, 4) with strides (1, 2)
    e = looked(layer, x.permute(1, 0, 2))
    assert not broken(e)
    assert (e.weight_stride, e.used_stride, e.input_shape) == ((1, 2), (2, 1), (3, 32, 4))
