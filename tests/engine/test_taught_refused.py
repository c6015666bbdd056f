"""Lessons that cannot be taken up, and formulas that fail: errors that name the operator and the user's own line."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import pytest
import torch
from engine.taught_calls import ran, rotate

import linscope
from linscope import teaching
from linscope.errors import ModelError

pytestmark = pytest.mark.usefixtures("nothing_taught")


@pytest.mark.parametrize("teach", [linscope.formula, linscope.free, linscope.elementwise])
@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [
        (("rotate",), "'rotate' names no operator: its namespace is missing", '"mylib::rotate"'),
        (("mylib.rotate",), "its namespace is missing", '"mylib::rotate"'),
        (("torch.ops.mylib.rotate",), "its namespace is missing", '"mylib::rotate"'),
        (("::rotate",), "its namespace is missing", ""),
        (("mylib::",), "its namespace is missing", ""),
        (("mylib::rotate.default",), "names one overload", '"mylib::rotate"'),
        ((), "needs the name of an operator", "linscope."),
        ((torch.ops.aten.mm,), "an operator is named by text, not by OpOverloadPacket", ""),
    ],
)
def test_a_name_that_names_no_operator(teach: Any, names: Any, message: str, hint: str) -> None:
    with pytest.raises(ModelError, match=message.partition("(")[0]) as caught:
        teach(*names)
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == 3


def test_a_formula_is_a_function() -> None:
    with pytest.raises(ModelError, match="a formula is a function, not int"):
        linscope.formula("mylib::rotate")(3)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("name", "decided"),
    [
        ("aten::mm", "counted by linscope"),
        ("aten::relu", "elementwise by linscope"),
        ("aten::relu_", "elementwise by linscope, as aten::relu is"),
        ("aten::view", "free by linscope"),
        ("quantized::cat", "free by linscope, as aten::cat is"),
    ],
)
def test_what_is_decided_is_not_decided_again(name: str, decided: str) -> None:
    with pytest.raises(ModelError, match=f"{name} is already decided: {decided}") as caught:
        linscope.formula(name)(lambda *args: 1)
    assert caught.value.hint == "replace=True overrules it"
    assert "test_taught_refused.py" in caught.value.details[0]
    assert teaching.TAUGHT == {}
    linscope.free(name, replace=True)


def test_nor_what_was_taught_before() -> None:
    linscope.free("mylib::rotate")
    with pytest.raises(ModelError, match=r"already decided: free by test_taught_refused.py:\d+"):
        linscope.elementwise("mylib::rotate")
    linscope.elementwise("mylib::rotate", replace=True)
    assert teaching.TAUGHT["mylib::rotate"].state == "elementwise"


def test_a_file_that_is_loaded_twice_teaches_the_same_twice() -> None:
    for _ in range(2):
        linscope.free("mylib::rotate")


def test_what_was_taught_too_much_before_torch_was_there_is_refused_at_the_first_analysis() -> None:
    code = """
        import linscope
        linscope.free("aten::mm")
        try:
            linscope.analyze("[3,4] -> Linear(4,2)")
        except linscope.LinscopeError as error:
            print(error.exit_code, error.message)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60, capture_output=True, encoding="utf-8"
    )
    assert done.stdout == "3 aten::mm is already decided: counted by linscope\n"


@pytest.mark.parametrize("value", [-1, 1.5, 3.0, True, None, "7", {"rows": 2.5}, [1, None], {"a": -1}, object()])
@pytest.mark.usefixtures("mylib")
def test_what_is_no_whole_number(value: Any) -> None:
    linscope.formula("mylib::rotate")(lambda x: value)
    with pytest.raises(ModelError, match=r"the formula of mylib::rotate returned .*, which is no count") as caught:
        ran(rotate)
    assert caught.value.exit_code == 3
    assert "test_taught_refused.py" in caught.value.details[0]


@pytest.mark.usefixtures("mylib")
def test_a_formula_that_raises() -> None:
    @linscope.formula("mylib::rotate")
    def count(x: torch.Tensor) -> int:
        return x.shape[7]

    with pytest.raises(ModelError, match="the formula of mylib::rotate raised IndexError") as caught:
        ran(rotate)
    (line,) = caught.value.details
    assert line.startswith(__file__)
    assert line.endswith("in count: return x.shape[7]")


@pytest.mark.usefixtures("mylib")
def test_a_formula_that_asks_for_what_is_not_there() -> None:
    linscope.formula("mylib::rotate")(lambda x, *, wheels: 1)
    with pytest.raises(ModelError, match="takes wheels, which the operator does not have") as caught:
        ran(rotate)
    assert "mylib::rotate(Tensor x, Tensor weight" in caught.value.details[1]


@pytest.mark.usefixtures("mylib")
def test_a_formula_that_asks_for_too_much() -> None:
    linscope.formula("mylib::turn")(lambda x, y: 1)
    with pytest.raises(ModelError, match="takes y, which the operator does not have"):
        ran(torch.ops.mylib.turn_)


@pytest.mark.usefixtures("mylib")
def test_a_model_that_swallows_errors_does_not_swallow_this_one() -> None:
    linscope.formula("mylib::rotate")(lambda x: -1)

    def careless(x: torch.Tensor) -> torch.Tensor:
        try:
            return rotate(x)
        except Exception:
            return x

    with pytest.raises(ModelError, match="which is no count"):
        ran(careless)
