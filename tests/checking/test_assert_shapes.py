"""``assert_shapes``: names stand for any size, and a failure says what ``linscope check`` would."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

import linscope
from linscope.errors import ModelError, NotationError, UsageError


class Flat(nn.Module):
    """Gives two rows, whatever it got."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(0, 1)[:2]


def test_names_stand_for_any_size() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    linscope.assert_shapes(net, "[B,3,H,W] -> [B,10]", {"H": 32, "W": 16})
    linscope.assert_shapes(net, "[B=4,3,32,32] -> [B,10]", params=8 * 28 + 90)
    assert net.training


def test_what_holds_for_one_size_alone_does_not_pass() -> None:
    with pytest.raises(AssertionError, match=r"with B = 3, N = 5\n.*\n *Output +expected \[3, 4\], got \[2, 4\]"):
        linscope.assert_shapes(Flat(), "[B,N,4] -> [B,4]")


def test_several_tensors_come_out() -> None:
    linscope.assert_shapes(nn.LSTM(4, 6), "[T,B,4] -> [T,B,6], [1,B,6], [1,B,6]")
    with pytest.raises(AssertionError, match="Output 1"):
        linscope.assert_shapes(nn.LSTM(4, 6), "[T,B,4] -> [T,B,6], [2,B,6], [1,B,6]")


def test_an_input_that_does_not_fit() -> None:
    with pytest.raises(AssertionError, match="expects 4 features"):
        linscope.assert_shapes(nn.Linear(4, 2), "[B,5] -> [B,2]")


def test_what_is_no_pair_of_shapes() -> None:
    for text in ("[B,4]", "", "->", "[B,4] -> ", "-> [4]", "[B,4 -> [2]", "[B,4] -> [B", "[B,4] -> [C,2]"):
        with pytest.raises(NotationError):
            linscope.assert_shapes(nn.Linear(4, 2), text)
    with pytest.raises(UsageError, match="names without a size"):
        linscope.assert_shapes(nn.ReLU(), f"[{','.join('abcdefghijk')}] -> [...]")


def test_a_model_that_raises_is_no_assertion() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("lost")

    with pytest.raises(ModelError, match="KeyError"):
        linscope.assert_shapes(Broken(), "[B,4] -> [B,2]")
