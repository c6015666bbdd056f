"""JSON: every document is what the schema says, and what is not is refused."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from render.sample_errors import ERRORS
from render.samples import SAMPLES

from linscope.render import Look, render, render_error
from linscope.report.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

VALIDATOR = Draft202012Validator(schema())
# Under these the keys are the user's own, and any of them may be there or not.
FREE_MAPS = {"shapes", "environment", "data"}


def document(name: str) -> Any:
    return json.loads(render(SAMPLES[name], "json", Look()))


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The path of every key in our own objects, the first item of a list standing for all."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (path and path[-1] in FREE_MAPS):
                yield (*path, key)
                yield from places(inner, *path, key)
    elif isinstance(value, list) and value:
        yield from places(value[0], *path, 0)


def changed(whole: Any, path: tuple[Any, ...], change: str) -> Any:
    made = copy.deepcopy(whole)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    value = inner.pop(path[-1])
    if change == "misspelt":
        inner[f"{path[-1]}_"] = value
    elif change == "wrong":
        inner[path[-1]] = object()
    return made


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_is_valid_and_the_same_in_each_form(name: str, format: str, ascii: bool) -> None:
    read = json.loads(render(SAMPLES[name], format, Look(ascii=ascii)))
    assert read == SAMPLES[name].to_dict()
    VALIDATOR.validate(read)


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_valid(name: str, format: str) -> None:
    error, target = ERRORS[name]
    read = json.loads(render_error(error, target, format, Look()))
    VALIDATOR.validate(read)
    assert read["error"]["exit_code"] == error.exit_code
    assert read["target"] == target


@pytest.mark.parametrize("name", ["linear", "uncounted"])
@pytest.mark.parametrize("change", ["missing", "misspelt", "wrong"])
def test_a_broken_report_is_refused(name: str, change: str) -> None:
    whole = document(name)
    paths = list(places(whole))
    assert ("layers", 0, "parameters", "total") in paths
    accepted = [path for path in paths if VALIDATOR.is_valid(changed(whole, path, change))]
    assert accepted == []


@pytest.mark.parametrize("change", ["missing", "misspelt", "wrong"])
def test_a_broken_error_is_refused(change: str) -> None:
    whole = json.loads(render_error(*ERRORS["shape"], "json", Look()))
    assert [p for p in places(whole) if VALIDATOR.is_valid(changed(whole, p, change))] == []


def test_counts_are_whole_and_not_negative() -> None:
    for wrong in (1.5, -1, "768", None, True):
        whole = document("linear")
        whole["layers"][0]["macs"] = wrong
        assert not VALIDATOR.is_valid(whole)


def test_a_line_is_a_line_whatever_is_in_it() -> None:
    """Some readers end a line at U+2028 or U+0085; a lone surrogate cannot be written at all."""
    error, _ = ERRORS["usage"]
    target = "a\u2028b\x85c\ud800d\re\nf"
    text = render_error(error, target, "jsonl", Look())
    assert len(text.splitlines()) == 1
    text.encode("utf-8")
    assert json.loads(text)["target"] == target
