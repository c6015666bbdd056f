"""What does not hold is not claimed, and what was not seen is not called verified."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from explain.brief.taught import evidence_of, exact_layer, report_on, text, told
from torch import nn

from linscope.explain.brief import explain
from linscope.sources.layers import Parameter


@pytest.mark.parametrize("level", ["short", "full"])
def test_a_wrong_output_is_reported_and_nothing_is_claimed(level):
    layer, x = exact_layer()
    y = layer(x).detach()
    y[0, 0, 0] += 0.5
    lessons = told(layer, x, level, y)
    said = "max |difference| 0.5 where rounding explains"
    for name in ("transpose", "parameter-vs-linear", "bias"):
        assert said in lessons[name].claim, name
    assert said in lessons["last-dimension"].claim
    assert said in lessons.get("shared-weights", lessons["last-dimension"]).claim
    for lesson in lessons.values():
        failed = [v for v in lesson.verified if v.holds is False]
        assert failed and all(v.max_difference == 0.5 for v in failed)
        assert "= 7.75" not in text(lesson), "no row is worked that did not come out"


@pytest.mark.parametrize(
    ("subject", "lesson", "level"),
    [
        *((s, "transpose", "short") for s in ("matmul", "functional", "torch_matmul", "einsum", "addmm")),
        ("row_worked", "transpose", "short"),
        ("column", "transpose", "full"),
        ("by_hand", "parameter-vs-linear", "short"),
        ("rows_alone", "last-dimension", "short"),
        ("rows_alone", "shared-weights", "full"),
        ("addmm", "last-dimension", "full"),
        ("bias", "bias", "short"),
    ],
)
def test_each_comparison_can_bring_its_lesson_down(subject, lesson, level):
    e = evidence_of(*exact_layer(bias=True))
    wrong = tuple(replace(c, max_difference=0.25, holds=False) if c.subject == subject else c for c in e.comparisons)
    lessons = {s.lesson: s for s in explain(report_on(replace(e, comparisons=wrong)), level)}
    failed = [v for v in lessons[lesson].verified if v.holds is False]
    (comparison,) = [c for c in wrong if c.subject == subject]
    assert [v.max_difference for v in failed] == [0.25]
    assert failed[0].statement == f"{comparison.right} = {comparison.left}"
    if subject == "column":
        assert "as a column" not in text(lessons[lesson])
    else:
        assert "This did not hold on this run" in text(lessons[lesson])


def test_a_count_that_differs_is_reported():
    lessons = told(*exact_layer(), macs=700)
    (count,) = [v for v in lessons["last-dimension"].verified if "MACs" in v.statement]
    assert (count.holds, count.max_difference, count.tolerance) == (False, 68.0, 0.0)  # 768 - 700


def test_a_weight_that_is_copied_is_not_called_a_view():
    e = replace(evidence_of(*exact_layer()), used_shares_storage=False)
    for level in ("short", "full"):
        lesson = explain(report_on(e), level)[0]
        assert lesson.verified[0].holds is False
        assert "nothing is copied" not in text(lesson)


@pytest.mark.parametrize("level", ["short", "full"])
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
def test_shapes_alone_verify_nothing_and_show_no_numbers(kind, level):
    layer, x = kind(4, 2).to("meta"), torch.randn(32, 3, 4, device="meta")
    lessons = told(layer, x, level)
    assert lessons["transpose"].chain == "[32, 3, 4] @ [4, 2] = [32, 3, 2]"
    for lesson in lessons.values():
        unseen = [v for v in lesson.verified if "as counted" not in v.statement]
        assert unseen and all((v.holds, v.max_difference) == (None, None) for v in unseen)
        assert "y[" not in text(lesson)
    assert "768 MACs" in text(lessons["last-dimension"]) or "768 MACs" in text(lessons["shared-weights"])


@pytest.mark.parametrize("level", ["short", "full"])
@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("shape", "outputs"), [((0, 3, 4), 2), ((3, 0), 2), ((3, 4), 0), ((0,), 0), ((4,), 1), ((1, 1), 1)]
)
def test_no_shape_is_too_odd_to_be_told(kind, bias, shape, outputs, level):
    lessons = told(kind(shape[-1], outputs, bias=bias), torch.randn(shape), level)
    assert len(lessons) == (5 if level == "full" else 4)
    json.dumps([text(lesson) for lesson in lessons.values()], allow_nan=False)


def test_complex_numbers_have_no_row_to_show():
    lesson = told(nn.Linear(4, 2, dtype=torch.complex64), torch.randn(3, 4, dtype=torch.complex64))["transpose"]
    assert lesson.verified[1].statement == "layer(x) = x @ weight.T + bias = F.linear = einsum"
    assert lesson.verified[1].holds
