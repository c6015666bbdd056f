"""Attention under every name it has: two products, Q Kᵀ over E features and A V over Ev."""

from __future__ import annotations

import pytest
import torch
from engine.formula_counting import formula_of, run
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as attend

from linscope.engine.formulas import FORMULAS, rule_for

aten = torch.ops.aten


def r(*shape: int, device: str = "cpu") -> torch.Tensor:
    return torch.rand(*shape, device=device)


Q, K = (2, 4, 3, 8), (2, 4, 5, 8)  # batch 2, heads 4, L 3, S 5, E 8: 2·4·3·5·8 = 960 for either product

ATTENTION = {
    "4-D": (lambda: attend(r(*Q), r(*K), r(*K)), 1920),
    "causal counts in full": (lambda: attend(r(*Q), r(*K), r(*K), is_causal=True), 1920),
    "masked": (lambda: attend(r(*Q), r(*K), r(*K), torch.ones(3, 5, dtype=torch.bool)), 1920),
    "dropout": (lambda: attend(r(*Q), r(*K), r(*K), dropout_p=0.5), 1920),
    "3-D": (lambda: attend(r(4, 3, 8), r(4, 5, 8), r(4, 5, 8)), 960),
    "2-D": (lambda: attend(r(3, 8), r(5, 8), r(5, 8)), 240),
    "5-D": (lambda: attend(r(7, *Q), r(7, *K), r(7, *K)), 13440),
    "another value size": (lambda: attend(r(*Q), r(*K), r(2, 4, 5, 6)), 1680),  # 960 + 2·4·3·5·6
    "grouped queries": (  # 4 query heads, 2 key heads: as many products as with 4
        lambda: attend(r(*Q), r(2, 2, 5, 8), r(2, 2, 5, 8), enable_gqa=True),
        1920,
    ),
    "broadcast batch": (lambda: attend(r(1, 4, 3, 8), r(*K), r(*K)), 1920),
    "written out by hand": (lambda: (r(*Q) @ r(*K).mT).softmax(-1) @ r(*K), 1920),
    "on meta": (lambda: attend(*(r(*s, device="meta") for s in (Q, K, K))), 1920),
}


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("case", ATTENTION)
def test_scaled_dot_product(case: str, context: type) -> None:
    call, macs = ATTENTION[case]
    assert run(call, context).macs == macs


def test_every_backend_has_its_own_name_for_the_same_count() -> None:
    q, k, v, out = r(*Q), r(*K), r(2, 4, 5, 6), r(2, 4, 3, 6)
    for kind in ("flash", "efficient", "cudnn"):
        assert formula_of(f"aten::_scaled_dot_product_{kind}_attention", q, k, v, result=(out, None)) == 1680
    overrideable = "aten::_scaled_dot_product_fused_attention_overrideable"
    assert formula_of(overrideable, q, k, v, result=(out, None)) == 1680
    # Backward: QKᵀ again, dQ and dK over 8 features, 960 each; dA and dV over 6, 720 each.
    for kind in ("flash_attention", "flash_attention_for_cpu", "efficient_attention", "cudnn_attention"):
        assert formula_of(f"aten::_scaled_dot_product_{kind}_backward", out, q, k, v) == 4320
    assert formula_of(f"{overrideable}_backward", out, q, k, v) == 4320


def test_a_gradient_on_the_cpu() -> None:
    q, k, v = (r(*s).requires_grad_() for s in (Q, K, K))
    mode = run(lambda: attend(q, k, v).sum().backward(), torch.enable_grad)
    assert mode.macs == 1920 + 5 * 960


def test_heads_inside() -> None:
    """The kernels below ``scaled_dot_product_attention`` take (batch, L, heads, E)."""
    q, k, v = r(2, 3, 4, 8), r(2, 5, 4, 8), r(2, 5, 4, 6)
    assert formula_of("aten::_flash_attention_forward", q, k, v, None, None, 3, 5) == 1680
    assert formula_of("aten::_efficient_attention_forward", q, k, v, None, None, None, 3, 5) == 1680
    inplace = "aten::_flash_attention_forward_no_dropout_inplace"
    assert formula_of(inplace, r(2, 3, 4, 6), q, k, v, None, None, 3, 5) == 1680
    backward = (r(2, 3, 4, 6), q, k, v, None, None, None, None, 3, 5)
    assert formula_of("aten::_flash_attention_backward", *backward) == 4320
    assert formula_of("aten::_efficient_attention_backward", *backward) == 4320


def test_sequences_end_to_end() -> None:
    q, k = r(5, 4, 8), r(7, 4, 8)  # lengths 2 and 3 against 4 and 3, 4 heads, E 8
    ends_q, ends_k = torch.tensor([0, 2, 5]), torch.tensor([0, 4, 7])
    count = 2 * 4 * (2 * 4 + 3 * 3) * 8  # both products, heads, pairs, features
    assert formula_of("aten::_flash_attention_forward", q, k, k, ends_q, ends_k, 3, 4) == count
    cudnn = (q, k, k, None, ends_q, ends_k, 3, 4)
    assert formula_of("aten::_cudnn_attention_forward", *cudnn) == count
    # Without values, every sequence is as long as the longest: 2 products, 2 sequences, 4 heads, 3·4 pairs.
    on_meta = [t.to("meta") for t in (q, k, k, ends_q, ends_k)]
    assert formula_of("aten::_flash_attention_forward", *on_meta, 3, 4) == 2 * 2 * 4 * 12 * 8


def test_cudnn_takes_heads_first_where_nothing_is_packed() -> None:
    q, k, out = r(*Q), r(*K), r(*Q)
    assert formula_of("aten::_cudnn_attention_forward", q, k, k, None, None, result=(out,)) == 1920
    rest = (None,) * 5
    assert formula_of("aten::_cudnn_attention_backward", out, q, k, k, *rest, None) == 4800


# Self-attention over (2, 3, 8): projections 4 · 6·8·8 = 1536, products 2 · 2·3·3·8 = 288.
SELF = 1536 + 288


def test_native_multi_head_attention() -> None:
    mha = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x = r(2, 3, 8)
    mode = run(lambda: mha(x, x, x))
    assert "aten._native_multi_head_attention" in mode.calls["counted"]
    assert mode.macs == SELF
    cross = formula_of("aten::_native_multi_head_attention", x, r(2, 5, 8), r(2, 5, 8), 8)
    # Queries and output 2 · 6·64, keys and values 2 · 10·64, products 2 · 2·3·5·8.
    assert cross == 768 + 1280 + 480


def test_the_encoder_fast_path_counts_what_the_slow_one_does() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = r(2, 3, 8)
    fast = run(lambda: layer(x))
    assert "aten._transformer_encoder_layer_fwd" in fast.calls["counted"]
    slow = run(lambda: layer.train()(x))
    assert "aten._transformer_encoder_layer_fwd" not in slow.calls["counted"]
    assert fast.macs == slow.macs == SELF + 2 * 6 * 8 * 16


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_the_fast_path_on_nested_tensors() -> None:
    """A padding mask lets the encoder drop the padding: lengths 3 and 1 of 3, so 4 tokens and 9 + 1 pairs."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1).eval()
    mask = torch.tensor([[False] * 3, [False, True, True]])
    mode = run(lambda: encoder(r(2, 3, 8), src_key_padding_mask=mask))
    assert mode.macs == 4 * 4 * 64 + 2 * 10 * 8 + 2 * 4 * 8 * 16


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_attention_over_jagged_sequences() -> None:
    x = torch.nested.nested_tensor([r(2, 8), r(3, 8)], layout=torch.jagged)
    heads = x.unflatten(-1, [2, 4]).transpose(1, 2)
    mode = run(lambda: attend(heads, heads, heads))
    assert mode.macs == 2 * 2 * (4 + 9) * 4  # both products, heads, pairs, features


def test_the_factors_are_named_as_the_field_does() -> None:
    formula = rule_for(aten._scaled_dot_product_flash_attention_for_cpu.default).formula
    scores, values = formula((r(*Q), r(*K), r(*K)), {}, (r(*Q), None)).terms
    assert (scores.label, values.label) == ("Q Kᵀ", "A V")
    assert [f.name for f in (*scores.rows, *scores.weights)] == ["batch", "heads", "L", "S", "E"]


def test_no_attention_operator_is_left_out() -> None:
    names = {n.split(".")[0] for n in torch._C._dispatch_get_all_op_names()}
    attention = {n for n in names if "attention" in n and n.startswith("aten::")}
    assert attention - set(FORMULAS) == set()
