"""Recurrent layers: steps · batch · elements of the weights, fused, composite, packed and quantized."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from engine.formula_counting import Counting, formula_of, run
from torch import nn

from linscope.engine.formulas import rule_for

aten = torch.ops.aten

pytestmark = [
    pytest.mark.filterwarnings("ignore:TF32 acceleration"),
    pytest.mark.filterwarnings("ignore:LSTM with projections"),
]

LAYERS = {
    # 3 steps · 2 sequences · gates·5 · (4 + 5)
    "RNN": (nn.RNN(4, 5), 270),
    "GRU": (nn.GRU(4, 5), 810),
    "LSTM": (nn.LSTM(4, 5), 1080),
    "RNN, relu": (nn.RNN(4, 5, nonlinearity="relu"), 270),
    "LSTM, no bias": (nn.LSTM(4, 5, bias=False), 1080),
    "LSTM, two layers": (nn.LSTM(4, 5, num_layers=2), 2280),  # the second reads 5: 6·20·(9 + 10)
    "GRU, both directions": (nn.GRU(4, 5, bidirectional=True), 1620),
    # The second layer reads both directions of the first: 6·20·2·((4 + 5) + (10 + 5))
    "LSTM, two layers, both directions": (nn.LSTM(4, 5, num_layers=2, bidirectional=True), 5760),
    # 4·5 gates read 4 + 2, and the state of 5 is projected to 2: 6·(20·6 + 10)
    "LSTM, projection": (nn.LSTM(4, 5, proj_size=2), 780),
}


def _count(layer: nn.Module, x: Any, context: Any = torch.no_grad, mkldnn: bool = True) -> Counting:
    with torch.backends.mkldnn.flags(enabled=mkldnn):
        return run(lambda: layer(x), context)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("mkldnn", [True, False])
@pytest.mark.parametrize("case", LAYERS)
def test_layers(case: str, mkldnn: bool, context: Any) -> None:
    layer, macs = LAYERS[case]
    assert _count(layer, torch.rand(3, 2, 4), context, mkldnn).macs == macs


@pytest.mark.parametrize("case", LAYERS)
def test_layers_in_double_and_on_meta(case: str) -> None:
    layer, macs = LAYERS[case]
    double = copy.deepcopy(layer).double()
    assert _count(double, torch.rand(3, 2, 4, dtype=torch.float64)).macs == macs
    assert _count(copy.deepcopy(layer).to("meta"), torch.rand(3, 2, 4, device="meta")).macs == macs


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("case", ["RNN", "GRU", "LSTM", "GRU, both directions"])
def test_packed_sequences_cost_their_lengths(case: str, context: Any) -> None:
    layer, macs = LAYERS[case]
    lengths = (3, 1, 2)  # 6 steps, as many as the 3 · 2 above
    packed = nn.utils.rnn.pack_sequence([torch.rand(n, 4) for n in lengths], enforce_sorted=False)
    assert _count(layer, packed, context).macs == macs


@pytest.mark.parametrize(("kind", "macs"), [("RNNCell", 90), ("GRUCell", 270), ("LSTMCell", 360)])
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_cells(kind: str, macs: int, context: Any) -> None:
    assert _count(getattr(nn, kind)(4, 5), torch.rand(2, 4), context).macs == macs  # 2·gates·5·9


def test_a_gradient_of_the_fused_lstm() -> None:
    layer = nn.LSTM(4, 5)
    mode = run(lambda: layer(torch.rand(3, 2, 4))[0].sum().backward(), torch.enable_grad)
    assert mode.calls["counted"] == {"aten.mkldnn_rnn_layer": 1, "aten.mkldnn_rnn_layer_backward": 1}
    assert mode.macs == 3 * 1080


def test_batch_first_is_told_apart_in_the_derivation() -> None:
    layer = nn.LSTM(4, 5, batch_first=True)
    args = (torch.rand(2, 3, 4), [torch.rand(1, 2, 5)] * 2, list(layer.parameters()), True, 1, 0.0)
    first, second = rule_for(aten.lstm.input).formula((*args, False, False, True), {}, None).terms
    assert [tuple(f) for f in first.rows] == [("batch", 2), ("steps", 3)]
    assert (first.label, second.label) == ("layer 0 input", "layer 0 recurrent")


def test_the_matrices_are_labelled_in_order() -> None:
    layer = nn.LSTM(4, 5, num_layers=2, bidirectional=True, proj_size=2)
    args = (torch.rand(3, 2, 4), [torch.rand(4, 2, 2), torch.rand(4, 2, 5)], list(layer.parameters()))
    terms = rule_for(aten.lstm.input).formula((*args, True, 2, 0.0, False, True, False), {}, None).terms
    assert [t.label for t in terms[:6]] == [
        f"layer 0 {direction}{kind}" for direction in ("", "backward ") for kind in ("input", "recurrent", "projection")
    ]
    assert terms[-1].label == "layer 1 backward projection"


def test_cudnn_and_miopen_take_the_same_weights() -> None:
    layer = nn.LSTM(4, 5, num_layers=2)
    x, hx, weights = torch.rand(3, 2, 4), torch.rand(2, 2, 5), list(layer.parameters())
    tail = (
        False,
        0.0,
        True,
        False,
        [],
        None,
    )  # batch_first, dropout, train, bidirectional, batch_sizes, state
    assert formula_of("aten::_cudnn_rnn", x, weights, 4, None, hx, hx, 2, 5, 0, 2, *tail) == 2280
    assert formula_of("aten::miopen_rnn", x, weights, 4, hx, hx, 2, 5, 2, *tail) == 2280
    head = (x, weights, 4, None, hx, hx, x, x, None, None, 2, 5, 0, 2, *tail, None)
    assert formula_of("aten::_cudnn_rnn_backward", *head, [True] * 4) == 4560  # data and weights
    assert formula_of("aten::_cudnn_rnn_backward", *head, [True, True, True, False]) == 2280
    packed = (
        torch.rand(6, 4),
        weights,
        4,
        None,
        hx,
        hx,
        2,
        5,
        0,
        2,
        False,
        0.0,
        True,
        False,
        [3, 2, 1],
        None,
    )
    assert formula_of("aten::_cudnn_rnn", *packed) == 2280


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", ["GRU", "LSTM", "LSTM, two layers", "GRU, both directions"])
def test_dynamically_quantized_layers(case: str) -> None:
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("this build has no quantized kernels")
    layer, macs = LAYERS[case]
    model = nn.Sequential(copy.deepcopy(layer))
    quantized = torch.ao.quantization.quantize_dynamic(model, {type(layer)}, dtype=torch.qint8)
    mode = _count(quantized, torch.rand(3, 2, 4))
    assert mode.macs == macs
    assert set(mode.calls["counted"]) == {f"aten.quantized_{case[:4].strip(',').lower()}"}


@pytest.mark.filterwarnings("ignore")
def test_dynamically_quantized_cells() -> None:
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("this build has no quantized kernels")
    for kind, macs in (("RNNCell", 90), ("GRUCell", 270), ("LSTMCell", 360)):
        cell = getattr(nn, kind)(4, 5)
        quantized = torch.ao.quantization.quantize_dynamic(nn.Sequential(cell), {type(cell)}, dtype=torch.qint8)
        assert _count(quantized, torch.rand(2, 4)).macs == macs
