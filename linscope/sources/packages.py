"""Optional packages: imported when a target needs them, and told in one line where they are missing or broken."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from linscope.errors import TargetError

if TYPE_CHECKING:
    from types import ModuleType

LONGEST_REASON = 160
"""Characters of what a broken package says."""

_NOT_TO_BLAME = ("linscope", "torch", "importlib")
"""Where an import that fails ends, though the fault lies with whoever called."""


def package(name: str, extra: str) -> ModuleType:
    """The optional package ``name``.

    Args:
        extra: the extra of linscope's that installs it.

    Raises:
        TargetError: it is not installed, or does not import: with the package to blame, and the cure.
    """
    try:
        return import_module(name)
    except Exception as error:  # a broken package raises whatever it likes
        if isinstance(error, ModuleNotFoundError) and error.name:
            needs = "" if error.name == name else f"{name} needs {error.name}, and "
            raise TargetError(
                f"{needs}{error.name} is not installed", hint=f'pip install "linscope[{extra}]"'
            ) from error
        broken = _to_blame(error) or name
        words = (str(error).strip() or type(error).__name__).partition("\n")[0][:LONGEST_REASON]
        raise TargetError(
            f"{broken} is installed and does not import: {words}",
            details=(f"{name} needs it",) if broken != name else (),
            hint=_cure(broken),
        ) from error


def _to_blame(error: Exception) -> str | None:
    """The package that the error was raised in, or that called what raised it."""
    called = (str(f.f_globals.get("__name__", "")).partition(".")[0] for f, _ in traceback.walk_tb(error.__traceback__))
    others = [name for name in called if name not in _NOT_TO_BLAME and name not in sys.stdlib_module_names]
    return others[-1] if others else None


def _cure(broken: str) -> str:
    """How to get ``broken`` in a build that goes with the torch that is there."""
    torch = _version("torch")
    build = torch.partition("+")[2]  # cpu, cu128: which of torch's own indexes it came from
    index = f" --index-url https://download.pytorch.org/whl/{build}" if broken == "torchvision" and build else ""
    return f"install the {broken} that goes with torch {torch}: pip install --force-reinstall --no-deps {broken}{index}"


def _version(name: str) -> str:
    loaded = getattr(sys.modules.get(name), "__version__", None)
    if loaded is not None:
        return str(loaded)
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
