"""Baselines: written for people to review, held against what is, and never a traceback."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import linscope
from linscope.checks.baselines import Holding, entry_of, load, save, written
from linscope.errors import ConfigurationError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

NARROW = "[2,3,8,8] -> Conv2d(3,4,3) -> Flatten -> Linear(144,10)"
WIDE = "[2,3,8,8] -> Conv2d(3,8,3) -> Flatten -> Linear(288,10)"


def holding(spec: str, allowance: str = "0") -> Holding:
    return Holding({"net": entry_of(linscope.analyze(spec))}, Fraction(allowance))


def test_what_a_baseline_keeps_is_sorted_with_a_figure_on_each_line() -> None:
    entries = [(name, entry_of(linscope.analyze(NARROW))) for name in ("z", "a")]
    text = written(entries)
    form = json.loads(text)
    assert list(form["checks"]) == ["a", "z"]
    assert form["checks"]["a"]["layers"]["2"] == {"macs": 2880, "output": "[2,10]", "params": 1440, "type": "Linear"}
    assert (form["checks"]["a"]["params"], form["checks"]["a"]["macs"], form["checks"]["a"]["memory"]) == (
        1440 + 112, 2880 + 2 * 36 * 108, 4 * (1552 + 2 * (3 * 64 + 4 * 36) + 20),
    )  # fmt: skip
    assert '          "macs": 2880,\n          "output": "[2,10]",\n' in text
    assert written(reversed(entries)) == text
    assert text.endswith("}\n") and text.isascii()


def test_the_same_holds_and_says_nothing() -> None:
    compared = holding(NARROW).compared("net", linscope.analyze(NARROW))
    assert [finding.holds for finding in compared.findings] == [True, True, True]
    assert compared.tighten == ()
    assert holding(NARROW).compared("other", linscope.analyze(NARROW)).findings == ()


def test_growth_is_named_by_layer() -> None:
    compared = holding(NARROW).compared("net", linscope.analyze(WIDE))
    parameters, macs, memory = compared.findings
    assert [finding.holds for finding in compared.findings] == [False, False, False]
    assert (parameters.expected, parameters.actual) == ("at most the baseline's 1,552", "3,104 (+100%)")
    assert parameters.lines == (
        "grew: 2 Linear from 1,440 to 2,880 (+100%)",
        "grew: 0 Conv2d from 112 to 224 (+100%), [2,4,6,6] → [2,8,6,6]",
    )
    assert macs.lines[0] == "grew: 0 Conv2d from 7,776 to 15,552 (+100%), [2,4,6,6] → [2,8,6,6]"
    # numbers: the parameters; what went in, the feature map, and what comes out of it
    assert memory.baseline == 4 * (1552 + 2 * (3 * 64 + 4 * 36) + 20)
    assert memory.value == 4 * (3104 + 2 * (3 * 64 + 8 * 36) + 20)
    assert memory.lines == (
        "grew: activations from 2,768 to 3,920 bytes (+41.6%)",
        "grew: parameters from 6,208 to 12,416 bytes (+100%)",
    )


def test_a_layer_that_is_new_and_one_that_is_gone() -> None:
    before = holding("[2,4] -> Linear(4,4) -> Linear(4,4)")
    now = linscope.analyze("[2,4] -> Linear(4,4) -> Linear(4,4) -> Linear(4,2)")
    assert before.compared("net", now).findings[0].lines == ("new: 2 Linear with 8, [2,2]",)
    one = before.compared("net", linscope.analyze("[2,4] -> Linear(4,40)")).findings[0]
    assert one.lines == ("grew: 0 Linear from 16 to 160 (+900%), [2,4] → [2,40]", "gone: 1")


def test_growth_within_the_allowance_holds_to_the_last_one() -> None:
    for allowance, holds in (("1", True), ("999/1000", False)):
        compared = holding(NARROW, allowance).compared("net", linscope.analyze(WIDE))
        assert compared.findings[0].holds is holds


def test_a_shrink_is_a_chance_to_tighten() -> None:
    compared = holding(WIDE).compared("net", linscope.analyze(NARROW))
    assert all(finding.holds for finding in compared.findings)
    assert compared.tighten[0] == "parameters shrank from 3,104 to 1,552 (−50%)"


def test_work_without_a_count_is_no_growth_where_it_was_there_before() -> None:
    entry = {**entry_of(linscope.analyze(NARROW)), "uncounted": ["aten.x"]}
    from dataclasses import replace

    report = linscope.analyze(NARROW)
    row = replace(report.operators[0], name="aten.x")
    uncounted = replace(report, uncounted=(row,))
    assert Holding({"net": entry}).compared("net", uncounted).findings[1].holds
    found = holding(NARROW).compared("net", uncounted).findings[1]
    assert (found.holds, found.lines) == (None, ("not counted: aten.x",))


ENTRY: dict[str, Any] = {"params": 1, "macs": 1, "memory": 1, "uncounted": [], "layers": {}}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no baseline"),
        ({"schema": 2, "checks": {}}, "no baseline of schema 1"),
        ({"schema": 1}, "no baseline"),
        ({"schema": 1, "checks": {"a": []}}, "the entry 'a' is not whole"),
        ({"schema": 1, "checks": {"a": {**ENTRY, "params": -1}}}, "not whole"),
        ({"schema": 1, "checks": {"a": {**ENTRY, "macs": True}}}, "not whole"),
        ({"schema": 1, "checks": {"a": {**ENTRY, "uncounted": [1]}}}, "not whole"),
        ({"schema": 1, "checks": {"a": {**ENTRY, "layers": {"0": {"macs": 1}}}}}, "not whole"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, form: Any, words: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(form if isinstance(form, str) else json.dumps(form))
    with pytest.raises(ConfigurationError, match=words) as raised:
        load(str(path))
    assert raised.value.hint == "write it anew with --write-baseline"


def test_a_baseline_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(str(tmp_path / "none.json"))
    with pytest.raises(OutputError, match="cannot be written"):
        save(str(tmp_path / "no folder" / "b.json"), "{}")
