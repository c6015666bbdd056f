"""The lessons on other layers and shapes."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch
from explain.brief.taught import BIAS_FREE, exact_layer, text, told
from torch import nn

from linscope.sources.layers import Parameter


def test_with_a_bias_it_is_in_every_formula():
    lessons = told(*exact_layer(bias=True))
    # 7.25 + 0.75 = 8
    assert "y[0, 0, 0] = 1·0.5 + 2·(-1) + 3·0.25 + 4·2 + 0.75 (bias) = 8" in lessons["transpose"].lines
    assert lessons["transpose"].lines[-1] == (
        "           = x[0, 0] · row 0 of weight, plus the bias, rounded to 4 digits"
    )
    assert "Y = XWᵀ + b" in lessons["parameter-vs-linear"].claim
    assert lessons["parameter-vs-linear"].lines[0].startswith("Same 8 + 2 = 10 parameters, same 768 MACs;")
    assert lessons["bias"].claim == (
        "One number per output, the same for every row: 2 more parameters, 8 + 2 = 10, and no MACs."
    )
    assert lessons["bias"].verified[0].statement == "layer(x) - x @ weight.T = bias, in every row"


def test_the_layer_made_by_hand():
    torch.manual_seed(0)
    lessons = told(Parameter(3, 2, bias=True), torch.randn(4, 3), level="full")
    assert lessons["transpose"].title == "Why this weight is not transposed"
    assert lessons["transpose"].chain == "[4, 3] @ [3, 2] = [4, 2]"
    assert "(in, out) = (3, 2)" in lessons["transpose"].claim
    assert "Each output is x[0] · column j of weight, plus the bias" in text(lessons["transpose"])
    assert "weight.T" not in text(lessons["transpose"]).replace("F.linear(x, weight.T, bias)", "").replace(
        "(weight.T @ x[0]", ""
    )
    # 3·2 = 6 and 2 biases; 4·6 = 24 MACs
    assert "Same 6 + 2 = 8 parameters, same 24 MACs" in text(lessons["parameter-vs-linear"])
    assert lessons["parameter-vs-linear"].verified[0].statement == "an nn.Linear that holds weight.T = layer(x)"
    assert lessons["last-dimension"].chain == "[4, 3] = 4 rows of 3 → 4 rows of 2 = [4, 2]"


def test_thop_says_what_it_said():
    layer, x = Parameter(3, 2), torch.randn(4, 3)
    (line,) = told(layer, x, thop=0)["parameter-vs-linear"].lines
    assert line == "Same 6 parameters, same 24 MACs. thop hooks modules, and the @ is none: it says 0."
    (line,) = told(layer, x)["parameter-vs-linear"].lines
    assert line.endswith("a counter that hooks modules misses the @ by hand and says 0.")


def test_a_hook_based_counter_does_say_zero():
    thop = pytest.importorskip("thop")
    with contextlib.redirect_stdout(io.StringIO()):
        macs, _ = thop.profile(nn.Sequential(Parameter(3, 2)), (torch.randn(4, 3),), verbose=False)
    assert macs == 0


@pytest.mark.parametrize(
    ("shape", "claim", "chain"),
    [
        (
            (2,),
            "(*, 2) → (*, 3), whatever stands before: "
            "the same 2 · 3 = 6 weights serve the 1 row here and would serve any number.",
            "[2] = 1 row of 2 → 1 row of 3 = [3]",
        ),
        (
            (5, 2),
            "(*, 2) → (*, 3), whatever stands before: the same 2 · 3 = 6 weights serve all 5 rows.",
            "[5, 2] = 5 rows of 2 → 5 rows of 3 = [5, 3]",
        ),
        (
            (2, 3, 4, 2),
            "(*, 2) → (*, 3), whatever stands before: the same 2 · 3 = 6 weights serve all 2 · 3 · 4 = 24 rows.",
            "[2, 3, 4, 2] = 24 rows of 2 → 24 rows of 3 = [2, 3, 4, 3]",
        ),
    ],
)
def test_any_number_of_leading_dimensions(shape, claim, chain):
    lesson = told(nn.Linear(2, 3), torch.randn(shape))["last-dimension"]
    assert (lesson.claim, lesson.chain) == (claim, chain)
    assert lesson.verified[0].holds


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ((2,), "Read [2] from the right: 2 features make a sample; there is one, and no dimension counts it."),
        ((1, 2), "Read [1, 2] from the right: 2 features make a sample; 1 sample."),
        (
            (9, 5, 4, 2),
            "Read [9, 5, 4, 2] from the right: 2 features make a sample; 4 samples; 5 of those; 9 of those.",
        ),
    ],
)
def test_shapes_are_read_from_the_right(shape, read):
    assert told(nn.Linear(2, 3), torch.randn(shape), level="full")["last-dimension"].lines == (read,)


@pytest.mark.parametrize(("features", "outputs"), [(4, 2), (784, 10), (1, 1000)])
def test_the_marks_stand_under_the_dimensions_that_meet(features, outputs):
    lesson = told(nn.Linear(features, outputs), torch.randn(5, features))["transpose"]
    marks = lesson.lines[0]
    runs = [i for i, sign in enumerate(marks) if sign == "^"]
    assert "".join(lesson.chain[i] for i in runs) == 2 * str(features)


def test_a_long_row_says_what_is_not_shown():
    torch.manual_seed(0)
    lesson = told(nn.Linear(10, 50, bias=False), torch.randn(3, 10), level="full")["transpose"]
    assert sum("(the other 6) = " in line for line in lesson.lines) == 3
    assert "... and so on, 47 more" in lesson.lines


def test_a_part_compared_is_said_to_be_a_part():
    lesson = told(nn.Linear(4, 2), torch.randn(1000, 4))["transpose"]
    assert lesson.verified[1].statement.endswith("(first 256 of 1,000 rows)")
    lesson = told(nn.Linear(300, 4000), torch.randn(2, 300))["transpose"]
    assert lesson.verified[1].statement.endswith("(first 1 of 2 rows, 1,747 of 4,000 outputs)")


def test_among_other_layers_the_lesson_says_which_it_is_on():
    assert told(*exact_layer(), others=2)["transpose"].title == ("Why the weight is transposed (on 0: Linear(4, 2))")


@pytest.mark.parametrize(
    ("written", "notes", "claim"),
    [
        ("Linear(4,2)", [BIAS_FREE], "None here, by notation. "),
        ("Linear(4,2)", [], "None here. "),
        ("nn.Linear(4,2,bias=False)", [BIAS_FREE], "None here. "),
        ("Linear(4,2,bias=False)", [BIAS_FREE], "None here. "),
        ("Linear(4,2,False)", [BIAS_FREE], "None here. "),
        ("LazyLinear(2)", [BIAS_FREE], "None here, by notation. "),
    ],
)
def test_the_notation_is_named_where_it_left_the_bias_out(written, notes, claim):
    lesson = told(*exact_layer(), written=written, notes=notes)["bias"]
    assert lesson.claim.startswith(claim + "nn.Linear's default has one")


def test_by_hand_a_bias_is_nobodys_default():
    assert told(Parameter(3, 2), torch.randn(4, 3))["bias"].claim == (
        "None here. By hand it is yours to add: 2 more parameters, 6 + 2 = 8, and no MACs."
    )
