"""Shares of a total: percent, bars, and where there is room for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from render.samples import SAMPLES

from linscope.render import Look, render
from linscope.render.shares import bar, percent


@pytest.mark.parametrize(
    ("part", "whole", "text", "drawn"),
    [
        (0, 7, "0%", ""),
        (1, 10_000, "<0.1%", "▏"),
        (1, 1_000, "0.1%", "▏"),
        (1, 64, "1.6%", "▏"),
        (1, 3, "33.3%", "██▋"),  # 64 / 3 = 21.3 eighths: two and five
        (1, 2, "50.0%", "████"),
        (9_999, 10_000, ">99.9%", "████████"),
        (7, 7, "100%", "████████"),
    ],
)
def test_shares_in_percent_and_as_bars(part: int, whole: int, text: str, drawn: str) -> None:
    assert percent(part, whole) == text
    assert bar(part, whole) == drawn


def test_one_layer_has_nothing_to_compare_with() -> None:
    for name in ("linear", "alike", "cycle"):
        assert "Share" not in render(SAMPLES[name], "table", Look(width=100))


@pytest.mark.parametrize(("width", "share", "bars"), [(100, True, True), (80, True, False), (30, True, False)])
def test_bars_go_first_where_there_is_little_room(width: int, share: bool, bars: bool) -> None:
    shown = render(SAMPLES["chain"], "table", Look(width=width))
    assert ("83.3%" in shown, "██" in shown) == (share, bars)


def test_bars_in_ascii() -> None:
    shown = render(SAMPLES["chain"], "table", Look(ascii=True))
    assert "83.3%   #######\n" in shown and "16.7%   #-\n" in shown


def test_a_share_of_a_lower_bound_is_called_so() -> None:
    open_ = replace(SAMPLES["chain"], uncounted=SAMPLES["uncounted"].uncounted)
    shown = render(open_, "table", Look())
    assert "Of counted" in shown and "Share" not in shown
