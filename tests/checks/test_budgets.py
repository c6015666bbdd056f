"""Amounts and limits: exact to the last one, and what cannot be told never passes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from linscope.checks.amounts import BYTES, COUNTS, amount, share
from linscope.checks.budgets import Budget, plain_budget, quantity
from linscope.errors import NotationError
from linscope.report.checks import MACS, MEMORY, PARAMETERS


@pytest.mark.parametrize(
    ("text", "units", "value"),
    [
        ("768", COUNTS, 768),
        ("1.5M", COUNTS, 1_500_000),
        ("100k", COUNTS, 100_000),
        ("7B", COUNTS, 7_000_000_000),
        ("1,024", COUNTS, 1024),
        ("1_024", COUNTS, 1024),
        ("0.001k", COUNTS, 1),
        ("2 MiB", BYTES, 2 * 2**20),
        ("2MB", BYTES, 2_000_000),
        ("1.5 kib", BYTES, 1536),
        ("8*B", COUNTS, None),
        ("B", COUNTS, None),
        ("-3", COUNTS, None),
    ],
)
def test_an_amount_is_exact(text: str, units: dict[str, int], value: int | None) -> None:
    assert amount(text, units) == value


@pytest.mark.parametrize(
    ("text", "units", "words"),
    [("1.5", COUNTS, "no whole number"), ("3X", COUNTS, "no unit X"), ("2M", BYTES, "no unit M")],
)
def test_what_is_no_amount(text: str, units: dict[str, int], words: str) -> None:
    with pytest.raises(NotationError, match=words):
        amount(text, units)


def test_a_share_is_a_fraction() -> None:
    assert share("2.5 %") == Fraction(1, 40)
    for wrong in ("2", "-1%", "%", "1e3%", "nan%"):
        with pytest.raises(NotationError, match="no percentage"):
            share(wrong)


@pytest.mark.parametrize(
    ("written", "kind", "holds"),
    [
        (768, MACS, {767: False, 768: True, 769: False}),
        ("8*B*T", MACS, {768: True, 769: False}),
        ("<=1k", PARAMETERS, {0: True, 1000: True, 1001: False}),
        (">= 1k", PARAMETERS, {999: False, 1000: True}),
        ("1 KiB", MEMORY, {1024: True, 0: True, 1025: False}),
        (1024, MEMORY, {1024: True, 1025: False}),
    ],
)
def test_a_plain_value_is_a_limit(written: int | str, kind: str, holds: dict[int, bool]) -> None:
    budget = plain_budget(written, kind)
    assert {value: budget.judged(value, {"B": 32, "T": 3}).holds for value in holds} == holds


def test_a_tolerance_is_exact_to_the_last_one() -> None:
    large = 10**30
    budget = Budget(MACS, exact=quantity(100 * large, MACS), tolerance=Fraction(1, 100))
    assert [budget.judged(value, {}).holds for value in (99 * large - 1, 99 * large, 101 * large, 101 * large + 1)] == [
        False, True, True, False,
    ]  # fmt: skip
    most = Budget(MACS, most=quantity("1.5M", MACS), tolerance=Fraction(1, 100))
    assert most.judged(1_515_000, {}).holds
    assert not most.judged(1_515_001, {}).holds


def test_a_lower_bound_passes_no_limit_that_it_might_exceed() -> None:
    exact, most, least = (plain_budget(text, MACS) for text in ("768", "<=768", ">=768"))
    assert [budget.judged(700, {}, is_bound=True).holds for budget in (exact, most, least)] == [None, None, None]
    assert [budget.judged(768, {}, is_bound=True).holds for budget in (exact, most, least)] == [None, None, True]
    assert [budget.judged(800, {}, is_bound=True).holds for budget in (exact, most, least)] == [False, False, True]


def test_a_failure_shows_formula_and_substitution() -> None:
    found = plain_budget("8*B*T", MACS).judged(960, {"B": 32, "T": 3})
    assert (found.expected, found.actual, found.least, found.most) == ("768", "960", 768, 768)
    assert found.lines == ("expected: 8*B*T = 8*32*3 = 768",)
    assert plain_budget(768, MACS).judged(960, {}).lines == ()


def test_the_words_of_limits() -> None:
    both = Budget(MEMORY, least=quantity("1 KiB", MEMORY), most=quantity("2 KiB", MEMORY), tolerance=Fraction(1, 50))
    assert both.judged(0, {}).expected == "at least 1,024 bytes and at most 2,048 bytes, give or take 2%"
    assert Budget(MACS, exact=quantity(5, MACS), tolerance=Fraction(1, 50)).judged(0, {}).expected == "5 ± 2%"
