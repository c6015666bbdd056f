"""The published JSON Schema of the report and of the error envelope, read from the package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any


def schema_text() -> str:
    """The schema as it is shipped: JSON text, JSON Schema draft 2020-12."""
    return files("linscope.report").joinpath("schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """The schema as data, a new dict at each call."""
    import json

    loaded: dict[str, Any] = json.loads(schema_text())
    return loaded
