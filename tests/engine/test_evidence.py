"""The evidence of one linear call: its figures, and how far apart is apart."""

from __future__ import annotations

from math import inf, nan

import pytest
import torch
from engine import evidence_seen
from engine.evidence_seen import ONE_ROW, WHOLE, broken, looked
from torch import nn

from linscope.engine.evidence import ways
from linscope.sources.layers import Parameter


@pytest.fixture
def example():
    return evidence_seen.example()


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_shapes_and_strides_of_the_example(example):
    e = looked(*example)
    assert (e.path, e.kind, e.dtype, e.has_bias) == ("0", "Linear", "float32", False)
    assert e.input_shape == (32, 3, 4)
    assert e.output_shape == (32, 3, 2)
    assert (e.weight_shape, e.weight_stride) == ((2, 4), (4, 1))
    assert (e.used_shape, e.used_stride) == ((4, 2), (1, 4))
    assert e.used_shares_storage is True
    assert (e.rows, e.weights) == (96, 8)  # 32·3, 4·2
    assert (e.rows_compared, e.outputs_compared, e.compared_whole) == (96, 2, True)


def test_every_way_gives_what_the_layer_gives(example):
    e = looked(*example)
    assert {c.subject for c in e.comparisons} == WHOLE | ONE_ROW
    assert not broken(e)
    assert all(c.max_difference <= c.tolerance < 1e-4 for c in e.comparisons)
    functional = e.comparison("functional")
    assert (functional.tolerance, functional.max_difference) == (0.0, 0.0)  # the same operation: bit for bit


def test_the_expressions_are_pytorch(example):
    e = looked(*example)
    assert e.comparison("matmul").right == "x @ weight.T"
    assert e.comparison("functional").right == "F.linear(x, weight)"
    assert e.comparison("torch_matmul").right == "torch.matmul(x, weight.t())"
    assert e.comparison("einsum").right == 'torch.einsum("...i,oi->...o", x, weight)'
    assert e.comparison("addmm").right == "torch.mm(x.reshape(-1, 4), weight.T)"
    assert e.comparison("rows_alone").right == "layer(x[0, 0]), layer(x[31, 2])"
    assert e.comparison("nonsense") is None


@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
@pytest.mark.parametrize("bias", [True, False])
def test_every_expression_is_what_was_compared(kind, bias):
    torch.manual_seed(0)
    layer, x = kind(4, 2, bias=bias), torch.randn(32, 3, 4)
    e = looked(layer, x)
    names = {"torch": torch, "nn": nn, "F": nn.functional, "layer": layer, "x": x}
    names |= {"weight": layer.weight, "bias": layer.bias, "j": 1}
    for c in e.comparisons:
        if c.right == "nn.Linear holding weight.T":
            continue
        one, other = eval(f"({c.left},)", names), eval(f"({c.right},)", names)
        for a, b in zip(one, other, strict=True):
            assert torch.allclose(torch.as_tensor(a), torch.as_tensor(b), atol=1e-5), c


def test_the_hand_made_layer_of_the_lesson():
    torch.manual_seed(0)
    e = looked(Parameter(3, 2, bias=True), torch.randn(4, 3))
    assert (e.kind, e.weight_shape, e.used_shape, e.used_stride) == ("Parameter", (3, 2), (3, 2), (2, 1))
    assert (e.rows, e.weights, e.output_shape) == (4, 6, (4, 2))
    assert e.used_shares_storage is True
    assert e.comparison("matmul").right == "x @ weight + bias"
    assert e.comparison("matmul").max_difference == 0.0 == e.comparison("matmul").tolerance
    assert e.comparison("by_hand").right == "nn.Linear holding weight.T"
    assert {c.subject for c in e.comparisons} == WHOLE | ONE_ROW | {"bias"}
    assert not broken(e)


def test_one_row_worked_by_hand():
    layer, x = nn.Linear(4, 2), torch.zeros(2, 3, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.5, -1.0, 0.25, 2.0], [1.0, 1.0, -1.0, 0.0]]))
        layer.bias.copy_(torch.tensor([0.75, -2.0]))
        x[0, 0] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    e = looked(layer, x)
    assert (e.row_index, e.row_is_whole) == ((0, 0), True)
    assert e.row_input == (1.0, 2.0, 3.0, 4.0)
    assert e.row_weights == ((0.5, -1.0, 0.25, 2.0), (1.0, 1.0, -1.0, 0.0))
    assert (e.row_rest, e.row_bias) == ((0.0, 0.0), (0.75, -2.0))
    # 0.5 - 2 + 0.75 + 8 + 0.75 = 8 and 1 + 2 - 3 + 0 - 2 = -2
    assert e.row_output == (8.0, -2.0)
    assert e.comparison("row_worked").max_difference == 0.0


def test_a_long_row_is_cut_and_still_adds_up():
    torch.manual_seed(0)
    e = looked(nn.Linear(5000, 7), torch.randn(2, 5000))
    assert not broken(e)
    assert (len(e.row_input), len(e.row_output), e.row_is_whole) == (4, 3, False)
    for j in range(3):
        kept = sum(a * w for a, w in zip(e.row_input, e.row_weights[j], strict=True))
        assert e.row_output[j] == pytest.approx(kept + e.row_rest[j] + e.row_bias[j], abs=1e-5)


# ── how far apart is apart ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("size", [1, 4, 50, 1000])
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
def test_rounding_is_within_the_tolerance_and_an_error_is_not(dtype, size, kind):
    torch.manual_seed(size)
    layer, x = kind(size, 3, bias=True).to(dtype), torch.randn(6, size, dtype=dtype)
    e = looked(layer, x)
    assert not broken(e)
    assert e.dtype == str(dtype).removeprefix("torch.")
    # A thousand products summed in half precision may come out anywhere, and the bound says so.
    if dtype.itemsize > 2 or size < 1000:
        assert "matmul" in broken(looked(layer, x, (2 * layer(x) + 10).detach()))


def test_complex_numbers_are_compared_and_no_row_is_worked():
    torch.manual_seed(0)
    e = looked(nn.Linear(4, 2, dtype=torch.complex64), torch.randn(3, 4, dtype=torch.complex64))
    assert not broken(e)
    assert {c.subject for c in e.comparisons} == WHOLE | {"rows_alone", "column", "bias"}
    assert (e.row_input, e.row_output, e.row_is_whole) == ((), (), False)


def test_shortened_products_widen_the_tolerance(example):
    before = torch.get_float32_matmul_precision()
    exact = looked(*example).comparison("matmul").tolerance
    try:
        torch.set_float32_matmul_precision("medium")
        assert looked(*example).comparison("matmul").tolerance > 1000 * exact
    finally:
        torch.set_float32_matmul_precision(before)


def test_what_is_not_a_number_equals_itself(example):
    layer, x = example
    x[0, 0, 0], x[1, 0, 0] = nan, inf
    e = looked(layer, x)
    assert e.comparison("matmul").holds and e.comparison("matmul").max_difference == 0.0
    y = layer(x).detach()
    y[0, 0, 0] = 1.0
    assert looked(layer, x, y).comparison("matmul").max_difference == inf
    assert "matmul" in broken(looked(layer, x, y))


def test_other_shapes_are_infinitely_far_apart():
    way = ways.Way("any", "a", "b", torch.zeros(2, 3), torch.zeros(3))
    assert ways.between(way, 1.0) == ways.Comparison("any", "a", "b", inf, 1.0, False)
