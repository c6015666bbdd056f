"""Whether a call fits: by hand for what users get wrong, and against Python's own binding for the rest."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linscope.notation import catalogue, methods
from linscope.notation.calls import ArgumentEntry, CallEntry, Refusal, check_arguments

PYTHON_KINDS = {
    "positional": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "var_positional": inspect.Parameter.VAR_POSITIONAL,
    "var_keyword": inspect.Parameter.VAR_KEYWORD,
}


def refusal(name: str, positional: int, *keywords: str) -> Refusal | None:
    entry = catalogue.layer(name) or methods.method(name)
    assert entry is not None
    return check_arguments(entry, positional, keywords)


@pytest.mark.parametrize(
    ("name", "positional", "keywords"),
    [
        ("Linear", 2, ()),
        ("Linear", 2, ("bias",)),
        ("Linear", 0, ("out_features", "in_features")),
        ("ReLU", 0, ()),
        ("Sequential", 0, ()),
        ("Sequential", 40, ()),
        ("Identity", 5, ("unused",)),
        ("BatchNorm2d", 1, ("bias",)),
        ("view", 2, ()),
        ("view", 1, ()),
        ("permute", 0, ("dims",)),
        ("squeeze", 0, ()),
    ],
)
def test_a_call_that_fits(name, positional, keywords):
    assert refusal(name, positional, *keywords) is None


def test_what_is_missing_is_named():
    assert refusal("Linear", 0) == Refusal(
        "Linear needs in_features and out_features", hint="such as [32,3,4] -> Linear(4,2)"
    )
    assert refusal("Linear", 1).reason == "Linear needs out_features"
    assert refusal("Linear", 0, "out_features").reason == "Linear needs in_features"
    assert refusal("Bilinear", 0).reason == "Bilinear needs in1_features, in2_features and out_features"
    assert refusal("view", 0) == Refusal("view needs size", hint="such as [2,3,16] -> view(-1, 48)")
    assert refusal("RNNBase", 2) == Refusal("RNNBase needs hidden_size", hint="write RNNBase(hidden_size)")


def test_too_many_blames_the_first_that_is_too_much():
    too_many = refusal("Linear", 7)
    assert too_many.reason == "Linear takes at most 5 arguments without a name, got 7"
    assert (too_many.position, too_many.hint) == (5, "leave out the last 2")
    assert refusal("ReLU", 2).reason == "ReLU takes one argument without a name, got 2"
    assert refusal("Sigmoid", 1) == Refusal("Sigmoid takes no arguments", position=0, hint="write Sigmoid")
    assert refusal("GaussianNLLLoss", 1) == Refusal(
        "GaussianNLLLoss takes no argument without a name, got 1",
        position=0,
        hint="give by name: full, eps, reduction",
    )


def test_an_unknown_keyword_gets_the_nearest_known():
    assert refusal("Linear", 2, "biass") == Refusal(
        "Linear has no argument biass", keyword="biass", hint="did you mean bias?"
    )
    assert refusal("LSTM", 2, "BatchFirst").hint == "did you mean batch_first?"
    assert refusal("Sigmoid", 0, "dim").hint == "it takes none by name"
    assert refusal("ReLU", 0, "qqq").hint == "it takes inplace"


def test_a_long_keyword_is_cut_in_the_message_and_whole_in_the_data():
    long = "k" * 10_000
    found = refusal("Linear", 2, long)
    assert found.keyword == long
    assert len(found.reason) < 80


def test_given_twice():
    assert refusal("Linear", 2, "in_features") == Refusal(
        "Linear is given in_features twice, by position and by name",
        keyword="in_features",
        hint="leave out in_features=",
    )
    assert refusal("Linear", 2, "bias", "bias").reason == "Linear is given bias twice"
    assert refusal("view", 2, "size").keyword == "size"


def as_python(entry: CallEntry) -> inspect.Signature:
    def parameter(argument: ArgumentEntry) -> inspect.Parameter:
        default = inspect.Parameter.empty if argument.default is None else argument.default
        return inspect.Parameter(argument.name, PYTHON_KINDS[argument.kind], default=default)

    return inspect.Signature([parameter(argument) for argument in entry.arguments])


@given(st.sampled_from(catalogue.layer_names()), st.integers(0, 12), st.data())
def test_layers_fit_exactly_where_python_says_so(name, positional, data):
    entry = catalogue.layer(name)
    candidates = [*(a.name for a in entry.arguments), "nonsense"]
    keywords = data.draw(st.lists(st.sampled_from(candidates), unique=True, max_size=4))
    try:
        as_python(entry).bind(*range(positional), **dict.fromkeys(keywords))
        fits = True
    except TypeError:
        fits = False
    if {"args", "kwargs"} & set(keywords):
        return  # the names of *args and **kwargs are nobody's to give
    assert (check_arguments(entry, positional, keywords) is None) == fits
