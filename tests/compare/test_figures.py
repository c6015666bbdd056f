"""What can be told from two counts, tried on every pair of true values that the counts allow."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from linscope.report.comparison import Figure

BEYOND = 12
"""How far above its bound a true count may lie, in these trials."""


def true_values(count: int, *, least: bool) -> range:
    return range(count, count + BEYOND if least else count + 1)


@pytest.mark.parametrize("allowance", [Fraction(0), Fraction(1, 50), Fraction(1, 2), Fraction(3)])
@pytest.mark.parametrize("before_least", [False, True])
@pytest.mark.parametrize("after_least", [False, True])
def test_a_verdict_is_what_all_true_values_agree_on(allowance: Fraction, before_least: bool, after_least: bool) -> None:
    for before, after in product(range(5), repeat=2):
        figure = Figure("macs", before, after, before_least, after_least)
        kept = {
            new <= old * (1 + allowance)
            for old in true_values(before, least=before_least)
            for new in true_values(after, least=after_least)
        }
        said = figure.within(allowance)
        assert said is None or kept == {said}, (before, after)
        if said is None and allowance == 0:  # elsewhere the trials are too few to see both
            assert kept == {True, False}, (before, after)


def test_a_difference_is_told_only_where_it_is_sure() -> None:
    assert Figure("macs", 8, 12).change == 4
    assert Figure("macs", 8, 12).ratio == Fraction(3, 2)
    assert Figure("macs", 12, 8).change == -4
    assert Figure("macs", 0, 8).ratio is None  # nothing to be a multiple of
    for unsure in (Figure("macs", 8, 12, after_least=True), Figure("macs", 8, None), Figure("macs", None, 8)):
        assert (unsure.change, unsure.ratio) == (None, None)
        assert unsure.changed
    for missing in (Figure("macs", 8, None), Figure("macs", None, 8)):
        assert missing.within(Fraction(100)) is None


def test_the_same_work_without_a_count_on_both_sides_cancels_out() -> None:
    figure = Figure("macs", 8, 12, before_least=True, after_least=True, same_rest=True)
    assert figure.change == 4
    assert figure.within(Fraction(0)) is False
    assert figure.within(Fraction(1, 2)) is True
