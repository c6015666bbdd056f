"""A module of the user's own, and the many ways to say what goes in."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.user_models import Model, ones, ran
from torch import nn

import linscope
from linscope.errors import NotationError, ShapeError, UsageError
from linscope.report.record import TensorInfo


def inputs_of(inputs: Any, function: Any = lambda s, *a, **k: None) -> list[TensorInfo]:
    return list(linscope.analyze(Model(function), inputs, crosscheck=False).inputs)


def info(*shape: int, dtype: str = "float32", name: str | None = None) -> TensorInfo:
    return TensorInfo(shape, dtype, name)


A, B = info(3, 4), info(2, dtype="int64")
BOTH_FORMS = [
    ("[3,4]", [info(3, 4)]),
    ("[3,4]:int64", [info(3, 4, dtype="int64")]),
    ("[B=3,4]", [info(3, 4)]),
    ("[]", [info()]),
    (torch.ones(3, 4, dtype=torch.float64), [info(3, 4, dtype="float64")]),
    (["[3,4]", "[2]:int64"], [info(3, 4), info(2, dtype="int64")]),
    (("[3,4]", torch.ones(2)), [info(3, 4), info(2)]),
    ({"x": "[3,4]", "y": torch.ones(2)}, [info(3, 4, name="x"), info(2, name="y")]),
    ([{"a": "[3,4]", "b": ["[2]", "[5]"]}], [info(3, 4, name="a"), info(2, name="b"), info(5, name="b")]),
    (["[3,4]", None, 7, "text", True], [info(3, 4)]),
    ([], []),
    ("[3,4], [2]:int64", [A, B]),
    ("x=[3,4], y=[2]", [info(3, 4, name="x"), info(2, name="y")]),
    ("x=[3,4]", [info(3, 4, name="x")]),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "expected"), BOTH_FORMS)
def test_what_goes_in_may_be_said_in_many_ways(inputs: Any, expected: list[TensorInfo]) -> None:
    assert inputs_of(inputs) == expected


def test_what_is_no_tensor_arrives_as_it_is() -> None:
    seen: list[Any] = []
    inputs_of(["[3,4]", None, 7, "text", {"k": (1, 2)}], lambda s, *given: seen.extend(given[1:]))
    assert seen == [None, 7, "text", {"k": (1, 2)}]


def test_a_tensor_given_is_the_one_that_arrives() -> None:
    seen: list[torch.Tensor] = []
    x = torch.randn(3, 4)
    inputs_of(x, lambda s, given: seen.append(given))
    assert seen[0] is x


def test_indices_are_drawn_within_the_table_that_receives_them() -> None:
    assert linscope.analyze(nn.Embedding(3, 2), "[1000]:int64").outputs[0].shape == (1_000, 2)
    deep = Model(lambda s, x: s.head(s.table(x)), head=nn.Linear(2, 3), table=nn.Embedding(3, 2))
    assert ran(deep, "[1000]:int64").totals.macs == 1_000 * 6


def test_a_default_dtype_is_the_dtype_of_what_is_drawn() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert inputs_of("[3,4]") == [info(3, 4, dtype="float64")]
        report = linscope.analyze("[3,4] -> Linear(4,2)")
        assert (report.inputs[0].dtype, report.totals.parameters.bytes) == ("float64", 64)
    finally:
        torch.set_default_dtype(torch.float32)


def test_named_dimensions_of_a_shape_string_are_bound_as_a_specs_are() -> None:
    report = linscope.analyze(nn.Linear(4, 2), "[B,4]", dims={"B": 3})
    assert report.totals.macs == 24


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("[3,4", "not closed"),
        ("[3,B]", "B has no size"),
        ("[3,-4]", "negative"),
        ("3,4", "starts with"),
        ("", "empty"),
    ],
)
def test_a_string_that_is_no_shape_is_told(inputs: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        linscope.analyze(nn.Linear(4, 2), inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        *("[3,4", "[3,-4]", "3,4", "[3,B]"),
    ],
)
def test_its_place_is_in_the_string_itself(inputs: str) -> None:
    with pytest.raises(NotationError) as caught:
        linscope.analyze(nn.Linear(4, 2), inputs)
    assert caught.value.place is not None
    assert caught.value.place.text == inputs


def test_no_inputs_are_asked_for() -> None:
    with pytest.raises(UsageError) as caught:
        linscope.analyze(nn.Linear(4, 2))
    assert "linscope.analyze(model" in (caught.value.hint or "")


def test_no_spec_of_ours_is_needed_for_a_shape_that_does_not_fit() -> None:
    with pytest.raises(ShapeError) as caught:
        linscope.analyze(nn.Linear(4, 2), "[3,5]")
    assert caught.value.place is None
    assert caught.value.details[0] == "layer: the model itself"


def test_a_module_is_pytorch_to_the_letter() -> None:
    report = ran(nn.Sequential(nn.Linear(4, 2)), "[3,4]")
    assert report.totals.parameters.total == 10
    assert report.notes == ()
    assert report.target == "Sequential"


def test_a_module_keeps_its_own_mode() -> None:
    assert linscope.analyze(nn.Linear(4, 2), "[3,4]").run.training is True
    assert linscope.analyze(nn.Linear(4, 2).eval(), "[3,4]").run.training is False
    assert linscope.analyze(nn.Linear(4, 2), "[3,4]", train=False).run.training is False


def test_a_lazy_module_is_copied_and_learns() -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(5))
    # 4·3·9 + 4, and 4·6·6 = 144 into 5
    report = ran(model, "[2,3,8,8]")
    assert report.totals.parameters.total == 112 + 144 * 5 + 5
    assert report.totals.macs == 2 * 4 * 36 * 27 + 2 * 144 * 5
    assert model[2].has_uninitialized_params()


def test_parameters_of_all_kinds_are_told() -> None:
    model = Model(lambda s, x: s.a(x) @ s.w, a=nn.Linear(4, 2), w=ones(2, 5), unused=nn.Linear(3, 3))
    model.a.requires_grad_(False)
    totals = ran(model, "[3,4]").totals
    assert (totals.parameters.total, totals.parameters.frozen) == (10 + 10 + 12, 10)
    assert totals.macs == 24 + 30
