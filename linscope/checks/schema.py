"""The published JSON Schema of ``linscope.toml`` (``configuration.schema.json``), read from the package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any


def configuration_schema_text() -> str:
    """The schema as it is shipped: JSON text, JSON Schema draft 2020-12."""
    return files("linscope.checks").joinpath("configuration.schema.json").read_text(encoding="utf-8")


def configuration_schema() -> dict[str, Any]:
    """The schema as data, a new dict at each call."""
    import json

    loaded: dict[str, Any] = json.loads(configuration_schema_text())
    return loaded
