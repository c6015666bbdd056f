"""Which lessons are told, on which layer, and what is said where none can be."""

from __future__ import annotations

import pytest
import torch
from explain.lectures import lecture

import linscope
from linscope.errors import LinscopeError, ShapeError, UsageError
from linscope.explain.registry import NAMES, entries, entry, offers
from linscope.language import speaker


def told(target):
    return [lesson.name for lesson in lecture(target).lessons]


def test_a_linear_layer_has_its_lessons_in_order():
    names = told("[32,3,4] -> Linear(4,2)")
    assert names == [
        *("transpose", "parameter-vs-linear", "last-dimension", "reading-shapes", "shared-weights", "flatten", "bias"),
        *("initialization", "column-vs-row", "in-features", "backward"),
    ]
    assert sorted(names, key=NAMES.index) == names


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("[32,3,4] -> Parameter(4,2)", ["parameter-vs-linear", "last-dimension", "reading-shapes", "shared-weights"]),
        ("[2,4,7] -> Conv1d(4,2,1)", ["conv1x1", "convolution"]),
        ("[2,4,7] -> Conv1d(4,2,3)", ["convolution"]),
        ("[2,10,64] -> MultiheadAttention(64,4)", ["attention"]),
        ("[2,10,64] -> TransformerEncoderLayer(64,4,128,batch_first=True)", ["attention", "costs"]),
        ("[2,5,3] -> LSTM(3,4)", ["recurrent"]),
        ("[2,5,3] -> LSTM(3,4,proj_size=2)", ["costs"]),
        ("[3,5], [3,7] -> Bilinear(5,7,3)", ["costs"]),
        ("[2,5]:int64 -> Embedding(10,4)", ["embedding"]),
        ("[8,4,3] -> BatchNorm1d(4)", ["batchnorm", "normalization"]),
    ],
)
def test_every_layer_has_its_own(target, names):
    assert told(target) == names


def test_a_chain_has_those_of_a_network_and_what_all_of_it_costs():
    assert {"mlp", "costs"} <= set(told("[3,10] -> nn.Linear(10,50) -> ReLU -> nn.Linear(50,2)"))


def test_a_lesson_is_told_on_the_first_layer_that_it_is_about():
    lesson = linscope.explain("transpose", "[3,4] -> ReLU -> nn.Linear(4,5) -> nn.Linear(5,6)").lesson("transpose")
    assert lesson.layer == "nn.Linear(4, 5)"
    assert lesson.target == "[3,4] -> ReLU -> nn.Linear(4,5) -> nn.Linear(5,6)"


def test_every_lesson_is_told_on_its_own_example():
    assert tuple(each.name for each in entries()) == NAMES
    for name in NAMES:
        assert linscope.explain(name).target == entry(name).example


def test_the_list_has_them_all():
    listed = offers(speaker("en"))
    assert tuple(offer.name for offer in listed) == NAMES
    assert all(offer.title and offer.example for offer in listed)


def test_a_module_and_its_inputs_can_be_explained():
    module = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU())
    before = [p.clone() for p in module.parameters()]
    lesson = linscope.explain("transpose", module, inputs="[32,3,4]").lesson("transpose")
    assert not lesson.refuted
    assert all(map(torch.equal, before, module.parameters()))


def test_nothing_is_left_behind():
    state, grad, dtype = torch.get_rng_state(), torch.is_grad_enabled(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            assert not linscope.explain("backward", "[32,3,4] -> nn.Linear(4,2,dtype=float32)") or True
            assert not torch.is_grad_enabled()
    except LinscopeError:
        pass  # an input of the default dtype does not fit a layer of float32
    finally:
        assert torch.get_default_dtype() is torch.float64
        torch.set_default_dtype(dtype)
    linscope.explain("initialization")
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled() == grad


# ── numbers of the reader's own ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({"x": [[1, 2], [3, 4]]}, "[2,2] -> Linear(2,2)"),
        ({"x": [1, 2, 3]}, "[3] -> Linear(3,2)"),
        ({"weights": [[1, 2, 3]]}, "[32,3,3] -> Linear(3,1)"),
        ({"x": torch.ones(5, 2), "weights": torch.eye(2)}, "[5,2] -> Linear(2,2)"),
    ],
)
def test_numbers_make_the_spec_where_there_is_none(given, target):
    lesson = linscope.explain("transpose", **given).lesson("transpose")
    assert lesson.target == target
    assert not lesson.refuted


@pytest.mark.parametrize("name", [n for n in NAMES if entry(n).takes_numbers])
@pytest.mark.parametrize("numbers", [0, 1, -3])
def test_numbers_that_show_nothing_refute_nothing(name, numbers):
    """All alike, or all 0: what happens not to be seen in them is left out, and what is said still holds."""
    x, weights = [[numbers] * 2] * 3, [[numbers] * 2] * 4
    x = [x, x] if name == "flatten" else x
    assert not linscope.explain(name, x=x, weights=weights).refuted


def test_numbers_go_to_the_lessons_that_take_them():
    lessons = linscope.explain("[3,2] -> Linear(2,2)", x=[[1, 2], [3, 4], [5, 6]]).lessons
    having = {lesson.name for lesson in lessons if any("[[1.0, 2.0]" in line for line in lesson.code)}
    assert having == {lesson.name for lesson in lessons if entry(lesson.name).takes_numbers}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x": [[1, 2], [3]]}, "--x is ragged: entry 0 is 2 numbers, entry 1 is 1 number"),
        ({"x": [[1, 2], 3]}, "--x is ragged: entry 0 is 2 numbers, entry 1 is a number"),
        ({"x": []}, "empty list"),
        ({"x": [["a"]]}, "which is no number"),
        ({"x": [[True]]}, "which is no number"),
        ({"x": [[float("nan")]]}, "cannot be reckoned with"),
        ({"x": [[1e300]]}, "cannot be reckoned with"),
        ({"x": [[10**400]]}, "cannot be reckoned with"),
        ({"x": 3}, "one number"),
        ({"weights": [1, 2]}, "--weights is a matrix"),
        ({"x": [[[[[[[[[[1]]]]]]]]]]}, "more than 8 dimensions"),
        ({"x": [[0] * 5000]}, "5,000 numbers"),
        ({"x": [[1, 2, 3]], "weights": [[1, 2]]}, "3 features, and --weights has 2"),
        ({"target": "[3,4] -> Linear(4,2)", "x": [[1, 2]]}, "--x is [1, 2], and Linear(4, 2) takes [3, 4]"),
        ({"target": "[3,4] -> Linear(4,2)", "weights": [[1, 2]] * 4}, "stores (out, in) = (2, 4)"),
        ({"target": "[3,4] -> Linear(4,2)", "weights": [[1, 2]]}, "stores (out, in) = (2, 4)"),
    ],
)
def test_numbers_that_do_not_fit_are_one_clear_error(given, words):
    with pytest.raises(UsageError) as raised:
        linscope.explain("transpose", given.pop("target", None), **given)
    assert words in raised.value.message
    assert raised.value.hint


def test_a_weight_the_wrong_way_round_is_recognised():
    with pytest.raises(UsageError) as raised:
        linscope.explain("transpose", "[3,4] -> Linear(4,2)", weights=[[1, 2]] * 4)
    assert raised.value.hint == "that is the transpose: give it a row per output"


# ── what cannot be told ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (("transpos",), "there is no lesson 'transpos'", "did you mean transpose?"),
        (("batch_norm",), "there is no lesson 'batch_norm'", "did you mean batchnorm?"),
        (("zzz",), "there is no lesson 'zzz'", "see `linscope explain --list`"),
        (("attention", "[3,4] -> Linear(4,2)"), "attention is about MultiheadAttention", "linscope explain attention"),
        (("bmm", "[2,3,4] -> Linear(4,2)"), "bmm is about nn.Linear on a matrix of several rows", "[3,2] -> Linear"),
        (("[3,4] -> Linear(4,2)", "bmm"), "the lesson comes first", 'linscope explain bmm "[3,4] -> Linear(4,2)"'),
        (("[3] -> ReLU",), "there is no lesson on [3] -> ReLU", "linscope explain --list"),
        ((), "nothing is named", "--list"),
    ],
)
def test_what_cannot_be_told_is_one_clear_error(arguments, words, hint):
    with pytest.raises(UsageError) as raised:
        linscope.explain(*arguments)
    assert words in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.exit_code == 2


def test_numbers_for_a_lesson_that_takes_none():
    for name, given in (("attention", {"x": [[1.0]]}), ("[2,5]:int64 -> Embedding(10,4)", {"weights": [[1.0]]})):
        with pytest.raises(UsageError, match=r"numbers of yours|there is none"):
            linscope.explain(name, **given)


def test_a_spec_that_does_not_fit_is_the_error_of_the_analysis():
    with pytest.raises(ShapeError, match="expects 4 features in the last dimension, got 5"):
        linscope.explain("transpose", "[32,3,5] -> Linear(4,2)")


def test_a_language_that_there_is_not():
    with pytest.raises(UsageError, match="'fr'"):
        linscope.explain("transpose", language="fr")


def test_the_function_keeps_its_name_whatever_is_imported():
    """The folder linscope/explain has the function's name."""
    linscope.analyze("[3,4] -> Linear(4,2)", explain="short")
    from linscope.explain import brief

    assert brief.LEVELS
    assert callable(linscope.explain) and linscope.explain("bmm").lessons
