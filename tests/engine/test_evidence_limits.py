"""Shapes and dtypes at the edge, layers that are none of ours, and nothing changed by looking."""

from __future__ import annotations

from functools import wraps

import pytest
import torch
from engine import evidence_seen
from engine.evidence_seen import ONE_ROW, WHOLE, broken, looked
from torch import nn

from linscope.engine.evidence import collect, sample, ways
from linscope.sources.layers import Parameter


@pytest.fixture
def example():
    return evidence_seen.example()


# ── shapes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shape", "rows", "index"),
    [((2,), 1, ()), ((5, 2), 5, (0,)), ((1, 1, 1, 2), 1, (0, 0, 0)), ((2, 3, 4, 2), 24, (0, 0, 0))],
)
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
def test_any_number_of_leading_dimensions(shape, rows, index, kind):
    torch.manual_seed(0)
    e = looked(kind(2, 3, bias=True), torch.randn(shape))
    assert (e.rows, e.row_index, e.output_shape) == (rows, index, (*shape[:-1], 3))
    assert not broken(e)
    assert {c.subject for c in e.comparisons} == WHOLE | ONE_ROW | {"bias"}


def test_a_row_that_no_dimension_counts_is_sent_as_one_of_a_batch():
    c = looked(nn.Linear(2, 3), torch.randn(2)).comparison("rows_alone")
    assert (c.left, c.right) == ("layer(x)", "layer(x.unsqueeze(0))[0]")


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize(("shape", "features", "outputs"), [((0, 3, 4), 4, 2), ((3, 4), 4, 0), ((0,), 0, 0)])
def test_where_nothing_comes_out_nothing_is_compared(shape, features, outputs):
    e = looked(nn.Linear(features, outputs), torch.randn(shape))
    assert (e.comparisons, e.rows_compared, e.outputs_compared, e.row_output) == ((), 0, 0, ())
    assert e.output_shape == (*shape[:-1], outputs)
    assert e.used_shares_storage is True


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_a_sum_of_nothing_is_the_bias():
    e = looked(nn.Linear(0, 2), torch.randn(3, 0))
    assert not broken(e)
    assert e.row_output == e.row_bias
    assert (e.row_input, e.row_is_whole) == ((), True)


def test_large_layers_are_compared_in_part():
    torch.manual_seed(0)
    e = looked(nn.Linear(300, 4000), torch.randn(3, 2, 300))
    # 2^19 // 300 = 1747 outputs of one row
    assert (e.rows_compared, e.outputs_compared, e.compared_whole) == (1, 1747, False)
    assert not broken(e)
    assert e.comparison("functional").tolerance > 0.0
    part = looked(Parameter(300, 4000, bias=True), torch.randn(3, 2, 300))
    assert part.outputs_compared == 1747
    assert not broken(part)


def test_many_rows_are_compared_in_part():
    torch.manual_seed(0)
    e = looked(nn.Linear(4, 2), torch.randn(10, 50, 20, 4).permute(1, 0, 2, 3))
    assert (e.rows, e.rows_compared, e.outputs_compared) == (10_000, 256, 2)
    assert not broken(e)
    # Row 255 of (50, 10, 20): 255 = 1·200 + 2·20 + 15
    assert e.comparison("rows_alone").right == "layer(x[0, 0, 0]), layer(x[1, 2, 15])"


@pytest.mark.parametrize("shape", [(7,), (5, 7), (2, 3, 7), (4, 1, 5, 7), (1, 2, 9, 7)])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_first_rows_are_the_first_rows(shape, count):
    tensor = torch.randn(shape)
    kept = min(count, tensor.numel() // 7)
    assert torch.equal(sample._first_rows(tensor, kept), tensor.reshape(-1, 7)[:kept])


def test_a_row_beyond_the_bound_is_not_looked_at(monkeypatch, example):
    monkeypatch.setattr("linscope.engine.evidence.collecting.LONGEST_ROW", 3)
    assert looked(*example).comparisons == ()


# ── without values ──────────────────────────────────────────────────────────────────────────────────


def test_meta_tensors_have_shapes_alone():
    e = looked(nn.Linear(4, 2, device="meta"), torch.randn(32, 3, 4, device="meta"))
    assert (e.used_shape, e.used_stride, e.rows) == ((4, 2), (1, 4), 96)
    assert (e.comparisons, e.row_input, e.used_shares_storage) == ((), (), None)


def test_fake_tensors_have_shapes_alone():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        layer, x = nn.Linear(4, 2), torch.randn(32, 3, 4)
        e = looked(layer, x)
    assert (e.used_shape, e.comparisons, e.used_shares_storage) == ((4, 2), (), None)


def test_values_of_another_dtype_are_not_compared(example):
    layer, x = example
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x).detach()
    assert y.dtype is torch.bfloat16
    e = looked(layer, x, y)
    assert (e.comparisons, e.used_shares_storage) == ((), True)


def test_an_operator_that_torch_lacks_leaves_the_shapes(monkeypatch, example):
    def lacking(*_):
        raise NotImplementedError("not implemented for this dtype")

    monkeypatch.setattr(ways.torch, "einsum", lacking)
    e = looked(*example)
    assert (e.comparisons, e.used_shape) == ((), (4, 2))


# ── what is not looked at ───────────────────────────────────────────────────────────────────────────


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Named(nn.Linear):
    """An nn.Linear by another name."""


def test_a_subclass_with_its_own_forward_is_another_layer(example):
    _, x = example
    assert collect("0", Doubled(4, 2), x, Doubled(4, 2)(x)) is None
    assert looked(Named(4, 2), x).kind == "Linear"


def test_other_layers_have_no_evidence(example):
    _, x = example
    assert collect("0", nn.ReLU(), x, x) is None
    assert collect("0", nn.Bilinear(4, 4, 2), x, x) is None
    assert collect("0", nn.Embedding(4, 2), x, x) is None


def test_shapes_that_no_such_call_has(example):
    layer, x = example
    assert collect("0", layer, x, x) is None
    assert collect("0", layer, x[..., :3], layer(x)) is None
    assert collect("0", layer, torch.tensor(1.0), torch.tensor(1.0)) is None
    layer.weight = nn.Parameter(torch.randn(8))
    assert collect("0", layer, x, torch.randn(32, 3, 2)) is None


def test_a_weight_that_is_computed_or_sparse_is_left_alone(example):
    _, x = example
    normed = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2))
    before = {name: value.clone() for name, value in normed.state_dict().items()}
    assert collect("0", normed, x, torch.randn(32, 3, 2)) is None
    assert all(torch.equal(value, before[name]) for name, value in normed.state_dict().items())
    layer = nn.Linear(4, 2)
    layer.weight = nn.Parameter(layer.weight.detach().to_sparse())
    assert collect("0", layer, x, torch.randn(32, 3, 2)) is None


def test_a_forward_of_the_instance_is_another_layer_unless_it_wraps_the_own(example):
    layer, x = example
    own = layer.forward
    layer.forward = lambda x: own(x) + 1
    assert collect("0", layer, x, own(x)) is None

    called = []

    @wraps(own)
    def traced(x):
        called.append(x)
        return own(x)

    layer.forward = traced
    y = own(x).detach()
    assert not broken(looked(layer, x, y))
    assert called == []  # a tracer would have counted it


# ── nothing is changed ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
@pytest.mark.parametrize("shape", [(32, 3, 4), (4,), (1000, 4)])
def test_nothing_is_changed(kind, shape):
    torch.manual_seed(0)
    layer = kind(4, 2, bias=True)
    hooked = []
    layer.register_forward_hook(lambda *_: hooked.append("forward"))
    layer.register_forward_pre_hook(lambda *_: hooked.append("before"))
    x = torch.randn(shape, requires_grad=True)
    y = layer(x)
    hooked.clear()
    tensors = [x, y, layer.weight, layer.bias]
    before = [(t.clone(), t._version, t.requires_grad) for t in tensors]
    state, names, random = layer.state_dict(), set(vars(layer)), torch.get_rng_state()

    assert not broken(collect("0", layer, x, y))

    for t, (value, version, requires_grad) in zip(tensors, before, strict=True):
        assert torch.equal(t, value)
        assert (t._version, t.requires_grad) == (version, requires_grad)
    assert x.grad is layer.weight.grad is layer.bias.grad is None
    assert torch.equal(torch.get_rng_state(), random)
    assert (layer.state_dict().keys(), set(vars(layer)), hooked) == (state.keys(), names, [])
    assert layer.weight.data_ptr() == state["weight"].data_ptr()
    assert torch.is_grad_enabled()
    y.sum().backward()  # the graph is whole
    assert x.grad is not None
