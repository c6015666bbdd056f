"""The project's settings: ``linscope.toml``, or ``[tool.linscope]`` in ``pyproject.toml``, found upwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linscope.errors import ConfigurationError

CHECKS = ("schema", "check")
"""Keys that belong to other commands."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``torch_defaults``: Linear keeps PyTorch's default bias in a spec, too."""

    torch_defaults: bool = False


def settings(folder: Path | None = None) -> Settings:
    """The settings that hold in ``folder`` (the working directory): the nearest file's, or the defaults.

    Raises:
        ConfigurationError: a file that is no TOML, an unknown key, a value of the wrong type.
    """
    start = folder or Path.cwd()
    for place in (start, *start.parents):
        own = place / "linscope.toml"
        if own.is_file():
            return _settings(own, _read(own))
        shared = place / "pyproject.toml"
        if shared.is_file():
            table = _read(shared, lenient=True).get("tool", {}).get("linscope")
            if table is not None:
                return _settings(shared, table)
    return Settings()


def _read(path: Path, *, lenient: bool = False) -> dict[str, Any]:
    """The tables of ``path``; of somebody else's file (``lenient``) only if it can be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if lenient:
            return {}
        raise ConfigurationError(f"{path.name} cannot be read: {error}") from error
    if lenient and "tool.linscope" not in text:
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name} is no TOML: {error}") from error


def _settings(path: Path, table: Any) -> Settings:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path.name}: linscope's settings are a table")
    for key in table:
        if key != "torch-defaults" and key not in CHECKS:
            from linscope.notation.suggest import closest

            nearest = closest(key, ("torch-defaults", *CHECKS))
            raise ConfigurationError(
                f"{path.name} has an unknown key {key!r}",
                hint=f"did you mean {nearest[0]}?" if nearest else "the key is torch-defaults = true",
            )
    value = table.get("torch-defaults", False)
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"{path.name}: torch-defaults is true or false, not {value!r}", hint="torch-defaults = true"
        )
    return Settings(value)
