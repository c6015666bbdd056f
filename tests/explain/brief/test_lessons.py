"""What the lessons say of ``[32, 3, 4] -> Linear(4, 2)``, every figure worked by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from explain.brief.taught import BIAS_FREE, evidence_of, exact_layer, report_on, told
from torch import nn

from linscope.errors import UsageError
from linscope.explain.brief import explain
from linscope.explain.brief.registry import LESSONS


@pytest.fixture
def short():
    return told(*exact_layer(), notes=[BIAS_FREE])


@pytest.fixture
def full():
    return told(*exact_layer(), level="full", notes=[BIAS_FREE])


# ── the registry ────────────────────────────────────────────────────────────────────────────────────


def test_the_lessons_come_in_their_order(short, full):
    assert tuple(full) == LESSONS
    assert tuple(short) == ("transpose", "parameter-vs-linear", "last-dimension", "bias")


def test_no_lesson_where_none_is_wanted_or_no_linear_layer_ran():
    report = report_on(evidence_of(*exact_layer()))
    assert explain(report, "none") == ()
    assert explain(replace(report, evidence=()), "full") == ()


def test_the_lessons_are_told_of_the_first_layer():
    first, second = evidence_of(*exact_layer()), evidence_of(nn.Linear(7, 5), torch.randn(2, 7))
    lessons = explain(replace(report_on(first), evidence=(first, second)), "short")
    assert lessons[0].chain == "[32, 3, 4] @ [4, 2] = [32, 3, 2]"


def test_an_unknown_level_is_an_error_that_names_the_levels():
    with pytest.raises(UsageError, match="'long'") as raised:
        explain(report_on(evidence_of(*exact_layer())), "long")
    assert raised.value.hint == "none, short, full"


def test_the_lessons_need_no_torch():
    program = (
        "import sys; from linscope.explain.brief import registry; registry._all();"
        "print([m for m in ('torch', 'rich', 'numpy', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ── short: one screen ───────────────────────────────────────────────────────────────────────────────


def test_the_short_transpose_to_the_letter(short):
    lesson = short["transpose"]
    assert lesson.title == "Why the weight is transposed"
    assert lesson.claim == ("One row of weights per output: weight is (out, in) = (2, 4); x meets weight.T, (4, 2).")
    assert lesson.chain == "[32, 3, 4] @ [4, 2] = [32, 3, 2]"
    assert lesson.lines == (
        "        ^     ^  the 4s meet and vanish; weight.T is a view, strides (1, 4), nothing is copied",
        "y[0, 0, 0] = 1·0.5 + 2·(-1) + 3·0.25 + 4·2 = 7.25",
        "           = x[0, 0] · row 0 of weight, rounded to 4 digits",
    )
    memory, equal = lesson.verified
    assert (memory.statement, memory.holds) == ("weight.T lies in weight's own memory", True)
    assert equal.statement == "layer(x) = x @ weight.T = F.linear = einsum = the row above"
    assert (equal.holds, equal.max_difference) == (True, 0.0)
    assert lesson.code == ()


def test_the_short_parameter_lesson_to_the_letter(short):
    lesson = short["parameter-vs-linear"]
    assert lesson.claim == (
        "nn.Linear: W (out, in) = (2, 4), Y = XWᵀ. By hand: W (in, out) = (4, 2), Y = XW, no transpose."
    )
    assert lesson.lines == (
        "Same 8 parameters, same 768 MACs; a counter that hooks modules misses the @ by hand and says 0.",
    )
    assert [v.statement for v in lesson.verified] == ["x @ nn.Parameter(weight.T.clone()) = layer(x)"]


def test_the_short_last_dimension_to_the_letter(short):
    lesson = short["last-dimension"]
    assert lesson.claim == (
        "(*, 4) → (*, 2), whatever stands before: the same 4 · 2 = 8 weights serve all 32 · 3 = 96 rows."
    )
    assert lesson.chain == "[32, 3, 4] = 96 rows of 4 → 96 rows of 2 = [32, 3, 2]"
    assert lesson.lines == (
        "96 rows × 8 weights = 768 MACs; 1,536 FLOPs, two per MAC. What many call FLOPs are the MACs.",
    )
    assert [(v.statement, v.max_difference, v.holds) for v in lesson.verified] == [
        ("layer(x[0, 0]), layer(x[31, 2]) = layer(x)[0, 0], layer(x)[31, 2]", 0.0, True),
        ("96 × 8 = 768 MACs, as counted at the operators", 0.0, True),
    ]


def test_the_short_bias_to_the_letter(short):
    lesson = short["bias"]
    assert lesson.claim == (
        "None here, by notation. nn.Linear's default has one: 2 more parameters, 8 + 2 = 10, and no MACs."
    )
    assert [v.statement for v in lesson.verified] == ["layer(x) = x @ weight.T, with nothing added"]


def test_the_short_lessons_fit_a_screen(short):
    shown = []
    for lesson in short.values():
        claims = [lesson.title, lesson.claim, *filter(None, [lesson.chain])]
        checks = [f"✓ {v.statement}   max |difference| 0" for v in lesson.verified]
        shown += ["", *claims, *(f"  {line}" for line in (*lesson.lines, *checks))]
    assert len(shown) <= 25
    assert max(map(len, shown)) <= 98


# ── full ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_full_transpose_shows_storage_and_rows(full):
    assert full["transpose"].lines == (
        "        ^     ^  the 4s meet and vanish, 2 takes their place",
        "weight    (2, 4)  strides (4, 1)  as stored: row j is what output j looks at",
        "weight.T  (4, 2)  strides (1, 4)  a view of the same memory: nothing is copied",
        "Each output is x[0, 0] · row j of weight (rounded to 4 digits):",
        "y[0, 0, 0] = 1·0.5 + 2·(-1) + 3·0.25 + 4·2 = 7.25",
        "y[0, 0, 1] = 1·1 + 2·1 + 3·(-1) + 4·0 = 0",
        "One sample as a column: z = W x, [2, 4] @ [4, 1] = [2, 1].",
        "Samples as rows meet the same W from the right: Y = XWᵀ.",
    )


def test_the_full_transpose_states_each_comparison(full):
    shown = full["transpose"].verified
    assert [v.statement for v in shown] == [
        "weight.T lies in weight's own memory",
        "x @ weight.T = layer(x)",
        "F.linear(x, weight) = layer(x)",
        "torch.matmul(x, weight.t()) = layer(x)",
        'torch.einsum("...i,oi->...o", x, weight) = layer(x)',
        "torch.mm(x.reshape(-1, 4), weight.T) = layer(x).reshape(-1, 2)",
        "(weight @ x[0, 0].unsqueeze(-1)).squeeze(-1) = layer(x)[0, 0]",
        "sum(x[0, 0, i] * weight[j, i] for i in range(4)) = layer(x)[0, 0, j]",
    ]
    assert all(v.holds for v in shown)


def test_the_full_parameter_lesson_sets_both_side_by_side(full):
    assert full["parameter-vs-linear"].lines == (
        "          by hand                        nn.Linear",
        "weight    (in, out) = (4, 2)             (out, in) = (2, 4)",
        "computes  Y = XW                         Y = XWᵀ",
        "bias      yours to add                   there by default: 2 more parameters",
        "start     yours; torch.randn is N(0, 1)  uniform within ±1/√4 = 0.5",
        "Same 8 parameters, same 768 MACs; a counter that hooks modules misses the @ by hand and says 0.",
    )


def test_the_full_last_dimension_is_read_from_the_right(full):
    lesson = full["last-dimension"]
    assert lesson.claim == (
        "(*, 4) → (*, 2), whatever stands before, nothing included: the leading dimensions only count rows."
    )
    assert lesson.lines == ("Read [32, 3, 4] from the right: 4 features make a sample; 3 samples; 32 of those.",)
    assert [v.statement for v in lesson.verified] == ["x as one matrix [96, 4], through the layer = layer(x)"]


def test_the_full_shared_weights(full):
    lesson = full["shared-weights"]
    assert lesson.claim == (
        "Parameters do not depend on the leading dimensions: the same 4 · 2 = 8 weights serve all 32 · 3 = 96 rows."
    )
    assert lesson.lines[-1] == "Twice the rows would be 1,536 MACs, with 8 parameters as before."


def test_the_full_bias(full):
    assert full["bias"].lines == (
        "It takes 96 rows × 2 outputs = 192 additions; an addition is no MAC: 768 MACs with it or without.",
        "Before a BatchNorm it is cancelled: it is part of the mean that the BatchNorm subtracts.",
    )
