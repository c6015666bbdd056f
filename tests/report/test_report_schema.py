"""The published schema itself: well formed, strict, explained, and in step with the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from linscope import errors
from linscope.errors import LinscopeError
from linscope.report.record import (
    COMPLETE,
    COUNTED,
    ELEMENTWISE,
    FREE,
    LOWER_BOUND,
    SCHEMA_VERSION,
    UNCOUNTED,
)
from linscope.report.schema import schema, schema_text
from linscope.report.serialize import CONVENTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITIONS = schema()["$defs"]


def objects(part: Any) -> Iterator[dict[str, Any]]:
    """Every part of the schema that describes an object by its properties."""
    if isinstance(part, dict):
        if "properties" in part and "type" in part:
            yield part
        for inner in part.values():
            yield from objects(inner)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(schema_text()) == schema()


@pytest.mark.parametrize("part", list(objects(DEFINITIONS)), ids=lambda part: ",".join(part["properties"])[:40])
def test_every_object_is_closed_and_asks_for_all_its_keys(part: dict[str, Any]) -> None:
    assert part["additionalProperties"] is False
    assert part["required"] == list(part["properties"])


def test_each_call_gives_a_dict_of_its_own() -> None:
    schema()["$defs"].clear()
    assert schema()["$defs"] == DEFINITIONS


def test_it_is_in_step_with_the_code() -> None:
    assert DEFINITIONS["schema_version"]["const"] == SCHEMA_VERSION
    assert DEFINITIONS["conventions"]["required"] == list(CONVENTIONS)
    assert DEFINITIONS["operator"]["properties"]["state"]["enum"] == [COUNTED, FREE, ELEMENTWISE, UNCOUNTED]
    assert DEFINITIONS["completeness"]["properties"]["status"]["enum"] == [COMPLETE, LOWER_BOUND]


def test_it_knows_every_kind_of_error_and_its_exit_code() -> None:
    known = DEFINITIONS["error"]["properties"]
    tree = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LinscopeError)]
    assert {error.kind for error in tree} == set(known["kind"]["enum"])
    assert {error.exit_code for error in tree} <= set(known["exit_code"]["enum"])
