"""Did you mean: the right name first, and nothing where nothing is near."""

from __future__ import annotations

import pytest

from linscope.notation import catalogue, methods
from linscope.notation.suggest import LONGEST_WORD, closest


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("linear", "Linear"),
        ("LINEAR", "Linear"),
        ("Liner", "Linear"),
        ("batchnorm1d", "BatchNorm1d"),
        ("batch_norm_2d", "BatchNorm2d"),
        ("Conv2D", "Conv2d"),
        ("Relu", "ReLU"),
        ("lstm", "LSTM"),
        ("MultiHeadAttention", "MultiheadAttention"),
        ("Drpout", "Dropout"),
        ("SoftMax", "Softmax"),
    ],
)
def test_layers(word, name):
    assert closest(word, catalogue.layer_names()) == (name,)


@pytest.mark.parametrize(("word", "name"), [("flaten", "flatten"), ("tranpose", "transpose"), ("reshap", "reshape")])
def test_methods(word, name):
    assert closest(word, methods.method_names()) == (name,)


def test_the_same_name_in_another_case_comes_before_any_other():
    assert closest("RELU", ["RReLU", "ReLU6", "ReLU"], limit=2)[0] == "ReLU"
    assert closest("in_Features", ["out_features", "in_features"]) == ("in_features",)


def test_an_exact_name_is_its_own_nearest():
    assert closest("Linear", ["LazyLinear", "Linear"]) == ("Linear",)


def test_names_that_differ_in_case_only_are_both_found():
    assert closest("FLATTEN", ["flatten", "Flatten"], limit=2) == ("flatten", "Flatten")


def test_at_most_as_many_as_asked_for():
    names = catalogue.layer_names()
    assert len(closest("Conv", names, limit=3)) == 3
    assert closest("Conv1d", names, limit=3)[0] == "Conv1d"


@pytest.mark.parametrize("word", ["", "_", "___", "zzzzqqqq", "→", "\n"])
def test_nothing_is_near(word):
    assert closest(word, catalogue.layer_names()) == ()
    assert closest(word, []) == ()


def test_a_word_longer_than_any_name_is_not_compared():
    at_the_limit = "Linear" + "r" * (LONGEST_WORD - 6)
    assert closest(at_the_limit, [at_the_limit.upper()]) == (at_the_limit.upper(),)
    assert closest(at_the_limit + "r", [at_the_limit]) == ()
    assert closest("L" * 10_000_000, catalogue.layer_names()) == ()
