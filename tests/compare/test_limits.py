"""Limits: what they are set on, how much they allow, and that what is not known never passes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from compare.forms import fft, form, linear, row

from linscope.comparison import Limit, compare_forms, judged, limits_of
from linscope.errors import UsageError


def verdicts(before: Any, after: Any, *limits: str) -> dict[str, bool | None]:
    return {v.figure.name: v.holds for v in judged(compare_forms(before, after), limits_of(limits))}


def test_how_a_limit_is_written() -> None:
    assert limits_of(["macs"]) == (Limit("macs", Fraction(0)),)
    assert limits_of(["MACs = 2.5 %"]) == (Limit("macs", Fraction(1, 40)),)
    assert [limit.what for limit in limits_of(["any"])] == ["parameters", "macs", "elementwise", "memory"]
    assert limits_of(["macs=1%", "macs=3%"]) == (Limit("macs", Fraction(3, 100)),)
    assert limits_of([]) == ()


def test_one_that_is_named_goes_before_any() -> None:
    for written in (["any", "macs=5%"], ["macs=5%", "any"]):
        found = {limit.what: limit.allowance for limit in limits_of(written)}
        assert found == {
            "parameters": Fraction(0), "macs": Fraction(1, 20), "elementwise": Fraction(0), "memory": Fraction(0),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("mac", "knows no 'mac'", "did you mean macs?"),
        ("latency", "knows no 'latency'", "any, parameters, macs, elementwise, memory"),
        ("", "knows no ''", "any, "),
        ("macs=", "takes a percentage", "macs=2%"),
        ("macs=2", "takes a percentage, not '2'", "macs=2%"),
        ("macs=-2%", "takes a percentage", "macs=2%"),
        ("macs=nan%", "takes a percentage", "macs=2%"),
        ("macs=1e9%", "takes a percentage", "macs=2%"),
        ("macs=9999999999%", "takes a percentage", "macs=2%"),
    ],
)
def test_what_is_no_limit(text: str, words: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        limits_of([text])
    assert words in raised.value.message
    assert hint in (raised.value.hint or "")


def test_the_share_is_exact() -> None:
    """100 to 102 MACs is 2 % more, to the last one; a float of 1.02 would not say so for every size."""
    before = form(row("0", macs=100))
    assert verdicts(before, form(row("0", macs=102)), "macs=2%") == {"macs": True}
    assert verdicts(before, form(row("0", macs=103)), "macs=2%") == {"macs": False}
    large = 10**30
    before = form(row("0", macs=100 * large))
    assert verdicts(before, form(row("0", macs=102 * large)), "macs=2%") == {"macs": True}
    assert verdicts(before, form(row("0", macs=102 * large + 1)), "macs=2%") == {"macs": False}


def test_from_nothing_to_something_is_beyond_every_share() -> None:
    assert verdicts(form(row("0")), form(row("0", macs=1)), "macs=900%") == {"macs": False}


def test_what_shrinks_passes() -> None:
    before, after = form(linear("0", 4, 8)), form(linear("0", 4, 2))
    assert set(verdicts(before, after, "any").values()) == {True}


def test_memory_is_all_that_is_in_bytes() -> None:
    before = form(linear("0", 4, 8), memory={"activations": {"bytes": 100}})
    after = form(linear("0", 4, 8), memory={"activations": {"bytes": 160}})
    assert verdicts(before, after, "memory=50%") == {
        "parameter_bytes": True, "buffer_bytes": True, "activations_bytes": False,
    }  # fmt: skip


def test_a_figure_that_one_report_does_not_have_does_not_pass() -> None:
    before, after = form(linear("0", 4, 8)), form(linear("0", 4, 8), memory={"activations": {"bytes": 1}})
    for old, new in ((before, after), (after, before)):
        assert verdicts(old, new, "memory")["activations_bytes"] is None
    (open_one,) = [v for v in judged(compare_forms(before, after), limits_of(["memory"])) if v.holds is None]
    assert open_one.reason == "missing in one of the reports"


def test_a_bound_that_may_hide_growth_does_not_pass() -> None:
    counted = form(linear("0", 4, 8))
    open_ended = form(linear("0", 4, 8), row("1", "Spectrum"), uncounted=fft("1"))
    assert verdicts(counted, open_ended, "macs", "elementwise") == {"macs": None, "elementwise": None}
    assert verdicts(open_ended, counted, "macs") == {"macs": True}  # at least 160 before, 160 after
    more = form(linear("0", 4, 16), row("1", "Spectrum"), uncounted=fft("1"))
    assert verdicts(counted, more, "macs") == {"macs": False}  # at least 320: that is known
    assert verdicts(more, counted, "macs") == {"macs": True}
    reasons = [v.reason for v in judged(compare_forms(counted, open_ended), limits_of(["macs"]))]
    assert reasons == ["a lower bound after"]


def test_quantizing_is_no_growth_of_parameters() -> None:
    before, after = form(linear("0", 4, 8)), form(row("0"))
    after["totals"]["parameters"]["packed"] = {"total": 32, "bytes": 32}
    assert verdicts(before, after, "parameters") == {"parameters_and_packed": True}
    after["totals"]["parameters"]["packed"] = {"total": 33, "bytes": 33}
    assert verdicts(before, after, "parameters") == {"parameters_and_packed": False}
