"""The project's settings: ``linscope.toml``, or ``[tool.linscope]`` in ``pyproject.toml``, found upwards."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from linscope.errors import ConfigurationError

CHECKS = ("schema", "check")
"""Keys that belong to other commands."""


class Settings(NamedTuple):
    """``torch_defaults``: Linear keeps PyTorch's default bias in a spec, too."""

    torch_defaults: bool = False


def settings(folder: str | None = None) -> Settings:
    """The settings that hold in ``folder`` (the working directory): the nearest file's, or the defaults.

    Raises:
        ConfigurationError: a file that is no TOML, an unknown key, a value of the wrong type.
    """
    try:
        place = os.path.abspath(folder or os.getcwd())
    except OSError:
        return Settings()  # the working directory is gone
    while True:
        own = os.path.join(place, "linscope.toml")
        if os.path.isfile(own):
            return _settings(own, _read(own))
        shared = os.path.join(place, "pyproject.toml")
        if os.path.isfile(shared):
            table = _read(shared, lenient=True).get("tool", {}).get("linscope")
            if table is not None:
                return _settings(shared, table)
        above = os.path.dirname(place)
        if above == place:
            return Settings()
        place = above


def _read(path: str, *, lenient: bool = False) -> dict[str, Any]:
    """The tables of ``path``; of somebody else's file (``lenient``) only if it can be read."""
    name = os.path.basename(path)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        if lenient:
            return {}
        raise ConfigurationError(f"{name} cannot be read: {error}") from error
    if lenient and "tool.linscope" not in text:
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name} is no TOML: {error}") from error


def _settings(path: str, table: Any) -> Settings:
    name = os.path.basename(path)
    if not isinstance(table, dict):
        raise ConfigurationError(f"{name}: linscope's settings are a table")
    for key in table:
        if key != "torch-defaults" and key not in CHECKS:
            from linscope.notation.suggest import closest

            nearest = closest(key, ("torch-defaults", *CHECKS))
            raise ConfigurationError(
                f"{name} has an unknown key {key!r}",
                hint=f"did you mean {nearest[0]}?" if nearest else "the key is torch-defaults = true",
            )
    value = table.get("torch-defaults", False)
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"{name}: torch-defaults is true or false, not {value!r}", hint="torch-defaults = true"
        )
    return Settings(value)
