"""Files that should hold a report, and do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from compare.forms import form, linear

from linscope.comparison import compare_forms
from linscope.comparison.saved import is_saved, load
from linscope.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = form(linear("0", 4, 8))


@pytest.mark.parametrize(
    ("content", "words", "hint"),
    [
        ("", "it is empty", "analyze"),
        ("  \n", "it is empty", "analyze"),
        ('{"tool": ', "no JSON", "analyze"),
        ("[" * 100_000, "nested too deeply", "analyze"),
        ("9" * 5_000, "no JSON", "analyze"),
        (json.dumps(GOOD) + "\n" + json.dumps(GOOD), "more after its end, in line 2", "analyze"),
        ("[1, 2]", "no report of linscope", "analyze"),
        ('{"model_type": "gpt2"}', "no report of linscope", "hf:"),
        ('{"tool": {"name": "another"}}', "no report of linscope", "analyze"),
        (json.dumps({**GOOD, "error": {"kind": "shape", "message": "no"}}), "holds an error", "mend"),
        (json.dumps({**GOOD, "schema_version": "2.0"}), "of version 2.0", "save it again"),
        (json.dumps({**GOOD, "schema_version": None}), "of version None", "save it again"),
    ],
)
def test_a_file_that_holds_no_report(tmp_path: Path, content: str, words: str, hint: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load(str(path))
    assert words in raised.value.message
    assert hint in (raised.value.hint or "")


def test_a_comparison_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(compare_forms(GOOD, GOOD).to_dict()), encoding="utf-8")
    with pytest.raises(UsageError, match="a comparison, not a report"):
        load(str(path))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path, "with\0nothing.json"):
        with pytest.raises(TargetError, match="cannot be read"):
            load(str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_that_shells_write(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**GOOD, "target": "层"}, ensure_ascii=False), encoding=encoding)
    assert load(str(path))["target"] == "层"


def test_a_later_minor_version_with_keys_of_its_own_is_read() -> None:
    later = {**GOOD, "schema_version": "1.7", "more": 1}
    assert compare_forms(GOOD, later).unchanged == 1


def broken(change: Callable[[Any], object]) -> Any:
    copy = json.loads(json.dumps(GOOD))
    change(copy)
    return copy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.pop("layers"), "after.json: layers is missing"),
        (lambda f: f.update(layers={}), "after.json: layers is not a list"),
        (lambda f: f["layers"].append(3), "after.json: layers.1 is not an object"),
        (lambda f: f["layers"][0].pop("macs"), "after.json: layers.0.macs is missing"),
        (lambda f: f["layers"][0].update(macs=-1), "after.json: layers.0.macs is not a whole number"),
        (lambda f: f["layers"][0].update(macs=True), "after.json: layers.0.macs is not a whole number"),
        (lambda f: f["layers"][0].update(macs=10**200), "after.json: layers.0.macs is not a whole number"),
        (lambda f: f["layers"][0].update(macs=1.5), "after.json: layers.0.macs is not a whole number"),
        (lambda f: f["layers"][0].update(path=None), "after.json: layers.0.path is not text"),
        (lambda f: f["layers"][0].update(input_shapes=[[1, "x"]]), "layers.0.input_shapes.0.1 is not a whole"),
        (lambda f: f["totals"].update(parameters=3), "after.json: totals.parameters is not an object"),
        (lambda f: f["run"].update(training="no"), "after.json: run.training is not true or false"),
        (lambda f: f.update(completeness=[]), "after.json: completeness is not an object"),
    ],
)
def test_a_damaged_report_is_told_where(change: Callable[[Any], object], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        compare_forms(GOOD, broken(change), ("before.json", "after.json"))
    assert words in raised.value.message


def test_what_is_a_path_and_what_is_not(tmp_path: Path) -> None:
    there = tmp_path / "report"
    there.write_text("{}", encoding="utf-8")
    odd = tmp_path / "run[1].json"
    odd.write_text("{}", encoding="utf-8")
    assert all(map(is_saved, ("a.json", "a/b.JSON", str(there), str(odd))))
    assert not any(
        map(is_saved, ("[3] -> ReLU", "[3] -> x.json", str(tmp_path), "tv", f"{tmp_path}/none", "x" * 9_000))
    )
