"""Shapes alone: the operators that run, and what they give, are those of the CPU."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.memo import Memo
from linscope.engine.on_meta import on_meta


class Recorded(TorchDispatchMode):
    """The operators that run, with the shapes and dtypes of what they give."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, tuple) else result
        self.seen.append((str(func), (tuple(first.shape), first.dtype)))
        return result


def attention(case: dict[str, Any], dtype: torch.dtype) -> list[tuple[str, Any]]:
    heads, keys, size, value, mask = case["heads"], case["keys"], case["size"], case["value"], case["mask"]
    query = torch.empty(2, heads, 5, size, dtype=dtype).fill_(0.1)
    key = torch.empty(2, keys, 7, size, dtype=dtype).fill_(0.1)
    values = torch.empty(2, keys, 7, value, dtype=dtype).fill_(0.1)
    masks = {
        None: None,
        "bool": torch.ones(5, 7, dtype=torch.bool),
        "float": torch.zeros(2, 1, 5, 7, dtype=dtype),
        "3d": torch.zeros(heads, 5, 7, dtype=dtype),
    }
    with torch.no_grad(), Recorded() as recorded:
        F.scaled_dot_product_attention(
            query, key, values, attn_mask=masks[mask], is_causal=case["causal"], enable_gqa=heads != keys,
            scale=case["scale"],
        )  # fmt: skip
    return recorded.seen


PLAIN = {"heads": 4, "keys": 4, "size": 8, "value": 8, "mask": None, "causal": False, "scale": None}
ATTENTIONS = [
    {}, {"causal": True}, {"keys": 2}, {"keys": 1, "causal": True}, {"mask": "bool"}, {"mask": "float", "keys": 2},
    {"mask": "3d"}, {"value": 6}, {"scale": 0.5},
]  # fmt: skip


@pytest.mark.parametrize("changed", ATTENTIONS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_fused_attention_is_the_operator_that_the_cpu_runs(changed: dict[str, Any], dtype: torch.dtype) -> None:
    for_real = attention({**PLAIN, **changed}, dtype)
    with on_meta():
        shapes = attention({**PLAIN, **changed}, dtype)
    fused = "_scaled_dot_product_flash_attention_for_cpu"
    contracts = [(name, what) for name, what in for_real if "bmm" in name or fused in name]
    assert [(name, what) for name, what in shapes if "bmm" in name or fused in name] == contracts
    assert (fused in str(for_real)) == ("value" not in changed and changed.get("mask") != "3d")


def test_products_of_groups_take_any_dtype() -> None:
    a, b = torch.ones(6, 8), torch.ones(3, 8, 4)
    ends = torch.tensor([2, 4, 6], dtype=torch.int32)
    for_real = F.grouped_mm(a, b, offs=ends)
    with on_meta():
        shape = F.grouped_mm(torch.empty(6, 8), torch.empty(3, 8, 4), offs=torch.empty(3, dtype=torch.int32))
    assert (shape.shape, shape.dtype) == (for_real.shape, for_real.dtype)


# ── remembered shapes ───────────────────────────────────────────────────────────────────────────────

ops = torch.ops.aten


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


CALLS = [
    (ops.add.Tensor, (meta(3, 4), meta(4))),
    (ops.add.Tensor, (meta(3, 4), meta(4, dtype=torch.float64))),
    (ops.add.Tensor, (meta(3, 4, dtype=torch.int64), 1)),
    (ops.add.Tensor, (meta(3, 4, dtype=torch.int64), 1.0)),
    (ops.add.Tensor, (meta(3, 4, dtype=torch.bool), True)),
    (ops.mul.Tensor, (meta(3, 4).t(), meta(4, 3))),
    (ops.mul.Tensor, (meta(3, 4).t(), meta(3, 4).t())),
    (ops.cat.default, ([meta(2, 3), meta(4, 3)],)),
    (ops.cat.default, ([meta(2, 3), meta(2, 4)], 1)),
    (ops.sum.dim_IntList, (meta(2, 3, 4), [1], True)),
    (ops.sum.dim_IntList, (meta(2, 3, 4), [1], False)),
    (ops._unsafe_view.default, (meta(6, 4), [2, 3, 4])),
    (ops.clone.default, (meta(3, 4).t(),)),
    (ops._to_copy.default, (meta(3, 4),), {"dtype": torch.float16}),
    (ops._to_copy.default, (meta(3, 4),), {"dtype": torch.float64}),
]


def test_what_is_remembered_is_what_torch_gives() -> None:
    memo = Memo()
    for _ in range(3):
        for func, args, *rest in CALLS:
            kwargs = rest[0] if rest else {}
            plain, remembered = func(*args, **kwargs), memo.call(func, args, kwargs)
            assert (remembered.shape, remembered.stride()) == (plain.shape, plain.stride()), func
            assert (remembered.dtype, remembered.device) == (plain.dtype, plain.device), func
            assert remembered.untyped_storage().nbytes() == plain.untyped_storage().nbytes()


def test_a_view_that_its_schema_keeps_quiet_about_stays_one() -> None:
    memo, base = Memo(), meta(6, 4)
    for _ in range(3):
        view = memo.call(ops._unsafe_view.default, (base, [24]), {})
        assert view.untyped_storage()._cdata == base.untyped_storage()._cdata


def test_attention_inside_torchs_own_functions_is_fused_as_well() -> None:
    plain = F.scaled_dot_product_attention

    def operators() -> list[str]:
        layer = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        x = torch.empty(2, 5, 8).fill_(0.1)
        with torch.no_grad(), Recorded() as recorded:
            layer(x, x, x, need_weights=False)
        return [name for name, _ in recorded.seen if "bmm" in name or "attention" in name]

    torch.backends.mha.set_fastpath_enabled(False)
    try:
        for_real = operators()
        with on_meta():
            assert operators() == for_real == ["aten._scaled_dot_product_flash_attention_for_cpu.default"]
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert F.scaled_dot_product_attention is plain
