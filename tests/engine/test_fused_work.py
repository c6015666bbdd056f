"""The element-wise work inside fused operators: as much as the same layer costs where nothing is fused, on meta.

The cases are run on the CPU, where one operator does it all, and on meta, where every part is an operator.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.formula_counting import run, work_of
from torch import nn
from torch.nn import functional as F

from linscope.engine.tracer import Tracer

pytestmark = pytest.mark.filterwarnings("ignore")

A = ((2, 4, 5, 8), (2, 4, 7, 8))  # queries, and keys and values
SQUARE = ((2, 4, 7, 8), (2, 4, 7, 8))
GROUPED = ((2, 4, 5, 8), (2, 2, 7, 8))
ATTENTION: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": (A, {}),
    "scale": (A, {"scale": 0.3}),
    "causal": (SQUARE, {"is_causal": True}),
    "causal, more keys than queries": (A, {"is_causal": True}),
    "mask": (A, {"attn_mask": ((5, 7), torch.float32)}),
    "mask of bools": (A, {"attn_mask": ((5, 7), torch.bool)}),
    "mask for each head": (A, {"attn_mask": ((2, 4, 5, 7), torch.float32)}),
    "mask of bools for each sample": (A, {"attn_mask": ((2, 1, 5, 7), torch.bool)}),
    "grouped": (GROUPED, {"enable_gqa": True}),
    "grouped, masked": (GROUPED, {"enable_gqa": True, "attn_mask": ((5, 7), torch.bool)}),
    "grouped, causal": (((2, 4, 7, 8), (2, 2, 7, 8)), {"enable_gqa": True, "is_causal": True}),
    "one query": (((2, 4, 1, 8), (2, 4, 7, 8)), {}),
    "one head": (((2, 1, 5, 8), (2, 1, 7, 8)), {}),
    "three dimensions": (((4, 5, 8), (4, 7, 8)), {}),
    "dropout": (A, {"dropout_p": 0.3}),
    "dropout, causal": (SQUARE, {"dropout_p": 0.3, "is_causal": True}),
}


def told(call: Any) -> tuple[int, int]:
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        call()
    return tracer.root.macs, tracer.root.elements


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("case", ATTENTION)
def test_attention(case: str, dtype: torch.dtype) -> None:
    (query, key), options = ATTENTION[case]

    def attend(device: str) -> tuple[int, int]:
        q, k = torch.rand(query, dtype=dtype, device=device), torch.rand(key, dtype=dtype, device=device)
        given = dict(options)
        if "attn_mask" in options:
            shape, kind = options["attn_mask"]
            given["attn_mask"] = torch.ones(shape, dtype=kind if kind is torch.bool else dtype, device=device)
        return told(lambda: F.scaled_dot_product_attention(q, k, k, **given))

    assert attend("cpu") == attend("meta")


def test_attention_by_hand() -> None:
    q, k = torch.rand(A[0]), torch.rand(A[1])
    _, elements = told(lambda: F.scaled_dot_product_attention(q, k, k, attn_mask=torch.rand(5, 7)))
    scores = 2 * 4 * 5 * 7
    assert elements == 320 + 448 + scores + scores  # q and k scaled, the mask added, the softmax


@pytest.mark.parametrize("fused", ["efficient", "cudnn", "flash", "fused"])
def test_attention_of_other_devices(fused: str) -> None:
    """As on the CPU: causal, with dropout, and masked where the operator takes a mask."""
    q, k, out = torch.rand(GROUPED[0]), torch.rand(GROUPED[1]), torch.rand(GROUPED[0])
    name = "fused_attention_overrideable" if fused == "fused" else f"{fused}_attention"
    after = {"efficient": (True,), "cudnn": (True,), "flash": (), "fused": ()}[fused]
    mask = () if fused == "flash" else (None,)
    scores, scaled = 280, 320 + 448  # k is repeated for the query heads that share it
    operator = f"aten::_scaled_dot_product_{name}"
    assert work_of(operator, q, k, k, *mask, *after, result=(out, None)) == scaled + scores
    causal = (*mask, *after, 0.0, True)
    assert work_of(operator, q, k, k, *causal, result=(out, None)) == scaled + 5 * 7 + 2 * scores
    dropped = (*mask, *after, 0.3, False)
    assert work_of(operator, q, k, k, *dropped, result=(out, None)) == scaled + 3 * scores
    if mask:
        masked = (torch.rand(5, 7), *after)
        assert work_of(operator, q, k, k, *masked, result=(out, None)) == scaled + 2 * scores


def test_attention_with_heads_inside() -> None:
    q, k = torch.rand(2, 5, 4, 8), torch.rand(2, 7, 2, 8)
    scores, scaled = 280, 320 + 448
    flash = (None, None, 5, 7)
    assert work_of("aten::_flash_attention_forward", q, k, k, *flash, 0.0, False, False) == scaled + scores
    assert work_of("aten::_flash_attention_forward", q, k, k, *flash, 0.3, True, False) == scaled + 35 + 4 * scores
    masked = (torch.rand(5, 7), None, None, None, None, 0.0, 0)
    assert work_of("aten::_efficient_attention_forward", q, k, k, *masked) == scaled + 2 * scores
    # end to end: sequences of 2 and 3 with 4 heads, each against itself
    q = torch.rand(5, 4, 8)
    ends = (torch.tensor([0, 2, 5]), torch.tensor([0, 2, 5]), 3, 3)
    assert work_of("torch_attn::_varlen_attn", q, q, q, *ends, True) == 160 + 160 + 13 + 2 * 4 * 13
    assert work_of("aten::_cudnn_attention_forward", q, q, q, None, *ends, True, 0.0, False) == 320 + 4 * 13
    q, k = torch.rand(GROUPED[0]), torch.rand(GROUPED[1])  # heads first where it is not packed
    unpacked = (None, None, None, 5, 7, True, 0.0, True)
    assert work_of("aten::_cudnn_attention_forward", q, k, k, *unpacked, result=(q,)) == scaled + 35 + 2 * scores


RECURRENT = {
    "LSTM": (lambda: nn.LSTM(4, 6), (5, 3, 4)),
    "LSTM, one step": (lambda: nn.LSTM(4, 6), (1, 3, 4)),
    "LSTM, no batch": (lambda: nn.LSTM(4, 6), (5, 4)),
    "LSTM, two layers, both directions": (lambda: nn.LSTM(4, 6, 2, bidirectional=True), (5, 3, 4)),
    "LSTM, no bias": (lambda: nn.LSTM(4, 6, bias=False), (5, 3, 4)),
    "LSTM, batch first": (lambda: nn.LSTM(4, 6, 2, batch_first=True), (3, 5, 4)),
    "LSTM, dropout": (lambda: nn.LSTM(4, 6, 2, dropout=0.5), (5, 3, 4)),
    "LSTM, all of it": (
        lambda: nn.LSTM(4, 6, 2, bias=False, batch_first=True, bidirectional=True, dropout=0.5), (3, 5, 4),
    ),
    "LSTM, projection": (lambda: nn.LSTM(4, 6, proj_size=2), (5, 3, 4)),
    "GRU": (lambda: nn.GRU(4, 6, 2, bidirectional=True), (5, 3, 4)),
    "RNN": (lambda: nn.RNN(4, 6, nonlinearity="relu"), (5, 3, 4)),
    "LSTMCell": (lambda: nn.LSTMCell(4, 6), (3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("case", RECURRENT)
def test_recurrent_layers(case: str) -> None:
    make, shape = RECURRENT[case]

    def step(device: str) -> tuple[int, int]:
        layer, x = make().to(device), torch.rand(shape, device=device)
        return told(lambda: layer(x))

    assert step("cpu") == step("meta")


def test_recurrent_layers_of_other_devices() -> None:
    """5 steps of 3 sequences, to 6: 13 for each element of an LSTM's state, 10 of a GRU's, 2 of a plain one's."""
    x = torch.rand(5, 3, 4)
    states = 5 * 3 * 6
    for mode, per_state in ((0, 2), (1, 2), (2, 13), (3, 10)):
        rest = (mode, 6, 0, 1, False, 0.0, False, False, [], None)
        assert work_of("aten::_cudnn_rnn", x, [], 4, None, None, None, *rest) == per_state * states
        rest = (mode, 6, 1, False, 0.0, False, False, [], None)
        assert work_of("aten::miopen_rnn", x, [], 4, None, None, *rest) == per_state * states
    # Two layers, both directions, projected to 2, dropout between the layers: 2 · 2 for each of 15 steps.
    rest = (2, 6, 2, 2, False, 0.5, True, True, [], None)
    assert work_of("aten::_cudnn_rnn", x, [], 4, None, None, None, *rest) == 4 * 13 * states + 15 * 2 * 2 * 2
    h = torch.rand(3, 6)
    assert work_of("aten::_thnn_fused_lstm_cell", result=(h, h, None)) == 13 * 18
    assert work_of("aten::_thnn_fused_gru_cell", result=(h, None)) == 10 * 18


@pytest.mark.parametrize("mask", [None, torch.bool])
@pytest.mark.parametrize("options", [{}, {"need_weights": False}, {"average_attn_weights": False}])
def test_the_fast_path_of_attention(options: dict[str, Any], mask: torch.dtype | None) -> None:
    assert fast_and_slow(nn.MultiheadAttention(8, 2, batch_first=True), 3, options, "attn_mask", mask)


@pytest.mark.parametrize("mask", [None, torch.bool])
@pytest.mark.parametrize("options", [{}, {"norm_first": True, "activation": "gelu"}])
def test_the_fast_path_of_an_encoder_layer(options: dict[str, Any], mask: torch.dtype | None) -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **options)
    assert fast_and_slow(layer, 1, {}, "src_mask", mask)


def fast_and_slow(layer: nn.Module, times: int, options: dict[str, Any], name: str, mask: torch.dtype | None) -> bool:
    """Whether the fused layer costs what its parts cost."""
    x = torch.rand(2, 5, 8)
    given = dict(options) if mask is None else {**options, name: torch.zeros(5, 5, dtype=mask)}
    layer.eval()
    enabled = torch.backends.mha.get_fastpath_enabled()
    results = []
    for fast in (True, False):
        torch.backends.mha.set_fastpath_enabled(fast)
        try:
            results.append(told(lambda: layer(*(x,) * times, **given)))
        finally:
            torch.backends.mha.set_fastpath_enabled(enabled)
    return results[0] == results[1] and results[0][1] > 0


def test_a_bag_touches_the_rows_it_adds_up() -> None:
    bag = nn.EmbeddingBag(100, 5, mode="sum")
    indices = torch.randint(0, 100, (3, 4))
    assert run(lambda: bag(indices)).elements == 3 * 4 * 5
