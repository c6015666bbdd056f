"""The project's settings: ``linscope.toml``, or ``[tool.linscope]`` in ``pyproject.toml``, found upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.errors import ConfigurationError

if TYPE_CHECKING:
    from linscope.checks.files import TomlFile

CHECKS = ("schema", "check", "baseline", "max-increase")
"""Keys that belong to other commands."""


class Settings(NamedTuple):
    """``torch_defaults``: Linear keeps PyTorch's default bias in a spec, too."""

    torch_defaults: bool = False


def settings(folder: str | None = None) -> Settings:
    """The settings that hold in ``folder`` (the working directory): the nearest file's, or the defaults.

    Raises:
        ConfigurationError: a file that is no TOML, an unknown key, a value of the wrong type.
    """
    from linscope.checks.files import nearest

    file = nearest(folder)
    return Settings() if file is None else _settings(file)


def _settings(file: TomlFile) -> Settings:
    for key in file.table:
        if key != "torch-defaults" and key not in CHECKS:
            from linscope.notation.suggest import closest

            near = closest(key, ("torch-defaults", *CHECKS))
            raise ConfigurationError(
                f"{file.shown}:{file.line((key,)) or 1}: unknown key {key[:60]!r}",
                place=file.place((key,)),
                hint=f"did you mean {near[0]}?" if near else "the key is torch-defaults = true",
            )
    value = file.table.get("torch-defaults", False)
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"{file.shown}:{file.line(('torch-defaults',)) or 1}: torch-defaults is true or false, not {value!r:.60}",
            place=file.place(("torch-defaults",), value=True),
            hint="torch-defaults = true",
        )
    return Settings(value)
