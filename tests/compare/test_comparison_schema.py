"""The published schema of a comparison: well formed, strict, and in step with the code and with the report's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from compare.forms import form, linear, row
from jsonschema import Draft202012Validator, ValidationError, validate

from linscope.comparison import compare_forms, judged, limits_of
from linscope.comparison.limits import KINDS
from linscope.errors import UsageError
from linscope.report.comparison import ADDED, CHANGED, COMPARISON_SCHEMA_VERSION, REMOVED, RENAMED
from linscope.report.comparison_form import comparison_schema, comparison_schema_text
from linscope.report.schema import schema
from linscope.report.serialize import error_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITIONS = comparison_schema()["$defs"]
SHARED = ("failure", "tool", "count", "shape", "shapes", "dtype", "tensor", "note", "error", "schema_version")


def objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "properties" in part and "type" in part:
            yield part
        for inner in part.values():
            yield from objects(inner)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(comparison_schema())
    assert json.loads(comparison_schema_text()) == comparison_schema()


@pytest.mark.parametrize("part", list(objects(DEFINITIONS)), ids=lambda part: ",".join(part["properties"])[:40])
def test_every_object_is_closed_and_asks_for_all_its_keys(part: dict[str, Any]) -> None:
    assert part["additionalProperties"] is False
    assert part["required"] == list(part["properties"])


@pytest.mark.parametrize("name", SHARED)
def test_what_it_shares_with_the_reports_schema_is_the_same(name: str) -> None:
    assert DEFINITIONS[name] == schema()["$defs"][name]


def test_it_is_in_step_with_the_code() -> None:
    assert DEFINITIONS["schema_version"]["const"] == COMPARISON_SCHEMA_VERSION
    assert DEFINITIONS["change"]["properties"]["kind"]["enum"] == [CHANGED, ADDED, REMOVED, RENAMED]
    assert DEFINITIONS["limit"]["properties"]["what"]["enum"] == list(KINDS)


def test_all_that_is_written_is_described() -> None:
    before = form(linear("0", 4, 8), row("1", "ReLU"), linear("2", 8, 2))
    after = form(linear("0", 4, 16), row("x", "GELU"), memory={"activations": {"bytes": 9}})
    comparison = compare_forms(before, after)
    comparison = comparison.with_verdicts(judged(comparison, limits_of(["any=3%"])))
    document = comparison.to_dict()
    validate(document, comparison_schema())
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    del document["totals"]["macs"]
    with pytest.raises(ValidationError):
        validate(document, comparison_schema())


def test_an_error_is_described_as_well() -> None:
    validate(error_to_dict(UsageError("no"), None), comparison_schema())
