"""Operators that fuse: products with data moved, packed weights, a loss; each count worked out by hand.

Those of other devices, and of several processes, are asked for their count without being run.
"""

from __future__ import annotations

import pytest
import torch
from engine.formula_counting import formula_of, run, work_of
from torch import nn
from torch.nn import functional as F


def r(*shape: int) -> torch.Tensor:
    return torch.rand(*shape)


def shaped(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


# ── convolutions ────────────────────────────────────────────────────────────────────────────────────

ONES = [1, 1]
HAS_MKLDNN = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this build has no oneDNN")


@HAS_MKLDNN
def test_convolutions_with_an_activation() -> None:
    ops = torch.ops.mkldnn
    x, w, wt = r(2, 4, 8, 8), r(6, 2, 3, 3), r(4, 3, 3, 3)
    packed = ops._reorder_convolution_weight(w, ONES, ONES, ONES, 2, list(x.shape))
    turned = ops._reorder_convolution_transpose_weight(wt, ONES, [0, 0], ONES, ONES, 2, list(x.shape))
    where = (ONES, ONES, ONES, 2)
    macs = 2 * 64 * 6 * 2 * 9  # 2 images of 8 · 8 places, each 6 · 4/2 · 3·3
    assert run(lambda: F.conv2d(x, w, padding=1, groups=2)).macs == macs
    assert run(lambda: ops._convolution_pointwise(x, packed, None, *where, "relu", [], "")).macs == macs
    other = r(2, 6, 8, 8)
    added = (None, *where, "add", 1.0, None, [], None)
    assert run(lambda: ops._convolution_pointwise.binary(x, other, packed, *added)).macs == macs
    assert run(lambda: ops._convolution_pointwise_.binary(other, x, packed, *added)).macs == macs
    transposed = (ONES, [0, 0], ONES, ONES, 2)
    macs = 2 * 64 * 4 * 3 * 9  # every place of the input: 4 · 6/2 · 3·3
    assert run(lambda: F.conv_transpose2d(x, wt, padding=1, groups=2)).macs == macs
    assert run(lambda: ops._convolution_transpose_pointwise(x, turned, None, *transposed, "none", [], "")).macs == macs


@HAS_MKLDNN
def test_convolutions_packed_out_of_sight() -> None:
    x, w = r(2, 4, 8, 8), r(6, 2, 3, 3)
    ops = torch.ops.mkldnn_prepacked
    context = ops.conv2d_prepack(w, None, ONES, ONES, ONES, 2, list(x.shape), "none")
    assert run(lambda: ops.conv2d_run(x, context)).macs == 2 * 64 * 6 * 2 * 9


def test_quantized_convolutions_of_onednn() -> None:
    args = (shaped(2, 4, 8, 8), 1.0, 0, shaped(6, 2, 3, 3))
    for name in ("qconv2d_pointwise", "qconv_pointwise"):
        assert formula_of(f"onednn::{name}", *args, result=shaped(2, 6, 8, 8)) == 2 * 64 * 6 * 2 * 9
    args = (shaped(2, 4, 9), 1.0, 0, shaped(6, 4, 3))
    assert formula_of("onednn::qconv1d_pointwise", *args, result=shaped(2, 6, 7)) == 2 * 7 * 6 * 4 * 3
    args = (shaped(1, 2, 4, 4, 4), 1.0, 0, shaped(3, 2, 2, 2, 2))
    assert formula_of("onednn::qconv3d_pointwise", *args, result=shaped(1, 3, 3, 3, 3)) == 27 * 3 * 2 * 8


def test_gradients_of_convolutions_on_a_mac() -> None:
    x, grad, weight = shaped(2, 4, 5, 5), shaped(2, 6, 5, 5), shaped(6, 2, 3, 3)
    name = "aten::mps_convolution_backward"  # 2·25 x 6·2·9 = 5400 for each of two
    assert formula_of(name, x, grad, weight, ONES, ONES, ONES, 2, [True, True, True]) == 10_800
    assert formula_of(name, x, grad, weight, ONES, ONES, ONES, 2, [False, True, False]) == 5_400
    grad, weight = shaped(2, 6, 7, 7), shaped(4, 3, 3, 3)
    name = "aten::mps_convolution_transpose_backward"  # 2·25 places of the input x 4·3·9
    assert formula_of(name, x, grad, weight, [0, 0], [0, 0], ONES, ONES, 2, [True, False]) == 5_400


def test_an_activation_after_a_convolution_touches_its_result() -> None:
    for backend in ("cudnn", "miopen"):
        assert work_of(f"aten::{backend}_convolution_relu", result=shaped(2, 6, 8, 8)) == 768
        assert work_of(f"aten::{backend}_convolution_add_relu", result=shaped(2, 6, 8, 8)) == 1536


# ── sparse ──────────────────────────────────────────────────────────────────────────────────────────


def test_weights_of_which_half_are_zeros() -> None:
    # (8, 16) with two of every four non-zero, 64 in all, times (16, 5), or (5, 16) turned
    assert formula_of("semi_structured::cutlass_mm", r(16, 5), None, None, None, 8, 1, 1, False) == 320
    assert formula_of("semi_structured::cutlass_mm", r(5, 16), None, None, None, 8, 1, 1, True) == 320
    assert formula_of("semi_structured::cusparselt_mm", r(16, 5), None, None, 8, 1, 1, False, 0) == 320
    assert formula_of("semi_structured::cusparselt_mm", r(5, 16), None, None, 8, 1, 1, False, 0, True) == 320


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
def test_gradients_of_a_sparse_product() -> None:
    sparse = torch.eye(4).to_sparse_csr()  # 4 non-zeros, times (4, 3)
    args = (sparse, r(4, 3), r(4, 3), "sum", None)
    assert formula_of("aten::_sparse_mm_reduce_impl_backward", *args, [True, True]) == 24
    assert formula_of("aten::_sparse_mm_reduce_impl_backward", *args, [False, True]) == 12


# ── between processes ───────────────────────────────────────────────────────────────────────────────


def test_products_with_what_other_processes_hold() -> None:
    assert formula_of("symm_mem::_async_input_mm", r(3, 4), r(4, 5), None, 0) == 60
    # Two processes with (3, 4) each gather (6, 4), and multiply it by (4, 5) and (4, 2).
    outs = (r(6, 4), [r(6, 5), r(6, 2)])
    assert formula_of("symm_mem::fused_all_gather_matmul", r(3, 4), [r(4, 5), r(4, 2)], 0, "g", result=outs) == 168
    scaled = (r(3, 4), [r(4, 5), r(4, 2)], r(1), [r(1), r(1)], 0, "g")
    assert formula_of("symm_mem::fused_all_gather_scaled_matmul", *scaled, result=outs) == 168
    # (2, 3, 4) @ (4, 5) is worked out whole; half of it stays.
    half = r(1, 3, 5)
    assert formula_of("symm_mem::fused_matmul_reduce_scatter", r(2, 3, 4), r(4, 5), "sum", 0, "g", result=half) == 120
    scaled = (r(2, 3, 4), r(4, 5), r(1), r(1), "sum", 0, 0, "g")
    assert formula_of("symm_mem::fused_scaled_matmul_reduce_scatter", *scaled, result=half) == 120


# ── a loss ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not hasattr(nn, "LinearCrossEntropyLoss"), reason="not in this torch")
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_cross_entropy_in_chunks_costs_what_it_costs_whole(reduction: str) -> None:
    x, target = r(6, 4), torch.tensor([0, 1, 2, 3, 4, 0])
    whole = nn.LinearCrossEntropyLoss(4, 5, reduction=reduction)
    options = nn.LinearCrossEntropyOptions(batch_chunk_size=2)
    chunked = nn.LinearCrossEntropyLoss(4, 5, reduction=reduction, options=options)
    for layer in (whole, chunked):
        counted = run(lambda layer=layer: layer(x, target))
        assert (counted.macs, counted.elements) == (120, 60)  # 6 · 4 · 5; softmax and choice over 6 · 5
    if reduction == "mean":  # the gradients are worked out on the way: of the weight, and of x where it has one
        assert run(lambda: chunked(x, target), torch.enable_grad).macs == 240
        assert run(lambda: chunked(x.requires_grad_(), target), torch.enable_grad).macs == 360


# ── attention ───────────────────────────────────────────────────────────────────────────────────────


def test_attention_of_onnx() -> None:
    onnx = pytest.importorskip("torch.onnx.ops")
    q, k = r(2, 5, 12), r(2, 7, 12)
    counted = run(lambda: onnx.attention(q, k, k, q_num_heads=3, kv_num_heads=3))
    assert counted.macs == 2 * 3 * 5 * 7 * (4 + 4)
    assert counted.elements == 120 + 168 + 210  # q and k scaled, the softmax of 2 · 3 · 5 · 7
    q, k, past = r(2, 3, 5, 4), r(2, 3, 7, 4), r(2, 3, 2, 4)
    assert run(lambda: onnx.attention(q, k, k, past_key=past, past_value=past)).macs == 2 * 3 * 5 * 9 * (4 + 4)


def test_sequences_end_to_end() -> None:
    """Of 2 and 3 queries, against 4 and 1 keys: 8 + 3 pairs in each of 2 heads, over 8 and 8 features."""
    q, k = r(5, 2, 8), r(5, 2, 8)
    ends_q, ends_k = torch.tensor([0, 2, 5]), torch.tensor([0, 4, 5])
    for name in ("aten::_flash_attention_forward", "torch_attn::_varlen_attn"):
        assert formula_of(name, q, k, k, ends_q, ends_k, 3, 4) == 2 * 11 * (8 + 8)
        meta = ends_q.to("meta")  # its values unknown: two sequences, 3 against 4
        assert formula_of(name, q, k, k, meta, meta, 3, 4) == 2 * 2 * 12 * (8 + 8)
    # a cache of 16 keys each, of which 4 and 1 are used
    cache, used = r(2, 16, 2, 8), torch.tensor([4, 1])
    args = (q, cache, cache, ends_q, None, 3, 16, False, None, None, False, used)
    assert formula_of("torch_attn::_varlen_attn", *args) == 2 * 11 * (8 + 8)
    assert formula_of("torch_attn::_varlen_attn_out", q, *args) == 2 * 11 * (8 + 8)
    args = (q, cache, cache, ends_q, None, 3, 16, 0.0, False, False)
    assert formula_of("aten::_flash_attention_forward", *args, seqused_k=used) == 2 * 11 * (8 + 8)
    backward = (q, q, k, k, q, None, ends_q, ends_k, 3, 4)
    assert formula_of("torch_attn::_varlen_attn_backward", *backward) == 5 * 2 * 11 * 8


# ── recurrent layers ────────────────────────────────────────────────────────────────────────────────


def test_gradients_of_recurrent_layers_elsewhere() -> None:
    x = shaped(5, 3, 4)
    weights = [shaped(24, 4), shaped(24, 6), shaped(24), shaped(24)]  # LSTM(4, 6)
    forward = 5 * 3 * 24 * (4 + 6)  # 3600
    args = (x, weights, 4, None, None, None, None, None, None, None, 2, 6, 1, False, 0.0, True, False, [], None, None)
    assert formula_of("aten::miopen_rnn_backward", *args, [True, True, True, True]) == 2 * forward
    assert formula_of("aten::miopen_rnn_backward", *args, [True, True, True, False]) == forward
    args = (None, None, None, None, None, x, None, None, weights, True, 1, 0.0, True, False, False)
    assert formula_of("aten::lstm_mps_backward", *args) == 2 * forward
