"""Whether attention was causal, masked or neither: from the operators that ran, or from what the layer was asked."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from engine.user_models import Model, ran
from torch import nn

import linscope
from linscope.engine.formulas.registry import FORMULAS
from linscope.engine.masking import ATTENTION, of_operator

HEADS = "[2,2,3,4]"
MASK = torch.zeros(3, 3)


def told(target: Any, inputs: Any = None, **options: Any) -> dict[str, int] | None:
    """The calls of each kind that the report speaks of; None where it says nothing."""
    report = linscope.analyze(target, inputs, **options) if isinstance(target, str) else ran(target, inputs, **options)
    notes = [note for note in report.notes if note.code == "attention"]
    return {kind: calls for kind, calls in notes[0].data if calls} if notes else None


def attending(**options: Any) -> nn.Module:
    return Model(lambda s, x: F.scaled_dot_product_attention(x, x, x, **options))


@pytest.mark.parametrize("run", ["real", "fake"])
@pytest.mark.parametrize(
    ("options", "kind"),
    [({}, "neither"), ({"is_causal": True}, "causal"), ({"attn_mask": MASK}, "masked"), ({"scale": 2.0}, "neither")],
)
def test_the_operator_says_it(options: dict[str, Any], kind: str, run: str) -> None:
    assert told(attending(**options), HEADS, run=run) == {kind: 1}


def test_what_is_written_out_in_products_says_nothing() -> None:
    assert told(attending(is_causal=True), "[2,3,4]") is None  # 3-D: torch takes it apart
    assert told(Model(lambda s, x: torch.softmax(x @ x.mT, -1) @ x), HEADS) is None


def multihead(**options: Any) -> nn.Module:
    return Model(lambda s, x: s.attend(x, x, x, **options)[0], attend=nn.MultiheadAttention(8, 2))


@pytest.mark.parametrize("run", ["real", "meta", "fake"])
@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, "neither"),
        ({"attn_mask": MASK}, "masked"),
        ({"key_padding_mask": torch.zeros(2, 3)}, "masked"),
        ({"attn_mask": MASK, "is_causal": True}, "causal"),
    ],
)
def test_the_layer_says_it_where_its_operators_do_not(
    options: dict[str, Any], kind: str, weights: bool, run: str
) -> None:
    given = {k: v.to("meta") if run == "meta" and isinstance(v, torch.Tensor) else v for k, v in options.items()}
    assert told(multihead(need_weights=weights, **given), "[3,2,8]", run=run) == {kind: 1}


def test_arguments_by_position() -> None:
    model = Model(lambda s, x: s.attend(x, x, x, None, True, MASK)[0], attend=nn.MultiheadAttention(8, 2))
    assert told(model, "[3,2,8]") == {"masked": 1}


def test_several_kinds_are_told_apart() -> None:
    model = nn.Transformer(8, 2, 2, 1, 16)
    asked = Model(lambda s, x, m: s.whole(x, x, tgt_mask=m, tgt_is_causal=True), whole=model.eval())
    report = ran(asked, ["[3,2,8]", torch.nn.Transformer.generate_square_subsequent_mask(3)])
    (note,) = [note for note in report.notes if note.code == "attention"]
    # two encoder layers and the decoder's cross attention see everything, its self-attention only what was
    assert dict(note.data) == {"causal": 1, "masked": 0, "neither": 3}
    assert note.message == (
        "attention was causal in 1 call and neither causal nor masked in 3 calls; it is counted in full all the same"
    )


def test_the_count_is_the_same_either_way() -> None:
    causal, open_ = (linscope.analyze(attending(is_causal=c), HEADS) for c in (True, False))
    assert causal.totals.macs == open_.totals.macs == 2 * 2 * 2 * 3 * 3 * 4
    messages = [next(n.message for n in r.notes if n.code == "attention") for r in (causal, open_)]
    assert messages == [
        "attention was causal; it is counted in full all the same",
        "attention was neither causal nor masked; it is counted in full",
    ]


def test_nothing_is_said_where_nothing_attends() -> None:
    assert told("[32,3,4] -> Linear(4,2)") is None


def test_an_attention_that_someone_rewrote_is_not_asked() -> None:
    class Own(nn.MultiheadAttention):
        def forward(self, x: torch.Tensor, flag: bool) -> torch.Tensor:  # type: ignore[override]
            return x @ self.out_proj.weight

    assert told(Model(lambda s, x: s.own(x, True), own=Own(8, 2)), "[3,8]") is None


# ── Operators that do not run on this machine ───────────────────────────────────────────────────────


def asked(name: str, *args: Any, **kwargs: Any) -> str:
    return of_operator(getattr(torch.ops.aten, name).default, args, kwargs)


def test_other_backends_say_it_elsewhere() -> None:
    q = torch.ones(1)
    flash, efficient = "_scaled_dot_product_flash_attention", "_efficient_attention_forward"
    assert [asked(flash, q, q, q, 0.0, causal) for causal in (True, False)] == ["causal", "neither"]
    assert asked("_scaled_dot_product_cudnn_attention", q, q, q, MASK, False) == "masked"
    assert [asked(efficient, q, q, q, None, None, None, 3, 3, 0.0, kind) for kind in (0, 1, 2)] == [
        *("neither", "causal", "causal"),
    ]
    window = [asked("_flash_attention_forward", q, q, q, None, None, 3, 3, 0.0, False, False, window_size_left=w)
              for w in (-1, 4)]  # fmt: skip
    assert window == ["neither", "masked"]


def test_every_operator_that_is_asked_exists_and_counts() -> None:
    for name in ATTENTION:
        assert hasattr(torch.ops.aten, name.removeprefix("aten.")), name
        assert name.replace(".", "::") in FORMULAS, name
